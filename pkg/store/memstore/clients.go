package memstore

import (
	"context"
	"time"

	"justice-wallet/pkg/statuslist"
)

// asked names a request of a client.
type asked struct{ client, id string }

type request struct {
	expires int64 // milliseconds: what stores compare
	busy    time.Time
	slot    *statuslist.Slot
}

// given is a slot that a client holds, and until when that is kept.
type given struct {
	statuslist.Holder
	until time.Time
}

// Begin implements statuslist.Clients.
func (s *Store) Begin(_ context.Context, r statuslist.Request) (*statuslist.Slot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, name := s.now(), asked{r.Client, r.ID}
	held, ok := s.requests.get(name, now)
	switch {
	case ok && held.expires != r.Expires.UnixMilli():
		return nil, statuslist.ErrChanged
	case ok && held.slot != nil:
		slot := *held.slot
		return &slot, nil
	case ok && now.Before(held.busy):
		return nil, statuslist.ErrBusy
	}
	s.requests.put(name, request{r.Expires.UnixMilli(), now.Add(statuslist.RequestHold), nil}, now, now.Add(statuslist.RequestWindow))
	return nil, nil
}

// Finish implements statuslist.Clients.
func (s *Store) Finish(_ context.Context, r statuslist.Request, slot statuslist.Slot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, name := s.now(), asked{r.Client, r.ID}
	held, ok := s.requests.get(name, now)
	if !ok {
		return statuslist.ErrNoSlot
	}
	if held.slot == nil {
		held.slot = &slot
		s.requests.put(name, held, now, now.Add(statuslist.RequestWindow))
	}
	return nil
}

// Give implements statuslist.Clients.
func (s *Store) Give(_ context.Context, slot statuslist.Slot, client string, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); !s.given.has(slot, now) {
		keep := until.AddDate(keepYears, 0, 0)
		s.given.put(slot, given{statuslist.Holder{Client: client}, keep}, now, keep)
	}
	return nil
}

// Holder implements statuslist.Clients.
func (s *Store) Holder(_ context.Context, slot statuslist.Slot) (statuslist.Holder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.given.get(slot, s.now())
	if !ok {
		return statuslist.Holder{}, statuslist.ErrNoSlot
	}
	return h.Holder, nil
}

// NoteEnded implements statuslist.Clients.
func (s *Store) NoteEnded(_ context.Context, slot statuslist.Slot, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	h, ok := s.given.get(slot, now)
	if !ok {
		return statuslist.ErrNoSlot
	}
	if h.Ended.IsZero() {
		h.Ended = at
		s.given.put(slot, h, now, h.until)
	}
	return nil
}
