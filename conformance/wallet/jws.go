package wallet

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
)

const (
	es256         = "ES256"
	signatureSize = 64
	maxTokenBytes = 2 << 20
)

// token is a JWS in compact serialisation (RFC 7515 §7.1), taken apart.
type token struct {
	header, claims object
	signed         string // header.payload, as received
	signature      []byte
}

// parseToken takes a compact JWS apart. It verifies nothing.
func parseToken(s string) (*token, error) {
	parts := strings.Split(s, ".")
	if len(s) > maxTokenBytes || len(parts) != 3 {
		return nil, errors.New("not a compact JWS")
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := decodeBase64URL(p)
		if err != nil {
			return nil, err
		}
		raw[i] = b
	}
	header, err := decodeObject(raw[0])
	if err != nil {
		return nil, fmt.Errorf("read JWS header: %w", err)
	}
	claims, err := decodeObject(raw[1])
	if err != nil {
		return nil, fmt.Errorf("read JWS claims: %w", err)
	}
	return &token{header, claims, parts[0] + "." + parts[1], raw[2]}, nil
}

// verify checks the one algorithm this wallet knows. The key comes from the caller's trust, never from the token.
func (t *token) verify(key *ecdsa.PublicKey) error {
	if t.header["alg"] != es256 {
		return errors.New("JWS algorithm is not ES256")
	}
	return verifyES256(key, []byte(t.signed), t.signature)
}

// decodeBase64URL reads unpadded base64url in its one canonical spelling.
func decodeBase64URL(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("not unpadded base64url")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, errors.New("not unpadded base64url")
	}
	return b, nil
}

// signToken writes a compact JWS. Neither header nor claims are checked: a test may sign nonsense.
func signToken(rand io.Reader, key *ecdsa.PrivateKey, header, claims map[string]any) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("encode JWS header: %w", err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode JWS claims: %w", err)
	}
	signed := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	sig, err := signES256(rand, key, []byte(signed))
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// signES256 returns r||s, 32 bytes each (RFC 7518 §3.4).
func signES256(rand io.Reader, key *ecdsa.PrivateKey, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand, key, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	sig := make([]byte, signatureSize)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig, nil
}

func verifyES256(key *ecdsa.PublicKey, message, sig []byte) error {
	if len(sig) != signatureSize {
		return errors.New("signature is not 64 bytes")
	}
	digest := sha256.Sum256(message)
	if !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return errors.New("signature does not verify")
	}
	return nil
}

// jwkKey reads the public key of an EC P-256 JWK.
func jwkKey(jwk object) (*ecdsa.PublicKey, error) {
	if jwk["kty"] != "EC" || jwk["crv"] != "P-256" {
		return nil, errors.New("JWK is not EC P-256")
	}
	var xy [2][]byte
	for i, name := range []string{"x", "y"} {
		s, err := jwk.text(name)
		if err != nil {
			return nil, err
		}
		if xy[i], err = decodeBase64URL(s); err != nil {
			return nil, err
		}
	}
	return publicKey(xy[0], xy[1])
}
