package verification_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"justice-wallet/pkg/verification"
)

// Each certificate breaks one line of the profile, and is refused by that line; or is not what the line is about, and passes.
func TestEveryLineOfTheSignersProfile(t *testing.T) {
	usage := func(ids ...asn1.ObjectIdentifier) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.UnknownExtKeyUsage = ids }
	}
	cases := []struct {
		name   string
		rule   string // "" passes
		change func(c *x509.Certificate)
	}{
		{"as it should be", "", nil},
		{"serial number of 21 octets", "serial", func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 161) }},
		{"valid for 459 days", "validity", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 459) }},
		{"valid for 458 days, as GOV.UK's", "", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 458) }},
		{"an authority", "not-a-ca", func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = true, true }},
		{"no key usage", "key-usage", func(c *x509.Certificate) { c.KeyUsage = 0 }},
		{"key agreement", "key-usage", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }},
		{"signs revocation lists too", "key-usage", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCRLSign }},
		{"a reader", "extended-key-usage", usage(asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6})},
		{"no extended key usage", "extended-key-usage", usage()},
		{"of another country", "issuer-country", func(c *x509.Certificate) { c.Subject.Country = []string{"IE"} }},
		{"of no country", "issuer-country", func(c *x509.Certificate) { c.Subject.Country = nil }},
	}
	for _, c := range cases {
		w := newWorld(t)
		w.signer = newSigner(t, w.root, c.change)
		wantRule(t, w, c.name, c.rule)
	}

	w := newWorld(t) // an authority that names its key otherwise than its signers do
	other := *w.root.cert
	other.SubjectKeyId = []byte{1, 2, 3}
	w.signer.Chain[0] = certify(t, w.signer.Chain[0], &other, w.signer, w.root.key)
	wantRule(t, w, "another authority key identifier", "authority-key-id")

	w = newWorld(t)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w.root.key.Signer = private
	template := *w.root.cert
	template.SignatureAlgorithm, template.SubjectKeyId, template.PublicKey = 0, nil, nil
	w.root.cert = certify(t, &template, &template, w.root.key, w.root.key)
	w.roots, w.signer = []*x509.Certificate{w.root.cert}, newSigner(t, w.root, nil)
	wantRule(t, w, "an RSA signature", "signature-algorithm")
}

// What tells where an authority and its lists are is for those who make certificates: the verifier does not miss it.
func TestWhatTheVerifierDoesNotAskFor(t *testing.T) {
	w := newWorld(t) // its certificates have no issuer alternative name, no distribution point, and a serial number of 2 bits
	if len(w.signer.Chain[0].CRLDistributionPoints) != 0 || w.signer.Chain[0].SerialNumber.BitLen() > 2 {
		t.Fatal("the certificate has more than it should")
	}
	w.signer = newSigner(t, w.root, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}}
	})
	wantRule(t, w, "an extension nobody knows", "")
}

func wantRule(t *testing.T, w *world, name, rule string) {
	t.Helper()
	w.statement.Validity.Signed = w.now.Add(-time.Minute)
	for _, c := range w.verifier().VerifyMDoc(context.Background(), w.mdoc(), verification.Asked{}).Checks {
		if c.Name != verification.Trust {
			continue
		}
		switch {
		case rule == "" && c.Outcome != verification.Passed:
			t.Errorf("%s: %+v", name, c)
		case rule != "" && (c.Outcome != verification.Failed || c.Reason != verification.ReasonSignerProfile || c.Evidence["rule"] != rule):
			t.Errorf("%s: %+v, want rule %s", name, c, rule)
		}
	}
}
