package memstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/statuslist"
)

type list struct {
	head    statuslist.Head
	ended   map[int]time.Time
	revoked []byte          // as in statuslist.Snapshot
	members map[string]bool // whether each owes what it knows
}

// EnsureLists implements statuslist.Slots.
func (s *Store) EnsureLists(_ context.Context, ids []string, size int) error {
	if size < 1 {
		return fmt.Errorf("ensure status lists: size %d", size)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.lists[id] == nil {
			s.lists[id] = newList(id, s.now().UTC().Format(time.RFC3339Nano), size) // memory is emptied by starting again, which is later
		}
	}
	return nil
}

func newList(id, epoch string, size int) *list {
	return &list{
		head:    statuslist.Head{List: id, Epoch: epoch, Size: size},
		ended:   map[int]time.Time{},
		revoked: make([]byte, (size+7)/8),
		members: map[string]bool{},
	}
}

// Next implements statuslist.Slots.
func (s *Store) Next(_ context.Context, operation, id string, until time.Time, floor int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	l := s.lists[id]
	if l == nil {
		return 0, statuslist.ErrNoSlot
	}
	if n, ok := s.counters.get(counted{operation, id}, now); ok {
		l.give(n+1, until)
		return n, nil
	}
	if l.head.Owed != "" {
		return 0, statuslist.ErrOwed
	}
	n := max(l.head.Allocated, floor)
	if n >= l.head.Size {
		return 0, statuslist.ErrFull
	}
	l.give(n+1, until)
	s.counters.put(counted{operation, id}, n, now, now.Add(rememberOperation))
	return n, nil
}

// give notes that the counters below n are given, one of them until until.
func (l *list) give(n int, until time.Time) {
	l.head.Allocated = max(l.head.Allocated, n)
	if until = until.UTC().Truncate(time.Millisecond); until.After(l.head.Until) {
		l.head.Until = until
	}
}

// Revoke implements statuslist.Slots. A slot is revoked once, whatever the operation.
func (s *Store) Revoke(_ context.Context, _ string, slot statuslist.Slot, counter int, at time.Time) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[slot.List]
	if l == nil || counter < 0 || counter >= l.head.Allocated || slot.Index < 0 || slot.Index >= l.head.Size {
		return time.Time{}, statuslist.ErrNoSlot
	}
	l.end(slot.Index, at)
	return l.ended[slot.Index], nil
}

func (l *list) end(index int, at time.Time) {
	if _, ok := l.ended[index]; ok {
		return
	}
	l.ended[index] = at
	l.revoked[index/8] |= 1 << (index % 8)
	l.head.Sequence++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", l.head.History, index))
	l.head.History = hex.EncodeToString(sum[:])
}

// Head implements statuslist.Slots.
func (s *Store) Head(_ context.Context, id string) (statuslist.Head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[id]
	if l == nil {
		return statuslist.Head{}, statuslist.ErrNoSlot
	}
	return l.head, nil
}

// Entry implements statuslist.Entries.
func (s *Store) Entry(_ context.Context, list string, index int) (statuslist.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[list]
	if l == nil || index < 0 || index >= l.head.Size {
		return statuslist.Entry{}, statuslist.ErrNoSlot
	}
	return statuslist.Entry{Head: l.head, Revoked: l.revoked[index/8]>>(index%8)&1 == 1}, nil
}

// Snapshot implements statuslist.Slots.
func (s *Store) Snapshot(_ context.Context, id string) (statuslist.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[id]
	if l == nil {
		return statuslist.Snapshot{}, statuslist.ErrNoSlot
	}
	return statuslist.Snapshot{Head: l.head, Revoked: bytes.Clone(l.revoked)}, nil
}

// Restore implements statuslist.Slots.
func (s *Store) Restore(_ context.Context, r statuslist.Recovery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[r.List]
	if l == nil {
		l = newList(r.List, r.Epoch, r.Size)
	}
	if l.head.Epoch != r.Epoch || l.head.Size != r.Size {
		return statuslist.ErrEpoch
	}
	for _, e := range r.Ended {
		if e.Index < 0 || e.Index >= l.head.Size {
			return statuslist.ErrNoSlot
		}
	}
	s.lists[r.List] = l
	l.give(min(r.Allocated, l.head.Size), r.Until)
	for _, e := range r.Ended {
		l.end(e.Index, e.At)
	}
	l.restoredBy(r)
	return nil
}

func (l *list) restoredBy(r statuslist.Recovery) {
	if r.Member == "" {
		return
	}
	for _, m := range r.Members {
		l.members[m] = l.members[m] || r.Lost
	}
	for _, m := range r.Gone {
		delete(l.members, m)
	}
	l.members[r.Member] = false
	owed := maps.Clone(l.members)
	maps.DeleteFunc(owed, func(_ string, owes bool) bool { return !owes })
	l.head.Members = strings.Join(slices.Sorted(maps.Keys(l.members)), " ")
	l.head.Owed = strings.Join(slices.Sorted(maps.Keys(owed)), " ")
}

// lease is who may publish a list.
type lease struct {
	statuslist.Lease
	until time.Time
}

// Lease implements statuslist.Publications.
func (s *Store) Lease(_ context.Context, list, holder string, life time.Duration) (statuslist.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.leases[list]
	if held.Holder != holder {
		if s.now().Before(held.until) {
			return statuslist.Lease{}, statuslist.ErrHeld
		}
		held.Lease = statuslist.Lease{Holder: holder, Fence: held.Fence + 1}
	}
	held.until = s.now().Add(life)
	s.leases[list] = held
	return held.Lease, nil
}

// SavePublished implements statuslist.Publications.
func (s *Store) SavePublished(_ context.Context, l statuslist.Lease, p statuslist.Published) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.published[p.List]
	if s.leases[p.List].Lease != l || p.Sequence < held.Sequence || p.Revoked < held.Revoked || p.Issued.Before(held.Issued) {
		return statuslist.ErrStale
	}
	s.published[p.List] = p
	return nil
}

// Published implements statuslist.Publications.
func (s *Store) Published(_ context.Context, id string) (statuslist.Published, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.published[id]
	if !ok {
		return statuslist.Published{}, statuslist.ErrNoSlot
	}
	return p, nil
}

// PublishedVersion implements statuslist.Publications.
func (s *Store) PublishedVersion(ctx context.Context, id string) (statuslist.Version, error) {
	p, err := s.Published(ctx, id)
	return p.Version(), err
}
