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

// Keyring is the keys of an issuing authority as they stand now. Safe for concurrent use.
type Keyring interface {
	// Active returns the one key that signs for p, or a fault of kind Unavailable.
	Active(p Purpose) (Key, error)

	// ByID returns a key in any state.
	ByID(id string) (Key, bool)

	// All returns every key, oldest first.
	All() []Key

	// Published returns the keys of p that anyone may verify with, newest first: those that will sign, that do and that did.
	// A revoked or retired one is not among them, nor one whose certificate nobody needs any more.
	Published(p Purpose) []Key
}

// Ring is every key of one issuing authority, as it stands at one instant. It does not change, and so is safe for
// concurrent use.
type Ring struct {
	keys   map[string]Key
	active map[Purpose]Key
	absent map[Purpose]error // why a purpose that has had an active key has none
	at     time.Time
}

// NewRing checks keys, all mistakes at once: P-256, an id that is the hash of the public half, one active key of a purpose
// at most, and a certificate where the purpose needs one: for this key, under a root of the ring if it has any, and valid
// at now.
func NewRing(now time.Time, keys ...Key) (*Ring, error) {
	if err := checkAll(keys); err != nil {
		return nil, err
	}
	r := standing(now, keys)
	var mistakes []error
	for _, err := range r.absent {
		mistakes = append(mistakes, err)
	}
	return r, errors.Join(mistakes...)
}

// checkAll finds what is wrong with keys whatever the time.
func checkAll(keys []Key) error {
	var mistakes []error
	seen, active := map[string]bool{}, map[Purpose]bool{}
	starts := map[Purpose]map[time.Time]bool{}
	for _, k := range keys {
		err := check(k)
		decided := k.decided()
		switch {
		case err != nil:
		case seen[k.ID]:
			err = errors.New("stands twice")
		case decided.State == StateActive && active[k.Purpose]:
			err = fmt.Errorf("a second active key for %s", k.Purpose)
		case decided.State == StateCreated && starts[k.Purpose][decided.Activates]:
			err = fmt.Errorf("a second %s key that becomes active at %v", k.Purpose, decided.Activates)
		}
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("key %s: %w", k.ID, err))
		}
		seen[k.ID] = true
		active[k.Purpose] = active[k.Purpose] || decided.State == StateActive
		if decided.State == StateCreated && !decided.Activates.IsZero() {
			if starts[k.Purpose] == nil {
				starts[k.Purpose] = map[time.Time]bool{}
			}
			starts[k.Purpose][decided.Activates] = true
		}
	}
	return errors.Join(mistakes...)
}

func check(k Key) error {
	pub := k.Public()
	if pub == nil || pub.Curve != elliptic.P256() {
		return errors.New("is not an ECDSA key on P-256")
	}
	if id, err := keyID(pub); err != nil || id != k.ID {
		return errors.New("its id is not the hash of its public half")
	}
	if err := k.decided().check(); err != nil {
		return err
	}
	if _, ok := profiles()[k.Purpose]; !ok {
		return fmt.Errorf("there is no purpose %q", k.Purpose)
	}
	if len(k.Chain) == 0 && profiles()[k.Purpose] != "" {
		return errors.New("has no certificate")
	}
	if len(k.Chain) > 0 && !pub.Equal(k.Chain[0].PublicKey) {
		return errors.New("its certificate is for another key")
	}
	return nil
}

// standing works out the state of every key at an instant. Of the keys of a purpose whose time has come the latest is
// active, and those before it are inactive: also those before one that was revoked since, for nobody wants them back.
func standing(at time.Time, keys []Key) *Ring {
	r := &Ring{keys: map[string]Key{}, active: map[Purpose]Key{}, absent: map[Purpose]error{}, at: at}
	latest := map[Purpose]Key{}
	for _, k := range keys {
		if held, ok := latest[k.Purpose]; k.came(at) && (!ok || k.after(held)) {
			latest[k.Purpose] = k
		}
	}
	for _, k := range keys {
		decided := k.decided()
		k.State = decided.State
		if decided.State.rank() < StateInactive.rank() && k.came(at) {
			k.State = StateInactive
			if latest[k.Purpose].ID == k.ID {
				k.State = StateActive
			}
		}
		r.keys[k.ID] = k
	}
	for p, k := range latest {
		r.appoint(p, r.keys[k.ID])
	}
	return r
}

// after says whether a key took another's place; of one instant, one that stands that of one that was revoked.
func (k Key) after(o Key) bool {
	a, b := k.decided(), o.decided()
	return a.Activates.After(b.Activates) || a.Activates.Equal(b.Activates) && b.State == StateRevoked
}

// came says whether the time of a key has come, though it may be over.
func (k Key) came(at time.Time) bool {
	decided := k.decided()
	switch decided.State {
	case StateActive:
		return true
	case StateCreated:
		return !decided.Activates.IsZero() && !at.Before(decided.Activates)
	case StateRevoked:
		return !decided.Activates.IsZero() && !at.Before(decided.Activates) && !decided.Changed.Before(decided.Activates)
	}
	return false
}

// appoint makes k the key that signs for p, unless its certificate is against it.
func (r *Ring) appoint(p Purpose, k Key) {
	if k.State != StateActive {
		return
	}
	if err := r.checkChain(k); err != nil {
		r.absent[p] = fmt.Errorf("key %s: %w", k.ID, err)
		return
	}
	r.active[p] = k
}

func (r *Ring) checkChain(k Key) error {
	if len(k.Chain) == 0 {
		return nil
	}
	leaf := k.Chain[0]
	switch {
	case r.at.Before(leaf.NotBefore):
		return errors.New("its certificate is not valid yet")
	case r.at.After(leaf.NotAfter):
		return errors.New("its certificate has expired")
	case parents()[k.Purpose] == "":
		return nil
	}
	found := false
	for _, root := range r.keys {
		if root.Purpose != parents()[k.Purpose] {
			continue
		}
		found = true
		if root.State != StateRevoked && signedBy(leaf, root.Chain[0]) && !r.at.After(root.Chain[0].NotAfter) {
			return nil
		}
	}
	if found {
		return errors.New("its certificate is under no root that stands")
	}
	return nil // the roots are kept elsewhere
}

// signedBy compares names byte for byte, as every verifier does.
func signedBy(leaf, root *x509.Certificate) bool {
	return string(leaf.RawIssuer) == string(root.RawSubject) && leaf.CheckSignatureFrom(root) == nil
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

// Active implements Keyring.
func (r *Ring) Active(p Purpose) (Key, error) {
	k, ok := r.active[p]
	if !ok {
		return Key{}, fault.Wrap(fault.Unavailable, "no_active_key", "there is no active key for "+string(p), r.absent[p])
	}
	return k, nil
}

// ByID implements Keyring.
func (r *Ring) ByID(id string) (Key, bool) {
	k, ok := r.keys[id]
	return k, ok
}

// All implements Keyring.
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

// Published implements Keyring.
func (r *Ring) Published(p Purpose) []Key {
	var out []Key
	all := r.All()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Purpose == p && r.needed(all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// needed says whether somebody may still have to verify with a key.
func (r *Ring) needed(k Key) bool {
	retires := k.decided().Retires
	switch {
	case k.State == StateRevoked, !retires.IsZero() && !r.at.Before(retires):
		return false
	case len(k.Chain) > 0 && r.at.After(k.Chain[0].NotAfter):
		return false
	case k.Purpose != PurposeIACA || k.State != StateInactive:
		return true
	}
	for _, signer := range r.keys { // a root that signs no more, while what its signers signed can be valid
		if signer.Purpose == PurposeDocument && signer.State != StateRevoked && !r.at.After(signer.Chain[0].NotAfter) &&
			signedBy(signer.Chain[0], k.Chain[0]) {
			return true
		}
	}
	return false
}
