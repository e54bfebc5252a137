// Package cose reads and writes the COSE structures ISO 18013-5 rests on: COSE_Sign1, COSE_Mac0 and COSE_Key.
//
// One form of each is accepted: untagged, definite, the protected header exactly {1: algorithm}, the unprotected header
// empty or exactly {33: x5chain}, a signature of the algorithm's one length. What we write is ES256. Signatures always
// cover the bytes received.
package cose

import (
	"crypto"
	"errors"
	"fmt"
	"slices"

	"justice-wallet/pkg/cbor"
)

// Header labels (RFC 9052 §3.1, RFC 9360 §2) and our bound.
const (
	labelKeyID   = 4
	labelX5Chain = 33
	maxChain     = 4 // certificates: ISO 18013-5 needs one; a link certificate or two may follow
)

// SignatureSize is the length of an ES256 signature, r||s.
const SignatureSize = 64

// ErrSignature means the signature does not verify under the key.
var ErrSignature = errors.New("signature does not verify")

// Sign1 is a COSE_Sign1 (RFC 9052 §4.2):
//
//	COSE_Sign1 = [protected: bstr .cbor {1: int}, unprotected: {? 33: bstr / [2* bstr]}, payload: bstr / nil, signature: bstr]
type Sign1 struct {
	Algorithm Algorithm // zero stands for ES256
	Chain     [][]byte  // DER certificates of x5chain, leaf first; nil when the header is absent
	Payload   []byte    // nil when detached
	Signature []byte    // r||s of ECDSA, each half of full length; the 64 bytes of Ed25519
}

type wireSign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   cbor.Bytes
	Unprotected cbor.RawMessage
	Payload     cbor.RawMessage
	Signature   cbor.Bytes
}

// Encode writes the untagged structure; a nil Payload is written as null.
func (s Sign1) Encode() ([]byte, error) {
	by, ok := find(s.Algorithm)
	if !ok || len(s.Signature) != by.size {
		return nil, fmt.Errorf("encode COSE_Sign1: algorithm %d with a signature of %d bytes", s.Algorithm, len(s.Signature))
	}
	w := wireSign1{Protected: by.protected, Signature: s.Signature}
	var err error
	if w.Unprotected, err = encodeUnprotected(s.Chain); err != nil {
		return nil, err
	}
	var payload any
	if s.Payload != nil {
		payload = s.Payload
	}
	if w.Payload, err = cbor.Encode(payload); err != nil {
		return nil, err
	}
	return cbor.Encode(w)
}

// encodeUnprotected writes one certificate as a bstr and several as an array (RFC 9360 §2).
func encodeUnprotected(chain [][]byte) ([]byte, error) {
	switch len(chain) {
	case 0:
		return cbor.Encode(map[int]any{})
	case 1:
		return cbor.Encode(map[int]any{labelX5Chain: chain[0]})
	default:
		return cbor.Encode(map[int]any{labelX5Chain: chain})
	}
}

// Decode reads an untagged COSE_Sign1 made with one of the allowed algorithms: ES256 when none is given. Nothing is
// verified.
func Decode(raw []byte, allowed ...Algorithm) (*Sign1, error) {
	s, w, err := decodeSigned(raw, allowed)
	if err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	if s.Chain, err = decodeUnprotected(w.Unprotected); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	if s.Payload, err = decodePayload(w.Payload); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	return s, nil
}

// DecodeDetached reads an untagged COSE_Sign1 with detached payload and without certificates, as a device signs (ISO
// 18013-5 §9.1.3.6). Some wallets name their key: a kid in the unprotected header is read past, for the key is the MSO's.
func DecodeDetached(raw []byte, allowed ...Algorithm) (*Sign1, error) {
	s, w, err := decodeSigned(raw, allowed)
	if err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	var header map[int]cbor.Bytes
	if err := cbor.Decode(w.Unprotected, &header); err != nil || len(header) > 1 || len(header) == 1 && header[labelKeyID] == nil {
		return nil, fmt.Errorf("decode COSE_Sign1: the unprotected header holds something other than kid")
	}
	if payload, err := decodePayload(w.Payload); err != nil || payload != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: the payload is not detached")
	}
	return s, nil
}

// decodeSigned reads what every form has: one algorithm of those allowed, and a signature of its length.
func decodeSigned(raw []byte, allowed []Algorithm) (*Sign1, wireSign1, error) {
	var w wireSign1
	if err := cbor.DecodeNullable(raw, &w); err != nil {
		return nil, w, err
	}
	if len(allowed) == 0 {
		allowed = []Algorithm{ES256}
	}
	by, ok := findProtected(w.Protected)
	if !ok || !slices.Contains(allowed, by.algorithm) {
		return nil, w, fmt.Errorf("the protected header is not {1: algorithm} with one of %v", allowed)
	}
	if len(w.Signature) != by.size {
		return nil, w, fmt.Errorf("signature of %d bytes, want %d", len(w.Signature), by.size)
	}
	return &Sign1{Algorithm: by.algorithm, Signature: w.Signature}, w, nil
}

func decodeUnprotected(encoded cbor.RawMessage) ([][]byte, error) {
	var header map[int]cbor.RawMessage
	if err := cbor.Decode(encoded, &header); err != nil {
		return nil, fmt.Errorf("unprotected header: %w", err)
	}
	raw, ok := header[labelX5Chain]
	if !ok && len(header) == 0 {
		return nil, nil
	}
	if !ok || len(header) != 1 {
		return nil, fmt.Errorf("the unprotected header holds something other than x5chain")
	}
	var one cbor.Bytes
	if cbor.Decode(raw, &one) == nil {
		return [][]byte{one}, nil
	}
	var many []cbor.Bytes
	if err := cbor.Decode(raw, &many); err != nil {
		return nil, fmt.Errorf("x5chain: %w", err)
	}
	if len(many) < 2 || len(many) > maxChain {
		return nil, fmt.Errorf("x5chain: an array of %d certificates", len(many))
	}
	chain := make([][]byte, len(many))
	for i, der := range many {
		chain[i] = der
	}
	return chain, nil
}

func decodePayload(raw cbor.RawMessage) ([]byte, error) {
	if len(raw) == 1 && raw[0] == 0xf6 {
		return nil, nil
	}
	payload := cbor.Bytes{}
	if err := cbor.Decode(raw, &payload); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	return payload, nil
}

// ToBeSigned returns the encoded Sig_structure over payload (RFC 9052 §4.4) for ES256, with empty external data.
func ToBeSigned(payload []byte) ([]byte, error) { return ToBeSignedWith(ES256, payload) }

// ToBeSignedWith is ToBeSigned for another algorithm.
func ToBeSignedWith(a Algorithm, payload []byte) ([]byte, error) {
	by, ok := find(a)
	if !ok {
		return nil, fmt.Errorf("encode Sig_structure: algorithm %d", a)
	}
	return cbor.Encode([]any{"Signature1", by.protected, []byte{}, payload})
}

// Verify checks the signature over payload, which is s.Payload or, when that is detached, what it stands for. pub is an
// *ecdsa.PublicKey or an ed25519.PublicKey; one that is not of the signature's algorithm fails.
func (s Sign1) Verify(pub crypto.PublicKey, payload []byte) error {
	by, ok := find(s.Algorithm)
	if !ok {
		return ErrSignature
	}
	tbs, err := ToBeSignedWith(by.algorithm, payload)
	if err != nil {
		return err
	}
	if !by.verify(pub, tbs, s.Signature) {
		return ErrSignature
	}
	return nil
}
