// Package es256 makes the one kind of signature that JWS and COSE share here: ECDSA on P-256 over the SHA-256 of the
// message, as 64 bytes r||s (RFC 7518 §3.4, RFC 9053 §2.1).
package es256

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// ErrSignature says that a key's provider returned something that does not verify under its public half.
var ErrSignature = errors.New("es256: the provider's signature does not verify")

// Sign returns the signature of message. What does not verify never leaves. The provider's own error is wrapped.
func Sign(key crypto.Signer, message []byte) ([]byte, error) {
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errors.New("es256: the key is not on P-256")
	}
	digest := sha256.Sum256(message)
	der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("es256: the key did not sign: %w", err)
	}
	var sig struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &sig); err != nil || len(rest) != 0 || !ecdsa.Verify(public, digest[:], sig.R, sig.S) {
		return nil, ErrSignature
	}
	out := make([]byte, 64)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}

// Signer is Sign with its key.
func Signer(key crypto.Signer) func(message []byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) { return Sign(key, message) }
}
