package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// Run works at once and then at every tick, until ctx ends. A failure is logged, and tried again at the next tick.
func (s *Service) Run(ctx context.Context, ticks <-chan time.Time) { s.every(ctx, ticks, s.Work) }

// RunLarge is Run for large endings, which may take minutes: no other waits for them.
func (s *Service) RunLarge(ctx context.Context, ticks <-chan time.Time) {
	s.every(ctx, ticks, s.WorkLarge)
}

func (s *Service) every(ctx context.Context, ticks <-chan time.Time, work func(context.Context) error) {
	for {
		if err := work(ctx); err != nil {
			s.Log.ErrorContext(ctx, "end documents", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
	}
}

// Work takes every open ending, but the large ones, as far as it can go now. Several may work at once: each step may be
// repeated. One that fails does not keep the others back.
func (s *Service) Work(ctx context.Context) error {
	return s.work(ctx, func(e Ending) bool { return !e.Large() })
}

func (s *Service) work(ctx context.Context, mine func(Ending) bool) error {
	open, err := s.Endings.OpenEndings(ctx)
	if err != nil {
		return fmt.Errorf("read endings: %w", err)
	}
	var failed []error
	for _, e := range open {
		if !mine(e) {
			continue
		}
		if err := s.advance(ctx, e); err != nil && !errors.Is(err, ErrConflict) {
			failed = append(failed, fmt.Errorf("ending %s: %w", e.ID, err))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) advance(ctx context.Context, e Ending) error {
	now := s.Now()
	switch {
	case e.expired(now):
		e.State = StateLapsed
		return s.Endings.SwapEnding(ctx, e)
	case e.State == StateAwaiting || e.State == StateReview || e.State == StatePlanned && now.Before(e.Runs):
		return nil
	case e.State == StatePlanned:
		if err := s.widen(ctx, &e); err != nil {
			return err
		}
		e.State = StateRunning // from here on it cannot be stopped
		if err := s.Endings.SwapEnding(ctx, e); err != nil {
			return err
		}
		e.Version++
	case !e.Late && !now.Before(e.Runs.Add(PublishTime)):
		e.Late = true
		if err := s.Endings.SwapEnding(ctx, e); err != nil {
			return err
		}
		e.Version++
		s.Log.ErrorContext(ctx, "documents that ended 15 minutes ago are not in the published list", "ending", e.ID)
	}
	if e.Large() {
		return s.runLarge(ctx, e)
	}
	return s.run(ctx, e)
}

// widen adds what was issued since the plan was made, a refresh within the ten seconds say, to an ending of everything that
// one person alone may decide on. What a second person agreed to stays as they saw it.
func (s *Service) widen(ctx context.Context, e *Ending) error {
	if e.Approver != "" || e.Scope == ScopeDocument || e.Scope == ScopeBatch || e.Large() {
		return nil
	}
	now, err := s.targets(ctx, *e, nil)
	if err != nil {
		return err
	}
	for _, t := range now {
		known := slices.ContainsFunc(e.Targets, func(o Target) bool { return o.Credential == t.Credential })
		if !known && (e.Alone || len(e.Targets) < AloneLimit) {
			e.Targets = append(e.Targets, t)
		}
	}
	return nil
}

// run ends what is queued, looks for what has ended in the published list, and keeps how far it came, whatever failed.
func (s *Service) run(ctx context.Context, e Ending) error {
	if e.Scope == ScopeApproval { // first: a wallet that refreshes meanwhile is refused
		if err := s.Approvals.WithdrawApproval(ctx, e.Person, e.Item); err != nil {
			return err
		}
	}
	before := slices.Clone(e.Targets)
	var failed []error
	for i := range e.Targets {
		if err := s.step(ctx, e, &e.Targets[i]); err != nil {
			failed = append(failed, err)
		}
	}
	unfinished := func(t Target) bool { return t.Progress != Seen && t.Progress != Gone }
	if !slices.ContainsFunc(e.Targets, unfinished) {
		if e.State = StateDone; e.Alone && e.Approver == "" {
			e.State = StateReview
		}
	} else if slices.Equal(before, e.Targets) {
		return errors.Join(failed...)
	}
	return errors.Join(append(failed, s.Endings.SwapEnding(ctx, e))...)
}

// step takes one document on: queued, ended, seen.
func (s *Service) step(ctx context.Context, e Ending, t *Target) error {
	if t.Progress == Queued {
		_, err := s.Revoker.Revoke(ctx, issuance.RevokeRequest{ID: t.Credential, Reason: e.Reason, Actor: e.By, Request: e.ID})
		if fault.KindOf(err) == fault.NotFound {
			t.Progress = Gone
			return nil
		}
		if err != nil {
			return err
		}
		t.Progress = Ended
	}
	if t.Progress != Ended {
		return nil
	}
	c, err := s.Register.Credential(ctx, t.Credential)
	if err != nil {
		return err
	}
	seen, err := s.Published.Ended(ctx, c.Status)
	if err != nil {
		return err
	}
	if seen {
		t.Progress = Seen
	}
	return nil
}
