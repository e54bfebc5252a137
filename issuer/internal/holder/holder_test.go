package holder_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/holder"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/oid4vci"
)

// inBoth runs a story in both languages.
func inBoth(t *testing.T, story func(t *testing.T, b *browser)) {
	t.Helper()
	for _, lang := range []string{"en", "cy"} {
		t.Run(lang, func(t *testing.T) { story(t, newWorld(t).browser(lang)) })
	}
}

func TestPagesForEveryone(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		for path, key := range map[string]string{
			"/": "start.title", "/help": "help.title", "/privacy": "privacy.title", "/accessibility": "access.title", "/cookies": "cookies.title",
		} {
			b.get(path).shows(b.say(key))
			if b.last.Code != http.StatusOK || len(b.last.Result().Cookies()) != 0 {
				t.Errorf("%s: %d, cookies %v", path, b.last.Code, b.last.Result().Cookies())
			}
		}
		b.get("/privacy").shows(b.say("privacy.link.text"), b.say("privacy.link.limit")) // the floor of unlinkability
		b.get("/nowhere").shows(b.say("notfound.title"))
		if b.last.Code != http.StatusNotFound {
			t.Errorf("nowhere: %d", b.last.Code)
		}
	})
}

// P10: before anything else, whoever shares a device is told what to do. P2: the sign-in is asked for by a form.
func TestSignIn(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.get("/").click(b.say("start.button")).shows(b.say("shared.title"), b.say("shared.do.signout"), b.say("shared.exit"))
		before := b.cookies["session"]
		b.enter(b.michael(), "documents").shows(b.say("docs.title"), "Michael John Example")
		if b.cookies["session"] == before || b.cookies["session"] == "" {
			t.Error("the session was not renamed at sign-in")
		}
		if b.signIn.language != b.lang {
			t.Errorf("GOV.UK One Login was asked for %q", b.signIn.language)
		}
		if cache := b.last.Header().Get("Cache-Control"); cache != "no-store" {
			t.Errorf("cached: %s", cache)
		}
		b.get("/sign-in").shows(b.say("docs.title")) // who is signed in is not asked again
		policy := b.last.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "form-action 'self' https://signin.account.gov.test") {
			t.Errorf("the form may not lead to the sign-in: %s", policy)
		}
	})
}

func TestSignInThatDoesNotEndWell(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.signIn.account = b.michael()
		again := func() { b.get("/sign-in"); b.post(nil) }
		for _, c := range []struct {
			name, query, key string
			finish           error
			code             int
		}{
			{"cancelled", "?error=access_denied&state=good", "cancelled.title", holder.ErrCancelled, 200},
			{"not verified", "?code=c&state=good", "unverified.title", holder.ErrUnverified, 200},
			{"login required", "?error=login_required&state=good", "signin.again.title", errors.New("login_required"), 200},
			{"state of another", "?code=c&state=bad", "signin.again.title", nil, 200},
			{"no state", "?code=c", "signin.again.title", nil, 200},
			{"away", "?code=c&state=good", "signin.away.title", errAway, 503},
		} {
			again()
			b.signIn.finish = c.finish
			b.get("/sign-in/return" + c.query).shows(b.say(c.key))
			if b.last.Code != c.code {
				t.Errorf("%s: %d", c.name, b.last.Code)
			}
			b.signIn.finish = nil
			b.get("/sign-in/return?code=c&state=good").shows(b.say("signin.again.title")) // one answer ends an attempt
			b.get("/documents").shows(b.say("shared.title"))
		}
		b.get("/sign-in")
		b.signIn.begin = errAway
		b.post(nil).shows(b.say("signin.away.title"))
	})
}

// A code that is sent again, by the person or by someone who saw it, signs nobody in.
func TestAReplayedReturn(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents")
		b.get("/sign-in/return?state=good&code=c").shows(b.say("docs.title")) // the person themself, going back
		thief := b.browser(b.lang)
		thief.get("/sign-in/return?state=good&code=c").shows(b.say("signin.again.title"))
		thief.get("/documents").shows(b.say("shared.title"))
	})
}

// A form of another site, or of a page that was open too long, starts nothing.
func TestAForgedForm(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.get("/sign-in")
		attempts := b.signIn.attempts
		b.post(url.Values{"_csrf": {"forged"}}).shows(b.say("shared.title"))
		if b.signIn.attempts != attempts {
			t.Error("a forged form began a sign-in")
		}
		b.enter(b.michael(), "documents").get("/documents/choose")
		b.post(url.Values{"_csrf": {"forged"}}).shows(b.say("stale.title"))
		if b.last.Code != http.StatusForbidden {
			t.Errorf("%d", b.last.Code)
		}
	})
}

// P3. A person nobody knows, twins, one who died and one whose record is under review see one and the same page.
func TestNotMatched(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		nobody := b.michael()
		delete(b.records.matches, "Example")
		page := b.enter(nobody, "documents").shows(b.say("match.title"), b.say("match.button"), "020 7946 0000").text()
		for name, a := range map[string]holder.Account{
			"died": b.person("Marwood", "Synthia", "A0018SY"), "merged": b.person("Norwood", "Synthia", "A0019SY"), "split": b.person("Norris", "Synthia", "A0020SY"),
		} {
			other := b.browser(b.lang)
			if got := other.enter(a, "documents").text(); got != page {
				t.Errorf("%s: another page: %s", name, got)
			}
			for _, path := range []string{"/documents", "/documents/choose", "/refresh", "/letter", "/letter/how"} {
				if got := other.get(path).text(); got != page {
					t.Errorf("%s: %s is open", name, path)
				}
			}
		}
	})
}

// A record that closes during the visit says no more than one that was never found.
func TestARecordThatClosesDuringTheVisit(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents")
		b.records.facts = func(_ string, f credential.Facts) { f["identity_frozen"] = true }
		for _, path := range []string{"/documents", "/documents/choose", "/refresh", "/letter"} {
			b.get(path).shows(b.say("match.title")).lacks(b.say("match.button"))
		}
	})
}

func TestThreeTriesThenAPerson(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		account := b.michael()
		delete(b.records.matches, "Example")
		for try := range 3 {
			b.enter(account, "documents").shows(b.say("match.title"))
			if offered := strings.Contains(b.text(), b.say("match.button")); offered != (try < 2) {
				t.Errorf("try %d: another is offered: %t", try+1, offered)
			}
		}
		matched := b.records.matched
		account = b.michael() // known now, but not asked after again
		b.enter(account, "documents").shows(b.say("match.title")).lacks(b.say("match.button"))
		b.browser(b.lang).enter(account, "documents").shows(b.say("match.title")).lacks(b.say("match.button")) // another browser, the same account
		if b.records.matched != matched {
			t.Error("a fourth match was tried")
		}
		other := b.person("Llŷr", "Siân", "A0046SY")
		b.enter(other, "documents").shows(b.say("match.title")) // the same browser, another account
		b.now = b.now.Add(24 * time.Hour)
		b.browser(b.lang).enter(account, "documents").shows(b.say("docs.title"))
	})
}

// Each of these begins before the one before it has its answer.
func TestTriesAtTheSameTimeAreStillThree(t *testing.T) {
	w := newWorld(t)
	account := w.michael()
	delete(w.records.matches, "Example")
	begun := 0
	w.records.during = func() {
		if begun++; begun < 6 {
			w.browser("en").enter(account, "documents")
		}
	}
	w.browser("en").enter(account, "documents")
	if w.records.matched != 3 {
		t.Errorf("%d matches were tried", w.records.matched)
	}
}

// A try that the records could not answer is none.
func TestATryThatNobodyAnswered(t *testing.T) {
	w := newWorld(t)
	account := w.michael()
	b := w.browser("en")
	w.records.away = true
	for range 4 {
		b.enter(account, "documents")
	}
	w.records.away = false
	b.enter(account, "documents").shows(b.say("docs.title"))
}

func TestNames(t *testing.T) {
	long := "Featherstonehaugh-Cholmondeley-Featherstonehaugh-Cholmondeley-Featherstonehaugh-Cholmondeley-Feather"
	script := `<script>alert("x")</script>`
	inBoth(t, func(t *testing.T, b *browser) {
		for _, c := range []struct{ family, given, record, shown string }{
			{"O'Neill", "Orla", "A0047SY", "Orla O'Neill"},
			{"Llŷr", "Siân", "A0046SY", "Siân Llŷr"},
			{"Sukarno", "", "A0048SY", "Sukarno"},
			{long, "Synthia", "A0049SY", "Synthia " + long},
			{script, `"><img src=x onerror=y>`, "A0001SY", `"><img src=x onerror=y> ` + script},
		} {
			one := b.browser(b.lang)
			one.enter(b.person(c.family, c.given, c.record), "documents").shows(c.shown)
			if strings.Contains(one.body(), script) || strings.Contains(one.body(), "<img src=x") {
				t.Errorf("%s is not escaped", c.family)
			}
			one.click(one.say("docs.see")).shows(one.say("what.lead"))
			if c.family != script {
				one.shows(c.family)
			}
		}
	})
}

// P4: everything a document holds stands on its page, with this person's values, and what none ever holds.
func TestWhatADocumentSays(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents")
		b.get(b.link(b.say("docs.see"), 1)) // the catalogue is in the order of its types: the licence first
		b.shows("Example", "Michael John", "LB-SYN-0451", b.say("value.3_TO_12_MONTHS"), b.say("value.ACCEPTED"), b.say("value.number"),
			b.say("what.never.court"), b.say("what.never.officer"), b.say("what.never.where"), b.say("what.never.others"), b.say("what.never.numbers"),
			b.say("purpose.council-housing"), b.say("purpose.dwp"))
		for _, date := range map[string][]string{"en": {"12 May 1987", "22 November 2026", "25 November 2026"}, "cy": {"12 Mai 1987", "22 Tachwedd 2026"}}[b.lang] {
			b.shows(date)
		}
		b.get("/documents").click(b.say("docs.see"))
		b.lacks("vehicle", "mobile phone") // what is most sensitive is counted, and read in the app alone
		b.shows(b.words.In(b.language()).Count("value.private", 2))
	})
}

// The values are read for the page: nothing of them is kept in the session.
func TestValuesAreReadNow(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents")
		path := b.link(b.say("docs.see"), 1)
		b.get(path).shows("LB-SYN-0451")
		b.records.facts = func(_ string, f credential.Facts) {
			if _, ok := f["duty_to_refer_reference"]; ok {
				f["duty_to_refer_reference"] = "LB-SYN-9999"
			}
		}
		b.get(path).shows("LB-SYN-9999").lacks("LB-SYN-0451")
	})
}

// What cannot be had is told in words that betray no cause which is for a person to tell.
func TestWhyNot(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		for record, want := range map[string][]string{
			"A0003SY": {"why.neutral", "why.neutral"},      // recalled
			"A0004SY": {"why.neutral", "why.neutral"},      // recalled for a fixed term
			"A0014SY": {"why.pss_only"},                    // supervision after the sentence alone
			"A0023SY": {"why.neutral", "why.neutral"},      // two sources disagree
			"A0035SY": {"why.neutral", "why.not_released"}, // on remand
			"A0036SY": {"why.neutral", "why.not_released"}, // detained for immigration
			"A0037SY": {"why.neutral", "why.neutral"},      // a restricted patient
			"A0038SY": {"why.neutral", "why.not_released"}, // in hospital
			"A0044SY": {"why.confirmation_ended"},          // released long ago
			"A0027SY": {"why.neutral"},                     // an approval that was withdrawn
			"A0028SY": {"why.approval_ended"},              // and one that ran out
		} {
			one := b.browser(b.lang)
			one.enter(b.person("Somebody "+record[3:5], "Synthia", record), "documents").shows(one.say("docs.not"))
			for _, key := range want {
				one.shows(one.say(key))
			}
			if got := strings.Count(one.text(), one.say("why.neutral")); got != strings.Count(strings.Join(want, " "), "why.neutral") {
				t.Errorf("%s: the neutral words stand %d times, want %v: %s", record, got, want, one.text())
			}
		}
	})
}

func TestAnUnknownRefusalIsToldNeutrally(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.records.facts = func(_ string, f credential.Facts) { delete(f, "sources_agree") }
		b.enter(b.michael(), "documents").shows(b.say("why.neutral"), b.say("docs.nothing"), b.say("docs.nothing.ask"))
		b.get("/documents/choose").shows(b.say("docs.title")) // there is nothing to choose
	})
}

// P5.
func TestChoose(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents").click(b.say("docs.add.button")).shows(b.say("choose.title"))
		b.post(nil).shows(b.say("choose.error"))
		if b.last.Code != http.StatusBadRequest || !strings.Contains(b.body(), `href="#document"`) {
			t.Errorf("%d: no error summary", b.last.Code)
		}
		b.post(url.Values{"document": {"forged"}}).shows(b.say("choose.error"))
		b.post(url.Values{"document": b.boxes()}).shows(b.say("what.lead"), b.say("what.button"))
	})
}

// chosen comes to the page of an offer of the first document: the licence.
func (b *browser) chosen() *browser {
	b.t.Helper()
	b.enter(b.michael(), "documents").click(b.say("docs.add.button"))
	b.post(url.Values{"document": b.boxes()})
	return b.post(nil)
}

// P6.
func TestAdd(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen().shows(b.say("offer.account"), b.say("offer.other.text"), b.say("offer.text.copy"), b.say("offer.helper.not"),
			b.say("offer.until", "time", map[string]string{"en": "9:15am", "cy": "9:15yb"}[b.lang]))
		link := b.link(b.say("offer.same.button"), 0)
		if !strings.HasPrefix(link, "https://mobile.account.gov.uk/wallet/add?credential_offer=") {
			t.Errorf("the link leads to %s", link)
		}
		if !strings.Contains(b.body(), ">"+html.EscapeString(link)+"</textarea>") && !strings.Contains(b.body(), strings.ReplaceAll(html.EscapeString(link), "+", "&#43;")) {
			t.Error("the link cannot be copied")
		}
		offerPath := b.path
		qr := b.send(http.MethodGet, offerPath+"/qr.png", nil)
		if qr.Code != 200 || !bytes.HasPrefix(qr.Body.Bytes(), []byte("\x89PNG")) || qr.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("the code: %d %v", qr.Code, qr.Header())
		}
		b.get(offerPath).click(b.say("offer.done.button")).shows(b.say("wait.title"), b.say("wait.nothing"))
		if !strings.Contains(b.body(), `data-refresh="5"`) || strings.Contains(b.body(), `http-equiv="refresh"`) {
			t.Error("the page that waits does not look again by its script, or does so unasked without one")
		}
		if b.click(b.say("wait.watch")); !strings.Contains(b.body(), `http-equiv="refresh"`) {
			t.Error("asked to, it does not look again without a script")
		}
		if b.click(b.say("wait.stop")); strings.Contains(b.body(), `http-equiv="refresh"`) {
			t.Error("it cannot be stopped")
		}
	})
}

// P7: each thing a wallet can do with an offer.
func TestWhatTheWalletDid(t *testing.T) {
	for event, key := range map[string]string{
		"": "collected.title", accepted: "added.title", oid4vci.EventFailure: "problem.phone.title", oid4vci.EventDeleted: "declined.title",
	} {
		t.Run(key, func(t *testing.T) {
			inBoth(t, func(t *testing.T, b *browser) {
				b.chosen()
				path := b.path
				b.collects(wallet, licence, b.offerID(), "A0001SY", "", event)
				b.get(path + "/state").shows(b.say(key))
				b.get(path).shows(b.say(key)) // the link is spent: it says so
				if qr := b.send(http.MethodGet, path+"/qr.png", nil); qr.Code != http.StatusNotFound {
					t.Errorf("the code of a spent offer: %d", qr.Code)
				}
				b.now = b.now.Add(16 * time.Minute) // the offer is gone from the ledger, and what came of it is not
				b.get(path + "/state").shows(b.say(key))
			})
		})
	}
}

func TestAddedSaysWhatIsNextAndWhoMayAsk(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		b.collects(wallet, licence, b.offerID(), "A0001SY", "", accepted)
		b.get(b.path+"/state").shows(b.say("added.next.show"), b.say("purpose.council-housing")).click(b.say("added.more"))
		b.shows(b.say("what.title", "name", map[string]string{"en": "HMPPS confirmation", "cy": "Cadarnhad HMPPS"}[b.lang])) // the next that was chosen
		b.post(nil)
		b.collects(wallet, release, b.offerID(), "A0001SY", "", accepted)
		b.get(b.path + "/state").shows(b.say("added.title")).lacks(b.say("added.more"))
	})
}

func TestAWalletThatCouldNotSaveItGetsANewLink(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		first := b.offerID()
		b.collects(wallet, licence, first, "A0001SY", "", oid4vci.EventFailure)
		b.get(b.path + "/state").post(nil)
		if second := b.offerID(); second == first {
			t.Error("the link is the spent one")
		}
	})
}

func TestAnOfferThatExpired(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		first, path := b.offerID(), b.path
		b.now = b.now.Add(15 * time.Minute)
		b.get(path).shows(b.say("expired.title"))
		form := b.hiddenFields()
		b.post(nil)
		second := b.offerID()
		if second == first {
			t.Error("the new link is the old one")
		}
		b.send(http.MethodPost, path, form)
		if b.follow(); b.offerID() != second { // the form was sent twice
			t.Error("one form made two offers")
		}
	})
}

// However often and from however many tabs it is asked for, there is one offer.
func TestOneOffer(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents").click(b.say("docs.see"))
		path, form, cookie := b.path, b.hiddenFields(), b.cookies["session"]
		b.send(http.MethodPost, path, form)
		first := b.follow().offerID()
		b.send(http.MethodPost, path, form) // sent twice
		if got := b.follow().offerID(); got != first {
			t.Error("sent twice, two offers")
		}
		tab := b.browser(b.lang) // another tab of the same browser
		tab.cookies["session"] = cookie
		tab.get(path).post(nil)
		if got := tab.offerID(); got != first {
			t.Error("two tabs, two offers")
		}
	})
}

// Sent twice at the same moment, both see a visit without an offer: they make the same one.
func TestOneOfferWhenSentAtOnce(t *testing.T) {
	b := newWorld(t).browser("en")
	b.enter(b.michael(), "documents").click(b.say("docs.see"))
	path, form, cookie := b.path, b.hiddenFields(), b.cookies["session"]
	ids := make(chan string, 2)
	b.records.facts = nil
	sealed, err := b.store.Session(context.Background(), digestOf(cookie))
	must(t, err)
	for range 2 {
		must(t, b.store.PutSession(context.Background(), digestOf(cookie), sealed, b.now.Add(time.Minute))) // as it was before either
		b.send(http.MethodPost, path, form)
		ids <- b.follow().offerID()
	}
	if first, second := <-ids, <-ids; first != second {
		t.Error("two offers")
	}
}

// An address of another person's visit leads nowhere, and says what to do.
func TestAnotherPersonsOffer(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		path, what := b.path, b.link(b.say("common.back"), 0)
		other := b.browser(b.lang)
		account := b.person("Llŷr", "Siân", "A0046SY")
		account.Wallet = otherWallet
		other.enter(account, "documents")
		for _, p := range []string{path, path + "/state", path + "/qr.png", "/remove/x", "/documents/x"} {
			other.get(p)
			if other.last.Code != http.StatusNotFound {
				t.Errorf("%s: %d (%s)", p, other.last.Code, what)
			}
		}
		other.get(path).shows(b.say("elsewhere.text"))
	})
}

// The decision is taken again when the offer is made: the page may have been open for an hour.
func TestRefusedWhileThePageWasOpen(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents").click(b.say("docs.see"))
		b.records.facts = func(_ string, f credential.Facts) { f["recalled"] = true }
		b.post(nil).shows(b.say("why.neutral"))
	})
}

// P8.
func TestYourDocuments(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		a := b.michael()
		b.enter(a, "documents").lacks(b.say("docs.have"))
		for n, c := range []struct{ configuration, event string }{{licence, accepted}, {release, ""}} {
			b.get("/documents")
			b.get(b.link(b.say("docs.see"), 0)).post(nil)
			b.collects(wallet, c.configuration, b.offerID(), "A0001SY", "", c.event)
			_ = n
		}
		b.get("/documents").shows(b.say("docs.have"), b.say("status.active"), b.say("docs.late"), b.say("docs.lost.text")).lacks(b.say("docs.add"))
		open := b.link(b.say("docs.open"), 0)
		b.get(open).shows(b.say("status.active"), b.say("item.remove"), map[string]string{"en": "25 December 2026", "cy": "25 Rhagfyr 2026"}[b.lang])
		b.now = b.now.AddDate(0, 0, 30)
		b.enter(a, "documents").shows(b.say("status.expired"), b.say("docs.add")).click(b.say("docs.open"))
		b.shows(b.say("status.expired.text"), b.say("item.update"))
	})
}

func TestADocumentThatWasEnded(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		c := b.collects(wallet, licence, b.offerID(), "A0001SY", "", accepted)
		must(t, b.store.MarkRevoked(context.Background(), c.ID, b.now, "RECALLED_STANDARD"))
		b.get("/documents").shows(b.say("status.ended")).click(b.say("docs.open"))
		b.shows(b.say("status.ended.text"))
		b.now = b.now.AddDate(0, 0, 30)
		b.enter(b.michael(), "documents").shows(b.say("status.expired")) // having expired says less
	})
}

func TestADocumentThatWasDeclinedIsNotListed(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		b.collects(wallet, licence, b.offerID(), "A0001SY", "", oid4vci.EventDeleted)
		b.get("/documents").lacks(b.say("docs.have"))
	})
}

func TestRemove(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		first := b.collects(wallet, licence, b.offerID(), "A0001SY", "", accepted)
		refreshed := b.collects(wallet, licence, "", "A0001SY", "", accepted) // a refresh made another copy
		stranger := b.collects(otherWallet, licence, "", "A0001SY", "", accepted)
		b.get("/documents").click(b.say("docs.open")).click(b.say("item.remove"))
		b.shows(b.say("remove.warning"), b.say("remove.text"), b.say("remove.keep"))
		if len(b.reasons) != 0 {
			t.Fatal("ended before it was confirmed")
		}
		form, path := b.hiddenFields(), b.path
		b.post(nil).shows(b.say("removed.text"), b.say("removed.app"))
		b.send(http.MethodPost, path, form) // sent twice
		b.follow().shows(b.say("removed.text"))
		if !reflect.DeepEqual(b.reasons, []string{"HOLDER_REQUEST", "HOLDER_REQUEST"}) {
			t.Errorf("ended for %v", b.reasons)
		}
		for id, want := range map[string]bool{first.ID: true, refreshed.ID: true, stranger.ID: false} {
			if c, err := b.store.Credential(context.Background(), id); err != nil || !c.Revoked.IsZero() != want {
				t.Errorf("%s: ended %v (%v)", id, c.Revoked, err)
			}
		}
		b.get("/documents").shows(b.say("status.ended"), b.say("docs.add")) // lost phone: remove, then add anew
	})
}

// A document can be removed while the systems of record are away.
func TestRemoveWithoutRecords(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		b.collects(wallet, licence, b.offerID(), "A0001SY", "", accepted)
		b.get("/documents").click(b.say("docs.open"))
		path := b.link(b.say("item.remove"), 0)
		b.records.away = true
		b.get(path).post(nil).shows(b.say("removed.text"))
	})
}

func TestRefresh(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "refresh").shows(b.say("refresh.none.title"))
		b.get("/documents").click(b.say("docs.see")).post(nil)
		c := b.collects(wallet, licence, b.offerID(), "A0001SY", "", accepted)
		must(t, b.store.MarkRevoked(context.Background(), c.ID, b.now, "LICENCE_VARIED"))
		b.get("/refresh").shows(b.say("refresh.title")).click(b.say("item.update"))
		b.shows(b.say("what.lead")).post(nil).shows(b.say("offer.account"))
		if b.offerID() == "" {
			t.Error("no offer")
		}
		b.records.facts = func(_ string, f credential.Facts) { f["recalled"] = true }
		b.get("/refresh").shows(b.say("refresh.no.title"), b.say("refresh.no.text"), b.say("why.neutral"))
		b.records.facts = func(_ string, f credential.Facts) { f["licence_current"] = false }
		b.get("/refresh").shows(b.say("why.licence_ended")) // good news is told
	})
}

// A wallet opens the page without a session: it leads through signing in, and back.
func TestRefreshBeginsSignedOut(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.signIn.account = b.michael()
		b.get("/refresh").shows(b.say("shared.title"))
		b.post(nil)
		b.get("/sign-in/return?state=good&code=c").shows(b.say("refresh.none.title"))
		if b.path != "/refresh" {
			t.Errorf("it leads to %s", b.path)
		}
	})
}

func TestRecordsAway(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents")
		b.records.away = true
		for _, path := range []string{"/documents", "/documents/choose", "/refresh", "/letter"} {
			b.get(path).shows(b.say("away.title"), b.say("away.text"))
			if b.last.Code != http.StatusServiceUnavailable {
				t.Errorf("%s: %d", path, b.last.Code)
			}
		}
	})
}

func TestSignOutAndExit(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents")
		kept := b.cookies["session"]
		b.get("/sign-out").shows(b.say("signedout.title"), b.say("signedout.shared"))
		b.cookies["session"] = kept // the name is worth nothing any more
		b.get("/documents").shows(b.say("ended.title"))

		b.enter(b.michael(), "documents")
		kept = b.cookies["session"]
		if a := b.send(http.MethodGet, "/exit", nil); a.Code != http.StatusSeeOther || a.Header().Get("Location") != "https://www.bbc.co.uk/weather" || a.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("exit: %d %v", a.Code, a.Header())
		}
		b.cookies["session"] = kept
		b.get("/documents").shows(b.say("ended.title"))
	})
}

func TestSignedOutByTime(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter(b.michael(), "documents")
		for range 3 { // used, it goes on
			b.now = b.now.Add(19 * time.Minute)
			b.get("/documents").shows(b.say("docs.title"))
		}
		b.now = b.now.Add(20 * time.Minute)
		b.get("/documents").shows(b.say("ended.title")).click(b.say("signin")).shows(b.say("shared.title"))
	})
}

// Two accounts in one browser: nothing of the first is left for the second.
func TestAnotherAccountInTheSameBrowser(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.chosen()
		path := b.path
		b.get("/sign-out")
		other := b.person("Llŷr", "Siân", "A0046SY")
		other.Wallet = otherWallet
		b.enter(other, "documents").shows("Siân Llŷr").lacks("Michael")
		b.get(path).shows(b.say("elsewhere.title"))
	})
}

func TestTheLogNamesNobody(t *testing.T) {
	b := newWorld(t).browser("en")
	b.chosen()
	b.collects(wallet, licence, b.offerID(), "A0001SY", "", accepted)
	b.get("/documents").click("See details").click("Remove").post(nil)
	b.records.away = true
	b.get("/documents")
	for _, secret := range []string{"Example", "Michael", "A0001SY", "urn:fdc", "1987", "sub-", "LB-SYN"} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
