package rig

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"justice-wallet/keys"
)

// passphrase seals the keys of a rig that is given a directory.
const passphrase = "a rig's keys are worth nothing"

// memory is a provider of keys that are thrown away with the rig: to seal them would take longer than most tests.
type memory struct{ signers sync.Map } // by purpose and reference

func (*memory) Name() string { return "memory" }

func (m *memory) Make(_ context.Context, p keys.Purpose) (crypto.Signer, string, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	reference := rand.Text()
	m.signers.Store(string(p)+" "+reference, private)
	return private, reference, nil
}

func (m *memory) Open(_ context.Context, p keys.Purpose, reference string) (crypto.Signer, error) {
	if signer, ok := m.signers.Load(string(p) + " " + reference); ok {
		return signer.(crypto.Signer), nil
	}
	return nil, errors.New("no such key")
}

// openKeys opens the keys in Dir, or makes them there.
func (r *Rig) openKeys(ctx context.Context) (*keys.Dir, error) {
	path := filepath.Join(r.options.Dir, "keys")
	fresh := false
	if err := os.Mkdir(path, 0o700); err == nil {
		fresh = true
	} else if !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	var others []keys.Provider
	if r.options.Keys != nil {
		others = []keys.Provider{r.options.Keys}
	}
	dir, err := keys.OpenDir(path, []byte(passphrase), others...)
	if err != nil || !fresh {
		return dir, err
	}
	all, err := r.makeKeys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if err := dir.Save(k); err != nil {
			return nil, err
		}
	}
	return dir, nil
}

func (r *Rig) makeKeys(ctx context.Context) ([]keys.Key, error) {
	a := keys.Authority{Name: "Synthetic HMPPS IACA root", URL: r.IssuerURL, CRL: r.IssuerURL + "/crl", Country: "GB"}
	if r.options.Keys != nil {
		return keys.GenerateIn(ctx, r.options.Keys, a, r.options.Now())
	}
	return keys.Generate(a, r.options.Now())
}

// Custodian acts on the rig's keys, by its clock. What it does the issuer learns at the next Reload of Ring.
func (r *Rig) Custodian() keys.Custodian {
	make := func(_ context.Context, p keys.Purpose, now time.Time) (keys.Key, error) { return keys.NewKey(p, now) }
	if from := r.options.Keys; from != nil {
		make = func(ctx context.Context, p keys.Purpose, now time.Time) (keys.Key, error) {
			return keys.MakeKey(ctx, from, p, now)
		}
	}
	return keys.Custodian{Dir: r.Keys, Make: make, Audit: r.audit, Now: r.options.Now, By: "synthetic custodian"}
}
