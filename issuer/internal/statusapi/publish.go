package statusapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/faultpoint"
	"justice-wallet/pkg/statuslist"
)

// Run publishes at once and then at every tick, until ctx ends; then it leaves. The ticks are regular, so that the time at
// which a list changes does not betray the time of a revocation. A failure is logged, and tried again at the next tick.
func (s *Service) Run(ctx context.Context, ticks <-chan time.Time) {
	for {
		if err := s.Publish(ctx); err != nil {
			s.deps.Log.ErrorContext(ctx, "publish status lists", "error", err)
		}
		select {
		case <-ctx.Done():
			if err := s.Leave(context.WithoutCancel(ctx)); err != nil {
				s.deps.Log.ErrorContext(ctx, "leave status lists", "error", err)
			}
			return
		case <-ticks:
		}
	}
}

// timeToLeave bounds what a stop may wait for a store that is away.
const timeToLeave = 2 * time.Second

// Leave gives the leases of all lists back, so that another process publishes at its next tick and need not wait for their
// end.
func (s *Service) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeToLeave)
	defer cancel()
	for _, id := range s.ids {
		_, err := s.deps.Publications.Lease(ctx, id, s.holder, 0)
		if err != nil && !errors.Is(err, statuslist.ErrHeld) {
			return fmt.Errorf("give lease back: %w", err)
		}
	}
	return nil
}

// Publish renews the publication of each list that has changed, or whose publication is past half its life, unless another
// process has the lease of it. A list that fails does not keep the others back.
func (s *Service) Publish(ctx context.Context) error {
	lists, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range s.ids {
		if err := s.publishList(ctx, id, lists[id]); err != nil {
			failed = append(failed, fmt.Errorf("publish list %s: %w", id, err))
		}
	}
	s.warn(ctx)
	return errors.Join(failed...)
}

func (s *Service) publishList(ctx context.Context, id string, l list) error {
	if gone, err := s.retire(ctx, id); gone || err != nil {
		return err
	}
	lease, err := s.deps.Publications.Lease(ctx, id, s.holder, s.config.Lease)
	if errors.Is(err, statuslist.ErrHeld) {
		_, err := s.learn(ctx, id)
		return errors.Join(err, s.look(ctx, id))
	}
	if err != nil {
		return fmt.Errorf("take lease: %w", err)
	}
	if err := faultpoint.Hit("publish.after_lease"); err != nil {
		return err
	}
	newest, err := s.learn(ctx, id)
	if err != nil {
		return err
	}
	if err := s.decoy(ctx, id, l); err != nil { // it is no reason to keep back what must be told
		s.deps.Log.ErrorContext(ctx, "end decoys", "list", id, "error", err)
	}
	now, err := s.deps.Slots.Head(ctx, id)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	s.noteRoom(now)
	seen, published := s.remembered(id)
	if published && newest == seen.Version() && !s.isDue(now, seen) { // a store that went back holds an older one, for all to read
		return s.follows(now, seen, l.epoch)
	}
	return s.renew(ctx, id, lease, seen, l.epoch)
}

// look reads a list that another process publishes: a store that lost something of what this one did is then brought up,
// which nobody else can do.
func (s *Service) look(ctx context.Context, id string) error {
	if _, err := s.deps.Slots.Head(ctx, id); err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	return nil
}

// renew publishes a list as the store holds it now, after what was published before.
func (s *Service) renew(ctx context.Context, id string, lease statuslist.Lease, seen statuslist.Published, epoch string) error {
	now, err := s.deps.Slots.Snapshot(ctx, id)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	if err := errors.Join(s.follows(now.Head, seen, epoch), faultpoint.Hit("publish.after_snapshot")); err != nil {
		return err
	}
	p, err := s.sign(now)
	if err != nil {
		return err
	}
	if err := faultpoint.Hit("publish.after_sign"); err != nil {
		return err
	}
	if err := s.deps.Publications.SavePublished(ctx, lease, p); err != nil {
		return fmt.Errorf("save publication: %w", err)
	}
	if err := faultpoint.Hit("publish.after_save"); err != nil {
		return err
	}
	s.remember(p)
	return faultpoint.Hit("publish.after_remember")
}

// follows says whether what the store holds now can come after what was published. Nothing is signed that cannot.
func (s *Service) follows(now statuslist.Head, seen statuslist.Published, epoch string) error {
	switch {
	case now.Epoch != epoch:
		return errors.New("the store was emptied: what was revoked is not known")
	case now.Owed != "":
		return fmt.Errorf("%w: journal %s", statuslist.ErrOwed, now.Owed)
	case now.Sequence < seen.Sequence:
		return errors.New("the store went back: it holds fewer revocations than were published")
	case s.issue().Before(seen.Issued):
		return errors.New("the clock went back: nothing is signed until it is past the newest publication")
	}
	return nil
}

// issue is the time that a publication made now carries.
func (s *Service) issue() time.Time { return s.deps.Now().UTC().Truncate(time.Second) }

func (s *Service) isDue(now statuslist.Head, held statuslist.Published) bool {
	half := held.Issued.Add(held.Expires.Sub(held.Issued) / 2)
	// Where other keys sign by now, the ones before may have been revoked. One without their ids, or without a CWT, was
	// published by a version that kept or made none.
	return now.Sequence != held.Sequence || s.deps.Now().After(half) || len(held.CWT) == 0 || !slices.Equal(held.KeyIDs, s.signers())
}

// signers names the keys that sign publications now. When one is missing, signing says so.
func (s *Service) signers() []string {
	var ids []string
	for _, p := range []keys.Purpose{keys.PurposeStatusList, keys.PurposeCredential} {
		key, err := s.deps.Keys.Active(p)
		if err != nil {
			return nil
		}
		ids = append(ids, key.ID)
	}
	return ids
}

// learn remembers the newest publication in the store, whoever published it, and returns its version; none is no error.
func (s *Service) learn(ctx context.Context, id string) (statuslist.Version, error) {
	newest, err := s.readNewest(ctx, id)
	if errors.Is(err, statuslist.ErrNoSlot) {
		return statuslist.Version{}, nil
	}
	return newest, err
}

func (s *Service) readNewest(ctx context.Context, id string) (statuslist.Version, error) {
	newest, err := s.deps.Publications.PublishedVersion(ctx, id)
	if err != nil {
		return newest, fmt.Errorf("read publication: %w", err)
	}
	if held, ok := s.remembered(id); ok && held.Version() == newest {
		return newest, nil
	}
	p, err := s.deps.Publications.Published(ctx, id)
	if err != nil {
		return newest, fmt.Errorf("read publication: %w", err)
	}
	s.remember(p)
	return p.Version(), nil
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
