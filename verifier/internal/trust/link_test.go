package trust_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/verifier/internal/trust"
)

// link has old vouch for the name and key of renewed.
func link(t *testing.T, old, renewed keys.Key, change func(*x509.Certificate)) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "Synthetic renewed root"}, NotBefore: start.Add(-time.Hour), NotAfter: start.AddDate(1, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if change != nil {
		change(template)
	}
	parent := *old.Chain[0]
	parent.MaxPathLen, parent.MaxPathLenZero = 1, false
	der, err := x509.CreateCertificate(rand.Reader, template, &parent, renewed.Public(), old.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// A root that was renewed vouches for its successor, for as long as both stand.
func TestLinks(t *testing.T) {
	old, renewed := generate(t)[keys.PurposeIACA], generate(t)[keys.PurposeIACA]
	good := goodFile(certificate(old))
	good.IACAs[0].Links = []string{link(t, old, renewed, nil)}
	now, content := start, file(t, good)
	store, err := trust.Open(trust.Source{Read: func() ([]byte, error) { return content, nil }},
		trust.Options{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	want := func(step string, roots int, linkRevoked bool) {
		t.Helper()
		got, err := store.Roots(docType)
		if err != nil || len(got) != roots || roots == 2 && (got[1].Revoked != linkRevoked || !renewed.Public().Equal(got[1].Certificate.PublicKey)) {
			t.Errorf("%s: %d roots, %v", step, len(got), err)
		}
	}
	want("both stand", 2, false)
	good.Revoked = []string{digest(old)}
	content, now = file(t, good), now.Add(6*time.Second)
	want("the old root is taken back", 2, true)
	good.Revoked = nil
	content, now = file(t, good), old.Chain[0].NotAfter
	want("the old root has ended", 1, false)
}

func TestLinksThatAreNot(t *testing.T) {
	old, renewed, other := generate(t)[keys.PurposeIACA], generate(t)[keys.PurposeIACA], generate(t)[keys.PurposeIACA]
	for name, text := range map[string]string{
		"another root's": link(t, other, renewed, nil),
		"no authority":   link(t, old, renewed, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature }),
		"noise":          "x",
		"the new root":   certificate(renewed),
	} {
		f := goodFile(certificate(old))
		f.IACAs[0].Links = []string{text}
		if _, err := trust.ParseFile(file(t, f)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
