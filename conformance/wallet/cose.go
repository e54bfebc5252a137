package wallet

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
)

// Labels of RFC 9052, RFC 9053 and RFC 9360.
const (
	coseAlg     = int64(1)
	coseES256   = int64(-7)
	coseX5Chain = int64(33)

	keyType   = int64(1)
	keyEC2    = int64(2)
	keyCurve  = int64(-1)
	curveP256 = int64(1)
	keyX      = int64(-2)
	keyY      = int64(-3)
)

// sign1 is an untagged COSE_Sign1 whose only protected header is ES256 (RFC 9052 §4.2).
type sign1 struct {
	protected   []byte
	unprotected Map
	payload     []byte // nil when detached
	signature   []byte
}

// parseSign1 takes a COSE_Sign1 apart: a bare array, for GOV.UK does not accept tag 18 here.
func parseSign1(v any) (*sign1, error) {
	a, ok := v.([]any)
	if !ok || len(a) != 4 {
		return nil, errors.New("not an untagged COSE_Sign1")
	}
	s := &sign1{}
	var okP, okU, okS bool
	s.protected, okP = a[0].([]byte)
	s.unprotected, okU = a[1].(Map)
	s.signature, okS = a[3].([]byte)
	payload, okB := a[2].([]byte)
	if !okP || !okU || !okS || !(okB || a[2] == nil) {
		return nil, errors.New("COSE_Sign1 members have the wrong types")
	}
	s.payload = payload
	return s, s.checkAlgorithm()
}

// checkAlgorithm wants the protected header to be exactly {1: -7}.
func (s *sign1) checkAlgorithm() error {
	v, err := DecodeCBOR(s.protected)
	if err != nil {
		return fmt.Errorf("read protected header: %w", err)
	}
	m, ok := v.(Map)
	if !ok || len(m) != 1 || m[0] != (Entry{coseAlg, coseES256}) {
		return errors.New("protected header is not exactly ES256")
	}
	return nil
}

// verify checks the signature over payload, with an empty external_aad.
func (s *sign1) verify(key *ecdsa.PublicKey, payload []byte) error {
	message, err := sigStructure(s.protected, payload)
	if err != nil {
		return err
	}
	return verifyES256(key, message, s.signature)
}

// sigStructure is the message a COSE_Sign1 signs (RFC 9052 §4.4).
func sigStructure(protected, payload []byte) ([]byte, error) {
	return EncodeCBOR([]any{"Signature1", protected, []byte{}, payload})
}

// signDetached returns a COSE_Sign1 over a payload that does not travel with it.
func signDetached(rand io.Reader, key *ecdsa.PrivateKey, payload []byte) ([]any, error) {
	protected, err := EncodeCBOR(Map{{coseAlg, coseES256}})
	if err != nil {
		return nil, err
	}
	message, err := sigStructure(protected, payload)
	if err != nil {
		return nil, err
	}
	sig, err := signES256(rand, key, message)
	if err != nil {
		return nil, err
	}
	return []any{protected, Map{}, nil, sig}, nil
}

// coseKey reads a COSE_Key that has exactly the four members of an EC2 P-256 public key (RFC 9053 §7.1.1).
func coseKey(v any) (*ecdsa.PublicKey, error) {
	m, ok := v.(Map)
	if !ok || len(m) != 4 {
		return nil, errors.New("not a COSE_Key of four members")
	}
	kty, _ := m.Get(keyType)  // an absent member is nil, which is no value we accept
	crv, _ := m.Get(keyCurve) // likewise
	xv, _ := m.Get(keyX)      // likewise
	yv, _ := m.Get(keyY)      // likewise
	x, okX := xv.([]byte)
	y, okY := yv.([]byte)
	if kty != keyEC2 || crv != curveP256 || !okX || !okY {
		return nil, errors.New("COSE_Key is not EC2 P-256")
	}
	return publicKey(x, y)
}
