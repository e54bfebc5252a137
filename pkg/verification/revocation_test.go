package verification_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"
	"time"

	"justice-wallet/pkg/verification"
)

// crlOf is a revocation list of the root that withdraws these serial numbers.
func (w *world) crlOf(from, until time.Time, serials ...*big.Int) *x509.RevocationList {
	w.t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: from, NextUpdate: until}
	for _, n := range serials {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: n, RevocationTime: from})
	}
	issuer := *w.root.cert
	issuer.SubjectKeyId = []byte{1}
	der, err := x509.CreateRevocationList(rand.Reader, template, &issuer, w.root.key.Signer)
	w.must(err)
	crl, err := x509.ParseRevocationList(der)
	w.must(err)
	return crl
}

func TestRevokedSignersAndRoots(t *testing.T) {
	hour := time.Hour
	for _, c := range []struct {
		name    string
		change  func(w *world)
		outcome verification.Outcome
		reason  verification.Reason
	}{
		{"a revoked signer", func(w *world) { w.revoked = []*x509.Certificate{w.signer.Chain[0]} }, verification.Failed, verification.ReasonSignerRevoked},
		{"a revoked root", func(w *world) { w.revoked = []*x509.Certificate{w.root.cert} }, verification.Failed, verification.ReasonRootRevoked},
		{"on the root's list", func(w *world) {
			w.crl = w.crlOf(now.Add(-hour), now.Add(hour), big.NewInt(99), w.signer.Chain[0].SerialNumber)
		}, verification.Failed, verification.ReasonSignerRevoked},
		{"a list that has ended", func(w *world) { w.crl = w.crlOf(now.Add(-hour), now) }, verification.Unknown, verification.ReasonCRLStale},
		{"a list of the future", func(w *world) { w.crl = w.crlOf(now.Add(time.Second), now.Add(hour)) }, verification.Unknown, verification.ReasonCRLStale},
		{"a trust list that is stale", func(w *world) { w.rootErr = verification.ErrTrustStale }, verification.Unknown, verification.ReasonTrustStale},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.change(w)
			wantStop(t, w, w.verifier().VerifyMDoc(context.Background(), w.mdoc(), verification.Asked{}), verification.Trust, c.outcome, c.reason)
		})
	}
}

func TestWhoIsNotRevoked(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"another's serial":    func(w *world) { w.crl = w.crlOf(now.Add(-time.Hour), now.Add(time.Hour), big.NewInt(99)) },
		"an empty list":       func(w *world) { w.crl = w.crlOf(now, now.Add(time.Second)) },
		"a twin that is left": func(w *world) { w.roots = append(w.roots, newRoot(w.t, nil).cert); w.revoked = w.roots[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			change(w)
			wantValid(t, w.verifier().VerifyMDoc(context.Background(), w.mdoc(), verification.Asked{}), verification.ScopeDocument, verification.HolderBinding, verification.RequestMatch)
		})
	}
}

func TestAStaleTrustListAndJWTs(t *testing.T) {
	w := newWorld(t)
	w.keyErr = errors.Join(errors.New("list of yesterday"), verification.ErrTrustStale)
	wantStop(t, w, w.verifier().VerifyJWT(context.Background(), w.jwt(), verification.Asked{}), verification.IssuerSignature, verification.Unknown, verification.ReasonTrustStale)
}

// A link certificate, in which an old root vouches for a new one's name and key, is a root for what the new one signed.
func TestLinkCertificate(t *testing.T) {
	w := newWorld(t)
	old := newRoot(t, nil)
	template := *w.root.cert
	template.SignatureAlgorithm, template.PublicKey = 0, nil
	linked := certify(t, &template, old.cert, w.root.key, old.key)
	for name, c := range map[string]struct {
		roots []*x509.Certificate
		ok    bool
	}{"the link": {[]*x509.Certificate{linked}, true}, "the old root alone": {[]*x509.Certificate{old.cert}, false}} {
		w.roots = c.roots
		r := w.verifier().VerifyMDoc(context.Background(), w.mdoc(), verification.Asked{})
		if (r.Verdict == verification.Valid) != c.ok {
			t.Errorf("%s: %s %s", name, r.Verdict, r.Reason())
		}
	}
}
