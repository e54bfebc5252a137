// Package pemfile reads the PEM an operator gives us (RFC 7468): keys on P-256 and certificates, of exactly the type
// asked for, with nothing but white space around them. No error quotes what was read.
package pemfile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// One returns the DER of the only block, whose type must be kind.
func One(content []byte, kind string) ([]byte, error) {
	block, rest := pem.Decode(content)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) != 0 {
		return nil, fmt.Errorf("is not one PEM block of type %s", kind)
	}
	return block.Bytes, nil
}

// PrivateKey reads one PKCS #8 key on P-256.
func PrivateKey(content []byte) (*ecdsa.PrivateKey, error) {
	der, err := One(content, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("is not a PKCS #8 key on P-256")
	}
	return key, nil
}

// PublicKey reads one SubjectPublicKeyInfo on P-256.
func PublicKey(content []byte) (*ecdsa.PublicKey, error) {
	der, err := One(content, "PUBLIC KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	key, ok := parsed.(*ecdsa.PublicKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("is not a public key on P-256")
	}
	return key, nil
}

// Certificates reads one to most certificates, in their order.
func Certificates(content []byte, most int) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for len(bytes.TrimSpace(content)) > 0 && len(out) <= most {
		block, rest := pem.Decode(content)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, notCertificates(most)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(out), err)
		}
		out, content = append(out, c), rest
	}
	if len(out) == 0 || len(out) > most {
		return nil, notCertificates(most)
	}
	return out, nil
}

func notCertificates(most int) error {
	if most == 1 {
		return errors.New("is not one certificate in PEM")
	}
	return fmt.Errorf("is not one to %d certificates in PEM", most)
}

// Certificate writes one.
func Certificate(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}
