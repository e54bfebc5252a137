package issuer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// lateDocuments is how long after a key was revoked a document that it signed can still come to exist: another replica
// learns of it at its next tick, and finishes what is under way.
const lateDocuments = 2 * time.Minute

// custody ends what a compromised key signed. Nobody has to ask for it: that the key was revoked, and why, is enough.
type custody struct {
	ring     keys.Keyring
	issuance *issuance.Service
	casework *casework.Service
	now      func() time.Time
	log      *slog.Logger

	mu   sync.Mutex
	over map[string]bool // keys of which nothing stands, and nothing can come
}

// Run works at once and then at every tick, until ctx ends. A failure is logged, and tried again at the next tick.
func (c *custody) Run(ctx context.Context, ticks <-chan time.Time) {
	for {
		if err := c.Work(ctx); err != nil {
			c.log.ErrorContext(ctx, "end what compromised keys signed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
	}
}

// Work has what every compromised key signed ended: by one ending, which staff can watch, and then by a look for what came to
// exist since. Several may work at once.
func (c *custody) Work(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var failed []error
	for _, k := range c.ring.All() {
		if k.State != keys.StateRevoked || k.Status.Reason != keys.ReasonCompromised || c.over[k.ID] {
			continue
		}
		if err := c.end(ctx, k); err != nil {
			failed = append(failed, fmt.Errorf("key %s: %w", k.ID, err))
		}
	}
	return errors.Join(failed...)
}

func (c *custody) end(ctx context.Context, k keys.Key) error {
	_, err := c.casework.EndSignedBy(ctx, k.ID, k.Status.By)
	if fault.KindOf(err) == fault.NotFound {
		err = nil // it has signed nothing
	}
	if err != nil || !c.now().After(k.Status.Changed.Add(lateDocuments)) {
		return err
	}
	tally, err := c.issuance.EndSignedBy(ctx, k.ID, k.Status.By)
	if err == nil && len(tally.Failed) > 0 {
		err = fmt.Errorf("%d documents have no place in a list", len(tally.Failed))
	}
	c.over[k.ID] = err == nil && tally.Fresh == 0
	return err
}
