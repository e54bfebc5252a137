package statusapi

import (
	"context"
	"fmt"
	"time"

	"justice-wallet/pkg/statuslist"
)

// A list that is closed gets no new places. It is published until the last of its documents has expired, and is retired then:
// neither published nor served. Its places are never given again: its counter stands where it stood.

// retire says whether a list is retired by now.
func (s *Service) retire(ctx context.Context, id string) (bool, error) {
	if !s.closed[id] {
		return false, nil
	}
	held, err := s.deps.Slots.Head(ctx, id)
	if err != nil {
		return false, fmt.Errorf("read list: %w", err)
	}
	if !s.deps.Now().After(held.Until) {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retired[id] = true
	return true, nil
}

func (s *Service) isRetired(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.retired[id]
}

// warnEvery is how often the log says that places run out.
const warnEvery = time.Hour

// noteRoom remembers how full a list is.
func (s *Service) noteRoom(h statuslist.Head) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed[h.List] {
		s.room[h.List] = h.Size - h.Allocated
	}
}

// warn tells the log when fewer than a tenth of a list's size is left in all open lists together: the operator must add lists,
// for without a place nothing is issued.
func (s *Service) warn(ctx context.Context) {
	now := s.deps.Now()
	s.mu.Lock()
	room := 0
	for _, left := range s.room {
		room += left
	}
	quiet := len(s.room) == 0 || room >= s.config.Size/10 || now.Sub(s.warned) < warnEvery && !now.Before(s.warned)
	if !quiet {
		s.warned = now
	}
	s.mu.Unlock()
	if !quiet {
		s.deps.Log.WarnContext(ctx, "places in status lists run out: raise STATUS_LISTS", "left", room)
	}
}
