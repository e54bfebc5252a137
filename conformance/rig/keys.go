package rig

import (
	"context"
	"crypto"
	"errors"
	"os"
	"path/filepath"

	"justice-wallet/keys"
)

// passphrase seals the keys of a rig that is given a directory.
const passphrase = "a rig's keys are worth nothing"

// held is a provider of keys that are thrown away with the rig: to seal them would take longer than most tests.
type held map[string]crypto.Signer

func (held) Name() string { return "memory" }

func (held) Make(context.Context, keys.Purpose) (crypto.Signer, string, error) {
	return nil, "", errors.New("keys of a rig are made when it starts")
}

func (h held) Open(_ context.Context, p keys.Purpose, reference string) (crypto.Signer, error) {
	if signer, ok := h[string(p)+" "+reference]; ok {
		return signer, nil
	}
	return nil, errors.New("no such key")
}

// take keeps a key's private half out of its file.
func (h held) take(k keys.Key) keys.Key {
	k.Provider, k.Reference = h.Name(), k.ID
	h[string(k.Purpose)+" "+k.ID] = k.Signer
	return k
}

// openKeys opens the keys in Dir, or makes them there.
func (r *Rig) openKeys() (*keys.Dir, error) {
	path := filepath.Join(r.options.Dir, "keys")
	fresh := false
	if err := os.Mkdir(path, 0o700); err == nil {
		fresh = true
	} else if !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	dir, err := keys.OpenDir(path, []byte(passphrase), r.held)
	if err != nil || !fresh {
		return dir, err
	}
	authority := keys.Authority{Name: "Synthetic HMPPS IACA root", URL: r.IssuerURL, CRL: r.IssuerURL + "/crl", Country: "GB"}
	all, err := keys.Generate(authority, r.options.Now())
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if r.held != nil {
			k = r.held.take(k)
		}
		if err := dir.Save(k); err != nil {
			return nil, err
		}
	}
	return dir, nil
}
