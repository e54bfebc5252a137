package check

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha1" // of key identifiers, never of signatures
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"time"

	"justice-wallet/conformance/wallet"
)

// Authority is an issuing authority of synthetic documents that the verifier under judgement was told to trust.
type Authority struct {
	Root *x509.Certificate
	key  *ecdsa.PrivateKey
	rand io.Reader
}

// NewAuthority makes an authority with a root of its own (ISO 18013-5 Table B.1).
func NewAuthority(rand io.Reader, now time.Time) (*Authority, error) {
	a := &Authority{rand: rand}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand); err != nil {
		return nil, err
	}
	a.Root, err = a.certify(certificateTemplate("Synthetic authority of check", now.AddDate(0, 0, -1), now.AddDate(1, 0, 0), func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.MaxPathLenZero = true, true, true
		c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}), nil, &a.key.PublicKey)
	return a, err
}

// ReadAuthority reads what PEM wrote.
func ReadAuthority(rand io.Reader, root, key []byte) (*Authority, error) {
	certificate, _ := pem.Decode(root)
	private, _ := pem.Decode(key)
	if certificate == nil || private == nil {
		return nil, errors.New("an authority is a certificate and a key, each in PEM")
	}
	a := &Authority{rand: rand}
	var err error
	if a.Root, err = x509.ParseCertificate(certificate.Bytes); err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	if err != nil {
		return nil, err
	}
	var ok bool
	if a.key, ok = parsed.(*ecdsa.PrivateKey); !ok || !a.key.PublicKey.Equal(a.Root.PublicKey) {
		return nil, errors.New("the key is not the certificate's")
	}
	return a, nil
}

// PEM writes the root and its key.
func (a *Authority) PEM() (root, key []byte, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Root.Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func certificateTemplate(name string, from, until time.Time, edit func(*x509.Certificate)) *x509.Certificate {
	altName, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("https://check.invalid")}})
	if err != nil {
		panic("check: " + err.Error()) // a mistake in this package, never in input
	}
	c := &x509.Certificate{
		Subject: pkix.Name{Country: []string{"GB"}, CommonName: name}, NotBefore: from, NotAfter: until, SignatureAlgorithm: x509.ECDSAWithSHA256,
		CRLDistributionPoints: []string{"https://check.invalid/crl"}, ExtraExtensions: []pkix.Extension{{Id: oidIssuerAltName, Value: altName}},
	}
	edit(c)
	return c
}

// certify signs a certificate: its own when there is no parent.
func (a *Authority) certify(template, parent *x509.Certificate, public *ecdsa.PublicKey) (*x509.Certificate, error) {
	serial := make([]byte, 16)
	if _, err := io.ReadFull(a.rand, serial); err != nil {
		return nil, err
	}
	serial[0] = serial[0]&0x3f | 0x40
	template.SerialNumber = new(big.Int).SetBytes(serial)
	point, err := public.Bytes()
	if err != nil {
		return nil, err
	}
	id := sha1.Sum(point)
	template.SubjectKeyId = id[:]
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(a.rand, template, parent, public, a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// signer is a document signer.
type signer struct {
	key  *ecdsa.PrivateKey
	leaf *x509.Certificate
}

// newSigner makes a document signer (ISO 18013-5 Table B.3), which edit may put off its profile.
func (a *Authority) newSigner(now time.Time, edit func(*x509.Certificate)) (signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.rand)
	if err != nil {
		return signer{}, err
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{oidSignerUsage})
	if err != nil {
		return signer{}, err
	}
	template := certificateTemplate("Synthetic signer of check", now.Add(-12*time.Hour), now.AddDate(0, 0, 90), func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidExtKeyUsage, Critical: true, Value: usage})
	})
	if edit != nil {
		edit(template)
	}
	leaf, err := a.certify(template, a.Root, &key.PublicKey)
	return signer{key, leaf}, err
}

// minting is one document to be made, before anything is wrong with it. Each edit, when set, spoils one stage.
type minting struct {
	signer    signer
	device    *ecdsa.PublicKey
	docType   string
	items     []item // of a document of the same type; salts and ids are made anew
	at        time.Time
	from      time.Time
	until     time.Time
	statusURI string
	statusIdx int64

	mso     func(wallet.Map) wallet.Map // before it is signed
	after   func([]item)                // after the digests were made
	signing func(signature []byte) []byte
}

// mint makes an IssuerSigned (ISO 18013-5 §8.3.2.1.2.2) in base64url.
func (a *Authority) mint(m minting) (string, error) {
	items, digests, err := a.salt(m.items)
	if err != nil {
		return "", err
	}
	if m.after != nil {
		m.after(items)
	}
	mso := m.securityObject(digests)
	if m.mso != nil {
		mso = m.mso(mso)
	}
	protected, err := wallet.EncodeCBOR(wallet.Map{{Key: coseAlg, Value: es256}})
	if err != nil {
		return "", err
	}
	wrapped, err := wrap(mso)
	if err != nil {
		return "", err
	}
	payload, err := wallet.EncodeCBOR(wrapped)
	if err != nil {
		return "", err
	}
	message, err := wallet.EncodeCBOR([]any{"Signature1", protected, []byte{}, payload})
	if err != nil {
		return "", err
	}
	signature, err := wallet.SignES256(a.rand, m.signer.key, message)
	if err != nil {
		return "", err
	}
	if m.signing != nil {
		signature = m.signing(signature)
	}
	return writeIssuerSigned(items, []any{protected, wallet.Map{{Key: coseX5Chain, Value: m.signer.leaf.Raw}}, payload, signature})
}

// salt gives every item a new random and digest id, and returns the digests by namespace.
func (a *Authority) salt(items []item) ([]item, wallet.Map, error) {
	out, digests := make([]item, len(items)), wallet.Map{}
	for n, i := range items {
		i.digestID, i.random = int64(n), make([]byte, 32)
		if _, err := io.ReadFull(a.rand, i.random); err != nil {
			return nil, nil, err
		}
		if err := i.tag(); err != nil {
			return nil, nil, err
		}
		encoded, err := wallet.EncodeCBOR(i.tagged)
		if err != nil {
			return nil, nil, err
		}
		digest := sha256.Sum256(encoded)
		ids, _ := mapIn(digests, i.space) // none yet for the first of a namespace
		digests = set(digests, i.space, append(ids, wallet.Entry{Key: i.digestID, Value: digest[:]}))
		out[n] = i
	}
	return out, digests, nil
}

// tag writes the item as it travels.
func (i *item) tag() (err error) {
	i.tagged, err = wrap(wallet.Map{
		{Key: "digestID", Value: i.digestID}, {Key: "random", Value: i.random}, {Key: "elementIdentifier", Value: i.name}, {Key: "elementValue", Value: i.value},
	})
	return err
}

func (m minting) securityObject(digests wallet.Map) wallet.Map {
	var spaces []any
	for _, e := range digests {
		spaces = append(spaces, e.Key)
	}
	out := wallet.Map{
		{Key: "version", Value: "1.0"}, {Key: "digestAlgorithm", Value: "SHA-256"}, {Key: "valueDigests", Value: digests},
		{Key: "deviceKeyInfo", Value: wallet.Map{{Key: "deviceKey", Value: coseKey(m.device)}, {Key: "keyAuthorizations", Value: wallet.Map{{Key: "nameSpaces", Value: spaces}}}}},
		{Key: "docType", Value: m.docType},
		{Key: "validityInfo", Value: wallet.Map{{Key: "signed", Value: tdate(m.at)}, {Key: "validFrom", Value: tdate(m.from)}, {Key: "validUntil", Value: tdate(m.until)}}},
	}
	if m.statusURI != "" {
		out = append(out, wallet.Entry{Key: "status", Value: wallet.Map{{Key: "status_list", Value: wallet.Map{{Key: "idx", Value: m.statusIdx}, {Key: "uri", Value: m.statusURI}}}}})
	}
	return out
}

func writeIssuerSigned(items []item, auth []any) (string, error) {
	spaces := wallet.Map{}
	for _, i := range items {
		v, _ := spaces.Get(i.space) // none yet for the first of a namespace
		list, _ := v.([]any)
		spaces = set(spaces, i.space, append(list, i.tagged))
	}
	b, err := wallet.EncodeCBOR(wallet.Map{{Key: "nameSpaces", Value: spaces}, {Key: "issuerAuth", Value: auth}})
	if err != nil {
		return "", err
	}
	return encodeBase64URL(b), nil
}

func tdate(at time.Time) wallet.Tag {
	return wallet.Tag{Number: tagDateTime, Content: at.UTC().Format(secondLayout)}
}

// wrap writes #6.24(bstr .cbor v).
func wrap(v any) (wallet.Tag, error) {
	b, err := wallet.EncodeCBOR(v)
	return wallet.Tag{Number: tagEncoded, Content: b}, err
}

func coseKey(key *ecdsa.PublicKey) wallet.Map {
	point, err := key.Bytes()
	if err != nil {
		panic("check: " + err.Error()) // the key was made here
	}
	return wallet.Map{{Key: int64(1), Value: int64(2)}, {Key: int64(-1), Value: int64(1)}, {Key: int64(-2), Value: point[1:33]}, {Key: int64(-3), Value: point[33:]}}
}

// set returns m with key set to value, in place or at the end.
func set(m wallet.Map, key, value any) wallet.Map {
	for i, e := range m {
		if e.Key == key {
			m[i].Value = value
			return m
		}
	}
	return append(m, wallet.Entry{Key: key, Value: value})
}
