package cose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	_ "crypto/sha256" // hashes of the algorithms below
	_ "crypto/sha512"
	"math/big"
	"slices"
)

// Algorithm is a signature algorithm of RFC 9053 §2, of those ISO 18013-5 §9.1.2.5 and §9.1.3.6 allow, or one of RFC 9864
// that names the same with its curve, as newer wallets and readers do.
type Algorithm int

const (
	ES256 Algorithm = -7  // ECDSA with SHA-256, here on P-256 only
	EdDSA Algorithm = -8  // here Ed25519 only
	ES384 Algorithm = -35 // ECDSA with SHA-384, here on P-384 only
	ES512 Algorithm = -36 // ECDSA with SHA-512, here on P-521 only

	ESP256  Algorithm = -9  // ES256 on P-256 (RFC 9864 §2.1)
	Ed25519 Algorithm = -19 // EdDSA on Ed25519 (RFC 9864 §2.2)
)

// scheme is what an algorithm fixes. The protected header is compared as bytes, so there is one spelling of each.
type scheme struct {
	algorithm Algorithm
	protected []byte // {1: algorithm}
	size      int    // of a signature, in bytes
	hash      crypto.Hash
	curve     elliptic.Curve // nil: Ed25519
}

func schemes() []scheme {
	return []scheme{
		{ES256, []byte{0xa1, 0x01, 0x26}, 64, crypto.SHA256, elliptic.P256()},
		{EdDSA, []byte{0xa1, 0x01, 0x27}, 64, 0, nil},
		{ESP256, []byte{0xa1, 0x01, 0x28}, 64, crypto.SHA256, elliptic.P256()},
		{Ed25519, []byte{0xa1, 0x01, 0x32}, 64, 0, nil},
		{ES384, []byte{0xa1, 0x01, 0x38, 0x22}, 96, crypto.SHA384, elliptic.P384()},
		{ES512, []byte{0xa1, 0x01, 0x38, 0x23}, 132, crypto.SHA512, elliptic.P521()},
	}
}

// find returns the scheme of a; the zero Algorithm stands for ES256, which is all that we write.
func find(a Algorithm) (scheme, bool) {
	if a == 0 {
		a = ES256
	}
	all := schemes()
	i := slices.IndexFunc(all, func(s scheme) bool { return s.algorithm == a })
	if i < 0 {
		return scheme{}, false
	}
	return all[i], true
}

func findProtected(b []byte) (scheme, bool) {
	for _, s := range schemes() {
		if string(s.protected) == string(b) {
			return s, true
		}
	}
	return scheme{}, false
}

// verify is false for a key of another kind or curve: the algorithm must be the key's own.
func (s scheme) verify(pub crypto.PublicKey, message, signature []byte) bool {
	if len(signature) != s.size {
		return false
	}
	if s.curve == nil {
		key, ok := pub.(ed25519.PublicKey)
		return ok && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature)
	}
	key, ok := pub.(*ecdsa.PublicKey)
	if !ok || key.Curve != s.curve {
		return false
	}
	h := s.hash.New()
	h.Write(message)
	r, v := new(big.Int).SetBytes(signature[:s.size/2]), new(big.Int).SetBytes(signature[s.size/2:])
	return ecdsa.Verify(key, h.Sum(nil), r, v)
}
