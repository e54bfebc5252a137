package jose_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"justice-wallet/pkg/jose"
)

// The public keys of RFC 7515 Appendix A.3 (P-256) and A.2 (RSA).
const (
	rfcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
	rfcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	rfcN = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
)

// rfcToken is the whole token of RFC 7515 Appendix A.3.1.
const rfcToken = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

func ecJWK(extra string) string {
	return `{"kty":"EC","crv":"P-256","x":"` + rfcX + `","y":"` + rfcY + `"` + extra + `}`
}

func rsaJWK(extra string) string { return `{"kty":"RSA","n":"` + rfcN + `","e":"AQAB"` + extra + `}` }

func set(keys ...string) []byte { return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`) }

func TestRFC7515Example(t *testing.T) {
	keys, err := jose.ParseSet(set(ecJWK("")))
	if err != nil {
		t.Fatal(err)
	}
	got, err := jose.Verify(ctx, rfcToken, jose.Expect{Algorithms: []jose.Algorithm{jose.ES256}}, keys)
	if err != nil {
		t.Fatal(err)
	}
	if iss, err := got.Claims.String("iss"); err != nil || iss != "joe" {
		t.Errorf("iss %q, %v", iss, err)
	}
}

func TestParseSet(t *testing.T) {
	keys, err := jose.ParseSet(set(
		ecJWK(`,"kid":"a"`), // GOV.UK One Login: neither alg nor use
		rsaJWK(`,"kid":"b","alg":"RS256","use":"sig","x5c":["ignored"]`),
		ecJWK(`,"kid":"encryption","use":"enc"`),
		ecJWK(`,"kid":"agreement","alg":"ECDH-ES"`),
		`{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"okp"}`,
		`{"kty":"EC","crv":"P-384","x":"AA","y":"AA","kid":"p384"}`,
	))
	if err != nil {
		t.Fatal(err)
	}
	if keys.Len() != 2 {
		t.Errorf("%d keys, want 2", keys.Len())
	}
	if k, _ := keys.Lookup("a"); !isA[*ecdsa.PublicKey](k) {
		t.Error("no EC key under a")
	}
	if k, _ := keys.Lookup("b"); !isA[*rsa.PublicKey](k) {
		t.Error("no RSA key under b")
	}
	_, err = keys.Key(ctx, jose.Header{KeyID: "okp"})
	wantReason(t, err, jose.ReasonKey)
}

func isA[T any](v any) bool { _, ok := v.(T); return ok }

func TestParseSetRefuses(t *testing.T) {
	point := []byte(unb64(t, rfcX) + unb64(t, rfcY))
	longX := base64.RawURLEncoding.EncodeToString(make([]byte, 33))
	cases := map[string][]byte{
		"no keys":            []byte(`{}`),
		"no object":          []byte(`[]`),
		"key is text":        set(`"x"`),
		"duplicate member":   set(ecJWK(`,"kty":"EC"`)),
		"trailing bytes":     append(set(), "{}"...),
		"two keys, one kid":  set(ecJWK(`,"kid":"a"`), rsaJWK(`,"kid":"a"`)),
		"two without kid":    set(ecJWK(""), rsaJWK("")),
		"symmetric":          set(`{"kty":"oct","k":"c2VjcmV0"}`),
		"symmetric, no k":    set(`{"kty":"oct"}`),
		"no kty":             set(`{"crv":"P-256"}`),
		"private EC":         set(ecJWK(`,"d":"AA"`)),
		"private RSA":        set(rsaJWK(`,"p":"AA"`)),
		"private OKP":        set(`{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}`),
		"off curve":          set(strings.Replace(ecJWK(""), rfcY, rfcX, 1)),
		"short coordinate":   set(strings.Replace(ecJWK(""), rfcX, "AAAA", 1)),
		"long coordinate":    set(strings.Replace(ecJWK(""), rfcX, longX, 1)),
		"shifted boundary":   set(strings.NewReplacer(rfcX, b64(string(point[:31])), rfcY, b64(string(point[31:]))).Replace(ecJWK(""))),
		"padded coordinate":  set(strings.Replace(ecJWK(""), rfcX, rfcX+"=", 1)),
		"no y":               set(`{"kty":"EC","crv":"P-256","x":"` + rfcX + `"}`),
		"kid is a number":    set(ecJWK(`,"kid":1`)),
		"use is a list":      set(ecJWK(`,"use":["sig"]`)),
		"weak RSA":           set(strings.Replace(rsaJWK(""), rfcN, rfcN[:172], 1)),
		"RSA exponent 3":     set(strings.Replace(rsaJWK(""), "AQAB", "Aw", 1)),
		"RSA leading zero":   set(strings.Replace(rsaJWK(""), "AQAB", "AAEAAQ", 1)),
		"RSA empty exponent": set(strings.Replace(rsaJWK(""), "AQAB", "", 1)),
		"too many":           set(strings.Split(strings.Repeat(`{"kty":"OKP"};`, 65), ";")[:65]...),
		"too long":           set(ecJWK(`,"x5c":"` + strings.Repeat("A", 64<<10) + `"`)),
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := jose.ParseSet(b)
			wantReason(t, err, jose.ReasonKey)
		})
	}
}

func TestPublicJWKRoundTrip(t *testing.T) {
	// Some of these have coordinates that begin with a zero byte, which must be written (RFC 7518 §6.2.1.2).
	for n := byte(1); n < 200; n++ {
		pub := &testKey(t, n).PublicKey
		k, err := jose.NewPublicJWK(pub, "k")
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		got, err := jose.ParsePublicJWK(b)
		if err != nil || !pub.Equal(got) {
			t.Fatalf("key %d came back as another: %v", n, err)
		}
	}
}

func TestPublicJWKMembers(t *testing.T) {
	k, err := jose.NewPublicJWK(&testKey(t, 1).PublicKey, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	// The generator of P-256: SP 800-186 §3.2.1.3.
	want := `{"kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
	if _, err := jose.NewPublicJWK(offCurve(), ""); err == nil {
		t.Error("wrote a point that is not on the curve")
	}
}

func TestParsePublicJWKRefusesKeysForOtherUses(t *testing.T) {
	for _, text := range []string{ecJWK(`,"use":"enc"`), `{"kty":"OKP","crv":"Ed25519","x":"AA"}`, `[]`, ``} {
		_, err := jose.ParsePublicJWK([]byte(text))
		wantReason(t, err, jose.ReasonKey)
	}
}

func TestThumbprint(t *testing.T) {
	// Computed from RFC 7638 §3 for the key of RFC 7515 A.3 with another implementation.
	pub, err := jose.ParsePublicJWK([]byte(ecJWK("")))
	if err != nil {
		t.Fatal(err)
	}
	const want = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
	sum := jose.Thumbprint(pub.(*ecdsa.PublicKey))
	if got := base64.RawURLEncoding.EncodeToString(sum[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if jose.Thumbprint(nil) != [32]byte{} {
		t.Error("no key has a thumbprint")
	}
}

func ExampleParseSet() {
	keys, err := jose.ParseSet([]byte(`{"keys":[]}`))
	fmt.Println(keys.Len(), err)
	// Output: 0 <nil>
}

func unb64(t *testing.T, s string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
