// Package proximity is the reader's side of an ISO 18013-5 presentation in person, on bytes alone: device engagement,
// session encryption, device request and reader authentication. Whoever holds the radio relays the messages.
package proximity

import (
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

const (
	maxEngagement = 4 << 10
	scheme        = "mdoc:" // of the QR code (§8.2.2.3)
	cipherSuite   = 1       // the one of §9.1.5.2: ECDH, HKDF, AES-256-GCM
)

// Keys of DeviceEngagement (§8.2.1.1).
const (
	keyVersion  = 0
	keySecurity = 1
)

// Engagement is a DeviceEngagement: what the holder's device shows to begin with.
//
//	DeviceEngagement = {0: "1.0", 1: [1, EDeviceKeyBytes], ? 2: [retrieval methods], * int => any}
type Engagement struct {
	key *ecdh.PublicKey
	raw []byte // as received: the session transcript covers it
}

// ParseQR reads the text of a QR code: "mdoc:" and the engagement in unpadded base64url.
func ParseQR(text string) (*Engagement, error) {
	encoded, ok := strings.CutPrefix(text, scheme)
	if !ok || len(encoded) > base64.RawURLEncoding.EncodedLen(maxEngagement) {
		return nil, errors.New("read QR code: not an mdoc: address, or too long")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(raw)) != len(encoded) {
		return nil, errors.New("read QR code: not unpadded base64url")
	}
	return ParseEngagement(raw)
}

// ParseEngagement reads a DeviceEngagement of up to 4 KiB, of version 1.0 and the one cipher suite, with a P-256 key. How
// the device can be reached is for the front end, and not looked at.
func ParseEngagement(raw []byte) (*Engagement, error) {
	if len(raw) > maxEngagement {
		return nil, errors.New("read DeviceEngagement: too long")
	}
	var m map[int]cbor.RawMessage
	if err := cbor.Decode(raw, &m); err != nil {
		return nil, fmt.Errorf("read DeviceEngagement: %w", err)
	}
	var version string
	if err := cbor.Decode(m[keyVersion], &version); err != nil || version != "1.0" {
		return nil, errors.New("read DeviceEngagement: want version 1.0")
	}
	var security []cbor.RawMessage
	if err := cbor.Decode(m[keySecurity], &security); err != nil || len(security) != 2 {
		return nil, errors.New("read DeviceEngagement: security is not an array of two")
	}
	var suite int
	if err := cbor.Decode(security[0], &suite); err != nil || suite != cipherSuite {
		return nil, errors.New("read DeviceEngagement: another cipher suite")
	}
	key, err := readKey(security[1])
	if err != nil {
		return nil, fmt.Errorf("read DeviceEngagement: %w", err)
	}
	return &Engagement{key: key, raw: append([]byte{}, raw...)}, nil
}

// readKey reads #6.24(bstr .cbor COSE_Key) on P-256.
func readKey(raw []byte) (*ecdh.PublicKey, error) {
	var inner cbor.Embedded
	if err := cbor.Decode(raw, &inner); err != nil {
		return nil, err
	}
	key, err := cose.DecodeKey(inner)
	if err != nil {
		return nil, err
	}
	return key.ECDH()
}
