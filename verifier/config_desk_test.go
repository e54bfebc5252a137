package verifier_test

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
	"justice-wallet/verifier"
)

// newDesk is a verifier that asks, with pages for organisations.
func newDesk(t *testing.T) *asking {
	t.Helper()
	a := newAsking(t)
	a.env["VERIFIER_SIGN_IN_ISSUER"] = "https://sign-in.example"
	a.env["VERIFIER_SIGN_IN_CLIENT_ID"] = "desk"
	a.write("VERIFIER_SIGN_IN_CLIENT_SECRET_FILE", "synthetic\n")
	a.env["VERIFIER_SECRET"] = base64.StdEncoding.EncodeToString(make([]byte, 32))
	a.env["VERIFIER_HELP_PHONE"] = "020 7946 0000"
	return a
}

func (a *asking) handler(t *testing.T) http.Handler {
	t.Helper()
	c, err := verifier.ReadConfig(func(name string) string { return a.env[name] })
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(c, verifier.Deps{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Assets: uitest.Assets(t)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func browse(h http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "https://verifier.example"+path, nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestThereIsADeskWhereItIsConfigured(t *testing.T) {
	open, closed := newDesk(t).handler(t), newAsking(t).handler(t)
	for _, path := range []string{"/", "/receipts", "/privacy", "/cookies", "/accessibility", "/sign-out"} {
		w := browse(open, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
		uitest.CheckPage(t, w.Body.Bytes(), ui.English)
		if w := browse(closed, path); w.Code != http.StatusNotFound {
			t.Errorf("%s without a desk: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/purpose", "/ask", "/checks/x", "/checks/x/events", "/checks/x/qr.png"} {
		if w := browse(open, path); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
			t.Errorf("%s, signed out: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	if w := browse(open, "/receipts/x"); !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Errorf("a program reads %s", w.Header().Get("Content-Type"))
	}
}

// The desk leads to where letters are checked, where they are checked here.
func TestWhereLettersAreChecked(t *testing.T) {
	for _, phone := range []string{"", "020 7946 0000"} {
		a := newDesk(t)
		a.env["LETTER_PHONE"] = phone
		h := a.handler(t)
		if leads := strings.Contains(browse(h, "/").Body.String(), `href="/letter"`); leads != (phone != "") {
			t.Errorf("letters are checked: %t, and the desk leads there: %t", phone != "", leads)
		}
		if w := browse(h, "/letter"); (w.Code == http.StatusOK) != (phone != "") {
			t.Errorf("/letter: %d", w.Code)
		}
	}
}

func TestTheCookieOfADesk(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "https://verifier.example/purpose", strings.NewReader("purpose=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	newDesk(t).handler(t).ServeHTTP(w, r)
	if c := w.Result().Cookies(); len(c) != 1 || c[0].Name != "__Host-desk" || !c[0].Secure || !c[0].HttpOnly {
		t.Errorf("%d %v", w.Code, c)
	}
}

func TestWhatADeskDoesNotOpenOn(t *testing.T) {
	for name, spoil := range map[string]func(a *asking){
		"VERIFIER_URL":                   func(a *asking) { delete(a.env, "VERIFIER_URL") },
		"VERIFIER_SIGN_IN_ISSUER":        func(a *asking) { a.env["VERIFIER_SIGN_IN_ISSUER"] = "sign-in" },
		"VERIFIER_SIGN_IN_CLIENT_ID":     func(a *asking) { delete(a.env, "VERIFIER_SIGN_IN_CLIENT_ID") },
		"VERIFIER_SIGN_IN_CLIENT_SECRET": func(a *asking) { delete(a.env, "VERIFIER_SIGN_IN_CLIENT_SECRET_FILE") },
		"VERIFIER_SECRET":                func(a *asking) { a.env["VERIFIER_SECRET"] = "c2hvcnQ=" },
		"VERIFIER_HELP_PHONE":            func(a *asking) { delete(a.env, "VERIFIER_HELP_PHONE") },
		"PAGES_FONT":                     func(a *asking) { a.env["PAGES_FONT"] = "comic" },
	} {
		a := newDesk(t)
		spoil(a)
		if _, err := verifier.ReadConfig(func(name string) string { return a.env[name] }); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verifier.New(verifier.Config{Trust: newIssuer(t).trust(), Desk: &verifier.Desk{}}, verifier.Deps{Now: func() time.Time { return now }}); err == nil {
		t.Error("a desk is open that asks nobody")
	}
}
