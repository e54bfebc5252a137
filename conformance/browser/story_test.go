//go:build browser

package browser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
)

// people are the three who meet: each has a window of their own.
type people struct {
	person, officer, staff walker
	clock                  *clock
}

// TestTheStory goes from the person's sign-in to their wallet, from there to the desk's result, to a caseworker who ends the
// document, and to the desk's other result; and then looks through everything it produced for what nobody may be shown.
func TestTheStory(t *testing.T) {
	record := &browser.Record{}
	b := start(t, record)
	inEvery(t, browser.Modes(), func(t *testing.T, mode browser.Mode) {
		c := &clock{}
		r, err := rig.Start(context.Background(), rig.Options{Pages: true, Log: logs{record}, Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		window := func(name string) walker {
			tab, err := b.Person(name, mode)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tab.Close)
			return walker{t, tab, r}
		}
		p := people{window("person"), window("officer"), window("staff"), c}
		p.adds()
		p.shows("This document is genuine and valid", "Mae'r ddogfen hon yn ddilys ac yn gyfredol")
		p.stops()
		p.ends()
		p.shows("This document is no longer valid", "Nid yw'r ddogfen hon yn ddilys mwyach")
		p.isTold()
	})
	for _, trouble := range record.Troubles() {
		t.Error(trouble)
	}
	for _, leak := range betrayed(t, record) {
		t.Error(leak)
	}
}

// adds has the person sign in, choose a document and add it, in the pages of the simulated wallet.
func (p people) adds() {
	w := p.person
	w.t.Helper()
	w.visit("/?lang=" + w.tab.Mode.Language)
	w.signIn("Alex Example (synthetic)")
	w.visit("/documents/choose")
	w.tap("HMPPS confirmation", "Cadarnhad HMPPS")
	w.press("Continue", "Parhau")
	w.press("Add this to my phone", "Ychwanegu hon at fy ffôn")
	w.look("story: add to phone")
	link, err := w.tab.Attribute(`a[href*="credential_offer"]`, "href")
	w.must(err)
	w.visit(w.rig.WalletURL + "/")
	w.pressWallet("Choose") // the first person is the one who signed in
	w.visit(link)
	w.pressWallet("Add")
	if text, err := w.tab.Text(); err != nil || !strings.Contains(text, "valid until") {
		w.t.Fatalf("the wallet says %q, %v", text, err)
	}
	w.visit("/documents")
	w.look("story: your documents")
}

// pressWallet presses a button of the wallet's pages, which are a stand-in's and in English.
func (w walker) pressWallet(words string) {
	w.t.Helper()
	if _, err := w.tab.Press(words); err != nil {
		w.t.Fatal(err)
	}
}

// joins signs in at the stand-in for the sign-in of organisations, whose pages are its own.
func (w walker) joins(kind string) {
	w.t.Helper()
	w.desk("/sign-out")
	w.desk("/sign-in")
	w.must(w.tab.Tap("Synthetic member of a synthetic " + kind))
	w.pressWallet("Continue")
}

// shows has a housing officer ask, and the person share; the desk must come to a heading.
func (p people) shows(en, cy string) {
	w := p.officer
	w.t.Helper()
	w.desk("/?lang=" + w.tab.Mode.Language)
	w.joins("council")
	w.desk("/purpose")
	w.tap("Help with a homelessness application", "Helpu gyda chais digartrefedd")
	w.press("Continue", "Parhau")
	w.press("Show a code to scan", "Dangos cod i'w sganio")
	link, err := w.tab.LinkText("request_uri=")
	w.must(err)
	if w.tab.Mode.NoScript {
		w.press("Keep looking for me", "Dal i chwilio i mi")
	}
	p.person.visit(link)
	p.person.pressWallet("Share")
	w.must(w.tab.Await(w.say(en, cy)))
	w.look("story: " + en)
}

// console goes to the caseworker's page of the person.
func (p people) console() walker {
	w := p.staff
	w.t.Helper()
	w.visit("/console?lang=" + w.tab.Mode.Language)
	if out, err := w.tab.Offers(w.say("Sign in", "Mewngofnodi")); err != nil || out {
		w.must(err)
		w.look("console: sign in")
		w.press("Sign in", "Mewngofnodi")
		w.must(w.tab.Tap("Synthetic caseworker"))
		w.pressWallet("Continue")
	}
	w.visit("/console?lang=" + w.tab.Mode.Language)
	w.look("console: find a person")
	w.press("Search", "Chwilio")
	w.look("console: nothing to search for")
	w.must(w.tab.Fill(w.say("Prison number or CRN", "Rhif carchar neu CRN"), "A0031SY"))
	w.press("Search", "Chwilio")
	w.look("console: you do not have access")
	w.visit("/console")
	w.must(w.tab.Fill(w.say("Prison number or CRN", "Rhif carchar neu CRN"), "A0001SY"))
	w.press("Search", "Chwilio")
	w.look("console: results")
	w.pressWallet("Michael John Example")
	w.look("console: person")
	return w
}

// plans goes as far as the last question. The console remembers within a visit what was answered before.
func (p people) plans(before bool) walker {
	w := p.console()
	w.t.Helper()
	w.press("End all documents of this person", "Dod â holl ddogfennau'r person hwn i ben")
	w.look("console: why does it end")
	if !before {
		w.press("Continue", "Parhau")
		w.look("console: no reason chosen")
	}
	w.tap("Standard recall", "Galw'n ôl safonol")
	w.press("Continue", "Parhau")
	w.look("console: what will happen")
	w.press("Continue", "Parhau")
	w.look("console: check your answers")
	w.press("End now", "Dod i ben nawr")
	w.look("console: it ends in a few seconds")
	return w
}

// stops has the caseworker think again.
func (p people) stops() {
	w := p.plans(false)
	w.t.Helper()
	w.press("Stop this", "Atal hyn")
	w.look("console: stopped")
	p.clock.pass(time.Minute)
	w.must(w.rig.Issuer.Work(context.Background()))
	w.must(w.rig.Issuer.Publish(context.Background()))
	if ended := w.rig.Wallets.Held(onelogin.SyntheticAccounts()[0].WalletSubject); len(ended) != 1 {
		w.t.Errorf("the wallet holds %d documents", len(ended))
	}
}

// ends has the document end, and waits until the published list says so.
func (p people) ends() {
	w := p.plans(true)
	w.t.Helper()
	page := w.tab.Address()
	p.clock.pass(11 * time.Second)
	w.must(w.rig.Issuer.Work(context.Background()))
	w.visit(page)
	w.look("console: the documents are ending")
	w.must(w.rig.Issuer.Publish(context.Background()))
	p.clock.pass(3 * time.Second)
	w.must(w.rig.Issuer.Work(context.Background()))
	w.visit(page)
	w.look("console: done")
	if heading, err := w.tab.Heading(); err != nil || heading != w.say("Done", "Wedi gorffen") {
		w.t.Errorf("the ending says %q, %v", heading, err)
	}
	w.press("Back to the person", "Yn ôl at y person")
	for _, tab := range [][2]string{{"Timeline", "Llinell amser"}, {"Licence", "Trwydded"}, {"Approvals", "Cymeradwyaethau"}} {
		w.press(tab[0], tab[1])
		w.look("console: " + tab[0])
	}
	w.press("Approve a place to live or a job", "Cymeradwyo lle i fyw neu swydd")
	w.look("console: approve")
	w.press("Approve", "Cymeradwyo")
	w.look("console: approve, nothing said")
	w.visit("/console/queue")
	w.look("console: you cannot do this")
	p.clock.pass(time.Minute) // the verifier asks for the list again
}

// isTold has the person see that the document has ended, and not why.
func (p people) isTold() {
	w := p.person
	w.t.Helper()
	w.visit("/documents")
	if offered, err := w.tab.Offers(w.say("Start now", "Dechrau nawr")); err == nil && offered {
		w.t.Error("the person was signed out")
	}
	w.look("story: your documents, one ended")
}
