package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"time"
)

// Profile is what kind of certificate one must be.
type Profile string

const (
	ProfileIACA           Profile = "IACA root"       // ISO 18013-5 Annex B.1.2
	ProfileDocumentSigner Profile = "document signer" // ISO 18013-5 Annex B.1.4
	ProfileReaderRoot     Profile = "reader root"     // ISO 18013-5 Annex B.1.6
	ProfileReader         Profile = "reader"          // ISO 18013-5 Annex B.1.7
)

// Finding is one rule a certificate breaks.
type Finding struct {
	Rule   string // "validity"
	Clause string
}

func (f Finding) String() string { return f.Rule + " (" + f.Clause + ")" }

// rule is one line of a profile: whether the certificate keeps it.
type rule struct {
	name, clause string
	kept         func(*x509.Certificate) bool
}

// Lint returns every rule of profile that cert breaks, in the order of the profile.
func Lint(cert *x509.Certificate, profile Profile) []Finding {
	rules := documentSignerRules()
	if profile == ProfileIACA {
		rules = iacaRules()
	}
	var out []Finding
	for _, r := range append(commonRules(), rules...) {
		if !r.kept(cert) {
			out = append(out, Finding{r.name, r.clause})
		}
	}
	return out
}

func commonRules() []rule {
	const clause = "ISO 18013-5 Annex B.1.1"
	return []rule{
		{"version", clause, func(c *x509.Certificate) bool { return c.Version == 3 }},
		{"serial", clause, func(c *x509.Certificate) bool {
			return c.SerialNumber.Sign() > 0 && c.SerialNumber.BitLen() >= 63 && c.SerialNumber.BitLen() < 160
		}},
		{"signature-algorithm", clause, func(c *x509.Certificate) bool { return c.SignatureAlgorithm == x509.ECDSAWithSHA256 }},
		{"key", clause, func(c *x509.Certificate) bool {
			k, ok := c.PublicKey.(*ecdsa.PublicKey)
			return ok && k.Curve == elliptic.P256()
		}},
		{"country", clause, func(c *x509.Certificate) bool { return len(c.Subject.Country) == 1 && len(c.Subject.Country[0]) == 2 }},
		{"common-name", clause, func(c *x509.Certificate) bool { return c.Subject.CommonName != "" }},
		{"subject-key-id", clause, func(c *x509.Certificate) bool { return len(c.SubjectKeyId) > 0 }},
		{"issuer-alternative-name", clause, func(c *x509.Certificate) bool { return extension(c, oidIssuerAltName) == present }},
		{"unknown-critical", "RFC 5280 §4.2", func(c *x509.Certificate) bool { return onlyKnownCritical(c) }},
	}
}

func iacaRules() []rule {
	const clause = "ISO 18013-5 Annex B.1.2"
	return []rule{
		{"validity", clause, func(c *x509.Certificate) bool { return lasts(c, 20*366*24*time.Hour) }},
		{"key-usage", clause, func(c *x509.Certificate) bool {
			return c.KeyUsage == x509.KeyUsageCertSign|x509.KeyUsageCRLSign && extension(c, oidKeyUsage) == critical
		}},
		{"basic-constraints", clause, func(c *x509.Certificate) bool {
			return c.IsCA && c.MaxPathLen == 0 && c.MaxPathLenZero && extension(c, oidBasicConstraints) == critical
		}},
		{"extended-key-usage", clause, func(c *x509.Certificate) bool { return extension(c, oidExtKeyUsage) == absent }},
		{"self-signed", clause, func(c *x509.Certificate) bool {
			return c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
		}},
		{"crl", clause, func(c *x509.Certificate) bool {
			return len(c.CRLDistributionPoints) == 1 && c.CRLDistributionPoints[0] != ""
		}},
	}
}

func documentSignerRules() []rule {
	const clause = "ISO 18013-5 Annex B.1.4"
	return []rule{
		{"validity", clause, func(c *x509.Certificate) bool { return lasts(c, 457*24*time.Hour) }},
		{"key-usage", clause, func(c *x509.Certificate) bool {
			return c.KeyUsage == x509.KeyUsageDigitalSignature && extension(c, oidKeyUsage) == critical
		}},
		{"not-a-ca", clause, func(c *x509.Certificate) bool { return !c.IsCA }},
		{"extended-key-usage", clause, func(c *x509.Certificate) bool { return signsDocuments(c) && extension(c, oidExtKeyUsage) == critical }},
		{"authority-key-id", clause, func(c *x509.Certificate) bool { return len(c.AuthorityKeyId) > 0 }},
		{"crl", clause, func(c *x509.Certificate) bool {
			return len(c.CRLDistributionPoints) == 1 && c.CRLDistributionPoints[0] != ""
		}},
	}
}

func lasts(c *x509.Certificate, most time.Duration) bool {
	return c.NotBefore.Before(c.NotAfter) && c.NotAfter.Sub(c.NotBefore) <= most
}

// signsDocuments says whether the one extended key usage is 1.0.18013.5.1.2.
func signsDocuments(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 1 && c.UnknownExtKeyUsage[0].Equal(oidDocumentSigner)
}

var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
)

type presence int

const (
	absent presence = iota
	present
	critical
)

func extension(c *x509.Certificate, id asn1.ObjectIdentifier) presence {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) && e.Critical {
			return critical
		}
		if e.Id.Equal(id) {
			return present
		}
	}
	return absent
}

// onlyKnownCritical looks at every critical extension; x509 lists those it does not handle, and extended key usage with
// our object identifier is one it does.
func onlyKnownCritical(c *x509.Certificate) bool { return len(c.UnhandledCriticalExtensions) == 0 }
