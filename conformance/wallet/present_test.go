package wallet_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"justice-wallet/conformance/wallet"
)

func TestPresentMDoc(t *testing.T) {
	d := newDesk(t)
	h := d.collect("mdoc")
	transcript := wallet.OID4VPTranscript("x509_hash:abc", "nonce", "https://verifier.example/r", nil)
	raw, err := d.wallet.PresentMDoc(h, [][2]string{{space, "birth_date"}}, transcript)
	if err != nil {
		t.Fatal(err)
	}
	response := decode(t, raw)
	if at(t, response, "version") != "1.0" || at(t, response, "status") != int64(0) || len(response.(wallet.Map)) != 3 {
		t.Error("not a DeviceResponse of version 1.0 and status 0")
	}
	doc := at(t, response, "documents", 0)
	held, err := base64.RawURLEncoding.DecodeString(h.Raw)
	if err != nil {
		t.Fatal(err)
	}
	items := at(t, doc, "issuerSigned", "nameSpaces", space).([]any)
	if len(items) != 1 || !bytes.Contains(held, encode(t, items[0])) || at(t, inside(t, items[0]), "elementIdentifier") != "birth_date" {
		t.Error("not exactly the chosen item, as received")
	}
	if !bytes.Contains(held, encode(t, at(t, doc, "issuerSigned", "issuerAuth"))) {
		t.Error("issuerAuth is not as received")
	}
	checkDeviceSignature(t, d, doc, transcript)
}

func checkDeviceSignature(t *testing.T, d *desk, doc any, transcript []byte) {
	t.Helper()
	spaces := at(t, doc, "deviceSigned", "nameSpaces").(wallet.Tag)
	if !bytes.Equal(encode(t, spaces), []byte{0xd8, 24, 0x41, 0xa0}) {
		t.Error("deviceSigned.nameSpaces is not an empty map in tag 24")
	}
	auth := at(t, doc, "deviceSigned", "deviceAuth", "deviceSignature").([]any)
	if auth[2] != nil {
		t.Error("the payload is not detached")
	}
	payload, err := wallet.DeviceAuthentication(transcript, docType, spaces)
	if err != nil {
		t.Fatal(err)
	}
	auth[2] = payload
	if err := wallet.VerifySign1(auth, d.wallet.PublicKey()); err != nil {
		t.Errorf("deviceSignature: %v", err)
	}
	other, err := wallet.DeviceAuthentication(encode(t, []any{nil, nil, "other"}), docType, spaces)
	if err != nil {
		t.Fatal(err)
	}
	auth[2] = other
	if wallet.VerifySign1(auth, d.wallet.PublicKey()) == nil {
		t.Error("deviceSignature verifies for another session")
	}
}

func TestPresentationsThatCannotBe(t *testing.T) {
	d := newDesk(t)
	mdoc, jwt := d.collect("mdoc"), d.collect("jwt")
	transcript := wallet.OID4VPTranscript("c", "n", "u", nil)
	if _, err := d.wallet.PresentMDoc(mdoc, [][2]string{{space, "portrait"}}, transcript); err == nil {
		t.Error("presented an element it does not hold")
	}
	if _, err := d.wallet.PresentMDoc(mdoc, nil, []byte{0xff}); err == nil {
		t.Error("presented to a session transcript that is no CBOR")
	}
	if _, err := d.wallet.PresentMDoc(jwt, nil, transcript); err == nil {
		t.Error("presented a JWT as an mdoc")
	}
	if _, err := d.wallet.PresentJWT(mdoc, "n", "a"); err == nil {
		t.Error("presented an mdoc as a JWT")
	}
}

func TestPresentJWT(t *testing.T) {
	d := newDesk(t)
	h := d.collect("jwt")
	token, err := d.wallet.PresentJWT(h, "the-nonce", "x509_hash:abc")
	if err != nil {
		t.Fatal(err)
	}
	if !verifies(token, d.wallet.PublicKey()) {
		t.Fatal("presentation does not verify")
	}
	header, err := partOf(token, 0)
	if err != nil {
		t.Fatal(err)
	}
	did := d.wallet.DIDKey()
	if header["typ"] != "vp+jwt" || header["alg"] != "ES256" || header["kid"] != did+"#"+strings.TrimPrefix(did, "did:key:") {
		t.Errorf("header is %v", header)
	}
	payload, err := payloadOf(token)
	if err != nil {
		t.Fatal(err)
	}
	if payload["nonce"] != "the-nonce" || payload["aud"] != "x509_hash:abc" || payload["iss"] != did || payload["holder"] != did {
		t.Error("a claim of the presentation is wrong")
	}
	want, err := json.Marshal([]claims{{
		"@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt," + h.Raw,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(payload["verifiableCredential"]); err != nil || !bytes.Equal(got, want) {
		t.Error("the credential is not enveloped as received")
	}
}

func TestCheckStatus(t *testing.T) {
	d := newDesk(t)
	h := d.collect("mdoc")
	if got, err := d.wallet.CheckStatus(context.Background(), h.Status); err != nil || got != 1 {
		t.Errorf("entry 5 is %d, %v, want 1", got, err)
	}
	if got, err := d.wallet.CheckStatus(context.Background(), wallet.StatusRef{URI: h.Status.URI, Index: 4}); err != nil || got != 0 {
		t.Errorf("entry 4 is %d, %v, want 0", got, err)
	}
	if _, err := d.wallet.CheckStatus(context.Background(), wallet.StatusRef{}); err == nil {
		t.Error("no reference has a status")
	}
}

func TestStatusTokensThatAreNot(t *testing.T) {
	for name, test := range map[string]struct {
		edit   func(header, payload claims)
		reason string
	}{
		"typ JWT":         {func(h, _ claims) { h["typ"] = "JWT" }, "wrong typ"},
		"unknown kid":     {func(h, _ claims) { h["kid"] = "k2" }, "no key has this kid"},
		"no kid":          {func(h, _ claims) { delete(h, "kid") }, "no key has this kid"},
		"alg none":        {func(h, _ claims) { h["alg"] = "none" }, "not ES256"},
		"another list":    {func(_, p claims) { p["sub"] = p["sub"].(string) + "0" }, "another URI"},
		"another host":    {func(_, p claims) { p["iss"] = "https://other.example" }, "another host"},
		"expired":         {func(_, p claims) { p["exp"] = noon.Unix() }, "expired"},
		"no exp":          {func(_, p claims) { delete(p, "exp") }, "expired"},
		"from the future": {func(_, p claims) { p["iat"] = noon.Unix() + 1 }, "iat"},
		"no iat":          {func(_, p claims) { delete(p, "iat") }, "iat"},
		"ttl of nothing":  {func(_, p claims) { p["ttl"] = 0 }, "ttl"},
		"ttl a text":      {func(_, p claims) { p["ttl"] = "3600" }, "ttl"},
		"bits a text":     {func(_, p claims) { p["status_list"].(claims)["bits"] = "2" }, "bits is not a number"},
		"no list":         {func(_, p claims) { delete(p, "status_list") }, "status_list"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.list = func() string { return d.statusList(test.edit) }
			_, err := d.wallet.CheckStatus(context.Background(), wallet.StatusRef{URI: d.url + "/t/1", Index: 5})
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("want refusal for %q, got %v", test.reason, err)
			}
		})
	}
	t.Run("signature changed", func(t *testing.T) {
		d := newDesk(t)
		good := d.statusList(nil)
		d.list = func() string { return good[:len(good)-10] + "AAAAAAAAAA" }
		if _, err := d.wallet.CheckStatus(context.Background(), wallet.StatusRef{URI: d.url + "/t/1"}); err == nil {
			t.Error("accepted")
		}
	})
}
