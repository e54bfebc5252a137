package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/jose"
)

func call(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	err := run(args, func(string) string { return "" }, func() time.Time { return at }, strings.NewReader(stdin), &out)
	return out.String(), err
}

func block(t *testing.T, path, kind string, mode os.FileMode) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%s may be read by others: %v", path, info.Mode())
	}
	b, rest := pem.Decode(content)
	if b == nil || b.Type != kind || len(rest) != 0 {
		t.Fatalf("%s is not one %s", path, kind)
	}
	return b.Bytes
}

func TestReader(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reader")
	if _, err := call(t, "", "reader", "-name", "Synthetic council", "-url", "https://verifier.example", "-out", dir); err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(block(t, filepath.Join(dir, "reader-root.pem"), "CERTIFICATE", 0o644))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(block(t, filepath.Join(dir, "reader-chain.pem"), "CERTIFICATE", 0o644))
	if err != nil {
		t.Fatal(err)
	}
	if err := leaf.CheckSignatureFrom(root); err != nil || leaf.VerifyHostname("verifier.example") != nil || leaf.IsCA ||
		len(leaf.UnknownExtKeyUsage) != 1 || leaf.UnknownExtKeyUsage[0].String() != "1.0.18013.5.1.6" || leaf.SerialNumber.BitLen() < 64 {
		t.Errorf("not a reader's certificate: %v", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(block(t, filepath.Join(dir, "reader-key.pem"), "PRIVATE KEY", 0o600))
	if err != nil || !key.(*ecdsa.PrivateKey).PublicKey.Equal(leaf.PublicKey) {
		t.Errorf("the key is not the certificate's: %v", err)
	}
	block(t, filepath.Join(dir, "reader-root-key.pem"), "PRIVATE KEY", 0o600)
	if _, err := call(t, "", "reader", "-name", "x", "-url", "https://verifier.example", "-out", dir); err == nil {
		t.Error("keys that are there were made again")
	}
}

func TestSignList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "list")
	if _, err := call(t, "", "list-key", "-out", dir); err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParsePKIXPublicKey(block(t, filepath.Join(dir, "list-public.pem"), "PUBLIC KEY", 0o644))
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "list-key.pem")
	block(t, key, "PRIVATE KEY", 0o600)
	for kind, typ := range map[string]string{"trust": "trust-list+jwt", "purposes": "purpose-register+jwt"} {
		compact, err := call(t, `{"issuers":[],"version":1}`, "sign-list", "-key", key, "-type", kind, "-version", "7", "-days", "2")
		if err != nil {
			t.Fatal(err)
		}
		token, err := jose.Parse(strings.TrimSuffix(compact, "\n"), jose.Expect{Type: typ, Algorithms: []jose.Algorithm{jose.ES256}})
		if err != nil {
			t.Fatal(err)
		}
		claims, err := token.Verify(parsed)
		if err != nil {
			t.Fatal(err)
		}
		next, _ := claims.String("nextUpdate")
		if v, err := claims.Int("version"); err != nil || v != 7 || !claims.Has("issuers") || (next == "2026-11-26T09:00:00Z") != (kind == "trust") {
			t.Errorf("%s: version %d, next update %q, %v", kind, v, next, err)
		}
	}
}

func TestVerifierUsage(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "noise.pem")
	if err := os.WriteFile(key, []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"reader"}, {"reader", "-name", "x", "-url", "x", "-out", dir + "/x"}, {"reader", "-url", "https://x.example", "-out", dir + "/x"},
		{"list-key"}, {"list-key", "-out", dir}, {"list-key", "-dir", "x"}, {"sign-list"}, {"sign-list", "-key", key, "-type", "trust", "-version", "1"},
		{"sign-list", "-key", key, "-type", "else", "-version", "1"}, {"sign-list", "-key", key, "-type", "trust"}, {"reader", "more"},
	} {
		if _, err := call(t, "{}", args...); err == nil {
			t.Errorf("%v: taken", args)
		}
	}
	good := filepath.Join(dir, "list")
	if _, err := call(t, "", "list-key", "-out", good); err != nil {
		t.Fatal(err)
	}
	for _, stdin := range []string{"", "[]", "{} {}", `{"a":1,"a":2}`} {
		if _, err := call(t, stdin, "sign-list", "-key", filepath.Join(good, "list-key.pem"), "-type", "trust", "-version", "1"); err == nil {
			t.Errorf("%q: signed", stdin)
		}
	}
}

// A list that we export is one that we import, for the docTypes asked for and no other.
func TestVICAL(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reader")
	if _, err := call(t, "", "reader", "-name", "Synthetic provider", "-url", "https://lists.example", "-out", dir); err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(filepath.Join(dir, "reader-root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(map[string]any{"iacas": []any{map[string]any{"pem": string(root), "documents": []string{"a.1", "b.1"}}}, "issuers": []any{}})
	if err != nil {
		t.Fatal(err)
	}
	export := []string{"vical-export", "-key", filepath.Join(dir, "reader-key.pem"), "-chain", filepath.Join(dir, "reader-chain.pem"), "-name", "Synthetic", "-version", "3"}
	list, err := call(t, string(file), export...)
	if err != nil {
		t.Fatal(err)
	}
	anchor := filepath.Join(dir, "reader-root.pem")
	out, err := call(t, list, "vical-import", "-anchor", anchor, "-documents", "b.1,c.1")
	if err != nil {
		t.Fatal(err)
	}
	var got iacaList
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.IACAs) != 1 || got.IACAs[0].PEM != string(root) || len(got.IACAs[0].Documents) != 1 || got.IACAs[0].Documents[0] != "b.1" {
		t.Errorf("%s, %v", out, err)
	}
	if out, err := call(t, list, "vical-import", "-anchor", anchor, "-documents", "c.1"); err != nil || strings.Contains(out, "CERTIFICATE") {
		t.Errorf("%s, %v", out, err)
	}
	for name, c := range map[string]struct {
		stdin string
		args  []string
	}{
		"a changed list":      {list[:len(list)-1] + "x", []string{"vical-import", "-anchor", anchor, "-documents", "a.1"}},
		"no anchor":           {list, []string{"vical-import", "-documents", "a.1"}},
		"no documents":        {list, []string{"vical-import", "-anchor", anchor}},
		"an anchor of a key":  {list, []string{"vical-import", "-anchor", filepath.Join(dir, "reader-key.pem"), "-documents", "a.1"}},
		"no trust file":       {"", export},
		"a root of noise":     {`{"iacas":[{"pem":"x","documents":["a"]}]}`, export},
		"without a version":   {string(file), export[:7]},
		"a signer of no kind": {string(file), append([]string{"vical-export", "-key", anchor}, export[3:]...)},
	} {
		if _, err := call(t, c.stdin, c.args...); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// A readers' root says whom it has taken back, and since when.
func TestAReadersRevocationList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reader")
	if _, err := call(t, "", "reader", "-name", "Synthetic council", "-url", "https://verifier.example", "-out", dir); err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(block(t, filepath.Join(dir, "reader-root.pem"), "CERTIFICATE", 0o644))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(block(t, filepath.Join(dir, "reader-chain.pem"), "CERTIFICATE", 0o644))
	if err != nil || leaf.CRLDistributionPoints[0] != root.CRLDistributionPoints[0] {
		t.Fatalf("%v: %v", err, leaf.CRLDistributionPoints)
	}
	list := func() []x509.RevocationListEntry {
		t.Helper()
		out, err := call(t, "", "reader-crl", "-out", dir)
		if err != nil {
			t.Fatal(err)
		}
		crl, err := x509.ParseRevocationList([]byte(out))
		if err != nil || crl.CheckSignatureFrom(root) != nil {
			t.Fatalf("%v: not the root's", err)
		}
		return crl.RevokedCertificateEntries
	}
	if n := len(list()); n != 0 {
		t.Errorf("%d were taken back", n)
	}
	gone := filepath.Join(dir, "revoked")
	since := fixed().Add(-time.Hour)
	err = errors.Join(os.Mkdir(gone, 0o700), os.Rename(filepath.Join(dir, "reader-chain.pem"), filepath.Join(gone, "one.pem")), os.Chtimes(filepath.Join(gone, "one.pem"), since, since))
	if err != nil {
		t.Fatal(err)
	}
	if got := list(); len(got) != 1 || got[0].SerialNumber.Cmp(leaf.SerialNumber) != 0 || !got[0].RevocationTime.Equal(since) {
		t.Errorf("%+v", got)
	}
}
