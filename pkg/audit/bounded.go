package audit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrBlocked means that a log did not take an event in the time it has. It may yet.
var ErrBlocked = errors.New("the audit log does not answer")

// maxWaiting bounds the acts that wait for a log that hangs.
const maxWaiting = 64

// Bounded is a Recorder that does not wait for ever. Safe for concurrent use.
type Bounded struct {
	next  Recorder
	wait  time.Duration
	turns chan struct{}
}

// Bound returns next with a bound on how long an act waits for it.
func Bound(next Recorder, wait time.Duration) *Bounded {
	return &Bounded{next: next, wait: wait, turns: make(chan struct{}, maxWaiting)}
}

// Record implements Recorder.
func (b *Bounded) Record(ctx context.Context, e Event) error { return b.RecordAll(ctx, []Event{e}) }

// RecordAll keeps all events, as next does.
func (b *Bounded) RecordAll(ctx context.Context, all []Event) error {
	bounded, cancel := context.WithTimeout(ctx, b.wait)
	defer cancel()
	select {
	case b.turns <- struct{}{}:
	case <-bounded.Done():
		return blocked(ctx)
	}
	kept := make(chan error, 1)
	go func() { // a write to a disk that hangs cannot be called off
		defer func() { <-b.turns }()
		kept <- RecordAll(context.WithoutCancel(ctx), b.next, all)
	}()
	select {
	case err := <-kept:
		return err
	case <-bounded.Done():
		return blocked(ctx)
	}
}

func blocked(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return ErrBlocked
}
