package jose

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"maps"
	"math/big"
	"slices"
)

const (
	maxSetBytes = 64 << 10
	maxSetKeys  = 64
)

// PublicJWK is a P-256 public key as JSON (RFC 7517, RFC 7518 §6.2.1). Members that are empty are absent.
type PublicJWK struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	KeyID     string `json:"kid,omitempty"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
}

// NewPublicJWK writes pub, a P-256 key, with kid and without use and alg.
func NewPublicJWK(pub *ecdsa.PublicKey, kid string) (PublicJWK, error) {
	point, err := uncompressed(pub)
	if err != nil {
		return PublicJWK{}, err
	}
	x, y := strict.EncodeToString(point[1:33]), strict.EncodeToString(point[33:])
	return PublicJWK{KeyType: "EC", Curve: "P-256", X: x, Y: y, KeyID: kid}, nil
}

// uncompressed returns 0x04 || x || y.
func uncompressed(pub *ecdsa.PublicKey) ([]byte, error) {
	if !validP256(pub) {
		return nil, errors.New("write key: not a point on P-256")
	}
	return pub.Bytes()
}

// Thumbprint is the SHA-256 of the key's required members (RFC 7638). pub is a P-256 key; any other gives the zero value.
func Thumbprint(pub *ecdsa.PublicKey) [sha256.Size]byte {
	k, err := NewPublicJWK(pub, "")
	if err != nil {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + k.X + `","y":"` + k.Y + `"}`))
}

// Set is a set of public keys that verify ES256 or RS256 signatures, by key id. The zero value is empty.
type Set struct{ keys map[string]crypto.PublicKey }

// Key returns the key with h's key id. It makes a Set a KeySource; Verify checks that the key fits the algorithm.
func (s Set) Key(_ context.Context, h Header) (crypto.PublicKey, error) {
	key, ok := s.Lookup(h.KeyID)
	if !ok {
		return nil, refuse(ReasonKey, "no such key in the set")
	}
	return key, nil
}

// Lookup returns the key with exactly this id.
func (s Set) Lookup(kid string) (crypto.PublicKey, bool) {
	key, ok := s.keys[kid]
	return key, ok
}

// IDs returns the key ids, in order.
func (s Set) IDs() []string { return slices.Sorted(maps.Keys(s.keys)) }

// Len returns the number of usable keys.
func (s Set) Len() int { return len(s.keys) }

// ParseSet reads a JWK set of up to 64 KiB and 64 keys. Keys of a type, curve, use or algorithm other than ours are
// left out (RFC 7517 §5). A set that holds a secret, a damaged key or one key id twice is refused whole. use and alg
// may be absent: the type and curve of a key say which algorithm it is for. The error is an *Error.
func ParseSet(b []byte) (Set, error) {
	if len(b) > maxSetBytes {
		return Set{}, refuse(ReasonKey, "key set is longer than the limit")
	}
	c, err := ParseClaims(b)
	if err != nil {
		return Set{}, refuse(ReasonKey, "key set is not one strict JSON object")
	}
	items, ok := c.members["keys"].([]any)
	if !ok || len(items) > maxSetKeys {
		return Set{}, refuse(ReasonKey, "key set has no keys, or too many")
	}
	s := Set{keys: map[string]crypto.PublicKey{}}
	for _, item := range items {
		if err := s.add(item); err != nil {
			return Set{}, err
		}
	}
	return s, nil
}

func (s Set) add(item any) error {
	members, ok := item.(map[string]any)
	if !ok {
		return refuse(ReasonKey, "a key is not an object")
	}
	key, err := parseJWK(members)
	if err != nil || key == nil {
		return err
	}
	kid, _, err := optionalText(members, "kid")
	if err != nil {
		return err
	}
	if _, twice := s.keys[kid]; twice {
		return refuse(ReasonKey, "two keys have one kid")
	}
	s.keys[kid] = key
	return nil
}

// ParsePublicJWK reads one public JWK, a P-256 or RSA key that may verify signatures. The error is an *Error.
func ParsePublicJWK(b []byte) (crypto.PublicKey, error) {
	if len(b) > maxSetBytes {
		return nil, refuse(ReasonKey, "key is longer than the limit")
	}
	c, err := ParseClaims(b)
	if err != nil {
		return nil, refuse(ReasonKey, "key is not one strict JSON object")
	}
	key, err := parseJWK(c.members)
	if err == nil && key == nil {
		err = refuse(ReasonKey, "key is not for ES256 or RS256 signatures")
	}
	return key, err
}

// parseJWK returns nil without an error for a key that is of no use to us.
func parseJWK(members map[string]any) (crypto.PublicKey, error) {
	// RFC 7518 §6.2.2, §6.3.2, §6.4.1: whoever publishes one of these has published a secret.
	for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, found := members[secret]; found {
			return nil, refuse(ReasonKey, "a key holds a private member")
		}
	}
	kty, _ := members["kty"].(string)
	switch kty {
	case "EC":
		return parseEC(members)
	case "RSA":
		return parseRSA(members)
	case "oct", "": // a symmetric key would let its readers sign
		return nil, refuse(ReasonKey, "a key is symmetric, or has no kty")
	}
	return nil, nil
}

// verifies says whether use, key_ops and alg, where present, allow the key to verify signatures of algorithm a.
func verifies(members map[string]any, a Algorithm) (bool, error) {
	use, hasUse, err := optionalText(members, "use")
	if err != nil {
		return false, err
	}
	alg, hasAlg, err := optionalText(members, "alg")
	if err != nil {
		return false, err
	}
	return (!hasUse || use == "sig") && (!hasAlg || Algorithm(alg) == a), nil
}

func optionalText(members map[string]any, name string) (text string, found bool, err error) {
	value, found := members[name]
	if !found {
		return "", false, nil
	}
	text, ok := value.(string)
	if !ok || !isVisible(text) {
		return "", true, refuse(ReasonKey, name+" of a key is not plain text")
	}
	return text, true, nil
}

func parseEC(members map[string]any) (crypto.PublicKey, error) {
	if ok, err := verifies(members, ES256); !ok || err != nil {
		return nil, err
	}
	if crv, _ := members["crv"].(string); crv != "P-256" {
		return nil, nil
	}
	x, errX := coordinate(members, "x")
	y, errY := coordinate(members, "y")
	if err := errors.Join(errX, errY); err != nil {
		return nil, refuse(ReasonKey, "a coordinate is not 32 bytes of base64url")
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, refuse(ReasonKey, "a point is not on P-256")
	}
	return pub, nil
}

func coordinate(members map[string]any, name string) ([]byte, error) {
	b, err := octets(members, name)
	if err == nil && len(b) != 32 { // RFC 7518 §6.2.1.2: always the full length
		err = refuse(ReasonKey, "wrong length")
	}
	return b, err
}

func parseRSA(members map[string]any) (crypto.PublicKey, error) {
	if ok, err := verifies(members, RS256); !ok || err != nil {
		return nil, err
	}
	n, errN := octets(members, "n")
	e, errE := octets(members, "e")
	// RFC 7518 §2: Base64urlUInt has no leading zero octet.
	if errN != nil || errE != nil || n[0] == 0 || e[0] == 0 || len(e) > 4 {
		return nil, refuse(ReasonKey, "a modulus or exponent is not a minimal base64url number")
	}
	pub := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if !validRSA(pub) {
		return nil, refuse(ReasonKey, "an RSA key is weak or too large")
	}
	return pub, nil
}

// octets decodes a member that is at least one byte in strict base64url.
func octets(members map[string]any, name string) ([]byte, error) {
	text, _ := members[name].(string)
	return decodeSegment(text)
}
