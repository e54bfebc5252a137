package verification

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"
)

// mdlDS is the extended key usage of a document signer (ISO 18013-5 Annex B.1.4).
var mdlDS = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}

// longestSigner is how long a document signer's certificate may last: 457 days, and one more, for GOV.UK's own last 458
// (docs/divergences.md).
const longestSigner = 458 * 24 * time.Hour

// signerRule is one line of the profile of a document signer's certificate under a root.
type signerRule struct {
	name string
	kept func(c, root *x509.Certificate) bool
}

// signerRules are the lines of ISO 18013-5 Annex B.1.1 and B.1.4 that say who may sign what. Those that say where an authority and
// its lists are, or how a name is made of a key, are for whoever makes a certificate: a document is no less true without them.
func signerRules() []signerRule {
	return []signerRule{
		{"serial", func(c, _ *x509.Certificate) bool { return c.SerialNumber.Sign() > 0 && c.SerialNumber.BitLen() < 160 }},
		{"signature-algorithm", func(c, _ *x509.Certificate) bool { return allowedSignature(c.SignatureAlgorithm) }},
		{"validity", func(c, _ *x509.Certificate) bool {
			return c.NotBefore.Before(c.NotAfter) && c.NotAfter.Sub(c.NotBefore) <= longestSigner
		}},
		{"not-a-ca", func(c, _ *x509.Certificate) bool { return !c.IsCA }},
		{"key-usage", func(c, _ *x509.Certificate) bool { return c.KeyUsage == x509.KeyUsageDigitalSignature }},
		{"extended-key-usage", func(c, _ *x509.Certificate) bool { return slices.ContainsFunc(c.UnknownExtKeyUsage, mdlDS.Equal) }},
		{"authority-key-id", func(c, root *x509.Certificate) bool {
			return len(root.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, root.SubjectKeyId)
		}},
		{"issuer-country", func(c, root *x509.Certificate) bool { return slices.Equal(c.Subject.Country, root.Subject.Country) }},
	}
}

// breach returns the first line of the profile that a document signer's certificate breaks, or "".
func breach(signer, root *x509.Certificate) string {
	for _, r := range signerRules() {
		if !r.kept(signer, root) {
			return r.name
		}
	}
	return ""
}

// allowedSignature lists what an authority may sign with (ISO 18013-5 Annex B.1.4), of the curves we have.
func allowedSignature(a x509.SignatureAlgorithm) bool {
	return a == x509.ECDSAWithSHA256 || a == x509.ECDSAWithSHA384 || a == x509.ECDSAWithSHA512
}
