package differential_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"justice-wallet/conformance/wallet"
	"justice-wallet/pkg/jose"
)

// odditiesOfJOSE are the tokens that go-jose verifies and we refuse, by what we say of them. All of them are made by the key.
var odditiesOfJOSE = map[string]string{
	"malformed: not unpadded base64url":     "one token, one spelling: padding, or bits after the last byte, make two tokens of one (RFC 7515 §2, RFC 4648 §3.5)",
	"malformed: empty part or line break":   "RFC 7515 §7.1 has neither; go-jose reads past white space",
	"header: no strict object":              "what follows the object, or is no JSON to every reader, is read by one and not by another",
	"header: white space around the object": "jwx, behind pkg/jose, reads none, and nobody writes any: what is refused there is refused",
	"header: another member":                "jwk, x5c and their like would bring a key, crit and b64 would change the rules; we need none (pkg/jose)",
	"type: typ is not the expected one":     "RFC 8725 §3.11: a token of another kind is another token; go-jose leaves it to its caller",
	"type: cty is not the expected one":     "as above",
	"claims: a double member":               "two readers would each believe another value",
	"claims: no strict object":              "claims are one JSON object (RFC 7519 §3); go-jose verifies any bytes",
	"malformed: longer than the limit":      "a bound, of the caller's choosing",
}

// TestJOSE holds that a token that we verify is verified by go-jose and by the simulated wallet's own code, and says the same
// to encoding/json as to us.
func TestJOSE(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	met, accepted := seen{}, 0
	rounds(t, func(_ int, in inputs) {
		compact := in.token(t, private)
		claims, err := ourToken(compact, &private.PublicKey)
		payload, theirErr := theirToken(compact, &private.PublicKey)
		if err != nil {
			if theirErr == nil {
				met[oddToken(t, compact, err)]++
			}
			return
		}
		accepted++
		if theirErr != nil || !bytes.Equal(claims.Raw(), payload) {
			t.Errorf("%s: we read %s, go-jose reads %s, %v", compact, claims.Raw(), payload, theirErr)
		}
		var mine, others map[string]any
		if err := errors.Join(claims.Decode(&mine), json.Unmarshal(payload, &others)); err != nil || !reflect.DeepEqual(mine, others) {
			t.Errorf("%s: says %v to us, %v to encoding/json, %v", compact, mine, others, err)
		}
		if _, err := wallet.ParseJWS(compact); err != nil {
			t.Errorf("%s: the wallet says %v", compact, err)
		}
	})
	if accepted < 100 {
		t.Errorf("only %d inputs were accepted: nothing was compared", accepted)
	}
	met.listed(t, odditiesOfJOSE)
}

func ourToken(compact string, key *ecdsa.PublicKey) (jose.Claims, error) {
	token, err := jose.Parse(compact, jose.Expect{Type: "JWT", Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: 2 << 10})
	if err != nil {
		return jose.Claims{}, err
	}
	return token.Verify(key)
}

func theirToken(compact string, key *ecdsa.PublicKey) ([]byte, error) {
	signed, err := gojose.ParseSignedCompact(compact, []gojose.SignatureAlgorithm{gojose.ES256})
	if err != nil {
		return nil, err
	}
	return signed.Verify(key)
}

// oddToken is what we say of a token, without what quotes it.
func oddToken(t *testing.T, compact string, err error) string {
	t.Helper()
	var refusal *jose.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("%s: %v", compact, err)
	}
	detail := refusal.Detail
	if header, _, _ := strings.Cut(compact, "."); refusal.Reason == jose.ReasonSignature {
		if b, err := base64.RawURLEncoding.DecodeString(header); err == nil && len(bytes.TrimSpace(b)) < len(b) {
			return "header: white space around the object"
		}
	}
	if refusal.Reason == jose.ReasonHeader || refusal.Reason == jose.ReasonClaims {
		switch {
		case strings.Contains(detail, "twice"):
			detail = "a double member"
		case strings.HasPrefix(detail, "a member other than"):
			detail = "another member"
		default:
			detail = "no strict object"
		}
	}
	return string(refusal.Reason) + ": " + detail
}

// token writes a token whose signature is right for what its parts say, whatever they say; now and then it is bent.
func (in inputs) token(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	header := in.object(`"alg":"ES256"`, `"typ":"JWT"`, []string{
		`"kid":"key"`, `"kid":"key"`, `"typ":"JOSE"`, `"cty":"JWT"`, `"alg":"ES256"`, `"b64":true`, `"crit":["exp"]`, `"jku":"https://evil.test"`, `"kid":7`, `"kid":null`, `"Alg":"none"`, `"x":{"a":1}`, `"\u0061lg":"ES256"`,
	})
	payload := in.object(`"iss":"a"`, `"n":1`, []string{
		`"n":2`, `"m":1e3`, `"big":12345678901234567890`, `"t":"\u00e9\ud83d\ude00"`, `"t":"\ud800"`, `"a":[1,[2,{"b":null}]]`, `"o":{"x":1,"x":2}`, `"\u0069ss":"b"`, `"f":-0.5`, `"é":true`, "\"r\":\"\xff\"", `"":""`,
	})
	parts := []string{in.base64(header), in.base64(payload)}
	signature, err := wallet.SignES256(rand.Reader, key, []byte(strings.Join(parts, ".")))
	if err != nil {
		t.Fatal(err)
	}
	compact := strings.Join(append(parts, in.base64(string(signature))), ".")
	if in.one(5) {
		return string(in.bend([]byte(compact)))
	}
	return compact
}

// object writes a JSON object of two members and, often, of more; rarely in a spelling of its own.
func (in inputs) object(first, second string, more []string) string {
	members := []string{first, second}
	for in.one(2) {
		members = append(members, pick(in, more...))
	}
	in.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	if in.one(12) {
		members = members[1:]
	}
	out := "{" + strings.Join(members, pick(in, ",", ",", ", ")) + "}"
	switch in.IntN(30) {
	case 0:
		return out + pick(in, " ", "\n", "{}", "x", "\x00")
	case 1:
		return "\ufeff" + out
	case 2:
		return pick(in, "[]", `"text"`, "7", "null", "{", "")
	case 3:
		return `{"deep":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "," + out[1:]
	case 4:
		return `{"long":"` + strings.Repeat("a", 2<<10) + `",` + out[1:]
	}
	return out
}

// base64 writes in base64url or, rarely, in a spelling that is no longer the one.
func (in inputs) base64(text string) string {
	out := base64.RawURLEncoding.EncodeToString([]byte(text))
	switch in.IntN(60) {
	case 0:
		return base64.URLEncoding.EncodeToString([]byte(text))
	case 1:
		return base64.RawStdEncoding.EncodeToString([]byte(text))
	case 2:
		return out[:len(out)/2] + pick(in, "\n", " ", "\r\n") + out[len(out)/2:]
	case 3:
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		if len(out)%4 != 0 {
			last := strings.IndexByte(alphabet, out[len(out)-1]) | 1 // a bit of no byte
			return out[:len(out)-1] + alphabet[last:last+1]
		}
	}
	return out
}
