package verification

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"slices"
	"time"
)

// mdlDS is the extended key usage of a document signer (ISO 18013-5 Annex B.1.4).
var mdlDS = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}

// checkSigner follows the document signer's certificate to one of roots (ISO 18013-5 §9.3.1 and §9.3.3) and checks that
// it is a document signer's, valid when it signed and valid now.
func checkSigner(chain, roots []*x509.Certificate, signed, now time.Time) finding {
	if len(roots) == 0 {
		return failed(ReasonNoRoot)
	}
	// An authority's root has path length 0 and is not sent (Annex B.1.2): the chain is the signer alone.
	if len(chain) != 1 {
		return failed(ReasonChain)
	}
	signer := chain[0]
	root, reason := findRoot(signer, roots, now)
	if reason != "" {
		return failed(reason).with("signer", fingerprint(signer))
	}
	f := passed(nil)
	switch {
	case !isDocumentSigner(signer):
		f = failed(ReasonSignerProfile)
	case signed.Before(signer.NotBefore) || signed.After(signer.NotAfter):
		f = failed(ReasonSignerPeriod)
	}
	return f.with("signer", fingerprint(signer)).with("root", fingerprint(root))
}

// findRoot tries the roots one by one: an authority may have several under one name.
func findRoot(signer *x509.Certificate, roots []*x509.Certificate, now time.Time) (*x509.Certificate, Reason) {
	reason := ReasonChain
	for _, root := range roots {
		err := verifyPath(signer, root, now)
		if err == nil {
			return root, ""
		}
		var invalid x509.CertificateInvalidError
		if errors.As(err, &invalid) && invalid.Reason == x509.Expired && signer.CheckSignatureFrom(root) == nil {
			reason = ReasonSignerNotCurrent
		}
	}
	return nil, reason
}

// verifyPath matches names byte for byte, as the library does, and the key by its signature. It also refuses a critical
// extension nobody understands, and a path longer than the root allows.
func verifyPath(signer, root *x509.Certificate, now time.Time) error {
	pool := x509.NewCertPool()
	pool.AddCert(root)
	_, err := signer.Verify(x509.VerifyOptions{
		Roots:         pool,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // the library does not know mdlDS: see isDocumentSigner
	})
	return err
}

func isDocumentSigner(c *x509.Certificate) bool {
	hasUsage := slices.ContainsFunc(c.UnknownExtKeyUsage, mdlDS.Equal)
	return hasUsage && !c.IsCA && c.KeyUsage&x509.KeyUsageDigitalSignature != 0 && allowedSignature(c.SignatureAlgorithm)
}

// allowedSignature lists what an authority may sign with (ISO 18013-5 Annex B.1.4), of the curves we have.
func allowedSignature(a x509.SignatureAlgorithm) bool {
	return a == x509.ECDSAWithSHA256 || a == x509.ECDSAWithSHA384 || a == x509.ECDSAWithSHA512
}

// fingerprint is the lower-case hexadecimal SHA-256 of the certificate.
func fingerprint(c *x509.Certificate) string {
	digest := sha256.Sum256(c.Raw)
	return hex.EncodeToString(digest[:])
}
