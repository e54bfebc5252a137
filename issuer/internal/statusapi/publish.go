package statusapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"justice-wallet/pkg/statuslist"
)

// Run publishes at once and then at every tick, until ctx ends. The ticks are regular, so that the time at which a list
// changes does not betray the time of a revocation. A failure is logged, and tried again at the next tick.
func (s *Service) Run(ctx context.Context, ticks <-chan time.Time) {
	for {
		if err := s.Publish(ctx); err != nil {
			s.deps.Log.ErrorContext(ctx, "publish status lists", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
	}
}

// Publish renews the publication of each list that has changed, or whose publication is past half its life. A list that
// fails does not keep the others back.
func (s *Service) Publish(ctx context.Context) error {
	lists, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range s.ids {
		if err := s.publishList(ctx, id, lists[id].epoch); err != nil {
			failed = append(failed, fmt.Errorf("publish list %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) publishList(ctx context.Context, id, epoch string) error {
	now, err := s.deps.Slots.Snapshot(ctx, id)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	if now.Epoch != epoch {
		return errors.New("the store was emptied: what was revoked is not known")
	}
	if seen, ok := s.remembered(id); ok && now.Sequence < seen.Sequence {
		return errors.New("the store went back: it holds fewer revocations than were published")
	}
	held, err := s.deps.Publications.Published(ctx, id)
	if err != nil && !errors.Is(err, statuslist.ErrNoSlot) {
		return fmt.Errorf("read publication: %w", err)
	}
	if err == nil && !s.isDue(now, held) {
		s.remember(held)
		return nil
	}
	p, err := s.sign(now)
	if err != nil {
		return err
	}
	if err := s.deps.Publications.SavePublished(ctx, p); err != nil {
		return fmt.Errorf("save publication: %w", err)
	}
	s.remember(p)
	return nil
}

func (s *Service) isDue(now statuslist.Snapshot, held statuslist.Published) bool {
	half := held.Issued.Add(held.Expires.Sub(held.Issued) / 2)
	// One without a CWT was published by a version that made none.
	return now.Sequence != held.Sequence || s.deps.Now().After(half) || len(held.CWT) == 0
}

// remember keeps the newest publication seen.
func (s *Service) remember(p statuslist.Published) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.latest[p.List]; p.Sequence >= held.Sequence && !p.Issued.Before(held.Issued) {
		s.latest[p.List] = p
	}
}

func (s *Service) remembered(id string) (statuslist.Published, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.latest[id]
	return p, ok
}
