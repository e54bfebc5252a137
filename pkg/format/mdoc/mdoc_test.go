package mdoc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"math/big"
	"reflect"
	"sort"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/issuance"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

const space = "uk.gov.justice.test.1"

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signer(t testing.TB) keys.Key {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test signer"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Key{ID: "test", Purpose: keys.PurposeDocument, State: keys.StateActive, Signer: key, Chain: []*x509.Certificate{cert}}
}

func raw64(t testing.TB, key keys.Key, message []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, key.Signer.(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func testDocument() *document.Document {
	return &document.Document{Type: space, MDoc: &document.MDocForm{Configuration: space, DocType: space}}
}

func statement(t testing.TB) credential.Statement {
	return credential.Statement{
		DocumentType: space,
		Elements: []credential.Element{
			{Namespace: "org.iso.23220.1", Name: "birth_date", Value: credential.Date{Year: 1987, Month: 5, Day: 12}},
			{Namespace: "org.iso.23220.1", Name: "family_name", Value: "O'Neill"},
			{Namespace: space, Name: "count", Value: int64(7)},
			{Namespace: space, Name: "list", Value: []any{map[string]any{"day": credential.Date{Year: 2026, Month: 1, Day: 2}, "text": "x"}}},
			{Namespace: space, Name: "photo", Value: []byte{0xff, 0xd8, 0xff, 0xe0}},
			{Namespace: space, Name: "released", Value: true},
			{Namespace: space, Name: "when", Value: now},
		},
		Validity: credential.Validity{Signed: now, From: now, Until: now.Add(720 * time.Hour), ExpectedUpdate: now.Add(552 * time.Hour)},
		Status:   credential.StatusRef{URI: "https://issuer.test/t/abc", Index: 131071},
		Holder:   &newKey(t).PublicKey,
	}
}

func draft(t testing.TB, s credential.Statement, key keys.Key) issuance.Draft {
	t.Helper()
	s.Elements = append([]credential.Element{}, s.Elements...)
	d, err := mdoc.Format{Rand: rand.Reader}.Draft(testDocument(), s, key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func issue(t testing.TB, s credential.Statement, key keys.Key) string {
	t.Helper()
	d := draft(t, s, key)
	tbs, err := d.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := d.Seal(raw64(t, key, tbs))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsWrittenIsWhatIsRead(t *testing.T) {
	key, s := signer(t), statement(t)
	opened, err := mdoc.OpenBase64(issue(t, s, key))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(opened.VerifySignature(), opened.VerifyDigests()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(opened.Elements(), s.Elements) {
		t.Errorf("elements differ")
	}
	if opened.MSO.Validity != s.Validity || *opened.MSO.Status != s.Status || !s.Holder.Equal(opened.MSO.DeviceKey) || opened.MSO.DocType != space {
		t.Errorf("got %+v", opened.MSO)
	}
	if !opened.Chain[0].Equal(key.Chain[0]) {
		t.Errorf("another certificate")
	}
}

func TestReopenSaysWhatWillBeSigned(t *testing.T) {
	s := statement(t)
	got, err := draft(t, s, signer(t)).Reopen()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, s) {
		t.Errorf("the draft does not state what it was made from")
	}
}

func TestSealRefusesAnotherKeysSignature(t *testing.T) {
	d := draft(t, statement(t), signer(t))
	tbs, err := d.ToBeSigned()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Seal(raw64(t, signer(t), tbs)); !errors.Is(err, mdoc.ErrSignature) {
		t.Errorf("got %v", err)
	}
}

func TestSaltsAndDigestOrder(t *testing.T) {
	key, s := signer(t), statement(t)
	s.Elements = nil
	for c := 'a'; c <= 'z'; c++ {
		s.Elements = append(s.Elements, credential.Element{Namespace: space, Name: string(c), Value: true})
	}
	seen := map[string]bool{}
	orders := map[string]bool{}
	for range 8 {
		opened, err := mdoc.OpenBase64(issue(t, s, key))
		if err != nil {
			t.Fatal(err)
		}
		items := opened.Namespaces[space]
		sort.Slice(items, func(i, j int) bool { return items[i].DigestID < items[j].DigestID })
		order := ""
		for i, item := range items {
			if len(item.Random) != 32 || seen[string(item.Random)] {
				t.Errorf("salt of %d bytes, or seen before", len(item.Random))
			}
			if item.DigestID != uint64(i) {
				t.Errorf("digestID %d, want %d", item.DigestID, i)
			}
			seen[string(item.Random)] = true
			order += item.Name
		}
		orders[order] = true
	}
	if orders["abcdefghijklmnopqrstuvwxyz"] || len(orders) != 8 {
		t.Errorf("%d orders in 8 credentials, or the document's own", len(orders))
	}
}

// unpack gives the parts of an IssuerSigned, to be spoilt one at a time.
func unpack(t *testing.T, sealed string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]cbor.RawMessage
	if err := cbor.DecodeNullable(raw, &m); err != nil {
		t.Fatal(err)
	}
	return map[string]any{"nameSpaces": m["nameSpaces"], "issuerAuth": m["issuerAuth"]}
}

func item(t *testing.T, members map[string]any) cbor.Embedded {
	t.Helper()
	e, err := cbor.Embed(members)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestOpenRefuses(t *testing.T) {
	salt := make([]byte, 16)
	good := func() map[string]any {
		return map[string]any{"digestID": 0, "random": salt, "elementIdentifier": "a", "elementValue": true}
	}
	with := func(name string, v any) map[string]any { m := good(); m[name] = v; return m }
	without := func(name string) map[string]any { m := good(); delete(m, name); return m }
	cases := map[string]any{
		"no namespaces":              map[string]any{},
		"an empty namespace":         map[string]any{space: []any{}},
		"namespaces as a list":       []any{},
		"an untagged item":           map[string]any{space: []any{good()}},
		"a short salt":               map[string]any{space: []any{item(t, with("random", salt[:15]))}},
		"a huge salt":                map[string]any{space: []any{item(t, with("random", make([]byte, 65)))}},
		"a salt of text":             map[string]any{space: []any{item(t, with("random", "0123456789abcdef"))}},
		"no salt":                    map[string]any{space: []any{item(t, without("random"))}},
		"no digestID":                map[string]any{space: []any{item(t, without("digestID"))}},
		"digestID of 2^31":           map[string]any{space: []any{item(t, with("digestID", uint64(1)<<31))}},
		"digestID below zero":        map[string]any{space: []any{item(t, with("digestID", -1))}},
		"a surplus member":           map[string]any{space: []any{item(t, with("extra", 1))}},
		"a null value":               map[string]any{space: []any{item(t, with("elementValue", nil))}},
		"a float":                    map[string]any{space: []any{item(t, with("elementValue", 1.5))}},
		"an unknown tag":             map[string]any{space: []any{item(t, with("elementValue", cbor.Tag{Number: 5, Content: "x"}))}},
		"null":                       map[string]any{space: []any{item(t, with("elementValue", nil))}},
		"null within a list":         map[string]any{space: []any{item(t, with("elementValue", []any{nil}))}},
		"a number beyond int64":      map[string]any{space: []any{item(t, with("elementValue", uint64(1)<<63))}},
		"an epoch":                   map[string]any{space: []any{item(t, with("elementValue", cbor.Tag{Number: 1, Content: 7}))}},
		"a tag that says nothing":    map[string]any{space: []any{item(t, with("elementValue", cbor.Tag{Number: 55799, Content: "x"}))}},
		"one within a list":          map[string]any{space: []any{item(t, with("elementValue", []any{cbor.Tag{Number: 55799, Content: "x"}}))}},
		"a time with an offset":      map[string]any{space: []any{item(t, with("elementValue", cbor.Tag{Number: 0, Content: "2026-11-24T09:00:00+01:00"}))}},
		"a time with a fraction":     map[string]any{space: []any{item(t, with("elementValue", cbor.Tag{Number: 0, Content: "2026-11-24T09:00:00.0Z"}))}},
		"a tagged date's text":       map[string]any{space: []any{item(t, with("elementValue", cbor.Tag{Number: 1004, Content: cbor.Tag{Number: 5, Content: "2026-01-02"}}))}},
		"a number for a name":        map[string]any{space: []any{item(t, with("elementValue", map[any]any{1: "x"}))}},
		"a date of another spelling": map[string]any{space: []any{item(t, with("elementValue", cbor.Tag{Number: 1004, Content: "2026-1-2"}))}},
		"one digestID twice":         map[string]any{space: []any{item(t, good()), item(t, with("elementIdentifier", "b"))}},
		"one element twice":          map[string]any{space: []any{item(t, good()), item(t, with("digestID", 1))}},
	}
	sealed := issue(t, statement(t), signer(t))
	for name, spaces := range cases {
		t.Run(name, func(t *testing.T) {
			parts := unpack(t, sealed)
			parts["nameSpaces"] = spaces
			raw, err := cbor.Encode(parts)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := mdoc.Open(raw); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestOpenMSORefuses(t *testing.T) {
	key := newKey(t)
	deviceKey, err := cose.EncodeKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	date := func(s string) any { return cbor.Tag{Number: 0, Content: s} }
	good := func() map[string]any {
		return map[string]any{
			"version": "1.0", "digestAlgorithm": "SHA-256", "docType": space,
			"valueDigests":  map[string]any{space: map[int]any{0: make([]byte, 32)}},
			"deviceKeyInfo": map[string]any{"deviceKey": cbor.RawMessage(deviceKey)},
			"validityInfo":  map[string]any{"signed": date("2026-11-24T09:00:00Z"), "validFrom": date("2026-11-24T09:00:00Z"), "validUntil": date("2026-12-24T09:00:00Z")},
			"status":        map[string]any{"status_list": map[string]any{"idx": 1, "uri": "https://issuer.test/t/a"}},
		}
	}
	parts := unpack(t, issue(t, statement(t), signer(t)))
	open := func(mso map[string]any) error {
		inner, err := cbor.Embed(mso)
		if err != nil {
			t.Fatal(err)
		}
		sign1 := cose.Sign1{Chain: [][]byte{signer(t).Chain[0].Raw}, Payload: inner.Encoded(), Signature: make([]byte, 64)}
		auth, err := sign1.Encode()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := cbor.Encode(map[string]any{"nameSpaces": parts["nameSpaces"], "issuerAuth": cbor.RawMessage(auth)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = mdoc.Open(raw)
		return err
	}
	if err := open(good()); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		member string
		value  any
	}{
		"another version":      {"version", "2.0"},
		"a tagged version":     {"version", cbor.Tag{Number: 5, Content: "1.0"}},
		"another digest":       {"digestAlgorithm", "SHA-512"},
		"no docType":           {"docType", ""},
		"a short digest":       {"valueDigests", map[string]any{space: map[int]any{0: make([]byte, 31)}}},
		"a negative digestID":  {"valueDigests", map[string]any{space: map[int]any{-1: make([]byte, 32)}}},
		"no device key":        {"deviceKeyInfo", map[string]any{}},
		"a date without tag":   {"validityInfo", map[string]any{"signed": "2026-11-24T09:00:00Z", "validFrom": date("2026-11-24T09:00:00Z"), "validUntil": date("2026-12-24T09:00:00Z")}},
		"a fraction":           {"validityInfo", map[string]any{"signed": date("2026-11-24T09:00:00.5Z"), "validFrom": date("2026-11-24T09:00:00Z"), "validUntil": date("2026-12-24T09:00:00Z")}},
		"no validUntil":        {"validityInfo", map[string]any{"signed": date("2026-11-24T09:00:00Z"), "validFrom": date("2026-11-24T09:00:00Z")}},
		"a status without uri": {"status", map[string]any{"status_list": map[string]any{"idx": 1}}},
		"a negative index":     {"status", map[string]any{"status_list": map[string]any{"idx": -1, "uri": "x"}}},
		"an endless index":     {"status", map[string]any{"status_list": map[string]any{"idx": uint64(1) << 31, "uri": "x"}}},
		"index as text":        {"status", map[string]any{"status_list": map[string]any{"idx": "1", "uri": "x"}}},
		"another status":       {"status", map[string]any{"identifier_list": map[string]any{}}},
		"a surplus member":     {"comment", "x"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			mso := good()
			mso[c.member] = c.value
			if open(mso) == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	raw, err := base64.RawURLEncoding.DecodeString(issue(t, statement(t), signer(t)))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := mdoc.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, cert.Chain[0].Raw)
	for i := range raw {
		if i >= at && i < at+len(cert.Chain[0].Raw) {
			continue // the certificate is the trust check's to judge
		}
		raw[i] ^= 1
		if opened, err := mdoc.Open(raw); err == nil && opened.VerifySignature() == nil && opened.VerifyDigests() == nil {
			t.Errorf("byte %d: a changed document verifies", i)
		}
		raw[i] ^= 1
	}
}

func TestAnnexD(t *testing.T) {
	v := fixture.AnnexD(t)
	presented, err := mdoc.OpenDeviceResponse(v["device_response"])
	if err != nil {
		t.Fatal(err)
	}
	p := presented[0]
	if err := errors.Join(p.IssuerSigned.VerifySignature(), p.IssuerSigned.VerifyDigests()); err != nil {
		t.Error(err)
	}
	if p.DocType != "org.iso.18013.5.1.mDL" || p.IssuerSigned.MSO.DocType != p.DocType || len(p.IssuerSigned.Elements()) != 6 {
		t.Errorf("%s with %d elements", p.DocType, len(p.IssuerSigned.Elements()))
	}
	if !bytes.Equal(p.IssuerSigned.Chain[0].Raw, v["ds_cert"]) {
		t.Error("another document signer")
	}
}

func present(t *testing.T, sealed string, device *ecdsa.PrivateKey, docType string, transcript []byte) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	namespaces := item(t, map[string]any{})
	authentication, err := cbor.Embed([]any{"DeviceAuthentication", cbor.RawMessage(transcript), docType, namespaces})
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := cose.ToBeSigned(authentication.Encoded())
	if err != nil {
		t.Fatal(err)
	}
	signature, err := cose.Sign1{Signature: raw64(t, keys.Key{Signer: device}, tbs)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	response, err := cbor.Encode(map[string]any{"version": "1.0", "status": 0, "documents": []any{map[string]any{
		"docType": docType, "issuerSigned": cbor.RawMessage(raw),
		"deviceSigned": map[string]any{"nameSpaces": namespaces, "deviceAuth": map[string]any{"deviceSignature": cbor.RawMessage(signature)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestDeviceSignature(t *testing.T) {
	device := newKey(t)
	s := statement(t)
	s.Holder = &device.PublicKey
	sealed := issue(t, s, signer(t))
	transcript := []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'x'}
	check := func(response, transcript []byte) error {
		t.Helper()
		presented, err := mdoc.OpenDeviceResponse(response)
		if err != nil {
			t.Fatal(err)
		}
		return presented[0].VerifyDevice(transcript, nil)
	}
	if err := check(present(t, sealed, device, space, transcript), transcript); err != nil {
		t.Error(err)
	}
	if err := check(present(t, sealed, newKey(t), space, transcript), transcript); !errors.Is(err, mdoc.ErrSignature) {
		t.Errorf("another device: %v", err)
	}
	if err := check(present(t, sealed, device, space, transcript), []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'y'}); !errors.Is(err, mdoc.ErrSignature) {
		t.Errorf("another session: %v", err)
	}
	if err := check(present(t, sealed, device, space, transcript), []byte{0x82, 0xf6, 0xf6}); err == nil || errors.Is(err, mdoc.ErrSignature) {
		t.Errorf("a transcript of two: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	raw, err := base64.RawURLEncoding.DecodeString(issue(f, statement(f), signer(f)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(fixture.AnnexD(f)["device_response"])
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := mdoc.Open(b); err == nil && s.VerifySignature() == nil && s.VerifyDigests() == nil && !bytes.Equal(b, raw) && len(s.Elements()) > 7 {
			t.Error("a document was made from another")
		}
		if presented, err := mdoc.OpenDeviceResponse(b); err == nil {
			for _, p := range presented {
				if p.VerifyDevice([]byte{0x83, 0xf6, 0xf6, 0xf6}, nil) == nil {
					t.Error("a presentation for no session was believed")
				}
			}
		}
	})
}
