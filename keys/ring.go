package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"time"

	"justice-wallet/pkg/fault"
)

// Ring is every key of one issuing authority, as it was when it was opened. It does not change, and so is safe for
// concurrent use.
type Ring struct {
	keys   map[string]Key
	active map[Purpose]Key
}

// NewRing checks keys, all mistakes at once: P-256, an id that is the hash of the public half, one active key of a
// purpose at most, and a certificate where the purpose needs one, for this key and valid at now.
func NewRing(now time.Time, keys ...Key) (*Ring, error) {
	r := &Ring{keys: map[string]Key{}, active: map[Purpose]Key{}}
	var mistakes []error
	for _, k := range keys {
		if err := r.add(now, k); err != nil {
			mistakes = append(mistakes, fmt.Errorf("key %s: %w", k.ID, err))
		}
	}
	return r, errors.Join(mistakes...)
}

func (r *Ring) add(now time.Time, k Key) error {
	if err := check(now, k); err != nil {
		return err
	}
	if _, ok := r.keys[k.ID]; ok {
		return errors.New("stands twice")
	}
	if k.State == StateActive {
		if _, ok := r.active[k.Purpose]; ok {
			return fmt.Errorf("a second active key for %s", k.Purpose)
		}
		r.active[k.Purpose] = k
	}
	r.keys[k.ID] = k
	return nil
}

func check(now time.Time, k Key) error {
	pub := k.Public()
	if pub == nil || pub.Curve != elliptic.P256() {
		return errors.New("is not an ECDSA key on P-256")
	}
	if id, err := keyID(pub); err != nil || id != k.ID {
		return errors.New("its id is not the hash of its public half")
	}
	switch k.State {
	case StateCreated, StateActive, StateInactive, StateRevoked:
	default:
		return fmt.Errorf("there is no state %q", k.State)
	}
	switch k.Purpose {
	case PurposeDocument, PurposeIACA:
		return checkChain(now, k, pub)
	case PurposeOffer, PurposeCredential, PurposeStatusList, PurposeLetter:
		return nil
	}
	return fmt.Errorf("there is no purpose %q", k.Purpose)
}

func checkChain(now time.Time, k Key, pub *ecdsa.PublicKey) error {
	if len(k.Chain) == 0 {
		return errors.New("has no certificate")
	}
	leaf := k.Chain[0]
	switch {
	case !pub.Equal(leaf.PublicKey):
		return errors.New("its certificate is for another key")
	case k.State == StateActive && now.Before(leaf.NotBefore):
		return errors.New("its certificate is not valid yet")
	case k.State == StateActive && now.After(leaf.NotAfter):
		return errors.New("its certificate has expired")
	}
	return nil
}

// keyID returns the lower-case hexadecimal SHA-256 of the SubjectPublicKeyInfo: GOV.UK Wallet takes no capitals in a kid.
func keyID(pub *ecdsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:]), nil
}

// Active returns the one key that signs for p, or a fault of kind Unavailable.
func (r *Ring) Active(p Purpose) (Key, error) {
	k, ok := r.active[p]
	if !ok {
		return Key{}, fault.New(fault.Unavailable, "no_active_key", "there is no active key for "+string(p))
	}
	return k, nil
}

// ByID returns a key in any state.
func (r *Ring) ByID(id string) (Key, bool) {
	k, ok := r.keys[id]
	return k, ok
}

// All returns every key, oldest first.
func (r *Ring) All() []Key {
	out := make([]Key, 0, len(r.keys))
	for _, k := range r.keys {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool {
		if !out[i].Created.Equal(out[j].Created) {
			return out[i].Created.Before(out[j].Created)
		}
		return out[i].ID < out[j].ID
	})
	return out
}

// Published returns the keys of p that anyone may verify with: all but the revoked, newest first.
func (r *Ring) Published(p Purpose) []Key {
	var out []Key
	all := r.All()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Purpose == p && all[i].State != StateRevoked {
			out = append(out, all[i])
		}
	}
	return out
}
