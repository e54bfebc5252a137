package jose_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/jose"
)

const proofType = "openid4vci-proof+jwt"

// exampleProof is the key proof of OID4VCI 1.0 Appendix F.1.
func exampleProof(t testing.TB) string {
	t.Helper()
	var file struct {
		Proof string `json:"proof_jwt"`
	}
	fixture.Vector(t, "oid4vp/oid4vci_jwt_proof_1_0.json", &file)
	return file.Proof
}

func TestVerifyProof(t *testing.T) {
	p, err := jose.VerifyProof(exampleProof(t), proofType)
	if err != nil {
		t.Fatal(err)
	}
	if nonce, err := p.Claims.String("nonce"); err != nil || nonce != "LarRGSbmUPYtRYO6BQ4yn8" || p.Key == nil {
		t.Errorf("%q, %v", nonce, err)
	}
	if _, err := jose.Parse(exampleProof(t), jose.Expect{Type: proofType, Algorithms: []jose.Algorithm{jose.ES256}}); err == nil {
		t.Error("a token that brings its key is read where keys are ours to choose")
	}
}

// Every single bit of the example, changed, is refused, and where it stands says why.
func TestEveryBitOfAProof(t *testing.T) {
	token := []byte(exampleProof(t))
	first := strings.IndexByte(string(token), '.')
	last := strings.LastIndexByte(string(token), '.')
	for i := range token {
		for bit := range 8 {
			token[i] ^= 1 << bit
			_, err := jose.VerifyProof(string(token), proofType)
			var e *jose.Error
			if !errors.As(err, &e) {
				t.Errorf("bit %d of byte %d: %v", bit, i, err)
			} else if i > first && i < last && e.Reason != jose.ReasonSignature && e.Reason != jose.ReasonMalformed {
				t.Errorf("bit %d of byte %d, in the payload: %v", bit, i, err)
			}
			token[i] ^= 1 << bit
		}
	}
}

func TestVerifyProofRefuses(t *testing.T) {
	key, other := fixture.Key(t), fixture.Key(t)
	own, err := jose.NewPublicJWK(&key.PublicKey, "")
	if err != nil {
		t.Fatal(err)
	}
	public := map[string]any{"kty": own.KeyType, "crv": own.Curve, "x": own.X, "y": own.Y}
	with := func(name string, value any) map[string]any {
		out := map[string]any{name: value}
		for n, v := range public {
			if n != name {
				out[n] = v
			}
		}
		return out
	}
	header := func(change func(map[string]any)) map[string]any {
		h := map[string]any{"alg": "ES256", "typ": proofType, "jwk": public}
		if change != nil {
			change(h)
		}
		return h
	}
	for name, c := range map[string]struct {
		header map[string]any
		want   jose.Reason // empty: verifies
	}{
		"good":            {header(nil), ""},
		"a private key":   {header(func(h map[string]any) { h["jwk"] = with("d", own.X) }), jose.ReasonHeader},
		"a kid beside it": {header(func(h map[string]any) { h["kid"] = "did:key:z" }), jose.ReasonHeader},
		"no jwk":          {header(func(h map[string]any) { delete(h, "jwk") }), jose.ReasonHeader},
		"jwk in text":     {header(func(h map[string]any) { h["jwk"] = "key" }), jose.ReasonHeader},
		"crit":            {header(func(h map[string]any) { h["crit"] = []string{"exp"} }), jose.ReasonHeader},
		"another type":    {header(func(h map[string]any) { h["typ"] = "at+jwt" }), jose.ReasonType},
		"no type":         {header(func(h map[string]any) { delete(h, "typ") }), jose.ReasonHeader},
		"none":            {header(func(h map[string]any) { h["alg"] = "none" }), jose.ReasonAlgorithm},
		"a MAC":           {header(func(h map[string]any) { h["alg"] = "HS256" }), jose.ReasonAlgorithm},
		"another curve":   {header(func(h map[string]any) { h["jwk"] = with("crv", "P-384") }), jose.ReasonKey},
		"off the curve":   {header(func(h map[string]any) { h["jwk"] = with("y", own.X) }), jose.ReasonKey},
		"a shared secret": {header(func(h map[string]any) { h["jwk"] = map[string]any{"kty": "oct", "k": own.X} }), jose.ReasonKey},
	} {
		for signer, sign := range map[string]func([]byte) ([]byte, error){"own": es256.Signer(key), "another": es256.Signer(other)} {
			h, err := json.Marshal(c.header)
			if err != nil {
				t.Fatal(err)
			}
			input := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"nonce":"n"}`))
			signature, err := sign([]byte(input))
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" && signer == "another" {
				want = jose.ReasonSignature
			}
			_, err = jose.VerifyProof(input+"."+base64.RawURLEncoding.EncodeToString(signature), proofType)
			var e *jose.Error
			if want == "" && err != nil || want != "" && (!errors.As(err, &e) || e.Reason != want) {
				t.Errorf("%s, signed by %s: %v, want %q", name, signer, err, want)
			}
		}
	}
}
