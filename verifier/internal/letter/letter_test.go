package letter_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
	"justice-wallet/pkg/verification"
	door "justice-wallet/verifier/internal/letter"
)

var issued = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

const issuer, list = "https://issuer.example", "https://issuer.example/t/abc"

// world is a verifier, and an issuer of letters about synthetic people.
type world struct {
	t       *testing.T
	key     keys.Key
	keysErr error
	status  int
	statErr error
	now     time.Time
	asked   []credential.StatusRef
	server  *httpserver.Server
	log     bytes.Buffer
}

func (w *world) Of(context.Context) (map[string]map[string]*ecdsa.PublicKey, error) {
	return map[string]map[string]*ecdsa.PublicKey{issuer: {w.key.ID: w.key.Public()}}, w.keysErr
}

func (w *world) Status(_ context.Context, ref credential.StatusRef) (verification.StatusReading, error) {
	w.asked = append(w.asked, ref)
	return verification.StatusReading{Value: w.status}, w.statErr
}

func (w *world) Lists(context.Context) []door.List {
	l, err := statuslist.New(1, 64)
	must(w.t, err)
	must(w.t, l.Set(9, statuslist.Invalid))
	return []door.List{{URI: list, List: l}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T) keys.Key {
	t.Helper()
	k, err := keys.NewKey(keys.PurposeLetter, issued)
	must(t, err)
	k.State = keys.StateActive
	return k
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, key: newKey(t), now: issued.Add(time.Hour)}
	clock := func() time.Time { return w.now }
	pages, err := door.New(door.Options{
		Checker: door.Checker{Keys: w, Status: w, Now: clock}, Lists: w, Assets: uitest.Assets(t), Phone: "020 7946 0000",
	})
	must(t, err)
	w.server = httpserver.New(httpserver.Options{Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Now: clock, Ready: func(context.Context) error { return nil }})
	group := w.server.Group("", httpserver.GroupOptions{Page: pages.Error})
	group.Handle(http.MethodGet, door.Path, pages.Get)
	group.Handle(http.MethodGet, door.CheckPath, pages.GetCheck)
	group.Handle(http.MethodPost, door.CheckPath, pages.PostCheck)
	w.server.Handle(http.MethodGet, door.KeysPath, pages.GetKeys)
	w.server.Handle(http.MethodGet, door.StatusPath, pages.GetStatus)
	return w
}

// token is a letter signed by k.
func (w *world) token(k keys.Key) string {
	w.t.Helper()
	const own = "uk.gov.justice.probationapproval.1"
	d, err := letter.NewDraft(letter.Letter{
		Issuer: issuer, Kind: letter.Approval, Code: "234567BCDFGH", Issued: issued, Expires: issued.Add(letter.Life),
		Status: credential.StatusRef{URI: list, Index: 7},
		Elements: []credential.Element{
			{Namespace: "org.iso.23220.1", Name: "family_name", Value: "O'Neill <script>"},
			{Namespace: own, Name: "approval_type", Value: "ACCOMMODATION"}, {Namespace: own, Name: "approved", Value: true},
			{Namespace: own, Name: "approval_subject", Value: "1 Example Street"},
			{Namespace: own, Name: "approved_on", Value: credential.Date{Year: 2026, Month: 11, Day: 2}},
			{Namespace: own, Name: "valid_until", Value: credential.Date{Year: 2027, Month: 5, Day: 2}},
		},
	}, k.ID)
	must(w.t, err)
	message, err := d.ToBeSigned()
	must(w.t, err)
	signature, err := k.Sign(message)
	must(w.t, err)
	text, err := d.Seal(signature, k.Public())
	must(w.t, err)
	return text
}

func (w *world) do(method, path string, form url.Values, l ui.Language) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Cookie", "lang="+string(l))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a := httptest.NewRecorder()
	w.server.ServeHTTP(a, r)
	return a
}

func (w *world) check(pasted string, l ui.Language) *httptest.ResponseRecorder {
	return w.do(http.MethodPost, door.CheckPath, url.Values{"letter": {pasted}}, l)
}

// Each outcome, in its words, and of a letter that may not be relied on not a word that it says.
func TestEveryOutcome(t *testing.T) {
	m, err := door.Messages()
	must(t, err)
	for _, c := range []struct {
		name    string
		change  func(*world)
		outcome door.Outcome
		token   func(*world) string
	}{
		{"valid", func(*world) {}, door.Valid, nil},
		{"ended", func(w *world) { w.status = 1 }, door.Ended, nil},
		{"of a status nobody knows", func(w *world) { w.status = 3 }, door.Ended, nil},
		{"expired", func(w *world) { w.now = issued.Add(letter.Life) }, door.Expired, nil},
		{"expired and ended", func(w *world) { w.now, w.status = issued.Add(letter.Life), 1 }, door.Expired, nil},
		{"too early", func(w *world) { w.now = issued.Add(-time.Second) }, door.NotYet, nil},
		{"no list", func(w *world) { w.statErr = &verification.StatusError{Reason: verification.ReasonStatusUnavailable} }, door.StatusUnknown, nil},
		{"no keys", func(w *world) { w.keysErr = errors.New("away") }, door.CouldNotCheck, nil},
		{"another key", func(*world) {}, door.NotConfirmed, func(w *world) string { return w.token(newKey(t)) }},
		{"a changed letter", func(*world) {}, door.NotConfirmed, func(w *world) string { return flip(w.token(w.key)) }},
		{"noise", func(*world) {}, door.NotConfirmed, func(*world) string { return "<script>alert(1)</script>" }},
		{"too much", func(*world) {}, door.NotConfirmed, func(*world) string { return strings.Repeat("A", 20000) }},
	} {
		for _, l := range []ui.Language{ui.English, ui.Cymraeg} {
			t.Run(c.name+" "+string(l), func(t *testing.T) {
				w := newWorld(t)
				text := w.token(w.key)
				if c.token != nil {
					text = c.token(w)
				}
				c.change(w)
				a := w.check(text, l)
				body := a.Body.String()
				uitest.CheckPage(t, a.Body.Bytes(), l)
				uitest.Forbidden(t, body)
				if l == ui.Cymraeg {
					uitest.NoEnglish(t, a.Body.Bytes(), m)
				}
				heading := m.In(l).Say("outcome." + string(c.outcome) + ".heading")
				if a.Code != 200 || a.Header().Get("Cache-Control") != "no-store" || !strings.Contains(htmlText(body), heading) {
					t.Errorf("%d %v\n%s", a.Code, a.Header(), body)
				}
				says := strings.Contains(body, "Neill") || strings.Contains(body, "Example Street") || strings.Contains(body, "2345 67BC")
				if says != (c.outcome == door.Valid) || strings.Contains(body, "<script>alert") {
					t.Errorf("what the letter says is shown: %v", says)
				}
				if strings.Contains(w.log.String(), text[:20]) || strings.Contains(w.log.String(), "Neill") {
					t.Errorf("the log holds the letter: %s", &w.log)
				}
			})
		}
	}
}

// htmlText puts the apostrophes of Welsh back.
func htmlText(s string) string { return strings.ReplaceAll(s, "&#39;", "'") }

func flip(token string) string {
	b := []byte(token)
	if b[120] == 'A' {
		b[120] = 'B'
	} else {
		b[120] = 'A'
	}
	return string(b)
}

// However the address was copied.
func TestTheAddressMayBePastedWholeOrBroken(t *testing.T) {
	w := newWorld(t)
	text := w.token(w.key)
	for name, pasted := range map[string]string{
		"the token": text, "the address": "https://check.example/letter#" + text, "in lines": "https://check.example/letter#" + text[:50] + "\r\n" + text[50:] + " ",
	} {
		if body := w.check(pasted, ui.English).Body.String(); !strings.Contains(body, "genuine and valid") || !strings.Contains(body, "2 November 2026") || !strings.Contains(body, "An address") {
			t.Errorf("%s:\n%s", name, body)
		}
	}
	for _, nothing := range []string{"", " \n"} {
		a := w.check(nothing, ui.English)
		uitest.CheckPage(t, a.Body.Bytes(), ui.English)
		if a.Code != 400 || !strings.Contains(a.Body.String(), "<title>Error: ") || !strings.Contains(a.Body.String(), `href="#letter"`) {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
}

func TestThePageHoldsNothingOfALetter(t *testing.T) {
	w := newWorld(t)
	m, err := door.Messages()
	must(t, err)
	uitest.Translated(t, m, "common.govuk", "common.phase.beta")
	for _, l := range []ui.Language{ui.English, ui.Cymraeg} {
		a := w.do(http.MethodGet, door.Path, nil, l)
		uitest.CheckPage(t, a.Body.Bytes(), l)
		uitest.Forbidden(t, a.Body.String(), "release")
		if a.Code != 200 || !strings.Contains(a.Body.String(), "020 7946 0000") || !strings.Contains(a.Body.String(), "/assets/letter.") {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
	if a := w.do(http.MethodGet, door.CheckPath, nil, ui.English); a.Code != http.StatusSeeOther || a.Header().Get("Location") != door.Path {
		t.Errorf("%d %v", a.Code, a.Header())
	}
	if a := w.do(http.MethodPost, door.CheckPath, nil, ui.English); a.Code != 400 || !strings.Contains(a.Body.String(), "<h1") {
		t.Errorf("no form: %d %s", a.Code, a.Body)
	}
}

// The script gets all keys and all lists, whichever letter it has: none is named.
func TestTheScriptIsGivenEverything(t *testing.T) {
	w := newWorld(t)
	var known struct {
		Issuers []struct {
			Issuer string
			Keys   []struct{ Kid, X, Y string }
		}
	}
	must(t, json.Unmarshal(w.do(http.MethodGet, door.KeysPath, nil, ui.English).Body.Bytes(), &known))
	if len(known.Issuers) != 1 || known.Issuers[0].Issuer != issuer || known.Issuers[0].Keys[0].Kid != w.key.ID || len(known.Issuers[0].Keys[0].X) != 43 {
		t.Errorf("%+v", known)
	}
	var status struct {
		Now   int64
		Lists []struct {
			URI  string
			Bits int
			Lst  string
		}
	}
	must(t, json.Unmarshal(w.do(http.MethodGet, door.StatusPath, nil, ui.English).Body.Bytes(), &status))
	if status.Now != w.now.Unix() || len(status.Lists) != 1 || status.Lists[0].URI != list || status.Lists[0].Bits != 1 {
		t.Fatalf("%+v", status)
	}
	l, err := statuslist.DecodeToken(statuslist.Claim{Bits: 1, List: status.Lists[0].Lst}, statuslist.MaxEntries)
	must(t, err)
	if v, err := l.Get(9); err != nil || v != statuslist.Invalid {
		t.Errorf("entry 9 is %d (%v)", v, err)
	}
	if len(w.asked) != 0 {
		t.Errorf("one entry was asked for: %v", w.asked)
	}
	w.keysErr = errors.New("away")
	if a := w.do(http.MethodGet, door.KeysPath, nil, ui.English); a.Code != http.StatusServiceUnavailable {
		t.Errorf("keys away: %d", a.Code)
	}
}
