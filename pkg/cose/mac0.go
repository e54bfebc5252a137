package cose

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"justice-wallet/pkg/cbor"
)

// protectedHMAC256 is bstr .cbor {1: 5}: HMAC 256/256 (RFC 9053 §3.1), the one MAC of ISO 18013-5 §9.1.3.5.
var protectedHMAC256 = [...]byte{0xa1, 0x01, 0x05}

// ErrMAC means the authentication tag is not the key's, or not over this payload.
var ErrMAC = errors.New("authentication tag does not verify")

// Mac0 is a COSE_Mac0 with detached payload (RFC 9052 §6.2):
//
//	COSE_Mac0 = [protected: bstr .cbor {1: 5}, unprotected: {}, payload: nil, tag: bstr .size 32]
type Mac0 struct {
	Tag []byte // 32 bytes
}

// Encode writes the untagged structure.
func (m Mac0) Encode() ([]byte, error) {
	if len(m.Tag) != sha256.Size {
		return nil, fmt.Errorf("encode COSE_Mac0: tag of %d bytes", len(m.Tag))
	}
	return cbor.Encode([]any{protectedHMAC256[:], map[int]any{}, nil, m.Tag})
}

// DecodeMac0 reads an untagged COSE_Mac0 with detached payload. Nothing is verified.
func DecodeMac0(raw []byte) (*Mac0, error) {
	var w wireSign1 // the same four members
	if err := cbor.DecodeNullable(raw, &w); err != nil {
		return nil, fmt.Errorf("decode COSE_Mac0: %w", err)
	}
	var header map[int]cbor.RawMessage
	if err := cbor.Decode(w.Unprotected, &header); err != nil || len(header) != 0 {
		return nil, fmt.Errorf("decode COSE_Mac0: the unprotected header is not empty")
	}
	payload, err := decodePayload(w.Payload)
	switch {
	case string(w.Protected) != string(protectedHMAC256[:]):
		return nil, fmt.Errorf("decode COSE_Mac0: the protected header is not {1: 5}")
	case err != nil || payload != nil:
		return nil, fmt.Errorf("decode COSE_Mac0: the payload is not detached")
	case len(w.Signature) != sha256.Size:
		return nil, fmt.Errorf("decode COSE_Mac0: tag of %d bytes, want %d", len(w.Signature), sha256.Size)
	}
	return &Mac0{Tag: w.Signature}, nil
}

// MAC returns the tag over payload (RFC 9052 §6.3), with empty external data.
func MAC(key, payload []byte) ([]byte, error) {
	structure, err := cbor.Encode([]any{"MAC0", protectedHMAC256[:], []byte{}, payload})
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, key)
	h.Write(structure)
	return h.Sum(nil), nil
}

// Verify checks the tag over what the detached payload stands for.
func (m Mac0) Verify(key, payload []byte) error {
	want, err := MAC(key, payload)
	if err != nil {
		return err
	}
	if len(key) == 0 || !hmac.Equal(want, m.Tag) {
		return ErrMAC
	}
	return nil
}
