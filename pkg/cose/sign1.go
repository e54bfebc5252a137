// Package cose reads and writes the two COSE structures ISO 18013-5 rests on: COSE_Sign1 and the P-256 COSE_Key.
//
// One form of each is accepted: untagged, definite, the protected header exactly {1: -7}, the unprotected header empty
// or exactly {33: x5chain}, an ES256 signature of 64 bytes. Signatures always cover the bytes received.
package cose

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"justice-wallet/pkg/cbor"
)

// Header labels and the one algorithm (RFC 9052 §3.1, RFC 9360 §2, RFC 9053 §2.1).
const (
	labelX5Chain = 33
	maxChain     = 4 // certificates: ISO 18013-5 needs one; a link certificate or two may follow
)

// protectedES256 is bstr .cbor {1: -7}: the only protected header we write or accept.
var protectedES256 = [...]byte{0xa1, 0x01, 0x26}

// SignatureSize is the length of an ES256 signature, r||s.
const SignatureSize = 64

// ErrSignature means the signature does not verify under the key.
var ErrSignature = errors.New("signature does not verify")

// Sign1 is a COSE_Sign1 (RFC 9052 §4.2):
//
//	COSE_Sign1 = [protected: bstr .cbor {1: -7}, unprotected: {? 33: bstr / [2* bstr]}, payload: bstr / nil, signature: bstr]
type Sign1 struct {
	Chain     [][]byte // DER certificates of x5chain, leaf first; nil when the header is absent
	Payload   []byte   // nil when detached
	Signature []byte   // r||s, 64 bytes
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
	if len(s.Signature) != SignatureSize {
		return nil, fmt.Errorf("encode COSE_Sign1: signature of %d bytes", len(s.Signature))
	}
	w := wireSign1{Protected: protectedES256[:], Signature: s.Signature}
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

// Decode reads an untagged COSE_Sign1. Nothing is verified.
func Decode(raw []byte) (*Sign1, error) {
	var w wireSign1
	if err := cbor.DecodeNullable(raw, &w); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	if string(w.Protected) != string(protectedES256[:]) {
		return nil, fmt.Errorf("decode COSE_Sign1: the protected header is not {1: -7}")
	}
	if len(w.Signature) != SignatureSize {
		return nil, fmt.Errorf("decode COSE_Sign1: signature of %d bytes, want %d", len(w.Signature), SignatureSize)
	}
	s := &Sign1{Signature: w.Signature}
	var err error
	if s.Chain, err = decodeUnprotected(w.Unprotected); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	if s.Payload, err = decodePayload(w.Payload); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	return s, nil
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

// ToBeSigned returns the encoded Sig_structure over payload (RFC 9052 §4.4), with empty external data.
func ToBeSigned(payload []byte) ([]byte, error) {
	return cbor.Encode([]any{"Signature1", protectedES256[:], []byte{}, payload})
}

// Verify checks an ES256 signature over payload, which is s.Payload or, when that is detached, what it stands for.
func (s Sign1) Verify(pub *ecdsa.PublicKey, payload []byte) error {
	tbs, err := ToBeSigned(payload)
	if err != nil {
		return err
	}
	if len(s.Signature) != SignatureSize {
		return ErrSignature
	}
	digest := sha256.Sum256(tbs)
	r := new(big.Int).SetBytes(s.Signature[:SignatureSize/2])
	v := new(big.Int).SetBytes(s.Signature[SignatureSize/2:])
	if !ecdsa.Verify(pub, digest[:], r, v) {
		return ErrSignature
	}
	return nil
}
