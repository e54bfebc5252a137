package memstore

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"justice-wallet/pkg/statuslist"
)

type list struct {
	epoch   string
	size    int
	next    int
	taken   map[int]bool
	ended   map[int]time.Time
	revoked []byte // as in statuslist.Snapshot
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
			s.lists[id] = s.newList(size)
		}
	}
	return nil
}

func (s *Store) newList(size int) *list {
	return &list{
		epoch:   s.now().UTC().Format(time.RFC3339Nano), // memory is emptied by starting again, which is later
		size:    size,
		taken:   map[int]bool{},
		ended:   map[int]time.Time{},
		revoked: make([]byte, (size+7)/8),
	}
}

// Next implements statuslist.Slots.
func (s *Store) Next(_ context.Context, operation, id string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if n, ok := s.counters.get(counted{operation, id}, now); ok {
		return n, nil
	}
	l := s.lists[id]
	if l == nil {
		return 0, statuslist.ErrNoSlot
	}
	if l.next == l.size {
		return 0, statuslist.ErrFull
	}
	n := l.next
	l.next++
	s.counters.put(counted{operation, id}, n, now, now.Add(rememberOperation))
	return n, nil
}

// Take implements statuslist.Slots. It forgets no slot, so it need not know until when one is in use.
func (s *Store) Take(_ context.Context, slot statuslist.Slot, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[slot.List]
	if l == nil || slot.Index < 0 || slot.Index >= l.size {
		return statuslist.ErrNoSlot
	}
	l.taken[slot.Index] = true
	return nil
}

// Revoke implements statuslist.Slots. A slot is revoked once, whatever the operation.
func (s *Store) Revoke(_ context.Context, _ string, slot statuslist.Slot, at time.Time) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[slot.List]
	if l == nil || !l.taken[slot.Index] {
		return time.Time{}, statuslist.ErrNoSlot
	}
	if first, ok := l.ended[slot.Index]; ok {
		return first, nil
	}
	l.ended[slot.Index] = at
	l.revoked[slot.Index/8] |= 1 << (slot.Index % 8)
	return at, nil
}

// Snapshot implements statuslist.Slots.
func (s *Store) Snapshot(_ context.Context, id string) (statuslist.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[id]
	if l == nil {
		return statuslist.Snapshot{}, statuslist.ErrNoSlot
	}
	return statuslist.Snapshot{
		List:      id,
		Epoch:     l.epoch,
		Sequence:  uint64(len(l.ended)),
		Size:      l.size,
		Allocated: l.next,
		Revoked:   bytes.Clone(l.revoked),
	}, nil
}

// SavePublished implements statuslist.Publications.
func (s *Store) SavePublished(_ context.Context, p statuslist.Published) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.published[p.List]
	if p.Sequence < held.Sequence || p.Revoked < held.Revoked || p.Issued.Before(held.Issued) {
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
