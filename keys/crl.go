package keys

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// How often a revocation list is made anew when nothing happens, and for how long one is good: a list that is missed once or
// twice keeps nobody from checking.
const (
	crlEvery = 12 * time.Hour
	crlLife  = 48 * time.Hour
)

// CRL returns what root's revocation list says at an instant, signed (ISO 18013-5 Annex B; RFC 5280 §5): every certificate
// under root, of a document signer, a list signer, a reader or a link, whose key was revoked. All who know the same
// revocations make the same list, but for the signature: so replicas need not agree on whose it is.
func CRL(root Key, all []Key, at time.Time) (*x509.RevocationList, error) {
	if len(root.Chain) == 0 || root.State == StateRevoked {
		return nil, errors.New("make revocation list: the root has no certificate, or was revoked")
	}
	cert := root.Chain[0]
	if at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
		return nil, errors.New("make revocation list: the root's certificate is not valid now")
	}
	entries, _ := revocations(cert, all)
	this := CRLStart(root, all, at)
	template := &x509.RevocationList{
		Number: big.NewInt(this.Unix()), ThisUpdate: this, NextUpdate: this.Add(crlLife),
		SignatureAlgorithm: x509.ECDSAWithSHA256, RevokedCertificateEntries: entries,
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, cert, root.Signer)
	if err != nil {
		return nil, fmt.Errorf("sign revocation list: %w", err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("read back revocation list: %w", err)
	}
	if findings := LintCRL(list, cert); len(findings) > 0 {
		return nil, fmt.Errorf("revocation list is outside its profile: %v", findings)
	}
	return list, nil
}

// CRLStart returns from when the list of an instant is: since the last revocation, or the last time one was due.
func CRLStart(root Key, all []Key, at time.Time) time.Time {
	cert, start := root.Chain[0], at.UTC().Truncate(crlEvery)
	_, since := revocations(cert, all)
	for _, other := range []time.Time{since, cert.NotBefore} {
		if start.Before(other) {
			start = other
		}
	}
	return start
}

// revocations lists the certificates under root that were revoked, the oldest first, and when the last of them was.
func revocations(root *x509.Certificate, all []Key) (entries []x509.RevocationListEntry, since time.Time) {
	reasons := map[Reason]int{ReasonCompromised: 1, ReasonSuperseded: 4, ReasonCeased: 5} // RFC 5280 §5.3.1
	for _, k := range all {
		if k.State != StateRevoked {
			continue
		}
		at := k.decided().Changed.UTC().Truncate(time.Second)
		for _, c := range k.Chain {
			if c.Equal(root) || !signedBy(c, root) {
				continue
			}
			entries = append(entries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: at, ReasonCode: reasons[k.decided().Reason]})
			if at.After(since) {
				since = at
			}
		}
	}
	slices.SortFunc(entries, func(a, b x509.RevocationListEntry) int {
		if c := a.RevocationTime.Compare(b.RevocationTime); c != 0 {
			return c
		}
		return a.SerialNumber.Cmp(b.SerialNumber)
	})
	return entries, since
}

// LintCRL returns every rule that a revocation list of root breaks (ISO 18013-5 Annex B; RFC 5280 §5).
func LintCRL(list *x509.RevocationList, root *x509.Certificate) []Finding {
	var out []Finding
	for _, r := range []struct {
		name, clause string
		kept         bool
	}{
		{"issuer", "RFC 5280 §5.1.2.3", bytes.Equal(list.RawIssuer, root.RawSubject)},
		{"signature", "RFC 5280 §5.1.1.3", list.SignatureAlgorithm == x509.ECDSAWithSHA256 && list.CheckSignatureFrom(root) == nil},
		{"authority-key-id", "RFC 5280 §5.2.1", len(list.AuthorityKeyId) > 0 && bytes.Equal(list.AuthorityKeyId, root.SubjectKeyId)},
		{"number", "RFC 5280 §5.2.3", list.Number != nil && list.Number.Sign() > 0 && list.Number.BitLen() < 160},
		{"updates", "RFC 5280 §5.1.2.5", list.NextUpdate.After(list.ThisUpdate)},
		{"unknown-critical", "RFC 5280 §5.2", !hasCritical(list)},
	} {
		if !r.kept {
			out = append(out, Finding{r.name, r.clause})
		}
	}
	return out
}

// hasCritical says whether an extension, of the list or of an entry, is critical: none of ours is.
func hasCritical(list *x509.RevocationList) bool {
	is := func(e pkix.Extension) bool { return e.Critical }
	return slices.ContainsFunc(list.Extensions, is) || slices.ContainsFunc(list.RevokedCertificateEntries, func(r x509.RevocationListEntry) bool {
		return slices.ContainsFunc(r.Extensions, is)
	})
}
