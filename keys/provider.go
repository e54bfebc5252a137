package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"time"
)

// Provider holds private keys that cannot leave it: a token, or a key management service. Safe for concurrent use.
//
// The file of such a key is not sealed, so it is the provider that binds a key to its purpose: what Make made for one
// purpose, Open refuses for any other. A provider waits for nothing without a bound; an error of a signer is answered as
// "not available, try again", so that nothing is lost.
type Provider interface {
	// Name is how key files name the provider: "pkcs11", "aws-kms".
	Name() string

	// Make makes a key on P-256, and returns its signer and the reference by which Open finds it again.
	Make(ctx context.Context, p Purpose) (signer crypto.Signer, reference string, err error)

	// Open returns the signer of a key that Make made for p.
	Open(ctx context.Context, p Purpose, reference string) (crypto.Signer, error)
}

// MakeKey makes a key in a provider, in the state created, with no certificate.
func MakeKey(ctx context.Context, from Provider, p Purpose, now time.Time) (Key, error) {
	signer, reference, err := from.Make(ctx, p)
	if err != nil {
		return Key{}, fmt.Errorf("make %s key in %s: %w", p, from.Name(), err)
	}
	k, err := newKey(p, signer, now)
	k.Provider, k.Reference = from.Name(), reference
	return k, err
}

// AdoptSigner takes up a key that others made, in the state created.
func AdoptSigner(p Purpose, signer crypto.Signer, now time.Time) (Key, error) {
	return newKey(p, signer, now)
}

func newKey(p Purpose, signer crypto.Signer, now time.Time) (Key, error) {
	public, ok := signer.Public().(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return Key{}, errors.New("make key: it is not an ECDSA key on P-256")
	}
	id, err := keyID(public)
	return Key{ID: id, Purpose: p, State: StateCreated, Created: now.UTC().Truncate(time.Second), Signer: signer}, err
}
