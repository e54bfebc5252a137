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
	if err == nil && k.isAsSeen(head) {
		return head, nil
	}
	if err != nil && !isLost(err) {
		return statuslist.Head{}, err
	}
	held, err := l.Snapshot(ctx, id)
	return held.Head, err
}

// isAsSeen says whether the store's list is the one that was last seen whole, and nothing was done to it since. A store that
// went back to that one has lost whatever came to be known after it.
func (k list) isAsSeen(head statuslist.Head) bool {
	return !k.newer && head.Epoch == k.epoch && head.History == k.history && head.Allocated == k.given && head.Members == k.members && k.members != "" && head.Owed == ""
}

// Snapshot implements statuslist.Slots. It lacks nothing that the journal knew when it was called, and what the store holds
// beyond it is in the journal when it returns.
func (l *Lists) Snapshot(ctx context.Context, id string) (statuslist.Snapshot, error) {
	held, need, err := l.read(ctx, id)
	if err == nil && need != nothing {
		held, err = l.bringUp(ctx, id)
	}
	if err != nil {
		return statuslist.Snapshot{}, err
	}
	return held, l.absorb(ctx, held)
}

// need is what a list in the store wants of this journal.
type need int

const (
	nothing need = iota
	word         // that it has brought its part
	part         // what it knows: the list has lost something
)

// read reads a list as the store has it.
func (l *Lists) read(ctx context.Context, id string) (statuslist.Snapshot, need, error) {
	k, ok := l.whole(id)
	if !ok {
		return statuslist.Snapshot{}, nothing, statuslist.ErrNoSlot
	}
	held, err := l.options.Store.Snapshot(ctx, id)
	switch {
	case isLost(err):
		return statuslist.Snapshot{}, part, nil
	case err != nil:
		return statuslist.Snapshot{}, nothing, err
	case held.Epoch != k.epoch && l.options.Accept:
		return held, part, l.write(ctx, record{kind: kindList, list: id, epoch: held.Epoch, size: held.Size})
	case held.Epoch != k.epoch:
		return held, nothing, fmt.Errorf("%w: it does not hold what the journal knows", statuslist.ErrEpoch)
	case k.lacks(held):
		return held, part, nil
	case !isNamed(held.Members, l.self), isNamed(held.Owed, l.self), held.Owed != "" && l.options.Accept:
		return held, word, nil
	}
	return held, nothing, nil
}

func isNamed(names, name string) bool { return slices.Contains(strings.Fields(names), name) }

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

// bringUp brings every list up from the journal, since a store seldom loses one alone, and reads one again.
func (l *Lists) bringUp(ctx context.Context, id string) (statuslist.Snapshot, error) {
	l.restoring.Lock()
	defer l.restoring.Unlock()
	all, err := l.recoveries()
	if err != nil {
		return statuslist.Snapshot{}, err
	}
	for _, r := range all {
		if err := l.restore(ctx, r); err != nil && r.List == id { // whoever looks at another is told
			return statuslist.Snapshot{}, fmt.Errorf("restore status list: %w", err)
		}
	}
	held, need, err := l.read(ctx, id)
	if err == nil && need != nothing {
		err = errors.New("the store does not keep what it is given")
	}
	return held, err
}

// restore brings one list up, if it needs it.
func (l *Lists) restore(ctx context.Context, r statuslist.Recovery) error {
	held, need, err := l.read(ctx, r.List)
	if err != nil || need == nothing {
		return err
	}
	k, _ := l.known(r.List)
	r.Epoch, r.Member = k.epoch, l.self
	if need == part {
		if r.Lost = !isNamed(held.Owed, l.self); r.Lost { // otherwise another has told the members of it
			r.Members = strings.Fields(k.members)
		}
		l.options.Log.WarnContext(ctx, "status list restored from the journal", "list", r.List, "given", r.Allocated, "revoked", len(r.Ended))
	}
	if l.options.Accept {
		r.Gone = slices.DeleteFunc(append(strings.Fields(held.Owed), r.Members...), func(name string) bool { return name == l.self })
	}
	return l.options.Store.Restore(ctx, r)
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
		known := lists[r.list]
		switch r.kind {
		case kindList:
			if known == nil {
				lists[r.list] = &statuslist.Recovery{List: r.list, Size: r.size}
			}
		case kindGiven:
			known.Allocated = max(known.Allocated, r.number+1)
			if r.at.After(known.Until) {
				known.Until = r.at
			}
		case kindEnded:
			if slot := (statuslist.Slot{List: r.list, Index: r.number}); !seen[slot] { // the first time stands
				seen[slot] = true
				known.Ended = append(known.Ended, statuslist.Ended{Index: r.number, At: r.at})
			}
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
	if held.Members != k.members && held.Owed == "" {
		news = append(news, record{kind: kindNames, list: held.List, epoch: held.Members})
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
	if k := l.lists[held.List]; !k.lacks(held) { // nothing was acknowledged while it was being read
		k.history, k.newer = held.History, false
	}
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
