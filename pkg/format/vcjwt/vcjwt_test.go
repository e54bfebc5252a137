package vcjwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/did"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
)

const (
	issuerURL = "https://issuer.example"
	issuerDID = "did:web:issuer.example"
)

var _ issuance.Format = (*vcjwt.Format)(nil)

// privateKey is P-256 private key number n: fixed, so that the golden payload is.
func privateKey(t testing.TB, n byte) *ecdsa.PrivateKey {
	t.Helper()
	d := make([]byte, 32)
	d[31] = n
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signingKey(t testing.TB, n byte) keys.Key {
	t.Helper()
	return keys.Key{ID: "00ff", Purpose: keys.PurposeCredential, State: keys.StateActive, Signer: privateKey(t, n)}
}

func newFormat() *vcjwt.Format { return vcjwt.New(vcjwt.Options{Issuer: issuerURL, DID: issuerDID}) }

// testDocument has an element of every kind. Its first element belongs to the namespace of an mdoc form.
func testDocument() *document.Document {
	text := document.Shape{Kind: document.KindText}
	day := document.Shape{Kind: document.KindDate}
	condition := document.Shape{Kind: document.KindObject, Members: []document.Member{
		{Name: "code", Shape: text}, {Name: "until", Optional: true, Shape: day},
	}}
	return &document.Document{
		Type: "uk.gov.justice.synthetic.1",
		Card: document.Card{
			Name:        document.Text{EN: "Synthetic document", CY: "Dogfen synthetig"},
			Description: document.Text{EN: "Issued by HM Prison & Probation Service"},
		},
		JWT: &document.JWTForm{Configuration: "SyntheticDocument", Type: "SyntheticDocument"},
		Elements: []document.Element{
			{Namespace: "org.iso.18013.5.1", Name: "family_name", Shape: text, Display: document.Text{EN: "Last name", CY: "Cyfenw"}},
			{Name: "birth_date", Shape: day},
			{Name: "released", Shape: document.Shape{Kind: document.KindBool}},
			{Name: "rods", Shape: document.Shape{Kind: document.KindInteger}},
			{Name: "seen", Shape: document.Shape{Kind: document.KindDateTime}},
			{Name: "portrait", Shape: document.Shape{Kind: document.KindJPEG}, Optional: true},
			{Name: "conditions", Shape: document.Shape{Kind: document.KindList, Items: &condition}},
		},
	}
}

func statement(t testing.TB) credential.Statement {
	issued := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	return credential.Statement{
		DocumentType: "uk.gov.justice.synthetic.1",
		Elements: []credential.Element{
			{Namespace: "org.iso.18013.5.1", Name: "family_name", Value: "O'Synthetic <Ŵ> & Co"},
			{Name: "birth_date", Value: credential.Date{Year: 1990, Month: 2, Day: 28}},
			{Name: "released", Value: true},
			{Name: "rods", Value: int64(3)},
			{Name: "seen", Value: issued},
			{Name: "portrait", Value: []byte{0xff, 0xd8, 0xff, 0xe0, 0xff, 0xd9}},
			{Name: "conditions", Value: []any{
				map[string]any{"code": "a", "until": credential.Date{Year: 2027, Month: 1, Day: 1}},
				map[string]any{"code": "b"},
			}},
		},
		Validity: credential.Validity{
			Signed: issued, From: issued, Until: issued.AddDate(0, 0, 30), ExpectedUpdate: issued.AddDate(0, 0, 20),
		},
		Status: credential.StatusRef{URI: "https://status.example/t/1", Index: 7, Bitstring: "https://status.example/b/1"},
		Holder: &privateKey(t, 9).PublicKey,
	}
}

func draft(t testing.TB, d *document.Document, s credential.Statement) issuance.Draft {
	t.Helper()
	draft, err := newFormat().Draft(d, s, signingKey(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// issue returns a sealed credential.
func issue(t testing.TB, d *document.Document, s credential.Statement) string {
	t.Helper()
	draft := draft(t, d, s)
	message, err := draft.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signingKey(t, 1).Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := draft.Seal(signature)
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func golden(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/payload.json")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

func decodePart(t *testing.T, compact string, i int) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(compact, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGoldenPayload(t *testing.T) {
	compact := issue(t, testDocument(), statement(t))
	if got := decodePart(t, compact, 0); got != `{"alg":"ES256","typ":"vc+jwt","cty":"vc","kid":"did:web:issuer.example#00ff"}` {
		t.Errorf("header %s", got)
	}
	if got := decodePart(t, compact, 1); got != golden(t) {
		t.Errorf("payload:\n got %s\nwant %s", got, golden(t))
	}
}

func TestReopenGivesTheStatement(t *testing.T) {
	bare := statement(t)
	bare.Validity.ExpectedUpdate = time.Time{}
	bare.Status.Bitstring = ""
	bare.Elements = nil
	for name, want := range map[string]credential.Statement{"whole": statement(t), "least": bare} {
		t.Run(name, func(t *testing.T) {
			got, err := draft(t, testDocument(), want).Reopen()
			if err != nil {
				t.Fatal(err)
			}
			byName := func(a, b credential.Element) int { return strings.Compare(a.Name, b.Name) }
			slices.SortFunc(got.Elements, byName)
			slices.SortFunc(want.Elements, byName)
			if !reflect.DeepEqual(got.Elements, want.Elements) && len(want.Elements) > 0 {
				t.Error("elements differ")
			}
			if got.Validity != want.Validity || got.Status != want.Status || got.DocumentType != want.DocumentType || !got.Holder.Equal(want.Holder) {
				t.Error("the rest differs")
			}
		})
	}
}

func TestReopenShowsWhatTheDocumentDoesNotList(t *testing.T) {
	s := statement(t)
	s.Elements = append(s.Elements, credential.Element{Namespace: "org.iso.18013.5.1", Name: "stray", Value: "x"})
	got, err := draft(t, testDocument(), s).Reopen()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(got.Elements, func(e credential.Element) bool { return e.Name == "stray" && e.Namespace == "" }) {
		t.Error("an element outside the document's list was hidden from the lint")
	}
}

func TestReopenRefusesValuesOfAnotherShape(t *testing.T) {
	for name, value := range map[string]map[string]any{
		"text":     {"family_name": true},
		"bool":     {"released": "true"},
		"integer":  {"rods": "3"},
		"date":     {"birth_date": "28/02/1990"},
		"no date":  {"birth_date": int64(1)},
		"instant":  {"seen": "2026-11-23T09:00:00+00:00"},
		"photo":    {"portrait": "not base64"},
		"unpadded": {"portrait": "_9j"},
		"breaks":   {"portrait": "/9j/\n4P/Z"},
		"list":     {"conditions": "x"},
		"item":     {"conditions": []any{"x"}},
		"member":   {"conditions": []any{map[string]any{"code": true}}},
		"unknown":  {"conditions": []any{map[string]any{"code": "a", "other": "b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := statement(t)
			for i := range s.Elements {
				if v, ok := value[s.Elements[i].Name]; ok {
					s.Elements[i].Value = v
				}
			}
			if _, err := draft(t, testDocument(), s).Reopen(); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestDraftRefuses(t *testing.T) {
	offer := signingKey(t, 1)
	offer.Purpose = keys.PurposeOffer
	mdocOnly := testDocument()
	mdocOnly.JWT = nil
	with := func(change func(*credential.Statement)) credential.Statement {
		s := statement(t)
		change(&s)
		return s
	}
	element := func(name string, value any) credential.Statement {
		return with(func(s *credential.Statement) {
			s.Elements = append(s.Elements, credential.Element{Name: name, Value: value})
		})
	}
	cases := map[string]struct {
		d   *document.Document
		s   credential.Statement
		key keys.Key
	}{
		"key for offers":       {testDocument(), statement(t), offer},
		"no JWT form":          {mdocOnly, statement(t), signingKey(t, 1)},
		"statement of another": {testDocument(), with(func(s *credential.Statement) { s.DocumentType = "other" }), signingKey(t, 1)},
		"no status":            {testDocument(), with(func(s *credential.Statement) { s.Status = credential.StatusRef{} }), signingKey(t, 1)},
		"no holder":            {testDocument(), with(func(s *credential.Statement) { s.Holder = nil }), signingKey(t, 1)},
		"element called id":    {testDocument(), element("id", "did:key:other"), signingKey(t, 1)},
		"one element twice":    {testDocument(), element("released", false), signingKey(t, 1)},
		"fraction":             {testDocument(), element("x", 1.5), signingKey(t, 1)},
		"nil":                  {testDocument(), element("x", nil), signingKey(t, 1)},
		"nil in a list":        {testDocument(), element("x", []any{nil}), signingKey(t, 1)},
		"nil in an object":     {testDocument(), element("x", map[string]any{"y": nil}), signingKey(t, 1)},
		"integer too large":    {testDocument(), element("x", int64(1)<<53), signingKey(t, 1)},
		"integer too small":    {testDocument(), element("x", -int64(1)<<53), signingKey(t, 1)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := newFormat().Draft(c.d, c.s, c.key); err == nil {
				t.Error("drafted")
			}
		})
	}
}

func TestSealRefusesAnotherSignature(t *testing.T) {
	d := draft(t, testDocument(), statement(t))
	message, err := d.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	other, err := signingKey(t, 2).Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	for name, signature := range map[string][]byte{"none": nil, "zero": make([]byte, 64), "another key": other} {
		if _, err := d.Seal(signature); err == nil {
			t.Errorf("sealed with signature: %s", name)
		}
	}
}

func TestReopenRefusesAnIssuerTheWalletWould(t *testing.T) {
	for _, o := range []vcjwt.Options{{}, {Issuer: issuerURL}, {DID: issuerDID}, {Issuer: issuerURL, DID: "did:web:issuer.example%3A8080"}} {
		d, err := vcjwt.New(o).Draft(testDocument(), statement(t), signingKey(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Reopen(); err == nil {
			t.Errorf("accepted %+v", o)
		}
	}
}

func TestDescribe(t *testing.T) {
	f := newFormat()
	if f.Name() != "jwt_vc_json" || f.Purpose() != keys.PurposeCredential {
		t.Errorf("name %s, purpose %s", f.Name(), f.Purpose())
	}
	got, ok := f.Describe(testDocument())
	if !ok || got.Configuration != "SyntheticDocument" || got.Format != "jwt_vc_json" || len(got.Claims) != 7 ||
		!slices.Equal(got.Types, []string{"VerifiableCredential", "SyntheticDocument"}) || !slices.Equal(got.BindingMethods, []string{"did:key"}) {
		t.Errorf("got %+v", got)
	}
	want := credential.Claim{Path: []string{"credentialSubject", "family_name"}, Mandatory: true, ValueType: "string", NameEN: "Last name", NameCY: "Cyfenw"}
	if !reflect.DeepEqual(got.Claims[0], want) {
		t.Errorf("got %+v", got.Claims[0])
	}
	if c := got.Claims[5]; c.Mandatory || c.ValueType != "jpeg" {
		t.Errorf("got %+v", c)
	}
	if _, ok := f.Describe(&document.Document{}); ok {
		t.Error("described a document without a JWT form")
	}
}

func holderDID(t testing.TB, n byte) string {
	t.Helper()
	text, err := did.FormatKey(&privateKey(t, n).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sign signs any payload with the key of the issuer.
func sign(t testing.TB, h jose.Header, payload string) string {
	t.Helper()
	compact, err := jose.Sign(signingKey(t, 1).Sign, h, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func credentialHeader() jose.Header {
	return jose.Header{Algorithm: jose.ES256, Type: "vc+jwt", ContentType: "vc", KeyID: issuerDID + "#00ff"}
}

func TestOpen(t *testing.T) {
	c, err := vcjwt.Open(issue(t, testDocument(), statement(t)))
	if err != nil {
		t.Fatal(err)
	}
	s := statement(t)
	if c.Issuer != issuerURL || c.KeyID != issuerDID+"#00ff" || !slices.Equal(c.Types, []string{"VerifiableCredential", "SyntheticDocument"}) {
		t.Errorf("issuer %s, kid %s, types %v", c.Issuer, c.KeyID, c.Types)
	}
	if c.Validity != s.Validity || *c.Status != s.Status || !c.Holder.Equal(s.Holder) {
		t.Error("validity, status or holder differ")
	}
	names := []string{}
	for _, e := range c.Elements {
		names = append(names, e.Namespace+e.Name)
	}
	if strings.Join(names, " ") != "birth_date conditions family_name portrait released rods seen" {
		t.Errorf("elements %v", names)
	}
	if c.Elements[0].Value != "1990-02-28" || c.Elements[4].Value != true || c.Elements[5].Value != int64(3) {
		t.Error("values are not those of JSON")
	}
}

func TestVerify(t *testing.T) {
	c, err := vcjwt.Open(issue(t, testDocument(), statement(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(&privateKey(t, 1).PublicKey); err != nil {
		t.Errorf("issuer's key: %v", err)
	}
	for name, pub := range map[string]*ecdsa.PublicKey{"nil": nil, "another": &privateKey(t, 2).PublicKey} {
		if err := c.Verify(pub); err == nil {
			t.Errorf("verified with %s key", name)
		}
	}
}

func TestVerifyIsOverTheReceivedBytes(t *testing.T) {
	// The same payload with white space says the same, but nobody signed it.
	parts := strings.Split(sign(t, credentialHeader(), golden(t)), ".")
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(golden(t) + " "))
	c, err := vcjwt.Open(strings.Join(parts, "."))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(&privateKey(t, 1).PublicKey); err == nil {
		t.Error("verified bytes nobody signed")
	}
}

func TestStatementOfAnotherDocument(t *testing.T) {
	c, err := vcjwt.Open(issue(t, testDocument(), statement(t)))
	if err != nil {
		t.Fatal(err)
	}
	other := testDocument()
	other.JWT.Type = "Other"
	if _, err := c.Statement(other); err == nil {
		t.Error("read as another document")
	}
}

func TestNothingPersonalIsPrinted(t *testing.T) {
	c, err := vcjwt.Open(issue(t, testDocument(), statement(t)))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credential", c, "presentation", &vcjwt.Presentation{Credentials: []*vcjwt.Credential{c}})
	text := fmt.Sprintf("%v %+v %#v %s", c, *c, c, &vcjwt.Presentation{Nonce: "Synthetic"}) + log.String()
	if strings.Contains(text, "Synthetic") {
		t.Errorf("printed %s", text)
	}
}
