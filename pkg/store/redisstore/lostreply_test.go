//go:build redis

package redisstore_test

import (
	"bytes"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

// proxy stands before a redis-server. Once armed, it lets the server execute the next script that names a key of the
// given kind, drops the answer and hangs up.
type proxy struct {
	address string
	server  string
	kind    atomic.Pointer[string]
	dropped chan []byte
}

func startProxy(t *testing.T, url string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	address := strings.TrimSuffix(strings.TrimPrefix(url, "redis://"), "/0")
	p := &proxy{address: l.Addr().String(), server: address, dropped: make(chan []byte, 8)}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			go p.serve(client)
		}
	}()
	return p
}

// loseReply arms the proxy once.
func (p *proxy) loseReply(kind string) { p.kind.Store(&kind) }

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	request, answer := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := client.Read(request)
		if err != nil {
			return
		}
		lose := p.isArmedFor(request[:n])
		if _, err := server.Write(request[:n]); err != nil {
			return
		}
		m, err := server.Read(answer)
		if err != nil {
			return
		}
		if lose {
			p.dropped <- bytes.Clone(answer[:m])
			return
		}
		if _, err := client.Write(answer[:m]); err != nil {
			return
		}
	}
}

func (p *proxy) isArmedFor(request []byte) bool {
	kind := p.kind.Load()
	if kind == nil || !bytes.Contains(request, []byte("evalsha")) || !bytes.Contains(request, []byte(*kind)) {
		return false
	}
	return p.kind.CompareAndSwap(kind, nil)
}

// wantDropped checks that one answer was lost, and that it was not a refusal.
func (p *proxy) wantDropped(t *testing.T) {
	t.Helper()
	select {
	case answer := <-p.dropped:
		if len(answer) == 0 || answer[0] == '-' {
			t.Errorf("the answer lost was %q", answer)
		}
	default:
		t.Error("no answer was lost")
	}
}

// lossyStore returns a store behind a proxy, whose server knows every script already.
func lossyStore(t *testing.T) (*redisstore.Store, *proxy) {
	t.Helper()
	url := storetest.StartRedis(t)
	fill(t, newStore(t, dial(t, url), "warm", at(start)))
	p := startProxy(t, url)
	s := newStore(t, dial(t, "redis://"+p.address+"/0"), "", at(start))
	if err := s.EnsureLists(t.Context(), []string{"list-1"}, 100); err != nil {
		t.Fatal(err)
	}
	return s, p
}

func TestACommitWhoseAnswerIsLostIsOne(t *testing.T) {
	s, p := lossyStore(t)
	if err := s.PutOffer(t.Context(), testOffer()); err != nil {
		t.Fatal(err)
	}
	p.loseReply(":holding:")
	if err := s.Commit(t.Context(), testCommit(1)); err != nil {
		t.Errorf("commit: %v", err)
	}
	p.wantDropped(t)
	held, err := s.CredentialsOf(t.Context(), person)
	if err != nil || len(held) != 1 {
		t.Errorf("%d credentials (%v), want 1", len(held), err)
	}
}

func TestACounterWhoseAnswerIsLostIsGivenOnce(t *testing.T) {
	s, p := lossyStore(t)
	p.loseReply(":operation:")
	n, err := s.Next(t.Context(), "o", "list-1", start, 0)
	if err != nil || n != 0 {
		t.Errorf("counter %d (%v), want 0", n, err)
	}
	p.wantDropped(t)
	if got, err := s.Snapshot(t.Context(), "list-1"); err != nil || got.Allocated != 1 {
		t.Errorf("%d allocated (%v), want 1", got.Allocated, err)
	}
}

func TestARevocationWhoseAnswerIsLostIsOne(t *testing.T) {
	s, p := lossyStore(t)
	slot := statuslist.Slot{List: "list-1", Index: 5}
	if _, err := s.Next(t.Context(), "o", "list-1", start, 0); err != nil {
		t.Fatal(err)
	}
	p.loseReply(":ended")
	first, err := s.Revoke(t.Context(), "o", slot, 0, start.Add(time.Second))
	if err != nil || !first.Equal(start.Add(time.Second)) {
		t.Errorf("revoked at %v (%v)", first, err)
	}
	p.wantDropped(t)
	if got, err := s.Snapshot(t.Context(), "list-1"); err != nil || got.Sequence != 1 {
		t.Errorf("sequence %d (%v), want 1", got.Sequence, err)
	}
}
