package verifier_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"justice-wallet/verifier"
)

// asking is a directory of all that a verifier needs to ask wallets, and the environment that names it.
type asking struct {
	t    *testing.T
	dir  string
	env  map[string]string
	key  *ecdsa.PrivateKey
	root *ecdsa.PrivateKey
	ca   *x509.Certificate
}

func newAsking(t *testing.T) *asking {
	t.Helper()
	a := &asking{t: t, dir: t.TempDir(), env: map[string]string{"VERIFIER_URL": "https://verifier.example"}}
	a.key, a.root = p256(t), p256(t)
	a.ca = a.certificate(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Synthetic reader root"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}, nil, &a.root.PublicKey)
	issuer := newIssuer(t)
	a.write("VERIFIER_TRUST_FILE", string(issuer.trust()))
	a.write("VERIFIER_REQUEST_KEY_FILE", keyPEM(t, a.key))
	a.chain(&a.key.PublicKey, nil)
	a.organisations(`{"id":"o","name":"Synthetic council","type":"council","keySha256":"` + digestOf("k") + `"}`)
	return a
}

func p256(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keyPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func digestOf(s string) string {
	digest := sha256.Sum256([]byte(s))
	return hex.EncodeToString(digest[:])
}

// certificate is signed by the root; by itself when the root has none yet.
func (a *asking) certificate(template, parent *x509.Certificate, public any) *x509.Certificate {
	a.t.Helper()
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.root)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

func certPEM(certs ...*x509.Certificate) string {
	var b strings.Builder
	for _, c := range certs {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return b.String()
}

func (a *asking) leaf(public any, change func(*x509.Certificate)) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Synthetic reader"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 6, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, DNSNames: []string{"verifier.example"},
	}
	if change != nil {
		change(template)
	}
	return a.certificate(template, a.ca, public)
}

func (a *asking) chain(public any, change func(*x509.Certificate)) {
	a.write("VERIFIER_REQUEST_CHAIN_FILE", certPEM(a.leaf(public, change)))
}

func (a *asking) organisations(list string) {
	a.write("VERIFIER_ORGANISATIONS_FILE", `{"organisations":[`+list+`]}`)
}

func (a *asking) write(name, content string) {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		a.t.Fatal(err)
	}
	a.env[name] = path
}

// start reads the environment and assembles a verifier of it.
func (a *asking) start() error {
	c, err := verifier.ReadConfig(func(name string) string { return a.env[name] })
	if err != nil {
		return err
	}
	_, err = verifier.New(c, verifier.Deps{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	return err
}

func TestAVerifierThatAsksStarts(t *testing.T) {
	for _, prefix := range []string{"", "x509_hash:", "x509_san_dns:"} {
		a := newAsking(t)
		a.env["VERIFIER_CLIENT_ID_PREFIX"] = prefix
		if err := a.start(); err != nil {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

// What is wrong is named before anything listens.
func TestWhatAVerifierThatAsksDoesNotStartOn(t *testing.T) {
	other := p256(t)
	one := func(id, kind, digest string) string {
		return fmt.Sprintf(`{"id":%q,"name":"n","type":%q,"keySha256":%q}`, id, kind, digest)
	}
	for name, c := range map[string]struct {
		spoil func(a *asking)
		want  string
	}{
		"no organisations":         {func(a *asking) { delete(a.env, "VERIFIER_ORGANISATIONS_FILE") }, "VERIFIER_ORGANISATIONS_FILE"},
		"no key":                   {func(a *asking) { delete(a.env, "VERIFIER_REQUEST_KEY_FILE") }, "VERIFIER_REQUEST_KEY_FILE"},
		"no chain":                 {func(a *asking) { delete(a.env, "VERIFIER_REQUEST_CHAIN_FILE") }, "VERIFIER_REQUEST_CHAIN_FILE"},
		"a file that is not there": {func(a *asking) { a.env["VERIFIER_REQUEST_KEY_FILE"] += "x" }, "cannot be read"},
		"a key of another kind":    {func(a *asking) { a.write("VERIFIER_REQUEST_KEY_FILE", certPEM(a.ca)) }, "PRIVATE KEY"},
		"two keys":                 {func(a *asking) { a.write("VERIFIER_REQUEST_KEY_FILE", keyPEM(t, other)+keyPEM(t, other)) }, "one PEM block"},
		"a key on another curve": {func(a *asking) {
			p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			a.write("VERIFIER_REQUEST_KEY_FILE", keyPEM(t, p384))
		}, "P-256"},
		"another's certificate": {func(a *asking) { a.chain(&other.PublicKey, nil) }, "not the key's"},
		"a self-signed one": {func(a *asking) {
			a.key = a.root
			a.write("VERIFIER_REQUEST_KEY_FILE", keyPEM(t, a.root))
			a.write("VERIFIER_REQUEST_CHAIN_FILE", certPEM(a.ca))
		}, "self-signed"},
		"the trust anchor with it": {func(a *asking) { a.write("VERIFIER_REQUEST_CHAIN_FILE", certPEM(a.leaf(&a.key.PublicKey, nil), a.ca)) }, "self-signed"},
		"four certificates": {func(a *asking) {
			leaf := a.leaf(&a.key.PublicKey, nil)
			a.write("VERIFIER_REQUEST_CHAIN_FILE", certPEM(leaf, leaf, leaf, leaf))
		}, "one to 3"},
		"a certificate that has ended": {func(a *asking) { a.chain(&a.key.PublicKey, func(c *x509.Certificate) { c.NotAfter = now }) }, "not valid now"},
		"a certificate of tomorrow": {func(a *asking) {
			a.chain(&a.key.PublicKey, func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) })
		}, "not valid now"},
		"a certificate for another host": {func(a *asking) {
			a.env["VERIFIER_CLIENT_ID_PREFIX"] = "x509_san_dns:"
			a.env["VERIFIER_URL"] = "https://other.example"
		}, "host"},
		"another prefix":                {func(a *asking) { a.env["VERIFIER_CLIENT_ID_PREFIX"] = "redirect_uri:" }, "prefix"},
		"a URL with a path":             {func(a *asking) { a.env["VERIFIER_URL"] = "https://verifier.example/x" }, "origin"},
		"an organisation without a key": {func(a *asking) { a.organisations(one("a", "council", "")) }, "keySha256"},
		"a key in capitals":             {func(a *asking) { a.organisations(one("a", "council", strings.ToUpper(digestOf("k")))) }, "keySha256"},
		"an organisation twice": {func(a *asking) {
			a.organisations(one("a", "council", digestOf("k")) + "," + one("a", "bank", digestOf("l")))
		}, "twice"},
		"two organisations with one key": {func(a *asking) {
			a.organisations(one("a", "council", digestOf("k")) + "," + one("b", "bank", digestOf("k")))
		}, "twice"},
		"an unknown type of organisation": {func(a *asking) { a.organisations(one("a", "club", digestOf("k"))) }, `"club"`},
		"nobody":                          {func(a *asking) { a.organisations("") }, "nobody"},
		"an unknown member": {func(a *asking) {
			a.organisations(`{"id":"a","name":"n","type":"bank","keySha256":"` + digestOf("k") + `","purposes":["dwp"]}`)
		}, "unknown"},
		"no JSON":                    {func(a *asking) { a.write("VERIFIER_ORGANISATIONS_FILE", "council") }, "JSON"},
		"a register without its key": {func(a *asking) { a.write("VERIFIER_PURPOSES_FILE", "x") }, "VERIFIER_PURPOSES_KEY_FILE"},
		"a register nobody signed": {func(a *asking) {
			der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			a.write("VERIFIER_PURPOSES_KEY_FILE", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
			a.write("VERIFIER_PURPOSES_FILE", "version: 1")
		}, "VERIFIER_PURPOSES_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t)
			c.spoil(a)
			if err := a.start(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
