package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Authority names an issuing authority in its certificates.
type Authority struct {
	Name    string // common name of the root
	URL     string // issuer alternative name: where the authority can be reached
	CRL     string // CRL distribution point
	Country string // ISO 3166-1 alpha-2: "GB"
}

// How long certificates last. ISO 18013-5 Annex B: a root at most 20 years, a document signer at most 457 days.
const (
	rootLife   = 9 * 365 * 24 * time.Hour
	signerLife = 455 * 24 * time.Hour
)

// Object identifiers of ISO 18013-5 Annex B and RFC 5280.
var (
	oidDocumentSigner = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}
	oidIssuerAltName  = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidExtKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// Generate makes every key a new authority needs, all active: root, document signer, offer, credential, status list and
// letter.
func Generate(a Authority, now time.Time) ([]Key, error) {
	root, err := NewRoot(a, now)
	if err != nil {
		return nil, err
	}
	signer, err := NewSigner(a, root, now)
	if err != nil {
		return nil, err
	}
	out := []Key{root, signer}
	for _, p := range []Purpose{PurposeOffer, PurposeCredential, PurposeStatusList, PurposeLetter} {
		k, err := NewKey(p, now)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	for i := range out {
		out[i].State = StateActive
	}
	return out, nil
}

// NewKey makes a key, in the state created, with no certificate.
func NewKey(p Purpose, now time.Time) (Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make %s key: %w", p, err)
	}
	return newKey(p, private, now)
}

// NewRoot makes an IACA root with its self-signed certificate.
func NewRoot(a Authority, now time.Time) (Key, error) {
	k, err := NewKey(PurposeIACA, now)
	if err != nil {
		return Key{}, err
	}
	return CertifyRoot(a, k, now)
}

// CertifyRoot gives a key its self-signed certificate (ISO 18013-5 Annex B.1.2).
func CertifyRoot(a Authority, k Key, now time.Time) (Key, error) {
	if k.Purpose != PurposeIACA {
		return Key{}, errors.New("certify root: the key is of another purpose")
	}
	template, err := certificate(a, a.Name, now, rootLife)
	if err != nil {
		return Key{}, err
	}
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	template.BasicConstraintsValid, template.IsCA, template.MaxPathLenZero = true, true, true
	err = certify(&k, ProfileIACA, template, template, k)
	return k, err
}

// NewSigner makes a document signer with its certificate under root.
func NewSigner(a Authority, root Key, now time.Time) (Key, error) {
	k, err := NewKey(PurposeDocument, now)
	if err != nil {
		return Key{}, err
	}
	return CertifySigner(a, root, k, now)
}

// CertifySigner gives a key its certificate under root (ISO 18013-5 Annex B.1.4), which ends no later than the root's.
func CertifySigner(a Authority, root, k Key, now time.Time) (Key, error) {
	if root.Purpose != PurposeIACA || len(root.Chain) == 0 || k.Purpose != PurposeDocument {
		return Key{}, errors.New("certify document signer: the root is not an IACA root, or the key is of another purpose")
	}
	template, err := certificate(a, a.Name+" document signer", now, signerLife)
	if err != nil {
		return Key{}, err
	}
	if template.NotAfter.After(root.Chain[0].NotAfter) {
		template.NotAfter = root.Chain[0].NotAfter
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{oidDocumentSigner})
	if err != nil {
		return Key{}, err
	}
	template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: oidExtKeyUsage, Critical: true, Value: usage})
	err = certify(&k, ProfileDocumentSigner, template, root.Chain[0], root)
	return k, err
}

// certify signs template for k with issuer's key, lints the result, and only then gives it to k.
func certify(k *Key, profile Profile, template, parent *x509.Certificate, issuer Key) error {
	point, err := k.Public().Bytes()
	if err != nil {
		return fmt.Errorf("encode public key: %w", err)
	}
	sum := sha256.Sum256(point)
	template.SubjectKeyId = sum[:20] // RFC 7093 §2, method 1
	der, err := x509.CreateCertificate(rand.Reader, template, parent, k.Public(), issuer.Signer)
	if err != nil {
		return fmt.Errorf("sign certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("read back certificate: %w", err)
	}
	if findings := Lint(cert, profile); len(findings) > 0 {
		return fmt.Errorf("certificate is outside its profile: %v", findings)
	}
	k.Chain = []*x509.Certificate{cert}
	return nil
}

// certificate returns what both profiles share. The subject is C then CN in every certificate, so that an issuer compares
// equal, byte for byte, with its root's subject.
func certificate(a Authority, name string, now time.Time, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // 127 bits, always positive (Annex B: at least 63)
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	altName, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(a.URL)}})
	if err != nil {
		return nil, fmt.Errorf("encode issuer alternative name: %w", err)
	}
	notBefore := now.UTC().Truncate(time.Second)
	return &x509.Certificate{
		SerialNumber:          serial.Add(serial, big.NewInt(1)),
		Subject:               pkix.Name{Country: []string{a.Country}, CommonName: name},
		NotBefore:             notBefore,
		NotAfter:              notBefore.Add(life),
		SignatureAlgorithm:    x509.ECDSAWithSHA256,
		CRLDistributionPoints: []string{a.CRL},
		ExtraExtensions:       []pkix.Extension{{Id: oidIssuerAltName, Value: altName}},
	}, nil
}
