package holder_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/issuer/internal/holder"
	"justice-wallet/issuer/internal/records"
	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oid4vci"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

// world is the pages over the real decision, sessions and records of synthetic people. Only GOV.UK One Login, matching,
// the status of documents and the making of letters are stood in for.
type world struct {
	t       *testing.T
	now     time.Time
	store   *memstore.Store
	records *people
	signIn  *signIn
	letters *letters
	log     bytes.Buffer
	reasons []string // of documents ended
	server  *httpserver.Server
	words   *ui.Messages
	issued  int
}

const issuerURL = "http://issuer.test"

var began = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// Made once: what every world has alike.
var (
	madeKeys = sync.OnceValues(func() ([]keys.Key, error) {
		return keys.Generate(keys.Authority{Name: "Synthetic IACA", URL: issuerURL, CRL: issuerURL + "/crl", Country: "GB"}, began)
	})
	shipped     = sync.OnceValues(document.Shipped)
	parsedWords = sync.OnceValues(func() (*ui.Messages, error) { return ui.ParseMessages(holder.Messages()) })
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: began}
	clock := func() time.Time { return w.now }
	w.store = memstore.New(clock)
	sources, err := records.NewFile(records.FileOptions{Path: "../../../conformance/hmpps/people.json", ReferenceKey: make([]byte, 32), Now: clock})
	must(t, err)
	w.records = &people{Records: records.New(sources), matches: map[string]string{}}
	w.signIn, w.letters = &signIn{}, &letters{}

	all, err := madeKeys()
	must(t, err)
	ring, err := keys.NewRing(w.now, all...)
	must(t, err)
	catalogue, err := shipped()
	must(t, err)
	london, err := time.LoadLocation("Europe/London")
	must(t, err)
	formats := []issuance.Format{mdoc.Format{Rand: rand.Reader}, vcjwt.New(vcjwt.Options{Issuer: issuerURL, DID: "did:web:issuer.test"})}
	service := issuance.New(issuance.Deps{
		Documents: catalogue, Formats: formats, Keys: ring, Records: w.records, Status: slots{clock}, Offers: w.store, Ledger: w.store,
		Register: w.store, Audit: recorder{w}, Now: clock, Rand: rand.Reader, London: london, OfferLife: 15 * time.Minute,
	})
	profile := govuk.New(
		govuk.Config{SelfURL: issuerURL, AuthServer: "https://token.account.gov.test", ClientID: "client", WalletURL: "https://mobile.account.gov.uk/wallet/add"},
		govuk.Deps{Issuance: service, Ring: ring, Now: clock})
	sessions, err := session.New(session.Options{Store: w.store, Key: make([]byte, 32), Now: clock, Rand: rand.Reader})
	must(t, err)
	w.words, err = parsedWords()
	must(t, err)
	shell, err := holder.NewShell(uitest.Assets(t), w.words, []string{"https://signin.account.gov.test"})
	must(t, err)
	door := holder.New(
		holder.Config{HelpPhone: "020 7946 0000", ExitURL: "https://www.bbc.co.uk/weather", Secret: make([]byte, 32)},
		holder.Deps{
			Shell: shell, Sessions: sessions, Tries: w.store, SignIn: w.signIn, Records: w.records, Documents: catalogue.All(false),
			Offers: profile, Ledger: w.store, Register: w.store, Endings: service, Letters: w.letters, Now: clock, Rand: rand.Reader, London: london,
		})
	w.server = httpserver.New(httpserver.Options{
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Now: clock, Ready: func(context.Context) error { return nil },
	})
	routes(w.server.Group("", httpserver.GroupOptions{Page: door.ErrorPage}), door)
	return w
}

// routes are the paths of issuer/routes.go.
func routes(g *httpserver.Group, d *holder.Door) {
	for path, h := range map[string]httpserver.Handler{
		"/": d.GetStart, "/help": d.GetHelp, "/privacy": d.GetPrivacy, "/accessibility": d.GetAccessibility, "/cookies": d.GetCookies,
		"/sign-in": d.GetSignIn, "/sign-in/return": d.GetReturn, "/sign-out": d.GetSignOut, "/exit": d.GetExit,
		"/documents": d.SignedIn(d.GetDocuments), "/documents/choose": d.SignedIn(d.GetChoose), "/documents/:id": d.SignedIn(d.GetDocument),
		"/offers/:id": d.SignedIn(d.GetOffer), "/offers/:id/qr.png": d.SignedIn(d.GetQR), "/offers/:id/state": d.SignedIn(d.GetState),
		"/remove/:id": d.SignedIn(d.GetRemove), "/refresh": d.SignedIn(d.GetRefresh),
		"/letter": d.SignedIn(d.GetLetter), "/letter/:step": d.SignedIn(d.GetLetterStep),
	} {
		g.Handle(http.MethodGet, path, h)
	}
	for path, h := range map[string]httpserver.Handler{
		"/sign-in": d.PostSignIn, "/documents/choose": d.SignedIn(d.PostChoose), "/documents/:id": d.SignedIn(d.PostDocument),
		"/offers/:id": d.SignedIn(d.PostOffer), "/remove/:id": d.SignedIn(d.PostRemove), "/letter/:step": d.SignedIn(d.PostLetterStep),
	} {
		g.Handle(http.MethodPost, path, h)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// people are the records of the file, with a match by family name and birth date, and faults.
type people struct {
	*records.Records
	matches map[string]string // record by "family name"
	facts   func(source string, f credential.Facts)
	away    bool
	matched int
	during  func() // what happens while a match is looked for
}

var errAway = fault.New(fault.Unavailable, "records_unavailable", "")

func (p *people) Match(_ context.Context, i holder.Identity) (string, error) {
	p.matched++
	if p.during != nil {
		p.during()
	}
	if p.away {
		return "", errAway
	}
	record, ok := p.matches[i.FamilyName]
	if !ok || i.BirthDate != (credential.Date{Year: 1987, Month: time.May, Day: 12}) {
		return "", issuance.ErrNotFound
	}
	return record, nil
}

func (p *people) Facts(ctx context.Context, source string, r issuance.Record) (credential.Facts, error) {
	if p.away {
		return nil, errAway
	}
	f, err := p.Records.Facts(ctx, source, r)
	if err == nil && p.facts != nil {
		p.facts(source, f)
	}
	return f, err
}

// signIn lets in whoever it is told to.
type signIn struct {
	account  holder.Account
	begin    error
	finish   error
	language string
	attempts int
}

func (s *signIn) Begin(_ context.Context, language string) (string, []byte, error) {
	s.attempts++
	s.language = language
	return "https://signin.account.gov.test/authorize", []byte(fmt.Sprint("attempt ", s.attempts)), s.begin
}

func (s *signIn) Finish(_ context.Context, attempt []byte, query url.Values) (holder.Account, error) {
	if want := fmt.Sprint("attempt ", s.attempts); string(attempt) != want || query.Get("state") != "good" {
		return holder.Account{}, errors.New("another sign-in")
	}
	return s.account, s.finish
}

type letters struct{ asked []holder.Letter }

func (l *letters) Request(_ context.Context, letter holder.Letter) error {
	for _, before := range l.asked {
		if before.ID == letter.ID {
			return nil
		}
	}
	l.asked = append(l.asked, letter)
	return nil
}

type slots struct{ now func() time.Time }

func (slots) Allocate(context.Context, string, time.Time) (credential.StatusRef, error) {
	return credential.StatusRef{}, nil
}

func (s slots) Revoke(context.Context, string, credential.StatusRef) (time.Time, error) {
	return s.now(), nil
}

type recorder struct{ w *world }

func (r recorder) Record(_ context.Context, e audit.Event) error {
	if e.What == "credential.revoke" {
		r.w.reasons = append(r.w.reasons, e.Details["reason"])
	}
	return nil
}

const (
	wallet      = "urn:fdc:wallet.account.gov.uk:2024:SYNTHETIC-a"
	otherWallet = "urn:fdc:wallet.account.gov.uk:2024:SYNTHETIC-b"
)

// person makes an account of someone whose record is known by their family name.
func (w *world) person(family, given, record string) holder.Account {
	w.records.matches[family] = record
	return holder.Account{Subject: "sub-" + record, Wallet: wallet, Identity: holder.Identity{
		GivenNames: strings.Fields(given), FamilyName: family, BirthDate: credential.Date{Year: 1987, Month: time.May, Day: 12},
	}}
}

// michael has a release and a licence, and nothing that bars them.
func (w *world) michael() holder.Account { return w.person("Example", "Michael John", "A0001SY") }

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

func (b *browser) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, issuerURL+path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
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

// check holds every answer to what every page must be.
func (b *browser) check() {
	b.t.Helper()
	body := b.last.Body.String()
	checkNothingBetrayed(b.t, b.path, body+b.last.Header().Get("Location"))
	if b.last.Code != http.StatusSeeOther && !strings.HasPrefix(b.last.Header().Get("Content-Type"), "text/html") {
		if b.last.Header().Get("Content-Type") != "image/png" {
			b.t.Errorf("%s: %d %s is no page: %s", b.path, b.last.Code, b.last.Header().Get("Content-Type"), body)
		}
		return
	}
	if b.last.Code == http.StatusSeeOther {
		return
	}
	uitest.CheckPage(b.t, b.last.Body.Bytes(), ui.Language(b.lang))
	said := linkBox.ReplaceAllString(body, "") // the link holds a signed code, whose letters say nothing
	uitest.Forbidden(b.t, said)
	uitest.Kind(b.t, b.text())
	if !strings.Contains(body, "govuk-exit-this-page") {
		b.t.Errorf("%s cannot be left fast", b.path)
	}
	if b.lang == "cy" {
		uitest.NoEnglish(b.t, b.last.Body.Bytes(), b.words, "GOV.UK One Login", "GOV.UK", "Relay UK")
	}
}

var linkBox = regexp.MustCompile(`credential_offer=[^"<&]*`)

// What no page and no address may hold: numbers of people, and, in small letters, what only staff may know.
var (
	numbers   = regexp.MustCompile(`\b(A[0-9]{4}SY|X9[0-9]{5})\b`)
	betraying = []string{"recalled", "holder_request", `"syn"`, "urn:fdc"}
	merged    = regexp.MustCompile(`(?i)\bmerged?\b`)
)

func checkNothingBetrayed(t *testing.T, path, text string) {
	t.Helper()
	for _, pattern := range []*regexp.Regexp{numbers, merged} {
		if found := pattern.FindString(text); found != "" {
			t.Errorf("%s betrays %q", path, found)
		}
	}
	text = strings.ToLower(text)
	for _, said := range betraying {
		if strings.Contains(text, said) {
			t.Errorf("%s betrays %q", path, said)
		}
	}
}

// get follows redirects within the service.
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

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hiddenFields returns the hidden fields of the page.
func (b *browser) hiddenFields() url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(b.body(), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}

var action = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)

// post sends the form of the page, with values typed into it.
func (b *browser) post(typed url.Values) *browser {
	b.t.Helper()
	m := action.FindStringSubmatch(b.body())
	if m == nil {
		b.t.Fatalf("%s has no form: %s", b.path, b.text())
	}
	form := b.hiddenFields()
	for name, values := range typed {
		form[name] = values
	}
	b.send(http.MethodPost, html.UnescapeString(m[1]), form)
	return b.follow()
}

func (b *browser) body() string { return b.last.Body.String() }

var tags = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)

// text is what can be read on the page.
func (b *browser) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(b.body(), " "))), " ")
}

// shows wants each text on the page.
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
	said := b.text()
	for _, text := range texts {
		if strings.Contains(said, text) {
			b.t.Errorf("%s says %q: %s", b.path, text, said)
		}
	}
	return b
}

var anchor = regexp.MustCompile(`(?s)<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>`)

// link returns where the nth link of a text leads.
func (b *browser) link(text string, nth int) string {
	b.t.Helper()
	for _, m := range anchor.FindAllStringSubmatch(b.body(), -1) {
		said := strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(m[2], " "))), " ")
		if strings.HasPrefix(said, text) {
			if nth == 0 {
				return html.UnescapeString(m[1])
			}
			nth--
		}
	}
	b.t.Fatalf("%s has no link %q: %s", b.path, text, b.text())
	return ""
}

func (b *browser) click(text string) *browser {
	b.t.Helper()
	return b.get(b.link(text, 0))
}

// enter signs in, up to the page that follows.
func (b *browser) enter(a holder.Account, to string) *browser {
	b.t.Helper()
	b.signIn.account = a
	b.get("/sign-in?to=" + to)
	b.post(nil)
	if b.last.Code != http.StatusSeeOther || !strings.HasPrefix(b.last.Header().Get("Location"), "https://signin.account.gov.test/") {
		b.t.Fatalf("signing in leads nowhere: %d %s", b.last.Code, b.text())
	}
	return b.get("/sign-in/return?state=good&code=c")
}

// say finds a message in the language of the browser.
func (b *browser) say(key string, pairs ...string) string {
	b.t.Helper()
	return b.words.In(ui.Language(b.lang)).Say(key, pairs...)
}

// offerID reads the id of the offer on the page, as a wallet and its token service would.
func (b *browser) offerID() string {
	b.t.Helper()
	u, err := url.Parse(b.link(b.say("offer.same.button"), 0))
	must(b.t, err)
	var offer struct {
		Grants map[string]struct {
			Code string `json:"pre-authorized_code"`
		} `json:"grants"`
	}
	must(b.t, json.Unmarshal([]byte(u.Query().Get("credential_offer")), &offer))
	for _, grant := range offer.Grants {
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(grant.Code, ".")[1])
		must(b.t, err)
		var code struct {
			Identifiers []string `json:"credential_identifiers"`
		}
		must(b.t, json.Unmarshal(payload, &code))
		return code.Identifiers[0]
	}
	b.t.Fatal("the link holds no offer")
	return ""
}

// collects has a wallet collect the newest offer a subject may, of a configuration, and say what it did.
func (w *world) collects(subject, configuration, offer, record, item, event string) issuance.Credential {
	w.t.Helper()
	w.issued++
	c := issuance.Credential{
		ID: fmt.Sprintf("credential-%d", w.issued), Configuration: configuration, DocumentType: configuration, Format: "mso_mdoc",
		Record: issuance.Record{Person: record, Item: item}, Subject: subject, Issued: w.now, Until: w.now.AddDate(0, 0, 30),
	}
	must(w.t, w.store.Commit(context.Background(), issuance.Commit{
		Operation: c.ID, Credential: c,
		Grant: issuance.Grant{Issuer: "s", TokenID: "token-" + fmt.Sprint(w.issued), Subject: subject, Configuration: configuration, OfferID: offer, Nonce: "nonce-" + fmt.Sprint(w.issued), Expires: w.now.Add(time.Minute)},
	}))
	if event != "" {
		must(w.t, w.store.Notify(context.Background(), subject, c.ID, event))
	}
	return c
}

const (
	release  = "uk.gov.justice.prisonrelease.1"
	licence  = "uk.gov.justice.licence.1"
	approval = "uk.gov.justice.probationapproval.1"
	accepted = oid4vci.EventAccepted
)

var box = regexp.MustCompile(`<input[^>]* type="(checkbox|radio)"[^>]* value="([^"]+)"`)

// boxes returns the values of every checkbox and radio of the page.
func (b *browser) boxes() []string {
	var out []string
	for _, m := range box.FindAllStringSubmatch(b.body(), -1) {
		out = append(out, html.UnescapeString(m[2]))
	}
	return out
}

func (b *browser) radios() []string { return b.boxes() }

func (b *browser) language() ui.Language { return ui.Language(b.lang) }

// digestOf is the name under which a store keeps a session.
func digestOf(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:])
}
