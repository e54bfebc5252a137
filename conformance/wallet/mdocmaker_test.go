package wallet_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"justice-wallet/conformance/wallet"
)

const (
	docType = "uk.gov.justice.release.1"
	space   = "uk.gov.justice.release.1"
)

// mdocMaker writes mdocs. Each edit, when set, spoils one stage.
type mdocMaker struct {
	rootKey, signerKey *ecdsa.PrivateKey
	root, signer       *x509.Certificate

	items    func(items []wallet.Map) []wallet.Map // before the digests are made
	mso      func(mso wallet.Map) wallet.Map       // before it is signed
	auth     func(auth []any)                      // after it is signed
	top      func(top wallet.Map) wallet.Map       // last, but for the encoding
	encoding func(raw []byte) string
	signWith *ecdsa.PrivateKey
}

func newMDocMaker(t *testing.T) mdocMaker {
	m := mdocMaker{rootKey: newKey(t), signerKey: newKey(t)}
	m.signWith = m.signerKey
	m.certify(t, nil, nil)
	return m
}

// certify makes root and signer certificates, spoilt by the edits.
func (m *mdocMaker) certify(t *testing.T, editRoot, editSigner func(*x509.Certificate)) {
	t.Helper()
	// An issuer alternative name holding one URI (ISO 18013-5 Annex B.1.2).
	altName, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("https://issuer.example")}})
	if err != nil {
		t.Fatal(err)
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	ian := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 18}, Value: altName}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic IACA"},
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(8, 0, 0), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte("root-key-id"), ExtraExtensions: []pkix.Extension{ian},
	}
	signer := &x509.Certificate{
		SerialNumber: big.NewInt(78), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic signer"},
		NotBefore: noon.AddDate(0, 0, -1), NotAfter: noon.AddDate(0, 0, 400), KeyUsage: x509.KeyUsageDigitalSignature,
		SubjectKeyId: []byte("signer-key-id"), CRLDistributionPoints: []string{"https://issuer.example/crl"},
		ExtraExtensions: []pkix.Extension{ian, {Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}},
	}
	if editRoot != nil {
		editRoot(root)
	}
	m.root = createCertificate(t, root, root, &m.rootKey.PublicKey, m.rootKey)
	if editSigner != nil {
		editSigner(signer)
	}
	m.signer = createCertificate(t, signer, m.root, &m.signerKey.PublicKey, m.rootKey)
}

func createCertificate(t *testing.T, template, parent *x509.Certificate, public *ecdsa.PublicKey, private *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, private)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// iacas is what /iacas says of the root.
func (m *mdocMaker) iacas(t *testing.T) claims {
	t.Helper()
	digest := sha256.Sum256(m.root.Raw)
	layout := "2006-01-02T15:04:05.000Z"
	return claims{"data": []claims{{
		"id": "root-1", "active": true,
		"certificatePem":         string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.root.Raw})),
		"certificateFingerprint": hex.EncodeToString(digest[:]),
		"certificateData": claims{
			"notBefore": m.root.NotBefore.Format(layout), "notAfter": m.root.NotAfter.Format(layout), "country": "GB", "commonName": m.root.Subject.CommonName,
		},
		"publicKeyJwk": jwk(m.root.PublicKey.(*ecdsa.PublicKey), "root-1"),
	}}}
}

// make writes an mdoc for holder, whose status is entry 5 of issuer's first list.
func (m *mdocMaker) make(t *testing.T, holder *ecdsa.PublicKey, issuer string) string {
	t.Helper()
	items := []wallet.Map{
		item(0, "family_name", "Synthetic"),
		item(7, "birth_date", wallet.Tag{Number: 1004, Content: "1990-01-02"}),
	}
	if m.items != nil {
		items = m.items(items)
	}
	var tagged []any
	digests := wallet.Map{{Key: 99, Value: make([]byte, 32)}} // a decoy
	for _, it := range items {
		tag := wrap(t, it)
		digest := sha256.Sum256(encode(t, tag))
		tagged = append(tagged, tag)
		if id, ok := it.Get("digestID"); ok {
			digests = put(digests, id, digest[:])
		}
	}
	auth := m.sign(t, m.newMSO(t, digests, holder, issuer))
	if m.auth != nil {
		m.auth(auth)
	}
	top := wallet.Map{{Key: "nameSpaces", Value: wallet.Map{{Key: space, Value: tagged}}}, {Key: "issuerAuth", Value: auth}}
	if m.top != nil {
		top = m.top(top)
	}
	if m.encoding != nil {
		return m.encoding(encode(t, top))
	}
	return base64.RawURLEncoding.EncodeToString(encode(t, top))
}

func item(id int, name string, value any) wallet.Map {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		panic(err)
	}
	return wallet.Map{{Key: "digestID", Value: id}, {Key: "random", Value: random}, {Key: "elementIdentifier", Value: name}, {Key: "elementValue", Value: value}}
}

func (m *mdocMaker) newMSO(t *testing.T, digests wallet.Map, holder *ecdsa.PublicKey, issuer string) wallet.Map {
	mso := wallet.Map{
		{Key: "version", Value: "1.0"},
		{Key: "digestAlgorithm", Value: "SHA-256"},
		{Key: "valueDigests", Value: wallet.Map{{Key: space, Value: digests}}},
		{Key: "deviceKeyInfo", Value: wallet.Map{
			{Key: "deviceKey", Value: coseKey(holder)},
			{Key: "keyAuthorizations", Value: wallet.Map{{Key: "nameSpaces", Value: []any{space}}}},
		}},
		{Key: "docType", Value: docType},
		{Key: "validityInfo", Value: validity(noon, noon, noon.Add(24*time.Hour), noon.Add(time.Hour))},
		{Key: "status", Value: wallet.Map{{Key: "status_list", Value: wallet.Map{{Key: "idx", Value: 5}, {Key: "uri", Value: issuer + "/t/1"}}}}},
	}
	if m.mso != nil {
		return m.mso(mso)
	}
	return mso
}

func coseKey(key *ecdsa.PublicKey) wallet.Map {
	point, _ := key.Bytes() // a P-256 key always has bytes
	return wallet.Map{{Key: 1, Value: 2}, {Key: -1, Value: 1}, {Key: -2, Value: point[1:33]}, {Key: -3, Value: point[33:]}}
}

func validity(signed, from, until, update time.Time) wallet.Map {
	date := func(at time.Time) wallet.Tag { return wallet.Tag{Number: 0, Content: instant(at)} }
	return wallet.Map{{Key: "signed", Value: date(signed)}, {Key: "validFrom", Value: date(from)}, {Key: "validUntil", Value: date(until)}, {Key: "expectedUpdate", Value: date(update)}}
}

func (m *mdocMaker) sign(t *testing.T, mso wallet.Map) []any {
	t.Helper()
	protected := encode(t, wallet.Map{{Key: 1, Value: -7}})
	payload := encode(t, wrap(t, mso))
	message := encode(t, []any{"Signature1", protected, []byte{}, payload})
	return []any{protected, wallet.Map{{Key: 33, Value: m.signer.Raw}}, payload, signBytes(t, m.signWith, message)}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := wallet.EncodeCBOR(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wrap(t *testing.T, v any) wallet.Tag {
	t.Helper()
	return wallet.Tag{Number: 24, Content: encode(t, v)}
}

// put returns m with key set to value, in place or at the end.
func put(m wallet.Map, key, value any) wallet.Map {
	for i, e := range m {
		if e.Key == key {
			m[i].Value = value
			return m
		}
	}
	return append(m, wallet.Entry{Key: key, Value: value})
}

// drop returns m without key.
func drop(m wallet.Map, key any) wallet.Map {
	var out wallet.Map
	for _, e := range m {
		if e.Key != key {
			out = append(out, e)
		}
	}
	return out
}
