package jose_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"justice-wallet/pkg/jose"
)

// A token that is accepted has the one spelling that its parts encode to.
func FuzzParse(f *testing.F) {
	f.Add(rfcToken)
	f.Add(forge(f, testKey(f, 1), goodHeader, `{"sub":"x"}`))
	f.Add(forge(f, testKey(f, 1), `{"alg":"ES256","cty":"vc"}`, `{}`))
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		for _, typ := range []string{"", "at+jwt"} {
			parsed, err := jose.Parse(token, jose.Expect{Type: typ, Algorithms: []jose.Algorithm{jose.ES256}})
			if err != nil {
				continue
			}
			for part := range strings.SplitSeq(token, ".") {
				b, err := base64.RawURLEncoding.DecodeString(part)
				if err != nil || base64.RawURLEncoding.EncodeToString(b) != part {
					t.Fatalf("took a second spelling of a part")
				}
			}
			if parsed.Header().Algorithm != jose.ES256 {
				t.Fatal("took an algorithm that is not allowed")
			}
		}
	})
}

// What ParseClaims takes, encoding/json takes too, and reads the same.
func FuzzParseClaims(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,{"b":null}],"c":"\ud83d\ude00"}`, `{"a":1,"a":2}`, `{"exp":1e9}`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := jose.ParseClaims(b)
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(b, &members); err != nil || len(members) != len(c.Names()) {
			t.Fatalf("reads otherwise than encoding/json: %v", err)
		}
		for name := range members {
			if !c.Has(name) {
				t.Fatal("lost a member")
			}
			_, _ = c.Time(name) // must not panic
			_, _ = c.Object(name)
		}
	})
}

// A set that is refused gives no keys.
func FuzzParseSet(f *testing.F) {
	f.Add(set(ecJWK(`,"kid":"a"`), rsaJWK(`,"kid":"b"`)))
	f.Add(set(ecJWK(`,"d":"AA"`)))
	f.Add(set(`{"kty":"oct"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		keys, err := jose.ParseSet(b)
		if err != nil && keys.Len() != 0 {
			t.Fatal("returned keys with an error")
		}
	})
}

// What is accepted as a token is seen by a peek, too, and says the same of itself.
func FuzzPeek(f *testing.F) {
	f.Add(rfcToken)
	f.Add(forge(f, testKey(f, 1), goodHeader, `{"sub":"x"}`))
	f.Add("e30.e30.AA")
	f.Fuzz(func(t *testing.T, token string) {
		header, _, err := jose.Peek(token, jose.DefaultMaxBytes)
		parsed, refused := jose.Parse(token, jose.Expect{Algorithms: []jose.Algorithm{jose.ES256}})
		if refused != nil || err != nil { // a payload may be no object: only a peek looks
			return
		}
		if alg, err := header.String("alg"); err != nil || jose.Algorithm(alg) != parsed.Header().Algorithm {
			t.Errorf("%q is of another algorithm than it was seen to be (%v)", token, err)
		}
	})
}
