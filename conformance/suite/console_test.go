package suite_test

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/ui/uitest"
)

// hours is a clock that a test moves.
type hours struct {
	mu sync.Mutex // held for the field below
	at time.Time
}

func (h *hours) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hours) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// caseworker is a member of staff who signs in at the stand-in for HMPPS Auth.
type caseworker struct{ *visitor }

// staffWords are what staff may read, and nobody else.
var staffWords = []string{"Prison number", "prison number", "Standard recall", "Fixed-term recall", "Resentenced", "RECALLED_STANDARD", "RECALLED_FIXED_TERM", "RESENTENCED"}

func signedIn(t *testing.T, r *rig.Rig, username string) caseworker {
	t.Helper()
	v := visit(t, r)
	v.allowed = append(slices.Clone(staffWords), "A0001SY", "X900001", "A1234AA", "X123456")
	v.at("/console").send(0, nil) // to HMPPS Auth
	v.send(0, url.Values{"account": {username}})
	return caseworker{v}
}

func (c caseworker) find(number string) caseworker {
	c.t.Helper()
	c.at("/console").send(0, url.Values{"number": {number}, "wider": {""}})
	return c
}

// TestTheConsole goes from the sign-in at HMPPS Auth to a document that everybody is told has ended, over everything
// assembled; and holds the log to naming nobody.
func TestTheConsole(t *testing.T) {
	clock := &hours{at: time.Now()}
	log := &safeBuffer{}
	r := start(t, rig.Options{Pages: true, Assets: uitest.Assets(t), Log: log, Now: clock.now})
	phone := newWallet(t, r)
	held, err := phone.Collect(context.Background(), offer(t, r, releaseOffer()))
	if err != nil {
		t.Fatal(err)
	}

	staff := signedIn(t, r, "SYN_CASEWORKER").find("A0001SY")
	staff.sees("Synthetic team").follow("Michael").sees("1 document stands", "A0001SY")
	person := staff.url.Path
	staff.follow("End all documents of this person").send(0, url.Values{"reason": {"RECALLED_STANDARD"}})
	staff.sees("1 document, of 1 kind.", "up to 8 hours", "This cannot be undone.").send(0, nil).sees("Check your answers", "Standard recall").send(0, nil)
	staff.sees("It ends in a few seconds", "Stop this")
	ending := staff.url.Path
	work := func() {
		t.Helper()
		if err := r.Issuer.Work(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if work(); strings.Contains(staff.at(ending).text(), "not yet in the published list") {
		t.Error("it ran while it could be stopped")
	}
	clock.pass(11 * time.Second)
	work()
	staff.at(ending).sees("The documents are ending", "not yet in the published list")
	if err := r.Issuer.Publish(context.Background()); err != nil {
		t.Fatal(err)
	}
	clock.pass(3 * time.Second)
	work()
	staff.at(ending).sees("Done", "seen in the published list", "Give a new document")
	staff.at(person+"/timeline").sees("Ended", "The end was seen in the published list", "Standard recall")
	if _, err := phone.Refresh(context.Background(), held); err == nil {
		t.Error("a document that was ended for a recall was renewed")
	}

	for _, number := range []string{"A0031SY", "A0046SY", "A9999ZZ"} { // restricted, another team's, nobody's
		staff.find(number).sees("You do not have access")
	}
	reader := signedIn(t, r, "SYN_READER")
	reader.find("A0001SY").follow("Michael")
	reader.at(reader.url.Path + "/offer").sees("You cannot do this")
	other := visit(t, r)
	other.at("/console").send(0, nil).send(0, url.Values{"account": {"SYN_OTHER"}})
	other.sees("Your account cannot use this service")
	uitest.Forbidden(t, log.String())
}

// TestAnApprovalOfTheConsole is kept where documents read from: it can be offered, and is refused once withdrawn.
func TestAnApprovalOfTheConsole(t *testing.T) {
	clock := &hours{at: time.Now()}
	r := start(t, rig.Options{Pages: true, Assets: uitest.Assets(t), Now: clock.now})
	phone := newWallet(t, r)
	if _, err := phone.Collect(context.Background(), offer(t, r, releaseOffer())); err != nil {
		t.Fatal(err)
	}
	staff := signedIn(t, r, "SYN_CASEWORKER").find("A0001SY")
	staff.follow("Michael").follow("Approvals").follow("Approve a place to live or a job")
	until := clock.now().AddDate(0, 3, 0)
	staff.send(0, url.Values{
		"kind": {"WORK"}, "what": {"Synthetic Bakery, baker"}, "conditions": {"NONE"}, "phone": {"020 7946 0131"},
		"until-day": {until.Format("2")}, "until-month": {until.Format("1")}, "until-year": {until.Format("2006")},
	})
	staff.sees("A job", "Synthetic Bakery, baker", "Approved")
	approvals := staff.url.Path
	staff.follow("Withdraw").send(0, nil).send(0, nil).send(0, nil).sees("It ends in a few seconds")
	clock.pass(11 * time.Second)
	if err := r.Issuer.Work(context.Background()); err != nil {
		t.Fatal(err)
	}
	staff.sees("Stop this").at(approvals).sees("Withdrawn")
}

// safeBuffer is a log that several services write at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
