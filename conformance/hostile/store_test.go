package hostile_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"justice-wallet/issuer"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/statuslist"
)

// watched is a store that counts what changes in it for good.
type watched struct {
	issuer.Store
	slots, commits, offers, ended, told atomic.Int64

	mu  sync.Mutex // held for the field below
	ids map[string]bool
}

// offered are the offers that were ever put.
func (w *watched) offered() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.ids))
}

// changes is the count, to be compared with another.
func (w *watched) changes() string {
	return fmt.Sprintf("%d slots, %d documents, %d offers, %d ends, %d notes", w.slots.Load(), w.commits.Load(), w.offers.Load(), w.ended.Load(), w.told.Load())
}

func (w *watched) Commit(ctx context.Context, c issuance.Commit) error {
	err := w.Store.Commit(ctx, c)
	if err == nil {
		w.commits.Add(1)
	}
	return err
}

func (w *watched) PutOffer(ctx context.Context, o issuance.Offer) error {
	w.offers.Add(1)
	w.mu.Lock()
	w.ids[o.ID] = true
	w.mu.Unlock()
	return w.Store.PutOffer(ctx, o)
}

func (w *watched) MarkRevoked(ctx context.Context, id string, at time.Time, reason string) error {
	w.ended.Add(1)
	return w.Store.MarkRevoked(ctx, id, at, reason)
}

func (w *watched) Notify(ctx context.Context, subject, id, event string) error {
	err := w.Store.Notify(ctx, subject, id, event)
	if err == nil {
		w.told.Add(1)
	}
	return err
}

func (w *watched) Next(ctx context.Context, operation, list string, until time.Time, floor int) (int, error) {
	w.slots.Add(1)
	return w.Store.Next(ctx, operation, list, until, floor)
}

func (w *watched) Revoke(ctx context.Context, operation string, slot statuslist.Slot, counter int, at time.Time) (time.Time, error) {
	w.ended.Add(1)
	return w.Store.Revoke(ctx, operation, slot, counter, at)
}
