package own

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"time"

	"justice-wallet/conformance/wallet"
)

// mdoc is an mdoc in parts. Digests are made over the items as they are written, and the signature over what is then there:
// only what is changed is wrong.
type mdoc struct {
	docType              string
	signer               *x509.Certificate
	key                  string
	signed, from, until  time.Time
	salt                 int // bytes
	status               any
	item, mso, protected func([]byte) []byte // change what was encoded, before it is signed
	whole                func([]byte) []byte // changes the end
}

func (w *workshop) mdoc() *mdoc {
	same := func(b []byte) []byte { return b }
	return &mdoc{
		docType: Document, signer: w.signer, key: "signer", signed: Now.AddDate(0, 0, -1), from: Now.AddDate(0, 0, -1), until: Now.AddDate(0, 1, 0), salt: 16,
		status: wallet.Map{{Key: "status_list", Value: wallet.Map{{Key: "idx", Value: 1}, {Key: "uri", Value: List}}}},
		item:   same, mso: same, protected: same, whole: same,
	}
}

// encode writes v, which is made of what always can be.
func encode(v any) []byte {
	b, err := wallet.EncodeCBOR(v)
	if err != nil {
		panic("own: " + err.Error()) // a mistake in this package
	}
	return b
}

func embedded(b []byte) wallet.Tag { return wallet.Tag{Number: 24, Content: b} }

func tdate(t time.Time) wallet.Tag {
	return wallet.Tag{Number: 0, Content: t.UTC().Format("2006-01-02T15:04:05Z")}
}

// coseKey is a public key of P-256 (RFC 9053 §7.1.1).
func coseKey(key *ecdsa.PublicKey) wallet.Map {
	point, err := key.Bytes()
	if err != nil {
		panic(err) // a key of P-256 has bytes
	}
	return wallet.Map{{Key: 1, Value: 2}, {Key: -1, Value: 1}, {Key: -2, Value: point[1:33]}, {Key: -3, Value: point[33:]}}
}

var algES256 = encode(wallet.Map{{Key: 1, Value: -7}})

// sign1 is a COSE_Sign1 without a tag (RFC 9052 §4.2).
func (w *workshop) sign1(key string, protected []byte, unprotected wallet.Map, payload []byte, detached bool) ([]any, error) {
	signature, err := sign(w.keys[key], encode([]any{"Signature1", protected, []byte{}, payload}))
	if err != nil {
		return nil, err
	}
	var carried any = payload
	if detached {
		carried = nil
	}
	return []any{protected, unprotected, carried, signature}, nil
}

// issuerSigned writes m, and its MSO apart.
func (w *workshop) write(m *mdoc) (whole, mso []byte, err error) {
	var items []any
	digests := wallet.Map{}
	for id, value := range [][2]string{{"family_name", "Synthetic"}, {"document_number", "TEST1"}} {
		item := m.item(encode(wallet.Map{
			{Key: "digestID", Value: id}, {Key: "random", Value: w.salt()[:m.salt]}, {Key: "elementIdentifier", Value: value[0]}, {Key: "elementValue", Value: value[1]}}))
		digest := sha256.Sum256(encode(embedded(item)))
		items, digests = append(items, embedded(item)), append(digests, wallet.Entry{Key: id, Value: digest[:]})
	}
	object := wallet.Map{
		{Key: "version", Value: "1.0"}, {Key: "digestAlgorithm", Value: "SHA-256"}, {Key: "valueDigests", Value: wallet.Map{{Key: Document, Value: digests}}},
		{Key: "deviceKeyInfo", Value: wallet.Map{{Key: "deviceKey", Value: coseKey(&w.keys["holder"].PublicKey)}}}, {Key: "docType", Value: m.docType},
		{Key: "validityInfo", Value: wallet.Map{{Key: "signed", Value: tdate(m.signed)}, {Key: "validFrom", Value: tdate(m.from)}, {Key: "validUntil", Value: tdate(m.until)}}},
	}
	if m.status != nil {
		object = append(object, wallet.Entry{Key: "status", Value: m.status})
	}
	mso = m.mso(encode(object))
	auth, err := w.sign1(m.key, m.protected(algES256), wallet.Map{{Key: 33, Value: m.signer.Raw}}, encode(embedded(mso)), false)
	if err != nil {
		return nil, nil, err
	}
	return m.whole(encode(wallet.Map{{Key: "nameSpaces", Value: wallet.Map{{Key: Document, Value: items}}}, {Key: "issuerAuth", Value: auth}})), mso, nil
}

// replace changes the first of one text for another of the same length.
func replace(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
}

// spoilt is one mdoc that is good but for one thing.
type spoilt struct {
	name         string
	spoil        func(m *mdoc)
	outcome, why string
}

func (w *workshop) mdocs() ([]spoilt, error) {
	expired, err := w.certify(documentSigner(Now.AddDate(-1, 0, 0), Now.AddDate(0, 0, -1)), w.root, "signer", "root")
	if err != nil {
		return nil, err
	}
	stranger, err := w.certify(documentSigner(Now.AddDate(0, -1, 0), Now.AddDate(1, 0, 0)), w.strangerRoot, "signer", "stranger")
	if err != nil {
		return nil, err
	}
	other := documentSigner(Now.AddDate(0, -1, 0), Now.AddDate(1, 0, 0))
	other.UnknownExtKeyUsage = nil
	purposeless, err := w.certify(other, w.root, "signer", "root")
	if err != nil {
		return nil, err
	}
	item := func(change func([]byte) []byte) func(*mdoc) { return func(m *mdoc) { m.item = change } }
	mso := func(change func([]byte) []byte) func(*mdoc) { return func(m *mdoc) { m.mso = change } }
	whole := func(change func([]byte) []byte) func(*mdoc) { return func(m *mdoc) { m.whole = change } }
	const malformed = "not_valid malformed"
	return []spoilt{
		{"good", func(*mdoc) {}, "valid", ""},
		{"a value that was changed", whole(replace("Synthetic", "Synthetix")), "not_valid digest", "ISO 18013-5 §9.3.1: the digest of every element"},
		{"a signature that was changed", whole(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), "not_valid signature", "ISO 18013-5 §9.3.1: issuerAuth"},
		{"signed by another key", func(m *mdoc) { m.key = "stranger" }, "not_valid signature", "ISO 18013-5 §9.3.1: issuerAuth"},
		{"a signer under another root of the same name", func(m *mdoc) { m.signer = stranger }, "not_valid chain_untrusted", "ISO 18013-5 §9.3.3: by its signature, not its name"},
		{"a signer that has expired", func(m *mdoc) { m.signer = expired }, "not_valid signer_not_current", "ISO 18013-5 §9.3.3"},
		{"a signer for no purpose", func(m *mdoc) { m.signer = purposeless }, "not_valid signer_profile", "ISO 18013-5 Annex B.1.4: 1.0.18013.5.1.2"},
		{"over", func(m *mdoc) { m.until = Now.Add(-time.Second) }, "not_valid expired", "ISO 18013-5 §9.3.1"},
		{"over at this second", func(m *mdoc) { m.until = Now }, "not_valid expired", "ISO 18013-5 §9.3.1"},
		{"not yet begun", func(m *mdoc) { m.from = Now.Add(time.Second) }, "not_valid not_yet_valid", "ISO 18013-5 §9.3.1"},
		{"begun before it was signed", func(m *mdoc) { m.from = m.signed.Add(-time.Second) }, "not_valid validity_inconsistent", "ISO 18013-5 §9.1.2.4"},
		{"signed before its signer was certified", func(m *mdoc) { m.signed = Now.AddDate(-1, 0, 0); m.from = m.signed }, "not_valid signer_period", "ISO 18013-5 §9.3.3"},
		{"of a type that nobody vouches for", func(m *mdoc) { m.docType = "uk.gov.justice.nothing.1" }, "not_valid no_trusted_root", "ISO 18013-5 §9.3.1"},
		{"without status", func(m *mdoc) { m.status = nil }, "could_not_check status_absent", "no status is not a good one"},
		{"with a status past the end of its list", func(m *mdoc) {
			m.status = wallet.Map{{Key: "status_list", Value: wallet.Map{{Key: "idx", Value: 1 << 20}, {Key: "uri", Value: List}}}}
		}, "could_not_check status_index", "draft-ietf-oauth-status-list-20 §8.3"},
		{"with a status below zero", func(m *mdoc) {
			m.status = wallet.Map{{Key: "status_list", Value: wallet.Map{{Key: "idx", Value: -1}, {Key: "uri", Value: List}}}}
		}, malformed, "draft-ietf-oauth-status-list-20 §6.3"},
		{"with a status that is elsewhere", func(m *mdoc) {
			m.status = wallet.Map{{Key: "status_list", Value: wallet.Map{{Key: "idx", Value: 1}, {Key: "uri", Value: "https://elsewhere.example/t/1"}}}}
		}, "could_not_check status_untrusted", "lists of trusted issuers alone are fetched"},
		{"a salt of 15 bytes", func(m *mdoc) { m.salt = 15 }, malformed, "ISO 18013-5 §9.1.2.5: 16 at least"},
		{"an item with a member twice", item(func(b []byte) []byte {
			return append([]byte{b[0] + 1}, append(bytes.Clone(b[1:]), encode("elementValue")...)...)
		}), malformed, "RFC 8949 §5.6: a map holds a key once"},
		{"an item of indefinite length", item(func(b []byte) []byte { return append(append([]byte{0xbf}, b[1:]...), 0xff) }), malformed, "RFC 8949 §4.2.1"},
		{"an item with a digestID in two bytes", item(func(b []byte) []byte {
			return bytes.Replace(b, append(encode("digestID"), 0), append(encode("digestID"), 0x18, 0), 1)
		}), malformed, "RFC 8949 §4.2.1: shortest form"},
		{"an MSO of indefinite length", mso(func(b []byte) []byte { return append(append([]byte{0xbf}, b[1:]...), 0xff) }), malformed, "RFC 8949 §4.2.1"},
		{"an MSO of another version", mso(replace("1.0", "2.0")), malformed, "ISO 18013-5 §9.1.2.4"},
		{"an MSO of another hash", mso(replace("SHA-256", "SHA-255")), malformed, "ISO 18013-5 Table 21"},
		{"an MSO with a name in another case", mso(replace("version", "Version")), malformed, "ISO 18013-5 §9.1.2.4"},
		{"an algorithm of another curve", func(m *mdoc) { m.protected = func([]byte) []byte { return encode(wallet.Map{{Key: 1, Value: -35}}) } }, malformed, "RFC 9053 §2.1: ES384 with P-384"},
		{"no algorithm", func(m *mdoc) { m.protected = func([]byte) []byte { return encode(wallet.Map{}) } }, malformed, "RFC 9052 §3.1"},
		{"bytes after the end", whole(func(b []byte) []byte { return append(b, 0) }), malformed, "RFC 8949 §5.1: one item"},
		{"cut short", whole(func(b []byte) []byte { return b[:len(b)-1] }), malformed, "RFC 8949 §5.1"},
	}, nil
}

func (w *workshop) issuerSigned() (File, error) {
	f := File{Name: "issuersigned.json", About: "IssuerSigned of ISO/IEC 18013-5:2021, as OpenID4VCI carries it, and the MobileSecurityObject within. Status: entry 1 of a list whose entries are all valid."}
	all, err := w.mdocs()
	if err != nil {
		return f, err
	}
	for _, s := range all {
		m := w.mdoc()
		s.spoil(m)
		whole, mso, err := w.write(m)
		if err != nil {
			return f, fmt.Errorf("%s: %w", s.name, err)
		}
		f.Cases = append(f.Cases, Case{s.name, map[string]string{"issuerSigned": b64(whole), "mobileSecurityObject": b64(mso)}, s.outcome, s.why})
	}
	return f, nil
}

// answer is how a DeviceResponse is changed.
type answer struct {
	name         string
	holder       string // whose key signs
	docType      string
	transcript   any // what is signed; the session's own when nil
	documents    int
	version      string
	outcome, why string
}

func (w *workshop) deviceResponses() (File, error) {
	handover := sha256.Sum256([]byte("justice-wallet test vectors, handover"))
	session := []any{nil, nil, []any{"OpenID4VPHandover", handover[:]}}
	other := sha256.Sum256([]byte("another handover"))
	f := File{
		Name: "deviceresponse.json", About: "DeviceResponse of ISO/IEC 18013-5:2021, presented in one session, by a signature of the device.",
		With: map[string]any{"sessionTranscript": b64(encode(session))},
	}
	for _, a := range []answer{
		{name: "good", outcome: "valid"},
		{name: "by another device", holder: "stranger", outcome: "not_valid device_signature", why: "ISO 18013-5 §9.1.3.6"},
		{name: "for another session", transcript: []any{nil, nil, []any{"OpenID4VPHandover", other[:]}}, outcome: "not_valid device_signature", why: "ISO 18013-5 §9.1.5.1"},
		{name: "for a session of the browser's API", transcript: []any{nil, nil, []any{"OpenID4VPDCAPIHandover", handover[:]}}, outcome: "not_valid device_signature", why: "OpenID4VP 1.0 Appendix B.2.6"},
		{name: "under another docType", docType: "uk.gov.justice.licence.1", outcome: "not_valid doctype_mismatch", why: "ISO 18013-5 §9.3.1: the MSO's docType"},
		{name: "twice", documents: 2, outcome: "not_valid document_count", why: "OpenID4VP 1.0 §8.1"},
		{name: "of another version", version: "9.0", outcome: "not_valid malformed", why: "ISO 18013-5 §8.3.2.1.2.2"},
	} {
		raw, err := w.response(a, session)
		if err != nil {
			return f, fmt.Errorf("%s: %w", a.name, err)
		}
		f.Cases = append(f.Cases, Case{a.name, map[string]string{"deviceResponse": b64(raw)}, a.outcome, a.why})
	}
	return f, nil
}

func (w *workshop) response(a answer, session any) ([]byte, error) {
	or := func(given, usual string) string {
		if given == "" {
			return usual
		}
		return given
	}
	whole, _, err := w.write(w.mdoc())
	if err != nil {
		return nil, err
	}
	issuerSigned, err := wallet.DecodeCBOR(whole)
	if err != nil {
		return nil, err
	}
	if a.transcript == nil {
		a.transcript = session
	}
	docType, spaces := or(a.docType, Document), embedded(encode(wallet.Map{}))
	payload := encode(embedded(encode([]any{"DeviceAuthentication", a.transcript, docType, spaces})))
	signature, err := w.sign1(or(a.holder, "holder"), algES256, wallet.Map{}, payload, true)
	if err != nil {
		return nil, err
	}
	document := wallet.Map{{Key: "docType", Value: docType}, {Key: "issuerSigned", Value: issuerSigned}, {Key: "deviceSigned", Value: wallet.Map{
		{Key: "nameSpaces", Value: spaces}, {Key: "deviceAuth", Value: wallet.Map{{Key: "deviceSignature", Value: signature}}}}}}
	documents := []any{document}
	for len(documents) < a.documents {
		documents = append(documents, document)
	}
	return encode(wallet.Map{{Key: "version", Value: or(a.version, "1.0")}, {Key: "documents", Value: documents}, {Key: "status", Value: 0}}), nil
}
