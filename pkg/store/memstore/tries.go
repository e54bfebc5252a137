package memstore

import (
	"context"
	"maps"
	"time"
)

// Try implements session.Tries.
func (s *Store) Try(_ context.Context, name, operation string, most int, until time.Time) (n int, counted bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	before, _ := s.tries.get(name, now)
	if before[operation] || len(before) >= most {
		return len(before), before[operation], nil
	}
	after := map[string]bool{operation: true}
	maps.Copy(after, before)
	s.tries.put(name, after, now, until)
	return len(after), true, nil
}

// Untry implements session.Tries.
func (s *Store) Untry(_ context.Context, name, operation string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if tries, ok := s.tries.get(name, s.now()); ok {
		delete(tries, operation)
	}
	return nil
}
