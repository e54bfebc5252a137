package listwatch

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"math/big"
	"net/http"
	"os"
	"strings"
)

// jwk is one key of a JWK set (RFC 7517 §4).
type jwk struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	ID    string `json:"kid"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

// loadKeys reads the pinned set, from its address or its file. Keys of other kinds are left out.
func (w *Watcher) loadKeys(ctx context.Context) (map[string]*ecdsa.PublicKey, error) {
	text, err := w.readPinned(ctx)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := decode(text, &set); err != nil {
		return nil, wrong(KindKeys, "not a JWK set")
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, k := range set.Keys {
		if key := k.public(); key != nil && k.ID != "" {
			keys[k.ID] = key
		}
	}
	if len(keys) == 0 {
		return nil, wrong(KindKeys, "the set has no P-256 key")
	}
	return keys, nil
}

func (w *Watcher) readPinned(ctx context.Context) ([]byte, error) {
	if !strings.Contains(w.options.Keys, "://") {
		text, err := os.ReadFile(w.options.Keys)
		if err != nil {
			return nil, wrong(KindKeys, "the file cannot be read")
		}
		return text, nil
	}
	a, err := w.get(ctx, w.options.Keys, map[string]string{"Accept": "application/jwk-set+json, application/json"})
	if err != nil || a.status != http.StatusOK {
		return nil, wrong(KindKeys, "the address does not answer")
	}
	return a.body, nil
}

// public is nil for what is not a P-256 key.
func (k jwk) public() *ecdsa.PublicKey {
	x, errX := base64url(k.X)
	y, errY := base64url(k.Y)
	if k.Type != "EC" || k.Curve != "P-256" || errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil
	}
	return key
}

// verify takes the key from what was pinned, and the algorithm from nowhere: there is one.
func (t token) verify(keys map[string]*ecdsa.PublicKey) error {
	switch {
	case t.header.Type != "statuslist+jwt":
		return wrong(KindType, "typ is not statuslist+jwt")
	case t.header.Algorithm != "ES256":
		return wrong(KindAlgorithm, "alg is not ES256")
	case len(t.header.Critical) > 0:
		return wrong(KindMalformed, "crit names what we do not know")
	}
	key, ok := keys[t.header.KeyID]
	if !ok {
		return wrong(KindKey, "kid is of no pinned key")
	}
	digest := sha256.Sum256(t.signed)
	if len(t.signature) != 64 ||
		!ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:])) {
		return wrong(KindSignature, "does not verify")
	}
	return nil
}
