package mdoc_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/internal/fixture"
)

var session = []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'x'}

// annexDKey derives EMacKey of Annex D's session (ISO 18013-5 §9.1.3.5) from the reader's private key.
func annexDKey(t testing.TB, v map[string][]byte) func(crypto.PublicKey) ([]byte, error) {
	t.Helper()
	reader, err := ecdh.P256().NewPrivateKey(v["ephemeral_reader_key_d"])
	if err != nil {
		t.Fatal(err)
	}
	return func(device crypto.PublicKey) ([]byte, error) {
		public, err := device.(*ecdsa.PublicKey).ECDH()
		if err != nil {
			return nil, err
		}
		shared, err := reader.ECDH(public)
		if err != nil {
			return nil, err
		}
		salt := sha256.Sum256(v["session_transcript_bytes"])
		return hkdf.Key(sha256.New, shared, salt[:], "EMacKey", 32)
	}
}

func TestAnnexDDeviceMAC(t *testing.T) {
	v := fixture.AnnexD(t)
	presented, err := mdoc.OpenDeviceResponse(v["device_response"])
	if err != nil {
		t.Fatal(err)
	}
	p, transcript := presented[0], fixture.AnnexDTranscript(t)
	if err := p.VerifyDevice(transcript, annexDKey(t, v)); err != nil || p.Method() != mdoc.MethodMAC {
		t.Errorf("%s: %v", p.Method(), err)
	}
	if err := p.VerifyDevice(session, annexDKey(t, v)); !errors.Is(err, mdoc.ErrMAC) {
		t.Errorf("another session: %v", err)
	}
	if err := p.VerifyDevice(transcript, nil); !errors.Is(err, mdoc.ErrDeviceMAC) {
		t.Errorf("without the reader's key: %v", err)
	}
	broken := func(crypto.PublicKey) ([]byte, error) { return nil, errors.New("no agreement") }
	if err := p.VerifyDevice(transcript, broken); !errors.Is(err, mdoc.ErrDeviceMAC) {
		t.Errorf("with an agreement that fails: %v", err)
	}
	if err := p.VerifyDevice(transcript, func(crypto.PublicKey) ([]byte, error) { return nil, nil }); !errors.Is(err, mdoc.ErrMAC) {
		t.Errorf("with an empty key: %v", err)
	}
}

// judge says which of the engine's steps refuses a response of Annex D's session: "" when none does.
func judge(response, transcript []byte, signer []byte, macKey func(crypto.PublicKey) ([]byte, error)) string {
	presented, err := mdoc.OpenDeviceResponse(response)
	if err != nil {
		return "form"
	}
	p := presented[0]
	switch {
	case !bytes.Equal(p.IssuerSigned.Chain[0].Raw, signer):
		return "signer"
	case p.DocType != p.IssuerSigned.MSO.DocType:
		return "docType"
	case p.IssuerSigned.VerifyDigests() != nil:
		return "digest"
	case p.VerifyDevice(transcript, macKey) != nil:
		return "device"
	case p.IssuerSigned.VerifySignature() != nil:
		return "signature"
	}
	return ""
}

// Every single bit of Annex D's response, changed, is refused, and where a part is signed by the step that guards it.
func TestEveryBitOfAnnexD(t *testing.T) {
	v := fixture.AnnexD(t)
	raw, transcript, macKey := bytes.Clone(v["device_response"]), fixture.AnnexDTranscript(t), annexDKey(t, v)
	if step := judge(raw, transcript, v["ds_cert"], macKey); step != "" {
		t.Fatalf("refused as it is, by %s", step)
	}
	part := func(name string, at, length int, want string) (inside func(i int) bool, check func(i int, got string)) {
		return func(i int) bool { return i >= at && i < at+length }, func(i int, got string) {
			if got != want && got != "form" {
				t.Errorf("%s, bit %d: refused by %q, want %s", name, i, got, want)
			}
		}
	}
	chain := bytes.Index(raw, v["ds_cert"])
	items := bytes.Index(raw, []byte("nameSpaces"))
	inItems, checkItem := part("item", items, bytes.Index(raw, []byte("issuerAuth"))-items, "digest")
	inChain, checkChain := part("x5chain", chain, len(v["ds_cert"]), "signer")
	inTag, checkTag := part("tag", bytes.Index(raw, []byte("fstatus"))-32, 32, "device")
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		step := judge(raw, transcript, v["ds_cert"], macKey)
		raw[i/8] ^= 1 << (i % 8)
		switch {
		case step == "":
			t.Fatalf("bit %d of byte %d changed, and nothing noticed", i%8, i/8)
		case inItems(i / 8):
			checkItem(i, step)
		case inChain(i / 8):
			checkChain(i, step)
		case inTag(i / 8):
			checkTag(i, step)
		}
	}
}

// presentWith makes a response of sealed whose device signed own elements with key, an ECDSA or an Ed25519 one.
func presentWith(t *testing.T, sealed string, key crypto.Signer, own any) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if own == nil {
		own = map[string]any{}
	}
	namespaces, err := cbor.Embed(own)
	if err != nil {
		t.Fatal(err)
	}
	authentication, err := cbor.Embed([]any{"DeviceAuthentication", cbor.RawMessage(session), space, namespaces})
	if err != nil {
		t.Fatal(err)
	}
	response, err := cbor.Encode(map[string]any{"version": "1.0", "status": 0, "documents": []any{map[string]any{
		"docType": space, "issuerSigned": cbor.RawMessage(raw),
		"deviceSigned": map[string]any{"nameSpaces": namespaces, "deviceAuth": map[string]any{
			"deviceSignature": deviceSignature(t, key, authentication.Encoded())}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func deviceSignature(t *testing.T, key crypto.Signer, payload []byte) cbor.RawMessage {
	t.Helper()
	s := cose.Sign1{Algorithm: cose.EdDSA}
	tbs, err := cose.ToBeSignedWith(cose.EdDSA, payload)
	if ec, ok := key.(*ecdsa.PrivateKey); ok {
		s.Algorithm = cose.ES256
		tbs, err = cose.ToBeSigned(payload)
		digest := sha256.Sum256(tbs)
		r, v, signErr := ecdsa.Sign(rand.Reader, ec, digest[:])
		if signErr != nil {
			t.Fatal(signErr)
		}
		s.Signature = append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	} else if err == nil {
		s.Signature = ed25519.Sign(key.(ed25519.PrivateKey), tbs)
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// open returns the one document of response.
func open(t *testing.T, response []byte) *mdoc.Presented {
	t.Helper()
	presented, err := mdoc.OpenDeviceResponse(response)
	if err != nil {
		t.Fatal(err)
	}
	return presented[0]
}

// GOV.UK Wallet signs with EdDSA in person; we issue to P-256 keys only, so another issuer's MSO stands in.
func TestDeviceSignsWithEd25519(t *testing.T) {
	public, device, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	holder := newKey(t)
	s := statement(t)
	s.Holder = &holder.PublicKey
	p := open(t, presentWith(t, issue(t, s, signer(t)), device, nil))
	if err := p.VerifyDevice(session, nil); !errors.Is(err, mdoc.ErrSignature) {
		t.Errorf("EdDSA under a P-256 key: %v", err)
	}
	p.IssuerSigned.MSO.DeviceKey = public
	if err := p.VerifyDevice(session, nil); err != nil || p.Method() != mdoc.MethodSignature {
		t.Errorf("%s: %v", p.Method(), err)
	}
	ec := open(t, presentWith(t, issue(t, s, signer(t)), holder, nil))
	ec.IssuerSigned.MSO.DeviceKey = public
	if err := ec.VerifyDevice(session, nil); !errors.Is(err, mdoc.ErrSignature) {
		t.Errorf("ES256 under an Ed25519 key: %v", err)
	}
}

func TestDeviceSignedElements(t *testing.T) {
	device := newKey(t)
	s := statement(t)
	s.Holder = &device.PublicKey
	sealed := issue(t, s, signer(t))
	p := open(t, presentWith(t, sealed, device, map[string]map[string]any{space: {"mood": "calm"}}))
	if err := p.VerifyDevice(session, nil); err != nil {
		t.Errorf("an authorised namespace: %v", err)
	}
	if got := p.DeviceElements(); len(got) != 1 || got[0] != (mdoc.ElementID{Namespace: space, Name: "mood"}) {
		t.Errorf("got %v", got)
	}
	for _, e := range p.IssuerSigned.Elements() {
		if e.Name == "mood" {
			t.Error("what the device says of itself stands among the issuer's elements")
		}
	}
	tagged := presentWith(t, sealed, device, map[string]any{space: cbor.Tag{Number: 24, Content: map[string]any{"mood": "calm"}}})
	if _, err := mdoc.OpenDeviceResponse(tagged); err == nil {
		t.Error("a tag around the elements was looked through")
	}
	p.IssuerSigned.MSO.Authorised = mdoc.Authorisations{Elements: map[string][]string{space: {"mood"}}}
	if err := p.VerifyDevice(session, nil); err != nil {
		t.Errorf("an authorised element: %v", err)
	}
	for name, a := range map[string]mdoc.Authorisations{
		"nothing": {}, "another namespace": {Namespaces: []string{"other"}}, "another element": {Elements: map[string][]string{space: {"temper"}}},
	} {
		p.IssuerSigned.MSO.Authorised = a
		if err := p.VerifyDevice(session, nil); !errors.Is(err, mdoc.ErrDeviceElements) {
			t.Errorf("%s authorised: %v", name, err)
		}
	}
}

func TestTranscriptsOfOpenID4VP(t *testing.T) {
	file, err := os.ReadFile("../../../conformance/vectors/oid4vp/handover_1_0.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		ClientID    string `json:"client_id"`
		ResponseURI string `json:"response_uri"`
		Origin      string
		Nonce       string
		Vectors     map[string]string
	}
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	thumbprint, err := hex.DecodeString("4283ec927ae0f208daaa2d026a814f2b22dca52cf85ffa8f3f8626c6bd669047")
	if err != nil {
		t.Fatal(err)
	}
	redirect, err := mdoc.OpenID4VPTranscript(v.ClientID, v.Nonce, v.ResponseURI, thumbprint)
	if err != nil || hex.EncodeToString(redirect) != v.Vectors["SessionTranscript_redirect"] {
		t.Errorf("redirect: %x, %v", redirect, err)
	}
	browser, err := mdoc.OpenID4VPDCAPITranscript(v.Origin, v.Nonce, thumbprint)
	if err != nil || hex.EncodeToString(browser) != v.Vectors["SessionTranscript_dcapi"] {
		t.Errorf("Digital Credentials API: %x, %v", browser, err)
	}
}

// Whatever enters a transcript changes it; an absent thumbprint is null, not empty.
func TestTranscriptsDiffer(t *testing.T) {
	seen := map[string]string{}
	add := func(name string, transcript []byte, err error) {
		t.Helper()
		if other, twice := seen[string(transcript)]; err != nil || twice {
			t.Errorf("%s: %v, the same as %q", name, err, other)
		}
		seen[string(transcript)] = name
	}
	for _, values := range [][3]string{{"c", "n", "u"}, {"x", "n", "u"}, {"c", "x", "u"}, {"c", "n", "x"}, {"cn", "", "u"}} {
		for name, thumbprint := range map[string][]byte{"null": nil, "empty": {}, "one": {1}} {
			transcript, err := mdoc.OpenID4VPTranscript(values[0], values[1], values[2], thumbprint)
			add(name+" redirect "+values[0]+values[1]+values[2], transcript, err)
		}
	}
	for name, thumbprint := range map[string][]byte{"null": nil, "one": {1}} {
		transcript, err := mdoc.OpenID4VPDCAPITranscript("c", "n", thumbprint)
		add(name+" API", transcript, err)
	}
	transcript, err := mdoc.DCAPITranscript("c", "n")
	add("Annex C", transcript, err)
	other, err := mdoc.DCAPITranscript("c", "m")
	add("Annex C, another origin", other, err)
}

func TestKeyAuthorizationsOfBothKinds(t *testing.T) {
	for name, c := range map[string]struct {
		auth map[string]any
		ok   bool
	}{
		"elements":      {map[string]any{"dataElements": map[string]any{space: []string{"mood"}}}, true},
		"both":          {map[string]any{"nameSpaces": []string{"a"}, "dataElements": map[string]any{"b": []string{"c"}}}, true},
		"one in both":   {map[string]any{"nameSpaces": []string{"a"}, "dataElements": map[string]any{"a": []string{"c"}}}, false},
		"a tagged name": {map[string]any{"nameSpaces": []any{cbor.Tag{Number: 24, Content: "a"}}}, false},
		"a tagged list": {map[string]any{"dataElements": map[string]any{"b": cbor.Tag{Number: 24, Content: []string{"c"}}}}, false},
		"a tagged one":  {map[string]any{"dataElements": map[string]any{"b": []any{cbor.Tag{Number: 24, Content: "c"}}}}, false},
		"a third":       {map[string]any{"nameSpaces": []string{"a"}, "everything": true}, false},
		"text":          {map[string]any{"dataElements": "all"}, false},
	} {
		raw, err := cbor.Encode(c.auth)
		if err != nil {
			t.Fatal(err)
		}
		if err := mdoc.ReadAuthorisations(raw); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
