package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// Domain: caseworker console, "undo" and "two-person rule".
const (
	StopTime     = 10 * time.Second
	ApprovalTime = 24 * time.Hour
	AloneLimit   = 10               // documents that one person may end
	PublishTime  = 15 * time.Minute // after which whoever ended something is told that it is not yet published
	MaxNote      = 200
	MaxBatch     = 200

	KeepEnding = 90 * 24 * time.Hour // by a store, from its creation
)

// Scope is what an ending is about.
type Scope string

const (
	ScopeDocument Scope = "DOCUMENT"
	ScopeLicence  Scope = "LICENCE"
	ScopePerson   Scope = "PERSON"
	ScopeBatch    Scope = "BATCH"
	ScopeApproval Scope = "APPROVAL" // withdraws it too
	ScopeKey      Scope = "KEY"      // all that one key signed: a large ending
)

// State of an ending. Only one way leads out of each.
type State string

const (
	StateAwaiting State = "AWAITING" // a second person
	StatePlanned  State = "PLANNED"  // it can be stopped
	StateRunning  State = "RUNNING"
	StateReview   State = "REVIEW" // done on the word of one person: a second one must look at it
	StateDone     State = "DONE"
	StateStopped  State = "STOPPED"
	StateLapsed   State = "LAPSED" // nobody agreed in time
)

// Open says whether something is still to be done.
func (s State) Open() bool {
	return s == StateAwaiting || s == StatePlanned || s == StateRunning || s == StateReview
}

// Progress of one document.
type Progress string

const (
	Queued Progress = "QUEUED"
	Ended  Progress = "ENDED"
	Seen   Progress = "SEEN" // in the published list
	Gone   Progress = "GONE" // the register keeps it no more: long expired
)

// Target is one document that ends.
type Target struct {
	Credential   string
	DocumentType string
	Progress     Progress
}

// Ending is a plan to end documents, and how far it is. It prints as [redacted].
type Ending struct {
	ID      string
	Version int // counts its changes, for SwapEnding

	By       string
	Approver string // the second person
	Stopper  string
	Reason   issuance.Reason
	Note     string // for staff, with two of the reasons
	Scope    Scope
	Person   string // empty for a batch and a key
	Item     string // the credential, the approval or the key it is about
	Targets  []Target
	Bulk     Bulk // in place of Targets, of a large ending
	State    State
	Created  time.Time
	Runs     time.Time // zero while it awaits a second person
	Alone    bool      // it did not wait for the second person: Approver is who looked at it afterwards
	Late     bool      // it was not done PublishTime after it ran, and that was told
}

func (Ending) String() string       { return "[redacted]" }
func (Ending) GoString() string     { return "[redacted]" }
func (Ending) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Digest names the set of documents, why they end and what for: what a second person agrees to.
func (e Ending) Digest() string {
	lines := []string{string(e.Scope), string(e.Reason), e.Item}
	for _, t := range e.Targets {
		lines = append(lines, t.Credential)
	}
	slices.Sort(lines[3:])
	if e.Large() {
		lines = append(lines, "set "+e.Bulk.Set) // no credential's id has a space
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}

// Kinds counts the types of document.
func (e Ending) Kinds() int {
	var types []string
	for _, t := range e.Targets {
		if !slices.Contains(types, t.DocumentType) {
			types = append(types, t.DocumentType)
		}
	}
	return len(types)
}

// NeedsSecond says whether one person is not enough.
func (e Ending) NeedsSecond() bool {
	return e.Scope == ScopeBatch || e.Scope == ScopeKey || len(e.Targets) > AloneLimit
}

// MayRunAlone says whether its planner may have it run at once: a recall must not wait for a second person (Domain: "emergency
// single-person path").
func (e Ending) MayRunAlone() bool {
	return e.State == StateAwaiting && (e.Scope == ScopePerson || e.Scope == ScopeLicence)
}

// Unreviewed says whether a second person has still to look at what one did alone.
func (e Ending) Unreviewed() bool { return e.Alone && e.Approver == "" && e.State.Open() }

// Stoppable says whether it can still be stopped at now.
func (e Ending) Stoppable(now time.Time) bool {
	return e.State == StateAwaiting || e.State == StatePlanned && now.Before(e.Runs)
}

// expired says whether nobody agreed in time.
func (e Ending) expired(now time.Time) bool {
	return e.State == StateAwaiting && !now.Before(e.Created.Add(ApprovalTime))
}

// ErrConflict is returned by SwapEnding when somebody else was first.
var ErrConflict = errors.New("changed by another")

// Endings keeps plans. Safe for concurrent use. What was acknowledged outlives the store's process, as its configuration
// says. A plan is kept for KeepEnding.
type Endings interface {
	// PutEnding keeps e as version 1, and returns what is kept: for an ID that is known, what was kept before.
	PutEnding(ctx context.Context, e Ending) (Ending, error)

	// Ending returns issuance.ErrNotFound when there is none.
	Ending(ctx context.Context, id string) (Ending, error)

	// SwapEnding replaces version e.Version by e and counts its version up, or returns ErrConflict when that is not the
	// version kept. The same swap again, once it succeeded, succeeds again.
	SwapEnding(ctx context.Context, e Ending) error

	// OpenEndings returns those whose state is open, oldest first.
	OpenEndings(ctx context.Context) ([]Ending, error)
}

// Request asks for documents to end. It prints as [redacted].
type Request struct {
	ID     string // of the request: the same twice is one ending
	Scope  Scope
	Person string   // for all scopes but a batch
	Item   string   // the credential of ScopeDocument, the reference of ScopeApproval
	Batch  []string // credentials
	Reason issuance.Reason
	Note   string
}

func (Request) String() string       { return "[redacted]" }
func (Request) GoString() string     { return "[redacted]" }
func (Request) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Reasons lists why staff end documents, in the order of the form.
func Reasons() []issuance.Reason {
	return []issuance.Reason{
		issuance.ReasonRecallStandard, issuance.ReasonRecallFixedTerm, issuance.ReasonResentenced, issuance.ReasonLicenceVaried,
		issuance.ReasonLicenceEnded, issuance.ReasonDied, issuance.ReasonIssuedInError, issuance.ReasonDetailsWrong, issuance.ReasonDeviceLost,
		issuance.ReasonHolderRequest, issuance.ReasonApprovalWithdrew, issuance.ReasonRecordMerged, issuance.ReasonKeyCompromise, issuance.ReasonSafety,
	}
}

// TakesNote says whether a note may go with a reason.
func TakesNote(r issuance.Reason) bool {
	return r == issuance.ReasonIssuedInError || r == issuance.ReasonSafety
}

func invalid(message string) error { return fault.New(fault.Invalid, CodeInvalid, message) }

// checkWords checks what every request has.
func (r Request) checkWords() error {
	switch {
	case r.ID == "" || len(r.ID) > 64:
		return invalid("the request has no id, or a long one")
	case !slices.Contains(Reasons(), r.Reason):
		return invalid("there is no such reason")
	case r.Note != "" && !TakesNote(r.Reason):
		return invalid("a note goes with no such reason")
	case !utf8.ValidString(r.Note) || utf8.RuneCountInString(r.Note) > MaxNote:
		return invalid("the note is longer than 200 characters")
	}
	return nil
}

func (r Request) check() error {
	if err := r.checkWords(); err != nil {
		return err
	}
	switch {
	case r.Scope == ScopeBatch:
		if r.Person != "" || len(r.Batch) == 0 || len(r.Batch) > MaxBatch {
			return invalid("a batch is of 1 to 200 documents, and of no one person")
		}
		return nil
	case r.Person == "" || len(r.Batch) != 0:
		return invalid("name one person")
	case r.Scope == ScopeDocument || r.Scope == ScopeApproval:
		if r.Item == "" {
			return invalid("name what ends")
		}
		return nil
	case r.Scope == ScopeLicence || r.Scope == ScopePerson:
		return nil
	}
	return invalid("there is no such scope")
}

// Effect says what a request would do, and does nothing.
func (s *Service) Effect(ctx context.Context, staff Staff, r Request) (Ending, error) {
	if err := staff.must(RoleRevoke); err != nil {
		return Ending{}, err
	}
	if err := r.check(); err != nil {
		return Ending{}, err
	}
	e := Ending{
		ID: r.ID, By: staff.Username, Reason: r.Reason, Note: r.Note, Scope: r.Scope, Person: r.Person, Item: r.Item,
		Created: s.Now().UTC(),
	}
	var err error
	if e.Targets, err = s.targets(ctx, e, r.Batch); err != nil {
		return Ending{}, err
	}
	if len(e.Targets) == 0 && e.Scope != ScopeApproval { // an approval that was never put on a phone can be withdrawn
		return Ending{}, fault.New(fault.NotFound, CodeNothing, "there is no document to end")
	}
	e.State, e.Runs = StatePlanned, e.Created.Add(StopTime)
	if e.NeedsSecond() {
		e.State, e.Runs = StateAwaiting, time.Time{}
	}
	return e, nil
}

// targets lists the documents that an ending would end now. Those that stand no more are left out, but for one that is
// named: ending it again is a success that changes nothing.
func (s *Service) targets(ctx context.Context, e Ending, batch []string) ([]Target, error) {
	if e.Scope == ScopeBatch {
		return s.batch(ctx, batch)
	}
	all, err := s.Register.CredentialsOf(ctx, e.Person)
	if err != nil {
		return nil, away(err)
	}
	var out []Target
	for _, c := range all {
		if s.within(e, c) {
			out = append(out, Target{c.ID, c.DocumentType, Queued})
		}
	}
	return out, nil
}

func (s *Service) within(e Ending, c issuance.Credential) bool {
	if e.Scope == ScopeDocument {
		return c.ID == e.Item
	}
	if !Stands(c, s.Now()) {
		return false
	}
	doc, known := s.Documents.ByType(c.DocumentType)
	switch e.Scope {
	case ScopePerson:
		return true
	case ScopeLicence:
		return known && doc.Source == SourceLicence
	}
	return known && doc.Source == SourceApproval && c.Record.Item == e.Item
}

// Sources of facts that documents rest on, by the names the catalogue gives them.
const (
	SourceLicence  = "hmpps-licence"
	SourceApproval = "hmpps-approval"
)

func (s *Service) batch(ctx context.Context, ids []string) ([]Target, error) {
	var out []Target
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		c, err := s.Register.Credential(ctx, id)
		if errors.Is(err, issuance.ErrNotFound) {
			return nil, fault.Wrap(fault.NotFound, CodeNothing, "a document of the batch does not exist", err)
		}
		if err != nil {
			return nil, away(err)
		}
		if Stands(c, s.Now()) {
			out = append(out, Target{c.ID, c.DocumentType, Queued})
		}
	}
	return out, nil
}

// Plan makes an ending: ten seconds ahead, or awaiting a second person. digest is of the effect that was shown.
func (s *Service) Plan(ctx context.Context, staff Staff, r Request, digest string) (Ending, error) {
	if err := staff.must(RoleRevoke); err != nil {
		return Ending{}, err
	}
	if kept, err := s.Endings.Ending(ctx, r.ID); err == nil { // sent twice: the effect may be none by now
		return s.own(kept, staff)
	} else if !errors.Is(err, issuance.ErrNotFound) {
		return Ending{}, away(err)
	}
	e, err := s.Effect(ctx, staff, r)
	if err != nil {
		return Ending{}, err
	}
	if e.Digest() != digest {
		return Ending{}, fault.New(fault.Conflict, CodeChanged, "what would end is not what was shown")
	}
	if err := s.audit(ctx, "ending.plan", staff, e); err != nil {
		return Ending{}, err
	}
	kept, err := s.Endings.PutEnding(ctx, e)
	if err != nil {
		return Ending{}, away(err)
	}
	return s.own(kept, staff)
}

// own keeps an id that somebody else used from showing what they planned.
func (s *Service) own(e Ending, staff Staff) (Ending, error) {
	if e.By != staff.Username {
		return Ending{}, fault.New(fault.Conflict, CodeInvalid, "the request's id was used before")
	}
	return e, nil
}

// Ending returns one ending to those who may end documents, or agree to it.
func (s *Service) Ending(ctx context.Context, staff Staff, id string) (Ending, error) {
	if !staff.Can(RoleApprove) {
		if err := staff.must(RoleRevoke); err != nil {
			return Ending{}, err
		}
	}
	e, err := s.Endings.Ending(ctx, id)
	if errors.Is(err, issuance.ErrNotFound) {
		return Ending{}, fault.Wrap(fault.NotFound, CodeNothing, "there is no such ending", err)
	}
	if err != nil {
		return Ending{}, away(err)
	}
	if e.By != staff.Username && !staff.Can(RoleApprove) {
		return Ending{}, fault.New(fault.NotFound, CodeNothing, "there is no such ending")
	}
	return e, nil
}

// Queue lists the endings that await a second person, for those who may be one.
func (s *Service) Queue(ctx context.Context, staff Staff) ([]Ending, error) {
	if err := staff.must(RoleApprove); err != nil {
		return nil, err
	}
	open, err := s.Endings.OpenEndings(ctx)
	if err != nil {
		return nil, away(err)
	}
	waits := func(e Ending) bool { return e.State == StateAwaiting && !e.expired(s.Now()) || e.Unreviewed() }
	return slices.DeleteFunc(open, func(e Ending) bool { return !waits(e) }), nil
}

// Late lists the endings that are not done PublishTime after they ran: the reader's own or, for those who may agree to
// others', everybody's.
func (s *Service) Late(ctx context.Context, staff Staff) ([]Ending, error) {
	if !staff.Can(RoleRevoke) && !staff.Can(RoleApprove) {
		return nil, nil
	}
	open, err := s.Endings.OpenEndings(ctx)
	if err != nil {
		return nil, away(err)
	}
	mine := func(e Ending) bool {
		return e.Late && e.State == StateRunning && (e.By == staff.Username || staff.Can(RoleApprove))
	}
	return slices.DeleteFunc(open, func(e Ending) bool { return !mine(e) }), nil
}

// RunAlone has an ending that awaits a second person run without one, as its planner was shown it. Those who watch the log are
// told at once, and it stays in the queue until a second person has looked at it.
func (s *Service) RunAlone(ctx context.Context, staff Staff, id, digest string) (Ending, error) {
	if err := staff.must(RoleRevoke); err != nil {
		return Ending{}, err
	}
	began := false
	e, err := s.change(ctx, staff, id, "ending.alone", func(e *Ending) (bool, error) {
		began = false
		switch {
		case e.By != staff.Username:
			return false, fault.New(fault.Forbidden, CodeSame, "only who planned it may")
		case e.Alone:
			return false, nil // sent twice
		case e.expired(s.Now()):
			return false, fault.New(fault.Conflict, CodeLapsed, "nobody agreed within a day")
		case e.State != StateAwaiting:
			return false, fault.New(fault.Conflict, CodeTooLate, "this does not await agreement")
		case !e.MayRunAlone():
			return false, fault.New(fault.Forbidden, CodeSame, "it is not about one person: somebody else must agree")
		}
		shown, err := s.refresh(ctx, e)
		if err != nil {
			return false, err
		}
		if !shown || e.Digest() != digest {
			return false, fault.New(fault.Conflict, CodeChanged, "what would end is not what was shown")
		}
		began = true
		e.State, e.Alone, e.Runs = StatePlanned, true, s.Now().UTC().Add(StopTime)
		return true, nil
	})
	if err == nil && began {
		s.Log.ErrorContext(ctx, "more than ten documents end on the word of one person: look at it in the queue", "ending", e.ID)
	}
	return e, err
}

// Review is a second person's look at what one did alone. It may be repeated.
func (s *Service) Review(ctx context.Context, staff Staff, id string) (Ending, error) {
	if err := staff.must(RoleApprove); err != nil {
		return Ending{}, err
	}
	return s.change(ctx, staff, id, "ending.review", func(e *Ending) (bool, error) {
		switch {
		case e.Alone && e.Approver != "":
			return false, nil
		case !e.Unreviewed():
			return false, fault.New(fault.Conflict, CodeTooLate, "there is nothing to look at")
		case e.By == staff.Username:
			return false, fault.New(fault.Forbidden, CodeSame, "somebody else must look at it")
		}
		if e.Approver = staff.Username; e.State == StateReview {
			e.State = StateDone
		}
		return true, nil
	})
}

// Stop stops an ending before it runs. Stopping it twice is a success.
func (s *Service) Stop(ctx context.Context, staff Staff, id string) (Ending, error) {
	return s.change(ctx, staff, id, "ending.stop", func(e *Ending) (bool, error) {
		if e.State == StateStopped {
			return false, nil
		}
		if !e.Stoppable(s.Now()) {
			return false, fault.New(fault.Conflict, CodeTooLate, "it is too late to stop this")
		}
		e.State, e.Stopper = StateStopped, staff.Username
		return true, nil
	})
}

// Approve is the second person's agreement to the set they were shown, named by its digest. When what would end is another
// set by now, the ending takes that set, and awaits agreement to it.
func (s *Service) Approve(ctx context.Context, staff Staff, id, digest string) (Ending, error) {
	if err := staff.must(RoleApprove); err != nil {
		return Ending{}, err
	}
	var changed error
	e, err := s.change(ctx, staff, id, "ending.approve", func(e *Ending) (bool, error) {
		changed = nil
		now := s.Now().UTC()
		switch {
		case e.Approver == staff.Username:
			return false, nil // sent twice
		case e.By == staff.Username:
			return false, fault.New(fault.Forbidden, CodeSame, "somebody else must agree")
		case e.expired(now):
			return false, fault.New(fault.Conflict, CodeLapsed, "nobody agreed within a day")
		case e.State != StateAwaiting:
			return false, fault.New(fault.Conflict, CodeTooLate, "this does not await agreement")
		}
		shown, err := s.refresh(ctx, e)
		if err != nil {
			return false, err
		}
		if !shown || e.Digest() != digest {
			changed = fault.New(fault.Conflict, CodeChanged, "what would end is not what was shown")
			return !shown, nil
		}
		e.State, e.Approver, e.Runs = StatePlanned, staff.Username, now.Add(StopTime)
		return true, nil
	})
	return e, errors.Join(err, changed)
}

// refresh brings the targets of an ending up to now, and says whether they are what they were.
func (s *Service) refresh(ctx context.Context, e *Ending) (same bool, err error) {
	if e.Large() { // its set does not change; of a key it is whatever the key signed
		return true, nil
	}
	var batch []string
	for _, t := range e.Targets {
		batch = append(batch, t.Credential)
	}
	before := e.Digest()
	if e.Targets, err = s.targets(ctx, *e, batch); err != nil {
		return false, err
	}
	return e.Digest() == before, nil
}

// change decides on an ending and keeps the decision, or decides again when somebody else was first. The audit record of it
// is made first: one without its change is an attempt.
func (s *Service) change(ctx context.Context, staff Staff, id, what string, decide func(*Ending) (bool, error)) (Ending, error) {
	const tries = 5
	for range tries {
		e, err := s.Ending(ctx, staff, id)
		if err != nil {
			return Ending{}, err
		}
		write, err := decide(&e)
		if err != nil || !write {
			return e, err
		}
		if err := s.audit(ctx, what, staff, e); err != nil {
			return Ending{}, err
		}
		err = s.Endings.SwapEnding(ctx, e)
		if err == nil {
			e.Version++
			return e, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Ending{}, away(err)
		}
	}
	return Ending{}, fault.New(fault.Unavailable, codeStoreAway, "")
}

func (s *Service) audit(ctx context.Context, what string, staff Staff, e Ending) error {
	return s.record(ctx, what, staff, e.ID, map[string]string{
		"scope": string(e.Scope), "reason": string(e.Reason), "documents": fmt.Sprint(e.Count()), "digest": e.Digest(), "state": string(e.State),
	})
}
