package cose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"fmt"

	"justice-wallet/pkg/cbor"
)

// Key types and curves (RFC 9053 §7.1.1 and §7.2).
const (
	keyTypeOKP   = 1
	keyTypeEC2   = 2
	curveP256    = 1
	curveEd25519 = 6
	coordinate   = 32
)

type ec2Key struct {
	Type  int        `cbor:"1,keyasint"`
	Curve int        `cbor:"-1,keyasint"`
	X     cbor.Bytes `cbor:"-2,keyasint"`
	Y     cbor.Bytes `cbor:"-3,keyasint"`
}

// EncodeKey writes a P-256 public key as a COSE_Key with exactly the labels 1, -1, -2 and -3, both coordinates of full
// length.
func EncodeKey(pub *ecdsa.PublicKey) ([]byte, error) {
	point, err := pub.Bytes()
	if err != nil || len(point) != 1+2*coordinate {
		return nil, fmt.Errorf("encode COSE_Key: not a P-256 key")
	}
	return cbor.Encode(ec2Key{keyTypeEC2, curveP256, point[1 : 1+coordinate], point[1+coordinate:]})
}

// DecodeKey reads a P-256 public key: exactly those four labels, uncompressed, on the curve.
func DecodeKey(raw []byte) (*ecdsa.PublicKey, error) {
	var labels map[int64]cbor.RawMessage
	if err := cbor.Decode(raw, &labels); err != nil {
		return nil, fmt.Errorf("decode COSE_Key: %w", err)
	}
	var k ec2Key
	if err := errors.Join(untagged(labels), cbor.Decode(raw, &k)); err != nil {
		return nil, fmt.Errorf("decode COSE_Key: %w", err)
	}
	if len(labels) != 4 || k.Type != keyTypeEC2 || k.Curve != curveP256 || len(k.X) != coordinate || len(k.Y) != coordinate {
		return nil, fmt.Errorf("decode COSE_Key: want exactly an EC2 key on P-256 with both coordinates")
	}
	point := append(append([]byte{4}, k.X...), k.Y...)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, fmt.Errorf("decode COSE_Key: the point is not on P-256")
	}
	return key, nil
}

// untagged holds that kty and crv are numbers: in a struct, the library would look through a tag around one.
func untagged(labels map[int64]cbor.RawMessage) error {
	var kty, crv int
	return errors.Join(cbor.Decode(labels[1], &kty), cbor.Decode(labels[-1], &crv))
}

type okpKey struct {
	Type  int        `cbor:"1,keyasint"`
	Curve int        `cbor:"-1,keyasint"`
	X     cbor.Bytes `cbor:"-2,keyasint"`
}

// EncodeEd25519 writes an Ed25519 public key as a COSE_Key with exactly the labels 1, -1 and -2 (RFC 9053 §7.2).
func EncodeEd25519(pub ed25519.PublicKey) ([]byte, error) {
	if len(pub) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("encode COSE_Key: not an Ed25519 key")
	}
	return cbor.Encode(okpKey{keyTypeOKP, curveEd25519, cbor.Bytes(pub)})
}

// DecodePublicKey reads a device key: an *ecdsa.PublicKey on P-256 as DecodeKey does, or an ed25519.PublicKey of exactly
// the labels 1, -1 and -2.
func DecodePublicKey(raw []byte) (crypto.PublicKey, error) {
	var labels map[int64]cbor.RawMessage
	if err := cbor.Decode(raw, &labels); err != nil {
		return nil, fmt.Errorf("decode COSE_Key: %w", err)
	}
	if len(labels) != 3 {
		return DecodeKey(raw)
	}
	var k okpKey
	if err := errors.Join(untagged(labels), cbor.Decode(raw, &k)); err != nil {
		return nil, fmt.Errorf("decode COSE_Key: %w", err)
	}
	if k.Type != keyTypeOKP || k.Curve != curveEd25519 || len(k.X) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("decode COSE_Key: want exactly an OKP key on Ed25519")
	}
	return ed25519.PublicKey(k.X), nil
}
