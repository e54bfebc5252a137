package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"justice-wallet/pkg/statuslist"
)

// OpenNamed makes an empty store that lives by the clock now; name differs at each call.
type OpenNamed func(t *testing.T, name string, now func() time.Time) Store

// rounds is how many times Agree begins anew: each of its acts waits for a disk.
const rounds = 40

// Agree gives the same random acts on status lists, in the same order, to a model and to each of the others, and holds
// them to the same answers.
func Agree(t *testing.T, model OpenNamed, others map[string]OpenNamed) {
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		if round++; round > rounds {
			return
		}
		c := &clock{at: start}
		a := &agreement{clock: c, model: model(t, fmt.Sprint("round-", round), c.now), others: map[string]Store{}}
		for name, open := range others {
			a.others[name] = open(t, fmt.Sprint("round-", round), c.now)
		}
		a.begin(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"allocate": a.allocate,
			"revoke":   a.revoke,
			"restore":  a.restore,
			"publish":  a.publish,
			"read":     a.read,
			"wait": func(rt *rapid.T) {
				c.set(c.now().Add(rapid.SampledFrom([]time.Duration{time.Minute, 25 * time.Hour}).Draw(rt, "wait")))
			},
			"":      a.compareLists,
			"lease": func(rt *rapid.T) { a.lease(rt) },
			"ensure": func(rt *rapid.T) {
				a.same(rt, func(s Store) any { return s.EnsureLists(rt.Context(), []string{"a", "b"}, 40) })
			},
		})
	})
}

// agreement is a model beside the stores that must answer as it does.
type agreement struct {
	clock  *clock
	model  Store
	others map[string]Store
	leases []statuslist.Lease
}

const modelSize = 21

// begin makes the lists by restoring them, so that they have the same epoch everywhere.
func (a *agreement) begin(rt *rapid.T) {
	for _, list := range []string{"a", "b"} {
		a.same(rt, func(s Store) any {
			return s.Restore(rt.Context(), statuslist.Recovery{List: list, Epoch: "epoch", Size: modelSize})
		})
	}
}

// same holds all to one answer of act, and returns it.
func (a *agreement) same(rt *rapid.T, act func(Store) any) any {
	rt.Helper()
	want := act(a.model)
	for name, s := range a.others {
		if got := act(s); outcome(got) != outcome(want) {
			rt.Fatalf("%s says %s, and the model %s", name, outcome(got), outcome(want))
		}
	}
	return want
}

// outcome is an answer as it is compared: of an error, what a caller can tell of it.
func outcome(v any) string {
	err, ok := v.(error)
	if !ok {
		return fmt.Sprintf("%+v", v)
	}
	for _, known := range []error{statuslist.ErrNoSlot, statuslist.ErrFull, statuslist.ErrEpoch, statuslist.ErrStale, statuslist.ErrHeld} {
		if errors.Is(err, known) {
			return "error: " + known.Error()
		}
	}
	return "error: another: " + err.Error()
}

func anyList(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "unknown"}).Draw(rt, "list")
}

func (a *agreement) allocate(rt *rapid.T) {
	list, operation := anyList(rt), fmt.Sprint("op-", rapid.IntRange(0, 30).Draw(rt, "operation"))
	end := start.AddDate(0, 0, rapid.IntRange(1, 60).Draw(rt, "days"))
	floor := rapid.SampledFrom([]int{0, 0, 0, 5, modelSize}).Draw(rt, "floor")
	a.same(rt, func(s Store) any {
		n, err := s.Next(rt.Context(), operation, list, end, floor)
		if err != nil {
			return err
		}
		return n
	})
}

func (a *agreement) revoke(rt *rapid.T) {
	slot := statuslist.Slot{List: anyList(rt), Index: rapid.IntRange(-1, modelSize).Draw(rt, "index")}
	counter := rapid.IntRange(-1, modelSize).Draw(rt, "counter")
	a.same(rt, func(s Store) any {
		at, err := s.Revoke(rt.Context(), "op", slot, counter, a.clock.now())
		if err != nil {
			return err
		}
		return at
	})
}

func (a *agreement) restore(rt *rapid.T) {
	r := statuslist.Recovery{
		List: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "list"), Size: modelSize, Allocated: rapid.IntRange(0, modelSize).Draw(rt, "given"),
		Epoch: rapid.SampledFrom([]string{"epoch", "epoch", "other"}).Draw(rt, "epoch"), Until: a.clock.now(),
	}
	for _, index := range rapid.SliceOfN(rapid.IntRange(0, modelSize-1), 0, 4).Draw(rt, "ended") {
		r.Ended = append(r.Ended, statuslist.Ended{Index: index, At: a.clock.now()})
	}
	a.same(rt, func(s Store) any { return s.Restore(rt.Context(), r) })
}

// lease asks for one that lasts beyond the test, or is over at once: Redis has a clock of its own.
func (a *agreement) lease(rt *rapid.T) {
	list, holder := anyList(rt), rapid.SampledFrom([]string{"one", "two"}).Draw(rt, "holder")
	life := rapid.SampledFrom([]time.Duration{-time.Second, 1000 * time.Hour}).Draw(rt, "life")
	got := a.same(rt, func(s Store) any {
		l, err := s.Lease(rt.Context(), list, holder, life)
		if err != nil {
			return err
		}
		return l
	})
	if l, ok := got.(statuslist.Lease); ok {
		a.leases = append(a.leases, l)
	}
}

func (a *agreement) publish(rt *rapid.T) {
	if len(a.leases) == 0 {
		a.lease(rt)
	}
	lease := statuslist.Lease{}
	if len(a.leases) > 0 {
		lease = rapid.SampledFrom(a.leases).Draw(rt, "lease")
	}
	p := publication(uint64(rapid.IntRange(0, 5).Draw(rt, "sequence")), rapid.IntRange(0, 5).Draw(rt, "revoked"),
		start.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "issued"))*time.Second))
	p.List = anyList(rt)
	a.same(rt, func(s Store) any { return s.SavePublished(rt.Context(), lease, p) })
}

func (a *agreement) read(rt *rapid.T) {
	list := anyList(rt)
	a.same(rt, func(s Store) any {
		p, err := s.Published(rt.Context(), list)
		v, errVersion := s.PublishedVersion(rt.Context(), list)
		if err := errors.Join(err, errVersion); err != nil {
			return err
		}
		return []any{p, v}
	})
}

// compareLists is done after each act. A history is a hash of each store's own, and a journal over one is a member.
func (a *agreement) compareLists(rt *rapid.T) {
	for _, list := range []string{"a", "b"} {
		a.same(rt, func(s Store) any {
			held, err := s.Snapshot(rt.Context(), list)
			head, errHead := s.Head(rt.Context(), list)
			if err := errors.Join(err, errHead); err != nil {
				return err
			}
			if head != held.Head {
				return fmt.Errorf("head %+v of snapshot %+v", head, held.Head)
			}
			held.History, held.Members = "", ""
			return held
		})
	}
}
