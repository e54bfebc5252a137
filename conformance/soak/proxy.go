package soak

import (
	"io"
	"net"
	"sync"
)

// proxy stands before a server on loopback: it can lead elsewhere, cut everyone off, and lose answers of what was done.
type proxy struct {
	ln net.Listener

	mu     sync.Mutex
	target string // empty: nobody is let in
	drop   int    // answers still to be lost
	lost   int    // answers lost
	open   map[net.Conn]bool
}

func newProxy(target string) (*proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{ln: ln, target: target, open: map[net.Conn]bool{}}
	go p.accept()
	return p, nil
}

func (p *proxy) address() string { return p.ln.Addr().String() }

// lead sends everyone to target from now on; those inside are cut off.
func (p *proxy) lead(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	for conn := range p.open {
		_ = conn.Close() // its pump forgets it
	}
}

// loseAnswers lets the next n answers be lost: the request was executed, and the connection ends.
func (p *proxy) loseAnswers(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop = n
}

func (p *proxy) answersLost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

func (p *proxy) close() {
	_ = p.ln.Close() // nobody waits for it
	p.lead("")
}

func (p *proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		go p.serve(client)
	}
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close() //nolint:errcheck // whatever it was
	server, ok := p.dial(client)
	if !ok {
		return
	}
	defer p.forget(client, server)
	go func() {
		_, _ = io.Copy(server, client) // it ends with either
		_ = server.Close()
		_ = client.Close()
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := server.Read(b)
		if n > 0 && p.loses() || err != nil {
			return
		}
		if _, err := client.Write(b[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) dial(client net.Conn) (net.Conn, bool) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	if target == "" {
		return nil, false
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target != target { // it was led elsewhere meanwhile
		_ = server.Close()
		return nil, false
	}
	p.open[client], p.open[server] = true, true
	return server, true
}

func (p *proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close() // it may be already
		delete(p.open, conn)
	}
}

func (p *proxy) loses() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drop == 0 {
		return false
	}
	p.drop--
	p.lost++
	return true
}
