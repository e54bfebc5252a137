package statusapi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"justice-wallet/pkg/statuslist"
)

// Decoys are places that nobody is given and that end all the same. How many a list shows to have ended, and how many ended
// today, then says little of how many documents did. Their numbers depend on the secret, the list and the day, and on nothing
// that happens; their times are spread over the day. A place that was given and never reached a document is a decoy, too: one
// that stands.
//
// A brand-new list begins with 0.05 to 0.5 % of its places ended, and gains 0.01 to 0.1 % a day: of 131,072 places, 65 to 655 and
// 13 to 131. None is taken from the last tenth of a list.
const (
	leastFirst, mostFirst = 2000, 200   // parts of a list's size
	leastDaily, mostDaily = 10000, 1000 // in a day
	decoysAtOnce          = 32
)

// decoyed is how far a list's decoys of a day are.
type decoyed struct {
	day    string
	second int // those up to it are made
}

// decoy ends the decoys of a list that are due. Whoever does it again, another process say, ends the same ones: each is an
// operation of the store, which it remembers for a day.
func (s *Service) decoy(ctx context.Context, id string, l list) error {
	if !s.config.Decoys {
		return nil
	}
	held, err := s.deps.Slots.Head(ctx, id)
	if err != nil || held.Epoch != l.epoch || held.Allocated*10 >= held.Size*9 {
		return err
	}
	if held.Allocated == 0 {
		first := make([]int, s.between(id, "first", held.Size/leastFirst, held.Size/mostFirst))
		for i := range first {
			first[i] = i
		}
		if err := s.endNobodys(ctx, id, l.order, "first", first); err != nil {
			return err
		}
	}
	now := s.deps.Now().UTC()
	at := decoyed{now.Format(time.DateOnly), int(now.Sub(now.Truncate(24*time.Hour)) / time.Second)}
	if err := s.endNobodys(ctx, id, l.order, at.day, s.due(id, held.Size, at)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decoys[id] = at
	return nil
}

// due numbers the day's decoys that lie between what was made and now.
func (s *Service) due(id string, size int, now decoyed) []int {
	s.mu.Lock()
	made := s.decoys[id]
	s.mu.Unlock()
	if made.day != now.day {
		made = decoyed{now.day, -1}
	}
	var due []int
	for i := range s.between(id, now.day, size/leastDaily, size/mostDaily) {
		if second := s.between(id, fmt.Sprint(now.day, " ", i), 0, 24*60*60-1); second > made.second && second <= now.second {
			due = append(due, i)
		}
	}
	return due
}

// between is a number from least to most that is always the same for a list and a use, and that nobody can tell without the
// secret.
func (s *Service) between(id, use string, least, most int) int {
	sum := s.config.derive("decoy", []byte(id+" "+use))
	return least + int(binary.BigEndian.Uint64(sum)%uint64(most-least+1))
}

// endNobodys takes a place for each number, and ends it.
func (s *Service) endNobodys(ctx context.Context, id string, order *statuslist.Permutation, use string, numbers []int) error {
	var next atomic.Int64
	var mu sync.Mutex // held for failed
	var failed []error
	var done sync.WaitGroup
	for range min(decoysAtOnce, len(numbers)) {
		done.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(numbers)); i = next.Add(1) - 1 {
				if err := s.endNobody(ctx, id, order, fmt.Sprintf("decoy %s %d", use, numbers[i])); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	done.Wait()
	return errors.Join(failed...)
}

func (s *Service) endNobody(ctx context.Context, id string, order *statuslist.Permutation, operation string) error {
	now := s.deps.Now().UTC()
	n, err := s.deps.Slots.Next(ctx, operation, id, now, 0)
	if errors.Is(err, statuslist.ErrFull) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take a decoy: %w", err)
	}
	index, err := order.Index(n)
	if err != nil {
		return err
	}
	if _, err := s.deps.Slots.Revoke(ctx, operation, statuslist.Slot{List: id, Index: index}, n, now.Truncate(time.Second)); err != nil {
		return fmt.Errorf("end a decoy: %w", err)
	}
	return nil
}
