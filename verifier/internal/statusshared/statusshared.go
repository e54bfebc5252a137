// Package statusshared reads, beside a signed status list, the store that the list's issuer keeps it in: for a verifier that
// is let in there, an ending is seen the moment it is acknowledged, not when the next list is published and fetched.
//
// What the store says can only take a document's standing away. A valid reading is always that of the signed list; the
// store, which signs nothing, can make it invalid or unknown, and what was shared and what came of it is in the reading.
package statusshared

import (
	"context"
	"errors"
	"strings"
	"sync"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/verification"
)

// What a reading says of the store (verification.StatusReading.Store).
const (
	Agrees = "agrees" // it was read, and the entry stands there, too
	Ended  = "ended"  // it was read, and the entry ended since the list was signed
	Away   = "away"   // it could not be read: the signed list alone was
)

// Reader is a verification.StatusReader. Safe for concurrent use.
type Reader struct {
	signed verification.StatusReader
	store  statuslist.Entries
	prefix string

	mu   sync.Mutex
	seen map[string]statuslist.Head // the newest of each list
}

// New returns a reader of the lists that signed reads. Those whose URIs begin with prefix, which ends in a slash, are kept
// in store.
func New(signed verification.StatusReader, store statuslist.Entries, prefix string) *Reader {
	return &Reader{signed: signed, store: store, prefix: prefix, seen: map[string]statuslist.Head{}}
}

// Status implements verification.StatusReader.
func (r *Reader) Status(ctx context.Context, ref credential.StatusRef) (verification.StatusReading, error) {
	reading, err := r.signed.Status(ctx, ref)
	id, ours := strings.CutPrefix(ref.URI, r.prefix)
	if err != nil || !ours || reading.Value != int(statuslist.Valid) {
		return reading, err
	}
	entry, err := r.store.Entry(ctx, id, ref.Index)
	switch {
	case errors.Is(err, statuslist.ErrNoSlot), errors.Is(err, statuslist.ErrDamaged):
		return verification.StatusReading{}, lost(err)
	case err != nil:
		reading.Store = Away
		return reading, nil
	}
	if err := r.follow(entry.Head); err != nil {
		return verification.StatusReading{}, err
	}
	reading.Store = Agrees
	if entry.Revoked {
		reading.Store, reading.Value = Ended, int(statuslist.Invalid)
	}
	return reading, nil
}

// follow refuses a store that holds less than it did, or another list in the place of one.
func (r *Reader) follow(now statuslist.Head) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.seen[now.List]
	if known && (now.Epoch != before.Epoch || now.Size != before.Size || now.Sequence < before.Sequence) {
		return lost(errors.New("it went back"))
	}
	r.seen[now.List] = now
	return nil
}

func lost(err error) error {
	return &verification.StatusError{Reason: verification.ReasonStatusStore, Err: err}
}
