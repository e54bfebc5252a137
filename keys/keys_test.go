package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/fault"
)

var (
	now       = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	authority = keys.Authority{Name: "Test IACA", URL: "https://issuer.test", CRL: "https://issuer.test/crl", Country: "GB"}
)

func generate(t testing.TB) []keys.Key {
	t.Helper()
	all, err := keys.Generate(authority, now)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func ring(t testing.TB, all ...keys.Key) *keys.Ring {
	t.Helper()
	r, err := keys.NewRing(now, all...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnAuthorityIsComplete(t *testing.T) {
	r := ring(t, generate(t)...)
	for _, p := range []keys.Purpose{keys.PurposeIACA, keys.PurposeDocument, keys.PurposeOffer, keys.PurposeCredential, keys.PurposeStatusList} {
		k, err := r.Active(p)
		if err != nil {
			t.Error(err)
			continue
		}
		raw, err := k.Sign([]byte("message"))
		digest := sha256.Sum256([]byte("message"))
		if err != nil || len(raw) != 64 || !ecdsa.Verify(k.Public(), digest[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
			t.Errorf("%s: %v", p, err)
		}
	}
	root, _ := r.Active(keys.PurposeIACA)
	signer, _ := r.Active(keys.PurposeDocument)
	pool := x509.NewCertPool()
	pool.AddCert(root.Chain[0])
	if _, err := signer.Chain[0].Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	if string(signer.Chain[0].RawIssuer) != string(root.Chain[0].RawSubject) {
		t.Error("the signer's issuer is not the root's subject, byte for byte")
	}
}

func TestOnlyAnActiveKeySigns(t *testing.T) {
	k := generate(t)[2]
	for _, state := range []keys.State{keys.StateCreated, keys.StateInactive, keys.StateRevoked} {
		k.State = state
		if _, err := k.Sign([]byte("m")); err == nil {
			t.Errorf("a key %s signed", state)
		}
	}
}

// swapped answers with another key's signature, as a provider that mixed up its slots would.
type swapped struct{ public, private keys.Key }

func (s swapped) Public() crypto.PublicKey { return s.public.Signer.Public() }

func (s swapped) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.private.Signer.Sign(random, digest, opts)
}

func sortedJoin(names []string) string {
	sort.Strings(names)
	return strings.Join(names, " ")
}

func TestAWrongSignatureNeverLeaves(t *testing.T) {
	all := generate(t)
	k := all[2]
	k.Signer = swapped{public: all[2], private: all[3]}
	if sig, err := k.Sign([]byte("m")); sig != nil || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("another key's signature: %x, %v", sig, err)
	}
}

func TestRingRefuses(t *testing.T) {
	good := generate(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	change := func(i int, f func(*keys.Key)) []keys.Key {
		all := append([]keys.Key{}, good...)
		f(&all[i])
		return all
	}
	other := generate(t)
	cases := map[string]struct {
		all  []keys.Key
		want string
	}{
		"two active":        {append(append([]keys.Key{}, good...), other[2]), "second active"},
		"one key twice":     {append(append([]keys.Key{}, good...), good[2]), "stands twice"},
		"another curve":     {change(2, func(k *keys.Key) { k.Signer = p384 }), "P-256"},
		"another id":        {change(2, func(k *keys.Key) { k.ID = "x" }), "hash"},
		"another purpose":   {change(2, func(k *keys.Key) { k.Purpose = "x" }), "no purpose"},
		"another state":     {change(2, func(k *keys.Key) { k.State = "x" }), "no state"},
		"no certificate":    {change(1, func(k *keys.Key) { k.Chain = nil }), "no certificate"},
		"other certificate": {change(1, func(k *keys.Key) { k.Chain = other[1].Chain }), "another key"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := keys.NewRing(now, c.all...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := keys.NewRing(now.Add(456*24*time.Hour), good...); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an expired signer: %v", err)
	}
	if _, err := keys.NewRing(now.Add(-time.Hour), good...); err == nil || !strings.Contains(err.Error(), "not valid yet") {
		t.Errorf("a signer of tomorrow: %v", err)
	}
}

func TestRevokedKeysAreNotPublished(t *testing.T) {
	all := generate(t)
	all[2].State, all[3].State = keys.StateRevoked, keys.StateInactive
	r := ring(t, all...)
	if n := len(keys.JWKS(r, keys.PurposeOffer).Keys); n != 0 {
		t.Errorf("%d offer keys", n)
	}
	if n := len(keys.DIDDocument(r, "did:web:x").VerificationMethod); n != 1 {
		t.Errorf("%d credential keys: an inactive key still verifies", n)
	}
}

// Each document has exactly the members GOV.UK's harness allows.
func TestPublishedDocuments(t *testing.T) {
	r := ring(t, generate(t)...)
	members := func(v any, path ...string) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var at any
		if err := json.Unmarshal(raw, &at); err != nil {
			t.Fatal(err)
		}
		for _, name := range path {
			at = at.(map[string]any)[name]
			if list, ok := at.([]any); ok {
				at = list[0]
			}
		}
		var names []string
		for name := range at.(map[string]any) {
			names = append(names, name)
		}
		return sortedJoin(names)
	}
	jwks, doc, iacas := keys.JWKS(r, keys.PurposeOffer, keys.PurposeStatusList), keys.DIDDocument(r, keys.DIDWeb("http://localhost:8080")), keys.IACAs(r)
	for _, c := range []struct{ got, want string }{
		{members(jwks), "keys"},
		{members(jwks, "keys"), "alg crv kid kty use x y"},
		{members(doc), "@context assertionMethod id verificationMethod"},
		{members(doc, "verificationMethod"), "controller id publicKeyJwk type"},
		{members(doc, "verificationMethod", "publicKeyJwk"), "alg crv kid kty x y"},
		{members(iacas), "data"},
		{members(iacas, "data"), "active certificateData certificateFingerprint certificatePem id publicKeyJwk"},
		{members(iacas, "data", "certificateData"), "commonName country notAfter notBefore"},
		{members(iacas, "data", "publicKeyJwk"), "alg crv kty x y"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if doc.ID != "did:web:localhost" || !strings.HasPrefix(doc.AssertionMethod[0], "did:web:localhost#") || doc.AssertionMethod[0] != strings.ToLower(doc.AssertionMethod[0]) {
		t.Errorf("did document %+v", doc)
	}
	if data := iacas.Data[0].Certificate; data.NotBefore != "2026-11-24T09:00:00.000Z" || data.Country != "GB" || data.CommonName != "Test IACA" {
		t.Errorf("%+v", data)
	}
}

func TestFilesComeBack(t *testing.T) {
	dir, _ := keyDir(t)
	all := generate(t)
	for _, k := range all {
		if err := dir.Save(k); err != nil {
			t.Fatal(err)
		}
	}
	r, err := dir.Ring(now)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		got, ok := r.ByID(k.ID)
		if !ok || got.Purpose != k.Purpose || got.State != k.State || !got.Created.Equal(k.Created) || !got.Public().Equal(k.Public()) || len(got.Chain) != len(k.Chain) {
			t.Errorf("%s came back as %+v", k.Purpose, got)
		}
	}
}

// All that one command seals opens with one derivation; two directories never share a salt, nor two files a nonce.
func TestSaltAndNonceOfFiles(t *testing.T) {
	salts, nonces := map[string]int{}, map[string]int{}
	for range 2 {
		dir, path := keyDir(t)
		for _, k := range generate(t)[:3] {
			if err := dir.Save(k); err != nil {
				t.Fatal(err)
			}
		}
		files, err := filepath.Glob(filepath.Join(path, "*.key.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			var f struct{ Sealed struct{ Salt, Nonce string } }
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(content, &f); err != nil {
				t.Fatal(err)
			}
			salts[f.Sealed.Salt]++
			nonces[f.Sealed.Nonce]++
		}
	}
	if len(salts) != 2 || len(nonces) != 6 {
		t.Errorf("salts %v and nonces %v, want 2 salts of 3 files each and 6 nonces", salts, nonces)
	}
}

func keyDir(t *testing.T) (*keys.Dir, string) {
	t.Helper()
	path := t.TempDir()
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, err := keys.OpenDir(path, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	dir.SealAt(keys.Cost{Time: 1, Memory: 8 << 10, Threads: 1}) // the least that is read: these keys are thrown away
	return dir, path
}

// What nobody made cheaper costs what RFC 9106 §4 recommends, and what was sealed at another price opens all the same.
func TestFilesAreDear(t *testing.T) {
	cheap, path := keyDir(t)
	all := generate(t)
	if err := cheap.Save(all[2]); err != nil {
		t.Fatal(err)
	}
	dear, err := keys.OpenDir(path, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dear.Save(all[3]); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(path, all[3].ID+".key.json"))
	if err != nil || !strings.Contains(string(content), `"memoryKiB": 65536`) || !strings.Contains(string(content), `"time": 3`) {
		t.Errorf("%v: %s", err, content)
	}
	if got, err := dear.Keys(); err != nil || len(got) != 2 {
		t.Errorf("%v: %d keys", err, len(got))
	}
}

func TestFilesRefused(t *testing.T) {
	all := generate(t)
	name := func(k keys.Key) string { return k.ID + ".key.json" }
	edit := func(path, old, new string) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(content), old, new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct {
		spoil func(path string)
		want  string
	}{
		"truncated":           {func(p string) { os.Truncate(filepath.Join(p, name(all[2])), 100) }, "damaged"},
		"readable by others":  {func(p string) { os.Chmod(filepath.Join(p, name(all[2])), 0o644) }, "0600"},
		"purpose changed":     {func(p string) { edit(filepath.Join(p, name(all[2])), `"offer"`, `"credential"`) }, "changed"},
		"swapped":             {func(p string) { os.Rename(filepath.Join(p, name(all[2])), filepath.Join(p, name(all[3]))) }, "another file"},
		"greedy parameters":   {func(p string) { edit(filepath.Join(p, name(all[2])), `"memoryKiB": 8192`, `"memoryKiB": 99999999`) }, "out of bounds"},
		"feeble parameters":   {func(p string) { edit(filepath.Join(p, name(all[2])), `"memoryKiB": 8192`, `"memoryKiB": 8`) }, "out of bounds"},
		"another version":     {func(p string) { edit(filepath.Join(p, name(all[2])), `"version": 1`, `"version": 2`) }, "version"},
		"broken certificates": {func(p string) { edit(filepath.Join(p, name(all[1])), `BEGIN CERTIFICATE`, `BEGIN NONSENSE`) }, "PEM"},
	}
	whole, source := keyDir(t)
	for _, k := range all[1:3] {
		if err := whole.Save(k); err != nil {
			t.Fatal(err)
		}
	}
	for label, c := range cases {
		t.Run(label, func(t *testing.T) {
			dir, path := keyDir(t)
			for _, k := range all[1:3] {
				content, err := os.ReadFile(filepath.Join(source, name(k)))
				if err == nil {
					err = os.WriteFile(filepath.Join(path, name(k)), content, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			c.spoil(path)
			if _, err := dir.Ring(now); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("wrong passphrase", func(t *testing.T) {
		dir, path := keyDir(t)
		if err := dir.Save(all[2]); err != nil {
			t.Fatal(err)
		}
		other, err := keys.OpenDir(path, []byte("wrong"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Ring(now); err == nil || !strings.Contains(err.Error(), "wrong passphrase") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("open directory", func(t *testing.T) {
		path := t.TempDir()
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.OpenDir(path, []byte("x")); err == nil {
			t.Error("accepted")
		}
	})
}
