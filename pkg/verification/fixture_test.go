package verification_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/did"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/verification"
)

const (
	docType   = "uk.gov.justice.synthetic.1"
	jwtType   = "SyntheticDocument"
	issuerURL = "https://issuer.example"
	issuerDID = "did:web:issuer.example"
	nonce     = "n-0S6_WzA2Mj"
	audience  = "https://verifier.example"
)

var (
	now        = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	mdlDS      = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 2}
	transcript = []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'x'}
)

// world is an issuing authority, a holder, and a verifier that trusts the one and knows nothing of the other.
type world struct {
	t         *testing.T
	root      authority
	signer    keys.Key
	jwtKey    keys.Key
	holder    keys.Key
	statement credential.Statement

	roots   []*x509.Certificate
	rootErr error
	crl     *x509.RevocationList
	revoked []*x509.Certificate // roots and signers
	keyErr  error
	reading verification.StatusReading
	statErr error
	now     time.Time
	fetched []credential.StatusRef // what was asked of the status reader
}

type authority struct {
	key  keys.Key
	cert *x509.Certificate
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: now, jwtKey: newKey(t, keys.PurposeCredential), holder: newKey(t, keys.PurposeCredential)}
	w.root = newRoot(t, nil)
	w.signer = newSigner(t, w.root, nil)
	w.roots = []*x509.Certificate{w.root.cert}
	w.reading = verification.StatusReading{Value: 0, ListIssued: now.Add(-time.Minute), ListExpires: now.Add(time.Hour), Source: "https://status.example/t/"}
	w.statement = credential.Statement{
		DocumentType: docType,
		Elements: []credential.Element{
			{Namespace: docType, Name: "family_name", Value: "Fictitious"},
			{Namespace: docType, Name: "released", Value: true},
		},
		Validity: credential.Validity{Signed: now.Add(-time.Minute), From: now.Add(-time.Minute), Until: now.Add(720 * time.Hour)},
		Status:   credential.StatusRef{URI: "https://status.example/t/abc", Index: 7},
		Holder:   w.holder.Public(),
	}
	return w
}

func (w *world) verifier() *verification.Verifier {
	return &verification.Verifier{Trust: w, Status: w, Now: func() time.Time { return w.now }}
}

func (w *world) Roots(asked string) ([]verification.Root, error) {
	if asked != docType || w.rootErr != nil {
		return nil, w.rootErr
	}
	var out []verification.Root
	for _, c := range w.roots {
		out = append(out, verification.Root{Certificate: c, CRL: w.crl, Revoked: w.Revoked(c)})
	}
	return out, nil
}

func (w *world) Revoked(c *x509.Certificate) bool { return slices.ContainsFunc(w.revoked, c.Equal) }

func (w *world) IssuerKey(_ context.Context, issuer, keyID string) (*ecdsa.PublicKey, error) {
	if w.keyErr != nil {
		return nil, w.keyErr
	}
	if issuer != issuerURL {
		return nil, verification.ErrIssuerUntrusted
	}
	if keyID != issuerDID+"#"+w.jwtKey.ID {
		return nil, verification.ErrKeyUnknown
	}
	return w.jwtKey.Public(), nil
}

func (w *world) Status(_ context.Context, ref credential.StatusRef) (verification.StatusReading, error) {
	w.fetched = append(w.fetched, ref)
	return w.reading, w.statErr
}

func newKey(t *testing.T, p keys.Purpose) keys.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Key{ID: "00ff", Purpose: p, State: keys.StateActive, Signer: private}
}

func newRoot(t *testing.T, change func(*x509.Certificate)) authority {
	t.Helper()
	a := authority{key: newKey(t, keys.PurposeIACA)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic root"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(8, 0, 0), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	if change != nil {
		change(template)
	}
	a.cert = certify(t, template, template, a.key, a.key)
	return a
}

func newSigner(t *testing.T, root authority, change func(*x509.Certificate)) keys.Key {
	t.Helper()
	key := newKey(t, keys.PurposeDocument)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic document signer"},
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 11, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{mdlDS},
	}
	if change != nil {
		change(template)
	}
	key.Chain = []*x509.Certificate{certify(t, template, root.cert, key, root.key)}
	return key
}

func certify(t *testing.T, template, parent *x509.Certificate, subject, issuer keys.Key) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, subject.Signer.Public(), issuer.Signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (w *world) seal(f issuance.Format, d *document.Document, key keys.Key) string {
	w.t.Helper()
	s := w.statement
	s.Elements = slices.Clone(s.Elements)
	draft, err := f.Draft(d, s, key)
	w.must(err)
	message, err := draft.ToBeSigned()
	w.must(err)
	sealed, err := draft.Seal(w.sign(key, message))
	w.must(err)
	return sealed
}

func (w *world) sign(key keys.Key, message []byte) []byte {
	w.t.Helper()
	signature, err := key.Sign(message)
	w.must(err)
	return signature
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) mdoc() []byte {
	w.t.Helper()
	d := &document.Document{Type: docType, MDoc: &document.MDocForm{Configuration: docType, DocType: w.statement.DocumentType}}
	raw, err := base64.RawURLEncoding.DecodeString(w.seal(mdoc.Format{Rand: rand.Reader}, d, w.signer))
	w.must(err)
	return raw
}

// spoilt is the mdoc with its parts changed by change.
func (w *world) spoilt(change func(parts map[string]cbor.RawMessage)) []byte {
	w.t.Helper()
	var parts map[string]cbor.RawMessage
	w.must(cbor.DecodeNullable(w.mdoc(), &parts))
	change(parts)
	return w.encode(parts)
}

func (w *world) encode(v any) []byte {
	w.t.Helper()
	raw, err := cbor.Encode(v)
	w.must(err)
	return raw
}

// document is one Document of a DeviceResponse, of the type called name and signed by device for session.
func (w *world) document(issuerSigned []byte, name string, device keys.Key, session []byte) map[string]any {
	w.t.Helper()
	namespaces, err := cbor.Embed(map[string]any{})
	w.must(err)
	authentication, err := cbor.Embed([]any{"DeviceAuthentication", cbor.RawMessage(session), name, namespaces})
	w.must(err)
	tbs, err := cose.ToBeSigned(authentication.Encoded())
	w.must(err)
	signature, err := cose.Sign1{Signature: w.sign(device, tbs)}.Encode()
	w.must(err)
	return map[string]any{
		"docType": name, "issuerSigned": cbor.RawMessage(issuerSigned),
		"deviceSigned": map[string]any{"nameSpaces": namespaces, "deviceAuth": map[string]any{"deviceSignature": cbor.RawMessage(signature)}},
	}
}

func (w *world) response(documents ...any) []byte {
	w.t.Helper()
	return w.encode(map[string]any{"version": "1.0", "status": 0, "documents": documents})
}

func (w *world) presented() []byte {
	w.t.Helper()
	return w.response(w.document(w.mdoc(), docType, w.holder, transcript))
}

func (w *world) jwt() string {
	w.t.Helper()
	text := document.Shape{Kind: document.KindText}
	d := &document.Document{
		Type: docType, JWT: &document.JWTForm{Configuration: jwtType, Type: jwtType},
		Card:     document.Card{Name: document.Text{EN: "Synthetic document"}, Description: document.Text{EN: "A synthetic document"}},
		Elements: []document.Element{{Name: "family_name", Shape: text}, {Name: "released", Shape: document.Shape{Kind: document.KindBool}}},
	}
	return w.seal(vcjwt.New(vcjwt.Options{Issuer: issuerURL, DID: issuerDID}), d, w.jwtKey)
}

// presentation is a verifiable presentation by holder, with its claims changed by change.
func (w *world) presentation(holder keys.Key, change map[string]any, credentials ...string) string {
	w.t.Helper()
	id, err := did.FormatKey(holder.Public())
	w.must(err)
	const context = "https://www.w3.org/ns/credentials/v2"
	var envelopes []any
	for _, c := range credentials {
		envelopes = append(envelopes, map[string]any{"@context": context, "id": "data:application/vc+jwt," + c, "type": "EnvelopedVerifiableCredential"})
	}
	claims := map[string]any{
		"@context": []string{context}, "type": []string{"VerifiablePresentation"}, "iss": id, "holder": id,
		"aud": audience, "nonce": nonce, "verifiableCredential": envelopes,
	}
	maps.Copy(claims, change)
	h := jose.Header{Algorithm: jose.ES256, Type: "vp+jwt", ContentType: "vp", KeyID: id + "#" + strings.TrimPrefix(id, "did:key:")}
	compact, err := jose.Sign(holder.Sign, h, claims)
	w.must(err)
	return compact
}
