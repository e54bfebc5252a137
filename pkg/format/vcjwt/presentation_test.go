package vcjwt_test

import (
	"encoding/json"
	"strings"
	"testing"

	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/jose"
)

const (
	nonce    = "n-0S6_WzA2Mj"
	audience = "x509_san_dns:verifier.example"
)

type object = map[string]any

func presentationHeader(t testing.TB) jose.Header {
	holder := holderDID(t, 9)
	return jose.Header{Algorithm: jose.ES256, Type: "vp+jwt", ContentType: "vp", KeyID: holder + "#" + strings.TrimPrefix(holder, "did:key:")}
}

func envelope(compact string) object {
	return object{"@context": "https://www.w3.org/ns/credentials/v2", "id": "data:application/vc+jwt," + compact, "type": "EnvelopedVerifiableCredential"}
}

func presentationClaims(t testing.TB) object {
	return object{
		"@context": []any{"https://www.w3.org/ns/credentials/v2"},
		"type":     []any{"VerifiablePresentation"},
		"iss":      holderDID(t, 9), "holder": holderDID(t, 9), "aud": audience, "nonce": nonce, "iat": 1795424400,
		"verifiableCredential": []any{envelope(issue(t, testDocument(), statement(t)))},
	}
}

func present(t testing.TB, signer byte, h jose.Header, claims object) string {
	t.Helper()
	compact, err := jose.Sign(signingKey(t, signer).Sign, h, claims)
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func TestOpenPresentation(t *testing.T) {
	bare := presentationHeader(t)
	bare.KeyID = holderDID(t, 9)
	plain := presentationHeader(t)
	plain.ContentType = ""
	for name, h := range map[string]jose.Header{"DID URL": presentationHeader(t), "bare DID": bare, "no cty": plain} {
		t.Run(name, func(t *testing.T) {
			p, err := vcjwt.OpenPresentation(present(t, 9, h, presentationClaims(t)))
			if err != nil {
				t.Fatal(err)
			}
			if p.Nonce != nonce || p.Audience != audience || !p.Holder.Equal(&privateKey(t, 9).PublicKey) || len(p.Credentials) != 1 {
				t.Errorf("nonce %s, audience %s, %d credentials", p.Nonce, p.Audience, len(p.Credentials))
			}
			if err := p.Verify(); err != nil {
				t.Error(err)
			}
			if err := p.Credentials[0].Verify(&privateKey(t, 1).PublicKey); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPresentationVariants(t *testing.T) {
	cases := map[string]func(object){
		"iss alone":       func(c object) { delete(c, "holder") },
		"holder alone":    func(c object) { delete(c, "iss") },
		"aud in an array": func(c object) { c["aud"] = []string{audience} },
		"type as text":    func(c object) { c["type"] = "VerifiablePresentation" },
		"unknown member":  func(c object) { c["jti"] = "x" },
		"several presented": func(c object) {
			one := c["verifiableCredential"].([]any)[0]
			c["verifiableCredential"] = []any{one, one}
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			claims := presentationClaims(t)
			change(claims)
			p, err := vcjwt.OpenPresentation(present(t, 9, presentationHeader(t), claims))
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Verify(); err != nil || p.Audience != audience {
				t.Errorf("audience %s: %v", p.Audience, err)
			}
		})
	}
}

func TestOpenPresentationRefuses(t *testing.T) {
	other := holderDID(t, 8)
	good := issue(t, testDocument(), statement(t))
	credentials := func(items ...any) func(object) { return func(c object) { c["verifiableCredential"] = items } }
	changed := func(name string, value any) func(object) {
		return func(c object) {
			e := envelope(good)
			e[name] = value
			c["verifiableCredential"] = []any{e}
		}
	}
	set := func(name string, value any) func(object) { return func(c object) { c[name] = value } }
	cases := map[string]struct {
		change func(object)
		why    string
	}{
		"no context":             {set("@context", nil), "@context"},
		"other context":          {set("@context", []any{"https://example.com"}), "@context"},
		"other type":             {set("type", []any{"VerifiableCredential"}), "type does not begin"},
		"type of numbers":        {set("type", []any{"VerifiablePresentation", 1}), "type does not begin"},
		"iss of another":         {set("iss", other), "not one DID"},
		"holder of another":      {set("holder", other), "not one DID"},
		"holder is an object":    {set("holder", object{"id": other}), "not one DID"},
		"neither iss nor holder": {func(c object) { delete(c, "iss"); delete(c, "holder") }, "neither iss nor holder"},
		"no nonce":               {func(c object) { delete(c, "nonce") }, "no nonce"},
		"empty nonce":            {set("nonce", ""), "empty or too long"},
		"long nonce":             {set("nonce", strings.Repeat("n", 513)), "empty or too long"},
		"no aud":                 {func(c object) { delete(c, "aud") }, "no aud"},
		"two audiences":          {set("aud", []string{audience, "other"}), "not one audience"},
		"empty audience":         {set("aud", ""), "empty or too long"},
		"no credential":          {credentials(), "1 to 8"},
		"nine credentials":       {credentials(1, 2, 3, 4, 5, 6, 7, 8, 9), "1 to 8"},
		"credential as text":     {credentials(good), "not an EnvelopedVerifiableCredential"},
		"credentials no array":   {set("verifiableCredential", envelope(good)), "1 to 8"},
		"envelope of SD-JWT":     {changed("id", "data:application/vc+sd-jwt,"+good), "not an EnvelopedVerifiableCredential"},
		"envelope from a URL":    {changed("id", "https://example.com/"+good), "not an EnvelopedVerifiableCredential"},
		"envelope of other type": {changed("type", "VerifiableCredential"), "not an EnvelopedVerifiableCredential"},
		"envelope, context":      {changed("@context", "https://example.com"), "not an EnvelopedVerifiableCredential"},
		"envelope with more":     {changed("name", "x"), "not an EnvelopedVerifiableCredential"},
		"credential is broken":   {changed("id", "data:application/vc+jwt,"+good[1:]), "open JWT credential"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			claims := presentationClaims(t)
			c.change(claims)
			_, err := vcjwt.OpenPresentation(present(t, 9, presentationHeader(t), claims))
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("got %v, want %q", err, c.why)
			}
		})
	}
}

func TestOpenPresentationRefusesHeaders(t *testing.T) {
	cases := map[string]func(*jose.Header){
		"typ JWT":           func(h *jose.Header) { h.Type = "JWT" },
		"typ of credential": func(h *jose.Header) { h.Type = "vc+jwt" },
		"cty of credential": func(h *jose.Header) { h.ContentType = "vc" },
		"no kid":            func(h *jose.Header) { h.KeyID = "" },
		"kid of did:web":    func(h *jose.Header) { h.KeyID = issuerDID + "#00ff" },
		"fragment of another": func(h *jose.Header) {
			h.KeyID = holderDID(t, 9) + "#" + strings.TrimPrefix(holderDID(t, 8), "did:key:")
		},
		"kid of another":        func(h *jose.Header) { h.KeyID = holderDID(t, 8) },
		"fragment that is free": func(h *jose.Header) { h.KeyID = holderDID(t, 9) + "#key-1" },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			h := presentationHeader(t)
			change(&h)
			if _, err := vcjwt.OpenPresentation(present(t, 9, h, presentationClaims(t))); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestPresentationVerifyRefuses(t *testing.T) {
	t.Run("signed by another", func(t *testing.T) {
		p, err := vcjwt.OpenPresentation(present(t, 8, presentationHeader(t), presentationClaims(t)))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(); err == nil {
			t.Error("verified")
		}
	})
	t.Run("credential of another holder", func(t *testing.T) {
		stolen := statement(t)
		stolen.Holder = &privateKey(t, 8).PublicKey
		claims := presentationClaims(t)
		claims["verifiableCredential"] = append(claims["verifiableCredential"].([]any), envelope(issue(t, testDocument(), stolen)))
		p, err := vcjwt.OpenPresentation(present(t, 9, presentationHeader(t), claims))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(); err == nil || !strings.Contains(err.Error(), "another holder") {
			t.Errorf("got %v", err)
		}
	})
}

func FuzzOpenPresentation(f *testing.F) {
	b, err := json.Marshal(presentationClaims(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, claims []byte) {
		input, err := jose.SigningInput(presentationHeader(t), claims)
		if err != nil {
			t.Fatal(err)
		}
		compact, err := jose.Assemble(input, make([]byte, 64))
		if err != nil {
			t.Fatal(err)
		}
		p, err := vcjwt.OpenPresentation(compact)
		if err == nil && (p.Verify() == nil || len(p.Credentials) == 0 || p.Nonce == "") {
			t.Fatal("opened what it must not")
		}
	})
}
