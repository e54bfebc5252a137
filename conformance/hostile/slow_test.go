package hostile_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// A service ends a connection that gives it nothing: 5 s for headers, 10 s for a body. To wait for that costs no time, as the
// slow clients begin before everything else does, and are looked at when it is over.
const slowest = 20 * time.Second

// slowClient opens a connection and then says begin, and drip again and again; empty: nothing more.
type slowClient struct{ name, begin, drip string }

func slowClients() []slowClient {
	const post = "POST /credential HTTP/1.1\r\nHost: issuer\r\nContent-Type: application/json\r\n"
	return []slowClient{
		{"nothing at all", "", ""},
		{"half a request line", "GET /live", ""},
		{"headers, a letter at a time", "GET /livez HTTP/1.1\r\nHost: issuer\r\nX-Slow: ", "x"},
		{"headers that never end", "GET /livez HTTP/1.1\r\nHost: issuer\r\n", "X-Slow: x\r\n"},
		{"a body that never comes", post + "Content-Length: 1000\r\n\r\n", ""},
		{"a body, a letter at a time", post + "Content-Length: 1000000\r\n\r\n{", " "},
		{"chunks, one at a time", post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"},
	}
}

// startSlow begins every slow client at a door that has the limits of production, and returns what will have come of each.
func (b *bench) startSlow() map[string]<-chan string {
	b.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.Issuer.Serve(ctx, listener) }()
	b.t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			b.t.Error(err)
		}
	})
	out := map[string]<-chan string{}
	for _, c := range slowClients() {
		told := make(chan string, 1)
		out[c.name] = told
		go func() { told <- c.run(listener.Addr().String()) }()
	}
	return out
}

// run says whether the other side ended it in time.
func (c slowClient) run(address string) string {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err.Error()
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(slowest)); err != nil {
		return err.Error()
	}
	if _, err := io.WriteString(connection, c.begin); err != nil {
		return err.Error()
	}
	over := make(chan struct{})
	defer close(over)
	go c.keepOn(connection, over)
	_, err = io.Copy(io.Discard, connection)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return fmt.Sprintf("still open after %s", slowest)
	}
	return "ended" // with an answer or a reset: either way it holds nothing of ours any more
}

func (c slowClient) keepOn(connection net.Conn, over <-chan struct{}) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for c.drip != "" {
		select {
		case <-over:
			return
		case <-tick.C:
			if _, err := io.WriteString(connection, c.drip); err != nil {
				return
			}
		}
	}
}

func slow() []hostile {
	var out []hostile
	for _, c := range slowClients() {
		out = append(out, hostile{c.name, func(b *bench) func() string {
			return func() string {
				select {
				case outcome := <-b.slow[c.name]:
					return outcome
				case <-b.ctx.Done():
					return "nobody knows"
				}
			}
		}, "ended", "F17; CWE-400: slowloris, and its kin"})
	}
	short := func(name, request, want string) hostile {
		return hostile{name, func(b *bench) func() string {
			host := strings.TrimPrefix(b.IssuerURL, "http://")
			return func() string { return b.cut(host, strings.ReplaceAll(request, "$HOST", host)) }
		}, want, "F16: a client that goes away"}
	}
	const post = "POST /credential HTTP/1.1\r\nHost: $HOST\r\nContent-Type: application/json\r\nConnection: close\r\n"
	return append(out,
		short("a body shorter than it says", post+"Content-Length: 1000\r\n\r\n{}", "401"),
		short("a chunk shorter than it says", post+"Transfer-Encoding: chunked\r\n\r\nff\r\n{}", "401"),
		short("gone before the headers end", "GET /livez HTTP/1.1\r\nHost: $HOST\r\n", "400"),
	)
}

// cut sends a request, says that there is no more, and reads what comes back.
func (b *bench) cut(host, request string) string {
	connection, err := new(net.Dialer).DialContext(b.ctx, "tcp", host)
	if err != nil {
		return err.Error()
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, request); err != nil {
		return err.Error()
	}
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		return err.Error()
	}
	answer, err := io.ReadAll(io.LimitReader(connection, 64<<10))
	if err != nil || len(answer) < 12 {
		return "no answer"
	}
	return string(answer[9:12])
}
