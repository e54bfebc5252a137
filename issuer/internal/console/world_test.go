package console_test

import (
	"bytes"
	"context"
	"crypto/rand"
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

	"justice-wallet/issuer/internal/console"
	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/issuer/internal/letters"
	"justice-wallet/issuer/internal/records"
	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/seal"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

// world is the console over the real decisions, store and records of synthetic people. The sign-in, the status of documents,
// the published list, the audit and the keeping of approvals are stood in for.
type world struct {
	t         *testing.T
	now       time.Time
	store     *memstore.Store
	casework  *casework.Service
	signIn    signIn
	server    *httpserver.Server
	words     *ui.Messages
	log       bytes.Buffer
	events    []audit.Event
	auditDown bool
	published bool
	approvals []casework.Approval
	offers    int
	letters   *letters.Service
	dropDown  bool // a wish cannot be taken off the list
	moved     bool // every case is another team's now
}

const issuerURL, checkURL = "http://issuer.test", "http://check.test/letter"

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// Made once: what every world has alike.
var (
	madeKeys = sync.OnceValues(func() ([]keys.Key, error) {
		return keys.Generate(keys.Authority{Name: "Synthetic IACA", URL: issuerURL, CRL: issuerURL + "/crl", Country: "GB"}, start)
	})
	shipped     = sync.OnceValues(document.Shipped)
	parsedWords = sync.OnceValues(func() (*ui.Messages, error) { return ui.ParseMessages(console.Messages()) })
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T, changes ...func(*console.Deps)) *world {
	t.Helper()
	w := &world{t: t, now: start}
	clock := func() time.Time { return w.now }
	w.store = memstore.New(clock)
	file := records.FileOptions{Path: "../../../conformance/hmpps/people.json", ReferenceKey: make([]byte, 32), Now: clock}
	sources, err := records.NewFile(file)
	must(t, err)
	people := records.New(sources)
	directory, err := records.NewFileDirectory(file)
	must(t, err)
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
		Documents: catalogue, Formats: formats, Keys: ring, Records: people, Status: w, Offers: w, Ledger: w.store,
		Register: w.store, Roll: w.store, Audit: w, Now: clock, Rand: rand.Reader, London: london, OfferLife: 15 * time.Minute,
	})
	profile := govuk.New(
		govuk.Config{SelfURL: issuerURL, AuthServer: "https://token.account.gov.test", ClientID: "client", WalletURL: "https://mobile.account.gov.uk/wallet/add"},
		govuk.Deps{Issuance: service, Ring: ring, Now: clock})
	w.casework = casework.New(casework.Deps{
		Cases: cases{directory, w}, Register: w.store, Endings: w.store, Sets: w.store, Roll: w.store, Approvals: w, Revoker: service, Published: w, Documents: catalogue, Audit: w,
		Key: make([]byte, 32), Now: clock, London: london, Log: slog.New(slog.DiscardHandler),
	})
	sessions, err := session.New(session.Options{Store: w.store, Key: make([]byte, 32), Now: clock, Rand: rand.Reader, Name: "console"})
	must(t, err)
	w.words, err = parsedWords()
	must(t, err)
	shell, err := console.NewShell(uitest.Assets(t), w.words, []string{"https://hmpps-auth.test"})
	must(t, err)
	box, err := seal.New(make([]byte, 32), rand.Reader)
	must(t, err)
	maker, err := service.Letters(issuance.LetterOptions{Issuer: issuerURL, Page: checkURL, Documents: catalogue, Book: w.store, Seal: box})
	must(t, err)
	w.letters, err = letters.New(letters.Deps{Maker: maker, Wishes: wishes{w.store, w}, Seal: box, Audit: w, Now: clock})
	must(t, err)
	printing, err := letters.NewPages(letters.PageOptions{
		Assets: uitest.Assets(t), Sessions: sessions, Maker: maker, Documents: catalogue, Phone: "020 7946 0000", Page: checkURL, Rand: rand.Reader,
	})
	must(t, err)
	deps := console.Deps{
		Shell: shell, Sessions: sessions, SignIn: &w.signIn, Casework: w.casework, Records: people, Documents: catalogue.All(false), Offers: profile,
		QR: govuk.QR, Now: clock, Rand: rand.Reader, London: london, StartURL: issuerURL + "/", Secret: make([]byte, 32),
		Letters: &console.Letters{Service: w.letters, Pages: printing},
	}
	for _, change := range changes {
		change(&deps)
	}
	door, err := console.New(deps)
	must(t, err)
	w.server = httpserver.New(httpserver.Options{
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Now: clock, Ready: func(context.Context) error { return nil },
	})
	pages := httpserver.GroupOptions{Page: door.ErrorPage}
	routes(w.server.Group("/console", pages), door)
	t.Cleanup(func() { uitest.Forbidden(t, w.log.String()) })
	return w
}

// routes are the paths of issuer/routes.go.
func routes(g *httpserver.Group, d *console.Door) {
	for path, h := range map[string]httpserver.Handler{
		"": d.SignedIn(casework.RoleView, d.GetHome), "/sign-in": d.GetSignIn, "/sign-in/return": d.GetReturn, "/sign-out": d.GetSignOut,
		"/results":        d.SignedIn(casework.RoleView, d.GetResults),
		"/people/:person": d.SignedIn(casework.RoleView, d.GetPerson), "/people/:person/timeline": d.SignedIn(casework.RoleView, d.GetTimeline),
		"/people/:person/licence": d.SignedIn(casework.RoleView, d.GetLicence), "/people/:person/approvals": d.SignedIn(casework.RoleView, d.GetApprovals),
		"/people/:person/offer": d.SignedIn(casework.RoleIssue, d.GetOffer), "/people/:person/approval": d.SignedIn(casework.RoleIssue, d.GetApproval),
		"/people/:person/end/:what": d.SignedIn(casework.RoleRevoke, d.GetEnd), "/people/:person/end/:what/effect": d.SignedIn(casework.RoleRevoke, d.GetEffect),
		"/people/:person/end/:what/check": d.SignedIn(casework.RoleRevoke, d.GetCheck),
		"/batch":                          d.SignedIn(casework.RoleRevoke, d.GetEnd), "/batch/effect": d.SignedIn(casework.RoleRevoke, d.GetEffect), "/batch/check": d.SignedIn(casework.RoleRevoke, d.GetCheck),
		"/queue": d.SignedIn(casework.RoleApprove, d.GetQueue), "/endings/:id": d.SignedIn("", d.GetEnding),
		"/letters": d.SignedIn(casework.RoleIssue, d.GetLetters), "/letters/:handle": d.SignedIn(casework.RoleIssue, d.GetPrinted),
		"/letters/:handle/code.svg": d.SignedIn(casework.RoleIssue, d.GetPrintedCode), "/people/:person/letter": d.SignedIn(casework.RoleIssue, d.GetLetter),
	} {
		g.Handle(http.MethodGet, path, h)
	}
	for path, h := range map[string]httpserver.Handler{
		"": d.SignedIn(casework.RoleView, d.PostHome), "/sign-in": d.PostSignIn,
		"/people/:person/offer": d.SignedIn(casework.RoleIssue, d.PostOffer), "/people/:person/approval": d.SignedIn(casework.RoleIssue, d.PostApproval),
		"/people/:person/end/:what": d.SignedIn(casework.RoleRevoke, d.PostEnd), "/people/:person/end/:what/effect": d.SignedIn(casework.RoleRevoke, d.PostEffect),
		"/people/:person/end/:what/check": d.SignedIn(casework.RoleRevoke, d.PostCheck),
		"/batch":                          d.SignedIn(casework.RoleRevoke, d.PostEnd), "/batch/effect": d.SignedIn(casework.RoleRevoke, d.PostEffect), "/batch/check": d.SignedIn(casework.RoleRevoke, d.PostCheck),
		"/endings/:id/alone": d.SignedIn(casework.RoleRevoke, d.PostAlone), "/endings/:id/review": d.SignedIn(casework.RoleApprove, d.PostReview),
		"/endings/:id/stop": d.SignedIn("", d.PostStop), "/endings/:id/approve": d.SignedIn(casework.RoleApprove, d.PostApprove),
		"/letters": d.SignedIn(casework.RoleIssue, d.PostLetters), "/people/:person/letter": d.SignedIn(casework.RoleIssue, d.PostLetter),
	} {
		g.Handle(http.MethodPost, path, h)
	}
}

// wishes are the store's, until they break.
type wishes struct {
	*memstore.Store
	w *world
}

func (s wishes) DropWish(ctx context.Context, id string) error {
	if s.w.dropDown {
		return errors.New("the store is away")
	}
	return s.Store.DropWish(ctx, id)
}

// cases is the directory as casework asks it.
type cases struct {
	*records.Directory
	w *world
}

func (c cases) Find(ctx context.Context, q casework.Query) ([]casework.Case, error) {
	found, err := c.Directory.Find(ctx, records.Query(q))
	out := make([]casework.Case, len(found))
	for i, f := range found {
		out[i] = casework.Case{PrisonNumber: f.PrisonNumber, CRN: f.CRN, Name: f.GivenNames + " " + f.FamilyName, BirthDate: f.BirthDate, Team: f.Team, TeamName: f.TeamName, Restricted: f.Restricted}
		if c.w.moved {
			out[i].Team = "another"
		}
	}
	return out, err
}

func (w *world) Record(_ context.Context, e audit.Event) error {
	if w.auditDown {
		return errors.New("the disk is full")
	}
	w.events = append(w.events, e)
	return nil
}

func (w *world) PutOffer(ctx context.Context, o issuance.Offer) error {
	if opening, err := w.store.Open(ctx, issuance.Grant{Subject: o.Subject, OfferID: o.ID, Configuration: o.Configuration}); err != nil || opening.Offer == nil {
		w.offers++
	}
	return w.store.PutOffer(ctx, o)
}

func (w *world) Allocate(context.Context, string, time.Time) (credential.StatusRef, error) {
	return credential.StatusRef{URI: issuerURL + "/t/abc", Index: 7}, nil
}

func (w *world) Revoke(context.Context, string, credential.StatusRef) (time.Time, error) {
	return w.now, nil
}

func (w *world) Ended(context.Context, credential.StatusRef) (bool, error) { return w.published, nil }

func (w *world) PutApproval(_ context.Context, a casework.Approval) error {
	for _, before := range w.approvals {
		if before.Reference == a.Reference {
			return nil
		}
	}
	w.approvals = append(w.approvals, a)
	return nil
}

func (w *world) WithdrawApproval(_ context.Context, person, reference string) error {
	for i := range w.approvals {
		if w.approvals[i].Reference == reference && w.approvals[i].Person == person {
			w.approvals[i].Withdrawn = true
		}
	}
	return nil
}

func (w *world) ApprovalsOf(_ context.Context, person string) (found []casework.Approval, _ error) {
	for _, a := range w.approvals {
		if a.Person == person {
			found = append(found, a)
		}
	}
	return found, nil
}

// signIn lets in whoever it is told to.
type signIn struct {
	identity oidc.Identity
	err      error
	state    int
}

func (s *signIn) Begin(context.Context, map[string]string) (string, oidc.Pending, error) {
	s.state++
	return "https://hmpps-auth.test/authorize", oidc.Pending{State: fmt.Sprint(s.state)}, nil
}

func (s *signIn) Finish(_ context.Context, query url.Values, p oidc.Pending) (oidc.Identity, error) {
	if query.Get("state") != p.State {
		return oidc.Identity{}, errors.New("another sign-in")
	}
	return s.identity, s.err
}

var everything = []string{casework.RoleView, casework.RoleIssue, casework.RoleRevoke}

func staff(name string, roles ...string) oidc.Identity {
	claim := func(v any) json.RawMessage {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return b
	}
	return oidc.Identity{Subject: name, Claims: map[string]json.RawMessage{
		"name": claim("Synthetic " + name), "authorities": claim(append(roles, "ROLE_OF_ANOTHER_SERVICE")), "teams": claim([]string{"N07SYN"}),
	}}
}

// issue puts document n of a kind into the register, as a wallet would have collected it.
func (w *world) issue(n int, person, kind, item string) string {
	w.t.Helper()
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	g := issuance.Grant{TokenID: fmt.Sprint("t", n), Nonce: fmt.Sprint("n", n), Subject: "urn:fdc:wallet.account.gov.uk:2024:SYNTHETIC-a", Configuration: kind, Expires: w.now.Add(time.Minute)}
	must(w.t, w.store.Commit(w.t.Context(), issuance.Commit{Operation: fmt.Sprint(n), Grant: g, Credential: issuance.Credential{
		ID: id, DocumentType: kind, Configuration: kind, DocumentNumber: fmt.Sprintf("HMPP-%04d", n), Record: issuance.Record{Person: person, Item: item},
		Subject: g.Subject, Issued: w.now, Until: w.now.AddDate(0, 0, 28),
	}}))
	return id
}

const (
	michael   = "A0001SY"
	hidden    = "A0031SY" // restricted
	elsewhere = "A0046SY" // of a Welsh team
	recalled  = "A0003SY"
	release   = "uk.gov.justice.prisonrelease.1"
	licence   = "uk.gov.justice.licencesummary.1"
	approval  = "uk.gov.justice.probationapproval.1"
)

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

// in is a browser whose user has signed in.
func (w *world) in(lang string, who oidc.Identity) *browser {
	w.t.Helper()
	b := w.browser(lang)
	b.signInAs(who)
	return b
}

func (b *browser) signInAs(who oidc.Identity) *browser {
	b.t.Helper()
	b.signIn.identity = who
	b.get("/console/sign-in")
	b.submit("/console/sign-in", nil)
	return b.get("/console/sign-in/return?state=" + fmt.Sprint(b.signIn.state))
}

func (b *browser) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, issuerURL+path, strings.NewReader(form.Encode()))
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

// said are the words that staff may read, and nobody else.
var said = []string{"Standard recall", "Fixed-term recall", "Resentenced", "Ailddedfrydwyd", "RECALLED_STANDARD", "RECALLED_FIXED_TERM", "RESENTENCED", "A1234AA", "X123456", "X900001", michael, "X900003", recalled}

// check holds every answer to what every page must be. The numbers of the person on it, and reasons, are for staff.
func (b *browser) check() {
	b.t.Helper()
	head := b.path
	for name, values := range b.last.Header() {
		head += "\n" + name + ": " + strings.Join(values, "\n")
	}
	uitest.Forbidden(b.t, head)
	if b.last.Code == http.StatusSeeOther || b.last.Header().Get("Content-Type") == "image/svg+xml" {
		return
	}
	body := b.last.Body.String()
	uitest.CheckPage(b.t, b.last.Body.Bytes(), ui.Language(b.lang))
	uitest.Forbidden(b.t, secret.ReplaceAllString(body, ""), append(said, "Prison number", "prison number")...)
	if b.lang == "cy" {
		uitest.NoEnglish(b.t, b.last.Body.Bytes(), b.words, "GOV.UK One Login", "GOV.UK", "HMPPS Digital Services", "Michael John Example", "Synthetic team")
	}
	for href := range addresses(body) {
		uitest.Forbidden(b.t, href)
		if strings.Contains(href, "00000000-0000-4000") || strings.Contains(href, "APR-") {
			b.t.Errorf("%s: an address names something: %s", b.path, href)
		}
	}
	if b.last.Header().Get("Cache-Control") != "no-store" {
		b.t.Errorf("%s may be kept", b.path)
	}
}

// secret are values whose letters say nothing.
var secret = regexp.MustCompile(`value="[A-Za-z0-9_-]{40,}"|credential_offer=[^"<&]*`)

var address = regexp.MustCompile(`(?:href|action|src)="([^"]*)"`)

func addresses(body string) map[string]bool {
	out := map[string]bool{}
	for _, m := range address.FindAllStringSubmatch(body, -1) {
		if !strings.HasPrefix(m[1], "data:") {
			out[html.UnescapeString(m[1])] = true
		}
	}
	return out
}

// get follows redirects within the service.
func (b *browser) get(path string) *browser {
	b.t.Helper()
	b.send(http.MethodGet, path, nil)
	for range 5 {
		to := b.last.Header().Get("Location")
		if b.last.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/") {
			return b
		}
		b.send(http.MethodGet, to, nil)
	}
	b.t.Fatalf("%s leads in circles", path)
	return b
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// filled returns the form of the page at hand, with what it holds already and what is typed.
func (b *browser) filled(typed url.Values) url.Values {
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(b.last.Body.String(), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for name, values := range typed {
		form[name] = values
	}
	return form
}

// submit sends the form of the page at hand, and follows.
func (b *browser) submit(path string, typed url.Values) *browser {
	b.t.Helper()
	return b.post(path, b.filled(typed))
}

func (b *browser) post(path string, form url.Values) *browser {
	b.t.Helper()
	b.send(http.MethodPost, path, form)
	if to := b.last.Header().Get("Location"); b.last.Code == http.StatusSeeOther && strings.HasPrefix(to, "/") {
		return b.get(to)
	}
	return b
}

func (b *browser) says(texts ...string) *browser {
	b.t.Helper()
	body := html.UnescapeString(b.last.Body.String())
	for _, text := range texts {
		if !strings.Contains(body, text) {
			b.t.Errorf("%s (%d) does not say %q:\n%s", b.path, b.last.Code, text, plain(body))
		}
	}
	return b
}

func (b *browser) silent(texts ...string) *browser {
	b.t.Helper()
	body := html.UnescapeString(b.last.Body.String())
	for _, text := range texts {
		if strings.Contains(body, text) {
			b.t.Errorf("%s says %q", b.path, text)
		}
	}
	return b
}

func (b *browser) status(code int) *browser {
	b.t.Helper()
	if b.last.Code != code {
		b.t.Errorf("%s: status %d, want %d", b.path, b.last.Code, code)
	}
	return b
}

// say is a message in the browser's language.
func (b *browser) say(key string) string { return b.words.In(ui.Language(b.lang)).Say(key) }

// link is the address under the words of a message.
func (b *browser) link(key string) string {
	b.t.Helper()
	i := strings.Index(b.last.Body.String(), html.EscapeString(b.say(key)))
	for _, m := range regexp.MustCompile(`(?s)<a[^>]*href="([^"]*)"[^>]*>(.*?)</a>`).FindAllStringSubmatch(b.last.Body.String(), -1) {
		if strings.Contains(html.UnescapeString(m[2]), b.say(key)) && !strings.Contains(m[1], "lang=") {
			return html.UnescapeString(m[1])
		}
	}
	b.t.Fatalf("%s has no link %q (%d):\n%s", b.path, b.say(key), i, plain(b.last.Body.String()))
	return ""
}

// find searches by number, and opens the one person found.
func (b *browser) find(number string) *browser {
	b.t.Helper()
	b.get("/console").submit("/console", url.Values{"number": {number}})
	for href := range addresses(b.last.Body.String()) {
		if strings.HasPrefix(href, "/console/people/") {
			return b.get(href)
		}
	}
	b.t.Fatalf("nobody was found:\n%s", plain(b.last.Body.String()))
	return b
}

var tags = regexp.MustCompile(`(?s)<[^>]*>`)

func plain(body string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}

func (w *world) work() {
	w.t.Helper()
	must(w.t, w.casework.Work(w.t.Context()))
	must(w.t, w.casework.WorkLarge(w.t.Context()))
}

func (w *world) revoked(id string) bool {
	w.t.Helper()
	c, err := w.store.Credential(w.t.Context(), id)
	must(w.t, err)
	return !c.Revoked.IsZero()
}
