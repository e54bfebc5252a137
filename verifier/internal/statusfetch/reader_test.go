package statusfetch_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/statusfetch"
)

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// listIssuer serves one list over loopback.
type listIssuer struct {
	t      *testing.T
	server *httptest.Server
	key    keys.Key
	keyErr error

	mu       sync.Mutex
	now      time.Time
	body     string
	status   int
	requests []string
}

func newListIssuer(t *testing.T) *listIssuer {
	t.Helper()
	key, err := keys.NewKey(keys.PurposeStatusList, start)
	if err != nil {
		t.Fatal(err)
	}
	key.State = keys.StateActive
	l := &listIssuer{t: t, key: key, now: start, status: http.StatusOK}
	l.server = httptest.NewServer(l)
	t.Cleanup(l.server.Close)
	l.body = l.token(nil, nil)
	return l
}

func (l *listIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, r.URL.String())
	w.WriteHeader(l.status)
	_, _ = w.Write([]byte(l.body)) // a client that hung up is the client's business
}

func (l *listIssuer) Key(_ context.Context, h jose.Header) (crypto.PublicKey, error) {
	if l.keyErr != nil || h.KeyID != "k" {
		return nil, errors.Join(errors.New("no such key"), l.keyErr)
	}
	return l.key.Public(), nil
}

func (l *listIssuer) uri() string    { return l.server.URL + "/t/abc" }
func (l *listIssuer) prefix() string { return l.server.URL + "/t/" }

func (l *listIssuer) reader(maxAge time.Duration) *statusfetch.Reader {
	return statusfetch.New(statusfetch.Options{
		Issuers: []statusfetch.Issuer{{Prefix: l.prefix(), Keys: l}},
		Client:  fetch.New(fetch.Options{MaxBytes: statusfetch.MaxBytes}),
		Now:     func() time.Time { return l.now },
		MaxAge:  maxAge,
	})
}

// token is a list of eight entries, of which entries is set, with claims changed by change (nil leaves one out).
func (l *listIssuer) token(entries map[int]byte, change map[string]any) string {
	return l.signed(jose.Header{Algorithm: jose.ES256, Type: "statuslist+jwt", KeyID: "k"}, entries, change)
}

func (l *listIssuer) signed(h jose.Header, entries map[int]byte, change map[string]any) string {
	l.t.Helper()
	list, err := statuslist.New(2, 8)
	if err != nil {
		l.t.Fatal(err)
	}
	for i, v := range entries {
		if err := list.Set(i, v); err != nil {
			l.t.Fatal(err)
		}
	}
	claim, err := list.EncodeToken()
	if err != nil {
		l.t.Fatal(err)
	}
	claims := map[string]any{"sub": l.uri(), "iat": l.now.Unix(), "exp": l.now.Add(time.Hour).Unix(), "ttl": 600, "status_list": claim}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	token, err := jose.Sign(l.key.Sign, h, claims)
	if err != nil {
		l.t.Fatal(err)
	}
	return token
}

func (l *listIssuer) serve(body string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.body, l.status = body, status
}

func wantReason(t *testing.T, err error, want verification.Reason) {
	t.Helper()
	var e *verification.StatusError
	if !errors.As(err, &e) || e.Reason != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReading(t *testing.T) {
	l := newListIssuer(t)
	l.body = l.token(map[int]byte{1: 1, 2: 2, 3: 3}, nil)
	r := l.reader(time.Minute)
	for i, want := range []int{0, 1, 2, 3, 0, 0, 0, 0} {
		got, err := r.Status(context.Background(), credential.StatusRef{URI: l.uri(), Index: i})
		if err != nil || got.Value != want {
			t.Errorf("entry %d is %d (%v), want %d", i, got.Value, err, want)
		}
		if got.Source != l.prefix() || !got.ListIssued.Equal(start) || !got.ListExpires.Equal(start.Add(time.Hour)) {
			t.Errorf("reading %+v", got)
		}
	}
	if len(l.requests) != 1 || l.requests[0] != "/t/abc" {
		t.Errorf("requests %v", l.requests)
	}
}

func TestEachFailureOfAToken(t *testing.T) {
	change := func(name string, v any) func(*listIssuer) {
		return func(l *listIssuer) { l.body = l.token(nil, map[string]any{name: v}) }
	}
	cases := []struct {
		name   string
		change func(l *listIssuer)
		reason verification.Reason
	}{
		{"not found", func(l *listIssuer) { l.status = http.StatusNotFound }, verification.ReasonStatusUnavailable},
		{"redirect", func(l *listIssuer) { l.status = http.StatusFound }, verification.ReasonStatusUnavailable},
		{"empty", func(l *listIssuer) { l.body = "" }, verification.ReasonStatusMalformed},
		{"a line break after it", func(l *listIssuer) { l.body += "\n" }, verification.ReasonStatusMalformed},
		{"another typ", func(l *listIssuer) {
			l.body = l.signed(jose.Header{Algorithm: jose.ES256, Type: "JWT", KeyID: "k"}, nil, nil)
		}, verification.ReasonStatusType},
		{"RS256", func(l *listIssuer) {
			l.body = "eyJhbGciOiJSUzI1NiIsInR5cCI6InN0YXR1c2xpc3Qrand0Iiwia2lkIjoiayJ9.e30.AA"
		}, verification.ReasonStatusAlgorithm},
		{"unknown key", func(l *listIssuer) {
			l.body = l.signed(jose.Header{Algorithm: jose.ES256, Type: "statuslist+jwt", KeyID: "other"}, nil, nil)
		}, verification.ReasonStatusKeyUnknown},
		{"keys away", func(l *listIssuer) { l.keyErr = fault.New(fault.Unavailable, "keys_unavailable", "") }, verification.ReasonStatusKeys},
		{"another key's signature", func(l *listIssuer) {
			other := newListIssuer(l.t)
			l.body = other.token(nil, map[string]any{"sub": l.uri()})
		}, verification.ReasonStatusSignature},
		{"another list", func(l *listIssuer) { change("sub", l.prefix()+"other")(l) }, verification.ReasonStatusSubject},
		{"no sub", change("sub", nil), verification.ReasonStatusMalformed},
		{"no iat", change("iat", nil), verification.ReasonStatusMalformed},
		{"no exp", change("exp", nil), verification.ReasonStatusMalformed},
		{"exp as text", change("exp", "1795424400"), verification.ReasonStatusMalformed},
		{"of the future", change("iat", start.Add(time.Second).Unix()), verification.ReasonStatusIssued},
		{"ended", change("exp", start.Unix()), verification.ReasonStatusExpired},
		{"ttl of nothing", change("ttl", 0), verification.ReasonStatusMalformed},
		{"ttl below zero", change("ttl", -5), verification.ReasonStatusMalformed},
		{"no list", change("status_list", nil), verification.ReasonStatusMalformed},
		{"empty list", change("status_list", map[string]any{}), verification.ReasonStatusMalformed},
		{"a list that unfolds over its bound", func(l *listIssuer) {
			l.body = l.token(nil, map[string]any{"status_list": map[string]any{"bits": 2, "lst": zeroes(l.t, statuslist.MaxEntries/4+1)}})
		}, verification.ReasonStatusMalformed},
		{"a body over its bound", func(l *listIssuer) { l.body += strings.Repeat("A", statusfetch.MaxBytes) }, verification.ReasonStatusUnavailable},
		{"list of three bits", change("status_list", map[string]any{"bits": 3, "lst": "eNpjAAAAAQAB"}), verification.ReasonStatusMalformed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := newListIssuer(t)
			c.change(l)
			_, err := l.reader(time.Minute).Status(context.Background(), credential.StatusRef{URI: l.uri()})
			wantReason(t, err, c.reason)
		})
	}
}

// zeroes is a list of n bytes of nothing, which is short until it is opened.
func zeroes(t *testing.T, n int) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func TestIndexOutsideTheList(t *testing.T) {
	l := newListIssuer(t)
	r := l.reader(time.Minute)
	for _, index := range []int{-1, 8, 1 << 30} {
		_, err := r.Status(context.Background(), credential.StatusRef{URI: l.uri(), Index: index})
		wantReason(t, err, verification.ReasonStatusIndex)
	}
}

func TestOnlyListsOfTrustedIssuersAreFetched(t *testing.T) {
	l := newListIssuer(t)
	for _, uri := range []string{
		"", "http://other.example/t/abc", l.server.URL + "/b/abc", l.prefix(), l.prefix() + "a/b", l.prefix() + "..", l.prefix() + "%2e%2e",
		l.prefix() + "abc?x=y", l.prefix() + "abc#x", l.prefix() + "abc ", l.server.URL + "@other.example/t/abc", "file:///t/abc",
	} {
		_, err := l.reader(time.Minute).Status(context.Background(), credential.StatusRef{URI: uri})
		wantReason(t, err, verification.ReasonStatusUntrusted)
	}
	if len(l.requests) != 0 {
		t.Errorf("requests %v", l.requests)
	}
}

func TestCache(t *testing.T) {
	const maxAge = 30 * time.Second
	steps := []struct {
		name    string
		later   time.Duration // than the first reading
		serve   func(l *listIssuer)
		value   int
		reason  verification.Reason
		fetches int
	}{
		{"young", maxAge - time.Second, func(l *listIssuer) { l.serve(l.token(map[int]byte{0: 1}, nil), 200) }, 0, "", 1},
		{"asked again", maxAge, func(l *listIssuer) { l.serve(l.token(map[int]byte{0: 1}, nil), 200) }, 1, "", 2},
		{"away within ttl", 599 * time.Second, func(l *listIssuer) { l.serve("", 503) }, 0, "", 2},
		{"away after ttl", 600 * time.Second, func(l *listIssuer) { l.serve("", 503) }, 0, verification.ReasonStatusUnavailable, 2},
		{"spoilt within ttl", maxAge, func(l *listIssuer) { l.serve("x", 200) }, 0, verification.ReasonStatusMalformed, 2},
		{"older list", maxAge, func(l *listIssuer) {
			l.serve(l.token(map[int]byte{0: 1}, map[string]any{"iat": start.Add(-time.Second).Unix()}), 200)
		}, 0, "", 2},
		{"clock set back", -time.Second, func(l *listIssuer) { l.serve("", 503) }, 0, verification.ReasonStatusUnavailable, 2},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			l := newListIssuer(t)
			r, ref := l.reader(maxAge), credential.StatusRef{URI: l.uri()}
			if _, err := r.Status(context.Background(), ref); err != nil {
				t.Fatal(err)
			}
			l.now = start.Add(s.later)
			s.serve(l)
			got, err := r.Status(context.Background(), ref)
			if s.reason != "" {
				wantReason(t, err, s.reason)
			} else if err != nil || got.Value != s.value {
				t.Errorf("value %d (%v), want %d", got.Value, err, s.value)
			}
			if len(l.requests) != s.fetches {
				t.Errorf("%d requests, want %d", len(l.requests), s.fetches)
			}
		})
	}
}

// Whoever must wait for a list is told of what time the one is that was had before.
func TestTheLatestListIsDated(t *testing.T) {
	l := newListIssuer(t)
	r, ref := l.reader(0), credential.StatusRef{URI: l.uri()}
	latest := func() time.Time {
		t.Helper()
		_, err := r.Status(context.Background(), ref)
		var e *verification.StatusError
		if !errors.As(err, &e) || e.Reason != verification.ReasonStatusUnavailable {
			t.Fatal(err)
		}
		return e.Latest
	}
	l.serve("", 503)
	if at := latest(); !at.IsZero() {
		t.Errorf("no list was had, and its time is %v", at)
	}
	l.serve(l.token(nil, nil), 200)
	if _, err := r.Status(context.Background(), ref); err != nil {
		t.Fatal(err)
	}
	l.now = start.Add(2 * time.Hour)
	l.serve("", 503)
	if at := latest(); !at.Equal(start) {
		t.Errorf("the latest list is of %v, want %v", at, start)
	}
}

// A list is not relied on past its own end, whatever its ttl says.
func TestExpBoundsTTL(t *testing.T) {
	l := newListIssuer(t)
	l.body = l.token(nil, map[string]any{"exp": start.Add(10 * time.Second).Unix()})
	r, ref := l.reader(time.Hour), credential.StatusRef{URI: l.uri()}
	if _, err := r.Status(context.Background(), ref); err != nil {
		t.Fatal(err)
	}
	l.now = start.Add(10 * time.Second)
	_, err := r.Status(context.Background(), ref)
	wantReason(t, err, verification.ReasonStatusExpired)
}

func TestOneFetchForMany(t *testing.T) {
	l := newListIssuer(t)
	r := l.reader(time.Minute)
	var all sync.WaitGroup
	l.mu.Lock() // the answer waits until everyone has asked, or at least could have
	for range 16 {
		all.Go(func() {
			if _, err := r.Status(context.Background(), credential.StatusRef{URI: l.server.URL + "/t/abc"}); err != nil {
				t.Error(err)
			}
		})
	}
	l.mu.Unlock()
	all.Wait()
	if len(l.requests) != 1 {
		t.Errorf("%d requests", len(l.requests))
	}
}

func TestGivingUpIsNoStatus(t *testing.T) {
	l := newListIssuer(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	l.serve("", http.StatusServiceUnavailable)
	_, err := l.reader(time.Minute).Status(ctx, credential.StatusRef{URI: l.uri()})
	wantReason(t, err, verification.ReasonStatusUnavailable)
}
