package memstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/issuance"
)

func keptEnding(e casework.Ending) time.Time { return e.Created.Add(casework.KeepEnding) }

func copied(e casework.Ending) casework.Ending {
	e.Targets = slices.Clone(e.Targets)
	return e
}

// PutEnding implements casework.Endings.
func (s *Store) PutEnding(_ context.Context, e casework.Ending) (casework.Ending, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept, ok := s.endings.get(e.ID, s.now()); ok {
		return copied(kept), nil
	}
	e.Version = 1
	s.endings.put(e.ID, copied(e), s.now(), keptEnding(e))
	return e, nil
}

// Ending implements casework.Endings.
func (s *Store) Ending(_ context.Context, id string) (casework.Ending, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.endings.get(id, s.now())
	if !ok {
		return casework.Ending{}, issuance.ErrNotFound
	}
	return copied(e), nil
}

// SwapEnding implements casework.Endings.
func (s *Store) SwapEnding(_ context.Context, e casework.Ending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.endings.get(e.ID, s.now())
	next := copied(e)
	next.Version++
	switch {
	case !ok:
		return issuance.ErrNotFound
	case kept.Version == next.Version && same(kept, next):
		return nil
	case kept.Version != e.Version:
		return casework.ErrConflict
	}
	s.endings.put(e.ID, next, s.now(), keptEnding(next))
	return nil
}

func same(a, b casework.Ending) bool {
	targets := slices.Equal(a.Targets, b.Targets)
	times := a.Created.Equal(b.Created) && a.Runs.Equal(b.Runs)
	return targets && times && a.ID == b.ID && a.By == b.By && a.Approver == b.Approver && a.Stopper == b.Stopper && a.Reason == b.Reason &&
		a.Note == b.Note && a.Scope == b.Scope && a.Person == b.Person && a.Item == b.Item && a.State == b.State && a.Bulk == b.Bulk
}

// OpenEndings implements casework.Endings.
func (s *Store) OpenEndings(context.Context) ([]casework.Ending, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []casework.Ending
	for id := range s.endings.things {
		if e, ok := s.endings.get(id, s.now()); ok && e.State.Open() {
			open = append(open, copied(e))
		}
	}
	slices.SortFunc(open, func(a, b casework.Ending) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return open, nil
}

// PutSetPage implements casework.Sets.
func (s *Store) PutSetPage(_ context.Context, set string, page int, credentials []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.sets.put(setPage{set, page}, slices.Clone(credentials), now, now.Add(casework.KeepEnding))
	return nil
}

// SetPage implements casework.Sets.
func (s *Store) SetPage(_ context.Context, set string, page int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	credentials, ok := s.sets.get(setPage{set, page}, s.now())
	if !ok {
		return nil, issuance.ErrNotFound
	}
	return slices.Clone(credentials), nil
}
