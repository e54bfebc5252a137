package holder_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/holder"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/ui"
)

// quinton has one approval and can have nothing else: there is one letter only.
func (w *world) quinton() holder.Account {
	w.records.facts = func(source string, f credential.Facts) {
		if source == "hmpps-release" {
			f["release_confirmation_current"] = false
		}
	}
	return w.person("Quinton", "Synthia", "A0025SY")
}

// asksByPost comes to the question of the address.
func (b *browser) asksByPost() *browser {
	b.t.Helper()
	b.enter(b.quinton(), "letter").shows(b.say("letter.print"))
	b.post(url.Values{"answer": {"large"}}).shows(b.say("letter.title"), b.say("letter.collect.hint"), b.say("letter.unsafe.hint"))
	return b.post(url.Values{"answer": {"post"}}).shows(b.say("address.title"))
}

var home = url.Values{"line1": {" 1 Synthetic Street "}, "line2": {""}, "town": {"Aberystwyth"}, "postcode": {"sy23 2ax"}}

func TestALetterByPost(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.asksByPost()
		form := b.hiddenFields()
		b.post(home).shows(b.say("lettered.title"), b.say("lettered.post"), b.say("lettered.id"))
		want := holder.Letter{
			Kind: letter.Approval, Record: issuance.Record{Person: "A0025SY", Item: "APR-0001"}, Large: true, Language: ui.Language(b.lang),
			Address: []string{"1 Synthetic Street", "Aberystwyth", "SY23 2AX"},
		}
		if len(b.letters.asked) != 1 {
			t.Fatalf("%d letters", len(b.letters.asked))
		}
		got := b.letters.asked[0]
		if want.ID = got.ID; got.ID == "" || !reflect.DeepEqual(got, want) {
			t.Errorf("asked for %+v", got)
		}
		for name, values := range home {
			form[name] = values
		}
		b.send(http.MethodPost, "/letter/address", form)
		if b.follow(); len(b.letters.asked) != 1 {
			t.Error("sent twice, two letters")
		}
		if strings.Contains(b.log.String(), "Synthetic Street") {
			t.Error("the log holds the address")
		}
	})
}

// No fixed address, or none that is safe: it is collected, and no address is asked for or taken.
func TestALetterToCollect(t *testing.T) {
	for _, how := range []string{"collect", "unsafe"} {
		t.Run(how, func(t *testing.T) {
			inBoth(t, func(t *testing.T, b *browser) {
				b.enter(b.quinton(), "letter")
				b.post(url.Values{"answer": {"plain"}})
				b.post(url.Values{"answer": {how}}).shows(b.say("lettered.collect")).lacks(b.say("lettered.post"))
				if len(b.letters.asked) != 1 || b.letters.asked[0].Address != nil || b.letters.asked[0].Large {
					t.Fatalf("asked for %+v", b.letters.asked)
				}
				b.get("/letter/address").post(home)
				if len(b.letters.asked) != 1 {
					t.Error("an address was taken all the same")
				}
			})
		})
	}
}

func TestWhichLetter(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "letter").shows(b.say("letter.document"), b.say("letter.for.release"), b.say("letter.for.identity")).lacks(b.say("letter.for.approval"))
		b.post(nil).shows(b.say("letter.document.error"))
		if b.last.Code != http.StatusBadRequest {
			t.Errorf("%d", b.last.Code)
		}
		b.post(url.Values{"answer": {b.radios()[1]}})
		b.post(nil).shows(b.say("letter.print.error"))
		b.post(url.Values{"answer": {"plain"}})
		b.post(url.Values{"answer": {"pigeon"}}).shows(b.say("letter.error"))
		b.post(url.Values{"answer": {"collect"}}).shows(b.say("lettered.title"))
		if len(b.letters.asked) != 1 || b.letters.asked[0].Kind != letter.Identity {
			t.Errorf("asked for %+v", b.letters.asked)
		}
	})
}

// There is no letter of a licence: someone who has nothing else is told whom to ask.
func TestOnlyWhatThereIsALetterOf(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		account := b.michael()
		b.records.facts = func(source string, f credential.Facts) {
			if source == "hmpps-release" {
				f["release_confirmation_current"] = false
			}
		}
		b.enter(account, "letter").shows(b.say("letter.away.title"))
		b.get("/documents").shows(b.say("docs.add")) // the licence is there to be added
	})
}

func TestAnAddressThatIsNone(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.asksByPost()
		script := `"><script>alert(1)</script>`
		for name, c := range map[string]struct {
			field, value string
		}{
			"no first line":      {"line1", " "},
			"a long line":        {"line1", strings.Repeat("é", 101)},
			"a long second line": {"line2", strings.Repeat("a", 101)},
			"no town":            {"town", ""},
			"two lines in one":   {"town", "Aber\r\nystwyth"},
			"no postcode":        {"postcode", ""},
			"half a postcode":    {"postcode", "SY23"},
			"a script":           {"postcode", script},
		} {
			typed := url.Values{}
			for name, values := range home {
				typed[name] = values
			}
			typed.Set(c.field, c.value)
			b.post(typed).shows(b.say("address." + c.field + ".error"))
			if b.last.Code != http.StatusBadRequest || !strings.Contains(b.body(), `href="#`+c.field+`"`) || strings.Contains(b.body(), script) {
				t.Errorf("%s: %d, no summary, or a script", name, b.last.Code)
			}
			if c.field != "line1" && !strings.Contains(b.body(), `value="1 Synthetic Street"`) {
				t.Errorf("%s: what was typed is lost", name)
			}
		}
		if len(b.letters.asked) != 0 {
			t.Error("a letter was asked for")
		}
		b.post(url.Values{"line1": {script}, "line2": {script}, "town": {script}, "postcode": {"SY23 2AX"}}).shows(b.say("lettered.title"))
	})
}

// A session that ends over the form loses nothing: what was typed is there after signing in again.
func TestAnAddressSurvivesTheEndOfASession(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.asksByPost()
		b.now = b.now.Add(21 * time.Minute)
		b.post(home).shows(b.say("ended.title"), b.say("ended.kept"))
		b.click(b.say("signin"))
		b.post(nil)
		b.get("/sign-in/return?state=good&code=c").shows(b.say("address.title"))
		if !strings.Contains(b.body(), `value="1 Synthetic Street"`) || !strings.Contains(b.body(), `value="Aberystwyth"`) {
			t.Error("what was typed is lost")
		}
		if len(b.letters.asked) != 0 {
			t.Error("the letter was asked for without the person")
		}
		b.post(home).shows(b.say("lettered.post"))
		if len(b.letters.asked) != 1 || !b.letters.asked[0].Large {
			t.Errorf("asked for %+v", b.letters.asked)
		}
	})
}

// So is which letter it was, where there is a choice.
func TestTheChoiceOfALetterSurvivesToo(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "letter")
		b.post(url.Values{"answer": {b.radios()[1]}})
		b.post(url.Values{"answer": {"plain"}})
		b.post(url.Values{"answer": {"post"}}).shows(b.say("address.title"))
		b.now = b.now.Add(21 * time.Minute)
		b.post(home).shows(b.say("ended.kept"))
		b.enter(b.michael(), "letter").shows(b.say("address.title"))
		b.post(home).shows(b.say("lettered.post"))
		if len(b.letters.asked) != 1 || b.letters.asked[0].Kind != letter.Identity || len(b.letters.asked[0].Address) != 3 {
			t.Errorf("asked for %+v", b.letters.asked)
		}
	})
}

// Nor is it there for whoever signs in next at a shared computer.
func TestAnAddressIsNotGivenToTheNextPerson(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.asksByPost()
		b.now = b.now.Add(21 * time.Minute)
		b.post(home).shows(b.say("ended.kept"))
		b.records.facts = nil
		b.enter(b.person("Llŷr", "Siân", "A0046SY"), "letter").shows(b.say("letter.document"))
		b.get("/letter/address")
		if strings.Contains(b.body(), "Synthetic Street") {
			t.Error("the next person sees it")
		}
	})
}

func TestNoLetterForWhatCannotBeHad(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.person("Birchall", "Synthia", "A0003SY"), "letter").shows(b.say("letter.away.title"), b.say("letter.away.text"))
		b.get("/letter/elsewhere").shows(b.say("letter.away.title"))
	})
}
