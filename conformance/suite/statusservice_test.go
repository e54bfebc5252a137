package suite_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/issuer"
)

// between stands between an issuer and the status list service it asks. It can lose answers, or refuse everybody.
type between struct {
	*httptest.Server
	lose, refuse atomic.Int64 // how many answers
	issued       atomic.Int64 // requests to /issue that reached the service
}

func newBetween(t *testing.T, service string) *between {
	t.Helper()
	b := &between{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.refuse.Load() > 0 {
			b.refuse.Add(-1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		status, header, body := forward(t, service+r.URL.Path, r)
		if r.URL.Path == "/issue" {
			b.issued.Add(1)
		}
		if b.lose.Load() > 0 {
			b.lose.Add(-1)
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", header.Get("Content-Type"))
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	t.Cleanup(b.Close)
	return b
}

func forward(t *testing.T, address string, r *http.Request) (int, http.Header, []byte) {
	request, err := http.NewRequest(r.Method, address, r.Body)
	if err != nil {
		t.Error(err)
		return http.StatusBadGateway, http.Header{}, nil
	}
	request.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return http.StatusBadGateway, http.Header{}, nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, response.Header, body
}

// TestAnotherServicesStatusLists issues documents whose status stands in the lists of another issuer, by the contract of the
// GOV.UK Status List Service: they are valid, end through the API, and are not valid any more; and what fails on the way
// costs the wallet nothing.
func TestAnotherServicesStatusLists(t *testing.T) {
	began, passed := time.Now(), atomic.Int64{}
	now := func() time.Time { return began.Add(time.Duration(passed.Load())) }
	var a *rig.Rig
	published := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // where the client's keys are
		status, _, body := forward(t, a.IssuerURL+"/.well-known/jwks.json", r)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	t.Cleanup(published.Close)
	b := start(t, rig.Options{Now: now, Configure: func(c *issuer.Config) {
		c.StatusClients = fmt.Appendf(nil, `{"clients":[{"clientId":"synthetic-issuer","jwksUri":%q}]}`, published.URL)
	}})
	way := newBetween(t, b.IssuerURL)
	a = start(t, rig.Options{Now: now, Configure: func(c *issuer.Config) {
		c.StatusService = &issuer.StatusService{URL: way.URL, ListsURL: b.IssuerURL, JWKSURL: b.IssuerURL + "/.well-known/jwks.json", ClientID: "synthetic-issuer"}
	}, Trust: func(file map[string][]any) {
		file["statusLists"] = append(file["statusLists"], map[string]any{"prefix": b.IssuerURL + "/t/", "jwks": b.IssuerURL + "/.well-known/jwks.json"})
	}})
	ctx, w := context.Background(), newWallet(t, a)

	attempt := newAttempt(t, a, offer(t, a, releaseOffer()), release)
	token, err := a.OneLogin.MintAccessToken(attempt.claims)
	if err != nil {
		t.Fatal(err)
	}
	way.refuse.Store(1)
	if status, header, _ := attempt.sendWith(t, a, w, token); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("refused by the service: %d", status)
	}
	if status, _, body := attempt.sendWith(t, a, w, token); status != http.StatusOK {
		t.Errorf("the same token after: %d %s", status, body)
	}

	way.lose.Store(1)
	before := way.issued.Load()
	held := map[string]*wallet.Held{}
	for _, format := range []string{"mdoc", "jwt"} {
		request := releaseOffer()
		request.Format = format
		if held[format], err = w.Collect(ctx, offer(t, a, request)); err != nil {
			t.Fatal(err)
		}
		if uri := held[format].Status.URI; !strings.HasPrefix(uri, b.IssuerURL+"/t/") {
			t.Errorf("%s: the status is at %s", format, uri)
		}
	}
	if n := way.issued.Load() - before; n != 3 || held["mdoc"].Status == held["jwt"].Status {
		t.Errorf("%d requests for two places, one of whose answers was lost: %+v", n, held)
	}
	publish(t, b)
	verdicts := func(want string) {
		t.Helper()
		for format, body := range map[string]map[string]any{"mdoc": {"issuerSigned": held["mdoc"].Raw}, "jwt": {"vcJwt": held["jwt"].Raw}} {
			if result, err := a.Verify(ctx, body); err != nil || result.Verdict != want {
				t.Errorf("%s: %s (%v) %+v, want %s", format, result.Verdict, err, result.Checks, want)
			}
		}
	}
	verdicts("valid")
	for _, path := range []string{"/issue", "/revoke"} { // an issuer without clients has no contract with anybody
		request := httptest.NewRequest(http.MethodPost, a.IssuerURL+path, strings.NewReader("a.b.c"))
		if status, _, _ := forward(t, a.IssuerURL+path, request); status != http.StatusNotFound {
			t.Errorf("%s of an issuer without clients: %d", path, status)
		}
	}

	// The end, as a caseworker's system plans it, and seen in the list that everybody reads.
	ask := func(method, path string, body map[string]any, status int) map[string]any {
		t.Helper()
		token, err := a.TokenFor(ctx, rig.ServiceClient, "SYN_CASEWORKER")
		if err != nil {
			t.Fatal(err)
		}
		return client{t, a, token}.ask(method, path, body, status)
	}
	request := map[string]any{"id": uuid.NewString(), "scope": "PERSON", "record": person, "wider": "OUT_OF_HOURS_DUTY", "reason": "RECALLED_STANDARD"}
	request["digest"] = ask("POST", "/api/endings/effect", request, 200)["digest"]
	ask("POST", "/api/endings", request, 201)
	state := func() string {
		t.Helper()
		passed.Add(int64(16 * time.Minute)) // copies of lists are old by then
		if err := a.Issuer.Work(ctx); err != nil {
			t.Fatal(err)
		}
		return ask("GET", "/api/endings/"+request["id"].(string), nil, 200)["state"].(string)
	}
	way.lose.Store(1)
	if s := state(); s != "RUNNING" {
		t.Errorf("not yet published: %s", s)
	}
	publish(t, b)
	if s := state(); s != "DONE" {
		t.Errorf("published: %s", s)
	}
	verdicts("not_valid")
}

func publish(t *testing.T, r *rig.Rig) {
	t.Helper()
	if err := r.Issuer.Publish(context.Background()); err != nil {
		t.Fatal(err)
	}
}
