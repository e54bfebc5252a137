package keys

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Status is what was decided about a key. The state it is in follows by the clock: a created key whose Activates has come
// is active, and the one before it inactive.
type Status struct {
	State     State     `json:"state"`
	Activates time.Time `json:"activates,omitzero"` // of a created key: from when it signs; zero: nobody decided yet
	Retires   time.Time `json:"retires,omitzero"`   // from when it is published no more; zero: no such time
	Reason    Reason    `json:"reason,omitempty"`   // of a revoked key
	Changed   time.Time `json:"changed"`            // when this was decided
	By        string    `json:"by"`                 // who decided it
}

// Reason is why a key was revoked.
type Reason string

const (
	ReasonCompromised Reason = "compromised" // others may sign with it: everything it signed ends
	ReasonSuperseded  Reason = "superseded"  // another took its place, and nothing it signed is needed
	ReasonCeased      Reason = "ceased"      // what it was for has ended
)

// rank orders the states: a key's life goes one way.
func (s State) rank() int {
	return map[State]int{StateCreated: 1, StateActive: 2, StateInactive: 3, StateRevoked: 4}[s]
}

// check says whether a status holds together in itself.
func (s Status) check() error {
	switch {
	case s.State.rank() == 0:
		return fmt.Errorf("there is no state %q", s.State)
	case (s.State == StateRevoked) != (s.Reason != ""):
		return errors.New("a revoked key has a reason, and no other has")
	case s.Reason != "" && s.Reason != ReasonCompromised && s.Reason != ReasonSuperseded && s.Reason != ReasonCeased:
		return fmt.Errorf("there is no reason %q", s.Reason)
	case !s.Activates.IsZero() && !s.Retires.IsZero() && s.Retires.Before(s.Activates):
		return errors.New("it retires before it is active")
	}
	return nil
}

// follows says whether next may be decided after s: the same state with other times, or a state further on. A key that was
// never active does not become inactive.
func (s Status) follows(next Status) error {
	switch {
	case s.State == StateRevoked:
		return errors.New("a revoked key stays as it is")
	case next.State.rank() < s.State.rank(), s.State == StateCreated && next.State == StateInactive:
		return fmt.Errorf("a key goes from %s to %s never", s.State, next.State)
	}
	return next.check()
}

// Book is what was decided about every key, by id. A key without an entry is as its file says.
type Book struct {
	Version int64             `json:"version"` // counts the changes
	Keys    map[string]Status `json:"keys"`
}

// ErrConflict is returned by SwapKeyStates when somebody else was first.
var ErrConflict = errors.New("the book of keys was changed by another")

// Books keeps the book that every process shares. Safe for concurrent use. What SwapKeyStates acknowledged is durable as
// the store is configured to be.
type Books interface {
	// KeyStates returns the book; one of version 0 without keys when none was kept.
	KeyStates(ctx context.Context) (Book, error)

	// SwapKeyStates replaces version b.Version by b and counts its version up, or returns ErrConflict when that is not the
	// version kept. The same swap again, once it succeeded, succeeds again.
	SwapKeyStates(ctx context.Context, b Book) error
}

// Set decides on one key, whose status was so far was.
func (b *Book) Set(id string, was, next Status) error {
	if kept, ok := b.Keys[id]; ok {
		was = kept
	}
	if err := was.follows(next); err != nil {
		return fmt.Errorf("key %s: %w", id, err)
	}
	if b.Keys == nil {
		b.Keys = map[string]Status{}
	}
	b.Keys[id] = next
	return nil
}

// check says whether every entry holds together.
func (b Book) check() error {
	var mistakes []error
	for id, s := range b.Keys {
		if err := s.check(); err != nil {
			mistakes = append(mistakes, fmt.Errorf("key %s: %w", id, err))
		}
	}
	return errors.Join(mistakes...)
}

// merge returns what two books decided together: of each key, the state that is further on or, of one state, what was
// decided later. So it does not matter who learns what first, and no book brings a revoked key back.
func (b Book) merge(other Book) Book {
	out := Book{Version: b.Version, Keys: maps.Clone(b.Keys)}
	if out.Keys == nil {
		out.Keys = map[string]Status{}
	}
	for id, theirs := range other.Keys {
		if ours, ok := out.Keys[id]; !ok || ours.before(theirs) {
			out.Keys[id] = theirs
		}
	}
	return out
}

func (s Status) before(other Status) bool {
	if s.State != other.State {
		return s.State.rank() < other.State.rank()
	}
	if !s.Changed.Equal(other.Changed) {
		return s.Changed.Before(other.Changed)
	}
	return fmt.Sprint(s) < fmt.Sprint(other) // decided twice in one instant: anything, as long as all choose alike
}

// Same says whether two books decide alike, whatever their versions.
func (b Book) Same(other Book) bool { return maps.EqualFunc(b.Keys, other.Keys, Status.equal) }

func (s Status) equal(o Status) bool {
	times := s.Activates.Equal(o.Activates) && s.Retires.Equal(o.Retires) && s.Changed.Equal(o.Changed)
	return times && s.State == o.State && s.Reason == o.Reason && s.By == o.By
}
