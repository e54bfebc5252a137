package did

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"strings"
)

const (
	keyPrefix = "did:key:"
	codec0    = 0x80 // multicodec p256-pub, 0x1200, as a varint
	codec1    = 0x24
	keyBytes  = 2 + 33
	// Every 35-byte number that begins with 0x80 has 48 digits in base 58.
	keyDigits    = 48
	keyLength    = len(keyPrefix) + 1 + keyDigits
	keyURLLength = keyLength + 1 + 1 + keyDigits
)

var errNotKey = errors.New("not a did:key of a P-256 public key")

// ParseKey reads a bare did:key, "did:key:z" and the base58btc form of 0x80 0x24 and a compressed point on P-256
// (did:key method §3.1.1, P-256).
func ParseKey(did string) (*ecdsa.PublicKey, error) {
	digits, ok := strings.CutPrefix(did, keyPrefix+"z")
	if len(did) != keyLength || !ok {
		return nil, errNotKey
	}
	var b [keyBytes]byte
	if !decodeBase58(b[:], digits) || b[0] != codec0 || b[1] != codec1 {
		return nil, errNotKey
	}
	return decompress(b[2:])
}

// ParseKeyURL reads the DID URL of a did:key's only verification method: the fragment repeats the part after "did:key:".
func ParseKeyURL(url string) (*ecdsa.PublicKey, error) {
	bare, fragment, _ := strings.Cut(url, "#")
	if len(url) != keyURLLength || bare != keyPrefix+fragment {
		return nil, errNotKey
	}
	return ParseKey(bare)
}

// FormatKey writes pub, a P-256 key, as a bare did:key.
func FormatKey(pub *ecdsa.PublicKey) (string, error) {
	if pub == nil || pub.Curve != elliptic.P256() {
		return "", errors.New("write did:key: not a P-256 key")
	}
	point, err := pub.Bytes()
	if err != nil {
		return "", fmt.Errorf("write did:key: %w", err)
	}
	parity := 2 + point[64]&1 // SEC 1 §2.3.3
	b := append([]byte{codec0, codec1, parity}, point[1:33]...)
	return keyPrefix + "z" + encodeBase58(b, keyDigits), nil
}

func decompress(point []byte) (*ecdsa.PublicKey, error) {
	curve := elliptic.P256()
	x, y := elliptic.UnmarshalCompressed(curve, point)
	if x == nil {
		return nil, errNotKey
	}
	full := make([]byte, 65)
	full[0] = 4
	x.FillBytes(full[1:33])
	y.FillBytes(full[33:])
	return ecdsa.ParseUncompressedPublicKey(curve, full)
}
