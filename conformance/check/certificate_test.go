package check_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"justice-wallet/conformance/check"
	"justice-wallet/conformance/record"
	"justice-wallet/keys"
)

var (
	oidAltName = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidEKU     = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidUsage   = asn1.ObjectIdentifier{2, 5, 29, 15}
)

// authority makes a root, a signer and a reader, each from a template that a test may spoil.
type authority struct {
	rootKey, leafKey     *ecdsa.PrivateKey
	root, signer, reader *x509.Certificate // templates
	signWith             *ecdsa.PrivateKey // of the leaves; the root's when nil
	rootSignWith         *ecdsa.PrivateKey // of the root; its own when nil
	parentID             []byte            // what the leaves call their root's key; what it calls itself when nil
}

func extension(t *testing.T, id asn1.ObjectIdentifier, critical bool, value any) pkix.Extension {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: id, Critical: critical, Value: der}
}

func newAuthority(t *testing.T) *authority {
	serial := func(n int64) *big.Int { return new(big.Int).Lsh(big.NewInt(n), 100) }
	now := time.Now().UTC().Truncate(time.Second)
	altName := extension(t, oidAltName, false, []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("https://issuer.example")}})
	leaf := func(n int64, usage asn1.ObjectIdentifier) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: serial(n), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic leaf"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 300),
			KeyUsage: x509.KeyUsageDigitalSignature, CRLDistributionPoints: []string{"https://issuer.example/crl"},
			ExtraExtensions: []pkix.Extension{altName, extension(t, oidEKU, true, []asn1.ObjectIdentifier{usage})},
		}
	}
	return &authority{
		rootKey: newKey(t), leafKey: newKey(t),
		root: &x509.Certificate{
			SerialNumber: serial(3), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic IACA"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(8, 0, 0),
			IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, ExtraExtensions: []pkix.Extension{altName},
		},
		signer: leaf(5, asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}), reader: leaf(7, asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}),
	}
}

// files writes the certificates: the root, the signer, the reader.
func (a *authority) files(t *testing.T) []check.CertificateFile {
	t.Helper()
	root := a.self(t)
	with := a.signWith
	if with == nil {
		with = a.rootKey
	}
	signer, reader := a.make(t, a.signer, root, &a.leafKey.PublicKey, with), a.make(t, a.reader, root, &a.leafKey.PublicKey, with)
	return []check.CertificateFile{
		{Name: "root.der", Content: root.Raw}, {Name: "signer.der", Content: signer.Raw},
		{Name: "reader.pem", Content: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: reader.Raw})},
	}
}

// self makes the root.
func (a *authority) self(t *testing.T) *x509.Certificate {
	t.Helper()
	if a.rootSignWith == nil {
		return a.make(t, a.root, a.root, &a.rootKey.PublicKey, a.rootKey)
	}
	parent := *a.root
	parent.PublicKey = &a.rootSignWith.PublicKey
	return a.make(t, a.root, &parent, &a.rootKey.PublicKey, a.rootSignWith)
}

func (a *authority) make(t *testing.T, template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	if parent != template && a.parentID != nil {
		copied := *parent
		copied.SubjectKeyId, parent = a.parentID, &copied
	}
	if parent != template && a.signWith != nil {
		copied := *parent // x509 would notice that the key is not the parent's
		copied.PublicKey, parent = &a.signWith.PublicKey, &copied
	}
	if len(template.SubjectKeyId) == 0 {
		copied := *template
		copied.SubjectKeyId = shaOne(t, public)
		if parent == template {
			parent = &copied
		}
		template = &copied
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertificates(t *testing.T) {
	twins := []struct {
		name, rule string
		spoil      func(*authority)
	}{
		{"a short serial number", "cert.serial", func(a *authority) { a.signer.SerialNumber = big.NewInt(7) }},
		{"a signature over SHA-1", "cert.signature-algorithm", func(a *authority) { a.signer.SignatureAlgorithm = x509.ECDSAWithSHA1 }},
		{"a root that another signed", "cert.iaca.self-signed", func(a *authority) { a.rootSignWith = newKey(t) }},
		{"leaves of another key by name", "cert.leaf.authority-key-id", func(a *authority) { a.parentID = []byte("another") }},
		{"a signer that is an authority", "cert.leaf.not-ca", func(a *authority) { a.signer.IsCA, a.signer.BasicConstraintsValid = true, true }},
		{"a root on P-384", "cert.key", func(a *authority) {
			a.rootKey, _ = ecdsa.GenerateKey(elliptic.P384(), rand.Reader) // rand.Reader never fails
			a.root.SignatureAlgorithm = x509.ECDSAWithSHA256
		}},
		{"an ended signer", "cert.valid-now", func(a *authority) { a.signer.NotAfter = time.Now().Add(-time.Minute) }},
		{"a country in small letters", "cert.country", func(a *authority) { a.signer.Subject.Country = []string{"gb"} }},
		{"no name", "cert.common-name", func(a *authority) { a.signer.Subject.CommonName = "" }},
		{"a key identifier of no key", "cert.subject-key-id", func(a *authority) { a.signer.SubjectKeyId = []byte("another") }},
		{"a critical extension nobody knows", "cert.critical", func(a *authority) {
			a.signer.ExtraExtensions = append(a.signer.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}})
		}},
		{"a root for 30 years", "cert.iaca.validity", func(a *authority) { a.root.NotAfter = a.root.NotBefore.AddDate(30, 0, 0) }},
		{"a root of longer paths", "cert.iaca.basic-constraints", func(a *authority) { a.root.MaxPathLen, a.root.MaxPathLenZero = 1, false }},
		{"a root that also signs data", "cert.iaca.key-usage", func(a *authority) { a.root.KeyUsage |= x509.KeyUsageDigitalSignature }},
		{"a root nobody can reach", "cert.iaca.issuer-alt-name", func(a *authority) { a.root.ExtraExtensions = nil }},
		{"leaves by another key", "cert.leaf.chain", func(a *authority) { a.signWith = newKey(t) }},
		{"a key usage that is not critical", "cert.leaf.key-usage", func(a *authority) {
			a.signer.KeyUsage = 0
			a.signer.ExtraExtensions = append(a.signer.ExtraExtensions, extension(t, oidUsage, false, asn1.BitString{Bytes: []byte{0x80}, BitLength: 1}))
		}},
		{"a signer for 500 days", "cert.signer.validity", func(a *authority) { a.signer.NotAfter = a.signer.NotBefore.AddDate(0, 0, 500) }},
		{"a signer of two uses", "cert.signer.usage", func(a *authority) {
			a.signer.ExtraExtensions[1] = extension(t, oidEKU, true, []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 2}, {1, 2, 3}})
		}},
		{"a signer of another country", "cert.signer.country", func(a *authority) { a.signer.Subject.Country = []string{"FR"} }},
		{"a signer nobody can reach", "cert.signer.issuer-alt-name", func(a *authority) { a.signer.ExtraExtensions = a.signer.ExtraExtensions[1:] }},
		{"a signer without a revocation list", "cert.signer.crl", func(a *authority) { a.signer.CRLDistributionPoints = nil }},
		{"a reader for four years", "cert.reader.validity", func(a *authority) { a.reader.NotAfter = a.reader.NotBefore.AddDate(4, 0, 0) }},
		{"a reader whose use is not critical", "cert.reader.usage", func(a *authority) { a.reader.ExtraExtensions[1].Critical = false }},
	}
	failed := 0
	for _, tw := range twins {
		if !t.Run(tw.name, func(t *testing.T) {
			a := newAuthority(t)
			tw.spoil(a)
			report := check.Certificates(a.files(t), "", time.Now())
			if broken := unique(report.Broken()); !slices.Equal(broken, []string{tw.rule}) {
				t.Errorf("broken are %v, want %s alone: %s", broken, tw.rule, why(report))
			}
		}) {
			failed++
		}
		caught[tw.rule] = true
	}
	leave(t, record.Line{Kind: record.KindTwins, Group: "certificates", Count: len(twins), Failed: failed})
	report := check.Certificates(newAuthority(t).files(t), "", time.Now())
	if report.Verdict() != check.Held {
		t.Errorf("without a fault: %s", why(report))
	}
}

// What this project's own keys certify holds.
func TestOwnCertificates(t *testing.T) {
	w := newWorld(t)
	report := check.Certificates([]check.CertificateFile{
		{Name: "root", Content: w.key(t, keys.PurposeIACA).Chain[0].Raw},
		{Name: "signer", Content: w.key(t, keys.PurposeDocument).Chain[0].Raw},
	}, "", time.Now())
	if report.Verdict() != check.Held {
		t.Errorf("%s: %s", report.Summary(), why(report))
	}
}

func TestFilesThatAreNoCertificates(t *testing.T) {
	a := newAuthority(t)
	signer := a.files(t)[1]
	for name, content := range map[string][]byte{
		"nothing": nil, "rubbish": []byte("rubbish"), "too much": make([]byte, 2<<20), "a cut": signer.Content[:100],
		"a key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{1}}), "bytes after": append(slices.Clone(signer.Content), 0),
	} {
		report := check.Certificates([]check.CertificateFile{{Name: name, Content: content}}, "", time.Now())
		if !slices.Equal(report.Broken(), []string{"cert.readable"}) {
			t.Errorf("%s: %v", name, report.Broken())
		}
	}
	caught["cert.readable"] = true
	report := check.Certificates([]check.CertificateFile{signer}, "", time.Now())
	if report.Verdict() != check.Unknown || report.Count(check.Unknown) != 2 {
		t.Errorf("a signer without its root: %s", report.Summary())
	}
}
