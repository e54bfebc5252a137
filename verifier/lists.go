package verifier

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/statusfetch"
	"justice-wallet/verifier/internal/statusshared"
	"justice-wallet/verifier/internal/trust"
)

// readTrust reads the trust file as it is now.
func (c Config) readTrust() ([]byte, error) {
	if c.TrustFile == "" {
		return c.Trust, nil
	}
	content, err := os.ReadFile(c.TrustFile)
	if err != nil {
		return nil, fmt.Errorf("read trust file: %w", err)
	}
	return content, nil
}

// lists reads status lists of the issuers that the trust file names now.
type lists struct {
	store  *trust.Store
	maxAge time.Duration
	client *fetch.Client
	keys   *fetch.Client
	now    func() time.Time

	mu     sync.Mutex
	of     []trust.StatusList
	reader *statusfetch.Reader
}

func newLists(store *trust.Store, c Config, d Deps, keys *fetch.Client) *lists {
	return &lists{
		store: store, maxAge: c.StatusMaxAge, keys: keys, now: d.Now,
		client: fetch.New(fetch.Options{Transport: d.Transport, MaxBytes: statusfetch.MaxBytes}),
	}
}

// Status implements verification.StatusReader.
func (l *lists) Status(ctx context.Context, ref credential.StatusRef) (verification.StatusReading, error) {
	return l.current().Status(ctx, ref)
}

// shared has the lists of an issuer that shares its store read there, too.
func shared(c Config, d Deps, store *trust.Store, of *lists) (verification.StatusReader, error) {
	if c.SharedLists == "" {
		return of, nil
	}
	if !slices.ContainsFunc(store.StatusLists(), func(l trust.StatusList) bool { return l.Prefix == c.SharedLists }) {
		return nil, errors.New("VERIFIER_STATUS_REDIS_PREFIX: the trust file has no status lists of that prefix")
	}
	return statusshared.New(of, d.Shared, c.SharedLists), nil
}

// run fetches every list that is named, at once and at every tick, until ctx ends. The ticks are regular, so that when a
// list is fetched betrays no check.
func (l *lists) run(ctx context.Context, ticks <-chan time.Time) {
	for {
		l.current().Refresh(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
	}
}

// current makes a new reader when the issuers of lists have changed; the lists that were held are fetched again.
func (l *lists) current() *statusfetch.Reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.store.StatusLists()
	if l.reader == nil || !slices.EqualFunc(of, l.of, trust.StatusList.Equal) {
		l.of, l.reader = of, statusfetch.New(statusfetch.Options{
			Issuers: l.issuers(of), Client: l.client, Now: l.now, MaxAge: l.maxAge, Scheduled: l.maxAge > 0,
		})
	}
	return l.reader
}

func (l *lists) issuers(of []trust.StatusList) []statusfetch.Issuer {
	issuers := make([]statusfetch.Issuer, len(of))
	for i, list := range of {
		issuers[i] = statusfetch.Issuer{
			Prefix: list.Prefix, Lists: list.Lists, Keys: fetch.NewKeySet(l.keys, list.JWKS, fetch.KeySetOptions{Now: l.now}),
		}
	}
	return issuers
}
