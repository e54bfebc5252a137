package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/issuer"
)

const (
	account = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheAttacked00000000000000"
	other   = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheAttacker00000000000000"
	release = "uk.gov.justice.prisonrelease.1"
	person  = "A0001SY" // synthetic: "released-recently"
)

// Bounds of one case. The machine that runs it may be slow, so time is a deadline and no measurement.
const (
	patience  = 30 * time.Second
	maxMemory = 32 << 20 // bytes allocated, by both sides and all stand-ins
)

// bench is everything assembled, with a wallet that holds documents, and an eye on what is left behind.
type bench struct {
	*rig.Rig
	t     *testing.T
	ctx   context.Context
	http  *http.Client
	log   *journal
	store *watched
	forge *forge

	client, neighbour *ecdsa.PrivateKey // of issuers that are registered for places in our lists

	wallet *wallet.Wallet
	mdoc   *wallet.Held
	jwt    *wallet.Held

	used     int                      // places of the forge
	slow     map[string]<-chan string // what came of each slow client
	mu       sync.Mutex               // held for sent and after
	mayWrite bool                     // this case says itself what it may leave behind
	sent     []string                 // what this case has sent
	after    []func() string          // what must still work; each says what does not
}

func newBench(t *testing.T, o rig.Options) *bench {
	t.Helper()
	b := &bench{t: t, ctx: context.Background(), log: &journal{}, forge: newForge(t), client: newKey(t), neighbour: newKey(t)}
	o.Configure = func(c *issuer.Config) {
		registered := func(id string, key *ecdsa.PrivateKey) map[string]any {
			return map[string]any{"clientId": id, "jwks": map[string]any{"keys": []any{publicJWK(id+"-key", &key.PublicKey)}}}
		}
		c.StatusClients = []byte(mustJSON(map[string]any{"clients": []any{registered(statusClient, b.client), registered("neighbour", b.neighbour)}}))
	}
	o.Log, o.Trust = b.log, b.forge.trust
	o.WrapStore = func(s issuer.Store) issuer.Store {
		b.store = &watched{Store: s, ids: map[string]bool{}}
		return b.store
	}
	r, err := rig.Start(b.ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	b.Rig = r
	b.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if b.wallet, err = r.NewWallet(b.ctx, account); err != nil {
		t.Fatal(err)
	}
	b.mdoc, b.jwt = b.collect("mdoc"), b.collect("jwt")
	return b
}

func (b *bench) collect(format string) *wallet.Held {
	b.t.Helper()
	held, err := b.wallet.Collect(b.ctx, b.offer(format))
	if err != nil {
		b.t.Fatal(err)
	}
	return held
}

// offer is the link of an offer to the attacked, of a release confirmation.
func (b *bench) offer(format string) string {
	b.t.Helper()
	link, err := b.Offer(b.ctx, rig.OfferRequest{DocumentType: release, Format: format, Record: person, WalletSubject: account})
	if err != nil {
		b.t.Fatal(err)
	}
	return link
}

// try does one case, and holds what is left behind to what may be.
func (b *bench) try(t *testing.T, c hostile) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	outer, outerContext := b.t, b.ctx
	b.t, b.ctx, b.sent, b.after, b.mayWrite = t, ctx, nil, nil, false
	defer func() { b.t, b.ctx = outer, outerContext }()

	act := c.make(b)
	b.sent = nil
	visits := b.forge.visits()
	changes, line, allocated := b.store.changes(), b.log.size(), allocations()
	outcome := act()
	allocated = allocations() - allocated
	if !strings.HasPrefix(outcome, c.want) {
		t.Errorf("%s, want %s (%s)", outcome, c.want, c.from)
	}
	if ctx.Err() != nil {
		t.Errorf("it took longer than %s", patience)
	}
	if most := uint64(maxMemory); allocated > most && !b.mayWrite || allocated > crowd*most {
		t.Errorf("%d MiB were allocated", allocated>>20)
	}
	if left := b.store.changes(); left != changes && !b.mayWrite {
		t.Errorf("left behind: %s, before: %s", left, changes)
	}
	if b.forge.visits() != visits {
		t.Error("an address of the message's own was fetched")
	}
	b.readLog(b.log.since(line))
	for _, still := range b.after {
		if wrong := still(); wrong != "" {
			t.Errorf("the honest request no longer works: %s", wrong)
		}
	}
}

// routeInLog is the one place where a log quotes a path: as its template.
var routeInLog = regexp.MustCompile(`"(route|time|request)":"[^"]*"`)

// readLog refuses a panic, a line that is no JSON, and any long word of what was sent.
func (b *bench) readLog(text string) {
	b.t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line != "" && !json.Valid([]byte(line)) {
			b.t.Errorf("a line of the log was broken: %q", line)
		}
	}
	if strings.Contains(text, `"msg":"panic"`) {
		b.t.Errorf("a handler panicked: %s", text)
	}
	bare := routeInLog.ReplaceAllString(text, "")
	for _, sent := range b.sent {
		for _, word := range wordOfNote.FindAllString(sent, -1) {
			if strings.Contains(bare, word) {
				b.t.Errorf("the log repeats %q: %s", word, text)
				return
			}
		}
	}
}

// wordOfNote is long enough to be no word of our own.
var wordOfNote = regexp.MustCompile(`[A-Za-z0-9_-]{24,}`)

// note remembers what was sent.
func (b *bench) note(sent ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, sent...)
}

// still adds what must work after the case.
func (b *bench) still(check func() string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.after = append(b.after, check)
}

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request and reads a bounded answer. What was sent is remembered, for the log must not repeat it.
func (b *bench) do(method, address string, header http.Header, body string) (reply, error) {
	b.note(body)
	return b.stream(method, address, header, strings.NewReader(body))
}

// stream is do with a body that may be too long to remember.
func (b *bench) stream(method, address string, header http.Header, body io.Reader) (reply, error) {
	request, err := http.NewRequestWithContext(b.ctx, method, address, body)
	if err != nil {
		return reply{}, err
	}
	if header != nil {
		request.Header = header
	}
	b.note(request.URL.RawQuery, fmt.Sprint(header))
	response, err := b.http.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	return reply{response.StatusCode, response.Header, string(answer)}, err
}

// raw sends bytes that no client would, and reads the answer to them.
func (b *bench) raw(address, request string) (reply, error) {
	to, err := url.Parse(address)
	if err != nil {
		return reply{}, err
	}
	connection, err := new(net.Dialer).DialContext(b.ctx, "tcp", to.Host)
	if err != nil {
		return reply{}, err
	}
	defer connection.Close()
	deadline, _ := b.ctx.Deadline()
	if err := connection.SetDeadline(deadline); err != nil {
		return reply{}, err
	}
	b.note(request)
	if _, err := io.WriteString(connection, request); err != nil {
		return reply{}, err
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	return reply{response.StatusCode, response.Header, string(answer)}, err
}

// written is a request as it stands on the wire, with whatever a header says.
func written(method, address string, header http.Header, body string) string {
	to, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	out := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n", method, to.RequestURI(), to.Host, len(body))
	for name, values := range header {
		for _, value := range values {
			out += name + ": " + value + "\r\n"
		}
	}
	return out + "\r\n" + body
}

// outcome is what came back, in a few words: the status, and the error that was named or where it leads.
func (r reply) outcome() string {
	var named struct{ Error string }
	_ = json.Unmarshal([]byte(r.body), &named) // a body that is no JSON names no error
	if named.Error == "" {
		if _, code, ok := strings.Cut(r.header.Get("WWW-Authenticate"), `error="`); ok {
			named.Error = strings.TrimSuffix(code, `"`)
		}
	}
	return strings.TrimSpace(fmt.Sprint(r.status, " ", named.Error, r.header.Get("Location")))
}

// ask is do, said in a few words.
func (b *bench) ask(method, address string, header http.Header, body string) string {
	var r reply
	var err error
	if strings.ContainsAny(fmt.Sprintf("%s", header), "\r\n\x00\x1b") {
		r, err = b.raw(address, written(method, address, header, body))
	} else {
		r, err = b.do(method, address, header, body)
	}
	if err != nil {
		return "no answer: " + err.Error()
	}
	return r.outcome()
}

func bearer(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
}

// verify has the verifier look at one document, and says the verdict and why.
func (b *bench) verify(body map[string]any) string {
	r, err := b.do(http.MethodPost, b.VerifierURL+"/verify", http.Header{"Content-Type": {"application/json"}}, mustJSON(body))
	if err != nil {
		return "no answer: " + err.Error()
	}
	if r.status != http.StatusOK {
		return r.outcome()
	}
	return verdict(r.body)
}

func verdict(body string) string {
	var result struct{ Verdict, Reason string }
	if err := json.Unmarshal([]byte(body), &result); err != nil {
		return "no verdict"
	}
	return strings.TrimSpace(result.Verdict + " " + result.Reason)
}

func allocations() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// journal is a log that several services write at once.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) size() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Len()
}

func (j *journal) since(n int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.b.Bytes()[n:])
}
