package verification

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"
)

// checkSigner follows the document signer's certificate to one of roots (ISO 18013-5 §9.3.1 and §9.3.3) and checks that
// it is a document signer's, valid when it signed and valid now, and that neither has been taken back.
func checkSigner(chain []*x509.Certificate, roots []Root, revoked func(*x509.Certificate) bool, signed, now time.Time) finding {
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
	f, broken := checkRevocation(signer, root.CRL, revoked, now), breach(signer, root.Certificate)
	switch {
	case f.outcome != Passed:
	case broken != "":
		f = failed(ReasonSignerProfile).with("rule", broken)
	case signed.Before(signer.NotBefore) || signed.After(signer.NotAfter):
		f = failed(ReasonSignerPeriod)
	}
	return f.with("signer", fingerprint(signer)).with("root", fingerprint(root.Certificate))
}

// checkRevocation asks the trust list and, where there is one, the root's revocation list (Annex B.1.3), whose signature
// was checked when it was loaded. A revocation list that is out of date says nothing good of anyone.
func checkRevocation(signer *x509.Certificate, crl *x509.RevocationList, revoked func(*x509.Certificate) bool, now time.Time) finding {
	if revoked(signer) {
		return failed(ReasonSignerRevoked)
	}
	if crl == nil {
		return passed(nil)
	}
	if now.Before(crl.ThisUpdate) || !now.Before(crl.NextUpdate) {
		return unknown(ReasonCRLStale)
	}
	for _, entry := range crl.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(signer.SerialNumber) == 0 {
			return failed(ReasonSignerRevoked)
		}
	}
	return passed(nil)
}

// findRoot tries the roots one by one: an authority may have several under one name.
func findRoot(signer *x509.Certificate, roots []Root, now time.Time) (Root, Reason) {
	reason := ReasonChain
	for _, root := range roots {
		err := verifyPath(signer, root.Certificate, now)
		if err == nil && !root.Revoked {
			return root, ""
		}
		var invalid x509.CertificateInvalidError
		switch {
		case err == nil:
			reason = ReasonRootRevoked
		case errors.As(err, &invalid) && invalid.Reason == x509.Expired && signer.CheckSignatureFrom(root.Certificate) == nil:
			reason = ReasonSignerNotCurrent
		}
	}
	return Root{}, reason
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
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // the library does not know mdlDS: see signerRules
	})
	return err
}

// fingerprint is the lower-case hexadecimal SHA-256 of the certificate.
func fingerprint(c *x509.Certificate) string {
	digest := sha256.Sum256(c.Raw)
	return hex.EncodeToString(digest[:])
}
