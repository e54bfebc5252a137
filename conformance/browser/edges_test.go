//go:build browser

package browser_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
)

// line is the verifier's line to issuers, which a test can cut.
type line struct{ cut atomic.Bool }

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.cut.Load() {
		return nil, errors.New("the line is cut")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestWhatGoesWrongForStaffAndOrganisations walks the edges of the desk's journey, and an ending that needs two people: each ends in
// the right page, that the judge passes.
func TestWhatGoesWrongForStaffAndOrganisations(t *testing.T) {
	record := &browser.Record{}
	b := start(t, record)
	inEvery(t, browser.Edges(), func(t *testing.T, mode browser.Mode) {
		c, l := &clock{}, &line{}
		r, err := rig.Start(context.Background(), rig.Options{Pages: true, Log: logs{record}, Now: c.now, VerifierTransport: l})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		window := func(name string) walker {
			tab, err := b.Person(name, mode)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tab.Close)
			return walker{t, tab, r}
		}
		officer := window("officer")
		officer.desk("/?lang=" + mode.Language)
		officer.joins("council")
		officer.onThisDevice()
		officer.fromAnotherPhone()
		officer.beforeItBegins(c)
		officer.hearsNothing(c)
		officer.cannotAskTheIssuer(c, l)
		staff, colleague, person := window("staff"), window("colleague"), window("person")
		staff.gives(c)
		person.visit("/?lang=" + mode.Language)
		person.signIn("Alex Example (synthetic)")
		person.asksForALetter()
		staff.printsWhatWaits()
		endsByTwo(staff, colleague, c)
		officer.afterItsEnd(c)
		endsAlone(staff, colleague, c)
	})
	for _, trouble := range record.Troubles() {
		t.Error(trouble)
	}
	for _, leak := range betrayed(t, record) {
		t.Error(leak)
	}
}

// is judges the page under its heading.
func (w walker) is(name, en, cy string) {
	w.t.Helper()
	w.must(w.tab.Await(w.say(en, cy)))
	w.look(name)
}

var receiptNumber = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b`)

// onThisDevice has the person whose document it is answer where the check began, and then looks the receipt up.
func (w walker) onThisDevice() {
	w.t.Helper()
	offer, err := w.rig.Offer(context.Background(), rig.OfferRequest{
		DocumentType: "uk.gov.justice.prisonrelease.1", Format: "mdoc", Record: "A0001SY", WalletSubject: onelogin.SyntheticAccounts()[0].WalletSubject,
	})
	w.must(err)
	w.visit(w.rig.WalletURL + "/")
	w.pressWallet("Choose")
	w.visit(offer)
	w.pressWallet("Add")
	w.desk("/ask?purpose=council-housing")
	w.press("The document is on this device", "Mae'r ddogfen ar y ddyfais hon")
	w.look("desk: on this device")
	w.press("Open the app", "Agor yr ap")
	w.pressWallet("Share")
	w.is("desk: back from the app", "This document is genuine and valid", "Mae'r ddogfen hon yn ddilys ac yn gyfredol")
	w.tap("More for a trained checker", "Mwy i wiriwr hyfforddedig")
	w.look("desk: in detail")
	text, err := w.tab.Text()
	w.must(err)
	w.desk("/receipts")
	w.must(w.tab.Fill(w.say("Receipt number", "Rhif y dderbynneb"), receiptNumber.FindString(text)))
	w.press("Find", "Chwilio")
	w.is("desk: receipt", "There was a check", "Bu gwiriad")
}

// fromAnotherPhone has a phone show what was issued to another.
func (w walker) fromAnotherPhone() {
	w.t.Helper()
	_, held := w.phone()
	thief, err := w.rig.NewWallet(context.Background(), onelogin.SyntheticAccounts()[1].WalletSubject)
	w.must(err)
	w.checks("another phone", thief, held, "This document is not being shown from the phone it was issued to",
		"Nid yw'r ddogfen hon yn cael ei dangos o'r ffôn y'i cyhoeddwyd iddo")
}

// beforeItBegins has a phone show a document to a desk whose clock is a day behind its issuer's.
func (w walker) beforeItBegins(c *clock) {
	w.t.Helper()
	c.pass(24 * time.Hour)
	phone, held := w.phone()
	c.pass(-24 * time.Hour)
	w.checks("not yet valid", phone, held, "This document cannot be used yet", "Ni ellir defnyddio'r ddogfen hon eto")
}

func (w walker) hearsNothing(c *clock) {
	w.t.Helper()
	w.desk("/ask?purpose=council-housing")
	w.press("Show a code to scan", "Dangos cod i'w sganio")
	page := w.tab.Address()
	c.pass(6 * time.Minute)
	w.visit(page)
	w.is("desk: heard nothing", "We did not hear from the phone", "Ni chlywsom gan y ffôn")
}

func (w walker) cannotAskTheIssuer(c *clock, l *line) {
	w.t.Helper()
	phone, held := w.phone()
	l.cut.Store(true)
	c.pass(16 * time.Minute)
	w.checks("status unknown", phone, held, "We could not check if this document is still valid", "Ni allem wirio a yw'r ddogfen hon yn dal yn ddilys")
	l.cut.Store(false)
}

// staff signs in at the stand-in for HMPPS Auth.
func (w walker) staff(name string) {
	w.t.Helper()
	w.visit("/console?lang=" + w.tab.Mode.Language)
	w.press("Sign in", "Mewngofnodi")
	w.must(w.tab.Tap(name))
	w.pressWallet("Continue")
}

// endsByTwo ends a list of documents, which takes a second person.
func endsByTwo(staff, colleague walker, c *clock) {
	staff.t.Helper()
	_, held := staff.phone()
	staff.visit("/console/batch")
	staff.look("console: a list")
	staff.must(staff.tab.Fill(staff.say("Documents to end", "Dogfennau i ddod â nhw i ben"), held.NotificationID))
	staff.tap("Details are wrong", "Mae'r manylion yn anghywir")
	staff.press("Continue", "Parhau")
	staff.look("console: a list, what will happen")
	staff.press("Continue", "Parhau")
	staff.look("console: a list, check your answers")
	staff.press("End now", "Dod i ben nawr")
	staff.is("console: a second person", "A second person must agree", "Rhaid i ail berson gytuno")

	colleague.staff("Synthetic colleague who approves")
	colleague.visit("/console/queue")
	colleague.look("console: queue")
	colleague.follow(`a[href^="/console/endings/"]`)
	colleague.look("console: what a colleague asks")
	colleague.press("I agree – end these documents", "Rwy'n cytuno – dod â'r dogfennau hyn i ben")
	colleague.look("console: agreed")
	page := colleague.tab.Address()
	for range 2 {
		c.pass(11 * time.Second)
		colleague.must(colleague.rig.Issuer.Work(context.Background()))
		colleague.must(colleague.rig.Issuer.Publish(context.Background()))
	}
	c.pass(11 * time.Second)
	colleague.must(colleague.rig.Issuer.Work(context.Background()))
	colleague.visit(page)
	colleague.is("console: ended by two", "Done", "Wedi gorffen")
}

// endsAlone ends more documents than one person may, after a recall and on one person's word: their page says that the record
// does not support them, and the published list is late.
func endsAlone(staff, colleague walker, c *clock) {
	w := staff
	w.t.Helper()
	for range 11 {
		w.phone()
	}
	w.must(w.rig.HMPPS.Recall("released-recently"))
	w.staff("Synthetic caseworker")
	w.visit("/console")
	w.must(w.tab.Fill(w.say("Prison number or CRN", "Rhif carchar neu CRN"), "A0001SY"))
	w.press("Search", "Chwilio")
	w.pressWallet("Michael John Example")
	w.look("console: the record does not support them")
	w.follow(".govuk-notification-banner a")
	w.tap("Standard recall", "Galw'n ôl safonol")
	w.press("Continue", "Parhau")
	w.press("Continue", "Parhau")
	w.press("End now", "Dod i ben nawr")
	w.is("console: a second person, or an emergency", "A second person must agree", "Rhaid i ail berson gytuno")
	w.press("End these documents on my word", "Dod â'r dogfennau hyn i ben ar fy ngair i")
	w.is("console: on one person's word", "It ends in a few seconds", "Bydd yn dod i ben mewn ychydig eiliadau")
	page := w.tab.Address()
	for _, wait := range []time.Duration{11 * time.Second, 15 * time.Minute} {
		c.pass(wait)
		w.must(w.rig.Issuer.Work(context.Background()))
	}
	w.visit("/console")
	w.is("console: the published list is late", "Find a person", "Dod o hyd i berson")
	w.visit(page)
	w.is("console: an ending that is late", "The documents are ending", "Mae'r dogfennau'n dod i ben")
	w.must(w.rig.Issuer.Publish(context.Background()))
	c.pass(11 * time.Second)
	w.must(w.rig.Issuer.Work(context.Background()))

	colleague.staff("Synthetic colleague who approves")
	colleague.visit("/console/queue")
	colleague.follow(`a[href^="/console/endings/"]`)
	colleague.is("console: done on one person's word", "Done on one person's word", "Wedi gorffen ar air un person")
	colleague.press("I have looked at this", "Rwyf wedi edrych ar hyn")
	colleague.is("console: looked at", "Done", "Wedi gorffen")
}

// printsWhatWaits prints the letter that somebody asked for.
func (w walker) printsWhatWaits() {
	w.t.Helper()
	w.visit("/console/letters")
	w.look("console: a letter waits")
	w.press("Print", "Argraffu")
	w.look("letter on paper, as it was asked for")
	w.visit("/console/letters")
	w.look("console: no letter waits")
}

// gives has a caseworker give a document, approve a job, and print a letter.
func (w walker) gives(c *clock) {
	w.t.Helper()
	w.phone() // whose wallet is known from now on
	w.staff("Synthetic caseworker")
	w.visit("/console")
	w.must(w.tab.Fill(w.say("Prison number or CRN", "Rhif carchar neu CRN"), "A0001SY"))
	w.press("Search", "Chwilio")
	w.pressWallet("Michael John Example")
	page := w.tab.Address()
	w.press("Give a document", "Rhoi dogfen")
	w.look("console: give a document")
	w.tap("HMPPS confirmation", "Cadarnhad HMPPS")
	w.press("Make the offer", "Gwneud y cynnig")
	w.is("console: given", "The document is ready", "Mae'r ddogfen yn barod")

	w.visit(page)
	w.press("Approvals", "Cymeradwyaethau")
	w.press("Approve a place to live or a job", "Cymeradwyo lle i fyw neu swydd")
	w.tap("A job", "Swydd")
	until := c.now().AddDate(0, 3, 0)
	for label, value := range map[string]string{
		w.say("Address or employer", "Cyfeiriad neu gyflogwr"): "Synthetic Bakery, baker", w.say("Phone number of your team", "Rhif ffôn eich tîm"): "020 7946 0131",
		w.say("Day", "Diwrnod"): until.Format("2"), w.say("Month", "Mis"): until.Format("1"), w.say("Year", "Blwyddyn"): until.Format("2006"),
	} {
		w.must(w.tab.Fill(label, value))
	}
	w.tap("Nothing", "Dim byd")
	w.press("Approve", "Cymeradwyo")
	w.look("console: approved")

	w.visit(page)
	w.press("Print a letter", "Argraffu llythyr")
	w.look("console: print a letter")
	w.press("Make the letter", "Gwneud y llythyr")
	w.look("console: print a letter, nothing said")
	w.tap("For a council, or to claim a benefit", "Ar gyfer cyngor, neu i hawlio budd-dal")
	w.tap("Normal print", "Print arferol")
	w.tap("In English", "Yn Gymraeg")
	w.press("Make the letter", "Gwneud y llythyr")
	w.look("letter on paper")
	w.visit("/console/letters")
	w.is("console: letters to print", "Letters to print", "Llythyrau i'w hargraffu")
}

// afterItsEnd has a phone show a document a month after it was given.
func (w walker) afterItsEnd(c *clock) {
	w.t.Helper()
	phone, held := w.phone()
	c.pass(31 * 24 * time.Hour)
	w.must(w.rig.Issuer.Publish(context.Background()))
	w.joins("council")
	w.checks("expired", phone, held, "This document has expired", "Mae'r ddogfen hon wedi dod i ben")
}
