package check

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha1" // of key identifiers, never of signatures
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// Profile is what kind of certificate one is.
type Profile string

const (
	ProfileIACA   Profile = "iaca"   // an issuing authority's root: ISO 18013-5 Annex B.1.2
	ProfileSigner Profile = "signer" // a document signer: Annex B.1.4
	ProfileReader Profile = "reader" // reader authentication: Annex B.1.7
)

// CertificateFile is a file of certificates, in PEM or DER.
type CertificateFile struct {
	Name    string
	Content []byte
}

// Certificates judges every certificate of files. Its profile is profile or, when that is empty, what the certificate
// says of itself. A signer or reader is held against whichever root among them has its issuer's name.
func Certificates(files []CertificateFile, profile Profile, now time.Time) Report {
	report := Report{Subject: "certificates", Began: now}
	var all []*certificate
	for _, f := range files {
		found, err := readCertificates(f)
		if err != nil {
			report.Findings = append(report.Findings, unreadable(f.Name, err))
		}
		all = append(all, found...)
	}
	for _, c := range all {
		c.now, c.profile = now, profile
		if c.profile == "" {
			c.profile = profileOf(c.cert)
		}
		c.root = rootOf(c.cert, all)
		report.Findings = append(report.Findings, judge(rulesOf(c.profile), c.name, c, noExchanges)...)
	}
	return report
}

// readable is the rule of a file, before there is a certificate to judge.
var readable = Rule{"cert.readable", "The file holds certificates in DER or PEM, and nothing else", "RFC 5280 §4.1, RFC 7468 §5"}

func unreadable(name string, err error) Finding {
	return Finding{Rule: readable, Subject: name, Verdict: Broken, Detail: err.Error()}
}

func noExchanges([]string) []Exchange { return nil }

// certificate is one certificate and what it is judged by.
type certificate struct {
	name    string
	cert    *x509.Certificate
	root    *x509.Certificate // nil when it was not given
	profile Profile
	now     time.Time
}

const maxCertificateFile = 1 << 20

func readCertificates(f CertificateFile) ([]*certificate, error) {
	if len(f.Content) > maxCertificateFile {
		return nil, errors.New("the file is larger than 1 MiB")
	}
	var ders [][]byte
	rest := f.Content
	for block, after := pem.Decode(rest); block != nil; block, after = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, errors.New("the file holds something else than certificates")
		}
		ders, rest = append(ders, block.Bytes), after
	}
	if len(ders) == 0 {
		ders = [][]byte{f.Content}
	}
	var out []*certificate
	for i, der := range ders {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return out, fmt.Errorf("certificate %d cannot be read: %w", i+1, err)
		}
		name := f.Name
		if len(ders) > 1 {
			name = fmt.Sprintf("%s #%d", f.Name, i+1)
		}
		out = append(out, &certificate{name: name, cert: cert})
	}
	return out, nil
}

func profileOf(c *x509.Certificate) Profile {
	switch {
	case slices.ContainsFunc(c.UnknownExtKeyUsage, oidReaderUsage.Equal):
		return ProfileReader
	case c.IsCA && !slices.ContainsFunc(c.UnknownExtKeyUsage, oidSignerUsage.Equal):
		return ProfileIACA
	}
	return ProfileSigner
}

func rootOf(c *x509.Certificate, all []*certificate) *x509.Certificate {
	for _, candidate := range all {
		if candidate.cert.IsCA && bytes.Equal(candidate.cert.RawSubject, c.RawIssuer) {
			return candidate.cert
		}
	}
	return nil
}

var (
	oidSignerUsage    = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}
	oidReaderUsage    = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}
	oidKeyUsage       = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasic          = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidExtKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidIssuerAltName  = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidSubjectKeyID   = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidAuthorityKeyID = asn1.ObjectIdentifier{2, 5, 29, 35}
)

func rulesOf(p Profile) []rule[*certificate] {
	switch p {
	case ProfileIACA:
		return slices.Concat(commonRules, iacaRules)
	case ProfileReader:
		return slices.Concat(commonRules, leafRules, readerRules)
	}
	return slices.Concat(commonRules, leafRules, signerRules)
}

var commonRules = []rule[*certificate]{
	{id: "cert.serial", title: "Its serial number is positive, of at most 20 octets, and long enough to be random", source: "ISO 18013-5 Annex B.1.1, RFC 5280 §4.1.2.2", holds: func(c *certificate) error {
		n := c.cert.SerialNumber
		return want(n.Sign() > 0 && n.BitLen() < 160 && n.BitLen() >= 48, "it has %d bits", n.BitLen())
	}},
	{id: "cert.signature-algorithm", title: "It is signed with ECDSA and SHA-256, SHA-384 or SHA-512", source: "ISO 18013-5 Annex B.1.1", holds: func(c *certificate) error {
		return want(allowed(c.cert), "it is signed with %s", c.cert.SignatureAlgorithm)
	}},
	{id: "cert.key", title: "Its key is on P-256", source: "H: isValidIacas publicKeyJwk; GOV.UK Wallet knows ES256 alone", holds: func(c *certificate) error {
		k, ok := c.cert.PublicKey.(*ecdsa.PublicKey)
		return want(ok && k.Curve == elliptic.P256(), "the key is %s", c.cert.PublicKeyAlgorithm)
	}},
	{id: "cert.valid-now", title: "It is valid now", source: "RFC 5280 §4.1.2.5", holds: func(c *certificate) error {
		return want(!c.now.Before(c.cert.NotBefore) && !c.now.After(c.cert.NotAfter), "valid from %s to %s", c.cert.NotBefore.Format(time.RFC3339), c.cert.NotAfter.Format(time.RFC3339))
	}},
	{id: "cert.country", title: "Its subject has one country, of two capital letters", source: "ISO 18013-5 Annex B.1.1, ISO 3166-1", holds: func(c *certificate) error {
		ok := len(c.cert.Subject.Country) == 1 && countryCode.MatchString(c.cert.Subject.Country[0])
		return want(ok, "it has %d", len(c.cert.Subject.Country))
	}},
	{id: "cert.common-name", title: "Its subject has a common name", source: "ISO 18013-5 Annex B.1.1", holds: func(c *certificate) error {
		return want(c.cert.Subject.CommonName != "", "it has none")
	}},
	{id: "cert.subject-key-id", title: "Its subject key identifier is made of its key, and not critical", source: "ISO 18013-5 Annex B.1.1, RFC 5280 §4.2.1.2, RFC 7093 §2", holds: func(c *certificate) error {
		return want(namesOwnKey(c.cert) && has(c.cert, oidSubjectKeyID, false), "it is missing, critical, or of another key")
	}},
	{id: "cert.critical", title: "It has no critical extension but those of its profile", source: "RFC 5280 §4.2", holds: func(c *certificate) error {
		for _, e := range c.cert.Extensions {
			// Whether each of these may be critical has a rule of its own.
			known := slices.ContainsFunc([]asn1.ObjectIdentifier{oidKeyUsage, oidBasic, oidExtKeyUsage, oidSubjectKeyID, oidIssuerAltName, oidAuthorityKeyID}, e.Id.Equal)
			if e.Critical && !known {
				return fmt.Errorf("extension %s is critical", e.Id)
			}
		}
		return nil
	}},
}

// allowed says whether a certificate's signature is of an algorithm that may be believed.
func allowed(c *x509.Certificate) bool {
	return slices.Contains([]x509.SignatureAlgorithm{x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512}, c.SignatureAlgorithm)
}

var errAlgorithm = unknown("its signature is of an algorithm that nobody should believe")

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

var iacaRules = []rule[*certificate]{
	{id: "cert.iaca.validity", title: "It lasts at most 20 years", source: "ISO 18013-5 Table B.1", holds: func(c *certificate) error {
		return want(!c.cert.NotAfter.After(c.cert.NotBefore.AddDate(20, 0, 0)), "it ends %s", c.cert.NotAfter.Format(time.DateOnly))
	}},
	{id: "cert.iaca.self-signed", title: "It is signed with its own key, in its own name", source: "ISO 18013-5 Table B.1; H: isValidIacas", holds: func(c *certificate) error {
		if !allowed(c.cert) {
			return errAlgorithm
		}
		ok := bytes.Equal(c.cert.RawSubject, c.cert.RawIssuer) && c.cert.CheckSignature(c.cert.SignatureAlgorithm, c.cert.RawTBSCertificate, c.cert.Signature) == nil
		return want(ok, "the names differ, or the signature does not verify")
	}},
	{id: "cert.iaca.basic-constraints", title: "It is an authority of path length 0, and says so critically", source: "ISO 18013-5 Table B.1", holds: func(c *certificate) error {
		ok := c.cert.IsCA && c.cert.MaxPathLen == 0 && c.cert.MaxPathLenZero && has(c.cert, oidBasic, true)
		return want(ok, "CA %t, path length %d", c.cert.IsCA, c.cert.MaxPathLen)
	}},
	{id: "cert.iaca.key-usage", title: "Its key signs certificates and revocation lists, and says so critically", source: "ISO 18013-5 Table B.1", holds: func(c *certificate) error {
		ok := c.cert.KeyUsage == x509.KeyUsageCertSign|x509.KeyUsageCRLSign && has(c.cert, oidKeyUsage, true)
		return want(ok, "key usage %b", c.cert.KeyUsage)
	}},
	{id: "cert.iaca.issuer-alt-name", title: "Its issuer alternative name says where the authority can be reached", source: "ISO 18013-5 Table B.1", holds: reachable},
}

var leafRules = []rule[*certificate]{
	{id: "cert.leaf.chain", title: "Its root signed it, and is named byte for byte", source: "ISO 18013-5 §9.3.3, H: isValidX5chain", holds: func(c *certificate) error {
		if c.root == nil {
			return unknown("its root was not given")
		}
		if !allowed(c.cert) {
			return errAlgorithm
		}
		ok := bytes.Equal(c.cert.RawIssuer, c.root.RawSubject) && c.root.CheckSignature(c.cert.SignatureAlgorithm, c.cert.RawTBSCertificate, c.cert.Signature) == nil
		return want(ok, "the signature does not verify")
	}},
	{id: "cert.leaf.authority-key-id", title: "Its authority key identifier is its root's key, not critical", source: "ISO 18013-5 Annex B.1.1", holds: func(c *certificate) error {
		if err := want(len(c.cert.AuthorityKeyId) > 0 && has(c.cert, oidAuthorityKeyID, false), "it has none, or a critical one"); err != nil || c.root == nil {
			return err
		}
		return want(bytes.Equal(c.cert.AuthorityKeyId, c.root.SubjectKeyId), "it names another key")
	}},
	{id: "cert.leaf.not-ca", title: "It is no authority", source: "ISO 18013-5 Annex B.1.4, B.1.7", holds: func(c *certificate) error {
		return want(!c.cert.IsCA, "it is one")
	}},
	{id: "cert.leaf.key-usage", title: "Its key makes digital signatures alone, and says so critically", source: "ISO 18013-5 Annex B.1.4, B.1.7", holds: func(c *certificate) error {
		ok := c.cert.KeyUsage == x509.KeyUsageDigitalSignature && has(c.cert, oidKeyUsage, true)
		return want(ok, "key usage %b", c.cert.KeyUsage)
	}},
}

var signerRules = []rule[*certificate]{
	{id: "cert.signer.validity", title: "It lasts at most 457 days", source: "ISO 18013-5 Table B.3", holds: func(c *certificate) error { return lasts(c.cert, 457) }},
	{id: "cert.signer.usage", title: "It signs mdocs and nothing else, and says so critically", source: "ISO 18013-5 Table B.3", holds: func(c *certificate) error {
		return onlyUsage(c.cert, oidSignerUsage)
	}},
	{id: "cert.signer.country", title: "Its country is its root's", source: "ISO 18013-5 Table B.3", holds: func(c *certificate) error {
		if c.root == nil {
			return unknown("its root was not given")
		}
		return want(slices.Equal(upper(c.cert.Subject.Country), upper(c.root.Subject.Country)), "it is another")
	}},
	{id: "cert.signer.issuer-alt-name", title: "Its issuer alternative name says where the authority can be reached", source: "ISO 18013-5 Table B.3", holds: reachable},
	{id: "cert.signer.crl", title: "It says where its revocation list is", source: "ISO 18013-5 Table B.3", holds: func(c *certificate) error {
		if len(c.cert.CRLDistributionPoints) == 0 {
			return errors.New("it names no distribution point")
		}
		for _, at := range c.cert.CRLDistributionPoints {
			if u, err := url.Parse(at); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return errors.New("a distribution point is not an http or https URL")
			}
		}
		return nil
	}},
}

var readerRules = []rule[*certificate]{
	{id: "cert.reader.validity", title: "It lasts at most 1187 days", source: "ISO 18013-5 Annex B.1.7", holds: func(c *certificate) error { return lasts(c.cert, 1187) }},
	{id: "cert.reader.usage", title: "It is for reader authentication and nothing else, and says so critically", source: "ISO 18013-5 Annex B.1.7", holds: func(c *certificate) error {
		return onlyUsage(c.cert, oidReaderUsage)
	}},
}

// want is nil when ok, else an error that says what was seen.
func want(ok bool, format string, seen ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, seen...)
}

// upper leaves a wrong spelling to cert.country.
func upper(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(bytes.ToUpper([]byte(s)))
	}
	return out
}

func lasts(c *x509.Certificate, days int) error {
	life := c.NotAfter.Sub(c.NotBefore)
	return want(life > 0 && life <= time.Duration(days)*24*time.Hour, "it lasts %d days", int(life.Hours()/24))
}

func onlyUsage(c *x509.Certificate, usage asn1.ObjectIdentifier) error {
	ok := len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 1 && c.UnknownExtKeyUsage[0].Equal(usage) && has(c, oidExtKeyUsage, true)
	return want(ok, "extended key usage is missing, not critical, or has another member")
}

// reachable wants an issuer alternative name with a URI or an e-mail address (RFC 5280 §4.2.1.6: tags 6 and 1).
func reachable(c *certificate) error {
	for _, e := range c.cert.Extensions {
		if !e.Id.Equal(oidIssuerAltName) {
			continue
		}
		var names []asn1.RawValue
		rest, err := asn1.Unmarshal(e.Value, &names)
		ok := err == nil && len(rest) == 0 && !e.Critical && slices.ContainsFunc(names, func(n asn1.RawValue) bool {
			return n.Class == asn1.ClassContextSpecific && (n.Tag == 6 || n.Tag == 1) && len(n.Bytes) > 0
		})
		return want(ok, "it is critical, or holds neither a URI nor an e-mail address")
	}
	return errors.New("it has none")
}

// has says whether a certificate has an extension that is critical, or one that is not.
func has(c *x509.Certificate, id asn1.ObjectIdentifier, critical bool) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(id) && e.Critical == critical })
}

// namesOwnKey says whether the subject key identifier is a digest of the bits of the certificate's key: SHA-1 (RFC 5280
// §4.2.1.2) or the first 160 bits of SHA-256 (RFC 7093 §2).
func namesOwnKey(c *x509.Certificate) bool {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return false
	}
	short, long := sha1.Sum(info.Key.Bytes), sha256.Sum256(info.Key.Bytes)
	return bytes.Equal(c.SubjectKeyId, short[:]) || bytes.Equal(c.SubjectKeyId, long[:20])
}
