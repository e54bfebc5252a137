package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oidc"
)

// provider answers as a test tells it to.
type provider struct {
	t        *testing.T
	server   *httptest.Server
	key      *ecdsa.PrivateKey // published
	signer   *ecdsa.PrivateKey // of the ID token
	now      time.Time
	nonce    string
	header   map[string]any // of the ID token
	spell    func(string) string
	claims   func(claims map[string]any) // changes the ID token
	userinfo map[string]any
	form     url.Values // last sent to the token endpoint
	status   int        // of the token endpoint, when not 200
	oauth    string     // its error
	asked    int        // how often it was asked about itself
	down     bool
	says     bool // it says that its answers name it
}

const access = "an access token"

var b64 = base64.RawURLEncoding

func start(t *testing.T) *provider {
	t.Helper()
	key := fixture.Key(t)
	p := &provider{t: t, key: key, signer: key, now: fixture.Now, userinfo: map[string]any{"sub": "one", "wallet_subject_id": "wallet one"}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.asked++
		if p.down {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		p.reply(w, map[string]any{
			"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token",
			"userinfo_endpoint": p.server.URL + "/userinfo", "jwks_uri": p.server.URL + "/jwks",
			"authorization_response_iss_parameter_supported": p.says,
		})
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		p.reply(w, map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "kid": "key", "use": "sig", "alg": "ES256",
			"x": b64.EncodeToString(p.key.X.FillBytes(make([]byte, 32))), "y": b64.EncodeToString(p.key.Y.FillBytes(make([]byte, 32))),
		}}})
	})
	mux.HandleFunc("/token", p.token)
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+access {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		p.reply(w, p.userinfo)
	})
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

func (p *provider) reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.t.Error(err)
	}
	p.form = r.PostForm
	if user, secret, ok := r.BasicAuth(); ok {
		p.form.Set("basic", user+" "+secret)
	}
	if p.status != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(p.status)
		_, _ = io.WriteString(w, `{"error":"`+p.oauth+`"}`)
		return
	}
	hash := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": p.server.URL, "sub": "one", "aud": "client", "nonce": p.nonce, "iat": p.now.Unix(), "exp": p.now.Add(time.Minute).Unix(),
		"at_hash": b64.EncodeToString(hash[:16]), "email": "one@example.test",
	}
	if p.claims != nil {
		p.claims(claims)
	}
	id := p.sign(claims)
	if p.spell != nil {
		id = p.spell(id)
	}
	p.reply(w, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": id})
}

func (p *provider) sign(claims map[string]any) string {
	header := map[string]any{"alg": "ES256", "kid": "key", "typ": "JWT"}
	for name, value := range p.header {
		header[name] = value
	}
	h, err := json.Marshal(header)
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	input := b64.EncodeToString(h) + "." + b64.EncodeToString(c)
	signature, err := es256.Sign(p.signer, []byte(input))
	if err != nil {
		p.t.Fatal(err)
	}
	return input + "." + b64.EncodeToString(signature)
}

func (p *provider) client(change func(*oidc.Options)) *oidc.Client {
	p.t.Helper()
	o := oidc.Options{
		Issuer: p.server.URL, ClientID: "client", RedirectURL: "https://service.example/return", Scopes: []string{"email"}, Params: map[string]string{"vtr": `["Cl.Cm.P2"]`},
		Algorithms: []string{"ES256"}, Secret: "a secret", UserInfo: true, Now: func() time.Time { return p.now }, Rand: rand.Reader,
	}
	if change != nil {
		change(&o)
	}
	c, err := oidc.New(o)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// signIn begins and ends one, with a query that change may change.
func (p *provider) signIn(c *oidc.Client, change func(url.Values)) (oidc.Identity, error) {
	p.t.Helper()
	_, pending, err := c.Begin(context.Background(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.nonce == "" {
		p.nonce = pending.Nonce
	}
	query := url.Values{"code": {"a code"}, "state": {pending.State}}
	if change != nil {
		change(query)
	}
	return c.Finish(context.Background(), query, pending)
}

func TestBegin(t *testing.T) {
	p := start(t)
	where, pending, err := p.client(nil).Begin(context.Background(), map[string]string{"ui_locales": "cy"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(pending.Verifier))
	for name, want := range map[string]string{
		"client_id": "client", "redirect_uri": "https://service.example/return", "response_type": "code", "scope": "openid email", "state": pending.State, "nonce": pending.Nonce,
		"code_challenge": b64.EncodeToString(sum[:]), "code_challenge_method": "S256", "vtr": `["Cl.Cm.P2"]`, "ui_locales": "cy",
	} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(pending.State) != 43 || pending.State == pending.Nonce || pending.Nonce == pending.Verifier {
		t.Errorf("pending %+v", pending)
	}
}

func TestSignIn(t *testing.T) {
	p := start(t)
	identity, err := p.signIn(p.client(nil), nil)
	if err != nil || identity.Subject != "one" || identity.String("wallet_subject_id") != "wallet one" || identity.String("email") != "one@example.test" || identity.String("none") != "" {
		t.Fatalf("%+v, %v", identity, err)
	}
	if p.form.Get("basic") != "client a+secret" && p.form.Get("basic") != "client a secret" || p.form.Get("code") != "a code" || p.form.Get("code_verifier") == "" || p.form.Has("client_assertion") {
		t.Errorf("form %v", p.form)
	}
}

func TestPrivateKeyJWT(t *testing.T) {
	p := start(t)
	own := fixture.Key(t)
	assert := func(claims map[string]any) (string, error) {
		return jose.Sign(es256.Signer(own), jose.Header{Algorithm: jose.ES256, Type: "JWT", KeyID: "ours"}, claims)
	}
	if _, err := p.signIn(p.client(func(o *oidc.Options) { o.Secret, o.Assert = "", assert }), nil); err != nil {
		t.Fatal(err)
	}
	payload, err := b64.DecodeString(strings.Split(p.form.Get("client_assertion"), ".")[1])
	var claims map[string]any
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims["iss"] != "client" || claims["sub"] != "client" || claims["aud"] != p.server.URL+"/token" || claims["jti"] == "" {
		t.Errorf("assertion %s %v", payload, err)
	}
	if p.form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || p.form.Has("client_secret") || p.form.Has("basic") {
		t.Errorf("form %v", p.form)
	}
}

// inJSON is a token in the flattened serialisation, with an algorithm that nobody signed.
func inJSON(id string) string {
	p := strings.Split(id, ".")
	return `{"header":{"alg":"none"},"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`
}

func TestAnswersRefused(t *testing.T) {
	for name, c := range map[string]struct {
		query  func(url.Values)
		change func(*provider)
		code   string
	}{
		"another state":       {query: func(q url.Values) { q.Set("state", "forged") }, code: oidc.CodeAgain},
		"no state":            {query: func(q url.Values) { q.Del("state") }, code: oidc.CodeAgain},
		"two states":          {query: func(q url.Values) { q.Add("state", q.Get("state")) }, code: oidc.CodeAgain},
		"no code":             {query: func(q url.Values) { q.Del("code") }, code: oidc.CodeAgain},
		"another issuer":      {query: func(q url.Values) { q.Set("iss", "https://elsewhere.example") }, code: oidc.CodeRefused},
		"cancelled":           {query: func(q url.Values) { q.Set("error", "access_denied") }, code: oidc.CodeCancelled},
		"login required":      {query: func(q url.Values) { q.Set("error", "login_required") }, code: oidc.CodeAgain},
		"provider in trouble": {query: func(q url.Values) { q.Set("error", "temporarily_unavailable") }, code: oidc.CodeAway},
		"code used before":    {change: func(p *provider) { p.status, p.oauth = 400, "invalid_grant" }, code: oidc.CodeAgain},
		"client not known":    {change: func(p *provider) { p.status, p.oauth = 401, "invalid_client" }, code: oidc.CodeAway},
		"token endpoint down": {change: func(p *provider) { p.status = 503 }, code: oidc.CodeAway},
		"another nonce":       {change: func(p *provider) { p.nonce = "another sign-in's" }, code: oidc.CodeRefused},
		"another audience":    {change: func(p *provider) { p.claims = func(c map[string]any) { c["aud"] = "other" } }, code: oidc.CodeRefused},
		"two audiences":       {change: func(p *provider) { p.claims = func(c map[string]any) { c["aud"] = []string{"client", "other"} } }, code: oidc.CodeRefused},
		"token of another":    {change: func(p *provider) { p.claims = func(c map[string]any) { c["iss"] = "https://elsewhere.example" } }, code: oidc.CodeRefused},
		"token expired":       {change: func(p *provider) { p.claims = func(c map[string]any) { c["exp"] = p.now.Add(-time.Second).Unix() } }, code: oidc.CodeRefused},
		"token of nobody":     {change: func(p *provider) { p.claims = func(c map[string]any) { delete(c, "sub") } }, code: oidc.CodeRefused},
		"another at_hash":     {change: func(p *provider) { p.claims = func(c map[string]any) { c["at_hash"] = "AAAA" } }, code: oidc.CodeRefused},
		"not signed":          {change: func(p *provider) { p.header = map[string]any{"alg": "none"} }, code: oidc.CodeRefused},
		"another algorithm":   {change: func(p *provider) { p.header = map[string]any{"alg": "RS256"} }, code: oidc.CodeRefused},
		"JSON":                {change: func(p *provider) { p.spell = inJSON }, code: oidc.CodeRefused},
		"padding":             {change: func(p *provider) { p.spell = func(id string) string { return id + "==" } }, code: oidc.CodeRefused},
		"userinfo of another": {change: func(p *provider) { p.userinfo["sub"] = "two" }, code: oidc.CodeRefused},
	} {
		p := start(t)
		if c.change != nil {
			c.change(p)
		}
		if identity, err := p.signIn(p.client(nil), c.query); fault.CodeOf(err) != c.code || identity.Subject != "" {
			t.Errorf("%s: %+v, %v, want %s", name, identity, err, c.code)
		}
	}
}

func TestAProviderThatNamesItself(t *testing.T) {
	p := start(t)
	p.says = true
	if identity, err := p.signIn(p.client(nil), nil); fault.CodeOf(err) != oidc.CodeRefused || identity.Subject != "" || p.form != nil {
		t.Errorf("an answer that does not: %+v, %v, and the code was sent: %v", identity, err, p.form)
	}
	p = start(t)
	p.says = true
	twice := func(q url.Values) { q["iss"] = []string{p.server.URL, "https://elsewhere.example"} }
	if identity, err := p.signIn(p.client(nil), twice); fault.CodeOf(err) != oidc.CodeRefused || identity.Subject != "" {
		t.Errorf("an answer that names two: %+v, %v", identity, err)
	}
	p = start(t)
	p.says = true
	if identity, err := p.signIn(p.client(nil), func(q url.Values) { q.Set("iss", p.server.URL) }); err != nil || identity.Subject != "one" {
		t.Errorf("an answer that does: %+v, %v", identity, err)
	}
}

func TestManyWaitForOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &away{hold: make(chan struct{})}
		c, err := oidc.New(oidc.Options{
			Issuer: "https://provider.example", ClientID: "client", RedirectURL: "https://service.example/return", Algorithms: []string{"ES256"}, Secret: "a secret",
			Transport: provider, Now: time.Now, Rand: rand.Reader,
		})
		if err != nil {
			t.Fatal(err)
		}
		gone, leave := context.WithCancel(t.Context())
		answers := make(chan error, 9)
		for _, ctx := range append([]context.Context{gone}, slices.Repeat([]context.Context{t.Context()}, 8)...) {
			go func() { _, _, err := c.Begin(ctx, nil); answers <- err }()
			synctest.Wait() // the one who leaves asked first
		}
		leave()
		synctest.Wait()
		if len(answers) != 1 {
			t.Errorf("%d have an answer, want the one who left", len(answers))
		}
		close(provider.hold)
		synctest.Wait()
		if n := provider.asked.Load(); n != 1 || len(answers) != 9 {
			t.Errorf("asked %d times, %d have an answer", n, len(answers))
		}
		for range 9 {
			if err := <-answers; fault.CodeOf(err) != oidc.CodeAway {
				t.Errorf("%v", err)
			}
		}
	})
}

// away is a provider that answers 503 once it is let.
type away struct {
	hold  chan struct{}
	asked atomic.Int32
}

func (a *away) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked.Add(1)
	select {
	case <-a.hold:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestSignedByAKeyThatIsNotPublished(t *testing.T) {
	p := start(t)
	p.signer = fixture.Key(t)
	if identity, err := p.signIn(p.client(nil), nil); fault.CodeOf(err) != oidc.CodeRefused || identity.Subject != "" {
		t.Errorf("%+v, %v", identity, err)
	}
}

func TestNoPendingIsNoSignIn(t *testing.T) {
	p := start(t)
	_, err := p.client(nil).Finish(context.Background(), url.Values{"code": {"a code"}, "state": {""}}, oidc.Pending{})
	if fault.CodeOf(err) != oidc.CodeAgain {
		t.Errorf("%v", err)
	}
}

func TestAProviderThatComesBack(t *testing.T) {
	p := start(t)
	p.down = true
	c := p.client(nil)
	if _, _, err := c.Begin(context.Background(), nil); fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != oidc.CodeAway {
		t.Errorf("away: %v", err)
	}
	p.down = false
	for range 2 {
		if _, _, err := c.Begin(context.Background(), nil); err != nil {
			t.Errorf("back: %v", err)
		}
	}
	if p.asked != 2 {
		t.Errorf("asked %d times", p.asked)
	}
}

func TestNewRefuses(t *testing.T) {
	good := oidc.Options{Issuer: "https://a.example", ClientID: "c", RedirectURL: "https://b.example", Algorithms: []string{"ES256"}, Secret: "s", Now: time.Now, Rand: rand.Reader}
	if _, err := oidc.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*oidc.Options){
		"no issuer":      func(o *oidc.Options) { o.Issuer = "" },
		"no client":      func(o *oidc.Options) { o.ClientID = "" },
		"no algorithm":   func(o *oidc.Options) { o.Algorithms = nil },
		"no secret":      func(o *oidc.Options) { o.Secret = "" },
		"two ways to be": func(o *oidc.Options) { o.Assert = func(map[string]any) (string, error) { return "", nil } },
	} {
		o := good
		change(&o)
		if _, err := oidc.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
