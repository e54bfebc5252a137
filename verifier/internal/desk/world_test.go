package desk_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
	"justice-wallet/pkg/verification"
	"justice-wallet/pkg/verification/words"
	"justice-wallet/verifier/internal/desk"
	"justice-wallet/verifier/internal/openid4vp"
)

const origin = "http://verifier.test"

var began = time.Date(2026, 11, 23, 11, 42, 0, 0, time.UTC)

// world is the pages over the real service that asks wallets. Only the sign-in, and what a wallet's answer is found to be,
// are stood in for.
type world struct {
	t        *testing.T
	now      time.Time
	store    *memstore.Store
	signIn   *signIn
	checks   *checks
	tick     chan time.Time
	opened   chan struct{} // told of every stream
	orgs     map[string]desk.Organisation
	register *purpose.Register
	words    *ui.Messages
	server   *httpserver.Server
	log      bytes.Buffer
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// checks is the service, with answers that are given.
type checks struct {
	*openid4vp.Service
	answers map[string]*openid4vp.Answer
	asked   []openid4vp.Start
	begun   []openid4vp.Started
}

func (c *checks) Start(in openid4vp.Start) (openid4vp.Started, error) {
	c.asked = append(c.asked, in)
	s, err := c.Service.Start(in)
	if err == nil {
		c.begun = append(c.begun, s)
	}
	return s, err
}

func (c *checks) Result(id, secret, code string) (openid4vp.State, error) {
	s, err := c.Service.Result(id, secret, code)
	if err == nil && s.Answer == nil {
		s.Answer = c.answers[id]
	}
	return s, err
}

func (c *checks) last() openid4vp.Started { return c.begun[len(c.begun)-1] }

// nobody trusts nobody.
type nobody struct{}

func (nobody) Roots(string) ([]verification.Root, error) { return nil, nil }
func (nobody) Revoked(*x509.Certificate) bool            { return false }
func (nobody) IssuerKey(context.Context, string, string) (*ecdsa.PublicKey, error) {
	return nil, verification.ErrIssuerUntrusted
}
func (nobody) Status(context.Context, credential.StatusRef) (verification.StatusReading, error) {
	return verification.StatusReading{}, errors.New("there are no lists")
}

// signIn lets in whoever it is told to.
type signIn struct {
	organisation string
	begin        error
	finish       error
	language     string
}

func (s *signIn) Begin(_ context.Context, params map[string]string) (string, oidc.Pending, error) {
	s.language = params["ui_locales"]
	return "https://signin.test/authorize", oidc.Pending{State: "good"}, s.begin
}

func (s *signIn) Finish(_ context.Context, query url.Values, p oidc.Pending) (oidc.Identity, error) {
	if query.Get("state") != p.State {
		return oidc.Identity{}, fault.New(fault.Forbidden, oidc.CodeAgain, "")
	}
	claim, err := json.Marshal(s.organisation)
	return oidc.Identity{Subject: "SYN", Claims: map[string]json.RawMessage{"organisation": claim}}, errors.Join(s.finish, err)
}

func reader(t *testing.T) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	root, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Synthetic root"}, NotBefore: began.Add(-time.Hour), NotAfter: began.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Synthetic reader"}, NotBefore: began.Add(-time.Hour), NotAfter: began.AddDate(1, 0, 0), DNSNames: []string{"verifier.test"}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, root)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return key, cert
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: began, signIn: &signIn{}, tick: make(chan time.Time, 100), opened: make(chan struct{}, 100), orgs: map[string]desk.Organisation{}}
	clock := func() time.Time { return w.now }
	w.store = memstore.New(clock)
	catalogue, err := document.Shipped()
	must(t, err)
	w.register, err = purpose.Shipped(catalogue)
	must(t, err)
	for _, o := range w.register.Organisations() {
		w.orgs["synthetic-"+o.Type] = desk.Organisation{ID: "synthetic-" + o.Type, Name: "Synthetic " + o.Type, Type: o.Type}
	}
	key, leaf := reader(t)
	service, err := openid4vp.New(openid4vp.Options{
		URL: origin, Return: "/presentations/", Scheme: "openid4vp://authorize", Prefix: oid4vp.PrefixX509SANDNS, Chain: []*x509.Certificate{leaf},
		Sign: es256.Signer(key), Register: w.register, Verifier: &verification.Verifier{Trust: nobody{}, Status: nobody{}, Now: clock}, Now: clock, Rand: rand.Reader,
		Receipt: func(context.Context, string, verification.Verdict) string { return "0123456789ABCDEFGHJKMNPQRS" },
	})
	must(t, err)
	w.checks = &checks{Service: service, answers: map[string]*openid4vp.Answer{}}
	table, err := words.Load()
	must(t, err)
	w.words, err = ui.ParseMessages(desk.Messages())
	must(t, err)
	shell, err := desk.NewShell(uitest.Assets(t), w.words)
	must(t, err)
	sessions, err := session.New(session.Options{Name: "desk", Store: w.store, Key: make([]byte, 32), Now: clock, Rand: rand.Reader})
	must(t, err)
	door := desk.New(desk.Deps{
		Shell: shell, Sessions: sessions, SignIn: w.signIn, Register: w.register, Documents: catalogue, Checks: w.checks, Receipts: w.store,
		Organisations: func(id string) (desk.Organisation, bool) { o, ok := w.orgs[id]; return o, ok },
		Words:         table, HelpPhone: "020 7946 0000", Now: clock, Rand: rand.Reader,
		Tick: func() (<-chan time.Time, func()) { w.opened <- struct{}{}; return w.tick, func() {} },
	})
	w.server = httpserver.New(httpserver.Options{Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Now: clock, Ready: func(context.Context) error { return nil }})
	routes(w.server.Group("", httpserver.GroupOptions{Page: door.ErrorPage}), door)
	return w
}

// routes are the paths of verifier/routes.go.
func routes(g *httpserver.Group, d *desk.Door) {
	for path, h := range map[string]httpserver.Handler{
		"/": d.GetStart, "/privacy": d.GetPrivacy, "/accessibility": d.GetAccessibility, "/cookies": d.GetCookies, "/receipts": d.GetReceipts,
		"/sign-in": d.GetSignIn, "/sign-in/return": d.GetReturn, "/sign-out": d.GetSignOut,
		"/purpose": d.SignedIn(d.GetPurpose), "/ask": d.SignedIn(d.GetAsk), "/checks/:id": d.SignedIn(d.GetCheck),
		"/checks/:id/events": d.SignedIn(d.GetEvents), "/checks/:id/qr.png": d.SignedIn(d.GetQR),
	} {
		g.Handle(http.MethodGet, path, h)
	}
	for path, h := range map[string]httpserver.Handler{"/receipts": d.PostReceipts, "/purpose": d.SignedIn(d.PostPurpose), "/ask": d.SignedIn(d.PostAsk)} {
		g.Handle(http.MethodPost, path, h)
	}
}

// browser is one browser, in one language.
type browser struct {
	*world
	cookies map[string]string
	lang    string
	last    *httptest.ResponseRecorder
	path    string
}

func (w *world) browser(lang string) *browser {
	return &browser{world: w, cookies: map[string]string{"lang": lang}, lang: lang}
}

func inBoth(t *testing.T, test func(t *testing.T, b *browser)) {
	t.Helper()
	for _, lang := range []string{"en", "cy"} {
		t.Run(lang, func(t *testing.T) { test(t, newWorld(t).browser(lang)) })
	}
}

func (b *browser) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, origin+path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a := httptest.NewRecorder()
	b.server.ServeHTTP(a, r)
	for _, c := range a.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	b.last, b.path = a, path
	b.check()
	return a
}

// check holds every page to what a page must be.
func (b *browser) check() {
	b.t.Helper()
	if !strings.HasPrefix(b.last.Header().Get("Content-Type"), "text/html") || b.last.Code == http.StatusSeeOther {
		return
	}
	uitest.CheckPage(b.t, b.last.Body.Bytes(), ui.Language(b.lang))
	uitest.Forbidden(b.t, b.body(), b.never()...)
	if b.lang == "cy" {
		uitest.NoEnglish(b.t, b.last.Body.Bytes(), b.words, "GOV.UK One Login", "GOV.UK Wallet", "GOV.UK", "Relay UK")
	}
}

// never lists what the pages say that they never ask for.
func (b *browser) never() []string {
	var out []string
	for _, o := range b.register.Organisations() {
		for _, row := range b.register.Of(o.Type) {
			out = append(out, html.EscapeString(row.Never.EN), html.EscapeString(row.Never.CY), row.Never.EN, row.Never.CY)
		}
	}
	return out
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	b.send(http.MethodGet, path, nil)
	return b.follow()
}

func (b *browser) follow() *browser {
	b.t.Helper()
	for range 5 {
		to := b.last.Header().Get("Location")
		if b.last.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/") {
			return b
		}
		b.send(http.MethodGet, to, nil)
	}
	b.t.Fatalf("%s leads round and round", b.path)
	return b
}

var (
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	action = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	tags   = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)
)

// fields returns the hidden fields of the page.
func (b *browser) fields() url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(b.body(), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}

// post sends the form of the page, with names and values put into it.
func (b *browser) post(typed ...string) *browser {
	b.t.Helper()
	m := action.FindStringSubmatch(b.body())
	if m == nil {
		b.t.Fatalf("%s has no form: %s", b.path, b.text())
	}
	form := b.fields()
	for i := 0; i < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	b.send(http.MethodPost, html.UnescapeString(m[1]), form)
	return b.follow()
}

func (b *browser) body() string { return b.last.Body.String() }

func (b *browser) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(b.body(), " "))), " ")
}

func (b *browser) shows(texts ...string) *browser {
	b.t.Helper()
	said := b.text()
	for _, text := range texts {
		if !strings.Contains(said, text) {
			b.t.Errorf("%s (%d) does not say %q: %s", b.path, b.last.Code, text, said)
		}
	}
	return b
}

func (b *browser) lacks(texts ...string) *browser {
	b.t.Helper()
	for _, text := range texts {
		if strings.Contains(b.body(), text) {
			b.t.Errorf("%s says %q: %s", b.path, text, b.text())
		}
	}
	return b
}

func (b *browser) say(key string, pairs ...string) string {
	b.t.Helper()
	return b.words.In(ui.Language(b.lang)).Say(key, pairs...)
}

// enter signs in as somebody of an organisation.
func (b *browser) enter(organisation string) *browser {
	b.t.Helper()
	b.signIn.organisation = organisation
	b.send(http.MethodGet, "/sign-in", nil)
	if b.last.Header().Get("Location") != "https://signin.test/authorize" {
		b.t.Fatalf("signing in leads to %q: %d", b.last.Header().Get("Location"), b.last.Code)
	}
	return b.get("/sign-in/return?state=good&code=c")
}

// begins comes to the page that waits.
func (b *browser) begins(organisation, purpose, how string) *browser {
	b.t.Helper()
	return b.enter("synthetic-"+organisation).post("purpose", purpose).post("how", how)
}

// request reads the request object of the newest check, as a wallet would.
func (b *browser) request() oid4vp.Request {
	b.t.Helper()
	link, err := url.Parse(b.checks.last().Link)
	must(b.t, err)
	uri := link.Query().Get("request_uri")
	object, err := b.checks.RequestObject(uri[strings.LastIndex(uri, "/")+1:], "")
	must(b.t, err)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(object, ".")[1])
	must(b.t, err)
	var r oid4vp.Request
	must(b.t, json.Unmarshal(payload, &r))
	return r
}

// declines has the wallet say no, and returns where it sends the browser.
func (b *browser) declines() string {
	b.t.Helper()
	r := b.request()
	to, err := b.checks.Respond(context.Background(), r.ResponseURI[strings.LastIndex(r.ResponseURI, "/")+1:], url.Values{"error": {"access_denied"}, "state": {r.State}})
	must(b.t, err)
	return to
}

// keepReceipt puts a receipt where the pages look for it.
func (w *world) keepReceipt(outcome verification.Verdict) string {
	w.t.Helper()
	r, err := receipt.New(rand.Reader, "council-housing", outcome, w.now)
	must(w.t, err)
	must(w.t, w.store.KeepReceipt(context.Background(), r))
	return r.ID
}
