package durable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/statuslist"
)

// Head implements statuslist.Slots.
func (l *Lists) Head(ctx context.Context, id string) (statuslist.Head, error) {
	k, ok := l.known(id)
	if !ok {
		return statuslist.Head{}, statuslist.ErrNoSlot
	}
	head, err := l.options.Store.Head(ctx, id)
	if err == nil && head.Epoch == k.epoch && head.History == k.history && head.Allocated == k.given {
		return head, nil
	}
	if err != nil && !isLost(err) {
		return statuslist.Head{}, err
	}
	held, err := l.Snapshot(ctx, id)
	return held.Head, err
}

// Snapshot implements statuslist.Slots. It lacks nothing that the journal knew when it was called.
func (l *Lists) Snapshot(ctx context.Context, id string) (statuslist.Snapshot, error) {
	held, behind, err := l.look(ctx, id)
	if behind {
		held, err = l.bringUp(ctx, id)
	}
	if err != nil {
		return statuslist.Snapshot{}, err
	}
	return held, l.absorb(ctx, held)
}

// look reads a list from the store, and says whether the store has lost something of it.
func (l *Lists) look(ctx context.Context, id string) (held statuslist.Snapshot, behind bool, err error) {
	k, ok := l.whole(id)
	if !ok {
		return held, false, statuslist.ErrNoSlot
	}
	held, err = l.options.Store.Snapshot(ctx, id)
	if isLost(err) {
		return held, true, nil
	}
	if err != nil {
		return held, false, err
	}
	if held.Epoch != k.epoch {
		return held, l.options.Accept, l.begunAnew(ctx, held.Head)
	}
	return held, k.lacks(held), nil
}

// isLost tells a list that is not there, or not whole, from a store that does not answer.
func isLost(err error) bool {
	return errors.Is(err, statuslist.ErrNoSlot) || errors.Is(err, statuslist.ErrDamaged)
}

// lacks says whether held is without something that was known before it was read.
func (k list) lacks(held statuslist.Snapshot) bool {
	if held.Allocated < k.given || held.Until.Before(k.until) || len(held.Revoked) != len(k.revoked) {
		return true
	}
	for i, b := range k.revoked {
		if b&^held.Revoked[i] != 0 {
			return true
		}
	}
	return false
}

// begunAnew refuses a list of another epoch, or takes it up when it was told to.
func (l *Lists) begunAnew(ctx context.Context, held statuslist.Head) error {
	if !l.options.Accept {
		return fmt.Errorf("%w: it does not hold what the journal knows", statuslist.ErrEpoch)
	}
	return l.write(ctx, record{kind: kindList, list: held.List, epoch: held.Epoch, size: held.Size})
}

// bringUp restores every list from the journal, since a store seldom loses one alone, and reads one again.
func (l *Lists) bringUp(ctx context.Context, id string) (statuslist.Snapshot, error) {
	l.restoring.Lock()
	defer l.restoring.Unlock()
	if held, behind, err := l.look(ctx, id); !behind {
		return held, err // somebody else has just done it
	}
	all, err := l.recoveries()
	if err != nil {
		return statuslist.Snapshot{}, err
	}
	for _, r := range all {
		if err := l.options.Store.Restore(ctx, r); err != nil {
			if r.List == id {
				return statuslist.Snapshot{}, fmt.Errorf("restore status list: %w", err)
			}
			continue // whoever looks at that one is told
		}
		l.options.Log.WarnContext(ctx, "status list restored from the journal", "list", r.List, "given", r.Allocated, "revoked", len(r.Ended))
	}
	held, behind, err := l.look(ctx, id)
	if behind {
		return held, errors.Join(errors.New("the store does not keep what it is given"), err)
	}
	return held, err
}

// recoveries reads from the journal all that it knows.
func (l *Lists) recoveries() ([]statuslist.Recovery, error) {
	lists := map[string]*statuslist.Recovery{}
	seen := map[statuslist.Slot]bool{}
	err := l.journal.Read(func(b []byte) error {
		r, err := decode(b)
		if err != nil {
			return err
		}
		if r.kind == kindList {
			if lists[r.list] == nil {
				lists[r.list] = &statuslist.Recovery{}
			}
			lists[r.list].List, lists[r.list].Epoch, lists[r.list].Size = r.list, r.epoch, r.size
			return nil
		}
		known := lists[r.list]
		if r.kind == kindGiven {
			known.Allocated = max(known.Allocated, r.number+1)
			if r.at.After(known.Until) {
				known.Until = r.at
			}
			return nil
		}
		if slot := (statuslist.Slot{List: r.list, Index: r.number}); !seen[slot] { // the first time stands
			seen[slot] = true
			known.Ended = append(known.Ended, statuslist.Ended{Index: r.number, At: r.at})
		}
		return nil
	})
	out := make([]statuslist.Recovery, 0, len(lists))
	for _, r := range lists {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b statuslist.Recovery) int { return strings.Compare(a.List, b.List) })
	return out, err
}

// absorb takes into the journal what other processes did, and notes that the store is whole.
func (l *Lists) absorb(ctx context.Context, held statuslist.Snapshot) error {
	k, _ := l.whole(held.List)
	var news []record
	if held.Allocated > k.given || held.Until.After(k.until) {
		news = append(news, record{kind: kindGiven, list: held.List, number: held.Allocated - 1, at: held.Until})
	}
	now := l.options.Now().UTC().Truncate(time.Second)
	for i, b := range held.Revoked {
		for bit := range 8 {
			if (b&^k.revoked[i])>>bit&1 == 1 {
				news = append(news, record{kind: kindEnded, list: held.List, number: 8*i + bit, at: now})
			}
		}
	}
	if err := l.write(ctx, news...); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lists[held.List].history = held.History
	return nil
}

// shorten rewrites a journal that has grown to twice what it was, without what says nothing any more.
func (l *Lists) shorten() error {
	l.restoring.Lock()
	defer l.restoring.Unlock()
	if l.journal.Size() < l.limit {
		return nil
	}
	seen := map[statuslist.Slot]bool{}
	err := l.journal.Rewrite(func(b []byte) bool {
		r, err := decode(b)
		if err != nil {
			return true // it is for Open to refuse
		}
		return l.keeps(r, func(slot statuslist.Slot) bool {
			before := seen[slot]
			seen[slot] = true
			return !before
		})
	})
	l.limit = max(leastLimit, 2*l.journal.Size())
	return err
}

// keeps says whether a record is still needed. What is known may lag behind the journal, and never leads it.
func (l *Lists) keeps(r record, isFirst func(statuslist.Slot) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.lists[r.list]
	switch {
	case r.kind == kindEnded:
		return isFirst(statuslist.Slot{List: r.list, Index: r.number})
	case r.kind == kindGiven && r.number+1 < k.given && !r.at.After(k.until): // of the rest, one says until when
		return r.at.Equal(k.until) && isFirst(statuslist.Slot{List: r.list, Index: noIndex})
	}
	return true
}

const noIndex = -1
