package statusclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/issuer/internal/statusclient"
	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
)

var _ issuance.Status = (*statusclient.Client)(nil)

var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

const lists = "https://lists.example"

// service answers as it is told to, and keeps what it was sent.
type service struct {
	*httptest.Server
	answers []http.HandlerFunc // in turn; the last again and again
	mu      sync.Mutex         // held for the two fields below
	tokens  []string
	paths   []string
	waits   []time.Duration
	key     keys.Key
	broken  error
	now     time.Time
}

func newService(t *testing.T, answers ...http.HandlerFunc) *service {
	t.Helper()
	s := &service{answers: answers, now: start}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.key = keys.Key{ID: "key-1", State: keys.StateActive, Signer: private}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/jwt" {
			t.Errorf("%s %s as %q: %v", r.Method, r.URL, r.Header.Get("Content-Type"), err)
		}
		s.mu.Lock()
		n := min(len(s.tokens), len(s.answers)-1)
		s.tokens, s.paths = append(s.tokens, string(body)), append(s.paths, r.URL.Path)
		s.mu.Unlock()
		s.answers[n](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// Active implements statusclient.Keys.
func (s *service) Active(p keys.Purpose) (keys.Key, error) {
	if p != keys.PurposeOffer {
		return keys.Key{}, errors.New("the request is signed with a key of purpose " + string(p))
	}
	return s.key, s.broken
}

func (s *service) client(t *testing.T) *statusclient.Client {
	t.Helper()
	c, err := statusclient.New(statusclient.Options{
		ServiceURL: s.URL, ListsURL: lists, ClientID: "client-a", Keys: s, Now: func() time.Time { return s.now },
		Wait: func(ctx context.Context, d time.Duration) error { s.waits = append(s.waits, d); return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sent is the messages so far.
func (s *service) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}

// path is where the first message went.
func (s *service) path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[0]
}

// opened is the claims of the n-th message, whose signature and header are right.
func (s *service) opened(t *testing.T, n int) jose.Claims {
	t.Helper()
	expect := jose.Expect{Type: "JWT", Algorithms: []jose.Algorithm{jose.ES256}}
	token, err := jose.Parse(s.sent()[n], expect)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := token.Verify(s.key.Public())
	if err != nil || token.Header().KeyID != "key-1" {
		t.Fatalf("%v, kid %q", err, token.Header().KeyID)
	}
	return claims
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangUp takes the request and answers nothing.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

var given = answer(200, `{"idx":0,"uri":"`+lists+`/t/A671FED3E9AD"}`)

func (s *service) allocate(t *testing.T) (credential.StatusRef, error) {
	t.Helper()
	return s.client(t).Allocate(t.Context(), "operation-1", start.AddDate(0, 6, 0).Add(time.Millisecond))
}

func TestAPlaceIsAskedForAsTheContractSays(t *testing.T) {
	s := newService(t, given)
	ref, err := s.allocate(t)
	if want := (credential.StatusRef{URI: lists + "/t/A671FED3E9AD"}); err != nil || ref != want {
		t.Fatalf("%+v, %v, want %+v", ref, err, want)
	}
	claims := s.opened(t, 0)
	names := claims.Names()
	slices.Sort(names)
	if !slices.Equal(names, []string{"iat", "iss", "jti", "statusExpiry"}) || s.path() != "/issue" {
		t.Errorf("%s with %v", s.path(), names)
	}
	issuer, _ := claims.String("iss")
	issued, _ := claims.Int("iat")
	expires, _ := claims.Int("statusExpiry")
	if issuer != "client-a" || issued != start.Unix() || expires != start.AddDate(0, 6, 0).Unix()+1 {
		t.Errorf("iss %s, iat %d, statusExpiry %d: it must not end before the document", issuer, issued, expires)
	}
	id, _ := claims.String("jti")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) || strings.Contains(id, "operation") {
		t.Errorf("jti %q is no UUID in small letters", id)
	}
}

// The same operation is the same request, by this process or the next; another operation is another.
func TestTheIDOfARequestIsTheOperations(t *testing.T) {
	s := newService(t, given)
	var ids []string
	for i, operation := range []string{"operation-1", "operation-1", "operation-2"} {
		s.now = start.Add(time.Duration(i) * time.Minute)
		if _, err := s.client(t).Allocate(t.Context(), operation, start.AddDate(0, 6, 0)); err != nil {
			t.Fatal(err)
		}
		id, _ := s.opened(t, i).String("jti")
		ids = append(ids, id)
	}
	if ids[0] != ids[1] || ids[1] == ids[2] {
		t.Errorf("ids %v", ids)
	}
}

func TestAnAttemptThatMayFareBetterIsTheSameRequestAgain(t *testing.T) {
	busy := answer(409, `{"error":"CONFLICT","error_description":"Multiple concurrent idempotent requests in progress. Please retry after a short delay."}`)
	s := newService(t, hangUp, busy, answer(500, `{}`), answer(503, ``), answer(502, `<html>`), given)
	if _, err := s.allocate(t); err != nil {
		t.Fatal(err)
	}
	for i, token := range s.sent() {
		if token != s.sent()[0] {
			t.Errorf("attempt %d sent another token", i)
		}
	}
	want := []time.Duration{200, 400, 800, 1600, 3200}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if !slices.Equal(s.waits, want) {
		t.Errorf("waited %v, want %v", s.waits, want)
	}
}

func TestAttemptsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   fault.Kind
	}{
		"no answer": {hangUp, fault.Unavailable}, "500": {answer(500, `{}`), fault.Unavailable}, "503": {answer(503, `{}`), fault.Unavailable},
		"409": {answer(409, `{}`), fault.Conflict}, "a redirection": {answer(307, `{}`), fault.Unavailable}, "429": {answer(429, `{}`), fault.Unavailable},
	} {
		s := newService(t, c.answer)
		_, err := s.allocate(t)
		if fault.KindOf(err) != c.kind || len(s.sent()) != 6 {
			t.Errorf("%s: %v after %d attempts, want %v after 6", name, err, len(s.sent()), c.kind)
		}
	}
}

func TestARefusalIsNotSentAgain(t *testing.T) {
	for status, kind := range map[int]fault.Kind{
		400: fault.Invalid, 401: fault.Unauthorized, 403: fault.Forbidden, 404: fault.NotFound,
	} {
		s := newService(t, answer(status, `{"error":"X","error_description":"Invalid Key ID in Header"}`))
		_, err := s.allocate(t)
		if fault.KindOf(err) != kind || len(s.sent()) != 1 || !strings.Contains(fmt.Sprint(err), "Invalid Key ID in Header") {
			t.Errorf("%d: %v after %d attempts, want %v", status, err, len(s.sent()), kind)
		}
	}
}

// What a service says is not passed on when it could be part of what it was sent.
func TestARefusalQuotesNobody(t *testing.T) {
	for _, description := range []string{"client-a1 is not known", "idx 17", strings.Repeat("a", 161), "line\\nline"} {
		s := newService(t, answer(400, `{"error_description":"`+description+`"}`))
		if _, err := s.allocate(t); err == nil || strings.Contains(err.Error(), description[:6]) {
			t.Errorf("%.20q: %v", description, err)
		}
	}
	s := newService(t, hangUp)
	if _, err := s.allocate(t); strings.Contains(fmt.Sprint(err), s.URL) {
		t.Errorf("the address is in %v", err)
	}
}

func TestAnAnswerThatIsNoPlace(t *testing.T) {
	plain := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, body)
		}
	}
	good := `{"idx":1,"uri":"` + lists + `/t/A"}`
	for name, wrong := range map[string]http.HandlerFunc{
		"another type":           plain(good),
		"201":                    answer(201, good),
		"nothing":                answer(200, ``),
		"a long one":             answer(200, good+strings.Repeat(" ", 4096)),
		"a member twice":         answer(200, `{"idx":1,"idx":2,"uri":"`+lists+`/t/A"}`),
		"more after it":          answer(200, good+good),
		"no idx":                 answer(200, `{"uri":"`+lists+`/t/A"}`),
		"idx as text":            answer(200, `{"idx":"1","uri":"`+lists+`/t/A"}`),
		"idx below zero":         answer(200, `{"idx":-1,"uri":"`+lists+`/t/A"}`),
		"idx with a fraction":    answer(200, `{"idx":1.5,"uri":"`+lists+`/t/A"}`),
		"idx beyond any list":    answer(200, `{"idx":1048576,"uri":"`+lists+`/t/A"}`),
		"no uri":                 answer(200, `{"idx":1}`),
		"a list of somebody":     answer(200, `{"idx":1,"uri":"https://other.example/t/A"}`),
		"a longer host":          answer(200, `{"idx":1,"uri":"`+lists+`.other.example/t/A"}`),
		"a bare name":            answer(200, `{"idx":1,"uri":"A"}`),
		"a bitstring list":       answer(200, `{"idx":1,"uri":"`+lists+`/b/A"}`),
		"a list without a name":  answer(200, `{"idx":1,"uri":"`+lists+`/t/"}`),
		"a list within":          answer(200, `{"idx":1,"uri":"`+lists+`/t/A/B"}`),
		"a list with a query":    answer(200, `{"idx":1,"uri":"`+lists+`/t/A?time=1"}`),
		"a list with a line end": answer(200, `{"idx":1,"uri":"`+lists+`/t/A\n"}`),
		"a list elsewhere":       answer(200, `{"idx":1,"uri":"`+lists+`/t/../x"}`),
	} {
		s := newService(t, wrong)
		if ref, err := s.allocate(t); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %+v, %v", name, ref, err)
		}
	}
}

func TestAPlaceIsKeptForAYearAtMost(t *testing.T) {
	s := newService(t, given)
	for until, ok := range map[time.Time]bool{
		start.AddDate(1, 0, 0): true, start.AddDate(1, 0, 0).Add(1): false, start: false, start.Add(-time.Hour): false, start.Add(1): true,
	} {
		asked := len(s.sent())
		_, err := s.client(t).Allocate(t.Context(), "operation", until)
		if ok != (err == nil) || !ok && (fault.KindOf(err) != fault.Invalid || len(s.sent()) != asked) {
			t.Errorf("until %s: %v, %d requests", until, err, len(s.sent())-asked)
		}
	}
}

func (s *service) revoke(t *testing.T) (time.Time, error) {
	t.Helper()
	return s.client(t).Revoke(t.Context(), "revoke-1", credential.StatusRef{URI: lists + "/t/A", Index: 0})
}

func TestAPlaceEndsAsTheContractSays(t *testing.T) {
	for name, number := range map[string]int64{"in seconds": start.Unix() - 60, "in milliseconds": start.UnixMilli() - 60_000 + 999} {
		s := newService(t, answer(202, fmt.Sprintf(`{"message":"Request processed for revocation","revokedAt":%d}`, number)))
		at, err := s.revoke(t)
		if err != nil || !at.Equal(start.Add(-time.Minute)) {
			t.Errorf("%s: %v, %v", name, at, err)
		}
		claims := s.opened(t, 0)
		names := claims.Names()
		slices.Sort(names)
		if !slices.Equal(names, []string{"iat", "idx", "iss", "jti", "uri"}) || s.path() != "/revoke" {
			t.Errorf("%s with %v", s.path(), names)
		}
		index, err := claims.Int("idx")
		uri, _ := claims.String("uri")
		if err != nil || index != 0 || uri != lists+"/t/A" {
			t.Errorf("idx %d (%v), uri %s", index, err, uri)
		}
	}
}

func TestAnAnswerThatIsNoEnd(t *testing.T) {
	for name, body := range map[string]string{
		"no time":         `{"message":"Request processed for revocation"}`,
		"a time as text":  `{"message":"x","revokedAt":"1"}`,
		"no time at all":  `{"message":"x","revokedAt":0}`,
		"below zero":      `{"message":"x","revokedAt":-5}`,
		"in the future":   fmt.Sprintf(`{"revokedAt":%d}`, start.Unix()+301),
		"in the far past": `{"revokedAt":1e3}`,
	} {
		s := newService(t, answer(202, body))
		if at, err := s.revoke(t); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v, %v", name, at, err)
		}
	}
	s := newService(t, answer(200, fmt.Sprintf(`{"revokedAt":%d}`, start.Unix())))
	if _, err := s.revoke(t); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("200 in place of 202: %v", err)
	}
	s = newService(t, answer(404, `{"error":"NOT_FOUND","error_description":"Entry not found in status list table"}`))
	if _, err := s.revoke(t); fault.KindOf(err) != fault.NotFound {
		t.Errorf("404: %v", err)
	}
}

func TestNothingIsAskedWithoutAKey(t *testing.T) {
	s := newService(t, given)
	s.broken = fault.New(fault.Unavailable, "no_active_key", "")
	if _, err := s.allocate(t); fault.KindOf(err) != fault.Unavailable || len(s.sent()) != 0 {
		t.Errorf("%v, %d requests", err, len(s.sent()))
	}
}

func TestACallerWhoGivesUp(t *testing.T) {
	s := newService(t, answer(503, `{}`))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.client(t).Allocate(ctx, "operation", start.AddDate(0, 1, 0)); fault.KindOf(err) != fault.Unavailable || len(s.sent()) > 1 {
		t.Errorf("%v after %d attempts", err, len(s.sent()))
	}
}

func TestNewRefuses(t *testing.T) {
	good := statusclient.Options{ServiceURL: "https://status.example", ListsURL: lists, ClientID: "a"}
	for name, change := range map[string]func(*statusclient.Options){
		"no service":     func(o *statusclient.Options) { o.ServiceURL = "" },
		"no lists":       func(o *statusclient.Options) { o.ListsURL = "" },
		"a final slash":  func(o *statusclient.Options) { o.ListsURL += "/" },
		"a query":        func(o *statusclient.Options) { o.ServiceURL += "?a=b" },
		"another scheme": func(o *statusclient.Options) { o.ServiceURL = "ftp://status.example" },
		"a user":         func(o *statusclient.Options) { o.ServiceURL = "https://a@status.example" },
		"no client id":   func(o *statusclient.Options) { o.ClientID = "" },
	} {
		o := good
		change(&o)
		if _, err := statusclient.New(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := statusclient.New(good); err != nil {
		t.Error(err)
	}
}
