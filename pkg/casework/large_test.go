package casework_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/store/memstore"
)

// yard is large endings over the real register, plans and decisions, with a status list and an audit log that a test can
// break, and a process that can end at any step.
type yard struct {
	*casework.Service
	*memstore.Store
	t   *testing.T
	now time.Time

	mu       sync.Mutex // held for what follows
	ended    map[int]int
	unknown  map[int]bool // places that the status list does not know
	unseen   map[int]bool // places that the published list does not show yet
	recorded map[string]int
	largest  int // documents asked for at once
	swaps    int // until a swap fails
	after    bool
}

var errCrash = errors.New("the process ended here")

func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t, now: start, ended: map[int]int{}, unknown: map[int]bool{}, unseen: map[int]bool{}, recorded: map[string]int{}, swaps: -1}
	y.Store = memstore.New(func() time.Time { return y.now })
	y.restart()
	return y
}

// restart is a new process over the same store.
func (y *yard) restart() {
	now := func() time.Time { return y.now }
	y.Service = casework.New(casework.Deps{
		Register: y.Store, Endings: plans{y.Store, y}, Sets: y.Store, Roll: y, Published: y, Audit: y, Now: now, Log: slog.New(slog.DiscardHandler),
		Revoker: issuance.New(issuance.Deps{Register: y.Store, Roll: y, Status: y, Audit: y, Now: now}),
	})
}

func (y *yard) Credentials(ctx context.Context, ids []string) ([]issuance.Credential, error) {
	y.largest = max(y.largest, len(ids))
	return y.Store.Credentials(ctx, ids)
}

// plans are the yard's, whose keeper can end at any step.
type plans struct {
	*memstore.Store
	y *yard
}

// SwapEnding fails once, before or after it took effect, when its turn has come.
func (p plans) SwapEnding(ctx context.Context, e casework.Ending) error {
	if p.y.swaps--; p.y.swaps != -1 {
		return p.Store.SwapEnding(ctx, e)
	}
	if p.y.after {
		if err := p.Store.SwapEnding(ctx, e); err != nil {
			return err
		}
	}
	return errCrash
}

func (y *yard) Record(_ context.Context, e audit.Event) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.recorded[e.What+" "+e.Subject]++
	return nil
}

func (y *yard) Allocate(context.Context, string, time.Time) (credential.StatusRef, error) {
	return credential.StatusRef{}, errors.New("nothing is issued here")
}

func (y *yard) Revoke(_ context.Context, _ string, ref credential.StatusRef) (time.Time, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.unknown[ref.Index] {
		return time.Time{}, fault.New(fault.NotFound, "NOT_FOUND", "")
	}
	y.ended[ref.Index]++
	return y.now, nil
}

// Ended implements casework.Published.
func (y *yard) Ended(_ context.Context, ref credential.StatusRef) (bool, error) {
	return y.ended[ref.Index] > 0 && !y.unseen[ref.Index], nil
}

// issue puts documents from to below to into the register, signed by key, and returns their ids.
func (y *yard) issue(from, to int, key string) []string {
	y.t.Helper()
	var ids []string
	for n := from; n < to; n++ {
		g := issuance.Grant{TokenID: fmt.Sprint("t", n), Nonce: fmt.Sprint("n", n), Subject: fmt.Sprint("s", n), Configuration: release, Expires: y.now.Add(time.Minute)}
		err := y.Commit(y.t.Context(), issuance.Commit{Operation: fmt.Sprint(n), Grant: g, Credential: issuance.Credential{
			ID: id(n), DocumentType: release, Configuration: release, KeyID: key, Record: issuance.Record{Person: ann}, Subject: g.Subject,
			Status: credential.StatusRef{Index: n}, Issued: y.now, Until: y.now.AddDate(0, 0, 28),
		}})
		if err != nil {
			y.t.Fatal(err)
		}
		ids = append(ids, id(n))
	}
	return ids
}

func (y *yard) planLarge(r casework.Request) casework.Ending {
	y.t.Helper()
	e, err := y.PlanLarge(y.t.Context(), officer, r)
	if err != nil {
		y.t.Fatalf("plan: %v", err)
	}
	return e
}

// agreed plans r, has the second person agree, and lets the ten seconds pass.
func (y *yard) agreed(r casework.Request) casework.Ending {
	y.t.Helper()
	e := y.planLarge(r)
	if e.State != casework.StateAwaiting {
		y.t.Fatalf("it is %s without a second person", e.State)
	}
	e, err := y.Approve(y.t.Context(), second, e.ID, e.Digest())
	if err != nil {
		y.t.Fatalf("approve: %v", err)
	}
	y.now = y.now.Add(casework.StopTime)
	return e
}

func (y *yard) large(id string) casework.Ending {
	y.t.Helper()
	e, err := y.Store.Ending(y.t.Context(), id)
	if err != nil {
		y.t.Fatal(err)
	}
	return e
}

func (y *yard) work() {
	y.t.Helper()
	if err := y.WorkLarge(y.t.Context()); err != nil {
		y.t.Fatalf("work: %v", err)
	}
}

func batch(ids []string) casework.Request {
	return casework.Request{ID: "large-1", Scope: casework.ScopeBatch, Batch: ids, Reason: issuance.ReasonIssuedInError}
}

// A hundred thousand documents end in one batch, each once and recorded once, though the process ends between pages again and
// again; no more than a page is ever in hand.
func TestAHundredThousandDocumentsEnd(t *testing.T) {
	y := newYard(t)
	ids := y.issue(0, casework.MaxLarge, "key-1")
	e := y.agreed(batch(append(slices.Clone(ids), ids[:100]...)[:casework.MaxLarge]))
	for crash := range 40 {
		y.swaps, y.after = 1+crash%7, crash%2 == 0
		y.restart()
		if err := y.WorkLarge(t.Context()); !errors.Is(err, errCrash) {
			t.Fatalf("crash %d: %v", crash, err)
		}
	}
	half := y.large(e.ID)
	if p := half.Bulk.Progress(); half.State != casework.StateRunning || p.Ended == 0 || p.Ended == casework.MaxLarge || p.Ended%500 != 0 {
		t.Errorf("half way: %s, %+v", half.State, p)
	}
	y.swaps = -1
	y.restart()
	y.work()
	done := y.large(e.ID)
	if p := done.Bulk.Progress(); done.State != casework.StateDone || p.Ended != casework.MaxLarge || p.Gone != 0 || done.Bulk.Seen != casework.MaxLarge {
		t.Errorf("%s, %+v, %d seen", done.State, p, done.Bulk.Seen)
	}
	for n, id := range ids {
		if y.ended[n] != 1 || y.recorded["credential.revoke "+id] != 1 {
			t.Fatalf("document %d ended %d times and was recorded %d times", n, y.ended[n], y.recorded["credential.revoke "+id])
		}
	}
	if y.largest > 500 {
		t.Errorf("%d documents in hand at once", y.largest)
	}
}

func TestALargeEndingTakesTwo(t *testing.T) {
	y := newYard(t)
	ids := y.issue(0, 3, "key-1")
	e := y.planLarge(batch(ids))
	if e.Count() != 3 || !e.NeedsSecond() || len(e.Targets) != 0 {
		t.Errorf("%d documents, second %t, %d targets", e.Count(), e.NeedsSecond(), len(e.Targets))
	}
	y.now = y.now.Add(time.Hour)
	y.work()
	if len(y.ended) != 0 {
		t.Fatal("it ran without a second person")
	}
	both := officer
	both.Roles = append(slices.Clone(officer.Roles), casework.RoleApprove)
	_, err := y.Approve(t.Context(), both, e.ID, e.Digest())
	wantFault(t, err, fault.Forbidden, casework.CodeSame)
	other := e
	other.Bulk.Set = "another"
	_, err = y.Approve(t.Context(), second, e.ID, other.Digest())
	wantFault(t, err, fault.Conflict, casework.CodeChanged)
	queue, err := y.Queue(t.Context(), second)
	if err != nil || len(queue) != 1 {
		t.Errorf("%d in the queue, %v", len(queue), err)
	}
	if _, err := y.Stop(t.Context(), officer, e.ID); err != nil {
		t.Errorf("stop: %v", err)
	}
	_, err = y.Approve(t.Context(), second, e.ID, e.Digest())
	wantFault(t, err, fault.Conflict, casework.CodeTooLate)

	lapsing := batch(ids)
	lapsing.ID = "large-2"
	e = y.planLarge(lapsing)
	y.now = y.now.Add(casework.ApprovalTime)
	y.work()
	if got := y.large(e.ID); got.State != casework.StateLapsed || len(y.ended) != 0 {
		t.Errorf("after a day: %s, %d ended", got.State, len(y.ended))
	}
}

func TestALargeEndingIsPlannedOnce(t *testing.T) {
	y := newYard(t)
	ids := y.issue(0, 3, "key-1")
	first := y.planLarge(batch(ids))
	if again := y.planLarge(batch(ids[:1])); again.Bulk != first.Bulk || again.Version != first.Version {
		t.Errorf("the same id planned again: %+v", again.Bulk)
	}
	other := casework.Staff{Username: "SYN_D", Roles: officer.Roles}
	_, err := y.PlanLarge(t.Context(), other, batch(ids))
	wantFault(t, err, fault.Conflict, casework.CodeInvalid)
	_, err = y.PlanLarge(t.Context(), reader, batch(ids))
	wantFault(t, err, fault.Forbidden, casework.CodeRole)
	if y.recorded["ending.plan large-1"] != 1 {
		t.Errorf("%d plans recorded", y.recorded["ending.plan large-1"])
	}
}

func TestWhatALargeEndingMayBe(t *testing.T) {
	y := newYard(t)
	for name, change := range map[string]func(*casework.Request){
		"no id":              func(r *casework.Request) { r.ID = "" },
		"a reason of nobody": func(r *casework.Request) { r.Reason = "WHIM" },
		"nothing":            func(r *casework.Request) { r.Batch = nil },
		"too many":           func(r *casework.Request) { r.Batch = make([]string, casework.MaxLarge+1) },
		"an empty id":        func(r *casework.Request) { r.Batch = []string{""} },
		"a long id":          func(r *casework.Request) { r.Batch = []string{string(make([]byte, 129))} },
		"an id of two lines": func(r *casework.Request) { r.Batch = []string{"a\nb"} },
		"a person":           func(r *casework.Request) { r.Person = ann },
		"a person's scope":   func(r *casework.Request) { r.Scope = casework.ScopePerson },
		"a batch with a key": func(r *casework.Request) { r.Item = "key-1" },
		"a key with a batch": func(r *casework.Request) { r.Scope, r.Item = casework.ScopeKey, "key-1" },
		"a key without one":  func(r *casework.Request) { r.Scope, r.Batch = casework.ScopeKey, nil },
	} {
		r := batch([]string{"a"})
		change(&r)
		_, err := y.PlanLarge(t.Context(), officer, r)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := batch(nil)
	r.Scope, r.Item = casework.ScopeKey, "key-1"
	_, err := y.PlanLarge(t.Context(), officer, r)
	wantFault(t, err, fault.NotFound, casework.CodeNothing)
	_, err = y.Effect(t.Context(), officer, r)
	wantFault(t, err, fault.Invalid, casework.CodeInvalid)
}

// What a key signed while its ending was under way ends with the rest; what another key signed stands.
func TestAllThatAKeySignedEnds(t *testing.T) {
	y := newYard(t)
	y.issue(0, 1200, "key-1")
	y.issue(1200, 1210, "key-2")
	r := batch(nil)
	r.Scope, r.Item, r.Reason = casework.ScopeKey, "key-1", issuance.ReasonKeyCompromise
	e := y.agreed(r)
	if e.Count() != 1200 {
		t.Errorf("%d documents were planned", e.Count())
	}
	y.unseen[7] = true // page 1 waits for its publication
	y.work()
	if got := y.large(e.ID); got.State != casework.StateRunning || got.Bulk.Progress().Ended != 1200 {
		t.Errorf("%s, %+v", got.State, got.Bulk)
	}
	y.issue(2000, 2003, "key-1") // by a process that had not heard of it
	y.unseen = map[int]bool{2001: true}
	y.work()
	if got := y.large(e.ID); got.State != casework.StateRunning || got.Bulk.Progress().Ended != 1203 {
		t.Errorf("with three more: %s, %+v", got.State, got.Bulk)
	}
	y.unseen = nil
	y.work()
	if got := y.large(e.ID); got.State != casework.StateDone || got.Bulk.Progress().Ended != 1203 || got.Bulk.Seen != 1203 {
		t.Errorf("%s, %+v", got.State, got.Bulk)
	}
	for n, times := range y.ended {
		if times != 1 || n >= 1200 && n < 2000 {
			t.Errorf("place %d ended %d times", n, times)
		}
	}
}

func TestTheCeremonyEndsWhatAKeySigned(t *testing.T) {
	y := newYard(t)
	_, err := y.EndSignedBy(t.Context(), "key-1", "keys")
	wantFault(t, err, fault.NotFound, casework.CodeNothing)
	y.issue(0, 700, "key-1")
	var e casework.Ending
	for range 3 {
		if e, err = y.EndSignedBy(t.Context(), "key-1", "keys"); err != nil {
			t.Fatal(err)
		}
		y.work()
	}
	if got := y.large(e.ID); got.State != casework.StateDone || got.By != "keys" || got.Reason != issuance.ReasonKeyCompromise || len(y.ended) != 700 {
		t.Errorf("%s by %s for %s: %d ended", got.State, got.By, got.Reason, len(y.ended))
	}
	if y.recorded["ending.plan "+e.ID] != 1 {
		t.Errorf("%d plans recorded", y.recorded["ending.plan "+e.ID])
	}
	if c, err := y.Credential(t.Context(), id(3)); err != nil || c.Reason != "KEY_COMPROMISE" {
		t.Errorf("%q, %v", c.Reason, err)
	}
}

// A document whose place nobody knows keeps no other back, and the ending is not done without it.
func TestALargeEndingIsNotDoneWithoutAllOfIt(t *testing.T) {
	y := newYard(t)
	ids := append(y.issue(0, 1100, "key-1"), "nobody's")
	y.unknown[600] = true
	e := y.agreed(batch(ids))
	for range 2 {
		if err := y.WorkLarge(t.Context()); err == nil {
			t.Error("nobody is told")
		}
		got := y.large(e.ID)
		if p := got.Bulk.Progress(); got.State != casework.StateRunning || p.Ended != 1099 || p.Failed != 1 || p.Gone != 1 {
			t.Errorf("%s, %+v", got.State, p)
		}
	}
	y.unknown = nil
	y.work()
	if got := y.large(e.ID); got.State != casework.StateDone || got.Bulk.Progress().Ended != 1100 || got.Bulk.Progress().Failed != 0 {
		t.Errorf("%s, %+v", got.State, got.Bulk)
	}
}

// Neither kind of work waits for the other.
func TestLargeEndingsAreWorkOfTheirOwn(t *testing.T) {
	y := newYard(t)
	e := y.agreed(batch(y.issue(0, 3, "key-1")))
	if err := y.Work(t.Context()); err != nil || y.large(e.ID).State != casework.StatePlanned {
		t.Errorf("%s, %v", y.large(e.ID).State, err)
	}
	w := newWorld(t)
	w.issue(1, ann, release, "")
	w.plan(person(issuance.ReasonDied))
	w.now = w.now.Add(casework.StopTime)
	if err := w.WorkLarge(t.Context()); err != nil || w.ending("r-1").State != casework.StatePlanned {
		t.Errorf("%s, %v", w.ending("r-1").State, err)
	}
}
