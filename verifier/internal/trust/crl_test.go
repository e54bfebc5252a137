package trust_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/fetch"
	"justice-wallet/verifier/internal/trust"
)

const crlURL = "https://issuer.example/crl/0123456789abcdef"

// published is where the revocation list is, and how often it was asked for.
type published struct {
	body  []byte
	err   error
	asked []string
}

func (p *published) Get(_ context.Context, address, _ string) (*fetch.Response, error) {
	p.asked = append(p.asked, address)
	if p.err != nil {
		return nil, p.err
	}
	return &fetch.Response{Status: 200, Body: p.body}, nil
}

func revocationList(t *testing.T, root keys.Key, at time.Time, number int64, change func(*x509.RevocationList)) []byte {
	t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: at, NextUpdate: at.Add(48 * time.Hour)}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, root.Chain[0], root.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func revoking(k keys.Key) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: k.Chain[0].SerialNumber, RevocationTime: l.ThisUpdate}}
	}
}

// The list is fetched from where the trust file says, believed for five minutes, and never exchanged for a worse one.
func TestARevocationListIsFetched(t *testing.T) {
	all := generate(t)
	root, signer, other := all[keys.PurposeIACA], all[keys.PurposeDocument], generate(t)[keys.PurposeIACA]
	p, now := &published{body: revocationList(t, root, start, 5, nil)}, start
	f := goodFile(certificate(root))
	f.IACAs[0].CRLURL = crlURL
	store := static(t, f, p, func() time.Time { return now })
	list := func() *x509.RevocationList {
		t.Helper()
		roots, err := store.Roots(docType)
		if err != nil || len(roots) != 1 || roots[0].CRL == nil {
			t.Fatalf("%v: %d roots", err, len(roots))
		}
		return roots[0].CRL
	}
	want := func(step string, number int64, entries, asked int) {
		t.Helper()
		if got := list(); got.Number.Int64() != number || len(got.RevokedCertificateEntries) != entries || len(p.asked) != asked {
			t.Errorf("%s: number %v, %d entries, asked %d times", step, got.Number, len(got.RevokedCertificateEntries), len(p.asked))
		}
	}
	want("at first", 5, 0, 1)
	p.body = revocationList(t, root, start.Add(time.Minute), 6, revoking(signer))
	now = start.Add(5*time.Minute - 1)
	want("within five minutes", 5, 0, 1)
	now = start.Add(5 * time.Minute)
	want("after five minutes", 6, 1, 2)
	asked := 2
	for step, body := range map[string][]byte{
		"a lower number":        revocationList(t, root, start, 5, nil),
		"another root's":        revocationList(t, other, start, 7, nil),
		"of the future":         revocationList(t, root, start.Add(24*time.Hour), 7, nil),
		"a delta":               revocationList(t, root, start, 7, critical),
		"an entry beyond us":    revocationList(t, root, start, 7, func(l *x509.RevocationList) { revoking(signer)(l); beyond(l) }),
		"noise":                 []byte("noise"),
		"bytes after its end":   append(revocationList(t, root, start, 7, nil), 0),
		"nothing":               nil,
		"with a changed digest": spoiled(revocationList(t, root, start, 7, nil)),
	} {
		p.body, now, asked = body, now.Add(5*time.Minute), asked+1
		want(step, 6, 1, asked)
		want(step+", within ten seconds", 6, 1, asked)
	}
	p.err, now = errors.New("away"), now.Add(5*time.Minute)
	want("while it is away", 6, 1, asked+1)
	for _, address := range p.asked {
		if address != crlURL {
			t.Errorf("asked %s", address)
		}
	}
}

func critical(l *x509.RevocationList) {
	l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}}
}

func beyond(l *x509.RevocationList) {
	l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{48, 0}}}
}

func spoiled(der []byte) []byte {
	der[len(der)-1] ^= 1
	return der
}

// Without a list nobody can say that a signer stands.
func TestAListThatCannotBeFetchedIsNone(t *testing.T) {
	root := generate(t)[keys.PurposeIACA]
	p := &published{err: errors.New("away")}
	f := goodFile(certificate(root))
	f.IACAs[0].CRLURL = crlURL
	store := static(t, f, p, func() time.Time { return start })
	roots, err := store.Roots(docType)
	if err != nil || len(roots) != 1 || roots[0].CRL == nil || start.Before(roots[0].CRL.NextUpdate) {
		t.Fatalf("%v: %+v", err, roots)
	}
}

func TestWhereAListIsRefused(t *testing.T) {
	root := generate(t)[keys.PurposeIACA]
	for says, change := range map[string]func(a *trust.IACA){
		"crlURL is not": func(a *trust.IACA) { a.CRLURL = "ldap://issuer.example/crl" },
		"want one of":   func(a *trust.IACA) { a.CRL, a.CRLURL = crlPEM(t, root), crlURL },
		"has a query":   func(a *trust.IACA) { a.CRLURL = crlURL + "?x" },
		"critical extens": func(a *trust.IACA) {
			a.CRL = string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: revocationList(t, root, start, 1, critical)}))
		},
	} {
		f := goodFile(certificate(root))
		change(&f.IACAs[0])
		if _, err := trust.ParseFile(file(t, f)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
