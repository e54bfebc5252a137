package leaks_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"justice-wallet/conformance/leaks"
)

// The search finds what is hidden in any of the places, and nothing where there is nothing.
func TestTheSearchFindsWhatLeaks(t *testing.T) {
	encoded := base64.RawURLEncoding.EncodeToString
	jwt := encoded([]byte(`{"alg":"ES256"}`)) + "." + encoded([]byte(`{"sub":"Ashdown"}`)) + ".AAAA"
	canaries, err := leaks.Synthetic()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, text string
		want       bool
	}{
		{leaks.URL, "http://127.0.0.1/documents/2hVIy7", false},
		{leaks.URL, "http://127.0.0.1/documents?number=A1234AA", true},
		{leaks.URL, "http://127.0.0.1/add?credential_offer=" + jwt, true},
		{leaks.Header, "Location: /people/ashdown", true},
		{leaks.Header, "X-Record: X123456", true},
		{leaks.Header, "X-Reason: DETAILS_WRONG", true},
		{leaks.Log, `{"msg":"revoked","reason":"RECALLED"}`, true},
		{leaks.Log, `{"cause":"ask prisoner search: status 503"}`, false},
		{leaks.Log, `{"msg":"request","path":"/documents"}`, false},
		{leaks.Page, "Ashdown", false}, // a page may name whose it is
		{leaks.Page, "A0001SY", true},
		{leaks.Page, "X900001", true},
		{leaks.Page, "DETAILS_WRONG", true},
		{leaks.Page, "was held at Synthetham (HMP)", true},
		{leaks.Page, "for Synthetic taking of a bicycle", true},
		{leaks.StaffPage, "Michael Example, A0001SY, X900001, DETAILS_WRONG", false},
		{leaks.StaffPage, "was held at Synthetham (HMP)", true},
		{leaks.StaffPage, "for Synthetic taking of a bicycle", true},
		{leaks.StaffPage, "Not to enter the road where Victoria Synthetic lives.", true},
	} {
		if found := canaries.In(leaks.Entry{Kind: c.kind, At: "here", Text: c.text}); len(found) > 0 != c.want {
			t.Errorf("%s %s: found %q, want any: %t", c.kind, c.text, found, c.want)
		}
	}
}

// What a service answers is kept whole, with where its pages lead, each kind by its name.
func TestWhatAServiceAnswersIsKept(t *testing.T) {
	dir := t.TempDir()
	k, err := leaks.Keep(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(k.Handler("service", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<a href="/next?a=1&amp;b=2">`)
		w.(http.Flusher).Flush()
		fmt.Fprint(w, `more</a>`)
	})))
	defer s.Close()
	for _, path := range []string{"/", "/console/people"} {
		r, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}
	fmt.Fprint(k, "a line")
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	const page = `<a href="/next?a=1&amp;b=2">more</a>`
	got := map[string][]string{}
	files, size, err := leaks.Read(dir, func(e leaks.Entry) { got[e.Kind] = append(got[e.Kind], e.Text) })
	if err != nil || files != 1 || size == 0 {
		t.Errorf("%d files, %d bytes, %v", files, size, err)
	}
	for kind, want := range map[string][]string{leaks.Page: {page}, leaks.StaffPage: {page}, leaks.URL: {"/next?a=1&b=2", "/next?a=1&b=2"}, leaks.Log: {"a line"}} {
		if !slices.Equal(got[kind], want) {
			t.Errorf("%s: %q, want %q", kind, got[kind], want)
		}
	}
	if !slices.ContainsFunc(got[leaks.Header], func(h string) bool { return strings.HasPrefix(h, "Content-Type: text/html") }) {
		t.Errorf("headers: %q", got[leaks.Header])
	}
}

func TestNothingIsKeptNowhere(t *testing.T) {
	k, err := leaks.Keep("")
	if err != nil || k != nil {
		t.Fatal(k, err)
	}
	h := http.NewServeMux()
	k.Add(leaks.Log, "here", "a line")
	if k.Handler("service", h) != http.Handler(h) || k.Close() != nil {
		t.Error("it is in the way")
	}
}
