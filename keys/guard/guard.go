// Package guard stands between the service and a provider of keys that may stall, fail or answer wrongly: a token, or a
// key management service.
//
// It holds to these:
//   - However long a provider stalls, a caller has an answer within the deadline, and no more calls to the provider are
//     under way than it was told to allow. Whoever would be one too many in the queue has an answer at once.
//   - Status lists are signed in a place of their own: a queue of documents never holds a revocation back.
//   - A signature that does not verify under the public half never leaves.
package guard

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"
)

// Why a guarded key did not sign. What the provider itself said is wrapped as it is.
var (
	ErrBusy      = errors.New("guard: too many signatures are waiting for the provider")
	ErrLate      = errors.New("guard: the provider did not answer in time")
	ErrSignature = errors.New("guard: the provider's signature does not verify")
	ErrUnfit     = errors.New("guard: the provider's key is not what it should be, or the provider refuses us")
	errDigest    = errors.New("guard: want the SHA-256 of what is to be signed")
)

// Options are the bounds of one provider. All must be positive.
type Options struct {
	Parallel int           // how many signatures it is asked for at once; lists have one more place
	Queue    int           // how many more may wait
	Deadline time.Duration // of one signature, its wait in the queue included
}

// Defaults are bounds that suit a token in the machine and a service in the region.
func Defaults() Options { return Options{Parallel: 8, Queue: 64, Deadline: 2 * time.Second} }

// Remote signs with one key of a provider. Safe for concurrent use.
type Remote interface {
	Public() *ecdsa.PublicKey

	// SignDigest returns an ASN.1 signature of a SHA-256 digest. It should end when ctx does; when it cannot, its place
	// stays taken until it does end.
	SignDigest(ctx context.Context, digest []byte) ([]byte, error)

	// Distrust is told that a signature did not verify, so that whatever led to it is forgotten.
	Distrust()
}

// Guard is the bounds of one provider, shared by all of its keys. Safe for concurrent use.
type Guard struct {
	work, lists *lane
}

// New returns the guard of a provider.
func New(o Options) *Guard {
	return &Guard{work: newLane(o.Parallel, o.Queue, o.Deadline), lists: newLane(1, o.Queue, o.Deadline)}
}

// Signer returns r behind the guard.
func (g *Guard) Signer(r Remote) *Signer { return &Signer{g, g.work, r} }

// Signer is a guarded key: a crypto.Signer for SHA-256 digests.
type Signer struct {
	guard  *Guard
	lane   *lane
	remote Remote
}

// Public returns the public half, which asks nobody.
func (s *Signer) Public() crypto.PublicKey { return s.remote.Public() }

// ForLists returns the same key, which signs in the place that is kept for status lists.
func (s *Signer) ForLists() crypto.Signer { return &Signer{s.guard, s.guard.lists, s.remote} }

// Sign returns an ASN.1 signature of digest, or one of the errors above. Randomness is the provider's own affair.
func (s *Signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.SHA256 || len(digest) != sha256.Size {
		return nil, errDigest
	}
	digest = bytes.Clone(digest) // a call that we stop waiting for still reads it
	signature, err := s.lane.do(func(ctx context.Context) ([]byte, error) { return s.remote.SignDigest(ctx, digest) })
	if err != nil {
		return nil, fmt.Errorf("sign with a guarded key: %w", err)
	}
	if !ecdsa.VerifyASN1(s.remote.Public(), digest, signature) {
		s.remote.Distrust()
		return nil, ErrSignature
	}
	return signature, nil
}
