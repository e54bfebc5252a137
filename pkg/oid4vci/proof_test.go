package oid4vci_test

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oid4vci"
)

// specification returns the example of OID4VCI 1.0 Appendix F.1, and the rules that it keeps.
func specification(t testing.TB) (string, oid4vci.ProofRules) {
	t.Helper()
	var vector struct {
		Proof string `json:"proof_jwt"`
	}
	fixture.Vector(t, "oid4vp/oid4vci_jwt_proof_1_0.json", &vector)
	return vector.Proof, oid4vci.ProofRules{
		CredentialIssuer: "https://credential-issuer.example.com", Nonce: "LarRGSbmUPYtRYO6BQ4yn8",
		Now: time.Unix(1701960444, 0), MaxAge: 5 * time.Minute, Skew: 30 * time.Second,
	}
}

func TestProofOfTheSpecification(t *testing.T) {
	proof, rules := specification(t)
	got, err := oid4vci.VerifyProof(proof, rules)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := jose.NewPublicJWK(got.Holder, "")
	if err != nil || jwk.X != "nUWAoAv3XZith8E7i19OdaxOLYFOwM-Z2EuM02TirT4" || jwk.Y != "HskHU8BjUi1U9Xqi7Swmj8gwAK_0xkcDjEW_71SosEY" {
		t.Errorf("the key is %+v (%v)", jwk, err)
	}
	if !got.Issued.Equal(rules.Now) {
		t.Errorf("issued %v", got.Issued)
	}
	_, err = jose.Parse(proof, jose.Expect{Type: oid4vci.TypeProof, Algorithms: []jose.Algorithm{jose.ES256}})
	wantReason(t, "where no key may be embedded", err, jose.ReasonHeader)
}

// A changed payload or signature is no signature; a changed header names another type, algorithm or key, or is no header.
func TestEveryBitOfTheProof(t *testing.T) {
	proof, rules := specification(t)
	reasons := map[string][]jose.Reason{
		fixture.Header:    {jose.ReasonHeader, jose.ReasonType, jose.ReasonAlgorithm, jose.ReasonKey, jose.ReasonSignature},
		fixture.Payload:   {jose.ReasonSignature},
		fixture.Signature: {jose.ReasonSignature},
		fixture.Text: {
			jose.ReasonMalformed, jose.ReasonHeader, jose.ReasonType, jose.ReasonAlgorithm, jose.ReasonKey, jose.ReasonSignature,
		},
	}
	seen := map[string]map[jose.Reason]int{}
	fixture.EveryBitOfToken(t, proof, func(part, mutant string) {
		_, err := oid4vci.VerifyProof(mutant, rules)
		var e *jose.Error
		if !errors.As(err, &e) || !slices.Contains(reasons[part], e.Reason) {
			t.Fatalf("%s: %q: %v", part, mutant, err)
		}
		if seen[part] == nil {
			seen[part] = map[jose.Reason]int{}
		}
		seen[part][e.Reason]++
	})
	for part, want := range reasons {
		for _, reason := range want {
			// Only the key and the members' names lie in a header: nothing but the key could leave the header whole.
			if seen[part][reason] == 0 && reason != jose.ReasonSignature {
				t.Errorf("no bit of the %s is refused for its %s", part, reason)
			}
		}
	}
}

// wallet makes proofs of its own, with whatever header and claims.
type wallet struct {
	t   *testing.T
	key *ecdsa.PrivateKey
}

func (w wallet) jwk() map[string]any {
	jwk, err := jose.NewPublicJWK(&w.key.PublicKey, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return map[string]any{"kty": jwk.KeyType, "crv": jwk.Curve, "x": jwk.X, "y": jwk.Y}
}

func (w wallet) did() string {
	id, err := did.FormatKey(&w.key.PublicKey)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// proof changes a good header and good claims; nil leaves a member out.
func (w wallet) proof(header, claims map[string]any) string {
	w.t.Helper()
	h := map[string]any{"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": w.jwk()}
	c := map[string]any{"aud": "https://issuer.example", "iat": fixture.Now.Unix(), "nonce": "n"}
	input := w.segment(h, header) + "." + w.segment(c, claims)
	signature, err := fixture.Sign(w.key, []byte(input))
	if err != nil {
		w.t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (w wallet) segment(good, change map[string]any) string {
	w.t.Helper()
	maps.Copy(good, change)
	maps.DeleteFunc(good, func(_ string, v any) bool { return v == nil })
	b, err := json.Marshal(good)
	if err != nil {
		w.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

var rules = oid4vci.ProofRules{
	CredentialIssuer: "https://issuer.example", Nonce: "n", Now: fixture.Now, MaxAge: 5 * time.Minute, Skew: 30 * time.Second,
}

func TestKeyOfAProof(t *testing.T) {
	w := wallet{t, fixture.Key(t)}
	other := wallet{t, fixture.Key(t)}
	private := w.jwk()
	private["d"] = "AAAA"
	offCurve := w.jwk()
	offCurve["x"] = offCurve["y"]
	encryption := w.jwk()
	encryption["use"] = "enc"
	for _, c := range []struct {
		name   string
		header map[string]any
		want   jose.Reason
	}{
		{"a jwk", nil, ""},
		{"a did:key", map[string]any{"jwk": nil, "kid": w.did()}, ""},
		{"the URL of a did:key", map[string]any{"jwk": nil, "kid": w.did() + "#" + strings.TrimPrefix(w.did(), "did:key:")}, ""},
		{"both", map[string]any{"kid": w.did()}, jose.ReasonHeader},
		{"neither", map[string]any{"jwk": nil}, jose.ReasonKey},
		{"a kid that is no did:key", map[string]any{"jwk": nil, "kid": "key-1"}, jose.ReasonKey},
		{"another's jwk", map[string]any{"jwk": other.jwk()}, jose.ReasonSignature},
		{"another's did:key", map[string]any{"jwk": nil, "kid": other.did()}, jose.ReasonSignature},
		{"a private jwk", map[string]any{"jwk": private}, jose.ReasonKey},
		{"a jwk off the curve", map[string]any{"jwk": offCurve}, jose.ReasonKey},
		{"a jwk for encryption", map[string]any{"jwk": encryption}, jose.ReasonKey},
		{"a symmetric jwk", map[string]any{"jwk": map[string]any{"kty": "oct", "k": "AAAA"}}, jose.ReasonKey},
		{"a jwk that is text", map[string]any{"jwk": "key"}, jose.ReasonHeader},
		{"x5c", map[string]any{"x5c": []string{"AAAA"}}, jose.ReasonHeader},
		{"a key attestation", map[string]any{"key_attestation": "a.b.c"}, jose.ReasonHeader},
		{"another typ", map[string]any{"typ": "JWT"}, jose.ReasonType},
		{"no algorithm", map[string]any{"alg": "none"}, jose.ReasonAlgorithm},
	} {
		got, err := oid4vci.VerifyProof(w.proof(c.header, nil), rules)
		if c.want != "" {
			wantReason(t, c.name, err, c.want)
		} else if err != nil || !got.Holder.Equal(&w.key.PublicKey) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestClaimsOfAProof(t *testing.T) {
	w := wallet{t, fixture.Key(t)}
	at := func(d time.Duration) map[string]any { return map[string]any{"iat": fixture.Now.Add(d).Unix()} }
	signedIn, noNonce, noIssuer := rules, rules, rules
	signedIn.ClientID, noNonce.Nonce, noIssuer.CredentialIssuer = "wallet", "", ""
	for _, c := range []struct {
		name   string
		claims map[string]any
		rules  oid4vci.ProofRules
		ok     bool
	}{
		{"as it should be", nil, rules, true},
		{"five minutes old", at(-5 * time.Minute), rules, true},
		{"older", at(-5*time.Minute - time.Second), rules, false},
		{"half a minute ahead", at(30 * time.Second), rules, true},
		{"further ahead", at(31 * time.Second), rules, false},
		{"no iat", map[string]any{"iat": nil}, rules, false},
		{"iat as text", map[string]any{"iat": "1795424400"}, rules, false},
		{"iat in milliseconds", map[string]any{"iat": fixture.Now.UnixMilli()}, rules, false},
		{"ended", map[string]any{"exp": fixture.Now.Unix()}, rules, false},
		{"not ended", map[string]any{"exp": fixture.Now.Unix() + 1}, rules, true},
		{"another issuer", map[string]any{"aud": "https://other.example"}, rules, false},
		{"several issuers", map[string]any{"aud": []string{"https://issuer.example", "https://other.example"}}, rules, false},
		{"no audience", map[string]any{"aud": nil}, rules, false},
		{"no audience to expect", map[string]any{"aud": nil}, noIssuer, false},
		{"another nonce", map[string]any{"nonce": "m"}, rules, false},
		{"no nonce", map[string]any{"nonce": nil}, rules, false},
		{"a nonce nobody gave", nil, noNonce, false},
		{"no nonce, and none given", map[string]any{"nonce": nil}, noNonce, true},
		{"iss where nobody signed in", map[string]any{"iss": "wallet"}, rules, false},
		{"its own client", map[string]any{"iss": "wallet"}, signedIn, true},
		{"another client", map[string]any{"iss": "other"}, signedIn, false},
		{"no client", nil, signedIn, false},
	} {
		if _, err := oid4vci.VerifyProof(w.proof(nil, c.claims), c.rules); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func wantReason(t *testing.T, name string, err error, want jose.Reason) {
	t.Helper()
	var e *jose.Error
	if !errors.As(err, &e) || e.Reason != want {
		t.Errorf("%s: %v, want %s", name, err, want)
	}
}

// Whatever is accepted is the specification's own proof: no change to it is.
func FuzzProof(f *testing.F) {
	proof, rules := specification(f)
	f.Add(proof)
	f.Fuzz(func(t *testing.T, mutant string) {
		if _, err := oid4vci.VerifyProof(mutant, rules); err == nil && mutant != proof {
			t.Errorf("accepted %q", mutant)
		}
	})
}
