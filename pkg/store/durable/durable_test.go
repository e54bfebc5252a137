package durable_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/pkg/journal"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/durable"
	"justice-wallet/pkg/store/memstore"
)

const size = 2000

var (
	start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	until = start.AddDate(0, 1, 0)
)

// store is one that can lose everything, go back in time, or be away.
type store struct {
	statuslist.Slots
	away     error
	forgets  bool   // acknowledges a revocation, and loses it
	read     func() // runs once, when a snapshot was taken and has not been looked at
	restored int
}

func newStore() *store { return &store{Slots: memstore.New(func() time.Time { return start })} }

func (s *store) Revoke(ctx context.Context, o string, slot statuslist.Slot, counter int, at time.Time) (time.Time, error) {
	if s.away != nil {
		return time.Time{}, s.away
	}
	if s.forgets {
		return at, nil
	}
	return s.Slots.Revoke(ctx, o, slot, counter, at)
}

func (s *store) Snapshot(ctx context.Context, list string) (statuslist.Snapshot, error) {
	held, err := s.Slots.Snapshot(ctx, list)
	if read := s.read; read != nil {
		s.read = nil
		read()
	}
	return held, err
}

func (s *store) Restore(ctx context.Context, r statuslist.Recovery) error {
	if r.Lost {
		s.restored++
	}
	return s.Slots.Restore(ctx, r)
}

// rig is lists over a store and a journal.
type rig struct {
	*durable.Lists
	store *store
	path  string
	log   bytes.Buffer
}

func newRig(t *testing.T, s *store) *rig {
	t.Helper()
	r := &rig{store: s, path: filepath.Join(t.TempDir(), "journal")}
	r.open(t)
	return r
}

func (r *rig) open(t *testing.T, change ...func(*durable.Options)) {
	t.Helper()
	o := durable.Options{Store: r.store, Path: r.path, Now: func() time.Time { return start }, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(&r.log, nil))}
	for _, f := range change {
		f(&o)
	}
	var err error
	if r.Lists, err = durable.Open(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
}

// restart closes the journal and opens it again.
func (r *rig) restart(t *testing.T, change ...func(*durable.Options)) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.open(t, change...)
}

func (r *rig) ensure(t *testing.T, ids ...string) {
	t.Helper()
	if err := r.EnsureLists(t.Context(), ids, size); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) next(t *testing.T, operation string) int {
	t.Helper()
	n, err := r.Next(t.Context(), operation, "a", until, 0)
	if err != nil {
		t.Fatalf("next: %v", err)
	}
	return n
}

func (r *rig) revoke(t *testing.T, index int, at time.Time) time.Time {
	t.Helper()
	first, err := r.Revoke(t.Context(), "o", statuslist.Slot{List: "a", Index: index}, 0, at)
	if err != nil {
		t.Fatalf("revoke: %v", err)
	}
	return first
}

func (r *rig) snapshot(t *testing.T) statuslist.Snapshot {
	t.Helper()
	s, err := r.Snapshot(t.Context(), "a")
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	return s
}

func wantRevoked(t *testing.T, s statuslist.Snapshot, want ...int) {
	t.Helper()
	bits := make([]byte, (size+7)/8)
	for _, i := range want {
		bits[i/8] |= 1 << (i % 8)
	}
	if !bytes.Equal(s.Revoked, bits) || s.Sequence != uint64(len(want)) {
		t.Errorf("sequence %d, want %v revoked", s.Sequence, want)
	}
}

// filled is a rig with three counters given and two slots ended.
func filled(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, newStore())
	r.ensure(t, "a", "b")
	for i := range 3 {
		r.next(t, fmt.Sprint(i))
	}
	r.revoke(t, 5, start)
	r.revoke(t, 1999, start.Add(time.Second))
	return r
}

// What was lost comes back before anything is read or given, with its epoch, while the process runs and after a restart.
func TestAnEmptiedStoreIsRestored(t *testing.T) {
	for name, restart := range map[string]bool{"while the process runs": false, "at start": true} {
		for step, do := range map[string]func(*rig) error{
			"settle":   func(r *rig) error { return r.Settle(t.Context()) },
			"ensure":   func(r *rig) error { return r.EnsureLists(t.Context(), []string{"a", "b"}, size) },
			"head":     func(r *rig) error { return second(r.Head(t.Context(), "a")) },
			"snapshot": func(r *rig) error { return second(r.Snapshot(t.Context(), "a")) },
			"next":     func(r *rig) error { return second(r.Next(t.Context(), "again", "a", until, 0)) },
			"revoke": func(r *rig) error {
				return second(r.Revoke(t.Context(), "again", statuslist.Slot{List: "a", Index: 5}, 0, start.Add(time.Hour)))
			},
		} {
			t.Run(name+"/"+step, func(t *testing.T) {
				r := filled(t)
				before := r.snapshot(t)
				r.store.Slots = newStore().Slots
				if restart {
					r.restart(t)
				}
				if err := do(r); err != nil {
					t.Fatal(err)
				}
				after, err := r.store.Snapshot(t.Context(), "a")
				if err != nil {
					t.Fatal(err)
				}
				if after.Epoch != before.Epoch || after.Allocated < before.Allocated || !bytes.Equal(after.Revoked, before.Revoked) || !after.Until.Equal(before.Until) {
					t.Errorf("%+v became %+v", before.Head, after.Head)
				}
				if got := r.revoke(t, 1999, start.Add(time.Hour)); !got.Equal(start.Add(time.Second)) {
					t.Errorf("first revoked at %v", got)
				}
				if !strings.Contains(r.log.String(), "restored") {
					t.Error("nobody is told")
				}
			})
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A failover to a replica that lacked the newest writes: the store has the list, and not all of it.
func TestAStoreThatWentBackIsBroughtUp(t *testing.T) {
	r := filled(t)
	epoch := r.snapshot(t).Epoch
	older := newStore()
	if err := older.Restore(t.Context(), statuslist.Recovery{List: "a", Epoch: epoch, Size: size, Allocated: 1, Ended: []statuslist.Ended{{Index: 5, At: start}}}); err != nil {
		t.Fatal(err)
	}
	r.store.Slots = older.Slots
	if n := r.next(t, "fresh"); n != 3 {
		t.Errorf("counter %d, want 3: the ones below were given", n)
	}
	wantRevoked(t, r.snapshot(t), 5, 1999)
}

// Only a place that was given is lost: another process, which does not know of it, must not give it.
// A replica that is promoted may be the very list that was last seen whole, without what was acknowledged since.
func TestAStoreThatWentBackToWhatWasSeenIsBroughtUp(t *testing.T) {
	lose := func(r *rig, index int) {
		r.store.forgets = true
		defer func() { r.store.forgets = false }()
		r.revoke(t, index, start)
	}
	for name, loses := range map[string]func(*rig){
		"after it was seen":       func(r *rig) { lose(r, 1) },
		"while it is being seen":  func(r *rig) { r.store.read = func() { lose(r, 1) }; r.snapshot(t) },
		"after another was ended": func(r *rig) { r.revoke(t, 0, start); r.snapshot(t); lose(r, 1) },
	} {
		r := newRig(t, newStore())
		r.ensure(t, "a")
		r.next(t, "first")
		if _, err := r.Head(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		loses(r)
		if _, err := r.Head(t.Context(), "a"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if held, err := r.store.Slots.Snapshot(t.Context(), "a"); err != nil || held.Revoked[0]>>1&1 != 1 {
			t.Errorf("%s: the store still lacks it (%v)", name, err)
		}
	}
}

func TestAStoreThatForgotAPlaceIsBroughtUp(t *testing.T) {
	r := filled(t)
	held := r.snapshot(t)
	older := newStore()
	if err := older.Restore(t.Context(), statuslist.Recovery{
		List: "a", Epoch: held.Epoch, Size: size, Allocated: 2, Until: until, Member: held.Members, Ended: []statuslist.Ended{{Index: 5, At: start}, {Index: 1999, At: start}},
	}); err != nil {
		t.Fatal(err)
	}
	r.store.Slots = older.Slots
	if err := r.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if head, err := older.Head(t.Context(), "a"); err != nil || head.Allocated != 3 {
		t.Errorf("%d given (%v), want 3", head.Allocated, err)
	}
}

// One revocation lost and another made since: the sequence alone does not tell.
func TestAsManyRevocationsAreNotTheSame(t *testing.T) {
	r := filled(t)
	epoch := r.snapshot(t).Epoch
	other := newStore()
	if err := other.Restore(t.Context(), statuslist.Recovery{
		List: "a", Epoch: epoch, Size: size, Allocated: 3, Until: until, Ended: []statuslist.Ended{{Index: 5, At: start}, {Index: 6, At: start}},
	}); err != nil {
		t.Fatal(err)
	}
	r.store.Slots = other.Slots
	if head, err := r.Head(t.Context(), "a"); err != nil || head.Sequence != 3 {
		t.Errorf("sequence %d (%v), want 3", head.Sequence, err)
	}
	wantRevoked(t, r.snapshot(t), 5, 6, 1999)
}

func TestAListBegunAnewByAnotherIsRefusedUntilTold(t *testing.T) {
	r := filled(t)
	r.store.Slots = memstore.New(func() time.Time { return start.Add(time.Hour) })
	if err := r.store.EnsureLists(t.Context(), []string{"a", "b"}, size); err != nil {
		t.Fatal(err)
	}
	r.restart(t)
	for name, err := range map[string]error{
		"settle": r.Settle(t.Context()), "ensure": r.EnsureLists(t.Context(), []string{"a"}, size), "head": second(r.Head(t.Context(), "a")),
		"snapshot": second(r.Snapshot(t.Context(), "a")),
	} {
		if !errors.Is(err, statuslist.ErrEpoch) {
			t.Errorf("%s: %v, want another epoch", name, err)
		}
	}
	r.restart(t, func(o *durable.Options) { o.Accept = true })
	if err := r.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantRevoked(t, r.snapshot(t), 5, 1999)
	r.restart(t)
	if err := r.Settle(t.Context()); err != nil {
		t.Errorf("once it is taken up: %v", err)
	}
}

// A journal that is new takes in what the store holds, and then knows as much as any.
func TestOneJournalKnowsWhatOthersDid(t *testing.T) {
	first := filled(t)
	other := newRig(t, first.store)
	other.ensure(t, "a", "b")
	first.revoke(t, 7, start)
	if n := first.next(t, "more"); n != 3 {
		t.Fatalf("counter %d", n)
	}
	for _, r := range []*rig{other, first} { // as at a tick
		if err := r.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first.store.Slots = newStore().Slots // both share it
	if err := other.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := first.store.Snapshot(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	wantRevoked(t, got, 5, 7, 1999)
	if got.Allocated != 4 || !got.Until.Equal(until) {
		t.Errorf("%+v", got.Head)
	}
}

// pair is two processes that share a store, and of which each gave a place and ended one that the other's journal lacks; then
// the store is emptied while both are down.
func pair(t *testing.T) (one, two *rig) {
	t.Helper()
	one = filled(t)
	two = newRig(t, one.store)
	two.ensure(t, "a", "b")
	for _, r := range []*rig{one, two, one} {
		if err := r.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	one.next(t, "by one")
	one.revoke(t, 11, start)
	two.next(t, "by two")
	two.revoke(t, 12, start)
	one.store.Slots = newStore().Slots
	return one, two
}

func wantOwed(t *testing.T, r *rig) {
	t.Helper()
	if _, err := r.Next(t.Context(), "meanwhile", "a", until, 0); !errors.Is(err, statuslist.ErrOwed) {
		t.Errorf("next: %v, want owed", err)
	}
	if err := r.Settle(t.Context()); err != nil {
		t.Errorf("it has brought its own part: %v", err)
	}
	head, err := r.Head(t.Context(), "a")
	if err != nil || head.Owed == "" || r.snapshot(t).Owed != head.Owed {
		t.Errorf("%+v (%v), want something owed", head, err)
	}
}

// Whichever comes back first gives no place and publishes nothing that only the other knows of, and takes every ending.
func TestNothingIsGivenUntilEveryJournalIsBack(t *testing.T) {
	for name, swap := range map[string]bool{"one first": false, "two first": true} {
		t.Run(name, func(t *testing.T) {
			first, last := pair(t)
			if swap {
				first, last = last, first
			}
			first.restart(t)
			wantOwed(t, first)
			first.revoke(t, 13, start)
			wantOwed(t, first)
			last.restart(t)
			if err := last.Settle(t.Context()); err != nil {
				t.Errorf("the last: %v", err)
			}
			for i, r := range []*rig{first, last, first} {
				if err := r.Settle(t.Context()); err != nil {
					t.Error(err)
				}
				wantRevoked(t, r.snapshot(t), 5, 11, 12, 13, 1999)
				if n := r.next(t, fmt.Sprint("afterwards", i)); n != 5+i {
					t.Errorf("counter %d, want %d", n, 5+i)
				}
			}
		})
	}
}

// A call is as good as a tick: whoever is asked for a place brings its part first.
func TestACallBringsThePartThatIsOwed(t *testing.T) {
	first, last := pair(t)
	wantOwed(t, first)
	if n := last.next(t, "afterwards"); n != 5 {
		t.Errorf("counter %d, want 5", n)
	}
	if n := first.next(t, "and then"); n != 6 {
		t.Errorf("counter %d, want 6", n)
	}
}

// Where a process will never come back, somebody has to say so; the others learn it.
func TestOneThatIsGoneIsGoneWithoutOnceToldSo(t *testing.T) {
	one, two := pair(t)
	three := newRig(t, one.store)
	one.restart(t)
	wantOwed(t, one)
	three.ensure(t, "a")
	wantOwed(t, three)
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	one.restart(t, func(o *durable.Options) { o.Accept = true })
	if err := one.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	one.restart(t)
	if err := errors.Join(three.Settle(t.Context()), one.Settle(t.Context()), three.Settle(t.Context())); err != nil {
		t.Fatal(err)
	}
	wantRevoked(t, one.snapshot(t), 5, 11, 1999)
	one.store.Slots = newStore().Slots // again, and nobody waits for the one that is gone
	wantOwed(t, three)
	if err := one.Settle(t.Context()); err != nil {
		t.Error(err)
	}
	if head, err := three.Head(t.Context(), "a"); err != nil || head.Owed != "" {
		t.Errorf("%+v (%v)", head, err)
	}
}

func TestASlotOfAnotherProcessCanBeRevoked(t *testing.T) {
	first := filled(t)
	other := newRig(t, first.store)
	other.ensure(t, "a")
	for range 2 {
		first.next(t, fmt.Sprint("more", first.snapshot(t).Allocated))
	}
	slot := statuslist.Slot{List: "a", Index: 9}
	if _, err := other.Revoke(t.Context(), "o", slot, 4, start); err != nil {
		t.Error(err)
	}
	if _, err := other.Revoke(t.Context(), "o", slot, 5, start); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("one that was never given: %v", err)
	}
}

// What cannot be a slot leaves no trace in the journal, which would revoke it when it is replayed.
func TestNoSlotIsNotJournalled(t *testing.T) {
	r := filled(t)
	before := contents(t, r.path)
	for _, c := range []struct {
		list           string
		index, counter int
	}{{"a", 8, 3}, {"a", 8, size}, {"a", -1, 0}, {"a", size, 0}, {"a", 8, -1}, {"unknown", 8, 0}} {
		if _, err := r.Revoke(t.Context(), "o", statuslist.Slot{List: c.list, Index: c.index}, c.counter, start); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("%+v: %v, want no slot", c, err)
		}
	}
	if _, err := r.Next(t.Context(), "o", "unknown", until, 0); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("next of an unknown list: %v", err)
	}
	if after := contents(t, r.path); !bytes.Equal(after, before) {
		t.Errorf("something was written: %q", after[len(before):])
	}
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A revocation that reached the journal and not the store is not acknowledged; it takes effect when the store is back.
func TestARevocationWhoseStoreIsAway(t *testing.T) {
	r := filled(t)
	away := errors.New("away")
	r.store.away = away
	if _, err := r.Revoke(t.Context(), "o", statuslist.Slot{List: "a", Index: 8}, 0, start); !errors.Is(err, away) {
		t.Errorf("got %v", err)
	}
	r.store.away = nil
	if err := r.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantRevoked(t, r.snapshot(t), 5, 8, 1999)
}

// disk can be made to sync nothing.
type disk struct {
	journal.File
	broken *error
}

func (d disk) Sync() error {
	if *d.broken != nil {
		return *d.broken
	}
	return d.File.Sync()
}

func TestNothingIsAcknowledgedThatIsNotInTheJournal(t *testing.T) {
	r := filled(t)
	var broken error
	r.restart(t, func(o *durable.Options) {
		o.Journal.Open = func(path string) (journal.File, error) {
			file, err := journal.OpenFile(path)
			return disk{file, &broken}, err
		}
	})
	broken = errors.New("broken disk")
	if _, err := r.Revoke(t.Context(), "o", statuslist.Slot{List: "a", Index: 8}, 0, start); !errors.Is(err, broken) {
		t.Errorf("revoke: %v", err)
	}
	if _, err := r.Next(t.Context(), "o", "a", until, 0); !errors.Is(err, broken) {
		t.Errorf("next: %v", err)
	}
	if got, err := r.store.Snapshot(t.Context(), "a"); err != nil || got.Sequence != 2 {
		t.Errorf("the store got it first: sequence %d (%v)", got.Sequence, err)
	}
}

func TestAStoreThatIsWholeIsNotRestored(t *testing.T) {
	r := filled(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 50 {
				r.next(t, fmt.Sprint("more", i, k))
				r.revoke(t, 100+50*i+k, start)
				if err := r.Settle(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	r.restart(t)
	r.ensure(t, "a", "b")
	if r.store.restored != 0 {
		t.Errorf("restored %d times", r.store.restored)
	}
	if got := r.snapshot(t); got.Sequence != 402 || got.Allocated != 403 {
		t.Errorf("%+v", got.Head)
	}
}

func TestTheJournalIsShortened(t *testing.T) {
	r := filled(t)
	long := strings.Repeat("x", 4000) // list ids are short; here they fill the journal quickly
	r.ensure(t, long)
	for i := range 1200 {
		if _, err := r.Next(t.Context(), fmt.Sprint(i), long, until, 0); err != nil {
			t.Fatal(err)
		}
	}
	before := r.snapshot(t)
	if err := r.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(contents(t, r.path)); got > 1<<16 {
		t.Errorf("%d bytes after it was shortened", got)
	}
	r.store.Slots = newStore().Slots
	r.restart(t)
	r.ensure(t, "a", "b", long)
	after := r.snapshot(t)
	after.History = before.History
	if !reflect.DeepEqual(after, before) {
		t.Errorf("%+v became %+v", before.Head, after.Head)
	}
	if head, err := r.Head(t.Context(), long); err != nil || head.Allocated != 1200 {
		t.Errorf("%d given (%v)", head.Allocated, err)
	}
}

func TestAJournalOfAnotherKindIsRefused(t *testing.T) {
	for name, record := range map[string]string{
		"no kind": "\x09\x01a", "no list": "\x02\x00\x01\x00", "a list not begun": "\x02\x01a\x01\x00", "more after it": "\x01\x01a\x01e\x08more", "too short": "\x01\x01a\x05e",
		"a size of none": "\x01\x01a\x01e\x00",
	} {
		path := filepath.Join(t.TempDir(), "journal")
		j, err := journal.Open(path, journal.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.Append(t.Context(), []byte(record)), j.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := durable.Open(durable.Options{Store: newStore(), Path: path, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}); !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnEndThatWasCutIsTold(t *testing.T) {
	r := filled(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(r.path, int64(len(contents(t, r.path))-3)); err != nil {
		t.Fatal(err)
	}
	r.open(t)
	if !strings.Contains(r.log.String(), "cut off") {
		t.Errorf("log: %s", r.log.String())
	}
}
