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

// until is when nobody needs a slot any more.
var until = start.AddDate(0, 1, 0)

// takenSlot has a list give a counter, and returns the slot at index, which the tests say it lies at.
func (f fixture) takenSlot(t *testing.T, id string, index int) statuslist.Slot {
	t.Helper()
	f.next(t, fmt.Sprintf("give-%s-%d", id, index), id)
	return statuslist.Slot{List: id, Index: index}
}

func (f fixture) revoke(t *testing.T, slot statuslist.Slot, at time.Time) time.Time {
	t.Helper()
	first, err := f.Revoke(f.ctx, fmt.Sprintf("revoke-%v-%v", slot, at), slot, 0, at)
	if err != nil {
		t.Fatalf("revoke: %v", err)
	}
	return first
}

var slotPromises = map[string]func(*testing.T, fixture){
	"a new list is empty and all valid": func(t *testing.T, f fixture) {
		f.ensure(t, 20, "a")
		got := f.snapshot(t, "a")
		want := statuslist.Snapshot{Head: statuslist.Head{List: "a", Epoch: got.Epoch, Size: 20, Members: got.Members}, Revoked: []byte{0, 0, 0}}
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
	"a slot whose counter was not given cannot be revoked":  neverGiven,
	"no counter below the floor is given anew":              floorHolds,
	"a head is a snapshot without its bits":                 headIsOfSnapshot,
	"an entry is one bit of a snapshot, with its head":      entryIsOfSnapshot,
	"each revocation changes the history":                   historyChanges,
	"a list is needed until its last slot is not":           neededUntil,
	"a lost list is restored, with its epoch":               lostListRestored,
	"a restoring takes nothing back":                        restoringTakesNothing,
	"a list of another epoch is not restored":               otherEpoch,
	"many thousand endings are restored":                    manyRestored,
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
	f.revoke(t, f.takenSlot(t, "a", 3), start)
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
		got, err := f.Next(f.ctx, fmt.Sprintf("op-%d", want), "a", until, 0)
		if err != nil || got != want {
			t.Fatalf("counter %d (%v), want %d", got, err, want)
		}
	}
	if _, err := f.Next(f.ctx, "op-6", "a", until, 0); !errors.Is(err, statuslist.ErrFull) {
		t.Errorf("a sixth of five: %v, want full", err)
	}
	if got := f.snapshot(t, "a").Allocated; got != 5 {
		t.Errorf("%d allocated, want 5", got)
	}
}

func (f fixture) next(t *testing.T, operation, id string) int {
	t.Helper()
	n, err := f.Next(f.ctx, operation, id, until, 0)
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
		given[i], err = f.Next(f.ctx, fmt.Sprintf("op-%d", i), "a", until, 0)
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
		n, err := f.Next(f.ctx, "op", "a", until, 0)
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
	_, next := f.Next(f.ctx, "op", "unknown", until, 0)
	_, revoke := f.Revoke(f.ctx, "op", slot, 0, start)
	_, snapshot := f.Snapshot(f.ctx, "unknown")
	_, head := f.Head(f.ctx, "unknown")
	_, published := f.Published(f.ctx, "unknown")
	_, version := f.PublishedVersion(f.ctx, "unknown")
	for name, err := range map[string]error{
		"next": next, "revoke": revoke, "head": head, "snapshot": snapshot, "published": published, "version": version,
	} {
		if !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("%s: %v, want no slot", name, err)
		}
	}
}

func outsideList(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	f.next(t, "op", "a")
	epoch := f.snapshot(t, "a").Epoch
	for _, index := range []int{-1, 20, 23, 24, 1 << 33} {
		slot := statuslist.Slot{List: "a", Index: index}
		lost := statuslist.Recovery{List: "a", Epoch: epoch, Size: 20, Allocated: 9, Ended: []statuslist.Ended{{Index: 1, At: start}, {Index: index, At: start}}}
		if err := f.Restore(f.ctx, lost); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("restore %d: %v, want no slot", index, err)
		}
		if _, err := f.Revoke(f.ctx, "op", slot, 0, start); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("revoke %d: %v, want no slot", index, err)
		}
	}
}

func neverGiven(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	f.next(t, "op", "a")
	f.next(t, "another", "a")
	for _, counter := range []int{-1, 2, 3, 19, 20} {
		if _, err := f.Revoke(f.ctx, "op", statuslist.Slot{List: "a", Index: 5}, counter, start); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("counter %d: %v, want no slot", counter, err)
		}
	}
	if got := f.snapshot(t, "a"); got.Sequence != 0 || got.History != "" || !reflect.DeepEqual(got.Revoked, make([]byte, 3)) {
		t.Errorf("a refused revocation left a mark: %+v", got)
	}
	if _, err := f.Revoke(f.ctx, "op", statuslist.Slot{List: "a", Index: 5}, 1, start); err != nil {
		t.Errorf("the last one given: %v", err)
	}
}

func floorHolds(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	f.next(t, "op", "a")
	for operation, want := range map[string]int{"far": 7, "op": 0} { // what an operation was given stays its own
		if got, err := f.Next(f.ctx, operation, "a", until, 7); err != nil || got != want {
			t.Errorf("%s: counter %d (%v), want %d", operation, got, err, want)
		}
	}
	if got := f.next(t, "more", "a"); got != 8 {
		t.Errorf("then %d, want 8", got)
	}
	if _, err := f.Next(f.ctx, "over", "a", until, 20); !errors.Is(err, statuslist.ErrFull) {
		t.Errorf("a floor at the end: %v, want full", err)
	}
}

func (f fixture) head(t *testing.T, id string) statuslist.Head {
	t.Helper()
	h, err := f.Head(f.ctx, id)
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	return h
}

func headIsOfSnapshot(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	for index := range 3 {
		if got, want := f.head(t, "a"), f.snapshot(t, "a").Head; got != want {
			t.Errorf("head %+v of %+v", got, want)
		}
		f.revoke(t, f.takenSlot(t, "a", index), start)
	}
}

func entryIsOfSnapshot(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	for _, index := range []int{0, 9, 19} {
		f.revoke(t, f.takenSlot(t, "a", index), start)
	}
	want := f.snapshot(t, "a")
	for index := range 20 {
		got, err := f.Entry(f.ctx, "a", index)
		if err != nil || got.Head != want.Head || got.Revoked != (want.Revoked[index/8]>>(index%8)&1 == 1) {
			t.Errorf("entry %d: %+v, %v", index, got, err)
		}
	}
	for list, index := range map[string]int{"a": 20, "unknown": 0} {
		if _, err := f.Entry(f.ctx, list, index); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("entry %d of %s: %v, want no slot", index, list, err)
		}
	}
	for _, index := range []int{-1, 23, 24, 1 << 33} {
		if _, err := f.Entry(f.ctx, "a", index); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("entry %d: %v, want no slot", index, err)
		}
	}
}

func historyChanges(t *testing.T, f fixture) {
	f.ensure(t, 20, "a", "b")
	seen := map[string]bool{"": true}
	for _, slot := range []statuslist.Slot{f.takenSlot(t, "a", 1), f.takenSlot(t, "a", 2), f.takenSlot(t, "b", 2), f.takenSlot(t, "b", 1)} {
		f.revoke(t, slot, start)
		h := f.head(t, slot.List).History
		if seen[h] {
			t.Errorf("history %q is that of other revocations", h)
		}
		seen[h] = true
		f.revoke(t, slot, start.Add(time.Hour))
		if got := f.head(t, slot.List).History; got != h {
			t.Errorf("a repeat changed it")
		}
	}
}

func neededUntil(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	if got := f.head(t, "a").Until; !got.IsZero() {
		t.Errorf("needed until %v, with none given", got)
	}
	for i, days := range []int{10, 30, 20} {
		if _, err := f.Next(f.ctx, fmt.Sprint(i), "a", start.AddDate(0, 0, days), 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.head(t, "a").Until; !got.Equal(start.AddDate(0, 0, 30)) {
		t.Errorf("needed until %v", got)
	}
	if n, err := f.Next(f.ctx, "0", "a", start.AddDate(0, 0, 40), 0); err != nil || n != 0 || !f.head(t, "a").Until.Equal(start.AddDate(0, 0, 40)) {
		t.Errorf("the same operation, for longer: counter %d, needed until %v (%v)", n, f.head(t, "a").Until, err)
	}
}

func (f fixture) restore(t *testing.T, r statuslist.Recovery) {
	t.Helper()
	if err := f.Restore(f.ctx, r); err != nil {
		t.Fatalf("restore: %v", err)
	}
}

func recovery(epoch string) statuslist.Recovery {
	return statuslist.Recovery{
		List: "a", Epoch: epoch, Size: 20, Allocated: 9, Until: until,
		Ended: []statuslist.Ended{{Index: 3, At: start}, {Index: 17, At: start.Add(time.Second)}},
	}
}

func lostListRestored(t *testing.T, f fixture) {
	for range 2 {
		f.restore(t, recovery("epoch-1"))
		got := f.snapshot(t, "a")
		want := statuslist.Head{List: "a", Epoch: "epoch-1", Sequence: 2, History: got.History, Size: 20, Allocated: 9, Until: until, Members: got.Members}
		if got.Head != want || !reflect.DeepEqual(got.Revoked, []byte{8, 0, 2}) {
			t.Errorf("got %+v", got)
		}
	}
	if got := f.revoke(t, statuslist.Slot{List: "a", Index: 17}, start.Add(time.Hour)); !got.Equal(start.Add(time.Second)) {
		t.Errorf("revoked again at %v", got)
	}
	f.ensure(t, 40, "a")
	if got := f.next(t, "op", "a"); got != 9 || f.head(t, "a").Size != 20 {
		t.Errorf("the next counter is %d, of %d", got, f.head(t, "a").Size)
	}
}

func restoringTakesNothing(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	for i := range 12 {
		f.next(t, fmt.Sprint(i), "a")
	}
	f.revoke(t, f.takenSlot(t, "a", 3), start.Add(-time.Hour))
	f.revoke(t, f.takenSlot(t, "a", 4), start)
	r := recovery(f.head(t, "a").Epoch)
	r.Until = start
	f.restore(t, r)
	got := f.snapshot(t, "a")
	if got.Allocated != 14 || got.Sequence != 3 || !got.Until.Equal(until) || !reflect.DeepEqual(got.Revoked, []byte{0x18, 0, 2}) {
		t.Errorf("got %+v", got)
	}
	if got := f.revoke(t, statuslist.Slot{List: "a", Index: 3}, start); !got.Equal(start.Add(-time.Hour)) {
		t.Errorf("the first time became %v", got)
	}
}

func otherEpoch(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	before := f.snapshot(t, "a")
	wrongSize := recovery(before.Epoch)
	wrongSize.Size = 40
	for _, r := range []statuslist.Recovery{recovery("another"), wrongSize} {
		if err := f.Restore(f.ctx, r); !errors.Is(err, statuslist.ErrEpoch) {
			t.Errorf("%+v: %v, want another epoch", r, err)
		}
	}
	if got := f.snapshot(t, "a"); !reflect.DeepEqual(got, before) {
		t.Errorf("%+v became %+v", before, got)
	}
}

var memberPromises = map[string]func(*testing.T, fixture){
	"whoever restores is a member, and owes nothing": memberOwesNothing,
	"what was lost is owed by the other members":     lostIsOwed,
	"a list gives nothing while anything is owed":    nothingWhileOwed,
	"a member that is gone owes nothing":             goneOwesNothing,
}

// part is what one member brings of list a.
func part(member string, change ...func(*statuslist.Recovery)) statuslist.Recovery {
	r := recovery("epoch")
	r.Member = member
	for _, f := range change {
		f(&r)
	}
	return r
}

func lost(others ...string) func(*statuslist.Recovery) {
	return func(r *statuslist.Recovery) { r.Lost, r.Members = true, others }
}

func (f fixture) wantMembers(t *testing.T, members, owed string) {
	t.Helper()
	if h := f.head(t, "a"); h.Members != members || h.Owed != owed {
		t.Errorf("members %q, of whom %q owe; want %q, %q", h.Members, h.Owed, members, owed)
	}
}

func memberOwesNothing(t *testing.T, f fixture) {
	f.restore(t, recovery("epoch"))
	f.wantMembers(t, "", "")
	f.restore(t, part("two"))
	f.restore(t, part("one", func(r *statuslist.Recovery) { r.Members = []string{"two", "three"} }))
	f.wantMembers(t, "one three two", "")
}

func lostIsOwed(t *testing.T, f fixture) {
	f.restore(t, part("one", lost("one", "two", "three")))
	f.wantMembers(t, "one three two", "three two")
	f.restore(t, part("three"))
	f.wantMembers(t, "one three two", "two")
	f.restore(t, part("four", func(r *statuslist.Recovery) { r.Members = []string{"two"} })) // it does not excuse another
	f.wantMembers(t, "four one three two", "two")
	f.restore(t, part("two"))
	f.wantMembers(t, "four one three two", "")
	f.restore(t, part("two", lost("one"))) // something was lost again
	f.wantMembers(t, "four one three two", "one")
	many := part("one", lost("two"))
	for i := range 1300 {
		many.Ended = append(many.Ended, statuslist.Ended{Index: i % 20, At: start})
	}
	f.restore(t, many)
	f.wantMembers(t, "four one three two", "two")
}

func nothingWhileOwed(t *testing.T, f fixture) {
	f.restore(t, part("one"))
	given := f.next(t, "before", "a")
	f.restore(t, part("one", lost("two")))
	if _, err := f.Next(f.ctx, "op", "a", until, 0); !errors.Is(err, statuslist.ErrOwed) {
		t.Errorf("got %v, want owed", err)
	}
	if got := f.next(t, "before", "a"); got != given {
		t.Errorf("a repeat got %d, want %d", got, given)
	}
	f.revoke(t, statuslist.Slot{List: "a", Index: 5}, start) // an ending is never kept waiting
	f.restore(t, part("two", func(r *statuslist.Recovery) { r.Allocated = 15 }))
	if got := f.next(t, "op", "a"); got != 15 {
		t.Errorf("counter %d, want 15", got)
	}
}

func goneOwesNothing(t *testing.T, f fixture) {
	f.restore(t, part("one", lost("two", "three")))
	f.restore(t, part("one", func(r *statuslist.Recovery) { r.Gone = []string{"two", "three"} }))
	f.wantMembers(t, "one", "")
	f.next(t, "op", "a")
}

func manyRestored(t *testing.T, f fixture) {
	r := statuslist.Recovery{List: "a", Epoch: "e", Size: 4000, Allocated: 4000}
	for i := range 2601 {
		r.Ended = append(r.Ended, statuslist.Ended{Index: i, At: start})
	}
	f.restore(t, r)
	if got := f.snapshot(t, "a"); got.Sequence != 2601 || got.Revoked[324] != 0xff || got.Revoked[325] != 1 {
		t.Errorf("sequence %d, %x", got.Sequence, got.Revoked[324:326])
	}
}

func revocationShows(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	for _, index := range []int{0, 7, 8, 19} {
		f.revoke(t, f.takenSlot(t, "a", index), start)
	}
	got := f.snapshot(t, "a")
	if want := []byte{0x81, 0x01, 0x08}; !reflect.DeepEqual(got.Revoked, want) || got.Sequence != 4 {
		t.Errorf("sequence %d, bits %x, want 4, %x", got.Sequence, got.Revoked, want)
	}
}

func firstRevocationTime(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	slot := f.takenSlot(t, "a", 6)
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
	slot := f.takenSlot(t, "a", 6)
	times := make([]time.Time, 50)
	errs := atOnce(50, func(i int) (err error) {
		times[i], err = f.Revoke(f.ctx, fmt.Sprintf("op-%d", i), slot, 0, start.Add(time.Duration(i)*time.Second))
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
		if _, err := f.Next(f.ctx, fmt.Sprint(i), "a", until, 0); err != nil {
			return err
		}
		_, err := f.Revoke(f.ctx, fmt.Sprintf("op-%d", i), slot, 0, start)
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
	f.revoke(t, f.takenSlot(t, "a", 1), start)
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
	f.revoke(t, f.takenSlot(t, "a", 1), start)
	f.next(t, "op", "a")
	got := f.snapshot(t, "b")
	if got.Sequence != 0 || got.Allocated != 0 || got.Revoked[0] != 0 {
		t.Errorf("the other list changed: %+v", got)
	}
	if _, err := f.Revoke(f.ctx, "op", statuslist.Slot{List: "b", Index: 1}, 0, start); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("the other list's slot: %v, want no slot", err)
	}
	if got := f.next(t, "op", "b"); got != 0 {
		t.Errorf("the other list's first counter is %d", got)
	}
}

func afterItsTime(t *testing.T, f fixture) {
	f.ensure(t, 20, "a")
	revoked, late := f.takenSlot(t, "a", 1), f.takenSlot(t, "a", 2)
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
	f.revoke(t, f.takenSlot(t, "a", 1), start)
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
	"one holder at a time has the lease of a list":    leaseOfOne,
	"each new holder has a higher fence":              fencesRise,
	"who lost the lease publishes nothing":            fencedOff,
	"of fifty who want a lease at once, one gets it":  leaseAtOnce,
	"the version is that of the newest publication":   versionOfNewest,
}

// lease takes the lease of list, for so long that no test outlives it.
func (f fixture) lease(t *testing.T, list, holder string) statuslist.Lease {
	t.Helper()
	l, err := f.Lease(f.ctx, list, holder, time.Hour)
	if err != nil {
		t.Fatalf("lease: %v", err)
	}
	return l
}

func leaseOfOne(t *testing.T, f fixture) {
	first := f.lease(t, "a", "one")
	if _, err := f.Lease(f.ctx, "a", "two", time.Hour); !errors.Is(err, statuslist.ErrHeld) {
		t.Errorf("a second holder: %v, want held", err)
	}
	if again := f.lease(t, "a", "one"); again != first {
		t.Errorf("the holder's lease was %+v, is %+v", first, again)
	}
	f.lease(t, "b", "two")
	if _, err := f.Lease(f.ctx, "a", "one", 0); err != nil {
		t.Errorf("give it back: %v", err)
	}
	if next := f.lease(t, "a", "two"); next.Fence <= first.Fence {
		t.Errorf("%+v after %+v", next, first)
	}
}

// expire gives holder a lease that is over by the clock of whatever store it is.
func (f fixture) expire(t *testing.T, holder string) statuslist.Lease {
	t.Helper()
	l, err := f.Lease(f.ctx, "a", holder, -time.Second)
	if err != nil {
		t.Fatalf("lease: %v", err)
	}
	return l
}

func fencesRise(t *testing.T, f fixture) {
	last := f.expire(t, "one")
	if again := f.expire(t, "one"); again != last {
		t.Errorf("the same holder, whom nobody followed: %+v, then %+v", last, again)
	}
	for _, holder := range []string{"two", "one", "three"} {
		l := f.expire(t, holder)
		if l.Holder != holder || l.Fence <= last.Fence {
			t.Errorf("%+v after %+v", l, last)
		}
		last = l
	}
}

func fencedOff(t *testing.T, f fixture) {
	old := f.expire(t, "one")
	if err := f.SavePublished(f.ctx, old, publication(1, 1, start)); err != nil {
		t.Errorf("nobody has taken the lease: %v", err)
	}
	now := f.lease(t, "a", "two")
	for name, l := range map[string]statuslist.Lease{
		"the holder before": old, "its name with the fence of now": {Holder: "one", Fence: now.Fence}, "the name of now with an old fence": {Holder: "two", Fence: old.Fence},
		"nobody": {}, "a fence to come": {Holder: "one", Fence: now.Fence + 1},
	} {
		if err := f.SavePublished(f.ctx, l, publication(9, 9, start.Add(time.Hour))); !errors.Is(err, statuslist.ErrStale) {
			t.Errorf("%s: %v, want stale", name, err)
		}
	}
	f.wantPublished(t, publication(1, 1, start))
	if err := f.SavePublished(f.ctx, now, publication(2, 2, start)); err != nil {
		t.Errorf("the holder: %v", err)
	}
}

func leaseAtOnce(t *testing.T, f fixture) {
	f.expire(t, "before")
	errs := atOnce(50, func(i int) error {
		_, err := f.Lease(f.ctx, "a", fmt.Sprint(i), time.Hour)
		return err
	})
	got := 0
	for _, err := range errs {
		if err == nil {
			got++
		} else if !errors.Is(err, statuslist.ErrHeld) {
			t.Error(err)
		}
	}
	if got != 1 {
		t.Errorf("%d have it", got)
	}
}

func versionOfNewest(t *testing.T, f fixture) {
	for i := range 3 {
		p := publication(uint64(i/2), i/2, start.Add(time.Duration(i)*time.Second))
		f.save(t, p)
		if got, err := f.PublishedVersion(f.ctx, "a"); err != nil || got != p.Version() {
			t.Errorf("version %+v (%v), want %+v", got, err, p.Version())
		}
	}
}

func (f fixture) save(t *testing.T, p statuslist.Published) {
	t.Helper()
	if err := f.SavePublished(f.ctx, f.lease(t, p.List, "publisher"), p); err != nil {
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
		if err := f.SavePublished(f.ctx, f.lease(t, "a", "publisher"), p); !errors.Is(err, statuslist.ErrStale) {
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
	lease := f.lease(t, "a", "publisher")
	errs := atOnce(50, func(i int) error {
		return f.SavePublished(f.ctx, lease, publication(uint64(i), i, start.Add(time.Duration(i)*time.Second)))
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
