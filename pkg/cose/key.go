package cose

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"fmt"

	"justice-wallet/pkg/cbor"
)

// COSE_Key labels and values for P-256 (RFC 9052 §7.1, RFC 9053 §7.1.1).
const (
	keyTypeEC2 = 2
	curveP256  = 1
	coordinate = 32
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
	if err := cbor.Decode(raw, &k); err != nil {
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
