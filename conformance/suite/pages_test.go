//go:build browser

package suite_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
)

// TestTheDoorsAreWired walks from the start page through GOV.UK One Login and the wallet's pages back to the list of
// documents, in Chromium without JavaScript: every address that one part gives another is the right one, and no policy of a
// page stops the way.
func TestTheDoorsAreWired(t *testing.T) {
	r := start(t, rig.Options{Pages: true})
	b, err := browser.Start(context.Background(), browser.Options{Record: &browser.Record{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	tab, err := b.Person("person", browser.Mode{Name: "no-script-en", Language: "en", Width: 320, NoScript: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	alex := onelogin.SyntheticAccounts()[0]
	does := func(_ int, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	sees := func(words string) {
		t.Helper()
		if text, err := tab.Text(); err != nil || !strings.Contains(text, words) {
			t.Fatalf("no %q at %s: %v\n%s", words, tab.Address(), err, text)
		}
	}
	does(tab.Visit(r.WalletURL)) // whose phone this is
	does(tab.Press("Choose"))
	does(tab.Visit(r.IssuerURL))
	does(tab.Press("Start now"))
	does(tab.Press("Continue to GOV.UK One Login"))
	does(0, tab.Tap(alex.Name))
	does(tab.Press("Continue"))
	sees("You are signed in as Michael John Example")
	does(tab.Press("Choose what to add"))
	does(0, tab.Tap("HMPPS confirmation"))
	does(tab.Press("Continue"))
	does(tab.Press("Add this to my phone"))
	does(tab.Press("Open the GOV.UK One Login app"))
	sees("Add this document?")
	does(tab.Press("Add"))
	if held := r.Wallets.Held(alex.WalletSubject); len(held) != 1 || held[0].DocType != release {
		t.Fatalf("the wallet holds %d documents", len(held))
	}
	does(tab.Visit(r.IssuerURL + "/documents"))
	sees("In use")
}

// TestWhoCanSignInAtTheDoors looks at the sign-ins of staff and of organisations, as a service would begin one.
func TestWhoCanSignInAtTheDoors(t *testing.T) {
	r := start(t, rig.Options{Pages: true})
	for issuer, c := range map[string]struct{ client, back, listed string }{
		r.HMPPS.Issuer():   {rig.ConsoleClient, r.IssuerURL + "/console/sign-in/return", "Synthetic caseworker"},
		r.OrganisationsURL: {rig.DeskClient, r.VerifierURL + "/sign-in/return", "Synthetic member of a synthetic council"},
	} {
		var about struct {
			Issuer        string
			Authorization string `json:"authorization_endpoint"`
		}
		if err := json.Unmarshal([]byte(get(t, r, issuer+"/.well-known/openid-configuration")), &about); err != nil || about.Issuer != issuer {
			t.Errorf("%s says it is %q: %v", issuer, about.Issuer, err)
		}
		long := strings.Repeat("a", 43)
		page := get(t, r, about.Authorization+"?"+url.Values{
			"client_id": {c.client}, "redirect_uri": {c.back}, "response_type": {"code"}, "scope": {"openid"}, "state": {long}, "nonce": {long},
			"code_challenge": {long}, "code_challenge_method": {"S256"},
		}.Encode())
		if !strings.Contains(page, c.listed) {
			t.Errorf("%s does not list %q: %s", issuer, c.listed, page)
		}
	}
}

func get(t *testing.T, r *rig.Rig, address string) string {
	t.Helper()
	response, err := r.HTTP.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, response.StatusCode, err)
	}
	return string(body)
}
