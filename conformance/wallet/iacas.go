package wallet

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// isoString is JavaScript's toISOString, which GOV.UK compares with.
const isoString = "2006-01-02T15:04:05.000Z"

// roots fetches the issuer's IACA certificates and returns the active ones.
func (w *Wallet) roots(ctx context.Context, target string) ([]*x509.Certificate, error) {
	o, err := w.getObject(ctx, target)
	if err != nil {
		return nil, err
	}
	if err := o.only([]string{"data"}); err != nil {
		return nil, err
	}
	items, err := o.objects("data")
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for i, item := range items {
		cert, err := readRoot(item)
		if err != nil {
			return nil, fmt.Errorf("root %d: %w", i, err)
		}
		if item["active"] == true {
			out = append(out, cert)
		}
	}
	return out, nil
}

func readRoot(o object) (*x509.Certificate, error) {
	if err := o.only([]string{"id", "active", "certificatePem", "certificateData", "certificateFingerprint", "publicKeyJwk"}); err != nil {
		return nil, err
	}
	if _, err := o.text("id"); err != nil {
		return nil, err
	}
	if _, ok := o["active"].(bool); !ok {
		return nil, errors.New("active is not a boolean")
	}
	text, err := o.text("certificatePem")
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 {
		return nil, errors.New("certificatePem is not one certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return cert, matchRoot(o, cert)
}

// matchRoot checks that all that is said about the certificate is so.
func matchRoot(o object, cert *x509.Certificate) error {
	digest := sha256.Sum256(cert.Raw)
	if o["certificateFingerprint"] != hex.EncodeToString(digest[:]) {
		return errors.New("certificateFingerprint is another certificate's")
	}
	data, err := o.child("certificateData")
	if err != nil {
		return err
	}
	if err := data.only([]string{"notAfter", "notBefore", "country", "commonName"}); err != nil {
		return err
	}
	if data["notBefore"] != cert.NotBefore.Format(isoString) || data["notAfter"] != cert.NotAfter.Format(isoString) ||
		data["country"] != "GB" || data["commonName"] != cert.Subject.CommonName ||
		len(cert.Subject.Country) != 1 || cert.Subject.Country[0] != "GB" {
		return errors.New("certificateData does not match the certificate")
	}
	return matchRootKey(o, cert)
}

func matchRootKey(o object, cert *x509.Certificate) error {
	jwk, err := o.child("publicKeyJwk")
	if err != nil {
		return err
	}
	said, err := jwkKey(jwk)
	if err != nil {
		return err
	}
	actual, err := certificateKey(cert)
	if err != nil {
		return err
	}
	if jwk["alg"] != es256 || !said.Equal(actual) {
		return errors.New("publicKeyJwk is not the certificate's key for ES256")
	}
	return nil
}
