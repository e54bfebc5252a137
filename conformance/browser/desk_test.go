//go:build browser

package browser_test

import (
	"context"
	"html"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// TestTheDesksPages walks an organisation's journey in every mode, and judges every page on the way: valid, ended, refused, on
// another device and on this one.
func TestTheDesksPages(t *testing.T) {
	record := &browser.Record{}
	b := start(t, record)
	inEvery(t, browser.Modes(), func(t *testing.T, mode browser.Mode) {
		r, err := rig.Start(context.Background(), rig.Options{Pages: true, Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		tab, err := b.Person("desk", mode)
		if err != nil {
			t.Fatal(err)
		}
		defer tab.Close()
		w := walker{t, tab, r}
		w.anyoneAtTheDesk()
		phone, held := w.phone()
		w.desk("/sign-in")
		w.must(w.tab.Tap("Synthetic member of a synthetic council"))
		w.sends("Continue")
		w.look("purpose")
		w.press("Continue", "Parhau")
		w.look("purpose, nothing chosen")
		w.tap("Something else", "Rhywbeth arall")
		w.press("Continue", "Parhau")
		w.look("refused")
		w.checks("valid", phone, held, "This document is genuine and valid", "Mae'r ddogfen hon yn ddilys ac yn gyfredol")
		w.checks("declined", phone, nil, "The person chose not to share", "Dewisodd y person beidio â rhannu")
		if _, err := r.Revoke(context.Background(), "A0001SY", "RECALLED_STANDARD"); err != nil {
			t.Fatal(err)
		}
		w.checks("ended", phone, held, "This document is no longer valid", "Nid yw'r ddogfen hon yn ddilys mwyach")
		w.desk("/checks/of-another-visit")
		w.look("over")
		w.desk("/sign-out")
		w.look("signed out")
	})
	for _, trouble := range record.Troubles() {
		if !strings.Contains(trouble, "404") && !strings.Contains(trouble, "403") && !strings.Contains(trouble, "400") {
			t.Error(trouble)
		}
	}
}

func (w walker) desk(path string) { w.t.Helper(); w.visit(w.rig.VerifierURL + path) }

// sends presses a button of a stand-in's page, which is in English alone.
func (w walker) sends(button string) {
	w.t.Helper()
	if _, err := w.tab.Press(button); err != nil {
		w.t.Fatal(err)
	}
}

func (w walker) anyoneAtTheDesk() {
	w.t.Helper()
	w.desk("/?lang=" + w.tab.Mode.Language)
	w.look("start")
	for path, name := range map[string]string{"/privacy": "privacy", "/cookies": "cookies", "/accessibility": "accessibility", "/receipts": "receipts", "/nowhere": "not found"} {
		w.desk(path)
		w.look(name)
	}
	w.desk("/sign-in/return?code=x&state=y")
	w.look("sign in again")
	w.desk("/sign-in")
	w.must(w.tab.Tap("Synthetic member of a synthetic unknown"))
	w.sends("Continue")
	w.look("organisation not known")
}

// phone is a wallet that holds a document of the person who was released of late.
func (w walker) phone() (*wallet.Wallet, *wallet.Held) {
	w.t.Helper()
	account := onelogin.SyntheticAccounts()[0].WalletSubject
	phone, err := w.rig.NewWallet(context.Background(), account)
	w.must(err)
	offer, err := w.rig.Offer(context.Background(), rig.OfferRequest{DocumentType: "uk.gov.justice.prisonrelease.1", Format: "mdoc", Record: "A0001SY", WalletSubject: account})
	w.must(err)
	held, err := phone.Collect(context.Background(), offer)
	w.must(err)
	return phone, held
}

// checks begins a check, and has the phone answer with what it holds, or say no.
func (w walker) checks(name string, phone *wallet.Wallet, held *wallet.Held, en, cy string) {
	w.t.Helper()
	w.desk("/ask?purpose=council-housing")
	w.look("what will be seen")
	w.press("Show a code to scan", "Dangos cod i'w sganio")
	w.look("the code")
	ask, err := phone.ReadLink(context.Background(), w.copies(), w.rig.Roots(), true)
	w.must(err)
	if w.tab.Mode.NoScript {
		w.press("Keep looking for me", "Dal i chwilio i mi")
	}
	w.answers(phone, ask, held)
	w.must(w.tab.Await(w.say(en, cy))) // told by the server, or asked for again by the page itself
	w.look("result " + name)
}

var linkBox = regexp.MustCompile(`(?s)<textarea[^>]* id="link"[^>]*>([^<]+)</textarea>`)

// copies copies the link that stands beside the code.
func (w walker) copies() string {
	w.t.Helper()
	page, err := w.tab.HTML()
	w.must(err)
	found := linkBox.FindStringSubmatch(page)
	if found == nil {
		w.t.Fatalf("no link to copy at %s", w.tab.Address())
	}
	return strings.TrimSpace(html.UnescapeString(found[1]))
}

func (w walker) answers(phone *wallet.Wallet, ask *wallet.Ask, held *wallet.Held) {
	w.t.Helper()
	form := url.Values{"error": {"access_denied"}, "state": {ask.State}}
	if held != nil {
		wanted, err := ask.Match(held)
		w.must(err)
		token, err := phone.Answer(ask, wanted)
		w.must(err)
		form, err = phone.Form(ask, token, "")
		w.must(err)
	}
	_, _, err := phone.Post(context.Background(), ask.ResponseURI, form)
	w.must(err)
}
