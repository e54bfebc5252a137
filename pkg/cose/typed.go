package cose

import (
	"crypto/ecdsa"
	"fmt"

	"justice-wallet/pkg/cbor"
)

// labelType is the typ header (RFC 9596 §2).
const labelType = 16

// maxKeyID bounds a kid: a SHA-256.
const maxKeyID = 32

// Typed is a COSE_Sign1 made with ES256 whose protected header says what it is and which key signed it. The type keeps a
// signature made for one purpose from being taken for another:
//
//	protected   = bstr .cbor {1: -7, 4: kid, 16: typ}
//	unprotected = {}
type Typed struct {
	Type      string
	KeyID     []byte // 1 to 32 bytes
	Payload   []byte
	Signature []byte // 64 bytes r||s
}

func (t Typed) protected() ([]byte, error) {
	if t.Type == "" || len(t.KeyID) == 0 || len(t.KeyID) > maxKeyID {
		return nil, fmt.Errorf("encode COSE_Sign1: no type, or a key id of %d bytes", len(t.KeyID))
	}
	return cbor.Encode(map[int]any{1: int(ES256), labelKeyID: t.KeyID, labelType: t.Type})
}

// ToBeSigned returns the encoded Sig_structure (RFC 9052 §4.4), with empty external data.
func (t Typed) ToBeSigned() ([]byte, error) {
	protected, err := t.protected()
	if err != nil {
		return nil, err
	}
	return cbor.Encode([]any{"Signature1", protected, []byte{}, t.Payload})
}

// Encode writes the untagged structure.
func (t Typed) Encode() ([]byte, error) {
	protected, err := t.protected()
	if err != nil {
		return nil, err
	}
	if len(t.Payload) == 0 || len(t.Signature) != SignatureSize {
		return nil, fmt.Errorf("encode COSE_Sign1: a payload of %d bytes, a signature of %d", len(t.Payload), len(t.Signature))
	}
	return cbor.Encode([]any{protected, map[int]any{}, t.Payload, t.Signature})
}

// DecodeTyped reads an untagged structure of type typ, in the one form Encode writes. Nothing is verified.
func DecodeTyped(raw []byte, typ string) (*Typed, error) {
	var w wireSign1
	if err := cbor.Decode(raw, &w); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	var header map[int]cbor.RawMessage
	if err := cbor.Decode(w.Protected, &header); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: protected header: %w", err)
	}
	var keyID cbor.Bytes
	if err := cbor.Decode(header[labelKeyID], &keyID); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: kid: %w", err)
	}
	t := &Typed{Type: typ, KeyID: keyID, Signature: w.Signature}
	var err error
	if t.Payload, err = decodePayload(w.Payload); err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	// What is read must be what we would have written: the algorithm, the type, the empty unprotected header, every head.
	again, err := t.Encode()
	if err != nil {
		return nil, fmt.Errorf("decode COSE_Sign1: %w", err)
	}
	if string(again) != string(raw) {
		return nil, fmt.Errorf("decode COSE_Sign1: not of type %q made with ES256, in its one form", typ)
	}
	return t, nil
}

// Verify checks the signature.
func (t Typed) Verify(pub *ecdsa.PublicKey) error {
	tbs, err := t.ToBeSigned()
	if err != nil {
		return err
	}
	by, _ := find(ES256)
	if pub == nil || !by.verify(pub, tbs, t.Signature) {
		return ErrSignature
	}
	return nil
}
