package wallet

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"time"
)

var (
	oidIssuerAltName  = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidKeyUsage       = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasic          = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidExtKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidDocumentSigner = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}
)

const (
	maxSignerDays = 457 // ISO 18013-5 Table B.3
	maxRootYears  = 20  // ISO 18013-5 Table B.1
)

// verifySigner checks a document signer certificate against the roots (ISO 18013-5 §9.3.3) and returns its key.
func verifySigner(leaf *x509.Certificate, roots []*x509.Certificate, now time.Time) (*ecdsa.PublicKey, error) {
	for _, root := range roots {
		// Byte for byte: the wallet compares names in the encoding they have.
		if !bytes.Equal(leaf.RawIssuer, root.RawSubject) || leaf.CheckSignatureFrom(root) != nil {
			continue
		}
		if err := CheckRoot(root, now); err != nil {
			return nil, err
		}
		if err := CheckSigner(leaf, root, now); err != nil {
			return nil, err
		}
		return certificateKey(leaf)
	}
	return nil, errors.New("chains to no root of this issuer")
}

// CheckRoot holds an IACA root certificate against ISO 18013-5 Table B.1.
func CheckRoot(c *x509.Certificate, now time.Time) error {
	if err := checkCommon(c, now); err != nil {
		return err
	}
	switch {
	case !bytes.Equal(c.RawSubject, c.RawIssuer) || c.CheckSignatureFrom(c) != nil:
		return errors.New("root is not self-signed")
	case !c.IsCA || c.MaxPathLen != 0 || !c.MaxPathLenZero || !critical(c, oidBasic):
		return errors.New("root is not a CA of path length 0")
	case c.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign || !critical(c, oidKeyUsage):
		return errors.New("root's key usage is not exactly certificate and CRL signing")
	case c.NotAfter.After(c.NotBefore.AddDate(maxRootYears, 0, 0)):
		return errors.New("root lives longer than 20 years")
	}
	return nil
}

// CheckSigner holds a document signer certificate against ISO 18013-5 Table B.3.
func CheckSigner(c, root *x509.Certificate, now time.Time) error {
	if err := checkCommon(c, now); err != nil {
		return err
	}
	switch {
	case c.IsCA:
		return errors.New("signer is a CA")
	case c.KeyUsage != x509.KeyUsageDigitalSignature || !critical(c, oidKeyUsage):
		return errors.New("signer's key usage is not exactly digital signature")
	case len(c.ExtKeyUsage) != 0 || len(c.UnknownExtKeyUsage) != 1 || !c.UnknownExtKeyUsage[0].Equal(oidDocumentSigner) || !critical(c, oidExtKeyUsage):
		return errors.New("signer's extended key usage is not exactly mdoc document signer")
	case len(c.AuthorityKeyId) == 0 || !bytes.Equal(c.AuthorityKeyId, root.SubjectKeyId):
		return errors.New("signer's authority key identifier is not the root's")
	case extension(c, asn1.ObjectIdentifier{2, 5, 29, 31}) == nil:
		return errors.New("signer names no CRL distribution point")
	case c.NotAfter.Sub(c.NotBefore) > maxSignerDays*24*time.Hour:
		return errors.New("signer lives longer than 457 days")
	case !slices.Equal(c.Subject.Country, root.Subject.Country):
		return errors.New("signer's country is not the root's")
	}
	return nil
}

// checkCommon is what the two profiles share.
func checkCommon(c *x509.Certificate, now time.Time) error {
	_, err := certificateKey(c)
	switch {
	case err != nil:
		return err
	case c.Version != 3 || c.SerialNumber.Sign() <= 0 || c.SerialNumber.BitLen() > 159:
		return errors.New("certificate is not version 3 with a positive serial number of at most 20 octets")
	case c.SignatureAlgorithm != x509.ECDSAWithSHA256:
		return errors.New("certificate is not signed with ecdsa-with-SHA256")
	case now.Before(c.NotBefore) || now.After(c.NotAfter):
		return errors.New("certificate is not valid now")
	case len(c.Subject.Country) != 1 || c.Subject.CommonName == "":
		return errors.New("certificate's subject lacks a country or a name")
	case len(c.SubjectKeyId) == 0 || extension(c, oidIssuerAltName) == nil:
		return errors.New("certificate lacks a subject key identifier or an issuer alternative name")
	case len(c.UnhandledCriticalExtensions) != 0:
		return errors.New("certificate has a critical extension we do not know")
	}
	return nil
}

func certificateKey(c *x509.Certificate) (*ecdsa.PublicKey, error) {
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("certificate's key is not P-256")
	}
	return key, nil
}

// extension returns the critical flag of an extension, or nil when there is no such extension.
func extension(c *x509.Certificate, id asn1.ObjectIdentifier) *bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) {
			return &e.Critical
		}
	}
	return nil
}

func critical(c *x509.Certificate, id asn1.ObjectIdentifier) bool {
	flag := extension(c, id)
	return flag != nil && *flag
}
