package onelogin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
)

// firstKeyID is the kid that GOV.UK's test harness gives its key at every start, whatever the key is.
const firstKeyID = "5d76b492-d62e-46f4-a3d9-bc51e8b91ac5"

// signingKey is the key that signs access tokens and ID tokens.
type signingKey struct {
	kid     string
	private *ecdsa.PrivateKey
}

func newSigningKey(random *randomness, kid string) (*signingKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return &signingKey{kid, key}, nil
}

// Key returns the key that signs tokens now and its kid, for a test that signs what this server never would.
func (s *Server) Key() (*ecdsa.PrivateKey, string) {
	key := s.signer.Load()
	return key.private, key.kid
}

// RotateKey replaces the signing key at once: the old one is no longer published. The kid stays the same, as it does
// when GOV.UK's test harness restarts, unless newKid.
func (s *Server) RotateKey(newKid bool) error {
	kid := s.signer.Load().kid
	if newKid {
		fresh, err := s.random.uuid()
		if err != nil {
			return err
		}
		kid = fresh
	}
	key, err := newSigningKey(s.random, kid)
	if err != nil {
		return err
	}
	s.signer.Store(key)
	return nil
}

// serveKeys publishes the key as GOV.UK's test harness does: a JWK without alg or use.
func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	key := s.signer.Load()
	point, err := key.private.PublicKey.Bytes()
	if err != nil {
		writeRefusal(w, errServer)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "kid": key.kid,
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]),
		"y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}}})
}

// token returns 256 random bits in base64url.
func (r *randomness) token() (string, error) {
	var b [32]byte
	if _, err := r.Read(b[:]); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// uuid returns a random UUID (RFC 9562 §5.4).
func (r *randomness) uuid() (string, error) {
	var b [16]byte
	if _, err := r.Read(b[:]); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}
