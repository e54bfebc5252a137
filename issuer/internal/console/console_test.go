package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/console"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

// inBoth runs a journey in both languages.
func inBoth(t *testing.T, journey func(t *testing.T, lang string)) {
	for _, lang := range []string{"en", "cy"} {
		t.Run(lang, func(t *testing.T) { journey(t, lang) })
	}
}

func TestMessagesAreTranslated(t *testing.T) {
	m, err := ui.ParseMessages(console.Messages())
	if err != nil {
		t.Fatal(err)
	}
	uitest.Translated(t, m, "common.govuk", "common.phase.beta")
	if !m.Draft(ui.Cymraeg) || m.Draft(ui.English) {
		t.Error("the Welsh is not marked as a draft, or the English is")
	}
}

func TestSearchAndPerson(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		w.issue(1, michael, release, "")
		b := w.in(lang, staff("A", everything...))
		b.find("a0001 sy").status(http.StatusOK).says("Michael John Example", michael, "HMPP-0001", b.say("documents.end"))
		home := b.path
		b.get(home+"/timeline").says(b.say("happened.ISSUED"), michael)
		b.get(home+"/licence").says(b.say("licence.active"), b.say("licence.yes"))
		b.get(home + "/approvals").says(b.say("approvals.none"))
		b.get("/console/results").says("Synthetic team")
		views := 0
		for _, e := range w.events {
			if e.What == "person.view" && e.Who == "A" {
				views++
			}
		}
		if views != 4 {
			t.Errorf("%d views in the audit, want 4", views)
		}
	})
}

func TestSearchByNameAndWrongSearches(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		b := newWorld(t).in(lang, staff("A", everything...))
		for _, c := range []struct {
			form url.Values
			key  string
		}{
			{url.Values{}, "search.wrong.nothing"},
			{url.Values{"number": {"A12"}}, "search.wrong.number"},
			{url.Values{"number": {"A0001SY"}, "family": {"Example"}}, "search.wrong.both"},
			{url.Values{"family": {"Example"}, "born-day": {"31"}, "born-month": {"2"}, "born-year": {"1990"}}, "search.wrong.born"},
			{url.Values{"given": {"Jo"}}, "search.wrong.family"},
			{url.Values{"number": {"A0001SY"}, "wider": {"CURIOSITY"}}, "search.wrong.wider"},
		} {
			b.get("/console").submit("/console", c.form).says(b.say(c.key))
		}
		script := `<script>alert("x")</script>'`
		b.get("/console").submit("/console", url.Values{"number": {script}, "family": {script}, "given": {script}, "born-day": {script}, "wider": {script}})
		b.status(http.StatusOK).says(script) // given back, as text
		if strings.Contains(b.last.Body.String(), "<script>alert") {
			t.Error("a script stands on the page")
		}
		born := url.Values{"family": {"example"}, "born-day": {"12"}, "born-month": {"5"}, "born-year": {"1987"}}
		b.get("/console").submit("/console", born)
		if b.path != "/console/results" {
			t.Errorf("%s", plain(b.last.Body.String()))
		}
	})
}

func TestWhatMayNotBeKnownLooksLikeNothing(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		b := newWorld(t).in(lang, staff("A", everything...))
		var pages []string
		for _, number := range []string{hidden, elsewhere, "A9999ZZ"} {
			b.get("/console").submit("/console", url.Values{"number": {number}}).says(b.say("noaccess.title"))
			pages = append(pages, b.last.Body.String())
		}
		if pages[0] != pages[1] || pages[1] != pages[2] {
			t.Error("the pages can be told apart")
		}
		b.get("/console").submit("/console", url.Values{"number": {hidden}, "wider": {"OUT_OF_HOURS_DUTY"}}).says(b.say("noaccess.title"))
		b.get("/console").submit("/console", url.Values{"number": {elsewhere}, "wider": {"OUT_OF_HOURS_DUTY"}}).silent(b.say("noaccess.title"))
		b.get("/console/people/AAAAAAAAAAAAAAAAAAAAAA").status(http.StatusNotFound).says(b.say("noaccess.title"))
	})
}

func TestAnAddressMeansNothingInAnothersVisit(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.in("en", staff("A", everything...)), w.in("en", staff("B", everything...))
	home := ann.find(michael).path
	bob.find(michael)
	if bob.path == home {
		t.Error("two visits name one person alike")
	}
	bob.get(home).status(http.StatusNotFound)
}

func TestNoAuditNoPage(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		b := w.in(lang, staff("A", everything...)).find(michael)
		home := b.path
		w.auditDown = true
		for _, path := range []string{home, home + "/timeline", home + "/licence", home + "/approvals", home + "/offer", "/console/results"} {
			b.get(path).status(http.StatusServiceUnavailable).silent("Michael", michael).says(b.say("away.title"))
		}
	})
}

// choose goes from the person to the page that asks for the reason.
func (b *browser) choose(key string) *browser { return b.get(b.link(key)) }

// confirm goes from the page of reasons to the ending.
func (b *browser) confirm(typed url.Values) *browser {
	b.t.Helper()
	base := b.path
	b.submit(base, typed)
	b.says(b.say("effect.undo"))
	b.submit(base+"/effect", nil).says(b.say("check.button"))
	return b.submit(base+"/check", nil)
}

func TestEndAllOfAPerson(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		first, second, third := w.issue(1, michael, release, ""), w.issue(2, michael, licence, ""), w.issue(3, michael, release, "")
		b := w.in(lang, staff("A", everything...)).find(michael).choose("documents.endall")
		reasons, base := b.path, b.path
		b.submit(base, url.Values{"reason": {"RECALLED_STANDARD"}, "note": {"why"}}).says(b.say("end.wrong.note"), "why")
		b.submit(base, nil).says(b.say("end.wrong.reason"))
		b.submit(base, url.Values{"reason": {"RECALLED_STANDARD"}, "note": {""}})
		if lang == "en" {
			b.says("3 documents, of 2 kinds.", "up to 8 hours", "This cannot be undone.")
		}
		b.submit(base+"/effect", nil).says(b.say("reason.RECALLED_STANDARD"), b.say("check.change"))
		form := b.filled(nil)
		b.post(base+"/check", form).says(b.say("ending.PLANNED.title"), b.say("ending.stop"), `data-refresh="5"`).silent(`http-equiv="refresh"`)
		ending := b.path
		b.get(b.link("ending.watch")).says(`http-equiv="refresh"`).get(b.link("ending.unwatch")).silent(`http-equiv="refresh"`)
		if b.post(base+"/check", form); b.path != ending {
			t.Errorf("a form sent twice made two endings: %s, %s", ending, b.path)
		}
		w.now = start.Add(casework.StopTime)
		w.work()
		b.get(ending).says(b.say("ending.RUNNING.title"), b.say("progress.ENDED")).silent(b.say("ending.stop"))
		w.published = true
		w.work()
		b.get(ending).says(b.say("ending.DONE.title"), b.say("progress.SEEN"), b.say("ending.again"))
		if !w.revoked(first) || !w.revoked(second) || !w.revoked(third) {
			t.Error("a document still stands")
		}
		b.choose("ending.back").says(b.say("reason.RECALLED_STANDARD")).silent(b.say("documents.endall"))
		b.get(b.path+"/timeline").says(b.say("happened.ENDED"), b.say("happened.PUBLISHED"))
		b.get(reasons).status(http.StatusOK)
		b.submit(base, url.Values{"reason": {"DIED"}}).status(http.StatusNotFound).says(b.say("nothing.title"))
	})
}

func TestStopThis(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		id := w.issue(1, michael, release, "")
		b := w.in(lang, staff("A", everything...)).find(michael).choose("documents.end").confirm(url.Values{"reason": {"SAFETY"}, "note": {`<script>x</script>`}})
		ending := b.path
		form := b.filled(nil)
		b.post(ending+"/stop", form).says(b.say("ending.STOPPED.title"))
		b.post(ending+"/stop", form).says(b.say("ending.STOPPED.title"))
		w.now = start.Add(time.Minute)
		if w.work(); w.revoked(id) {
			t.Error("it was stopped, and ran")
		}
		home := b.get("/console/results").find(michael).path
		b.get(home).choose("documents.end").confirm(url.Values{"reason": {"DIED"}})
		late, stop := b.path, b.filled(nil)
		w.now = w.now.Add(casework.StopTime)
		b.post(late+"/stop", stop).status(http.StatusConflict).says(b.say("late.title"))
	})
}

func TestAChangedEffectIsNotAgreedTo(t *testing.T) {
	w := newWorld(t)
	w.issue(1, michael, release, "")
	b := w.in("en", staff("A", everything...)).find(michael).choose("documents.endall")
	base := b.path
	b.submit(base, url.Values{"reason": {"DIED"}}).submit(base+"/effect", nil)
	form := b.filled(nil)
	w.issue(2, michael, licence, "")
	b.post(base+"/check", form).status(http.StatusConflict).says("What would end has changed")
}

func TestMoreThanTenNeedASecondPerson(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		var ids []string
		for n := range 11 {
			ids = append(ids, w.issue(n+1, michael, release, ""))
		}
		both := staff("A", append(everything, casework.RoleApprove)...)
		first := w.in(lang, both).find(michael).choose("documents.endall").confirm(url.Values{"reason": {"DIED"}})
		ending := first.says(first.say("ending.AWAITING.title")).silent(first.say("queue.agree")).path
		first.post(ending+"/approve", first.filled(nil)).status(http.StatusForbidden).says(first.say("same.title"))
		w.now = start.Add(time.Minute)
		if w.work(); w.revoked(ids[0]) {
			t.Fatal("it ran with one person")
		}
		second := w.in(lang, staff("B", casework.RoleView, casework.RoleApprove))
		second.get("/console/queue")
		for href := range addresses(second.last.Body.String()) {
			if strings.HasPrefix(href, "/console/endings/") {
				second.get(href)
			}
		}
		second.says(second.say("queue.agree"), second.say("reason.DIED"))
		second.submit(ending+"/approve", nil).says(second.say("ending.PLANNED.title"))
		w.now = w.now.Add(casework.StopTime)
		if w.work(); !w.revoked(ids[0]) || !w.revoked(ids[10]) {
			t.Error("two people agreed, and it did not run")
		}
		second.get("/console/queue").says(second.say("queue.none"))
	})
}

// In an emergency nobody waits for the second person, who looks at it afterwards; and who ended is told when the world does not
// know after a quarter of an hour.
func TestAnEmergency(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		var ids []string
		for n := range 11 {
			ids = append(ids, w.issue(n+1, michael, release, ""))
		}
		first := w.in(lang, staff("A", everything...)).find(michael).choose("documents.endall").confirm(url.Values{"reason": {"RECALLED_STANDARD"}})
		ending := first.says(first.say("ending.AWAITING.title"), first.say("alone.text")).path
		first.submit(ending+"/alone", nil).says(first.say("ending.PLANNED.title"))
		w.now = w.now.Add(casework.StopTime)
		if w.work(); !w.revoked(ids[0]) || !w.revoked(ids[10]) {
			t.Fatal("it waits")
		}
		first.get("/console").silent(first.say("ending.late"))
		w.now = w.now.Add(casework.PublishTime)
		w.work()
		first.get("/console").says(first.say("ending.late")).get(ending).says(first.say("ending.late"))
		w.published = true
		w.work()
		first.get("/console").silent(first.say("ending.late")).get(ending).says(first.say("ending.REVIEW.title"))
		second := w.in(lang, staff("B", casework.RoleView, casework.RoleApprove))
		second.get("/console/queue").says(second.say("reason.RECALLED_STANDARD")).get(ending).says(second.say("review.text"))
		second.submit(ending+"/review", nil).says(second.say("ending.DONE.title"))
		second.get("/console/queue").says(second.say("queue.none"))
	})
}

// What stands though the record would not give it now is shown, and to end it is suggested.
func TestWhatTheRecordDoesNotSupport(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		w.issue(1, michael, release, "")
		w.issue(2, recalled, release, "")
		b := w.in(lang, staff("A", everything...))
		b.find(michael).silent(b.say("suggest.important"))
		b.find(recalled).says(b.say("suggest.important"), b.words.In(ui.Language(lang)).Count("suggest.text", 1)).choose("documents.endall")
		reader := w.in(lang, staff("C", casework.RoleView))
		reader.find(recalled).says(reader.say("suggest.important")).silent(reader.say("documents.endall"))
	})
}

func TestARecordThatCannotBeReadSuggestsNothing(t *testing.T) {
	w := newWorld(t, func(d *console.Deps) { d.Records = awayRecords{d.Records} })
	w.issue(1, michael, release, "")
	b := w.in("en", staff("A", everything...))
	b.find(michael).says(b.say("suggest.away"))
}

// What another service planned, for too many documents to list, is agreed to and followed here in numbers.
func TestALargeEndingIsAgreedTo(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		ids := []string{w.issue(1, michael, release, ""), w.issue(2, michael, release, "")}
		ending, err := w.casework.PlanLarge(t.Context(), casework.Staff{Username: "SYN_DUTY", Roles: []string{casework.RoleRevoke}},
			casework.Request{ID: "large-1", Scope: casework.ScopeBatch, Batch: append(ids, "nobody's"), Reason: issuance.ReasonKeyCompromise})
		must(t, err)
		second := w.in(lang, staff("B", casework.RoleView, casework.RoleApprove))
		path := "/console/endings/" + ending.ID
		second.get("/console/queue").says("SYN_DUTY", "3").get(path).says(second.say("reason.KEY_COMPROMISE"), second.say("queue.agree"), second.say("large.total"))
		second.silent(ids[0], second.say("large.gone"))
		second.submit(path+"/approve", nil).says(second.say("ending.PLANNED.title"))
		w.now, w.published = w.now.Add(casework.StopTime), true
		if w.work(); !w.revoked(ids[0]) || !w.revoked(ids[1]) {
			t.Error("they did not end")
		}
		second.get(path).says(second.say("ending.DONE.title"), second.say("large.seen"), second.say("large.gone")).silent(second.say("large.failed"))
	})
}

func TestABatch(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		id := w.issue(1, michael, release, "")
		b := w.in(lang, staff("A", everything...)).get("/console/batch")
		b.submit("/console/batch", url.Values{"reason": {"KEY_COMPROMISE"}}).says(b.say("batch.wrong"))
		b.submit("/console/batch", url.Values{"reason": {"KEY_COMPROMISE"}, "batch": {"nobody's"}}).status(http.StatusNotFound)
		b.get("/console/batch").confirm(url.Values{"reason": {"KEY_COMPROMISE"}, "batch": {id + "\r\n"}}).says(b.say("ending.AWAITING.title"))
	})
}

func TestWhoLacksTheRole(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		id := w.issue(1, michael, release, "")
		full := w.in(lang, staff("A", everything...)).find(michael)
		end := full.link("documents.endall")
		reader := w.in(lang, staff("R", casework.RoleView)).find(michael)
		reader.silent(reader.say("documents.endall"), reader.say("documents.give"), reader.say("documents.end"))
		home := reader.path
		mine := home + "/end/" + end[strings.LastIndex(end, "/")+1:]
		for _, path := range []string{mine, mine + "/effect", mine + "/check", home + "/offer", home + "/approval", "/console/batch", "/console/queue"} {
			reader.get(path).status(http.StatusForbidden).says(reader.say("role.title"))
		}
		reader.get("/console")
		form := reader.filled(url.Values{"reason": {"DIED"}, "kind": {"WORK"}, "document": {"x"}, "digest": {"x"}})
		for _, path := range []string{mine, mine + "/effect", mine + "/check", home + "/offer", home + "/approval", "/console/batch", "/console/batch/check", "/console/endings/x/stop", "/console/endings/x/approve"} {
			reader.post(path, form).status(http.StatusForbidden).says(reader.say("role.title"))
		}
		w.now = start.Add(time.Hour)
		if w.work(); w.revoked(id) || len(w.approvals) != 0 || w.offers != 0 {
			t.Error("something happened")
		}
		none := w.in(lang, staff("N"))
		none.status(http.StatusForbidden).says(none.say("norole.title"))
		none.get("/console").says(none.say("signin.title"))
	})
}

func TestEveryFormIsOfItsOwnSession(t *testing.T) {
	w := newWorld(t)
	b := w.in("en", staff("A", append(everything, casework.RoleApprove)...)).find(michael)
	home := b.path
	for _, path := range []string{"/console", home + "/offer", home + "/approval", "/console/batch", "/console/batch/effect", "/console/batch/check", "/console/endings/x/stop", "/console/endings/x/approve"} {
		b.post(path, url.Values{"_csrf": {"forged"}, "number": {michael}, "reason": {"DIED"}}).status(http.StatusForbidden).says("Open the page again")
	}
	other := w.browser("en")
	other.post("/console/sign-in", url.Values{"_csrf": {"forged"}}).status(http.StatusForbidden)
}

var anApproval = url.Values{
	"kind": {"ACCOMMODATION"}, "what": {"1 Synthetic Street, ZZ1 1ZZ"}, "until-day": {"1"}, "until-month": {"3"}, "until-year": {"2027"},
	"conditions": {"HOURS_LIMIT"}, "phone": {"020 7946 0131"},
}

func TestApprovals(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		b := w.in(lang, staff("A", everything...)).find(michael)
		home := b.path
		b.get(home+"/approval").submit(home+"/approval", url.Values{"what": {`<script>alert("x")</script>`}, "until-day": {"99"}})
		b.says(b.say("approval.wrong.kind"), b.say("approval.wrong.until"), b.say("approval.wrong.conditions"), b.say("approval.wrong.phone"), `<script>alert("x")</script>`, `value="99"`)
		if strings.Contains(b.last.Body.String(), "<script>alert") {
			t.Error("a script stands on the page")
		}
		form := b.filled(anApproval)
		b.post(home+"/approval", form).says("1 Synthetic Street", b.say("approvals.withdraw"))
		if b.post(home+"/approval", form); len(w.approvals) != 1 {
			t.Fatalf("%d approvals of one form", len(w.approvals))
		}
		id := w.issue(1, michael, approval, w.approvals[0].Reference)
		other := w.issue(2, michael, approval, "APR-0001")
		b.choose("approvals.withdraw").says(b.say("end.withdraw")).confirm(nil)
		ending := b.says(b.say("ending.PLANNED.title")).path
		w.now = start.Add(casework.StopTime)
		w.published = true
		w.work()
		b.get(ending).says(b.say("ending.DONE.title"))
		if !w.approvals[0].Withdrawn || !w.revoked(id) || w.revoked(other) {
			t.Error("the approval stands, or its document, or another one does not")
		}
		b.get(home + "/approvals").says(b.say("approvals.withdrawn")).silent(b.say("approvals.withdraw") + "<")
	})
}

func TestOffer(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		b := w.in(lang, staff("A", everything...)).find(michael)
		home := b.path
		b.get(home+"/offer").says(b.say("offer.nowallet"), issuerURL+"/")
		w.issue(1, michael, release, "")
		b.get(home+"/offer").submit(home+"/offer", nil).says(b.say("offer.wrong"))
		values := radio.FindAllStringSubmatch(b.last.Body.String(), -1)
		if len(values) < 2 {
			t.Fatalf("%d documents to choose", len(values))
		}
		offered := 0
		for _, v := range values {
			b.get(home + "/offer")
			form := b.filled(url.Values{"document": {v[1]}})
			before := w.offers
			b.post(home+"/offer", form)
			if !strings.Contains(b.last.Body.String(), "credential_offer") {
				b.says(b.say("offer.refused"))
				continue
			}
			offered++
			b.says(b.say("offered.title"), "data:image/png;base64,")
			if b.post(home+"/offer", form); w.offers != before+1 {
				t.Errorf("%d offers of one form", w.offers-before)
			}
		}
		if offered == 0 {
			t.Error("nothing could be offered")
		}
	})
}

func TestWhatWasTypedSurvivesTheSession(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		w.issue(1, michael, release, "")
		b := w.in(lang, staff("A", everything...)).find(michael)
		home := b.path
		b.get(home + "/approval")
		form := b.filled(anApproval)
		w.now = w.now.Add(time.Hour)
		b.post(home+"/approval", form).says(b.say("signin.kept"))
		b.submit("/console/sign-in", nil)
		b.get("/console/sign-in/return?state=" + fmt.Sprint(w.signIn.state)).status(http.StatusOK)
		b.says(b.say("approval.title"), "1 Synthetic Street, ZZ1 1ZZ", `value="2027"`, "020 7946 0131")
		if len(w.approvals) != 0 {
			t.Error("it was done without being seen again")
		}
		b.submit(b.path, anApproval)
		if len(w.approvals) != 1 {
			t.Errorf("%d approvals", len(w.approvals))
		}
		b.find(michael).choose("documents.endall")
		end := b.path
		b.submit(end, url.Values{"reason": {"SAFETY"}, "note": {"a note"}})
		check := b.filled(nil)
		w.now = w.now.Add(time.Hour)
		b.post(end+"/effect", check).submit("/console/sign-in", nil)
		b.get("/console/sign-in/return?state="+fmt.Sprint(w.signIn.state)).says(b.say("end.reason"), "a note")
	})
}

func TestWhatWasTypedIsNobodyElses(t *testing.T) {
	w := newWorld(t)
	b := w.in("en", staff("A", everything...)).find(michael)
	home := b.path
	b.get(home + "/approval")
	form := b.filled(anApproval)
	w.now = w.now.Add(time.Hour)
	b.post(home+"/approval", form)
	b.signIn.identity = staff("B", everything...)
	b.submit("/console/sign-in", nil)
	b.get("/console/sign-in/return?state=" + fmt.Sprint(w.signIn.state)).says("Find a person").silent("Synthetic Street")
}

func TestSignInThatIsNotToBeBelieved(t *testing.T) {
	inBoth(t, func(t *testing.T, lang string) {
		w := newWorld(t)
		b := w.browser(lang)
		b.signIn.identity = staff("A", everything...)
		b.get("/console/sign-in").submit("/console/sign-in", nil)
		b.get("/console/sign-in/return?state=forged").says(b.say("again.title"))
		b.get("/console/sign-in/return?state=1").says(b.say("signin.title")) // an attempt is good for once
		w.signIn.err = fault.New(fault.Unavailable, "sign_in_away", "")
		b.submit("/console/sign-in", nil)
		b.get("/console/sign-in/return?state=2").status(http.StatusServiceUnavailable).says(b.say("away.title"))
		w.signIn.err = nil
		b.signInAs(staff("A", everything...)).says(b.say("search.title"))
		b.get("/console/sign-out").says(b.say("signedout.title"))
		b.get("/console").says(b.say("signin.title"))
		b.get("/console/nowhere").status(http.StatusNotFound)
	})
}

var radio = regexp.MustCompile(`type="radio" value="([^"]+)"`)

// awayRecords are records whose system does not answer.
type awayRecords struct{ console.Records }

func (awayRecords) Facts(context.Context, string, issuance.Record) (credential.Facts, error) {
	return nil, fault.New(fault.Unavailable, "records_unavailable", "")
}
