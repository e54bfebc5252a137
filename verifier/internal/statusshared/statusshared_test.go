package statusshared_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/statusshared"
)

const prefix = "https://issuer.example/t/"

var issued = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// world is a signed list and the store beside it.
type world struct {
	value int
	err   error

	entry statuslist.Entry
	lost  error
	asked []string
}

func newWorld() *world {
	return &world{entry: statuslist.Entry{Head: statuslist.Head{List: "a", Epoch: "e", Size: 100, Sequence: 7}}}
}

func (w *world) Status(context.Context, credential.StatusRef) (verification.StatusReading, error) {
	return verification.StatusReading{Value: w.value, ListIssued: issued, ListExpires: issued.Add(time.Hour), ListRead: issued, Source: prefix}, w.err
}

func (w *world) Entry(_ context.Context, list string, index int) (statuslist.Entry, error) {
	w.asked = append(w.asked, list)
	if index != 5 {
		return statuslist.Entry{}, errors.New("another index")
	}
	return w.entry, w.lost
}

func (w *world) read(t *testing.T, r *statusshared.Reader, value int, store string, reason verification.Reason) {
	t.Helper()
	got, err := r.Status(t.Context(), credential.StatusRef{URI: prefix + "a", Index: 5})
	if reason != "" {
		var e *verification.StatusError
		if !errors.As(err, &e) || e.Reason != reason || got != (verification.StatusReading{}) {
			t.Errorf("%+v, %v: want %s", got, err, reason)
		}
		return
	}
	want := verification.StatusReading{Value: value, ListIssued: issued, ListExpires: issued.Add(time.Hour), ListRead: issued, Source: prefix, Store: store}
	if err != nil || got != want {
		t.Errorf("%+v, %v: want %+v", got, err, want)
	}
}

func TestReading(t *testing.T) {
	away := fault.New(fault.Unavailable, "temporarily_unavailable", "")
	for name, c := range map[string]struct {
		set    func(w *world)
		value  int
		store  string
		reason verification.Reason
		asked  int
	}{
		"both say valid":            {func(*world) {}, 0, statusshared.Agrees, "", 1},
		"ended since it was signed": {func(w *world) { w.entry.Revoked = true }, 1, statusshared.Ended, "", 1},
		"ended when it was signed":  {func(w *world) { w.value = 1 }, 1, "", "", 0},
		"suspended":                 {func(w *world) { w.value = 2 }, 2, "", "", 0},
		"the store is away":         {func(w *world) { w.lost = away }, 0, statusshared.Away, "", 1},
		"the list is lost":          {func(w *world) { w.lost = statuslist.ErrNoSlot }, 0, "", verification.ReasonStatusStore, 1},
		"the list is damaged":       {func(w *world) { w.lost = statuslist.ErrDamaged }, 0, "", verification.ReasonStatusStore, 1},
		"no signed list": {func(w *world) {
			w.err = &verification.StatusError{Reason: verification.ReasonStatusExpired}
		}, 0, "", verification.ReasonStatusExpired, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			c.set(w)
			if w.err != nil { // whatever comes with an error is nothing
				r := statusshared.New(failing{w.err}, w, prefix)
				w.read(t, r, c.value, c.store, c.reason)
			} else {
				w.read(t, statusshared.New(w, w, prefix), c.value, c.store, c.reason)
			}
			if len(w.asked) != c.asked {
				t.Errorf("the store was asked for %v", w.asked)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Status(context.Context, credential.StatusRef) (verification.StatusReading, error) {
	return verification.StatusReading{}, f.err
}

// A store that was emptied, or fell back, tells nothing until it holds again what it held.
func TestAStoreThatWentBack(t *testing.T) {
	for name, back := range map[string]func(h *statuslist.Head){
		"emptied and begun anew": func(h *statuslist.Head) { h.Epoch, h.Sequence = "other", 9 },
		"fewer endings":          func(h *statuslist.Head) { h.Sequence = 6 },
		"another size":           func(h *statuslist.Head) { h.Size = 200 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			r := statusshared.New(w, w, prefix)
			w.read(t, r, 0, statusshared.Agrees, "")
			good := w.entry.Head
			back(&w.entry.Head)
			for range 2 { // it is not got used to
				w.read(t, r, 0, "", verification.ReasonStatusStore)
			}
			w.entry.Head = good
			w.entry.Sequence = 8
			w.read(t, r, 0, statusshared.Agrees, "")
		})
	}
}

func TestOtherListsAreNotOfTheStore(t *testing.T) {
	w := newWorld()
	got, err := statusshared.New(w, w, "https://other.example/t/").Status(t.Context(), credential.StatusRef{URI: prefix + "a", Index: 5})
	if err != nil || got.Store != "" || len(w.asked) != 0 {
		t.Errorf("%+v, %v, asked %v", got, err, w.asked)
	}
}
