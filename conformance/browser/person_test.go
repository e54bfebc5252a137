//go:build browser

package browser_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
)

// walker walks a journey: the first step that goes wrong ends it.
type walker struct {
	t   *testing.T
	tab *browser.Tab
	rig *rig.Rig
}

func (w walker) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// look judges the page, and goes on: every page is to be seen, whatever is wrong with one.
func (w walker) look(name string) {
	w.t.Helper()
	if err := w.tab.Look(name); err != nil {
		w.t.Error(err)
	}
}

func (w walker) say(en, cy string) string {
	if w.tab.Mode.Language == "cy" {
		return cy
	}
	return en
}

func (w walker) visit(path string) {
	w.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = w.rig.IssuerURL + path
	}
	if _, err := w.tab.Visit(path); err != nil {
		w.t.Fatal(err)
	}
}

func (w walker) press(en, cy string) {
	w.t.Helper()
	if _, err := w.tab.Press(w.say(en, cy)); err != nil {
		w.t.Fatal(err)
	}
}

func (w walker) tap(en, cy string) { w.t.Helper(); w.must(w.tab.Tap(w.say(en, cy))) }

// follow goes where the first element that query finds leads.
func (w walker) follow(query string) {
	w.t.Helper()
	href, err := w.tab.Attribute(query, "href")
	w.must(err)
	w.visit(href)
}

// signIn signs in at the stand-in for GOV.UK One Login, whose pages are its own.
func (w walker) signIn(name string) {
	w.t.Helper()
	w.visit("/sign-in")
	w.press("Continue to GOV.UK One Login", "Parhau i GOV.UK One Login")
	w.must(w.tab.Tap(name))
	if _, err := w.tab.Press("Continue"); err != nil {
		w.t.Fatal(err)
	}
}

// TestThePersonsPages walks the person's journey in every mode, and judges every page on the way.
func TestThePersonsPages(t *testing.T) {
	record := &browser.Record{}
	b := start(t, record)
	inEvery(t, browser.Modes(), func(t *testing.T, mode browser.Mode) {
		r, err := rig.Start(context.Background(), rig.Options{Pages: true, Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		tab, err := b.Person("person", mode)
		if err != nil {
			t.Fatal(err)
		}
		defer tab.Close()
		w := walker{t, tab, r}
		w.everyone()
		w.unmatched()
		w.adds()
		w.removes()
		w.asksForALetter()
		w.cannot()
	})
	for _, trouble := range record.Troubles() {
		if !strings.Contains(trouble, "404") && !strings.Contains(trouble, "503") {
			t.Error(trouble)
		}
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		t.Log("pictures are in " + dir)
	}
}

func (w walker) everyone() {
	w.t.Helper()
	w.visit("/?lang=" + w.tab.Mode.Language)
	w.look("start")
	for path, name := range map[string]string{"/help": "help", "/privacy": "privacy", "/cookies": "cookies", "/accessibility": "accessibility", "/nowhere": "not found"} {
		w.visit(path)
		w.look(name)
	}
	w.visit("/sign-in")
	w.look("shared device")
}

func (w walker) unmatched() {
	w.t.Helper()
	w.signIn("Alex Orchard (one of two) (synthetic)")
	w.look("not matched")
	w.signIn("Casey Sample (identity not proven) (synthetic)")
	w.look("not proven")
	w.visit("/sign-in/return?code=x&state=y")
	w.look("sign in again")
	w.visit("/sign-out")
	w.look("signed out")
}

func (w walker) adds() {
	w.t.Helper()
	w.signIn("Alex Example (synthetic)")
	w.look("your documents")
	w.visit("/documents/choose")
	w.press("Continue", "Parhau")
	w.look("choose, nothing chosen")
	w.tap("HMPPS summary", "Crynodeb HMPPS")
	w.tap("HMPPS confirmation", "Cadarnhad HMPPS")
	w.press("Continue", "Parhau")
	w.look("what it says")
	w.press("Add this to my phone", "Ychwanegu hon at fy ffôn")
	w.look("add to phone")
	offer := strings.TrimPrefix(w.tab.Address(), w.rig.IssuerURL)
	link, err := w.tab.Attribute(`a[href*="credential_offer"]`, "href")
	w.must(err)
	w.visit(offer + "/state")
	w.look("waiting")
	account := onelogin.SyntheticAccounts()[0]
	phone, err := w.rig.NewWallet(context.Background(), account.WalletSubject)
	w.must(err)
	_, err = phone.Collect(context.Background(), link)
	w.must(err)
	if w.tab.Mode.NoScript {
		w.press("Keep checking for me", "Dal i wirio i mi")
	}
	w.must(w.tab.Await(w.say("Added to your phone", "Wedi'i hychwanegu at eich ffôn"))) // the page looks again by itself
	w.look("added")
}

func (w walker) removes() {
	w.t.Helper()
	w.visit("/documents")
	w.look("your documents, with one")
	w.visit("/refresh")
	w.look("update")
	w.follow(".govuk-summary-list a")
	w.look("what it says, again")
	w.visit("/documents")
	w.follow("dl:last-of-type a") // those that were added come last
	w.look("one document")
	w.press("Remove this document", "Tynnu'r ddogfen hon")
	w.look("remove")
	w.press("Remove this document", "Tynnu'r ddogfen hon")
	w.look("removed")
	w.visit("/documents")
	w.look("your documents, with one removed")
	w.visit("/documents/elsewhere")
	w.look("elsewhere")
}

func (w walker) asksForALetter() {
	w.t.Helper()
	w.visit("/letter")
	w.look("which letter")
	w.tap("For a bank", "Ar gyfer banc")
	w.press("Continue", "Parhau")
	w.look("how to print")
	w.tap("Large print", "Print bras")
	w.press("Continue", "Parhau")
	w.look("how to get it")
	w.tap("Get it by post", "Ei gael drwy'r post")
	w.press("Continue", "Parhau")
	w.press("Ask for my letter", "Gofyn am fy llythyr")
	w.look("address, with mistakes")
	for _, f := range [][3]string{
		{"Address line 1", "Llinell gyfeiriad 1", "1 Synthetic Street"}, {"Town or city", "Tref neu ddinas", "Aberystwyth"}, {"Postcode", "Cod post", "SY23 2AX"},
	} {
		w.must(w.tab.Fill(w.say(f[0], f[1]), f[2]))
	}
	w.press("Ask for my letter", "Gofyn am fy llythyr")
	w.look("letter asked for")
}

// cannot is a person to whom nothing can be given now, and one whose systems of record are away.
func (w walker) cannot() {
	w.t.Helper()
	w.visit("/sign-out")
	w.signIn("Synthia Birchall (synthetic)")
	w.look("nothing to add")
	w.visit("/letter")
	w.look("no letter")
	w.rig.HMPPS.SetDown(true)
	defer w.rig.HMPPS.SetDown(false)
	w.visit("/documents")
	w.look("away")
}
