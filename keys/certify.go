package keys

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// clockSkew is how far a clock may be behind that of the ceremony: a certificate that is needed at once is good there too.
const clockSkew = time.Minute

// making is how a certificate of a profile is made here, within the limits that Lint knows.
type making struct {
	days  int
	usage x509.KeyUsage
	ca    bool
	ext   asn1.ObjectIdentifier
	title string // after the authority's name, in the common name
}

func profileOf(p Profile) making {
	const authority = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return map[Profile]making{
		ProfileIACA:           {days: 9 * 365, usage: authority, ca: true}, // Annex B: 20 years at most; GOV.UK's own root lasts nine
		ProfileLink:           {days: 9 * 365, usage: authority, ca: true},
		ProfileDocumentSigner: {days: 455, usage: x509.KeyUsageDigitalSignature, ext: oidDocumentSigner, title: " document signer"}, // 457 at most
		ProfileListSigner:     {days: 455, usage: x509.KeyUsageDigitalSignature, title: " status list signer"},                      // 1187 at most
		ProfileReaderRoot:     {days: 3 * 365, usage: authority, ca: true, title: " reader root"},
		ProfileReader:         {days: 397, usage: x509.KeyUsageDigitalSignature, ext: oidReader}, // 1187 at most; a year and a month is what a certificate of the web lives
	}[p]
}

// certified is the profile of the certificate that a key of a purpose gets from its root.
func certified(p Purpose) Profile {
	if p == PurposeStatusList {
		return ProfileListSigner // it needs none, and may have one
	}
	return profiles()[p]
}

// CertifyRoot gives a key its self-signed certificate: that of an issuing authority (ISO 18013-5 Annex B.1.2) or, when it
// is of purpose reader-root, of an authority for readers.
func CertifyRoot(a Authority, k Key, now time.Time) (Key, error) {
	profile := profiles()[k.Purpose]
	if profile != ProfileIACA && profile != ProfileReaderRoot {
		return Key{}, errors.New("certify root: the key is of another purpose")
	}
	t, err := template(profileOf(profile), a.Name+profileOf(profile).title, now)
	if err != nil {
		return Key{}, err
	}
	t.Subject.Country = []string{a.Country}
	t.CRLDistributionPoints = []string{a.CRL + "/" + k.ID[:16]}
	if t.ExtraExtensions, err = withAltName(t.ExtraExtensions, a.URL); err != nil {
		return Key{}, err
	}
	t.SubjectKeyId = subjectKeyID(k.Public())
	cert, err := certify(k, profile, t, t, k)
	if err != nil {
		return Key{}, err
	}
	k.Chain = []*x509.Certificate{cert}
	return k, nil
}

// CertifySigner gives a key its certificate under root (ISO 18013-5 Annex B.1.4).
func CertifySigner(_ Authority, root, k Key, now time.Time) (Key, error) {
	if k.Purpose != PurposeDocument {
		return Key{}, errors.New("certify document signer: the key is of another purpose")
	}
	return Certify(root, k, "", now)
}

// Certify gives a key of a document signer, a list signer or a reader its certificate under root, which ends no later than
// the root's. host is the name that a reader's requests come from, and empty for the others.
func Certify(root, k Key, host string, now time.Time) (Key, error) {
	if parents()[k.Purpose] == "" || parents()[k.Purpose] != root.Purpose || len(root.Chain) == 0 {
		return Key{}, fmt.Errorf("certify %s key: not under a root of purpose %q", k.Purpose, root.Purpose)
	}
	if (host != "") != (k.Purpose == PurposeReader) {
		return Key{}, errors.New("certify: a reader has the name of a host, and no other has")
	}
	parent, profile := root.Chain[0], certified(k.Purpose)
	name := strings.TrimSuffix(parent.Subject.CommonName, profileOf(ProfileReaderRoot).title)
	t, err := template(profileOf(profile), name+profileOf(profile).title, now)
	if err != nil {
		return Key{}, err
	}
	if host != "" {
		t.DNSNames = []string{host}
	}
	if t.NotBefore = t.NotBefore.Add(-clockSkew); t.NotBefore.Before(parent.NotBefore) {
		t.NotBefore = parent.NotBefore
	}
	t.NotAfter = earliest(t.NotAfter, parent.NotAfter)
	cert, err := certify(k, profile, t, parent, root)
	if err != nil {
		return Key{}, err
	}
	k.Chain = []*x509.Certificate{cert}
	return k, nil
}

// certify signs template for k with issuer's key, lints the result, and only then returns it. What all certificates under
// one root share it takes from the root.
func certify(k Key, profile Profile, template, parent *x509.Certificate, issuer Key) (*x509.Certificate, error) {
	if template != parent {
		template.Subject.Country = parent.Subject.Country
		template.CRLDistributionPoints = parent.CRLDistributionPoints
		template.AuthorityKeyId = parent.SubjectKeyId // the library leaves it out under a root of the same name
		names := alternativeNames(parent)
		if len(names) != 1 {
			return nil, errors.New("the root's certificate is outside its profile: issuer alternative name")
		}
		var err error
		if template.ExtraExtensions, err = withAltName(template.ExtraExtensions, names[0]); err != nil {
			return nil, err
		}
		if template.NotBefore.Before(parent.NotBefore) || !template.NotBefore.Before(parent.NotAfter) {
			return nil, fmt.Errorf("the root is valid from %s to %s, and not now", parent.NotBefore.Format(time.DateTime), parent.NotAfter.Format(time.DateTime))
		}
	}
	template.SubjectKeyId = subjectKeyID(k.Public())
	if err := lintDraft(k, profile, template, parent); err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, k.Public(), issuer.Signer)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back certificate: %w", err)
	}
	if template == parent {
		parent = cert
	}
	if findings := Lint(cert, parent, profile); len(findings) > 0 {
		return nil, fmt.Errorf("certificate is outside its profile: %v", findings)
	}
	return cert, nil
}

// lintDraft lints the certificate as a throwaway key signs it, so that what is outside its profile never reaches the
// issuer's key. Only that signature differs from what the issuer then signs.
func lintDraft(k Key, profile Profile, template, parent *x509.Certificate) error {
	stand, err := NewKey(k.Purpose, template.NotBefore)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, k.Public(), stand.Signer)
	if err != nil && template != parent {
		// The library compares the parent's key with the signer's: give it a parent that has the throwaway key.
		other := *parent
		other.PublicKey = stand.Public()
		der, err = x509.CreateCertificate(rand.Reader, template, &other, k.Public(), stand.Signer)
	}
	if err != nil {
		return fmt.Errorf("draft certificate: %w", err)
	}
	draft, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("read back draft: %w", err)
	}
	if template == parent {
		parent = draft
	}
	findings := slices.DeleteFunc(Lint(draft, parent, profile), func(f Finding) bool { return f.Rule == "signature" || f.Rule == "self-signed" })
	if len(findings) > 0 {
		return fmt.Errorf("certificate would be outside its profile: %v", findings)
	}
	return nil
}

// template returns what a certificate of a profile has of itself. The subject is C then CN in every one, so that an issuer
// compares equal, byte for byte, with its root's subject.
func template(m making, name string, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	notBefore := now.UTC().Truncate(time.Second)
	t := &x509.Certificate{
		SerialNumber: serial.SetBit(serial, 126, 1), // 126 random bits of 127, always positive (Annex B: at least 63)
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    notBefore, NotAfter: notBefore.Add(time.Duration(m.days) * 24 * time.Hour),
		SignatureAlgorithm: x509.ECDSAWithSHA256, KeyUsage: m.usage,
		BasicConstraintsValid: m.ca, IsCA: m.ca, MaxPathLenZero: m.ca,
	}
	if m.ext == nil {
		return t, nil
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{m.ext})
	if err != nil {
		return nil, fmt.Errorf("encode extended key usage: %w", err)
	}
	t.ExtraExtensions = []pkix.Extension{{Id: oidExtKeyUsage, Critical: true, Value: usage}}
	return t, nil
}

func withAltName(extensions []pkix.Extension, url string) ([]pkix.Extension, error) {
	altName, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(url)}})
	if err != nil {
		return nil, fmt.Errorf("encode issuer alternative name: %w", err)
	}
	return append(extensions, pkix.Extension{Id: oidIssuerAltName, Value: altName}), nil
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
