// Package jose signs and verifies JSON Web Signatures in compact serialisation (RFC 7515 §7.1), and reads public keys
// from JSON Web Key sets (RFC 7517).
//
// A token has exactly one accepted spelling: unpadded base64url with zero trailing bits, no whitespace, no duplicate
// member at any level, nothing after the JSON object. Its header holds alg, typ, cty and kid and nothing else, so a
// token can never bring its own key, unless the caller wants that (Expect.EmbeddedKey). Which algorithm, which type and which key are the caller's to say, never the
// token's. Errors hold no byte of a token.
package jose

import (
	"context"
	"crypto"
	"fmt"
)

// Algorithm is a signature algorithm of RFC 7518 §3.1. There is one for each type of key.
type Algorithm string

const (
	ES256 Algorithm = "ES256" // ECDSA, P-256, SHA-256: everything in and around the wallet
	RS256 Algorithm = "RS256" // RSA PKCS #1 v1.5, SHA-256, at least 2048 bits: staff and service tokens of HMPPS Auth only
)

// Header is a protected header. A member that is empty is absent.
type Header struct {
	Algorithm   Algorithm `json:"alg"`
	Type        string    `json:"typ,omitempty"`
	ContentType string    `json:"cty,omitempty"`
	KeyID       string    `json:"kid,omitempty"`
}

// Expect says which tokens a caller is ready to read.
type Expect struct {
	Type        string      // typ, compared exactly (RFC 8725 §3.11); empty: typ must be absent
	ContentType string      // cty, compared exactly; empty: cty must be absent
	Algorithms  []Algorithm // the only ones allowed; none is allowed by default
	MaxBytes    int         // of the whole token; 0 means DefaultMaxBytes

	// EmbeddedKey lets the header bring its own key in jwk, in place of a kid. It is for a proof that its sender holds some
	// key, any key, and for nothing else: such a token says nothing of who sent it. See Token.EmbeddedKey.
	EmbeddedKey bool
}

// DefaultMaxBytes bounds a token when Expect does not.
const DefaultMaxBytes = 16 << 10

// KeySource finds the key a token says it was signed with, among the keys the caller trusts. Header is unverified: a
// source may use it to choose among trusted keys and for nothing else. Safe for concurrent use.
type KeySource interface {
	// Key returns an *ecdsa.PublicKey or an *rsa.PublicKey. An error that is no fault means there is no such key.
	Key(ctx context.Context, h Header) (crypto.PublicKey, error)
}

// Refresher is a KeySource whose key can change under the same key id.
type Refresher interface {
	// Refresh returns the key again, as fresh as can be had now. Verify asks once, when a signature fails.
	Refresh(ctx context.Context, h Header) (crypto.PublicKey, error)
}

// KeyFunc is a function used as a KeySource.
type KeyFunc func(ctx context.Context, h Header) (crypto.PublicKey, error)

// Key calls f.
func (f KeyFunc) Key(ctx context.Context, h Header) (crypto.PublicKey, error) { return f(ctx, h) }

// Reason says what is wrong with a token.
type Reason string

const (
	ReasonMalformed Reason = "malformed" // not one compact serialisation, or too large
	ReasonHeader    Reason = "header"    // a header member is missing, unknown, repeated or of the wrong form
	ReasonType      Reason = "type"      // typ or cty is not the expected one
	ReasonAlgorithm Reason = "algorithm" // the algorithm is not allowed, or does not fit the key
	ReasonKey       Reason = "key"       // no trusted key, or it could not be fetched
	ReasonSignature Reason = "signature" // the signature is not the key's
	ReasonClaims    Reason = "claims"    // the payload is no strict JSON object, or a claim is missing or of the wrong form
)

// Error is why a token or key was refused. Detail is our own words; it never holds bytes of the token.
type Error struct {
	Reason Reason
	Detail string
	Err    error // from the key source; may be a fault
}

func (e *Error) Error() string {
	s := fmt.Sprintf("jose: %s: %s", e.Reason, e.Detail)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

func refuse(r Reason, detail string) *Error { return &Error{Reason: r, Detail: detail} }
