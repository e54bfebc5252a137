package jose

import (
	"crypto/ecdsa"
)

// Proof is a token that a key made about itself.
type Proof struct {
	Key    *ecdsa.PublicKey
	Claims Claims
}

// VerifyProof reads a proof of possession: a token whose header brings, in jwk, the very key that signed it (OID4VCI 1.0
// Appendix F.1). It proves that somebody holds that key, and nothing about who: it is never how to authenticate anybody.
// Every other door of this package refuses such a header.
//
// The header is exactly alg (ES256), typ and jwk; jwk is a public key on P-256. The error is an *Error.
func VerifyProof(compact, typ string) (*Proof, error) {
	parts, err := split(compact, DefaultMaxBytes)
	if err != nil {
		return nil, err
	}
	h, key, err := parseProofHeader(parts[0])
	if err != nil {
		return nil, err
	}
	if err := (Expect{Type: typ, Algorithms: []Algorithm{ES256}}).check(h); err != nil {
		return nil, err
	}
	if !validSignatureLength(h.Algorithm, len(parts[2])) {
		return nil, refuse(ReasonMalformed, "signature has a length its algorithm cannot make")
	}
	t := &Token{compact: compact, header: h, payload: parts[1], signature: parts[2]}
	claims, err := t.Verify(key)
	if err != nil {
		return nil, err
	}
	return &Proof{key, claims}, nil
}

func parseProofHeader(b []byte) (Header, *ecdsa.PublicKey, error) {
	object, err := ParseClaims(b)
	if err != nil {
		return Header{}, nil, refuse(ReasonHeader, "no strict JSON object")
	}
	alg, err1 := object.String("alg")
	typ, err2 := object.String("typ")
	jwk, err3 := object.Object("jwk")
	if err1 != nil || err2 != nil || err3 != nil || len(object.Names()) != 3 {
		return Header{}, nil, refuse(ReasonHeader, "not exactly alg, typ and jwk")
	}
	if jwk.Has("d") {
		return Header{}, nil, refuse(ReasonHeader, "a private key") // OID4VCI: jwk must not contain one
	}
	public, err := ParsePublicJWK(jwk.Raw())
	key, ok := public.(*ecdsa.PublicKey)
	if err != nil || !ok {
		return Header{}, nil, refuse(ReasonKey, "jwk is no public key on P-256")
	}
	return Header{Algorithm: Algorithm(alg), Type: typ}, key, nil
}
