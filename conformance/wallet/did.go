package wallet

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"math/big"
	"strings"
)

const (
	didKeyPrefix   = "did:key:z" // z: multibase base58-btc
	base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	maxDIDKey      = 64
)

// p256Multicodec is p256-pub, 0x1200, as an unsigned varint.
var p256Multicodec = []byte{0x80, 0x24}

// DIDKey writes a P-256 public key as did:key (W3C CCG did:key §3.1).
func DIDKey(key *ecdsa.PublicKey) (string, error) {
	point, err := key.Bytes()
	if err != nil || len(point) != 65 {
		return "", errors.New("not a P-256 key")
	}
	compressed := append([]byte{2 + point[64]&1}, point[1:33]...)
	return didKeyPrefix + encodeBase58(append(bytes.Clone(p256Multicodec), compressed...)), nil
}

// ParseDIDKey reads a did:key of a P-256 key, without a fragment, in its one encoding.
func ParseDIDKey(did string) (*ecdsa.PublicKey, error) {
	rest, ok := strings.CutPrefix(did, didKeyPrefix)
	if !ok || len(did) > maxDIDKey {
		return nil, errors.New("not a did:key in base58-btc")
	}
	raw, err := decodeBase58(rest)
	if err != nil {
		return nil, err
	}
	point, ok := bytes.CutPrefix(raw, p256Multicodec)
	if !ok || len(point) != 33 {
		return nil, errors.New("not a did:key of a P-256 key")
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), point)
	if x == nil {
		return nil, errors.New("did:key is not a point of P-256")
	}
	return publicKey(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32)))
}

// publicKey builds a P-256 key from coordinates of 32 bytes each, and checks that it is on the curve.
func publicKey(x, y []byte) (*ecdsa.PublicKey, error) {
	if len(x) != 32 || len(y) != 32 {
		return nil, errors.New("coordinates are not 32 bytes each")
	}
	point := append(append([]byte{4}, x...), y...)
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

func encodeBase58(b []byte) string {
	n, base, digit := new(big.Int).SetBytes(b), big.NewInt(58), new(big.Int)
	var out []byte
	for n.Sign() > 0 {
		n.DivMod(n, base, digit)
		out = append(out, base58Alphabet[digit.Int64()])
	}
	for i := 0; i < len(b) && b[i] == 0; i++ {
		out = append(out, base58Alphabet[0])
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

func decodeBase58(s string) ([]byte, error) {
	n, base := new(big.Int), big.NewInt(58)
	for i := range len(s) {
		digit := strings.IndexByte(base58Alphabet, s[i])
		if digit < 0 {
			return nil, errors.New("not base58")
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(digit)))
	}
	zeros := len(s) - len(strings.TrimLeft(s, base58Alphabet[:1]))
	return append(make([]byte, zeros), n.Bytes()...), nil
}
