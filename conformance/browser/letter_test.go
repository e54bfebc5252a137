//go:build browser

package browser_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/rig"
	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/statuslist"
)

// paper is a letter about a synthetic person, whose slot in the rig's own status list can be ended.
type paper struct {
	token string
	slot  statuslist.Slot
	rig   *rig.Rig
}

func newPaper(t *testing.T, r *rig.Rig, n int, key keys.Key, issued time.Time) paper {
	t.Helper()
	ctx := context.Background()
	uri := r.ListURIs[0]
	slot := statuslist.Slot{List: uri[strings.LastIndexByte(uri, '/')+1:], Index: 100 + n}
	if _, err := r.Store.Next(ctx, fmt.Sprintf("letter-%d", n), slot.List, issued.Add(letter.Life), 0); err != nil {
		t.Fatal(err)
	}
	const own = "uk.gov.justice.prisonrelease.1"
	draft, err := letter.NewDraft(letter.Letter{
		Issuer: r.IssuerURL, Kind: letter.Release, Code: "234567BCDFGH", Issued: issued, Expires: issued.Add(letter.Life),
		Status: credential.StatusRef{URI: uri, Index: slot.Index},
		Elements: []credential.Element{
			{Namespace: "org.iso.23220.1", Name: "family_name", Value: "O'Neill <b>Llŷr</b>"},
			{Namespace: own, Name: "released", Value: true},
			{Namespace: own, Name: "release_date", Value: credential.Date{Year: 2026, Month: 11, Day: 2}},
		},
	}, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	message, err := draft.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := key.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	token, err := draft.Seal(signature, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return paper{token, slot, r}
}

func (p paper) end(t *testing.T, now time.Time) {
	t.Helper()
	ctx := context.Background()
	if _, err := p.rig.Store.Revoke(ctx, "browser-"+p.slot.List+fmt.Sprint(p.slot.Index), p.slot, 0, now); err != nil {
		t.Fatal(err)
	}
	if err := p.rig.Issuer.Publish(ctx); err != nil {
		t.Fatal(err)
	}
}

const pasteEN, pasteCY = "Address from the code", "Cyfeiriad o'r cod"

// TestLettersAreCheckedInTheBrowser opens a letter's code in every mode. The script verifies it and its address goes nowhere;
// without the script the address is pasted.
func TestLettersAreCheckedInTheBrowser(t *testing.T) {
	record := &browser.Record{}
	b := start(t, record)
	now := time.Now().UTC().Truncate(time.Second)
	r, err := rig.Start(context.Background(), rig.Options{Pages: true, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	key, err := r.Ring.Active(keys.PurposeLetter)
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for n, mode := range browser.Modes() {
		t.Run(mode.Name, func(t *testing.T) {
			tab, err := b.Person("checker", mode)
			if err != nil {
				t.Fatal(err)
			}
			defer tab.Close()
			w := walker{t, tab, r}
			p := newPaper(t, r, n, key, now.Add(-time.Hour))
			tokens = append(tokens, p.token)
			w.visit(r.VerifierURL + "/letter?lang=" + mode.Language)
			w.look("letter page")
			w.checksLetter(p.token, "This letter is genuine and valid", "Mae'r llythyr hwn yn ddilys ac yn gyfredol")
			w.look("letter valid")
			text, err := tab.Text()
			w.must(err)
			for _, want := range []string{"O'Neill <b>Llŷr</b>", w.say("2 November 2026", "2 Tachwedd 2026"), "2345 67BC DFGH", w.say("photo ID", "ID â llun")} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not on the page:\n%s", want, text)
				}
			}
			if strings.Contains(tab.Address(), "#") {
				t.Error("the letter stays in the address")
			}
			p.end(t, now)
			w.checksLetter(p.token, "This letter is no longer valid", "Nid yw'r llythyr hwn yn ddilys mwyach")
			w.look("letter ended")
			if text, err := tab.Text(); err != nil || strings.Contains(text, "Neill") {
				t.Errorf("what an ended letter says is shown (%v):\n%s", err, text)
			}
			old := newPaper(t, r, 50+n, key, now.Add(-letter.Life-time.Hour))
			w.checksLetter(old.token, "This letter has expired", "Mae'r llythyr hwn wedi dod i ben")
			w.look("letter expired")
		})
	}
	for _, token := range tokens {
		if found := record.Find([]string{token[len(token)-60:]}, "sent", "header"); len(found) != 0 {
			t.Errorf("an address or a header holds a letter: %v", found)
		}
	}
	for _, trouble := range record.Troubles() {
		t.Error(trouble)
	}
}

// checksLetter scans a letter's code, or pastes its address where there is no script, and waits for the heading.
func (w walker) checksLetter(token, en, cy string) {
	w.t.Helper()
	page := w.rig.VerifierURL + "/letter?lang=" + w.tab.Mode.Language
	if w.tab.Mode.NoScript {
		w.visit(page)
		w.must(w.tab.Type(w.say(pasteEN, pasteCY), w.rig.VerifierURL+"/letter#"+token))
		w.press("Check the letter", "Gwirio'r llythyr")
	} else {
		if _, err := w.tab.Visit("about:blank"); err != nil { // a phone's camera opens a page of its own
			w.t.Fatal(err)
		}
		w.visit(page + "#" + token)
	}
	w.must(w.tab.Await(w.say(en, cy)))
}

// TestTheScriptIsAsStrictAsTheServer gives the script letters that are one bit, one key or one character from genuine.
func TestTheScriptIsAsStrictAsTheServer(t *testing.T) {
	record := &browser.Record{}
	b := start(t, record)
	r, err := rig.Start(context.Background(), rig.Options{Pages: true, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	key, err := r.Ring.Active(keys.PurposeLetter)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := b.Person("checker", browser.Modes()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	w := walker{t, tab, r}
	now := time.Now().UTC().Truncate(time.Second)
	p := newPaper(t, r, 1, key, now.Add(-time.Hour))
	raw, err := base64.RawURLEncoding.DecodeString(p.token)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := keys.NewKey(keys.PurposeLetter, now)
	if err != nil {
		t.Fatal(err)
	}
	stranger.State = keys.StateActive
	forged := map[string]string{
		"another key": newPaper(t, r, 2, stranger, now).token, "padding": p.token + "=", "a byte more": base64.RawURLEncoding.EncodeToString(append(raw, 0)),
		"a tag": base64.RawURLEncoding.EncodeToString(append([]byte{0xd2}, raw...)), "cut short": p.token[:len(p.token)-4], "noise": "%3Cscript%3E",
	}
	for i := 0; i < len(raw); i += 23 {
		changed := append([]byte{}, raw...)
		changed[i] ^= 1 << (i % 8)
		forged[fmt.Sprintf("byte %d", i)] = base64.RawURLEncoding.EncodeToString(changed)
	}
	for name, token := range forged {
		w.checksLetter(token, "We cannot confirm this letter", "")
		if text, err := tab.Text(); err != nil || strings.Contains(text, "Neill") {
			t.Errorf("%s: what it says is shown (%v)", name, err)
		}
	}
	w.checksLetter(p.token, "This letter is genuine and valid", "")
	early := newPaper(t, r, 3, key, now.Add(time.Hour))
	w.checksLetter(early.token, "This letter cannot be used yet", "")
	for _, trouble := range record.Troubles() {
		t.Error(trouble)
	}
}
