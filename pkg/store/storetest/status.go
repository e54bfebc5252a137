package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"justice-wallet/pkg/statuslist"
)

func (f fixture) ensure(t *testing.T, size int, ids ...string) {
	t.Helper()
	if err := f.EnsureLists(f.ctx, ids, size); err != nil {
		t.Fatalf("ensure lists: %v", err)
	}
}

func (f fixture) snapshot(t *testing.T, id string) statuslist.Snapshot {
	t.Helper()
	s, err := f.Snapshot(f.ctx, id)
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	return s
}

func (f fixture) take(t *testing.T, id string, index int) statuslist.Slot {
	t.Helper()
	slot := statuslist.Slot{List: id, Index: index}
	if err := f.Take(f.ctx, slot, start.AddDate(0, 1, 0)); err != nil {
		t.Fatalf("take slot: %v", err)
	}
	return slot
}

func (f fixture) revoke(t *testing.T, slot statuslist.Slot, at time.Time) time.Time {
	t.Helper()
	first, err := f.Revoke(f.ctx, fmt.Sprintf("revoke-%v-%v", slot, at), slot, at)
	if err != nil {
		t.Fatalf("revoke: %v", err)
	}
	return first
}

var slotPromises = map[string]func(*testing.T, fixture){
	"a new list is empty and all valid": func(t *testing.T, f fixture) {
		f.ensure(t, 20, "a")
		got := f.snapshot(t, "a")
		want := statuslist.Snapshot{List: "a", Epoch: got.Epoch, Size: 20, Revoked: []byte{0, 0, 0}}
		if !reflect.DeepEqual(got, want) || got.Epoch == "" {
			t.Errorf("got %+v", got)
		}
	},
	"a list that exists is left as it is":                   existingListStays,
	"each counter is given once, in order, until all are":   countersInOrder,
	"an operation gets the same counter for a day":          sameCounter,
	"fifty at once get fifty counters":                      countersAtOnce,
	"fifty repeats of one operation get one counter":        oneCounterAtOnce,
	"a list that is unknown has no slots":                   unknownList,
	"a slot outside its list is no slot":                    outsideList,
	"a slot that was never taken cannot be revoked":         neverTaken,
	"a slot can be taken again, revoked or not":             takenAgain,
	"a revocation shows in the snapshot, at its bit":        revocationShows,
	"the first time of a revocation stands":                 firstRevocationTime,
	"fifty revocations of one slot are one":                 revokedAtOnce,
	"revocations of fifty slots at once all stand":          manyRevokedAtOnce,
	"a snapshot is the caller's own":                        snapshotIsOwn,
	"a list must have a size":                               sizeRequired,
	"lists do not touch each other":                         listsApart,
	"a slot stays revoked, and revocable, after its time":   afterItsTime,
	"a counter is not given twice though its day is over":   newCounterAfterADay,
	"the epoch of a list does not change while it is there": epochStays,
}

func existingListStays(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	f.revoke(t, f.take(t, "a", 3), start)
	before := f.snapshot(t, "a")
	f.clock.set(start.Add(time.Hour))
	f.ensure(t, 40, "a", "b")
	if after := f.snapshot(t, "a"); !reflect.DeepEqual(after, before) {
		t.Errorf("%+v became %+v", before, after)
	}
	if got := f.snapshot(t, "b").Size; got != 40 {
		t.Errorf("the missing list has size %d, want 40", got)
	}
}

func countersInOrder(t *testing.T, f fixture) {
	f.ensure(t, 5, "a")
	for want := range 5 {
		got, err := f.Next(f.ctx, fmt.Sprintf("op-%d", want), "a")
		if err != nil || got != want {
			t.Fatalf("counter %d (%v), want %d", got, err, want)
		}
	}
	if _, err := f.Next(f.ctx, "op-6", "a"); !errors.Is(err, statuslist.ErrFull) {
		t.Errorf("a sixth of five: %v, want full", err)
	}
	if got := f.snapshot(t, "a").Allocated; got != 5 {
		t.Errorf("%d allocated, want 5", got)
	}
}

func (f fixture) next(t *testing.T, operation, id string) int {
	t.Helper()
	n, err := f.Next(f.ctx, operation, id)
	if err != nil {
		t.Fatalf("next: %v", err)
	}
	return n
}

func sameCounter(t *testing.T, f fixture) {
	f.ensure(t, 9, "a")
	first := f.next(t, "op", "a")
	f.next(t, "another", "a")
	f.clock.set(start.Add(24*time.Hour - time.Millisecond))
	if got := f.next(t, "op", "a"); got != first {
		t.Errorf("the same operation got %d, then %d", first, got)
	}
	if got := f.snapshot(t, "a").Allocated; got != 2 {
		t.Errorf("%d allocated, want 2", got)
	}
}

func newCounterAfterADay(t *testing.T, f fixture) {
	f.ensure(t, 9, "a")
	first := f.next(t, "op", "a")
	f.clock.set(start.Add(24 * time.Hour))
	if got := f.next(t, "op", "a"); got == first {
		t.Errorf("counter %d was given again after a day", got)
	}
}

func countersAtOnce(t *testing.T, f fixture) {
	f.ensure(t, 50, "a")
	given := make([]int, 50)
	errs := atOnce(50, func(i int) (err error) {
		given[i], err = f.Next(f.ctx, fmt.Sprintf("op-%d", i), "a")
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, n := range given {
		if n < 0 || n >= 50 || seen[n] {
			t.Fatalf("counter %d was given twice or is outside", n)
		}
		seen[n] = true
	}
}

func oneCounterAtOnce(t *testing.T, f fixture) {
	f.ensure(t, 50, "a")
	errs := atOnce(50, func(int) error {
		n, err := f.Next(f.ctx, "op", "a")
		if err == nil && n != 0 {
			err = fmt.Errorf("counter %d, want 0", n)
		}
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func unknownList(t *testing.T, f fixture) {
	slot := statuslist.Slot{List: "unknown", Index: 0}
	_, next := f.Next(f.ctx, "op", "unknown")
	_, revoke := f.Revoke(f.ctx, "op", slot, start)
	_, snapshot := f.Snapshot(f.ctx, "unknown")
	_, published := f.Published(f.ctx, "unknown")
	for name, err := range map[string]error{
		"next": next, "take": f.Take(f.ctx, slot, start), "revoke": revoke, "snapshot": snapshot, "published": published,
	} {
		if !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("%s: %v, want no slot", name, err)
		}
	}
}

func outsideList(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	for _, index := range []int{-1, 20, 23, 24, 1 << 33} {
		slot := statuslist.Slot{List: "a", Index: index}
		if err := f.Take(f.ctx, slot, start); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("take %d: %v, want no slot", index, err)
		}
		if _, err := f.Revoke(f.ctx, "op", slot, start); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("revoke %d: %v, want no slot", index, err)
		}
	}
}

func neverTaken(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	f.next(t, "op", "a")
	f.take(t, "a", 4)
	for _, index := range []int{0, 3, 5, 12} {
		if _, err := f.Revoke(f.ctx, "op", statuslist.Slot{List: "a", Index: index}, start); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("slot %d: %v, want no slot", index, err)
		}
	}
	if got := f.snapshot(t, "a"); got.Sequence != 0 || !reflect.DeepEqual(got.Revoked, make([]byte, 3)) {
		t.Errorf("a refused revocation left a mark: %+v", got)
	}
}

func takenAgain(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	slot := f.take(t, "a", 0)
	f.take(t, "a", 0)
	f.revoke(t, slot, start)
	f.take(t, "a", 0)
	if got := f.snapshot(t, "a"); got.Revoked[0] != 1 {
		t.Error("taking a slot again gave it back its validity")
	}
}

func revocationShows(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	for _, index := range []int{0, 7, 8, 19} {
		f.revoke(t, f.take(t, "a", index), start)
	}
	got := f.snapshot(t, "a")
	if want := []byte{0x81, 0x01, 0x08}; !reflect.DeepEqual(got.Revoked, want) || got.Sequence != 4 {
		t.Errorf("sequence %d, bits %x, want 4, %x", got.Sequence, got.Revoked, want)
	}
}

func firstRevocationTime(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	slot := f.take(t, "a", 6)
	for i := range 3 {
		if got := f.revoke(t, slot, start.Add(time.Duration(i)*time.Minute)); !got.Equal(start) {
			t.Errorf("revoked at %v, want %v", got, start)
		}
	}
	if got := f.snapshot(t, "a").Sequence; got != 1 {
		t.Errorf("sequence %d, want 1", got)
	}
}

func revokedAtOnce(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	slot := f.take(t, "a", 6)
	times := make([]time.Time, 50)
	errs := atOnce(50, func(i int) (err error) {
		times[i], err = f.Revoke(f.ctx, fmt.Sprintf("op-%d", i), slot, start.Add(time.Duration(i)*time.Second))
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, at := range times {
		if !at.Equal(times[0]) {
			t.Fatalf("revoked at %v and at %v", times[0], at)
		}
	}
	if got := f.snapshot(t, "a").Sequence; got != 1 {
		t.Errorf("sequence %d, want 1", got)
	}
}

func manyRevokedAtOnce(t *testing.T, f fixture) {
	f.ensure(t, 50, "a")
	errs := atOnce(50, func(i int) error {
		slot := statuslist.Slot{List: "a", Index: i}
		if err := f.Take(f.ctx, slot, start); err != nil {
			return err
		}
		_, err := f.Revoke(f.ctx, fmt.Sprintf("op-%d", i), slot, start)
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	got := f.snapshot(t, "a")
	if want := []byte{255, 255, 255, 255, 255, 255, 3}; !reflect.DeepEqual(got.Revoked, want) || got.Sequence != 50 {
		t.Errorf("sequence %d, bits %x", got.Sequence, got.Revoked)
	}
}

func snapshotIsOwn(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	f.revoke(t, f.take(t, "a", 1), start)
	f.snapshot(t, "a").Revoked[0] = 0
	if f.snapshot(t, "a").Revoked[0] != 2 {
		t.Error("changing a snapshot changed the store")
	}
}

func sizeRequired(t *testing.T, f fixture) {
	for _, size := range []int{0, -1} {
		if err := f.EnsureLists(f.ctx, []string{"a"}, size); err == nil {
			t.Errorf("a list of size %d was made", size)
		}
	}
}

func listsApart(t *testing.T, f fixture) {
	f.ensure(t, 20, "a", "b")
	f.revoke(t, f.take(t, "a", 1), start)
	f.next(t, "op", "a")
	got := f.snapshot(t, "b")
	if got.Sequence != 0 || got.Allocated != 0 || got.Revoked[0] != 0 {
		t.Errorf("the other list changed: %+v", got)
	}
	if _, err := f.Revoke(f.ctx, "op", statuslist.Slot{List: "b", Index: 1}, start); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("the other list's slot: %v, want no slot", err)
	}
	if got := f.next(t, "op", "b"); got != 0 {
		t.Errorf("the other list's first counter is %d", got)
	}
}

func afterItsTime(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	revoked, late := f.take(t, "a", 1), f.take(t, "a", 2)
	f.revoke(t, revoked, start)
	f.clock.set(start.AddDate(5, 0, 0))
	f.revoke(t, late, start.AddDate(5, 0, 0))
	if got := f.snapshot(t, "a").Revoked[0]; got != 6 {
		t.Errorf("bits %b, want 110", got)
	}
}

func epochStays(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	epoch := f.snapshot(t, "a").Epoch
	f.clock.set(start.Add(time.Hour))
	f.ensure(t, 20, "a")
	f.revoke(t, f.take(t, "a", 1), start)
	if got := f.snapshot(t, "a").Epoch; got != epoch {
		t.Errorf("epoch %q became %q", epoch, got)
	}
}

func publication(sequence uint64, revoked int, issued time.Time) statuslist.Published {
	return statuslist.Published{
		List:      "a",
		Sequence:  sequence,
		Revoked:   revoked,
		Token:     fmt.Sprintf("token-%d-%d-%d", sequence, revoked, issued.Unix()),
		CWT:       []byte{0xd2, 0xff, 0, byte(sequence)}, // no text
		Bitstring: fmt.Sprintf("bitstring-%d", sequence),
		Issued:    issued,
		Expires:   issued.Add(time.Hour),
	}
}

var publicationPromises = map[string]func(*testing.T, fixture){
	"the newest publication is returned whole":        newestPublication,
	"a stale publication changes nothing":             stalePublication,
	"a list that was never published has no slot":     neverPublished,
	"of publications at once, the newest stands":      publishedAtOnce,
	"publications of two lists do not touch":          publicationsApart,
	"the same sequence may be published again, later": publishedAgain,
}

func (f fixture) save(t *testing.T, p statuslist.Published) {
	t.Helper()
	if err := f.SavePublished(f.ctx, p); err != nil {
		t.Fatalf("save publication: %v", err)
	}
}

func (f fixture) wantPublished(t *testing.T, want statuslist.Published) {
	t.Helper()
	if got, err := f.Published(f.ctx, want.List); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("published %+v (%v), want %+v", got, err, want)
	}
}

func newestPublication(t *testing.T, f fixture) {
	f.save(t, publication(0, 0, start))
	f.wantPublished(t, publication(0, 0, start))
	f.save(t, publication(3, 2, start.Add(time.Second)))
	f.wantPublished(t, publication(3, 2, start.Add(time.Second)))
}

func publishedAgain(t *testing.T, f fixture) {
	f.save(t, publication(3, 3, start))
	f.save(t, publication(3, 3, start))
	f.save(t, publication(3, 3, start.Add(time.Minute)))
	f.wantPublished(t, publication(3, 3, start.Add(time.Minute)))
}

func stalePublication(t *testing.T, f fixture) {
	held := publication(5, 5, start)
	f.save(t, held)
	for name, p := range map[string]statuslist.Published{
		"a lower sequence":      publication(4, 5, start.Add(time.Second)),
		"fewer revoked":         publication(6, 4, start.Add(time.Second)),
		"an earlier issue time": publication(6, 6, start.Add(-time.Second)),
	} {
		if err := f.SavePublished(f.ctx, p); !errors.Is(err, statuslist.ErrStale) {
			t.Errorf("%s: %v, want stale", name, err)
		}
		f.wantPublished(t, held)
	}
}

func neverPublished(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	if _, err := f.Published(f.ctx, "a"); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("got %v, want no slot", err)
	}
}

func publishedAtOnce(t *testing.T, f fixture) {
	errs := atOnce(50, func(i int) error {
		return f.SavePublished(f.ctx, publication(uint64(i), i, start.Add(time.Duration(i)*time.Second)))
	})
	for i, err := range errs {
		if err != nil && !errors.Is(err, statuslist.ErrStale) {
			t.Errorf("publication %d: %v", i, err)
		}
	}
	f.wantPublished(t, publication(49, 49, start.Add(49*time.Second)))
}

func publicationsApart(t *testing.T, f fixture) {
	f.save(t, publication(5, 5, start))
	other := publication(1, 1, start.Add(-time.Hour))
	other.List = "b"
	f.save(t, other)
	f.wantPublished(t, publication(5, 5, start))
	f.wantPublished(t, other)
}
