package trust

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/verification"
)

const (
	fresh    = 5 * time.Minute  // how long a DID document is believed without asking again
	pause    = 10 * time.Second // between two requests, however many unknown key ids arrive
	didMedia = "application/did+json, application/json"
)

// didKeys is the DID document of one issuer, fetched when it is needed.
type didKeys struct {
	issuer Issuer
	client Getter
	now    func() time.Time
	flight singleflight.Group

	mu       sync.Mutex
	document *did.Document // nil before the first success
	fetched  time.Time     // when document was asked for
	asked    time.Time     // when anything was last asked for
	failure  error         // how that ended
}

func newDIDKeys(issuer Issuer, client Getter, now func() time.Time) *didKeys {
	return &didKeys{issuer: issuer, client: client, now: now}
}

// key finds the key by its id, a DID URL. An id that is not there asks the source again: it may be new.
func (k *didKeys) key(ctx context.Context, id string) (*ecdsa.PublicKey, error) {
	if document := k.held(); document != nil {
		if key, err := document.Key(id); err == nil {
			return key, nil
		}
	}
	if err := k.update(ctx); err != nil {
		return nil, err
	}
	document := k.held()
	if document == nil {
		return nil, errors.New("find issuer key: no DID document at hand")
	}
	key, err := document.Key(id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", verification.ErrKeyUnknown, err)
	}
	return key, nil
}

// held returns the document while it is fresh: a key withdrawn by its issuer is refused after that.
func (k *didKeys) held() *did.Document {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age := k.now().Sub(k.fetched); k.document == nil || age < 0 || age >= fresh {
		return nil
	}
	return k.document
}

// update fetches the document, together with everyone else who wants it at this moment.
func (k *didKeys) update(ctx context.Context) error {
	// One caller's hanging up must not fail the others; the client's time-out bounds the request.
	detached := context.WithoutCancel(ctx)
	done := k.flight.DoChan("", func() (any, error) { return nil, k.fetch(detached) })
	select {
	case result := <-done:
		return result.Err
	case <-ctx.Done():
		return fmt.Errorf("fetch DID document: %w", ctx.Err())
	}
}

func (k *didKeys) fetch(ctx context.Context) error {
	now := k.now()
	if !k.mayAsk(now) {
		return k.lastFailure()
	}
	document, err := k.get(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure = err; err == nil {
		k.document, k.fetched = &document, now
	}
	return err
}

func (k *didKeys) get(ctx context.Context) (did.Document, error) {
	response, err := k.client.Get(ctx, k.issuer.Document, didMedia)
	if err != nil {
		return did.Document{}, fmt.Errorf("fetch DID document: %w", err)
	}
	document, err := did.ParseDocument(response.Body, k.issuer.DID)
	if err != nil {
		return did.Document{}, fmt.Errorf("fetch DID document: %w", err)
	}
	return document, nil
}

// lastFailure keeps a source that is away from being taken for one that does not publish the key.
func (k *didKeys) lastFailure() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failure
}

func (k *didKeys) mayAsk(now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if since := now.Sub(k.asked); !k.asked.IsZero() && since >= 0 && since < pause {
		return false
	}
	k.asked = now
	return true
}
