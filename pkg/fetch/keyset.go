package fetch

import (
	"context"
	"crypto"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
)

// KeySetOptions needs Now; the rest may be zero.
type KeySetOptions struct {
	Now   func() time.Time
	Fresh time.Duration // how long a fetched set is believed without asking again; 0 means 5 minutes
	Stale time.Duration // how long its keys are used while the source is away; 0 means 24 hours
}

const (
	defaultFresh = 5 * time.Minute
	defaultStale = 24 * time.Hour
	fetchBurst   = 5
	fetchEvery   = 10 * time.Second
)

// errNoKey is no fault: the source answered, and does not publish the key.
var errNoKey = errors.New("the key set has no such key")

// KeySet is a JWK set at an address, as a jose.KeySource and jose.Refresher. Safe for concurrent use.
//
// A key is found as soon as it is published: an unknown key id or a failed signature asks the source again, at most five
// times at once and then once in ten seconds, however many tokens arrive. A key withdrawn from the set is refused when
// Fresh has passed. While the source is away, known keys are used until Stale has passed.
type KeySet struct {
	client  *Client
	address string
	options KeySetOptions
	flight  singleflight.Group

	mu      sync.Mutex
	keys    jose.Set
	fetched time.Time // when the request for keys began; zero before the first success
	away    bool      // the last request failed
	bucket  bucket
}

// NewKeySet returns the set at address. Nothing is fetched before the first key is asked for.
func NewKeySet(client *Client, address string, o KeySetOptions) *KeySet {
	if o.Fresh == 0 {
		o.Fresh = defaultFresh
	}
	if o.Stale == 0 {
		o.Stale = defaultStale
	}
	return &KeySet{client: client, address: address, options: o, bucket: newBucket(fetchBurst, fetchEvery)}
}

// Key returns the key with h's key id. When the source could not be asked and no usable key is known, the error is a
// fault of kind Unavailable.
func (s *KeySet) Key(ctx context.Context, h jose.Header) (crypto.PublicKey, error) {
	held := s.held()
	if key, ok := held.keys.Lookup(h.KeyID); ok && held.fresh {
		return key, nil
	}
	err := s.update(ctx)
	if ctx.Err() != nil {
		return nil, fault.Wrap(fault.Unavailable, "keys_unavailable", "gave up waiting for keys", ctx.Err())
	}
	return s.choose(h.KeyID, err)
}

// Set returns the whole set, fetched when it is not fresh. When the source could not be asked and no usable set is known, the
// error is a fault of kind Unavailable.
func (s *KeySet) Set(ctx context.Context) (jose.Set, error) {
	if held := s.held(); held.fresh {
		return held.keys, nil
	}
	err := s.update(ctx)
	if held := s.held(); held.usable {
		return held.keys, nil
	}
	return jose.Set{}, fault.Wrap(fault.Unavailable, "keys_unavailable", "the source of keys did not answer", err)
}

// choose looks the key up after an attempt to update, whose error is err.
func (s *KeySet) choose(kid string, err error) (crypto.PublicKey, error) {
	held := s.held()
	if key, ok := held.keys.Lookup(kid); ok && held.usable {
		return key, nil
	}
	if held.fresh && !held.away {
		return nil, errNoKey
	}
	return nil, fault.Wrap(fault.Unavailable, "keys_unavailable", "the source of keys did not answer", err)
}

// Refresh asks the source again and returns the key with h's key id as it is then. When the limit forbids asking, it
// returns the key already known.
func (s *KeySet) Refresh(ctx context.Context, h jose.Header) (crypto.PublicKey, error) {
	if err := s.update(ctx); err != nil && !errors.Is(err, errLimited) {
		return nil, err
	}
	key, ok := s.held().keys.Lookup(h.KeyID)
	if !ok {
		return nil, errNoKey
	}
	return key, nil
}

// holding is what the set knows at one instant.
type holding struct {
	keys   jose.Set
	fresh  bool
	usable bool
	away   bool
}

func (s *KeySet) held() holding {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.options.Now().Sub(s.fetched)
	known := !s.fetched.IsZero() && age >= 0
	return holding{keys: s.keys, fresh: known && age < s.options.Fresh, usable: known && age < s.options.Stale, away: s.away}
}

// errLimited means that the source was asked too often of late.
var errLimited = errors.New("asked too often")

// update fetches the set, together with everyone else who wants it at this moment.
func (s *KeySet) update(ctx context.Context) error {
	// One caller's hanging up must not fail the others; the client's time-out bounds the request.
	detached := context.WithoutCancel(ctx)
	done := s.flight.DoChan("", func() (any, error) { return nil, s.fetch(detached) })
	select {
	case result := <-done:
		return result.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *KeySet) fetch(ctx context.Context) error {
	began := s.options.Now()
	if !s.mayFetch(began) {
		return errLimited
	}
	keys, err := s.get(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = err != nil
	if err == nil {
		s.keys, s.fetched = keys, began
	}
	return err
}

func (s *KeySet) get(ctx context.Context) (jose.Set, error) {
	response, err := s.client.Get(ctx, s.address, "application/jwk-set+json, application/json")
	if err != nil {
		return jose.Set{}, err
	}
	keys, err := jose.ParseSet(response.Body)
	if err != nil {
		return jose.Set{}, fault.Wrap(fault.Unavailable, "keys_unavailable", "the source of keys answered nonsense", err)
	}
	return keys, nil
}

func (s *KeySet) mayFetch(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucket.take(now)
}
