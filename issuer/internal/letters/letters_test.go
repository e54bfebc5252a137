package letters_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/letters"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/seal"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// maker hands out letters about synthetic people, and no others.
type maker struct {
	letters map[string]issuance.IssuedLetter
}

func (m maker) Issue(_ context.Context, r issuance.LetterRequest) (issuance.IssuedLetter, error) {
	return m.Open(context.Background(), string(r.Kind))
}

func (m maker) Open(_ context.Context, id string) (issuance.IssuedLetter, error) {
	l, ok := m.letters[id]
	if !ok {
		return l, fault.New(fault.Conflict, issuance.CodeLetterReplaced, "")
	}
	return l, nil
}

func issued(k letter.Kind, elements ...credential.Element) issuance.IssuedLetter {
	return issuance.IssuedLetter{ID: string(k), Link: "https://check.example/letter#dG9rZW4", Letter: letter.Letter{
		Issuer: "https://issuer.example", Kind: k, Code: "234567BCDFGH", Issued: now, Expires: now.Add(letter.Life), Elements: elements,
	}}
}

const iso, approval = "org.iso.23220.1", "uk.gov.justice.probationapproval.1"

func newMaker() maker {
	name := credential.Element{Namespace: iso, Name: "family_name", Value: "<script>O'Neill"}
	return maker{map[string]issuance.IssuedLetter{
		"release": issued(letter.Release, name,
			credential.Element{Namespace: "uk.gov.justice.prisonrelease.1", Name: "released", Value: true},
			credential.Element{Namespace: "uk.gov.justice.prisonrelease.1", Name: "release_date", Value: credential.Date{Year: 2026, Month: 11, Day: 2}}),
		"identity": issued(letter.Identity, name, credential.Element{Namespace: iso, Name: "birth_date", Value: credential.Date{Year: 1990, Month: 2, Day: 28}}),
		"approval": issued(letter.Approval, name,
			credential.Element{Namespace: approval, Name: "approval_type", Value: "WORK"},
			credential.Element{Namespace: approval, Name: "approval_subject", Value: "1 Example Street"}),
	}}
}

type world struct {
	server   *httpserver.Server
	sessions *session.Manager
	pages    *letters.Pages
	log      bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := func() time.Time { return now }
	w := &world{}
	var err error
	w.sessions, err = session.New(session.Options{Store: memstore.New(clock), Key: make([]byte, 32), Now: clock, Rand: rand.Reader})
	must(t, err)
	catalogue, err := document.Shipped()
	must(t, err)
	w.pages, err = letters.NewPages(letters.PageOptions{
		Assets: uitest.Assets(t), Sessions: w.sessions, Maker: newMaker(), Documents: catalogue, Phone: "020 7946 0000",
		Page: "https://check.example/letter", Rand: rand.Reader,
	})
	must(t, err)
	w.server = httpserver.New(httpserver.Options{
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)), Now: clock, Ready: func(context.Context) error { return nil },
	})
	w.server.Handle(http.MethodGet, "/letters/:handle", w.pages.Get)
	w.server.Handle(http.MethodGet, "/letters/:handle/code.svg", w.pages.GetCode)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visit is a browser that may print what.
func (w *world) visit(t *testing.T, what letters.Printing) (handle, cookie string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	s, err := w.sessions.Open(t.Context(), r)
	must(t, err)
	handle, err = w.pages.Grant(s, what)
	must(t, err)
	answer := httptest.NewRecorder()
	must(t, s.Save(t.Context(), answer))
	return handle, answer.Result().Cookies()[0].Name + "=" + answer.Result().Cookies()[0].Value
}

func (w *world) get(path, cookie string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	return answer
}

func TestEveryLetterInEveryForm(t *testing.T) {
	w := newWorld(t)
	m, err := letters.Messages()
	must(t, err)
	for _, kind := range []string{"release", "identity", "approval"} {
		for _, l := range []ui.Language{ui.English, ui.Cymraeg} {
			for _, large := range []bool{false, true} {
				handle, cookie := w.visit(t, letters.Printing{ID: kind, Large: large, Language: l, Address: []string{"2 Example Road"}, Back: "/console"})
				a := w.get("/letters/"+handle, cookie+"; lang=en")
				body := a.Body.String()
				if a.Code != 200 || a.Header().Get("Cache-Control") != "no-store" || strings.Contains(strings.Join(a.Header().Values("Set-Cookie"), ""), "lang") {
					t.Errorf("%s: %d %v", kind, a.Code, a.Header())
				}
				uitest.CheckPage(t, a.Body.Bytes(), l)
				uitest.Forbidden(t, body)
				if l == ui.Cymraeg {
					uitest.NoEnglish(t, a.Body.Bytes(), m)
				}
				if strings.Contains(body, "app-letter--large") != large || !strings.Contains(body, "2345 67BC DFGH") || !strings.Contains(body, "2 Example Road") ||
					!strings.Contains(body, "&lt;script&gt;O&#39;Neill") || !strings.Contains(body, "020 7946 0000") {
					t.Errorf("%s %s: what should stand on it does not:\n%s", kind, l, body)
				}
			}
		}
	}
	handle, cookie := w.visit(t, letters.Printing{ID: "release", Language: ui.Cymraeg})
	if body := w.get("/letters/"+handle, cookie).Body.String(); !strings.Contains(body, "22 Rhagfyr 2026") || !strings.Contains(body, "2 Tachwedd 2026") {
		t.Errorf("its dates:\n%s", body)
	}
}

func TestTheCodeIsADrawingOfTheLink(t *testing.T) {
	w := newWorld(t)
	handle, cookie := w.visit(t, letters.Printing{ID: "release", Language: ui.English})
	a := w.get("/letters/"+handle+"/code.svg", cookie)
	body := a.Body.String()
	if a.Code != 200 || a.Header().Get("Content-Type") != "image/svg+xml" || a.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(body, "<svg ") || strings.Contains(body, "dG9rZW4") {
		t.Errorf("%d %v %s", a.Code, a.Header(), body)
	}
	if !strings.Contains(body, `M4 4h7v1H4z`) { // the finder pattern's upper edge, beyond a quiet zone of four modules
		t.Errorf("no code is drawn: %s", body)
	}
}

// A letter is reached from the visit that made it and no other, by a name that says nothing.
func TestALetterIsOneVisitsOwn(t *testing.T) {
	w := newWorld(t)
	handle, _ := w.visit(t, letters.Printing{ID: "release", Language: ui.English})
	other, others := w.visit(t, letters.Printing{ID: "identity", Language: ui.English})
	gone, theirs := w.visit(t, letters.Printing{ID: "ended", Language: ui.English})
	for name, c := range map[string]struct {
		path, cookie string
		code         int
	}{
		"another visit": {handle, others, 404}, "no visit": {handle, "", 404}, "no such letter": {"x", others, 404}, "the letter's own id": {"release", others, 404},
		"its own": {other, others, 200}, "ended since": {gone, theirs, 409},
	} {
		for _, part := range []string{"", "/code.svg"} {
			if a := w.get("/letters/"+c.path+part, c.cookie); a.Code != c.code || c.code != 200 && strings.Contains(a.Body.String(), "Neill") {
				t.Errorf("%s%s: %d", name, part, a.Code)
			}
		}
	}
	if log := w.log.String(); strings.Contains(log, "Neill") || strings.Contains(log, handle) || strings.Contains(log, "234567") {
		t.Errorf("the log names a letter:\n%s", log)
	}
}

// recorder keeps what was audited, and breaks when told to.
type recorder struct {
	events []audit.Event
	err    error
}

func (r *recorder) Record(_ context.Context, e audit.Event) error {
	r.events = append(r.events, e)
	return r.err
}

func newService(t *testing.T) (*letters.Service, *memstore.Store, *recorder) {
	t.Helper()
	clock := func() time.Time { return now }
	store, log := memstore.New(clock), &recorder{}
	box, err := seal.New(make([]byte, 32), rand.Reader)
	must(t, err)
	s, err := letters.New(letters.Deps{Maker: newMaker(), Wishes: store, Seal: box, Audit: log, Now: clock})
	must(t, err)
	return s, store, log
}

func wish() letters.Wish {
	return letters.Wish{
		ID: "0123456789abcdef", Record: issuance.Record{Person: "A0001AA"}, Kind: letter.Release, Large: true, Language: ui.Cymraeg, Address: []string{"1 Example Street", "EX1 1EX"},
	}
}

func waits(t *testing.T, s *letters.Service) (all []letters.Wish) {
	t.Helper()
	for w, err := range s.Waiting(t.Context()) {
		must(t, err)
		all = append(all, w)
	}
	return all
}

// Officers of every team read one list: whoever waits at its end is seen as well.
func TestEveryWishIsRead(t *testing.T) {
	s, _, _ := newService(t)
	for n := range 601 {
		w := wish()
		w.ID = fmt.Sprintf("synthetic-wish-%04d", n)
		must(t, s.Request(t.Context(), w))
	}
	if all := waits(t, s); len(all) != 601 || all[600].ID != "synthetic-wish-0600" {
		t.Errorf("%d wishes are read", len(all))
	}
}

func TestAWishWaitsSealedUntilItIsDone(t *testing.T) {
	s, store, log := newService(t)
	for range 2 {
		must(t, s.Request(t.Context(), wish()))
	}
	kept, err := store.Wishes(t.Context(), issuance.LetterWish{}, 10)
	if err != nil || len(kept) != 1 || bytes.Contains(kept[0].Sealed, []byte("Example")) || bytes.Contains(kept[0].Sealed, []byte("A0001AA")) {
		t.Fatalf("%d kept (%v), or in the clear", len(kept), err)
	}
	waiting := waits(t, s)
	if len(waiting) != 1 {
		t.Fatal(len(waiting))
	}
	got, want := waiting[0], wish()
	if got.ID != want.ID || got.Record != want.Record || got.Kind != want.Kind || !got.Large || got.Language != want.Language || strings.Join(got.Address, ";") != strings.Join(want.Address, ";") || !got.Asked.Equal(now) {
		t.Error("not as it was asked")
	}
	if text := fmt.Sprintf("%v %+v %#v", got, got, log.events); strings.Contains(text, "Example") || strings.Contains(text, "A0001AA") {
		t.Errorf("it prints %s", text)
	}
	for range 2 {
		must(t, s.Done(t.Context(), want.ID, "staff:synthetic"))
	}
	if waiting := waits(t, s); len(waiting) != 0 {
		t.Errorf("%d wait", len(waiting))
	}
	if len(log.events) != 4 || log.events[0].What != "letter.request" || log.events[2].Who != "staff:synthetic" {
		t.Errorf("audited %+v", log.events)
	}
}

func TestAWishThatCannotBeRecordedIsNotTaken(t *testing.T) {
	s, store, log := newService(t)
	log.err = errors.New("full")
	if err := s.Request(t.Context(), wish()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("taken: %v", err)
	}
	if kept, err := store.Wishes(t.Context(), issuance.LetterWish{}, 10); err != nil || len(kept) != 0 {
		t.Errorf("%d kept (%v)", len(kept), err)
	}
}

func TestWishesThatMakeNoSense(t *testing.T) {
	s, _, _ := newService(t)
	for name, change := range map[string]func(*letters.Wish){
		"no kind": func(w *letters.Wish) { w.Kind = "licence" }, "nobody": func(w *letters.Wish) { w.Record.Person = "" },
		"no id": func(w *letters.Wish) { w.ID = "" }, "no language": func(w *letters.Wish) { w.Language = "fr" },
		"an empty line": func(w *letters.Wish) { w.Address = []string{""} }, "seven lines": func(w *letters.Wish) { w.Address = strings.Split("a b c d e f g", " ") },
		"a long line": func(w *letters.Wish) { w.Address = []string{strings.Repeat("a", 151)} },
	} {
		w := wish()
		change(&w)
		if err := s.Request(t.Context(), w); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestItsWordsAreTranslated(t *testing.T) {
	m, err := letters.Messages()
	must(t, err)
	uitest.Translated(t, m, "common.govuk", "common.phase.beta")
}
