package onelogin

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// jws is a JWS in compact serialisation (RFC 7515 §7.1), taken apart.
type jws struct {
	header, claims map[string]any
	signed         string // header.payload, as received
	signature      []byte
}

func parseJWS(s string) (*jws, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("not a compact JWS")
	}
	var raw [3][]byte
	for i, part := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return nil, errors.New("not a compact JWS")
		}
		raw[i] = b
	}
	header, errHeader := flatObject(raw[0])
	claims, errClaims := flatObject(raw[1])
	if err := errors.Join(errHeader, errClaims); err != nil {
		return nil, err
	}
	return &jws{header, claims, parts[0] + "." + parts[1], raw[2]}, nil
}

// flatObject reads one JSON object and refuses a member that comes twice. Numbers are json.Number.
func flatObject(b []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	out := map[string]any{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if _, twice := out[name]; err != nil || !ok || twice {
			return nil, errors.New("not a JSON object with distinct members")
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, errors.New("not JSON")
		}
		out[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return out, nil
}

// verify checks an ES256 signature.
func (j *jws) verify(key *ecdsa.PublicKey) error {
	if j.header["alg"] != "ES256" || len(j.signature) != 64 {
		return errors.New("not an ES256 signature")
	}
	digest := sha256.Sum256([]byte(j.signed))
	r, s := new(big.Int).SetBytes(j.signature[:32]), new(big.Int).SetBytes(j.signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return errors.New("signature does not verify")
	}
	return nil
}

func (j *jws) text(name string) string {
	s, _ := j.claims[name].(string) // what is no string is no value we accept
	return s
}

func (j *jws) seconds(name string) (int64, error) {
	n, ok := j.claims[name].(json.Number)
	if !ok {
		return 0, fmt.Errorf("%s is not a number", name)
	}
	return n.Int64()
}

// sign writes a compact ES256 JWS. It checks nothing: a test may sign nonsense.
func (k *signingKey) sign(random io.Reader, header, claims map[string]any) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("encode header: %w", err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	signed := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	digest := sha256.Sum256([]byte(signed))
	x, y, err := ecdsa.Sign(random, k.private, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	sig := append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// jwk is a client's public key.
type jwk struct {
	Kty, Crv, X, Y, Kid string
}

func (k jwk) key() (*ecdsa.PublicKey, error) {
	x, errX := base64.RawURLEncoding.Strict().DecodeString(k.X)
	y, errY := base64.RawURLEncoding.Strict().DecodeString(k.Y)
	if errX != nil || errY != nil || k.Kty != "EC" || k.Crv != "P-256" || len(x) != 32 || len(y) != 32 {
		return nil, errors.New("not an EC P-256 JWK")
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
}
