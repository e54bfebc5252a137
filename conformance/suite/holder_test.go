package suite_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

// visitor is a person at the assembled issuer, and at the stand-in for GOV.UK One Login, with a browser of their own.
type visitor struct {
	t      *testing.T
	rig    *rig.Rig
	client *http.Client
	lang   ui.Language
	body   string
	url    *url.URL
	status int

	allowed []string // words that these pages may say all the same
}

func (v *visitor) get(address string) *visitor {
	v.t.Helper()
	return v.read(v.client.Get(address))
}

func (v *visitor) at(path string) *visitor { v.t.Helper(); return v.get(v.rig.IssuerURL + path) }

func (v *visitor) read(a *http.Response, err error) *visitor {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.body, v.url, v.status = string(body), a.Request.URL, a.StatusCode
	if strings.HasPrefix(v.url.String(), v.rig.IssuerURL) && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		uitest.CheckPage(v.t, body, v.lang)
		uitest.Forbidden(v.t, v.url.String())
		uitest.Forbidden(v.t, offerOnPage.ReplaceAllString(v.body, ""), v.allowed...)
	}
	return v
}

var (
	offerOnPage = regexp.MustCompile(`/add\?credential_offer=[^"<&]*`)
	formOnPage  = regexp.MustCompile(`(?s)<form[^>]* action="([^"]+)".*?</form>`)
	fieldOnPage = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	linkOnPage  = regexp.MustCompile(`(?s)<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>`)
	tagOnPage   = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)
)

// send sends the nth form of the page, filled in.
func (v *visitor) send(nth int, typed url.Values) *visitor {
	v.t.Helper()
	forms := formOnPage.FindAllStringSubmatch(v.body, -1)
	if len(forms) <= nth {
		v.t.Fatalf("%s: no form: %s", v.url.Path, v.text())
	}
	values := url.Values{}
	for _, f := range fieldOnPage.FindAllStringSubmatch(forms[nth][0], -1) {
		values.Set(f[1], html.UnescapeString(f[2]))
	}
	for name, value := range typed {
		values[name] = value
	}
	to, err := v.url.Parse(html.UnescapeString(forms[nth][1]))
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(v.client.PostForm(to.String(), values))
}

func (v *visitor) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tagOnPage.ReplaceAllString(v.body, " "))), " ")
}

func (v *visitor) link(words string) string {
	v.t.Helper()
	for _, m := range linkOnPage.FindAllStringSubmatch(v.body, -1) {
		if said := strings.Join(strings.Fields(html.UnescapeString(tagOnPage.ReplaceAllString(m[2], " "))), " "); strings.HasPrefix(said, words) {
			to, err := v.url.Parse(html.UnescapeString(m[1]))
			if err != nil {
				v.t.Fatal(err)
			}
			return to.String()
		}
	}
	v.t.Fatalf("%s: no link %q: %s", v.url.Path, words, v.text())
	return ""
}

func (v *visitor) follow(words string) *visitor { v.t.Helper(); return v.get(v.link(words)) }

func (v *visitor) sees(words ...string) *visitor {
	v.t.Helper()
	for _, w := range words {
		if !strings.Contains(v.text(), w) {
			v.t.Errorf("%s (%d) does not say %q: %s", v.url.Path, v.status, w, v.text())
		}
	}
	return v
}

// holderAccount is the synthetic account with word in its address.
func holderAccount(t *testing.T, word string) onelogin.Account {
	t.Helper()
	all := onelogin.SyntheticAccounts()
	i := slices.IndexFunc(all, func(a onelogin.Account) bool { return strings.HasPrefix(a.Email, word+"@") })
	if i < 0 {
		t.Fatalf("no account %q", word)
	}
	return all[i]
}

func pages(t *testing.T, log io.Writer) *rig.Rig {
	return start(t, rig.Options{Pages: true, Assets: uitest.Assets(t), Log: log})
}

func visit(t *testing.T, r *rig.Rig) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, rig: r, client: &http.Client{Jar: jar}, lang: ui.English}
}

// signIn signs in as the account, from the start of the service.
func (v *visitor) signIn(a onelogin.Account) *visitor {
	v.t.Helper()
	v.at("/").follow("Start now").sees("Is this your own phone or computer?").send(0, nil)
	if !strings.HasPrefix(v.url.String(), v.rig.OneLoginURL+"/authorize") {
		v.t.Fatalf("signing in leads to %s: %s", v.url, v.text())
	}
	return v.send(0, url.Values{"account": {a.Subject}})
}

// offered comes to the page of an offer of the first document.
func (v *visitor) offered() string {
	v.t.Helper()
	v.at("/documents").follow("See what it says").send(0, nil).sees("Open the GOV.UK One Login app")
	return v.link("Open the GOV.UK One Login app")
}

// The whole journey: from signing in at GOV.UK One Login, through the wallet, to a document that its holder ends and every
// reader of its status list sees ended.
func TestAPersonAddsADocumentAndRemovesIt(t *testing.T) {
	log := &safeBuffer{}
	r := pages(t, log)
	v, alex := visit(t, r), holderAccount(t, "alex")
	v.signIn(alex).sees("Your documents", "Michael John Example")
	link := v.offered()
	v.follow("Check that it worked").sees("We are waiting for your phone")
	waiting := v.url.String()

	phone, err := r.NewWallet(context.Background(), alex.WalletSubject)
	if err != nil {
		t.Fatal(err)
	}
	held, err := phone.Collect(context.Background(), link)
	if err != nil {
		t.Fatal(err)
	}
	v.get(waiting).sees("Added to your phone", "a council housing team")
	v.at("/documents").sees("In use").follow("See details").follow("Remove this document").sees("You cannot undo this.").send(0, nil).sees("You removed")
	if err := r.Issuer.Publish(context.Background()); err != nil {
		t.Fatal(err)
	}
	if status, err := phone.CheckStatus(context.Background(), held.Status); err != nil || status != 1 {
		t.Errorf("status %d (%v), want ended", status, err)
	}
	if _, err := phone.Refresh(context.Background(), held); err == nil {
		t.Error("the app updated what its holder removed")
	}
	v.at("/documents").sees("No longer valid", "Documents you can add")
	logged := log.String()
	uitest.Forbidden(t, logged)
	for _, secret := range []string{"Example", "Michael", alex.Subject, alex.WalletSubject} {
		if strings.Contains(logged, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// A link is worth nothing in the wallet of another account.
func TestAnotherPersonsLinkIsWorthNothing(t *testing.T) {
	r := pages(t, io.Discard)
	v := visit(t, r)
	v.signIn(holderAccount(t, "alex"))
	link := v.offered()
	other := holderAccount(t, "bronwen")
	thief, err := r.NewWallet(context.Background(), other.WalletSubject)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := thief.Collect(context.Background(), link); err == nil {
		t.Fatal("another account collected it")
	}
	page := v.url.String()
	visit(t, r).signInAndVisit(other, page).sees("Sign in with the same GOV.UK One Login")
}

func (v *visitor) signInAndVisit(a onelogin.Account, address string) *visitor {
	v.t.Helper()
	v.signIn(a)
	return v.get(address)
}

// Every account of the stand-in comes to the page that is theirs: the names that are hard to spell are matched, and those
// who may not be are not.
func TestWhoIsMatched(t *testing.T) {
	r := pages(t, io.Discard)
	for word, want := range map[string]string{
		"alex": "Your documents", "bronwen": "Your documents", "orla": "Your documents", "sukarno": "Your documents", "longname": "Your documents",
		"quinton": "HMPPS approval", "radley": "HMPPS approval", "jarrow": "Your documents", "birchall": "We cannot give you this right now.",
		"twin": "We could not match you", "marwood": "We could not match you", "norwood": "We could not match you", "stranger": "We could not match you",
		"casey": "You need to prove who you are",
	} {
		visit(t, r).signIn(holderAccount(t, word)).sees(want)
	}
}

func TestSignInAtTheProviderEndsInAPage(t *testing.T) {
	r := pages(t, io.Discard)
	r.OneLogin.SetDown(true) // before it was ever asked about itself
	v := visit(t, r)
	v.at("/sign-in").send(0, nil).sees("you cannot sign in right now")
	if v.status != http.StatusServiceUnavailable {
		t.Errorf("One Login away: %d", v.status)
	}
	r.OneLogin.SetDown(false)
	v.at("/sign-in").send(0, nil).send(1, nil).sees("You did not sign in") // cancelled there
	v.at("/sign-in/return?error=login_required&state=x").sees("Sign in again")
	v.signIn(holderAccount(t, "alex"))
	forged := visit(t, r)
	forged.at("/sign-in").send(0, nil)
	forged.at("/sign-in/return?code=forged&state=forged").sees("Sign in again")
	forged.at("/documents").sees("Is this your own phone or computer?")
}

// A person who is recalled while their offer waits is refused at the wallet, and their page says nothing of why.
func TestRecalledWhileTheOfferWaits(t *testing.T) {
	r := pages(t, io.Discard)
	v, synthia := visit(t, r), holderAccount(t, "synthia")
	v.signIn(synthia)
	link := v.offered()
	if err := r.HMPPS.Recall("recalled-during-refresh"); err != nil {
		t.Fatal(err)
	}
	phone, err := r.NewWallet(context.Background(), synthia.WalletSubject)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Collect(context.Background(), link); err == nil {
		t.Error("it was collected")
	}
	v.at("/documents").sees("We cannot give you this right now.")
	if strings.Contains(strings.ToLower(v.text()), "recall") {
		t.Error("the page says why")
	}
	v.at("/refresh").sees("You have no documents to update")
}
