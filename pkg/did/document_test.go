package did_test

import (
	"encoding/json"
	"strings"
	"testing"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/jose"
)

const issuer = "did:web:issuer.example"

func issuerDocument(t testing.TB) string {
	t.Helper()
	first, err := jose.NewPublicJWK(&privateKey(t, 1).PublicKey, "aa")
	if err != nil {
		t.Fatal(err)
	}
	second, err := jose.NewPublicJWK(&privateKey(t, 2).PublicKey, "bb")
	if err != nil {
		t.Fatal(err)
	}
	second.Use, second.Algorithm = "sig", "" // as in the JWKS of the same issuer
	b, err := json.Marshal(did.NewDocument(issuer, []jose.PublicJWK{first, second}))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNewDocument(t *testing.T) {
	first := `"kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"`
	want := `{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1"],"id":"did:web:issuer.example",` +
		`"verificationMethod":[{"id":"did:web:issuer.example#aa","type":"JsonWebKey2020","controller":"did:web:issuer.example",` +
		`"publicKeyJwk":{` + first + `,"kid":"aa","alg":"ES256"}}`
	got := issuerDocument(t)
	if !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
	if !strings.HasSuffix(got, `"assertionMethod":["did:web:issuer.example#aa","did:web:issuer.example#bb"]}`) {
		t.Errorf("assertionMethod does not list every key: %s", got)
	}
	if strings.Contains(got, `"use"`) {
		t.Error("publicKeyJwk has a use")
	}
}

func TestDocumentKey(t *testing.T) {
	d, err := did.ParseDocument([]byte(issuerDocument(t)), issuer)
	if err != nil {
		t.Fatal(err)
	}
	if pub, err := d.Key(issuer + "#bb"); err != nil || !pub.Equal(&privateKey(t, 2).PublicKey) {
		t.Errorf("key bb: %v", err)
	}
	for _, kid := range []string{"", "bb", issuer, issuer + "#cc", "did:web:other.example#bb"} {
		if _, err := d.Key(kid); err == nil {
			t.Errorf("found a key under %q", kid)
		}
	}
}

func TestDocumentKeyMustBeAnAssertionMethod(t *testing.T) {
	text := strings.Replace(issuerDocument(t), `,"did:web:issuer.example#bb"]`, `]`, 1)
	d, err := did.ParseDocument([]byte(text), issuer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Key(issuer + "#bb"); err == nil {
		t.Error("a key that may not sign credentials was found")
	}
}

func TestParseDocumentRefuses(t *testing.T) {
	good := issuerDocument(t)
	replace := func(old, new string) string {
		changed := strings.Replace(good, old, new, 1)
		if changed == good {
			t.Fatalf("nothing to replace: %s", old)
		}
		return changed
	}
	cases := map[string]string{
		"empty":                  ``,
		"trailing bytes":         good + `{}`,
		"too long":               good + strings.Repeat(" ", 64<<10),
		"extra member":           replace(`"id"`, `"service":[],"id"`),
		"no assertionMethod":     replace(`"assertionMethod"`, `"assertion"`),
		"duplicate member":       replace(`"id"`, `"id":"did:web:issuer.example","id"`),
		"one context":            replace(`,"https://w3id.org/security/suites/jws-2020/v1"`, ``),
		"other DID":              replace(`"id":"did:web:issuer.example"`, `"id":"did:web:other.example"`),
		"method of another type": replace(`JsonWebKey2020`, `Multikey`),
		"other controller":       replace(`"controller":"did:web:issuer.example"`, `"controller":"did:web:other.example"`),
		"id of another DID":      replace(`did:web:issuer.example#aa`, `did:web:other.example#aa`),
		"id of another kid":      replace(`"kid":"aa"`, `"kid":"ab"`),
		"two methods, one id":    strings.NewReplacer(`#bb"`, `#aa"`, `"kid":"bb"`, `"kid":"aa"`).Replace(good),
		"method with more":       replace(`"type"`, `"x":1,"type"`),
		"jwk with use":           replace(`"kty"`, `"use":"sig","kty"`),
		"jwk with d":             replace(`"kty"`, `"d":"AA","kty"`),
		"jwk without alg":        replace(`,"alg":"ES256"`, ``),
		"jwk with other alg":     replace(`"alg":"ES256"`, `"alg":"ES384"`),
		"jwk off curve":          replace(`"y":"T-NC4v`, `"y":"T-NC4w`),
		"jwk is text":            replace(`"publicKeyJwk":{`, `"publicKeyJwk":"","ignored":{`),
		"assertion of no method": replace(`"assertionMethod":[`, `"assertionMethod":["did:web:issuer.example#zz",`),
		"methods are text":       `{"@context":[],"id":"` + issuer + `","verificationMethod":"x","assertionMethod":[]}`,
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := did.ParseDocument([]byte(text), issuer); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func FuzzParseDocument(f *testing.F) {
	f.Add([]byte(issuerDocument(f)))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := did.ParseDocument(b, issuer)
		if err != nil {
			return
		}
		for _, kid := range d.AssertionMethod {
			if _, err := d.Key(kid); err != nil {
				t.Fatalf("took a document with a key that cannot be had: %v", err)
			}
		}
	})
}
