package walletpage_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/walletpage"
)

// hand is a person with a browser at the pages.
type hand struct {
	t      *testing.T
	client *http.Client
	base   string
}

func start(t *testing.T) (hand, *rig.Rig, onelogin.Account) {
	t.Helper()
	r, err := rig.Start(context.Background(), rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	account := onelogin.SyntheticAccounts()[0]
	server := httptest.NewServer(walletpage.New(walletpage.Options{
		People: []walletpage.Person{{Name: account.Name, Account: account.WalletSubject}}, NewWallet: r.NewWallet, Roots: r.Roots,
	}))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return hand{t, &http.Client{Jar: jar}, server.URL}, r, account
}

func (h hand) read(response *http.Response, err error) string {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(body)
}

func (h hand) post(path string, form ...string) string {
	h.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	return h.read(h.client.PostForm(h.base+path, values))
}

func (h hand) wants(page, want string) {
	h.t.Helper()
	if !strings.Contains(page, want) {
		h.t.Errorf("no %q in %s", want, page)
	}
}

func TestAddUpdateShareAndRefuse(t *testing.T) {
	h, r, account := start(t)
	h.wants(h.post("/add", "link", "x"), "choose whose wallet")
	h.wants(h.post("/person", "person", "0"), "as the camera reads it")
	link, err := r.Offer(context.Background(), rig.OfferRequest{
		DocumentType: "uk.gov.justice.prisonrelease.1", Format: "mdoc", Record: "A0001SY", WalletSubject: account.WalletSubject,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.wants(h.post("/open", "link", link), "Add this document?")
	h.wants(h.post("/add", "link", link), "valid until")
	h.wants(h.post("/add", "link", link), "This did not work")
	h.wants(h.post("/update", "document", "0"), "valid until")
	h.wants(h.post("/update", "document", "7"), "no such document")

	for _, end := range []struct{ path, says, outcome string }{{"/share", "You have shared it", "valid"}, {"/refuse", "You have not shared anything", "could_not_check"}} {
		check, err := r.Begin(context.Background(), "council", "council-housing", "cross_device", "")
		if err != nil {
			t.Fatal(err)
		}
		page := h.post("/open", "link", check.Link)
		h.wants(page, "release_date")
		h.wants(page, "Do not share")
		h.wants(h.post(end.path, "link", check.Link), end.says)
		result, _, err := check.Result(context.Background(), "")
		if err != nil || (result.Verdict == "valid") != (end.outcome == "valid") {
			t.Errorf("%s: %+v %v", end.path, result, err)
		}
	}
}

func TestAnotherSiteCannotShare(t *testing.T) {
	h, _, _ := start(t)
	r, err := http.NewRequest(http.MethodPost, h.base+"/share", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := h.client.Do(r)
	h.read(response, err)
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", response.StatusCode)
	}
}
