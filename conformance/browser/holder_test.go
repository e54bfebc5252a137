//go:build browser

package browser_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/leaks"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/pkg/ui/uitest"
)

// clock is the time of a rig, which a test moves on.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// logs keeps every line that the services write.
type logs struct{ record *browser.Record }

func (l logs) Write(line []byte) (int, error) {
	l.record.Add("log", "services", string(line))
	return len(line), nil
}

// edges walks what goes wrong on the person's journey.
type edges struct {
	walker
	clock  *clock
	record *browser.Record
	who    *string // family name of the person whose pages they are; nobody's when empty
}

// TestWhatGoesWrongForAPerson walks every edge of the person's journey: each ends in a page with the right
// heading, that the judge passes. Then all that the run produced is searched for what must never be shown.
func TestWhatGoesWrongForAPerson(t *testing.T) {
	record := &browser.Record{}
	b := start(t, record)
	inEvery(t, browser.Edges(), func(t *testing.T, mode browser.Mode) {
		c := &clock{}
		r, err := rig.Start(context.Background(), rig.Options{Pages: true, Log: logs{record}, Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		tab, err := b.Person("person", mode)
		if err != nil {
			t.Fatal(err)
		}
		defer tab.Close()
		e := edges{walker{t, tab, r}, c, record, new(string)}
		e.visit("/?lang=" + mode.Language)
		e.cannotSignIn()
		e.threeTries()
		e.samePhone()
		e.notOnThePhone()
		e.letter()
		e.ofAnother()
		e.endedWhileOpen()
		e.recalled()
		e.names()
		e.leaves()
	})
	for _, trouble := range record.Troubles() {
		t.Error(trouble)
	}
	for _, leak := range betrayed(t, record) {
		t.Error(leak)
	}
	for _, kind := range []string{"url", "header", "log", "page"} {
		if len(record.Entries(kind)) == 0 {
			t.Errorf("the run kept no %s", kind)
		}
	}
}

// offered is the link of an offer, whose letters could spell anything.
var offered = regexp.MustCompile(`credential_offer=[^"<&]*`)

// betrayed lists what the addresses, headers, log lines and pages of a run hold that they may not.
func betrayed(t *testing.T, record *browser.Record) []string {
	t.Helper()
	canaries, err := leaks.Synthetic()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range record.Entries(leaks.URL, leaks.Header, leaks.Log, leaks.Page, leaks.StaffPage) {
		for _, said := range canaries.In(e) {
			out = append(out, e.Kind+" of "+e.At+" says "+said)
		}
	}
	return out
}

// sees judges the page: its heading, its make, its words, and that it says nothing of anybody else.
func (e edges) sees(name, en, cy string) {
	e.t.Helper()
	heading, err := e.tab.Heading()
	e.must(err)
	if want := e.say(en, cy); heading != want {
		e.t.Errorf("%s: %s says %q, want %q", name, e.tab.Address(), heading, want)
	}
	e.look(name)
	page, err := e.tab.HTML()
	e.must(err)
	page = offered.ReplaceAllString(page, "")
	uitest.Forbidden(e.t, page)
	text, err := e.tab.Text()
	e.must(err)
	uitest.Kind(e.t, text)
	for _, p := range e.rig.HMPPS.People() {
		if len(p.LastName) > 0 && p.LastName != *e.who && p.LastName != "Policy" && strings.Contains(page, p.LastName) {
			e.t.Errorf("%s names %s", name, p.Key)
		}
	}
}

// says looks for words on the page.
func (e edges) says(en, cy string) {
	e.t.Helper()
	text, err := e.tab.Text()
	e.must(err)
	if want := e.say(en, cy); !strings.Contains(text, want) {
		e.t.Errorf("%s does not say %q:\n%s", e.tab.Address(), want, text)
	}
}

// as signs in as somebody, and nobody else.
func (e edges) as(account, family string) {
	e.t.Helper()
	e.visit("/sign-out")
	*e.who = family
	e.signIn(account)
}

// offer comes to the page of an offer.
func (e edges) offer(en, cy string) (link string) {
	e.t.Helper()
	e.visit("/documents/choose")
	e.tap(en, cy)
	e.press("Continue", "Parhau")
	e.press("Add this to my phone", "Ychwanegu hon at fy ffôn")
	return e.link()
}

// link is what the code on the page says.
func (e edges) link() string {
	e.t.Helper()
	link, err := e.tab.Attribute(`a[href*="credential_offer"]`, "href")
	e.must(err)
	return link
}

// path is where the window is, at the issuer.
func (e edges) path() string { return strings.TrimPrefix(e.tab.Address(), e.rig.IssuerURL) }

// wallet is a phone of its own for an account, that tells the issuer of every document it gets that event happened to it.
func (e edges) wallet(email, event string) *wallet.Wallet {
	e.t.Helper()
	i := slices.IndexFunc(onelogin.SyntheticAccounts(), func(a onelogin.Account) bool { return strings.HasPrefix(a.Email, email+"@") })
	account := onelogin.SyntheticAccounts()[i].WalletSubject
	var answer struct{ Session string }
	e.must(e.rig.Post(context.Background(), e.rig.OneLoginURL+"/stand-in/session", "", map[string]string{"wallet_subject_id": account}, &answer))
	w, err := wallet.New(wallet.Options{
		HTTP: &http.Client{Transport: telling(event)}, Rand: rand.Reader, Now: e.clock.now, Account: account, Session: answer.Session,
	})
	e.must(err)
	return w
}

// telling carries a wallet's requests, and has it say that another event happened than did.
type telling string

func (event telling) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/notification") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = bytes.Replace(body, []byte(wallet.EventAccepted), []byte(event), 1)
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.GetBody = nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (e edges) cannotSignIn() {
	e.t.Helper()
	begin := func() {
		e.visit("/sign-in")
		e.press("Continue to GOV.UK One Login", "Parhau i GOV.UK One Login")
	}
	e.rig.OneLogin.SetDown(true) // before it was ever asked about itself
	begin()
	e.sees("sign-in away", "Sorry, you cannot sign in right now", "Mae'n ddrwg gennym, ni allwch fewngofnodi ar hyn o bryd")
	e.rig.OneLogin.SetDown(false)
	begin()
	if _, err := e.tab.Press("Cancel"); err != nil {
		e.t.Fatal(err)
	}
	e.sees("cancelled", "You did not sign in", "Ni wnaethoch fewngofnodi")
	e.rig.OneLogin.Refuse("login_required")
	begin()
	e.sees("login required", "Sign in again", "Mewngofnodi eto")
	e.rig.OneLogin.Refuse("")
	begin()
	e.visit("/sign-in/return?code=forged&state=forged")
	e.sees("forged", "Sign in again", "Mewngofnodi eto")
	e.visit("/documents")
	e.sees("not signed in", "Is this your own phone or computer?", "Ai eich ffôn neu'ch cyfrifiadur chi yw hwn?")
}

// threeTries shows one who is not in the records; the third time there is nothing more to try here.
func (e edges) threeTries() {
	e.t.Helper()
	for try := 1; try <= 3; try++ {
		e.signIn("Sam Stranger (no record) (synthetic)")
		again, err := e.tab.Offers(e.say("Try again", "Rhoi cynnig arall arni"))
		e.must(err)
		if again != (try < 3) {
			e.t.Errorf("after %d tries, another: %v", try, again)
		}
	}
	e.sees("not matched three times", "We could not match you", "Ni allem eich paru")
}

// samePhone adds a document with the wallet of the same browser, at the second link: the first grew too old. Two windows at
// once come to one offer.
func (e edges) samePhone() {
	e.t.Helper()
	e.visit(e.rig.WalletURL) // whose phone this is
	if _, err := e.tab.Press("Choose"); err != nil {
		e.t.Fatal(err)
	}
	e.as("Alex Example (synthetic)", "Example")
	first := e.offer("HMPPS confirmation", "Cadarnhad HMPPS")
	e.sees("add to phone", "Add ‘HMPPS confirmation’ to your phone", "Ychwanegu ‘Cadarnhad HMPPS’ at eich ffôn")
	second, err := e.tab.Another()
	e.must(err)
	defer second.Close()
	other := e
	other.tab = second
	if link := other.offer("HMPPS confirmation", "Cadarnhad HMPPS"); link != first || other.path() != e.path() {
		e.t.Error("two windows made two offers")
	}
	e.clock.pass(16 * time.Minute)
	e.visit(e.path())
	e.sees("link too old", "This link is too old", "Mae'r ddolen hon yn rhy hen")
	e.press("Get a new link", "Cael dolen newydd")
	if e.link() == first {
		e.t.Error("the new link is the old one")
	}
	e.press("Open the GOV.UK One Login app", "Agor ap GOV.UK One Login")
	if _, err := e.tab.Press("Add"); err != nil {
		e.t.Fatal(err)
	}
	e.visit("/documents")
	e.says("In use", "Yn cael ei defnyddio")
	e.sees("in use", "Your documents", "Eich dogfennau")
}

// notOnThePhone is a document that the phone could not save, and one that the person did not want.
func (e edges) notOnThePhone() {
	e.t.Helper()
	ctx := context.Background()
	link := e.offer("HMPPS summary", "Crynodeb HMPPS")
	page := e.path()
	_, err := e.wallet("alex", wallet.EventFailure).Collect(ctx, link)
	e.must(err)
	e.visit(page)
	e.sees("phone could not save", "Your phone could not save it", "Ni allai eich ffôn ei chadw")
	e.press("Get a new link", "Cael dolen newydd")
	_, err = e.wallet("alex", wallet.EventDeleted).Collect(ctx, e.link())
	e.must(err)
	e.visit(page)
	e.sees("declined", "You chose not to add it", "Dewisoch beidio â'i hychwanegu")
}

// letter is asked for with a script in every field, over a visit that ends: what was typed is there again, as it was typed, for
// the person who typed it.
func (e edges) letter() {
	e.t.Helper()
	const script = `<script>alert(1)</script>"><img src=x onerror=alert(2)>`
	e.visit("/letter")
	if !strings.HasSuffix(e.path(), "/print") { // which letter is asked only of someone with a choice
		e.tap("For a bank", "Ar gyfer banc")
		e.press("Continue", "Parhau")
	}
	for _, answer := range [][2]string{{"Large print", "Print bras"}, {"Get it by post", "Ei gael drwy'r post"}} {
		e.tap(answer[0], answer[1])
		e.press("Continue", "Parhau")
	}
	fields := [][3]string{
		{"line1", "Address line 1", "Llinell gyfeiriad 1"}, {"line2", "Address line 2 (optional)", "Llinell gyfeiriad 2 (dewisol)"},
		{"town", "Town or city", "Tref neu ddinas"}, {"postcode", "Postcode", "Cod post"},
	}
	kept := func() {
		e.t.Helper()
		for _, f := range fields {
			if got, err := e.tab.Attribute("#"+f[0], "value"); err != nil || got != script {
				e.t.Errorf("%s holds %q: %v", f[0], got, err)
			}
		}
	}
	for _, f := range fields {
		e.must(e.tab.Fill(e.say(f[1], f[2]), script))
	}
	e.press("Ask for my letter", "Gofyn am fy llythyr")
	kept()
	e.sees("scripts in every field", "Where should we send it?", "I ble dylem ni ei anfon?")
	e.says("Enter a full postcode", "Rhowch god post llawn")
	e.clock.pass(21 * time.Minute)
	e.press("Ask for my letter", "Gofyn am fy llythyr")
	e.says("We kept what you typed.", "Rydym wedi cadw'r hyn a deipioch.")
	e.sees("visit over, address kept", "You were signed out", "Cawsoch eich allgofnodi")
	e.press("Sign in", "Mewngofnodi")
	e.press("Continue to GOV.UK One Login", "Parhau i GOV.UK One Login")
	e.must(e.tab.Tap("Alex Example (synthetic)"))
	if _, err := e.tab.Press("Continue"); err != nil {
		e.t.Fatal(err)
	}
	kept()
}

// ofAnother is a page of another person's, and a link of another person's in a wallet.
func (e edges) ofAnother() {
	e.t.Helper()
	link := e.offer("HMPPS summary", "Crynodeb HMPPS")
	page := e.path()
	if _, err := e.wallet("bronwen", wallet.EventAccepted).Collect(context.Background(), link); err == nil {
		e.t.Error("the wallet of another account collected it")
	}
	e.as("Bronwen Enghraifft (synthetic)", "Llŷr")
	e.visit(page)
	e.sees("offer of another person", "We cannot find that page", "Ni allwn ddod o hyd i'r dudalen honno")
}

// endedWhileOpen is a form that was open for too long, and one whose visit was ended in another window.
func (e edges) endedWhileOpen() {
	e.t.Helper()
	e.visit("/documents/choose")
	e.clock.pass(21 * time.Minute)
	e.press("Continue", "Parhau")
	e.sees("visit over", "You were signed out", "Cawsoch eich allgofnodi")
	e.press("Sign in", "Mewngofnodi")
	e.sees("sign in again after it", "Is this your own phone or computer?", "Ai eich ffôn neu'ch cyfrifiadur chi yw hwn?")

	e.as("Bronwen Enghraifft (synthetic)", "Llŷr")
	e.visit("/documents/choose")
	second, err := e.tab.Another()
	e.must(err)
	defer second.Close()
	other := e
	other.tab = second
	other.as("Bronwen Enghraifft (synthetic)", "Llŷr")
	e.press("Continue", "Parhau")
	e.sees("form of an earlier visit", "This page is out of date", "Mae'r dudalen hon wedi dyddio")
}

// recalled is a person who is recalled between the page and the button, and whose document cannot be updated: no page says
// why.
func (e edges) recalled() {
	e.t.Helper()
	e.as("Synthia Ashdown (synthetic)", "Ashdown")
	link := e.offer("HMPPS confirmation", "Cadarnhad HMPPS")
	_, err := e.wallet("synthia", wallet.EventAccepted).Collect(context.Background(), link)
	e.must(err)
	e.visit("/documents/choose")
	e.tap("HMPPS summary", "Crynodeb HMPPS")
	e.press("Continue", "Parhau")
	e.must(e.rig.HMPPS.Recall("recalled-during-refresh"))
	e.press("Add this to my phone", "Ychwanegu hon at fy ffôn")
	e.sees("cannot have it now", "HMPPS summary", "Crynodeb HMPPS")
	e.says("We cannot give you this right now.", "Ni allwn roi hon i chi ar hyn o bryd.")
	e.visit("/refresh")
	e.sees("cannot be updated", "This document is no longer valid", "Nid yw'r ddogfen hon yn ddilys mwyach")
}

// names are those that are hard to write, or to fit.
func (e edges) names() {
	e.t.Helper()
	const long = "Featherstonehaugh-Cholmondeley-Featherstonehaugh-Cholmondeley-Featherstonehaugh-Cholmondeley-Feather"
	for _, p := range [][4]string{
		{"apostrophe", "Orla O\u2019Neill (synthetic)", "O'Neill", "Orla O\u2019Neill"},
		{"one name", "Sukarno (one name) (synthetic)", "Sukarno", "Sukarno"},
		{"long name", "A name of 100 characters (synthetic)", long, "Synthia " + long},
	} {
		e.as(p[1], p[2])
		e.says(p[3], p[3])
		e.sees(p[0], "Your documents", "Eich dogfennau")
		e.visit("/documents/choose")
		e.tap("HMPPS confirmation", "Cadarnhad HMPPS")
		e.press("Continue", "Parhau")
		e.sees(p[0]+" on a document", "What ‘HMPPS confirmation’ says about you", "Beth mae ‘Cadarnhad HMPPS’ yn ei ddweud amdanoch chi")
	}
}

// leaves takes the fast way out: where it leads is elsewhere, and nobody is signed in any more.
func (e edges) leaves() {
	e.t.Helper()
	if _, err := e.tab.Visit(e.rig.IssuerURL + "/exit"); err == nil || !strings.Contains(err.Error(), "ERR_NAME_NOT_RESOLVED") {
		e.t.Errorf("leaving came to %s: %v", e.tab.Address(), err)
	}
	*e.who = ""
	e.visit("/documents")
	e.sees("after leaving", "Is this your own phone or computer?", "Ai eich ffôn neu'ch cyfrifiadur chi yw hwn?")
}

// TestPagesAreLight holds what a phone with little data pays for: the first page with its styles and scripts, and each
// later page.
func TestPagesAreLight(t *testing.T) {
	const first, later = 100_000, 20_000
	r, err := rig.Start(context.Background(), rig.Options{Pages: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tab, err := start(t, &browser.Record{}).Person("person", browser.Modes()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	w := walker{t, tab, r}
	weigh := func(path string, most int64) {
		t.Helper()
		weight, err := tab.Weigh(r.IssuerURL + path)
		w.must(err)
		if weight == 0 || weight > most {
			t.Errorf("%s weighs %d bytes, want at most %d", path, weight, most)
		}
		t.Logf("%s: %d bytes", path, weight)
	}
	weigh("/", first)
	for _, path := range []string{"/help", "/privacy", "/sign-in"} {
		weigh(path, later)
	}
	w.signIn("Alex Example (synthetic)")
	for _, path := range []string{"/documents", "/documents/choose"} {
		weigh(path, later)
	}
	w.tap("HMPPS confirmation", "Cadarnhad HMPPS")
	w.press("Continue", "Parhau")
	w.press("Add this to my phone", "Ychwanegu hon at fy ffôn")
	weigh(strings.TrimPrefix(tab.Address(), r.IssuerURL), later) // with its code
}
