package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha1" //nolint:gosec // the name of a key, which Annex B makes with SHA-1
	"crypto/x509"
	"encoding/asn1"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// Profile is what kind of certificate one must be.
type Profile string

const (
	ProfileIACA           Profile = "IACA root"       // ISO 18013-5 Annex B.1.2
	ProfileLink           Profile = "IACA link"       // Annex B.1.3: a new root's name and key, signed by the one before
	ProfileDocumentSigner Profile = "document signer" // Annex B.1.4
	ProfileListSigner     Profile = "list signer"     // second edition, Table B.9: of status lists
	ProfileReaderRoot     Profile = "reader root"     // Annex B.1.6
	ProfileReader         Profile = "reader"          // Annex B.1.7
)

// Finding is one rule a certificate breaks.
type Finding struct {
	Rule   string // "validity"
	Clause string
}

func (f Finding) String() string { return f.Rule + " (" + f.Clause + ")" }

// rule is one line of a profile: whether certificate c, issued by p, keeps it.
type rule struct {
	name, clause string
	kept         func(c, p *x509.Certificate) bool
}

// Lint returns every rule of profile that cert breaks, in the order of the profile. parent is the certificate of whoever
// issued it; a root's is its own.
func Lint(cert, parent *x509.Certificate, profile Profile) []Finding {
	var out []Finding
	for _, r := range rules(profile) {
		if !r.kept(cert, parent) {
			out = append(out, Finding{r.name, r.clause})
		}
	}
	return out
}

func rules(profile Profile) []rule {
	switch profile {
	case ProfileIACA:
		return slices.Concat(commonRules(), authorityRules("ISO 18013-5 Annex B.1.2", 20), selfRules("ISO 18013-5 Annex B.1.2"))
	case ProfileReaderRoot:
		return slices.Concat(commonRules(), authorityRules("ISO 18013-5 Annex B.1.6", 20), selfRules("ISO 18013-5 Annex B.1.6"))
	case ProfileLink:
		return slices.Concat(commonRules(), authorityRules("ISO 18013-5 Annex B.1.3", 20), issuedRules("ISO 18013-5 Annex B.1.3"))
	case ProfileListSigner:
		const clause = "ISO 18013-5 Table B.9"
		return slices.Concat(commonRules(), leafRules(clause, 1187), issuedRules(clause), []rule{{"extended-key-usage", clause, func(c, _ *x509.Certificate) bool {
			return extension(c, oidExtKeyUsage) == absent // optional, and the one for status lists has no number yet
		}}})
	case ProfileReader:
		const clause = "ISO 18013-5 Annex B.1.7"
		return slices.Concat(commonRules(), leafRules(clause, 1187), issuedRules(clause), []rule{usageRule(clause, oidReader)})
	}
	const clause = "ISO 18013-5 Annex B.1.4"
	return slices.Concat(commonRules(), leafRules(clause, 457), issuedRules(clause), []rule{usageRule(clause, oidDocumentSigner)})
}

var upperCountry = regexp.MustCompile(`^[A-Z]{2}$`)

func commonRules() []rule {
	const clause = "ISO 18013-5 Annex B.1.1"
	return []rule{
		{"version", clause, func(c, _ *x509.Certificate) bool { return c.Version == 3 }},
		{"serial", clause, func(c, _ *x509.Certificate) bool { // 63 bits of randomness at least, 20 octets at most
			return c.SerialNumber.Sign() > 0 && c.SerialNumber.BitLen() >= 63 && c.SerialNumber.BitLen() < 160
		}},
		{"signature-algorithm", clause, func(c, _ *x509.Certificate) bool { return c.SignatureAlgorithm == x509.ECDSAWithSHA256 }},
		{"key", clause, func(c, _ *x509.Certificate) bool {
			k, ok := c.PublicKey.(*ecdsa.PublicKey)
			return ok && k.Curve == elliptic.P256()
		}},
		{"country", clause, func(c, _ *x509.Certificate) bool {
			return len(c.Subject.Country) == 1 && upperCountry.MatchString(c.Subject.Country[0]) && printableCountry(c)
		}},
		{"common-name", clause, func(c, _ *x509.Certificate) bool { return c.Subject.CommonName != "" }},
		{"subject-key-id", clause, func(c, _ *x509.Certificate) bool {
			return bytes.Equal(c.SubjectKeyId, subjectKeyID(c.PublicKey)) && extension(c, oidSubjectKeyID) == present
		}},
		{"issuer-alternative-name", clause, func(c, p *x509.Certificate) bool {
			own := alternativeNames(c)
			return extension(c, oidIssuerAltName) == present && len(own) == 1 && slices.Equal(own, alternativeNames(p))
		}},
		{"crl", clause, func(c, _ *x509.Certificate) bool { return onePoint(c) && extension(c, oidCRLPoints) == present }},
		{"forbidden-extension", clause, func(c, _ *x509.Certificate) bool {
			return !slices.ContainsFunc(forbidden(), func(id asn1.ObjectIdentifier) bool { return extension(c, id) != absent })
		}},
		{"unknown-critical", "RFC 5280 §4.2", onlyKnownCritical},
	}
}

// authorityRules are those of a certificate that signs certificates.
func authorityRules(clause string, years int) []rule {
	return []rule{
		{"validity", clause, func(c, _ *x509.Certificate) bool {
			return c.NotBefore.Before(c.NotAfter) && !c.NotAfter.After(c.NotBefore.AddDate(years, 0, 0))
		}},
		{"key-usage", clause, func(c, _ *x509.Certificate) bool {
			return c.KeyUsage == x509.KeyUsageCertSign|x509.KeyUsageCRLSign && extension(c, oidKeyUsage) == critical
		}},
		{"basic-constraints", clause, func(c, _ *x509.Certificate) bool {
			return c.IsCA && c.MaxPathLen == 0 && c.MaxPathLenZero && extension(c, oidBasicConstraints) == critical
		}},
		{"extended-key-usage", clause, func(c, _ *x509.Certificate) bool { return extension(c, oidExtKeyUsage) == absent }},
	}
}

// selfRules are those of a root.
func selfRules(clause string) []rule {
	return []rule{
		{"self-signed", clause, func(c, _ *x509.Certificate) bool {
			return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
		}},
		{"authority-key-id", clause, func(c, _ *x509.Certificate) bool {
			return len(c.AuthorityKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, c.SubjectKeyId) && extension(c, oidAuthorityKeyID) == present
		}},
	}
}

// leafRules are those of a certificate whose key signs other things.
func leafRules(clause string, days int) []rule {
	return []rule{
		{"validity", clause, func(c, _ *x509.Certificate) bool {
			return c.NotBefore.Before(c.NotAfter) && c.NotAfter.Sub(c.NotBefore) <= time.Duration(days)*24*time.Hour
		}},
		{"key-usage", clause, func(c, _ *x509.Certificate) bool {
			return c.KeyUsage == x509.KeyUsageDigitalSignature && extension(c, oidKeyUsage) == critical
		}},
		{"not-a-ca", clause, func(c, _ *x509.Certificate) bool { return !c.IsCA }},
	}
}

// issuedRules hold a certificate against the one it was issued under.
func issuedRules(clause string) []rule {
	return []rule{
		{"issuer", clause, func(c, p *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, p.RawSubject) }},
		{"signature", clause, func(c, p *x509.Certificate) bool { return c.CheckSignatureFrom(p) == nil }},
		{"authority-key-id", clause, func(c, p *x509.Certificate) bool {
			return len(c.AuthorityKeyId) > 0 && bytes.Equal(c.AuthorityKeyId, p.SubjectKeyId) && extension(c, oidAuthorityKeyID) == present
		}},
		{"within-issuer", clause, func(c, p *x509.Certificate) bool {
			return !c.NotBefore.Before(p.NotBefore) && !c.NotAfter.After(p.NotAfter)
		}},
		{"issuer-country", clause, func(c, p *x509.Certificate) bool { return slices.Equal(c.Subject.Country, p.Subject.Country) }},
	}
}

// usageRule wants one extended key usage, critical.
func usageRule(clause string, usage asn1.ObjectIdentifier) rule {
	return rule{"extended-key-usage", clause, func(c, _ *x509.Certificate) bool {
		return len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 1 && c.UnknownExtKeyUsage[0].Equal(usage) && extension(c, oidExtKeyUsage) == critical
	}}
}

// subjectKeyID is the SHA-1 of the key's bits (Annex B.1.1; RFC 5280 §4.2.1.2, method 1). It names the key, and proves nothing.
func subjectKeyID(public any) []byte {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return nil
	}
	point, err := key.Bytes()
	if err != nil {
		return nil
	}
	sum := sha1.Sum(point)
	return sum[:]
}

// printableCountry says whether the country is a PrintableString.
func printableCountry(c *x509.Certificate) bool {
	var name []asn1.RawValue
	if rest, err := asn1.Unmarshal(c.RawSubject, &name); err != nil || len(rest) > 0 {
		return false
	}
	for _, set := range name {
		var one struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		if _, err := asn1.Unmarshal(set.Bytes, &one); err != nil {
			return false
		}
		if one.Type.Equal(oidCountry) {
			return one.Value.Tag == asn1.TagPrintableString
		}
	}
	return false
}

// alternativeNames returns the issuer's alternative names, as they stand there; those of other kinds than an address of
// mail or of the web are none (Annex B.1.1).
func alternativeNames(c *x509.Certificate) []string {
	var names []asn1.RawValue
	for _, e := range c.Extensions {
		if e.Id.Equal(oidIssuerAltName) {
			if rest, err := asn1.Unmarshal(e.Value, &names); err != nil || len(rest) > 0 {
				return nil
			}
		}
	}
	var out []string
	for _, n := range names {
		if n.Class != asn1.ClassContextSpecific || n.Tag != 1 && n.Tag != 6 || len(n.Bytes) == 0 {
			return nil
		}
		out = append(out, string(n.Bytes))
	}
	return out
}

// onePoint says whether there is one CRL distribution point, with one URL and nothing else.
func onePoint(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if !e.Id.Equal(oidCRLPoints) {
			continue
		}
		var points []struct {
			Name    asn1.RawValue `asn1:"optional,tag:0"`
			Reasons asn1.RawValue `asn1:"optional,tag:1"`
			Issuer  asn1.RawValue `asn1:"optional,tag:2"`
		}
		if rest, err := asn1.Unmarshal(e.Value, &points); err != nil || len(rest) > 0 || len(points) != 1 {
			return false
		}
		if len(points[0].Reasons.FullBytes) > 0 || len(points[0].Issuer.FullBytes) > 0 {
			return false
		}
	}
	if len(c.CRLDistributionPoints) != 1 {
		return false
	}
	u, err := url.Parse(c.CRLDistributionPoints[0])
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// Object identifiers of ISO 18013-5 Annex B, RFC 5280 and X.520.
var (
	oidDocumentSigner   = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}
	oidReader           = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}
	oidCountry          = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidSubjectKeyID     = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidIssuerAltName    = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidCRLPoints        = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidAuthorityKeyID   = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidExtKeyUsage      = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// forbidden lists what no certificate may have: constraints of names and policies, and delta lists (Annex B.1.1).
func forbidden() []asn1.ObjectIdentifier {
	return []asn1.ObjectIdentifier{{2, 5, 29, 30}, {2, 5, 29, 33}, {2, 5, 29, 36}, {2, 5, 29, 46}, {2, 5, 29, 54}}
}

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

// onlyKnownCritical looks at every critical extension, whether or not the library handles it: whether those of the profiles
// may be critical has a rule of its own.
func onlyKnownCritical(c, _ *x509.Certificate) bool {
	known := []asn1.ObjectIdentifier{
		oidSubjectKeyID, oidKeyUsage, oidIssuerAltName, oidBasicConstraints, oidCRLPoints, oidAuthorityKeyID, oidExtKeyUsage,
	}
	for _, e := range c.Extensions {
		ours := slices.ContainsFunc(append(known, forbidden()...), e.Id.Equal)
		if e.Critical && !ours {
			return false
		}
	}
	return true
}

// Rules lists every rule of a profile, in its order.
func Rules(profile Profile) []Finding {
	var out []Finding
	for _, r := range rules(profile) {
		out = append(out, Finding{r.name, r.clause})
	}
	return out
}
