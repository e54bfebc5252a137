//go:build interop

package differential_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"justice-wallet/conformance/wallet"
	"justice-wallet/pkg/format/sdjwt"
	"justice-wallet/pkg/jose"
)

// odditiesOfSDJWT are SD-JWTs that @sd-jwt/sd-jwt-vc verifies and we refuse, by what we say of them. All are signed by the key.
var odditiesOfSDJWT = map[string]string{
	"malformed: not an issuer's JWT":        "RFC 9901 §4: without a tilde it is a JWT, not an SD-JWT that discloses nothing",
	"jose: type":                            "RFC 8725 §3.11: a token of another kind is another token; the library leaves typ unread",
	"jose: malformed":                       "one token, one spelling (pkg/jose): padding, white space and another alphabet make two of one",
	"digests: _sd_alg is not sha-256":       "the one algorithm that we know (RFC 9901 §4.1.1 has it by default)",
	"digests: an _sd_alg within":            "RFC 9901 §4.1.1: at the top alone",
	"digests: a \"...\" that is no element": "RFC 9901 §7.1, step 3: a key that only an element of an array has",
	"digests: a \"...\" that is not alone":  "RFC 9901 §4.2.4.2: nothing stands beside it",
	"digests: a digest that is no text":     "RFC 9901 §7.1, step 4: a digest that stands twice refuses the whole",
	"disclosure: not unpadded base64url":    "one disclosure, one spelling",
	"disclosure: no strict JSON":            "a double member, half a surrogate pair, or something after the array: two readers would each believe another value",
	"disclosure: its salt is no text":       "RFC 9901 §4.2.1: the salt is a string",
	"disclosure: its name is no name":       "RFC 9901 §7.1, step 3: neither _sd nor three dots, and text",
	"disclosure: one of an element":         "RFC 9901 §7.1, step 3: two parts for an element, three for a member",
	"disclosure: one over a claim":          "RFC 9901 §7.1, step 3: what the issuer says openly nobody discloses over",
	"disclosure: one that no digest names":  "RFC 9901 §7.1, step 5: a disclosure that is nobody's, or stands twice, refuses the whole",
}

// lostOnSDJWT are names of disclosed claims that we read and the library passes over.
var lostOnSDJWT = map[string]string{
	`""`:          "it takes a claim whose name is empty for an element of an array",
	`"__proto__"`: "JavaScript has another use for the name",
}

// TestSDJWT holds that an SD-JWT that we verify @sd-jwt/sd-jwt-vc verifies, too, and that it discloses the same claims to it.
func TestSDJWT(t *testing.T) {
	key := newKey(t)
	library := newReader(t, "decode-sdjwt.mjs", publicJWK(t, key), strconv.FormatInt(noon.Unix(), 10))
	met, misreadings, accepted, disclosed := seen{}, seen{}, 0, 0
	someRounds(t, 3000, func(_ int, in inputs) {
		compact := in.sdjwt(t, key)
		ours, err := ourSDJWT(compact, &key.PublicKey)
		var theirs map[string]any
		theirErr := library.read([]byte(compact), &theirs)
		switch {
		case err == nil && theirErr != nil:
			t.Errorf("%s: we verify it, the library says %v", compact, theirErr)
		case err == nil:
			accepted++
			if misread := lost(ours, theirs); misread != "" {
				misreadings[misread]++
			} else if !reflect.DeepEqual(ours, theirs) {
				t.Errorf("%s:\nwe read %v\nthe library reads %v", compact, ours, theirs)
			}
			if ours["family_name"] != nil {
				disclosed++
			}
		case theirErr == nil:
			met[kindOf(err, odditiesOfSDJWT)]++
		}
	})
	if accepted < 100 || disclosed < 50 {
		t.Errorf("only %d inputs were accepted, %d with a disclosure: nothing was compared", accepted, disclosed)
	}
	t.Logf("accepted by both: %d, %d with the name disclosed", accepted, disclosed)
	met.listed(t, odditiesOfSDJWT)
	misreadings.listed(t, lostOnSDJWT)
}

// lost names the claim that ours has and theirs has not, when that is all the difference.
func lost(ours, theirs map[string]any) string {
	for name := range lostOnSDJWT {
		rest := without(ours, strings.Trim(name, `"`))
		if !reflect.DeepEqual(rest, ours) && reflect.DeepEqual(rest, theirs) {
			return name
		}
	}
	return ""
}

// without returns claims, and all objects in them, without the member name.
func without(claims map[string]any, name string) map[string]any {
	out := map[string]any{}
	for member, value := range claims {
		if object, ok := value.(map[string]any); ok {
			value = without(object, name)
		}
		if member != name {
			out[member] = value
		}
	}
	return out
}

// ourSDJWT returns the claims as encoding/json has them, numbers as float64: that is how JavaScript has them.
func ourSDJWT(compact string, key *ecdsa.PublicKey) (map[string]any, error) {
	presentation, err := sdjwt.Parse(compact)
	if err != nil {
		return nil, err
	}
	source := jose.KeyFunc(func(context.Context, jose.Header) (crypto.PublicKey, error) { return key, nil })
	verified, err := presentation.Verify(context.Background(), sdjwt.TypeVC, source)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(verified.Claims)
	var out map[string]any
	return out, errors.Join(err, json.Unmarshal(raw, &out))
}

func publicJWK(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":"%s","y":"%s"}`, b64(point[1:33]), b64(point[33:]))
}

// disclose writes a disclosure, and the digest of it as a JSON string.
func (in inputs) disclose(content string) (disclosure, digest string) {
	disclosure = in.base64(content)
	sum := sha256.Sum256([]byte(disclosure))
	return disclosure, `"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`
}

// salted writes the array of a disclosure: rarely one that none should be.
func (in inputs) salted(name, value string) string {
	salt := fmt.Sprintf(`"salt%d"`, in.IntN(1<<30))
	parts := []string{salt, name, value}
	if name == "" {
		parts = []string{salt, value}
	}
	switch in.IntN(40) {
	case 0:
		parts[0] = pick(in, "7", "null", `""`, "[]")
	case 1:
		parts = append(parts, `"more"`)
	case 2:
		parts = parts[:len(parts)-1]
	case 3:
		parts[1] = pick(in, `"_sd"`, `"..."`, `"_sd_alg"`, `"iss"`, "7", `"__proto__"`, `"__proto__"`, `"constructor"`, `""`)
	}
	out := "[" + strings.Join(parts, pick(in, ",", ", ")) + "]"
	if in.one(60) {
		return out + pick(in, " ", "x", "[]", "\n")
	}
	return out
}

// sdjwt writes an SD-JWT whose signature and digests are right for what it says, whatever it says; now and then it is bent.
func (in inputs) sdjwt(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	value := pick(in, `"Synthia"`, `"\u00c9owyn"`, `{"a":1,"b":[true]}`, "7", "1e3", "-0.5", "12345678901234567890", "null", `{"a":1,"a":2}`, `"\ud800"`)
	name, nameDigest := in.disclose(in.salted(`"family_name"`, value))
	street, streetDigest := in.disclose(in.salted(`"street"`, `"1 Synthetic Street"`))
	address, addressDigest := in.disclose(in.salted(`"address"`, `{"country":"GB","_sd":[`+streetDigest+`]}`))
	element, elementDigest := in.disclose(in.salted("", pick(in, `"GB"`, `{"x":"y"}`, "[1]")))
	_, decoy := in.disclose(in.salted(`"decoy"`, "1"))
	digests := []string{nameDigest, addressDigest, decoy}
	in.Shuffle(len(digests), func(i, j int) { digests[i], digests[j] = digests[j], digests[i] })
	if in.one(30) {
		digests = append(digests, pick(in, nameDigest, streetDigest, elementDigest, "7", "null", `"short"`))
	}
	list := `{"...":` + elementDigest + `}`
	if in.one(30) {
		list = pick(in, list+","+list, `{"...":`+elementDigest+`,"more":1}`, `{"...":7}`, `{"...":`+nameDigest+`}`)
	}
	claims := []string{`"iss":"https://issuer.example"`, `"vct":"https://issuer.example/vct"`, `"iat":` + strconv.FormatInt(noon.Unix(), 10),
		`"_sd":[` + strings.Join(digests, ",") + `]`, `"nationalities":["XX",` + list + `]`, `"_sd_alg":"sha-256"`}
	if in.one(12) {
		claims[5] = pick(in, `"age":30`, `"_sd_alg":"sha-512"`, `"_sd_alg":7`, `"within":{"_sd_alg":"sha-256"}`, `"...":1`, `"within":{"_sd":7}`, `"within":{"_sd":[]}`, `"within":{"...":"x"}`, `"family_name":"Open"`)
	}
	header := `{"alg":"ES256","typ":"dc+sd-jwt"}`
	if in.one(30) {
		header = pick(in, `{"alg":"ES256","typ":"vc+sd-jwt"}`, `{"alg":"ES256"}`, `{"alg":"ES256","typ":"dc+sd-jwt","crit":["x"],"x":1}`, `{"alg":"ES256","typ":"dc+sd-jwt","kid":"k"}`)
	}
	signed := in.base64(header) + "." + in.base64("{"+strings.Join(claims, ",")+"}")
	signature, err := wallet.SignES256(rand.Reader, key, []byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{signed + "." + base64.RawURLEncoding.EncodeToString(signature)}
	parts = append(parts, in.presented(name, address, street, element)...)
	return in.cut(strings.Join(append(parts, ""), "~"))
}

// presented chooses what is disclosed, in any order; rarely something too much.
func (in inputs) presented(disclosures ...string) []string {
	out := slices.DeleteFunc(slices.Clone(disclosures), func(string) bool { return in.one(4) })
	in.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	if in.one(15) {
		stray, _ := in.disclose(in.salted(`"stray"`, "1"))
		out = append(out, pick(in, stray, disclosures[0], disclosures[3], ""))
	}
	return out
}

// cut bends what is presented, or leaves out an end or a beginning of it.
func (in inputs) cut(compact string) string {
	switch in.IntN(20) {
	case 0:
		return compact[:in.IntN(len(compact))]
	case 1:
		jwt, _, _ := strings.Cut(compact, "~")
		return pick(in, strings.TrimSuffix(compact, "~"), jwt)
	case 2, 3:
		return string(in.bend([]byte(compact)))
	}
	return compact
}
