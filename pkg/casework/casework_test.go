package casework_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oid4vci"
	"justice-wallet/pkg/store/memstore"
)

// The people below are synthetic.
const (
	ann = "A0001SY" // of our team
	bob = "A0002SY" // of another
	cat = "A0003SY" // nobody may be told of
)

var (
	start   = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	officer = casework.Staff{Username: "SYN_A", Roles: []string{casework.RoleView, casework.RoleIssue, casework.RoleRevoke}, Teams: []string{"N07SYN"}}
	second  = casework.Staff{Username: "SYN_B", Roles: []string{casework.RoleView, casework.RoleApprove}, Teams: []string{"N07SYN"}}
	reader  = casework.Staff{Username: "SYN_C", Roles: []string{casework.RoleView}, Teams: []string{"N07SYN"}}
)

// world is casework over the real register and plans, with cases, status and audit that a test can break.
type world struct {
	*casework.Service
	*memstore.Store
	t         *testing.T
	now       time.Time
	mu        sync.Mutex // held for what follows
	events    []audit.Event
	auditDown bool
	asked     []casework.Query
	revoked   []issuance.RevokeRequest
	statusErr error
	published map[int]bool
	withdrawn []string
	put       []casework.Approval
	log       bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: start, published: map[int]bool{}}
	w.Store = memstore.New(func() time.Time { return w.now })
	catalogue, err := document.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	w.restart(casework.Deps{
		Cases: w, Register: w.Store, Endings: w.Store, Approvals: w, Revoker: w, Published: w, Documents: catalogue, Audit: w,
		Key: []byte("key"), Now: func() time.Time { return w.now }, London: london, Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
	})
	return w
}

func (w *world) restart(d casework.Deps) { w.Service = casework.New(d) }

func (w *world) Record(_ context.Context, e audit.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.auditDown {
		return errors.New("the disk is full")
	}
	w.events = append(w.events, e)
	return nil
}

func (w *world) Find(ctx context.Context, q casework.Query) ([]casework.Case, error) {
	w.asked = append(w.asked, q)
	all := []casework.Case{
		{PrisonNumber: ann, Name: "Ann Synthetic", Team: "N07SYN"},
		{PrisonNumber: bob, Name: "Bob Synthetic", Team: "W01SYN"},
		{PrisonNumber: cat, Name: "Cat Synthetic", Team: "N07SYN", Restricted: true},
	}
	return slices.DeleteFunc(all, func(c casework.Case) bool { return q.PrisonNumber != "" && q.PrisonNumber != c.PrisonNumber }), nil
}

func (w *world) Revoke(ctx context.Context, r issuance.RevokeRequest) ([]issuance.Ended, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.statusErr != nil {
		return nil, w.statusErr
	}
	w.revoked = append(w.revoked, r)
	return nil, w.MarkRevoked(ctx, r.ID, w.now, string(r.Reason))
}

// RevokeAll ends no place: large_test.go does.
func (w *world) RevokeAll(context.Context, issuance.RevokeAllRequest) (issuance.Tally, error) {
	return issuance.Tally{}, errors.New("a large ending among the others")
}

func (w *world) Ended(_ context.Context, ref credential.StatusRef) (bool, error) {
	return w.published[ref.Index], nil
}

func (w *world) PutApproval(_ context.Context, a casework.Approval) error {
	w.put = append(w.put, a)
	return nil
}

func (w *world) WithdrawApproval(_ context.Context, person, reference string) error {
	w.withdrawn = append(w.withdrawn, person+"/"+reference)
	return nil
}

func (w *world) ApprovalsOf(context.Context, string) ([]casework.Approval, error) { return w.put, nil }

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// issue puts document n into the register.
func (w *world) issue(n int, person, kind, item string) string {
	w.t.Helper()
	g := issuance.Grant{TokenID: fmt.Sprint("t", n), Nonce: fmt.Sprint("n", n), Subject: fmt.Sprint("s", n), Configuration: kind, Expires: w.now.Add(time.Minute)}
	err := w.Commit(w.t.Context(), issuance.Commit{Operation: fmt.Sprint(n), Grant: g, Credential: issuance.Credential{
		ID: id(n), DocumentType: kind, Configuration: kind, Record: issuance.Record{Person: person, Item: item}, Subject: g.Subject,
		Status: credential.StatusRef{Index: n}, Issued: w.now.Add(time.Duration(n) * time.Second), Until: w.now.AddDate(0, 0, 28),
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return id(n)
}

const (
	release  = "uk.gov.justice.prisonrelease.1"
	licence  = "uk.gov.justice.licence.1"
	approval = "uk.gov.justice.probationapproval.1"
)

func (w *world) plan(r casework.Request) casework.Ending {
	w.t.Helper()
	effect, err := w.Effect(w.t.Context(), officer, r)
	if err != nil {
		w.t.Fatalf("effect: %v", err)
	}
	e, err := w.Plan(w.t.Context(), officer, r, effect.Digest())
	if err != nil {
		w.t.Fatalf("plan: %v", err)
	}
	return e
}

func (w *world) work() {
	w.t.Helper()
	if err := w.Work(w.t.Context()); err != nil {
		w.t.Fatalf("work: %v", err)
	}
}

func (w *world) ending(id string) casework.Ending {
	w.t.Helper()
	e, err := w.Store.Ending(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *world) audited(what string) (found []audit.Event) {
	for _, e := range w.events {
		if e.What == what {
			found = append(found, e)
		}
	}
	return found
}

func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("%v: want %s, %s", err, kind, code)
	}
}

func person(r issuance.Reason) casework.Request {
	return casework.Request{ID: "r-1", Scope: casework.ScopePerson, Person: ann, Reason: r}
}

func TestFindShowsOnlyWhatMayBeKnown(t *testing.T) {
	w := newWorld(t)
	names := func(staff casework.Staff, wider casework.Wider) string {
		found, err := w.Service.Find(t.Context(), staff, casework.Query{FamilyName: "Synthetic"}, wider)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range found {
			out = append(out, c.Name)
		}
		return strings.Join(out, ", ")
	}
	if got := names(reader, ""); got != "Ann Synthetic" {
		t.Errorf("own team: %s", got)
	}
	if got := names(reader, "CASE_TRANSFER"); got != "Ann Synthetic, Bob Synthetic" {
		t.Errorf("wider: %s", got)
	}
	_, err := w.Service.Find(t.Context(), reader, casework.Query{PrisonNumber: ann}, "CURIOSITY")
	wantFault(t, err, fault.Invalid, casework.CodeInvalid)
	_, err = w.Service.Find(t.Context(), casework.Staff{Username: "SYN_D"}, casework.Query{PrisonNumber: ann}, "")
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
	searches := w.audited("person.search")
	if len(searches) != 2 || searches[0].Details["wider"] != "" || searches[1].Details["wider"] != "CASE_TRANSFER" {
		t.Errorf("audit: %v", searches)
	}
	if searches[0].Details["query"] != searches[1].Details["query"] || len(searches[0].Details["query"]) != 32 {
		t.Error("the same query has no name of its own")
	}
}

func TestNoAuditNoPage(t *testing.T) {
	w := newWorld(t)
	w.auditDown = true
	_, err := w.Service.Find(t.Context(), reader, casework.Query{PrisonNumber: ann}, "")
	wantFault(t, err, fault.Unavailable, casework.CodeAudit)
	_, err = w.View(t.Context(), reader, ann, "", "documents")
	wantFault(t, err, fault.Unavailable, casework.CodeAudit)
	if len(w.asked) != 0 {
		t.Error("a system was asked about somebody, and no record was made of it")
	}
}

func TestViewGivesOneAnswerForWhatMayNotBeKnown(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	v, err := w.View(t.Context(), reader, ann, "", "documents")
	if err != nil || v.Case.Name != "Ann Synthetic" || v.Live(w.now) != 1 {
		t.Fatalf("%v", err)
	}
	var answers []string
	for _, number := range []string{bob, cat, "A9999SY"} {
		_, err := w.View(t.Context(), reader, number, "", "documents")
		wantFault(t, err, fault.NotFound, casework.CodeNoAccess)
		answers = append(answers, err.Error())
	}
	if answers[0] != answers[1] || answers[1] != answers[2] {
		t.Errorf("the answers differ: %q", answers)
	}
	if _, err := w.View(t.Context(), reader, bob, "OUT_OF_HOURS_DUTY", "documents"); err != nil {
		t.Errorf("another team's, for a reason: %v", err)
	}
	if _, err := w.View(t.Context(), reader, cat, "OUT_OF_HOURS_DUTY", "documents"); fault.CodeOf(err) != casework.CodeNoAccess {
		t.Errorf("a reason opened a case that may not be spoken of: %v", err)
	}
	views := w.audited("person.view")
	if len(views) != 6 {
		t.Errorf("%d views in the audit", len(views))
	}
	for _, e := range w.events {
		if line := fmt.Sprint(e); strings.Contains(line, "SY ") || strings.Contains(line, ann) || strings.Contains(line, "Synthetic") {
			t.Errorf("the audit names a person: %s", line)
		}
	}
}

// A list holds the reader's own cases, and the audit names those who are on it and nobody else.
func TestOwnCasesOfAList(t *testing.T) {
	w := newWorld(t)
	for number, want := range map[string]bool{ann: true, bob: false, cat: false, "A9999SY": false} {
		if c, ok, err := w.Own(t.Context(), reader, number, "letters"); err != nil || ok != want || (c.Name != "") != want {
			t.Errorf("shown: %v, want %v (%v)", ok, want, err)
		}
	}
	if views := w.audited("person.view"); len(views) != 1 {
		t.Errorf("%d views in the audit", len(views))
	}
	_, _, err := w.Own(t.Context(), casework.Staff{Username: "x", Teams: reader.Teams}, ann, "letters")
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
}

func TestScopes(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.issue(2, ann, licence, "")
	w.issue(3, ann, approval, "APR-1")
	w.issue(4, ann, approval, "APR-2")
	w.issue(5, bob, licence, "")
	w.issue(6, ann, licence, "")
	if err := w.MarkRevoked(t.Context(), id(6), w.now, "X"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		request casework.Request
		want    string
	}{
		{casework.Request{Scope: casework.ScopeDocument, Person: ann, Item: id(1)}, "1"},
		{casework.Request{Scope: casework.ScopeDocument, Person: ann, Item: id(6)}, "6"}, // again: a success that changes nothing
		{casework.Request{Scope: casework.ScopeLicence, Person: ann}, "2"},
		{casework.Request{Scope: casework.ScopePerson, Person: ann}, "1 2 3 4"},
		{casework.Request{Scope: casework.ScopeApproval, Person: ann, Item: "APR-2"}, "4"},
		{casework.Request{Scope: casework.ScopeApproval, Person: ann, Item: "APR-3"}, ""},
		{casework.Request{Scope: casework.ScopeBatch, Batch: []string{id(5), id(1), id(5), id(6)}}, "1 5"},
	} {
		c.request.ID, c.request.Reason = "r", issuance.ReasonSafety
		e, err := w.Effect(t.Context(), officer, c.request)
		var got []string
		for _, target := range e.Targets {
			got = append(got, strings.TrimLeft(target.Credential[24:], "0"))
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v (%v), want %s", c.request.Scope, got, err, c.want)
		}
	}
	_, err := w.Effect(t.Context(), officer, casework.Request{ID: "r", Scope: casework.ScopeDocument, Person: ann, Item: id(5), Reason: issuance.ReasonDied})
	wantFault(t, err, fault.NotFound, casework.CodeNothing) // another person's
	if len(w.revoked) != 0 {
		t.Error("an effect that was only looked at took place")
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	many := make([]string, casework.MaxBatch+1)
	for name, change := range map[string]func(*casework.Request){
		"no id":             func(r *casework.Request) { r.ID = "" },
		"no reason":         func(r *casework.Request) { r.Reason = "" },
		"unknown reason":    func(r *casework.Request) { r.Reason = "BECAUSE" },
		"a note with death": func(r *casework.Request) { r.Reason, r.Note = issuance.ReasonDied, "x" },
		"a long note":       func(r *casework.Request) { r.Note = strings.Repeat("é", 201) },
		"not UTF-8":         func(r *casework.Request) { r.Note = "\xff" },
		"no person":         func(r *casework.Request) { r.Person = "" },
		"no document":       func(r *casework.Request) { r.Scope = casework.ScopeDocument },
		"no scope":          func(r *casework.Request) { r.Scope = "" },
		"an empty batch":    func(r *casework.Request) { r.Scope, r.Person = casework.ScopeBatch, "" },
		"a batch of all":    func(r *casework.Request) { r.Scope, r.Person, r.Batch = casework.ScopeBatch, "", many },
	} {
		r := person(issuance.ReasonSafety)
		change(&r)
		_, err := w.Effect(t.Context(), officer, r)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	note := person(issuance.ReasonIssuedInError)
	note.Note = strings.Repeat("é", 200)
	if _, err := w.Effect(t.Context(), officer, note); err != nil {
		t.Errorf("a note of 200 characters: %v", err)
	}
	_, err := w.Effect(t.Context(), reader, person(issuance.ReasonDied))
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
	_, err = w.Plan(t.Context(), reader, person(issuance.ReasonDied), "")
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
}

func TestAnEndingRunsAfterTenSecondsAndIsSeen(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.issue(2, ann, licence, "")
	e := w.plan(person(issuance.ReasonRecallStandard))
	if e.State != casework.StatePlanned || !e.Runs.Equal(start.Add(10*time.Second)) || e.Kinds() != 2 {
		t.Errorf("%s, runs %s, %d kinds", e.State, e.Runs, e.Kinds())
	}
	w.now = start.Add(10*time.Second - time.Nanosecond)
	if w.work(); len(w.revoked) != 0 {
		t.Fatal("it ran before its time")
	}
	w.now = start.Add(10 * time.Second)
	w.statusErr = fault.New(fault.Unavailable, "away", "")
	if err := w.Work(t.Context()); err == nil || w.ending("r-1").State != casework.StateRunning {
		t.Fatalf("%v, %s", err, w.ending("r-1").State)
	}
	w.statusErr = nil
	w.work() // as a new process would: nothing is in memory
	if len(w.revoked) != 2 || w.revoked[0].Actor != "SYN_A" || w.revoked[0].Reason != issuance.ReasonRecallStandard {
		t.Errorf("%d documents ended", len(w.revoked))
	}
	w.published[1] = true
	w.work()
	got := w.ending("r-1")
	if got.Targets[0].Progress != casework.Seen || got.Targets[1].Progress != casework.Ended || got.State != casework.StateRunning {
		t.Errorf("%s, %s, %s", got.Targets[0].Progress, got.Targets[1].Progress, got.State)
	}
	w.published[2] = true
	w.work()
	if w.ending("r-1").State != casework.StateDone || len(w.revoked) != 2 {
		t.Errorf("%s, %d ended", w.ending("r-1").State, len(w.revoked))
	}
}

func TestWhatIsIssuedWithinTheTenSecondsEndsToo(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.plan(person(issuance.ReasonRecallStandard))
	w.issue(2, ann, release, "")
	w.now = start.Add(casework.StopTime)
	if w.work(); len(w.revoked) != 2 {
		t.Errorf("%d ended", len(w.revoked))
	}
}

func TestPlanningTwiceIsOneEnding(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	first := w.plan(person(issuance.ReasonDied))
	w.now = start.Add(casework.StopTime)
	w.work()
	again, err := w.Plan(t.Context(), officer, person(issuance.ReasonDied), first.Digest())
	if err != nil || again.State != casework.StateRunning || len(w.audited("ending.plan")) != 1 {
		t.Errorf("%v, %s", err, again.State)
	}
	other := officer
	other.Username = "SYN_X"
	if _, err := w.Plan(t.Context(), other, person(issuance.ReasonDied), first.Digest()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another's id: %v", err)
	}
	_, err = w.Service.Ending(t.Context(), other, "r-1")
	wantFault(t, err, fault.NotFound, casework.CodeNothing)
}

func TestAChangedEffectIsNotPlanned(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	shown, err := w.Effect(t.Context(), officer, person(issuance.ReasonDied))
	if err != nil {
		t.Fatal(err)
	}
	w.issue(2, ann, licence, "")
	_, err = w.Plan(t.Context(), officer, person(issuance.ReasonDied), shown.Digest())
	wantFault(t, err, fault.Conflict, casework.CodeChanged)
}

func TestStopIsInTimeOrTooLate(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.plan(person(issuance.ReasonDied))
	w.now = start.Add(casework.StopTime - time.Nanosecond)
	for range 2 {
		if e, err := w.Stop(t.Context(), officer, "r-1"); err != nil || e.State != casework.StateStopped || e.Stopper != "SYN_A" {
			t.Fatalf("%v", err)
		}
	}
	w.now = start.Add(time.Hour)
	if w.work(); len(w.revoked) != 0 {
		t.Error("it was stopped, and ran")
	}
	late := person(issuance.ReasonDied)
	late.ID = "r-2"
	w.plan(late)
	w.now = w.now.Add(casework.StopTime)
	_, err := w.Stop(t.Context(), officer, "r-2") // even before the worker has come to it
	wantFault(t, err, fault.Conflict, casework.CodeTooLate)
}

// The clock of the one who stops may be behind that of the one who runs.
func TestStopAndRunAreNeverBoth(t *testing.T) {
	for range 50 {
		w := newWorld(t)
		w.issue(1, ann, release, "")
		w.plan(person(issuance.ReasonDied))
		w.now = start.Add(casework.StopTime)
		behind := w.Service.Deps
		behind.Now = func() time.Time { return start }
		var stopped error
		var both sync.WaitGroup
		both.Go(func() { _, stopped = casework.New(behind).Stop(t.Context(), officer, "r-1") })
		both.Go(func() { w.Work(t.Context()) })
		both.Wait()
		if ran := len(w.revoked) > 0; ran == (stopped == nil) {
			t.Fatalf("ran: %v, stopped: %v", ran, stopped)
		}
	}
}

func (w *world) crowd(n int) casework.Ending {
	for i := range n {
		w.issue(i+1, ann, release, "")
	}
	return w.plan(person(issuance.ReasonDied))
}

func TestTwoPeople(t *testing.T) {
	w := newWorld(t)
	if e := w.crowd(10); e.State != casework.StatePlanned {
		t.Errorf("ten documents: %s", e.State)
	}
	w = newWorld(t)
	e := w.crowd(11)
	w.now = start.Add(time.Hour)
	if w.work(); e.State != casework.StateAwaiting || len(w.revoked) != 0 {
		t.Fatalf("eleven documents: %s", e.State)
	}
	both := officer
	both.Roles = append(slices.Clone(both.Roles), casework.RoleApprove)
	_, err := w.Approve(t.Context(), both, "r-1", e.Digest())
	wantFault(t, err, fault.Forbidden, casework.CodeSame)
	_, err = w.Approve(t.Context(), officer, "r-1", e.Digest())
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
	_, err = w.Approve(t.Context(), second, "r-1", "another set")
	wantFault(t, err, fault.Conflict, casework.CodeChanged)
	if queue, err := w.Queue(t.Context(), second); err != nil || len(queue) != 1 {
		t.Errorf("%d in the queue (%v)", len(queue), err)
	}
	for range 2 {
		if _, err := w.Approve(t.Context(), second, "r-1", e.Digest()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.ending("r-1"); got.State != casework.StatePlanned || got.Approver != "SYN_B" || !got.Runs.Equal(w.now.Add(casework.StopTime)) {
		t.Errorf("%s, %s", got.State, got.Approver)
	}
	w.now = w.now.Add(casework.StopTime)
	if w.work(); len(w.revoked) != 11 {
		t.Errorf("%d ended", len(w.revoked))
	}
}

// A recall does not wait for a second person, who is told and looks at it afterwards.
func TestOnOnePersonsWord(t *testing.T) {
	w := newWorld(t)
	e := w.crowd(11)
	_, err := w.RunAlone(t.Context(), second, "r-1", e.Digest())
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
	other := officer
	other.Username, other.Roles = "SYN_C", append(slices.Clone(other.Roles), casework.RoleApprove)
	_, err = w.RunAlone(t.Context(), other, "r-1", e.Digest())
	wantFault(t, err, fault.Forbidden, casework.CodeSame)
	_, err = w.RunAlone(t.Context(), officer, "r-1", "another set")
	wantFault(t, err, fault.Conflict, casework.CodeChanged)
	for range 2 {
		if got, err := w.RunAlone(t.Context(), officer, "r-1", e.Digest()); err != nil || got.State != casework.StatePlanned || !got.Runs.Equal(w.now.Add(casework.StopTime)) {
			t.Fatalf("%s, %v", got.State, err)
		}
	}
	if n := strings.Count(w.log.String(), `"level":"ERROR"`); n != 1 || len(w.audited("ending.alone")) != 1 || strings.Contains(w.log.String(), ann) {
		t.Errorf("it was told %d times: %s", n, &w.log)
	}
	w.issue(12, ann, licence, "") // within the ten seconds
	w.now = w.now.Add(casework.StopTime)
	if w.work(); len(w.revoked) != 12 {
		t.Errorf("%d ended", len(w.revoked))
	}
	for i := range 12 {
		w.published[i+1] = true
	}
	w.work()
	if got := w.ending("r-1"); got.State != casework.StateReview {
		t.Errorf("with nobody to have looked at it: %s", got.State)
	}
	if queue, err := w.Queue(t.Context(), second); err != nil || len(queue) != 1 {
		t.Errorf("%d to look at (%v)", len(queue), err)
	}
	both := officer
	both.Roles = append(slices.Clone(both.Roles), casework.RoleApprove)
	_, err = w.Review(t.Context(), both, "r-1")
	wantFault(t, err, fault.Forbidden, casework.CodeSame)
	_, err = w.Review(t.Context(), officer, "r-1")
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
	for range 2 {
		if got, err := w.Review(t.Context(), second, "r-1"); err != nil || got.State != casework.StateDone || got.Approver != "SYN_B" {
			t.Errorf("%s, %v", got.State, err)
		}
	}
	if queue, err := w.Queue(t.Context(), second); err != nil || len(queue) != 0 {
		t.Errorf("%d to look at (%v)", len(queue), err)
	}
}

func TestABatchIsNobodysToEndAlone(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	e := w.plan(casework.Request{ID: "r-1", Scope: casework.ScopeBatch, Batch: []string{id(1)}, Reason: issuance.ReasonKeyCompromise})
	_, err := w.RunAlone(t.Context(), officer, "r-1", e.Digest())
	wantFault(t, err, fault.Forbidden, casework.CodeSame)
	if _, err := w.Review(t.Context(), second, "r-1"); fault.CodeOf(err) != casework.CodeTooLate {
		t.Errorf("review of what nobody did: %v", err)
	}
}

// Whoever ended something is told, once, when the world does not know of it a quarter of an hour later.
func TestAnEndingThatIsNotPublishedIsTold(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.plan(person(issuance.ReasonDied))
	w.now = start.Add(casework.StopTime)
	w.work()
	w.now = start.Add(casework.StopTime + casework.PublishTime - time.Second)
	w.work()
	late := func(s casework.Staff) int {
		t.Helper()
		found, err := w.Late(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if late(officer) != 0 || w.log.Len() != 0 {
		t.Errorf("too early: %s", &w.log)
	}
	w.now = w.now.Add(time.Second)
	for range 3 {
		w.work()
	}
	if n := strings.Count(w.log.String(), `"level":"ERROR"`); n != 1 || !strings.Contains(w.log.String(), "r-1") || strings.Contains(w.log.String(), ann) {
		t.Errorf("it was told %d times: %s", n, &w.log)
	}
	other := officer
	other.Username = "SYN_C"
	if late(officer) != 1 || late(second) != 1 || late(other) != 0 {
		t.Errorf("%d for who ended it, %d for who may agree, %d for another", late(officer), late(second), late(other))
	}
	w.published[1] = true
	if w.work(); late(officer) != 0 {
		t.Error("it is published, and told still")
	}
}

func TestABatchNeedsTwoPeople(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	e := w.plan(casework.Request{ID: "r-1", Scope: casework.ScopeBatch, Batch: []string{id(1)}, Reason: issuance.ReasonKeyCompromise})
	if e.State != casework.StateAwaiting {
		t.Errorf("%s", e.State)
	}
}

func TestAChangedSetNeedsANewAgreement(t *testing.T) {
	w := newWorld(t)
	e := w.crowd(11)
	w.issue(12, ann, licence, "")
	_, err := w.Approve(t.Context(), second, "r-1", e.Digest())
	wantFault(t, err, fault.Conflict, casework.CodeChanged)
	now := w.ending("r-1")
	if now.State != casework.StateAwaiting || len(now.Targets) != 12 {
		t.Errorf("%s, %d documents", now.State, len(now.Targets))
	}
	_, err = w.Approve(t.Context(), second, "r-1", e.Digest())
	wantFault(t, err, fault.Conflict, casework.CodeChanged)
	if _, err := w.Approve(t.Context(), second, "r-1", now.Digest()); err != nil {
		t.Error(err)
	}
	w.issue(13, ann, licence, "")
	w.now = start.Add(time.Minute)
	if w.work(); len(w.revoked) != 12 {
		t.Errorf("%d ended, and the second person saw 12", len(w.revoked))
	}
}

func TestAgreementLapses(t *testing.T) {
	w := newWorld(t)
	e := w.crowd(11)
	w.now = start.Add(24 * time.Hour)
	_, err := w.Approve(t.Context(), second, "r-1", e.Digest())
	wantFault(t, err, fault.Conflict, casework.CodeLapsed)
	if queue, err := w.Queue(t.Context(), second); err != nil || len(queue) != 0 {
		t.Errorf("%d in the queue (%v)", len(queue), err)
	}
	if w.work(); w.ending("r-1").State != casework.StateLapsed {
		t.Errorf("%s", w.ending("r-1").State)
	}
}

func goodApproval() casework.Approval {
	return casework.Approval{
		Reference: "APR-ABC123", Person: ann, Kind: casework.Accommodation, What: " 1 Synthetic Street, ZZ1 1ZZ ",
		Until: credential.Date{Year: 2026, Month: 12, Day: 24}, Conditions: []string{"HOURS_LIMIT"}, TeamPhone: "020 7946 0131",
	}
}

func TestIssueApproval(t *testing.T) {
	w := newWorld(t)
	a, err := w.IssueApproval(t.Context(), officer, goodApproval())
	if err != nil || len(w.put) != 1 || a.What != "1 Synthetic Street, ZZ1 1ZZ" || a.ApprovedOn.String() != "2026-11-25" {
		t.Errorf("%v", err)
	}
	_, err = w.IssueApproval(t.Context(), reader, goodApproval())
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
	for field, change := range map[string]func(*casework.Approval){
		casework.FieldKind:       func(a *casework.Approval) { a.Kind = "HOLIDAY" },
		casework.FieldWhat:       func(a *casework.Approval) { a.What = "two\nlines" },
		casework.FieldUntil:      func(a *casework.Approval) { a.Until = credential.Date{Year: 2026, Month: 11, Day: 25} },
		casework.FieldConditions: func(a *casework.Approval) { a.Conditions = []string{"NONE", "HOURS_LIMIT"} },
		casework.FieldPhone:      func(a *casework.Approval) { a.TeamPhone = "ask Bob" },
	} {
		wrong := goodApproval()
		change(&wrong)
		if got := wrong.Mistakes(credential.Date{Year: 2026, Month: 11, Day: 25}); !slices.Equal(got, []string{field}) {
			t.Errorf("%s: %v", field, got)
		}
		if _, err := w.IssueApproval(t.Context(), officer, wrong); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", field, err)
		}
	}
	w.auditDown = true
	if _, err := w.IssueApproval(t.Context(), officer, goodApproval()); fault.CodeOf(err) != casework.CodeAudit || len(w.put) != 1 {
		t.Errorf("without an audit record: %v", err)
	}
}

func TestWithdrawingAnApprovalEndsItsDocuments(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, approval, "APR-1")
	w.issue(2, ann, approval, "APR-2")
	w.plan(casework.Request{ID: "r-1", Scope: casework.ScopeApproval, Person: ann, Item: "APR-1", Reason: issuance.ReasonApprovalWithdrew})
	if w.work(); len(w.withdrawn) != 0 {
		t.Fatal("withdrawn while it could be stopped")
	}
	w.now = start.Add(casework.StopTime)
	w.published[1] = true
	w.work()
	if got := strings.Join(w.withdrawn, " "); got != ann+"/APR-1" || len(w.revoked) != 1 || w.revoked[0].ID != id(1) {
		t.Errorf("withdrawn %s, %d ended", got, len(w.revoked))
	}
	if w.ending("r-1").State != casework.StateDone {
		t.Errorf("%s", w.ending("r-1").State)
	}
}

func TestTimeline(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.issue(2, ann, licence, "")
	if err := errors.Join(w.Notify(t.Context(), "s1", id(1), oid4vci.EventAccepted), w.MarkRevoked(t.Context(), id(1), start.Add(time.Minute), "RECALLED_STANDARD")); err != nil {
		t.Fatal(err)
	}
	w.published[1] = true
	w.now = start.AddDate(0, 0, 28)
	v, err := w.View(t.Context(), reader, ann, "", "timeline")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, h := range w.Timeline(t.Context(), v) {
		fmt.Fprintf(&got, "%s %s %s; ", h.Document[35:], h.Kind, h.Reason)
	}
	want := "2 EXPIRED ; 1 PUBLISHED ; 1 ENDED RECALLED_STANDARD; 2 ISSUED ; 1 ACCEPTED ; 1 ISSUED ; "
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got.String(), want)
	}
}

func TestNothingPrintsAPerson(t *testing.T) {
	for _, v := range []any{
		casework.Query{FamilyName: "Synthetic"}, casework.Case{Name: "Synthetic"}, casework.View{Case: casework.Case{Name: "Synthetic"}},
		casework.Ending{Note: "Synthetic"}, casework.Request{Note: "Synthetic"}, casework.Approval{What: "Synthetic"},
	} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		if text := fmt.Sprintf("%v %+v %#v ", v, v, v) + log.String(); strings.Contains(text, "Synthetic") {
			t.Errorf("%T prints %s", v, text)
		}
	}
}

func TestRunWorksAtOnceAndAtEveryTick(t *testing.T) {
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.plan(person(issuance.ReasonDied))
	w.now = start.Add(casework.StopTime)
	w.statusErr = fault.New(fault.Unavailable, "away", "") // the first time: a failure ends nothing
	ctx, stop := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		w.Run(ctx, ticks)
		close(done)
	}()
	ticks <- w.now // taken once the first work is over
	w.mu.Lock()
	w.statusErr = nil
	w.mu.Unlock()
	ticks <- w.now
	ticks <- w.now // taken once the work of the tick before is over
	stop()
	<-done
	if len(w.revoked) != 1 {
		t.Errorf("%d documents ended", len(w.revoked))
	}
}
