package fetch_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
)

// source is a key set that can change and go away, on a clock of its own. It serves requests in memory.
type source struct {
	mu      sync.Mutex
	now     time.Time
	keys    map[string]*ecdsa.PrivateKey
	status  int
	body    string // instead of keys
	fetches int
	hold    chan struct{} // when set, answers wait for it
}

func newSource() *source {
	return &source{now: time.Unix(1_800_000_000, 0), keys: map[string]*ecdsa.PrivateKey{}, status: http.StatusOK}
}

func (s *source) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *source) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *source) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.fetches++
	hold := s.hold
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	body := []byte(s.body)
	if s.body == "" {
		body = s.document()
	}
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

func (s *source) document() []byte {
	keys := []jose.PublicJWK{}
	for kid, key := range s.keys {
		jwk, err := jose.NewPublicJWK(&key.PublicKey, kid)
		if err != nil {
			panic(err)
		}
		keys = append(keys, jwk)
	}
	b, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}
	return b
}

func (s *source) keySet() *fetch.KeySet {
	client := fetch.New(fetch.Options{Transport: s})
	return fetch.NewKeySet(client, "https://keys.example/jwks.json", fetch.KeySetOptions{Now: s.Now})
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func header(kid string) jose.Header { return jose.Header{Algorithm: jose.ES256, KeyID: kid} }

func wantKey(t *testing.T, set *fetch.KeySet, kid string, want *ecdsa.PrivateKey) {
	t.Helper()
	got, err := set.Key(ctx, header(kid))
	if err != nil {
		t.Fatalf("key %s: %v", kid, err)
	}
	if !want.PublicKey.Equal(got) {
		t.Fatalf("key %s is another key", kid)
	}
}

func wantNoKey(t *testing.T, set *fetch.KeySet, kid string, want fault.Kind) {
	t.Helper()
	_, err := set.Key(ctx, header(kid))
	if err == nil || fault.KindOf(err) != want {
		t.Fatalf("key %s: got %v, want an error of kind %v", kid, err, want)
	}
}

func wantFetches(t *testing.T, s *source, want int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetches != want {
		t.Fatalf("%d fetches, want %d", s.fetches, want)
	}
}

func TestKeysAreCached(t *testing.T) {
	s, key := newSource(), newKey(t)
	s.keys["a"] = key
	set := s.keySet()
	wantFetches(t, s, 0)
	for range 10 {
		wantKey(t, set, "a", key)
	}
	wantFetches(t, s, 1)
	s.pass(5*time.Minute - time.Second)
	wantKey(t, set, "a", key)
	wantFetches(t, s, 1)
	s.pass(time.Second)
	wantKey(t, set, "a", key)
	wantFetches(t, s, 2)
}

func TestNewKeyIsFoundAtOnce(t *testing.T) {
	s, first, second := newSource(), newKey(t), newKey(t)
	s.keys["a"] = first
	set := s.keySet()
	wantKey(t, set, "a", first)
	s.keys["b"] = second
	wantKey(t, set, "b", second)
	wantFetches(t, s, 2)
}

func TestUnknownKeysCannotFloodTheSource(t *testing.T) {
	s, key := newSource(), newKey(t)
	s.keys["a"] = key
	set := s.keySet()
	for range 100 {
		wantNoKey(t, set, "unknown", fault.Internal)
	}
	wantFetches(t, s, 5)
	s.pass(9 * time.Second)
	wantNoKey(t, set, "unknown", fault.Internal)
	wantFetches(t, s, 5)
	s.pass(time.Second)
	for range 100 {
		wantNoKey(t, set, "unknown", fault.Internal)
	}
	wantFetches(t, s, 6)
	s.pass(time.Hour)
	for range 100 {
		wantNoKey(t, set, "unknown", fault.Internal)
	}
	wantFetches(t, s, 11)
	wantKey(t, set, "a", key)
}

func TestSourceAway(t *testing.T) {
	for name, breakIt := range map[string]func(*source){
		"error":    func(s *source) { s.status = http.StatusBadGateway },
		"nonsense": func(s *source) { s.body = "<html>" },
		"secret":   func(s *source) { s.body = `{"keys":[{"kty":"oct","k":"AA"}]}` },
	} {
		t.Run(name, func(t *testing.T) {
			s, key := newSource(), newKey(t)
			s.keys["a"] = key
			set := s.keySet()
			wantKey(t, set, "a", key)
			breakIt(s)
			for range 20 { // with and without asking the source
				wantNoKey(t, set, "b", fault.Unavailable)
			}
			s.pass(24*time.Hour - time.Second)
			for range 20 { // the limit is reached here, and must change nothing
				wantKey(t, set, "a", key)
			}
			s.pass(time.Second)
			for range 20 {
				wantNoKey(t, set, "a", fault.Unavailable)
			}
			s.status, s.body = http.StatusOK, ""
			s.pass(10 * time.Second)
			wantKey(t, set, "a", key)
		})
	}
}

func TestColdStartWithTheSourceAway(t *testing.T) {
	s := newSource()
	s.status = http.StatusServiceUnavailable
	set := s.keySet()
	for range 20 {
		wantNoKey(t, set, "a", fault.Unavailable)
	}
	wantFetches(t, s, 5)
}

func TestWithdrawnKeyIsRefusedAfterFresh(t *testing.T) {
	s, key := newSource(), newKey(t)
	s.keys["a"] = key
	set := s.keySet()
	wantKey(t, set, "a", key)
	delete(s.keys, "a")
	s.pass(5 * time.Minute)
	wantNoKey(t, set, "a", fault.Internal)
	s.status = http.StatusBadGateway
	s.pass(5 * time.Minute)
	wantNoKey(t, set, "a", fault.Unavailable)
}

func TestClockThatGoesBackIsNotFresh(t *testing.T) {
	s, key := newSource(), newKey(t)
	s.keys["a"] = key
	set := s.keySet()
	wantKey(t, set, "a", key)
	s.pass(-time.Hour)
	wantKey(t, set, "a", key)
	wantFetches(t, s, 2)
}

// GOV.UK's test harness makes a new key at every start and gives it the old key id.
func TestKeyChangedUnderItsID(t *testing.T) {
	s, first, second := newSource(), newKey(t), newKey(t)
	s.keys["a"] = first
	set := s.keySet()
	expect := jose.Expect{Algorithms: []jose.Algorithm{jose.ES256}}
	wantKey(t, set, "a", first)
	s.keys["a"] = second
	if _, err := jose.Verify(ctx, signed(t, second), expect, set); err != nil {
		t.Fatal(err)
	}
	if _, err := jose.Verify(ctx, signed(t, first), expect, set); err == nil {
		t.Fatal("the old key still verifies")
	}
	for range 100 {
		if _, err := jose.Verify(ctx, signed(t, first), expect, set); err == nil {
			t.Fatal("the old key still verifies")
		}
	}
	wantFetches(t, s, 5)
}

func TestRefreshWithTheSourceAway(t *testing.T) {
	s := newSource()
	s.keys["a"] = newKey(t)
	set := s.keySet()
	wantKey(t, set, "a", s.keys["a"])
	s.status = http.StatusBadGateway
	if _, err := set.Refresh(ctx, header("a")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want a fault of kind unavailable", err)
	}
	s.status = http.StatusOK
	delete(s.keys, "a")
	if _, err := set.Refresh(ctx, header("a")); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v, want an error that is no fault", err)
	}
}

func signed(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	token, err := jose.Sign(es256.Signer(key), header("a"), struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestManyCallersMakeOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource()
		s.keys["a"] = newKey(t)
		s.hold = make(chan struct{})
		set := s.keySet()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if _, err := set.Key(ctx, header("a")); err != nil {
					t.Errorf("key: %v", err)
				}
			})
		}
		synctest.Wait()
		close(s.hold)
		group.Wait()
		wantFetches(t, s, 1)
	})
}

func TestOneCallerHangingUpDoesNotFailTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource()
		s.keys["a"] = newKey(t)
		s.hold = make(chan struct{})
		set := s.keySet()
		hasty, hangUp := context.WithCancel(ctx)
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := set.Key(hasty, header("a")); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("hasty caller got %v", err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			if _, err := set.Key(ctx, header("a")); err != nil {
				t.Errorf("patient caller: %v", err)
			}
		})
		synctest.Wait()
		hangUp()
		synctest.Wait()
		close(s.hold)
		group.Wait()
		wantFetches(t, s, 1)
	})
}

func TestTheWholeSetIsGiven(t *testing.T) {
	s := newSource()
	s.keys["b"], s.keys["a"] = newKey(t), newKey(t)
	set := s.keySet()
	whole, err := set.Set(ctx)
	if ids := whole.IDs(); err != nil || len(ids) != 2 || ids[0] != "a" || ids[1] != "b" {
		t.Fatalf("%v %v", whole.IDs(), err)
	}
	if _, err := set.Set(ctx); err != nil {
		t.Fatal(err)
	}
	wantFetches(t, s, 1)
	s.pass(time.Hour)
	s.status = http.StatusServiceUnavailable
	if whole, err := set.Set(ctx); err != nil || whole.Len() != 2 {
		t.Errorf("its source is away: %v", err)
	}
	s.pass(24 * time.Hour)
	if _, err := set.Set(ctx); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("long after: %v", err)
	}
}
