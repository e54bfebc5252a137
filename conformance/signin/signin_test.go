package signin_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/signin"
)

const (
	back   = "https://service.example/return"
	secret = "synthetic secret"
	proof  = "a-code-verifier-of-forty-three-characters-aa"
	long   = "AAAAAAAAAAAAAAAAAAAAAAAA"
)

type world struct {
	t        *testing.T
	provider *signin.Provider
	server   *httptest.Server
	client   *http.Client
	now      time.Time
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Unix(1_800_000_000, 0)}
	var err error
	w.provider, err = signin.New(signin.Options{
		Title: "Stand-in sign-in", Issuer: func() string { return w.server.URL }, Now: func() time.Time { return w.now }, Rand: rand.Reader,
		Clients:  []signin.Client{{ID: "desk", Secret: secret, RedirectURIs: []string{back}}, {ID: "other", Secret: "x", RedirectURIs: []string{back}}},
		Accounts: []signin.Account{{Subject: "one", Label: "Synthetic One", Claims: map[string]any{"organisation": "council"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(w.provider)
	t.Cleanup(w.server.Close)
	w.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w
}

func query(change func(url.Values)) url.Values {
	digest := sha256.Sum256([]byte(proof))
	q := url.Values{
		"client_id": {"desk"}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid profile"}, "state": {long}, "nonce": {long},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(digest[:])}, "code_challenge_method": {"S256"},
	}
	if change != nil {
		change(q)
	}
	return q
}

func (w *world) do(r *http.Request, err error) (*http.Response, string) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response, string(body)
}

func (w *world) get(path string) (*http.Response, string) {
	w.t.Helper()
	return w.do(http.NewRequest(http.MethodGet, w.server.URL+path, nil))
}

func (w *world) post(path string, form url.Values, who ...string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, w.server.URL+path, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if len(who) == 2 {
			r.SetBasicAuth(url.QueryEscape(who[0]), url.QueryEscape(who[1]))
		}
	}
	return w.do(r, err)
}

var requestField = regexp.MustCompile(`name="request" value="([^"]+)"`)

// signIn goes as far as the answer in the address.
func (w *world) signIn(account string) url.Values {
	w.t.Helper()
	_, page := w.get("/authorize?" + query(nil).Encode())
	found := requestField.FindStringSubmatch(page)
	if found == nil {
		w.t.Fatalf("no form in %s", page)
	}
	response, _ := w.post("/authorize", url.Values{"request": {found[1]}, "account": {account}})
	at, err := response.Location()
	if err != nil || !strings.HasPrefix(at.String(), back+"?") {
		w.t.Fatalf("%v, %v", at, err)
	}
	return at.Query()
}

func redeem(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {back}, "code_verifier": {proof}}
}

func TestSignIn(t *testing.T) {
	w := start(t)
	answer := w.signIn("one")
	if answer.Get("state") != long || answer.Get("iss") != w.server.URL {
		t.Errorf("answer %v", answer)
	}
	response, body := w.post("/token", redeem(answer.Get("code")), "desk", secret)
	var tokens struct {
		Access string `json:"access_token"`
		ID     string `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(body), &tokens); err != nil || response.StatusCode != 200 || strings.Count(tokens.ID, ".") != 2 {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(tokens.ID, ".")[1])
	var claims map[string]any
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims["nonce"] != long || claims["aud"] != "desk" || claims["organisation"] != "council" {
		t.Errorf("claims %s %v", payload, err)
	}
	r, err := http.NewRequest(http.MethodGet, w.server.URL+"/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+tokens.Access)
	if _, body := w.do(r, err); !strings.Contains(body, `"organisation":"council"`) || !strings.Contains(body, `"sub":"one"`) {
		t.Errorf("userinfo %s", body)
	}
	if again, _ := w.post("/token", redeem(answer.Get("code")), "desk", secret); again.StatusCode != 400 {
		t.Errorf("the same code again: %d", again.StatusCode)
	}
}

func TestSignInRefuses(t *testing.T) {
	w := start(t)
	if got := w.signIn("nobody").Get("error"); got != "access_denied" {
		t.Errorf("cancelled: %q", got)
	}
	for name, c := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"no PKCE":      {func(q url.Values) { q.Del("code_challenge") }, "invalid_request"},
		"plain PKCE":   {func(q url.Values) { q.Set("code_challenge_method", "plain") }, "invalid_request"},
		"short state":  {func(q url.Values) { q.Set("state", "x") }, "invalid_request"},
		"no nonce":     {func(q url.Values) { q.Del("nonce") }, "invalid_request"},
		"token at end": {func(q url.Values) { q.Set("response_type", "token") }, "unsupported_response_type"},
		"no openid":    {func(q url.Values) { q.Set("scope", "profile") }, "invalid_scope"},
		"foreign page": {func(q url.Values) { q.Set("redirect_uri", "https://elsewhere.example/") }, ""},
		"unknown":      {func(q url.Values) { q.Set("client_id", "nobody") }, ""},
	} {
		response, _ := w.get("/authorize?" + query(c.change).Encode())
		at, err := response.Location()
		if c.want == "" && (response.StatusCode != 400 || err == nil) || c.want != "" && (err != nil || at.Query().Get("error") != c.want) {
			t.Errorf("%s: %d %v", name, response.StatusCode, at)
		}
	}
	w.provider.Refuse("login_required")
	if response, _ := w.get("/authorize?" + query(nil).Encode()); !strings.Contains(response.Header.Get("Location"), "error=login_required") {
		t.Errorf("refused: %v", response.Header)
	}
	w.provider.SetDown(true)
	if response, _ := w.get("/.well-known/openid-configuration"); response.StatusCode != 503 {
		t.Errorf("down: %d", response.StatusCode)
	}
}

func TestRedeemRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(url.Values)
		who    [2]string
		later  time.Duration
		status int
	}{
		"wrong secret":   {nil, [2]string{"desk", "guess"}, 0, 401},
		"another client": {nil, [2]string{"other", "x"}, 0, 400},
		"wrong proof":    {func(f url.Values) { f.Set("code_verifier", "guess") }, [2]string{"desk", secret}, 0, 400},
		"another page":   {func(f url.Values) { f.Set("redirect_uri", "https://elsewhere.example/") }, [2]string{"desk", secret}, 0, 400},
		"another grant":  {func(f url.Values) { f.Set("grant_type", "password") }, [2]string{"desk", secret}, 0, 400},
		"too late":       {nil, [2]string{"desk", secret}, 2 * time.Minute, 400},
	} {
		w := start(t)
		form := redeem(w.signIn("one").Get("code"))
		if c.change != nil {
			c.change(form)
		}
		w.now = w.now.Add(c.later)
		if response, body := w.post("/token", form, c.who[0], c.who[1]); response.StatusCode != c.status || strings.Contains(body, "id_token") {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
	}
}
