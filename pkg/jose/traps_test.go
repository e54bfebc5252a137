package jose_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"justice-wallet/pkg/jose"
)

// Each test here pins something that the signature library beneath us, or encoding/json, takes and we must not. The first
// half of each shows that the trap is still there: when an upgrade closes one, that half fails and the test can go.

// libraryTakes fails unless jws.Verify accepts the token, with its own defaults.
func libraryTakes(t *testing.T, token string, options ...jws.VerifyOption) []byte {
	t.Helper()
	options = append(options, jws.WithKey(jwa.ES256, &testKey(t, 1).PublicKey))
	payload, err := jws.Verify([]byte(token), options...)
	if err != nil {
		t.Fatalf("the trap is gone: the library refuses: %v", err)
	}
	return payload
}

func weRefuse(t *testing.T, token string, want jose.Reason) {
	t.Helper()
	_, err := jose.Verify(ctx, token, testType, only(&testKey(t, 1).PublicKey))
	wantReason(t, err, want)
}

// The worst of them: a JSON serialisation carries members beside the signed payload, and jwx's jwt.Parse believes them.
func TestTrapJSONSerialisation(t *testing.T) {
	p := strings.Split(forge(t, testKey(t, 1), goodHeader, `{"sub":"mallory"}`), ".")
	flattened := `{"iss":"onelogin","sub":"victim","payload":"` + p[1] + `","protected":"` + p[0] + `","signature":"` + p[2] + `"}`
	signature := `{"protected":"` + p[0] + `","signature":"` + p[2] + `"}`
	bad := strings.Replace(signature, p[2], b64(strings.Repeat("x", 64)), 1)
	general := `{"payload":"` + p[1] + `","signatures":[` + bad + `,` + signature + `]}`
	for name, token := range map[string]string{"flattened": flattened, "general, one bad signature": general} {
		t.Run(name, func(t *testing.T) {
			libraryTakes(t, token)
			weRefuse(t, token, jose.ReasonMalformed)
		})
	}
}

func TestTrapManySpellings(t *testing.T) {
	good := forge(t, testKey(t, 1), goodHeader, `{"sub":"x"}`)
	p := strings.Split(good, ".")
	cases := map[string]string{
		"padding":            good + "==",
		"line feed":          p[0] + "." + p[1][:4] + "\n" + p[1][4:] + "." + p[2],
		"carriage return":    p[0] + "." + p[1] + "." + p[2][:4] + "\r" + p[2][4:],
		"trailing line feed": good + "\n",
		"trailing bits":      good[:len(good)-1] + nextLetter(good[len(good)-1]),
	}
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			libraryTakes(t, token)
			weRefuse(t, token, jose.ReasonMalformed)
		})
	}
}

// nextLetter returns the letter of the base64url alphabet after c: 64 bytes leave four bits of the last letter unused,
// so the next letter decodes to the same bytes.
func nextLetter(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	i := strings.IndexByte(alphabet, c)
	return alphabet[i+1 : i+2]
}

func TestTrapStandardAlphabet(t *testing.T) {
	token := tokenWith(t, "-_")
	p := strings.Split(token, ".")
	p[2] = strings.NewReplacer("-", "+", "_", "/").Replace(p[2])
	token = strings.Join(p, ".")
	libraryTakes(t, token, jws.WithCompact())
	weRefuse(t, token, jose.ReasonMalformed)
}

// tokenWith returns a token whose signature holds one of letters at least; signatures are random.
func tokenWith(t *testing.T, letters string) string {
	t.Helper()
	for range 1000 {
		token := forge(t, testKey(t, 1), goodHeader, `{"sub":"x"}`)
		if strings.ContainsAny(token[strings.LastIndexByte(token, '.'):], letters) {
			return token
		}
	}
	t.Fatal("no such signature in 1000")
	return ""
}

func TestTrapHeader(t *testing.T) {
	key := testKey(t, 1)
	cases := map[string]string{
		"unknown crit":      `{"alg":"ES256","typ":"at+jwt","crit":["exp"],"exp":1}`,
		"duplicate kid":     `{"alg":"ES256","typ":"at+jwt","kid":"a","kid":"b"}`,
		"duplicate alg":     `{"alg":"none","alg":"ES256","typ":"at+jwt"}`,
		"embedded key":      `{"alg":"ES256","typ":"at+jwt","jwk":` + ecJWK("") + `}`,
		"address of keys":   `{"alg":"ES256","typ":"at+jwt","jku":"https://keys.example/jwks"}`,
		"address of a cert": `{"alg":"ES256","typ":"at+jwt","x5u":"https://keys.example/cert"}`,
		"chain":             `{"alg":"ES256","typ":"at+jwt","x5c":["AA=="]}`,
		"encoded payload":   `{"alg":"ES256","typ":"at+jwt","b64":true}`,
		"unknown member":    `{"alg":"ES256","typ":"at+jwt","zip":"DEF"}`,
	}
	for name, header := range cases {
		t.Run(name, func(t *testing.T) {
			token := forge(t, key, header, `{}`)
			libraryTakes(t, token, jws.WithCompact())
			weRefuse(t, token, jose.ReasonHeader)
		})
	}
}

func TestTrapClaims(t *testing.T) {
	key := testKey(t, 1)
	t.Run("duplicate claim: the last wins", func(t *testing.T) {
		token := forge(t, key, goodHeader, `{"sub":"a","sub":"b"}`)
		var v struct{ Sub string }
		if err := json.Unmarshal(libraryTakes(t, token), &v); err != nil || v.Sub != "b" {
			t.Fatalf("the trap is gone: %v", err)
		}
		weRefuse(t, token, jose.ReasonClaims)
	})
	t.Run("another letter case", func(t *testing.T) {
		type nonce struct {
			Nonce string `json:"nonce"`
		}
		var v nonce
		if err := json.Unmarshal([]byte(`{"NONCE":"b"}`), &v); err != nil || v.Nonce != "b" {
			t.Fatalf("the trap is gone: %v", err)
		}
		wantReason(t, claims(t, `{"NONCE":"b"}`).Decode(&nonce{}), jose.ReasonClaims)
	})
	t.Run("bytes after the object", func(t *testing.T) {
		token := forge(t, key, goodHeader, `{"sub":"a"}{"sub":"b"}`)
		libraryTakes(t, token, jws.WithCompact())
		weRefuse(t, token, jose.ReasonClaims)
	})
	t.Run("big number loses digits", func(t *testing.T) {
		var v map[string]any
		if err := json.Unmarshal([]byte(`{"n":9007199254740993}`), &v); err != nil || v["n"] != float64(9007199254740992) {
			t.Fatalf("the trap is gone: %v", err)
		}
		if n, err := claims(t, `{"n":9007199254740993}`).Int("n"); err != nil || n != 9007199254740993 {
			t.Errorf("got %d, %v", n, err)
		}
	})
}

func TestTrapSymmetricKeyInSet(t *testing.T) {
	b := set(`{"kty":"oct","k":"` + b64(strings.Repeat("s", 32)) + `","kid":"k1","alg":"HS256"}`)
	keys, err := jwk.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.Sign([]byte(`{}`), jws.WithKey(jwa.HS256, []byte(strings.Repeat("s", 32)), jws.WithProtectedHeaders(kid(t, "k1"))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Verify(token, jws.WithKeySet(keys)); err != nil {
		t.Fatalf("the trap is gone: %v", err)
	}
	_, err = jose.ParseSet(b)
	wantReason(t, err, jose.ReasonKey)
	_, err = jose.Verify(ctx, string(token), jose.Expect{Algorithms: []jose.Algorithm{"HS256"}}, only([]byte("s")))
	wantReason(t, err, jose.ReasonMalformed) // even a caller who asks for it gets no HS256
}

func kid(t *testing.T, id string) jws.Headers {
	t.Helper()
	h := jws.NewHeaders()
	if err := h.Set(jws.KeyIDKey, id); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTrapOffCurveKey(t *testing.T) {
	b := strings.Replace(ecJWK(""), rfcY, rfcX, 1)
	key, err := jwk.ParseKey([]byte(b))
	if err != nil || key.Validate() != nil {
		t.Fatalf("the trap is gone: %v", err)
	}
	_, err = jose.ParsePublicJWK([]byte(b))
	wantReason(t, err, jose.ReasonKey)
}

func TestTrapTwoKeysWithOneID(t *testing.T) {
	first, err := jose.NewPublicJWK(&testKey(t, 2).PublicKey, "k1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := jose.NewPublicJWK(&testKey(t, 1).PublicKey, "k1")
	if err != nil {
		t.Fatal(err)
	}
	first.Algorithm, second.Algorithm = "ES256", "ES256"
	b, err := json.Marshal(map[string]any{"keys": []jose.PublicJWK{first, second}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jwk.Parse(b)
	if err != nil {
		t.Fatalf("the trap is gone: %v", err)
	}
	if _, err := jws.Verify([]byte(forge(t, testKey(t, 1), goodHeader, `{}`)), jws.WithKeySet(keys)); err == nil {
		t.Fatal("the trap is gone: the library tries both keys")
	}
	_, err = jose.ParseSet(b)
	wantReason(t, err, jose.ReasonKey)
}

func TestTrapSetWithoutAlgorithm(t *testing.T) {
	one, err := jose.NewPublicJWK(&testKey(t, 1).PublicKey, "k1")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"keys": []jose.PublicJWK{one}})
	if err != nil {
		t.Fatal(err)
	}
	token := forge(t, testKey(t, 1), goodHeader, `{}`)
	library, err := jwk.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Verify([]byte(token), jws.WithKeySet(library)); err == nil {
		t.Fatal("the trap is gone: the library infers the algorithm")
	}
	ours, err := jose.ParseSet(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jose.Verify(ctx, token, testType, ours); err != nil {
		t.Errorf("GOV.UK One Login publishes its key like this: %v", err)
	}
}

// What the library refuses by itself, and must go on refusing.
func TestControls(t *testing.T) {
	p := strings.Split(forge(t, testKey(t, 1), goodHeader, `{}`), ".")
	cases := map[string]string{
		"alg none":         b64(`{"alg":"none","typ":"at+jwt"}`) + "." + p[1] + ".",
		"zero signature":   p[0] + "." + p[1] + "." + b64(string(make([]byte, 64))),
		"DER signature":    p[0] + "." + p[1] + "." + b64("\x30\x44\x02\x20"+strings.Repeat("a", 32)+"\x02\x20"+strings.Repeat("b", 32)),
		"HS256 and public": forge(t, testKey(t, 1), `{"alg":"HS256","typ":"at+jwt"}`, `{}`),
	}
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := jose.Verify(ctx, token, testType, only(&testKey(t, 1).PublicKey)); err == nil {
				t.Error("accepted")
			}
		})
	}
}
