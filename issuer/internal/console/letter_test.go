package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/console"
	"justice-wallet/issuer/internal/letters"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/ui"
)

// wish asks for a letter as a person would.
func (w *world) wish(n int, person, lang string, address ...string) {
	w.t.Helper()
	must(w.t, w.letters.Request(w.t.Context(), letters.Wish{
		ID: fmt.Sprintf("synthetic-wish-%04d", n), Record: issuance.Record{Person: person}, Kind: letter.Release, Large: true, Language: ui.Language(lang), Address: address,
	}))
}

func (w *world) waiting() int {
	w.t.Helper()
	n := 0
	for _, err := range w.letters.Waiting(w.t.Context()) {
		must(w.t, err)
		n++
	}
	return n
}

// papers counts the letters of a person that stand, and those that have ended for a newer one.
func (w *world) papers(person string) (standing, replaced int) {
	w.t.Helper()
	all, err := w.store.CredentialsOf(w.t.Context(), person)
	must(w.t, err)
	for _, c := range all {
		switch {
		case c.Format != issuance.FormatLetter:
		case c.Revoked.IsZero():
			standing++
		case c.Reason == string(issuance.ReasonReprinted):
			replaced++
		}
	}
	return standing, replaced
}

func (w *world) count(what string) (n int) {
	for _, e := range w.events {
		if e.What == what {
			n++
		}
	}
	return n
}

var printedPath = regexp.MustCompile(`^/console/letters/[0-9a-f]{32}$`)

// The officer sees whom they may know of, prints the letter as it was asked for, and the wish is dealt with.
func TestTheListOfLetters(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		b := w.in(lang, staff("A", everything...))
		b.get("/console/letters").status(http.StatusOK).says(b.say("letters.none"), b.say("nav.letters"))
		w.wish(1, hidden, lang)
		w.wish(2, elsewhere, lang)
		w.wish(3, michael, lang, "1 Synthetic Street", "ZZ1 1ZZ")
		b.get("/console/letters").says("Michael John Example", b.say("letter.for.release"), b.say("letters.post")).silent("Synthetic Street")
		if rows := strings.Count(b.last.Body.String(), `name="wish"`); rows != 1 || w.count("person.view") != 1 {
			t.Errorf("%d rows, %d views in the audit", rows, w.count("person.view"))
		}
		form := b.filled(nil)
		b.post("/console/letters", form).status(http.StatusOK).says("Michael John", "1 Synthetic Street", "app-letter--large", `lang="`+lang+`"`)
		if !printedPath.MatchString(b.path) {
			t.Errorf("it is printed at %s", b.path)
		}
		first := b.path
		if w.waiting() != 2 {
			t.Errorf("%d wait", w.waiting())
		}
		b.post("/console/letters", form) // sent twice
		if standing, replaced := w.papers(michael); standing != 1 || replaced != 0 || b.path != first {
			t.Errorf("%d letters, %d replaced, at %s and %s", standing, replaced, first, b.path)
		}
		if a := b.send(http.MethodGet, first+"/code.svg", nil); a.Code != http.StatusOK || a.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Body.String(), "<svg") {
			t.Errorf("its code: %d", a.Code)
		}
		other := w.in(lang, staff("B", everything...))
		other.get(first).status(http.StatusNotFound).says(b.say("letterover.title"))
		b.get("/console/letters").says(b.say("letters.none"))
	})
}

// Whatever breaks after the letter was made: the wish waits, and the next attempt, whoever's, makes the same letter.
func TestALetterThatBrokeOff(t *testing.T) {
	w := newWorld(t)
	w.wish(1, michael, "en")
	ann, bob := w.in("en", staff("A", everything...)), w.in("en", staff("B", everything...))
	w.dropDown = true
	ann.get("/console/letters").submit("/console/letters", nil).status(http.StatusServiceUnavailable)
	if w.waiting() != 1 {
		t.Fatal("the wish is lost")
	}
	w.dropDown = false
	bob.get("/console/letters").submit("/console/letters", nil).status(http.StatusOK).says("Michael John")
	if standing, replaced := w.papers(michael); standing != 1 || replaced != 0 || w.waiting() != 0 {
		t.Errorf("%d letters, %d replaced, %d wait", standing, replaced, w.waiting())
	}
}

// A letter whose text is kept no longer does not keep its wish from being printed.
func TestALetterThatBrokeOffDaysAgo(t *testing.T) {
	w := newWorld(t)
	w.wish(1, michael, "en")
	w.dropDown = true
	b := w.in("en", staff("A", everything...))
	b.get("/console/letters").submit("/console/letters", nil)
	w.dropDown = false
	w.now = w.now.Add(50 * time.Hour)
	b = w.in("en", staff("A", everything...))
	b.get("/console/letters").submit("/console/letters", nil).status(http.StatusOK).says("Michael John")
	if standing, replaced := w.papers(michael); standing != 1 || replaced != 1 || w.waiting() != 0 {
		t.Errorf("%d letters, %d replaced, %d wait", standing, replaced, w.waiting())
	}
}

func TestWhoMayPrintLetters(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		w.wish(1, michael, lang)
		reader := w.in(lang, staff("R", casework.RoleView))
		reader.get("/console").silent(reader.say("nav.letters"))
		reader.get("/console/letters").status(http.StatusForbidden).says(reader.say("role.title"))
		reader.find(michael).silent(reader.say("documents.letter"))
		reader.get(reader.path + "/letter").status(http.StatusForbidden)

		b := w.in(lang, staff("A", everything...))
		b.get("/console/letters")
		form := b.filled(nil)
		form.Set("_csrf", "of another session")
		b.post("/console/letters", form).says(b.say("stale.title"))
		form = b.filled(nil)
		w.auditDown = true
		b.get("/console/letters").status(http.StatusServiceUnavailable).silent("Michael")
		w.auditDown = false
		if standing, _ := w.papers(michael); standing != 0 || w.waiting() != 1 {
			t.Errorf("%d letters, %d wait", standing, w.waiting())
		}
	})
}

// A person whose record does not allow the letter gets none, and the officer is told in words.
func TestALetterThatMayNotBe(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		w.wish(1, recalled, lang)
		b := w.in(lang, staff("A", everything...))
		b.get("/console/letters").submit("/console/letters", nil).status(http.StatusForbidden).says(b.say("refusedwish.title"))
		if standing, _ := w.papers(recalled); standing != 0 || w.waiting() != 1 {
			t.Errorf("%d letters, %d wait", standing, w.waiting())
		}
		b.submit("/console/letters", url.Values{"off": {"yes"}}).says(b.say("letters.none"))
		if w.waiting() != 0 || w.count("letter.request.done") != 1 {
			t.Errorf("%d wait, %d were dealt with", w.waiting(), w.count("letter.request.done"))
		}
		b.find(recalled)
		base := b.path + "/letter"
		b.get(base)
		b.submit(base, url.Values{"letter": {b.paper()}, "size": {"plain"}, "language": {lang}}).says(b.say("letter.refused"))
	})
}

// Taking a wish off the list is as scoped as printing it.
func TestAWishOfAnotherTeamStaysOnTheList(t *testing.T) {
	w := newWorld(t)
	w.wish(1, michael, "en")
	b := w.in("en", staff("A", everything...))
	b.get("/console/letters")
	form := b.filled(url.Values{"off": {"yes"}})
	w.moved = true // to another team's, since the list was shown
	b.post("/console/letters", form)
	if w.waiting() != 1 || w.count("letter.request.done") != 0 {
		t.Errorf("%d wait, %d were dealt with", w.waiting(), w.count("letter.request.done"))
	}
}

// Those who wait far down the list, behind other teams' people, are found: page after page.
func TestTheListOfLettersIsLong(t *testing.T) {
	w := newWorld(t)
	for n := range 510 {
		w.wish(n, elsewhere, "en")
	}
	for n := range 55 {
		w.wish(600+n, michael, "en")
	}
	b := w.in("en", staff("A", everything...))
	var rows []int
	b.get("/console/letters")
	for range 5 {
		rows = append(rows, strings.Count(b.last.Body.String(), `name="wish"`))
		more := nextLetters.FindStringSubmatch(b.last.Body.String())
		if more == nil {
			break
		}
		b.get(more[1])
	}
	if !slices.Equal(rows, []int{0, 50, 5}) {
		t.Errorf("rows %v", rows)
	}
}

var nextLetters = regexp.MustCompile(`href="(/console/letters\?after=[^"]+)"`)

var paperRadio = regexp.MustCompile(`<input[^>]*name="letter"[^>]*value="([^"]+)"`)

// paper is the first letter on the page.
func (b *browser) paper() string {
	b.t.Helper()
	m := paperRadio.FindStringSubmatch(b.last.Body.String())
	if m == nil {
		b.t.Fatalf("%s offers no letter: %s", b.path, plain(b.last.Body.String()))
	}
	return m[1]
}

// A letter straight from the person's page: what is missing is asked again, a form sent twice is one letter, a new form is a
// new letter that ends the earlier one, and no letter is taken for a wallet.
func TestALetterWithoutAWish(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		b := w.in(lang, staff("A", everything...)).find(michael)
		home := b.path
		b.get(b.link("documents.letter"))
		base := b.path
		b.submit(base, url.Values{"size": {"huge"}}).says(b.say("letter.wrong.letter"), b.say("letter.wrong.size"), b.say("letter.wrong.language"))
		form := b.filled(url.Values{"letter": {b.paper()}, "size": {"plain"}, "language": {lang}})
		b.post(base, form).status(http.StatusOK).says("Michael John").silent("app-letter--large")
		first := b.path
		b.post(base, form).status(http.StatusOK)
		if standing, replaced := w.papers(michael); standing != 1 || replaced != 0 {
			t.Errorf("sent twice: %d letters, %d replaced", standing, replaced)
		}
		w.now = w.now.Add(time.Minute)
		b.get(base)
		b.submit(base, url.Values{"letter": {b.paper()}, "size": {"large"}, "language": {lang}}).says("app-letter--large")
		if standing, replaced := w.papers(michael); standing != 1 || replaced != 1 {
			t.Errorf("a reprint: %d letters, %d replaced", standing, replaced)
		}
		b.get(first).status(http.StatusConflict).says(b.say("letterover.title"))
		b.get(home).says(b.say("wallet.paper"), b.say("reason.REPRINTED"))
		b.get(home + "/timeline").says(b.say("happened.PRINTED")).silent(b.say("happened.ISSUED"))
		b.get(home + "/offer").says(b.say("offer.nowallet"))
		w.auditDown = true
		b.get(base).status(http.StatusServiceUnavailable).silent("Michael")
	})
}

// Where letters are not configured, no page speaks of them.
func TestAConsoleWithoutLetters(t *testing.T) {
	w := newWorld(t, func(d *console.Deps) { d.Letters = nil })
	b := w.in("en", staff("A", everything...)).find(michael)
	b.silent(b.say("documents.letter"), b.say("nav.letters"))
}
