// Package durable puts a journal of this process's own before a store of status lists, so that what was acknowledged
// outlives a store that lost it.
//
// It holds to these:
//   - A revocation is in the journal before it is in the store, and is acknowledged when it is in both.
//   - A counter is in the journal before anybody is given its place, and none that the journal knows is given anew.
//   - A list that is missing from the store, or lacks anything the journal knows, is restored before anything is read
//     from it. It keeps its epoch: that tells it from a list that somebody began anew.
//   - Whatever else a list in the store is seen to hold is taken into the journal, so that any one journal of several
//     processes that share a store has what all of them did, but for the time since this one last looked.
//   - Each journal is a member of every list it knows, and knows the others. When a list has lost something, it gives no
//     place and is not published until every member has restored its part.
package durable

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/faultpoint"
	"justice-wallet/pkg/journal"
	"justice-wallet/pkg/statuslist"
)

// Options says what Lists works with.
type Options struct {
	Store  statuslist.Slots
	Path   string // of the journal
	Now    func() time.Time
	Log    *slog.Logger
	Rand   io.Reader // for the journal's name
	Accept bool      // take up a store that began its lists anew, and go on without the members that owe

	Journal journal.Options
}

// Lists implements statuslist.Slots. Safe for concurrent use.
type Lists struct {
	options Options
	journal *journal.Journal
	self    string // the journal's name

	restoring sync.Mutex // held while a store that is behind is brought up

	mu    sync.Mutex
	lists map[string]*list
	limit int64 // bytes of the journal from which it is worth rewriting
}

// list is what the journal knows of one list. A slot that is being revoked is not in revoked until the store was asked.
type list struct {
	epoch   string
	size    int
	given   int // counters below it were given
	until   time.Time
	revoked []byte // as in statuslist.Snapshot
	history string // of the store, when it was last seen to hold all of this
	newer   bool   // more is known than it held then
	members string // as in statuslist.Head, when it was last seen whole
}

// leastLimit is below what no journal is rewritten.
const leastLimit = 4 << 20

// Open opens the journal. It asks nothing of the store, so that a service can start before its store does.
func Open(o Options) (*Lists, error) {
	l := &Lists{options: o, lists: map[string]*list{}}
	j, err := journal.Open(o.Path, o.Journal, func(b []byte) error {
		r, err := decode(b)
		if err != nil {
			return err
		}
		return l.apply(r)
	})
	if err != nil {
		return nil, err
	}
	if j.Cut() > 0 {
		o.Log.Warn("the journal ended in what was never acknowledged, which was cut off", "bytes", j.Cut())
	}
	l.journal, l.limit = j, max(leastLimit, 2*j.Size())
	if err := l.beNamed(); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return l, nil
}

// beNamed gives a new journal its name.
func (l *Lists) beNamed() error {
	if l.self != "" {
		return nil
	}
	if len(l.lists) > 0 {
		return fmt.Errorf("%w: it has no name", journal.ErrDamaged)
	}
	name := make([]byte, 8)
	if _, err := io.ReadFull(l.options.Rand, name); err != nil {
		return fmt.Errorf("name journal: %w", err)
	}
	return l.write(context.Background(), record{kind: kindSelf, list: hex.EncodeToString(name)})
}

// Close closes the journal.
func (l *Lists) Close() error { return l.journal.Close() }

// apply takes a record into what is known. It is called with mu held, or before anybody else can.
func (l *Lists) apply(r record) error {
	k := l.lists[r.list]
	switch {
	case r.kind == kindSelf && l.self == "":
		l.self = r.list
	case r.kind == kindList && k == nil && r.size > 0 && r.size <= statuslist.MaxEntries:
		l.lists[r.list] = &list{epoch: r.epoch, size: r.size, revoked: make([]byte, (r.size+7)/8)}
	case k == nil:
		return fmt.Errorf("%w: a record of a list that was not begun", journal.ErrDamaged)
	case r.kind == kindList && r.size == k.size:
		k.epoch = r.epoch
	case r.kind == kindNames:
		k.members = r.epoch
	case r.kind == kindGiven && r.number < k.size:
		k.given = max(k.given, r.number+1)
		if r.at.After(k.until) {
			k.until, k.newer = r.at, true
		}
	case r.kind == kindEnded && r.number < k.size:
		if bit := byte(1) << (r.number % 8); k.revoked[r.number/8]&bit == 0 {
			k.revoked[r.number/8] |= bit
			k.newer = true
		}
	default:
		return fmt.Errorf("%w: a record that its list has no place for", journal.ErrDamaged)
	}
	return nil
}

// write makes records durable, and then known.
func (l *Lists) write(ctx context.Context, records ...record) error {
	if len(records) == 0 {
		return nil
	}
	if err := l.append(ctx, records); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		if err := l.apply(r); err != nil {
			return err
		}
	}
	return nil
}

// atOnce bounds the records of one commit, well under what a journal lets wait.
const atOnce = 4096

func (l *Lists) append(ctx context.Context, records []record) error {
	for some := range slices.Chunk(records, atOnce) {
		encoded := make([][]byte, len(some))
		for i, r := range some {
			encoded[i] = r.encode()
		}
		if err := l.journal.Append(ctx, encoded...); err != nil {
			return err
		}
	}
	return nil
}

// known returns what is known of a list, without its bits.
func (l *Lists) known(id string) (list, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.lists[id]
	if k == nil {
		return list{}, false
	}
	return list{epoch: k.epoch, size: k.size, given: k.given, until: k.until, history: k.history, newer: k.newer, members: k.members}, true
}

// whole is known, with a copy of the bits.
func (l *Lists) whole(id string) (list, bool) {
	k, ok := l.known(id)
	if !ok {
		return k, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k.revoked = bytes.Clone(l.lists[id].revoked)
	return k, true
}

func (l *Lists) hasEnded(slot statuslist.Slot) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lists[slot.List].revoked[slot.Index/8]>>(slot.Index%8)&1 == 1
}

// EnsureLists implements statuslist.Slots. A list that the journal knows is never begun anew.
func (l *Lists) EnsureLists(ctx context.Context, ids []string, size int) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, ok := l.known(id)
		return ok
	})
	if err := l.options.Store.EnsureLists(ctx, missing, size); err != nil {
		return err
	}
	for _, id := range missing {
		head, err := l.options.Store.Head(ctx, id)
		if err != nil {
			return err
		}
		if err := l.write(ctx, record{kind: kindList, list: id, epoch: head.Epoch, size: head.Size}); err != nil {
			return err
		}
	}
	return l.Settle(ctx)
}

// Next implements statuslist.Slots.
func (l *Lists) Next(ctx context.Context, operation, id string, until time.Time, floor int) (int, error) {
	k, ok := l.known(id)
	if !ok {
		return 0, statuslist.ErrNoSlot
	}
	n, err := l.options.Store.Next(ctx, operation, id, until, max(floor, k.given))
	if errors.Is(err, statuslist.ErrNoSlot) || errors.Is(err, statuslist.ErrOwed) { // the store has lost the list, or waits for us
		if _, err := l.Snapshot(ctx, id); err != nil {
			return 0, err
		}
		n, err = l.options.Store.Next(ctx, operation, id, until, max(floor, k.given))
	}
	if err != nil {
		return 0, err
	}
	until = until.UTC().Truncate(time.Millisecond)
	if n < k.given && !until.After(k.until) {
		return n, nil // a repeat
	}
	return n, l.write(ctx, record{kind: kindGiven, list: id, number: n, at: until})
}

// Revoke implements statuslist.Slots.
func (l *Lists) Revoke(ctx context.Context, operation string, slot statuslist.Slot, counter int, at time.Time) (time.Time, error) {
	k, ok := l.known(slot.List)
	if !ok || slot.Index < 0 || slot.Index >= k.size || counter < 0 {
		return time.Time{}, statuslist.ErrNoSlot
	}
	if counter >= k.given { // unless another process gave it
		if held, err := l.Snapshot(ctx, slot.List); err != nil {
			return time.Time{}, err
		} else if counter >= held.Allocated {
			return time.Time{}, statuslist.ErrNoSlot
		}
	}
	ended := record{kind: kindEnded, list: slot.List, number: slot.Index, at: at}
	if !l.hasEnded(slot) {
		if err := l.append(ctx, []record{ended}); err != nil {
			return time.Time{}, err
		}
	}
	if err := faultpoint.Hit("revoke.after_journal"); err != nil {
		return time.Time{}, err
	}
	first, err := l.options.Store.Revoke(ctx, operation, slot, counter, at)
	l.mu.Lock()
	note := l.apply(ended) // whatever the store said: it must come to hold it
	l.mu.Unlock()
	if errors.Is(err, statuslist.ErrNoSlot) { // the store has lost the list, or what it gave
		if _, err := l.Snapshot(ctx, slot.List); err != nil {
			return time.Time{}, err
		}
		first, err = l.options.Store.Revoke(ctx, operation, slot, counter, at)
	}
	return first, errors.Join(err, note)
}

// Restore implements statuslist.Slots.
func (l *Lists) Restore(ctx context.Context, r statuslist.Recovery) error {
	k, ok := l.known(r.List)
	if ok && (k.epoch != r.Epoch || k.size != r.Size) {
		return statuslist.ErrEpoch
	}
	if err := l.options.Store.Restore(ctx, r); err != nil {
		return err
	}
	var records []record
	if !ok {
		records = append(records, record{kind: kindList, list: r.List, epoch: r.Epoch, size: r.Size})
	}
	if r.Allocated > 0 {
		records = append(records, record{kind: kindGiven, list: r.List, number: min(r.Allocated, r.Size) - 1, at: r.Until})
	}
	for _, e := range r.Ended {
		records = append(records, record{kind: kindEnded, list: r.List, number: e.Index, at: e.At})
	}
	return l.write(ctx, records...)
}

// Settle has the store hold all that the journal knows, or says why it does not. What other members owe is theirs to bring.
// It also keeps the journal short.
func (l *Lists) Settle(ctx context.Context) error {
	l.mu.Lock()
	ids := slices.Sorted(maps.Keys(l.lists))
	l.mu.Unlock()
	for _, id := range ids {
		if _, err := l.Head(ctx, id); err != nil {
			return fmt.Errorf("status list %s: %w", id, err)
		}
	}
	return l.shorten()
}
