package jose

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

const (
	minRSABits     = 2048
	maxRSABits     = 8192
	minRSAExponent = 65537
)

// Verified is a token signed by a key the caller trusts.
type Verified struct {
	Header Header
	Claims Claims
}

// Verify reads a token and checks that a key of keys signed it. It checks no claim: times, issuer, audience and replay
// are the caller's. The error is an *Error; when the key source failed with a fault, that fault is in its chain.
func Verify(ctx context.Context, compact string, e Expect, keys KeySource) (*Verified, error) {
	t, err := Parse(compact, e)
	if err != nil {
		return nil, err
	}
	key, err := keys.Key(ctx, t.header)
	if err != nil {
		return nil, &Error{Reason: ReasonKey, Detail: "no key", Err: err}
	}
	claims, err := t.Verify(key)
	if isSignature(err) {
		claims, err = t.verifyAgain(ctx, keys, err)
	}
	if err != nil {
		return nil, err
	}
	return &Verified{Header: t.header, Claims: claims}, nil
}

// verifyAgain asks a source whose key may have changed under its id. The first failure stands when it is away:
// that makes no signature right.
func (t *Token) verifyAgain(ctx context.Context, keys KeySource, failure error) (Claims, error) {
	r, ok := keys.(Refresher)
	if !ok {
		return Claims{}, failure
	}
	key, err := r.Refresh(ctx, t.header)
	if err != nil {
		return Claims{}, failure
	}
	return t.Verify(key)
}

// Verify checks the signature with key, then decodes the claims. The error is an *Error.
func (t *Token) Verify(key crypto.PublicKey) (Claims, error) {
	if err := fits(t.header.Algorithm, key); err != nil {
		return Claims{}, err
	}
	// WithCompact: without it the library also takes JSON serialisations, whose outer members nobody signed.
	payload, err := jws.Verify([]byte(t.compact), jws.WithKey(jwa.SignatureAlgorithm(t.header.Algorithm), key), jws.WithCompact())
	if err != nil || !bytes.Equal(payload, t.payload) {
		return Claims{}, refuse(ReasonSignature, "not made by the key")
	}
	return ParseClaims(t.payload)
}

func isSignature(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Reason == ReasonSignature
}

// fits keeps one algorithm per type of key (RFC 8725 §3.1), and refuses keys that are weak or no keys at all.
func fits(a Algorithm, key crypto.PublicKey) error {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if a == ES256 && validP256(k) {
			return nil
		}
	case *rsa.PublicKey:
		if a == RS256 && validRSA(k) {
			return nil
		}
	}
	return refuse(ReasonAlgorithm, "alg does not fit the key")
}

// validP256 says whether k is a point on P-256; ECDH checks that it is on its curve.
func validP256(k *ecdsa.PublicKey) bool {
	if k == nil || k.Curve != elliptic.P256() {
		return false
	}
	_, err := k.ECDH()
	return err == nil
}

func validRSA(k *rsa.PublicKey) bool {
	return k != nil && k.N != nil && k.N.BitLen() >= minRSABits && k.N.BitLen() <= maxRSABits && k.E >= minRSAExponent && k.E%2 == 1
}
