package keys_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"justice-wallet/keys"
)

// vault is a provider whose keys do not leave it.
type vault struct{ held map[string]held }

type held struct {
	purpose keys.Purpose
	signer  crypto.Signer
}

// kept is a key that cannot be written out, as that of a token.
type kept struct{ crypto.Signer }

func (vault) Name() string { return "vault" }

func (v vault) Make(_ context.Context, p keys.Purpose) (crypto.Signer, string, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	reference := "slot of " + string(p)
	v.held[reference] = held{p, kept{private}}
	return kept{private}, reference, nil
}

func (v vault) Open(_ context.Context, p keys.Purpose, reference string) (crypto.Signer, error) {
	h, ok := v.held[reference]
	if !ok || h.purpose != p {
		return nil, errors.New("the vault holds no such key")
	}
	return h.signer, nil
}

func vaultDir(t *testing.T, v vault) (*keys.Dir, string) {
	t.Helper()
	path := t.TempDir()
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, err := keys.OpenDir(path, nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return dir, path
}

func makeIn(t *testing.T, v vault, p keys.Purpose) keys.Key {
	t.Helper()
	k, err := keys.MakeKey(t.Context(), v, p, now)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A key whose private half cannot leave its provider has everything else beside the others: a file, a state, a chain.
func TestAProvidersKeysComeBack(t *testing.T) {
	v := vault{map[string]held{}}
	root, err := keys.CertifyRoot(authority, makeIn(t, v, keys.PurposeIACA), now)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := keys.CertifySigner(authority, root, makeIn(t, v, keys.PurposeDocument), now)
	if err != nil {
		t.Fatal(err)
	}
	signer.State = keys.StateActive
	dir, path := vaultDir(t, v)
	for _, k := range []keys.Key{root, signer} {
		if err := dir.Save(k); err != nil {
			t.Fatal(err)
		}
	}
	r, err := dir.Ring(now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Active(keys.PurposeDocument)
	if err != nil || got.Provider != "vault" || !got.Public().Equal(signer.Public()) || !got.Chain[0].Equal(signer.Chain[0]) {
		t.Fatalf("%v: %+v", err, got)
	}
	if _, err := got.Sign([]byte("message")); err != nil {
		t.Error(err)
	}
	content, err := fs.ReadFile(os.DirFS(path), signer.ID+".key.json")
	if err != nil || strings.Contains(string(content), "sealed") {
		t.Errorf("%v: %s", err, content)
	}
}

func TestAProvidersKeysRefused(t *testing.T) {
	v := vault{map[string]held{}}
	k := makeIn(t, v, keys.PurposeOffer)
	cases := map[string]struct{ old, new, want string }{
		"another purpose":      {`"offer"`, `"credential"`, "no such key"},
		"another reference":    {"slot of offer", "slot of letter", "no such key"},
		"a provider not there": {`"vault"`, `"cellar"`, "not configured"},
		"sealed as well":       {`"provider"`, `"sealed": {}, "provider"`, "damaged"},
		"neither":              {`"vault"`, `""`, "damaged"},
		"another's id":         {k.ID, strings.Repeat("0", 64), "another file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, path := vaultDir(t, v)
			if err := dir.Save(k); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(path, k.ID+".key.json")
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(content), c.old, c.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := dir.Ring(now); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("a key to seal, and no passphrase", func(t *testing.T) {
		dir, _ := vaultDir(t, v)
		if err := dir.Save(generate(t)[2]); err == nil {
			t.Error("saved")
		}
	})
}
