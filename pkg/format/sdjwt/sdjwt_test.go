package sdjwt_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/format/sdjwt"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/jose"
)

var (
	spaces = regexp.MustCompile(`\s`)
	b64    = base64.RawURLEncoding
)

// published is what the three files of vectors hold. One key issued them all.
type published struct {
	issuer crypto.PublicKey
	tokens map[string]string
}

func vectors(t testing.TB) published {
	t.Helper()
	var rfc struct {
		Tokens []struct{ Name, Token string }
	}
	fixture.Vector(t, "sdjwt/rfc9901.json", &rfc)
	var vp struct {
		Issuer json.RawMessage `json:"issuer_jwk"`
		Files  map[string]string
	}
	fixture.Vector(t, "sdjwt/oid4vp_sd_jwt_vcld_01.json", &vp)
	var tsl struct {
		Token string `json:"sd_jwt"`
	}
	fixture.Vector(t, "sdjwt/tsl_referenced_sdjwt.json", &tsl)
	key, err := jose.ParsePublicJWK(vp.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	out := published{key, map[string]string{
		"issuance": vp.Files["sd_jwt_issuance.txt"], "presentation": vp.Files["sd_jwt_presentation.txt"], "status": tsl.Token,
	}}
	for i, token := range rfc.Tokens {
		out.tokens[fmt.Sprintf("rfc %d", i+1)] = token.Token
	}
	for name, token := range out.tokens {
		out.tokens[name] = spaces.ReplaceAllString(token, "")
	}
	return out
}

func keyOf(public crypto.PublicKey) jose.KeySource {
	return jose.KeyFunc(func(context.Context, jose.Header) (crypto.PublicKey, error) { return public, nil })
}

func open(token, typ string, key crypto.PublicKey) (*sdjwt.Verified, error) {
	p, err := sdjwt.Parse(token)
	if err != nil {
		return nil, err
	}
	return p.Verify(context.Background(), typ, keyOf(key))
}

const exampleType = "example+sd-jwt"

// typOf is the typ that each of the vectors has.
func typOf(name string) string {
	if name == "issuance" || name == "presentation" {
		return sdjwt.TypeVC
	}
	return exampleType
}

func bindings() map[string]sdjwt.Binding {
	const audience, nonce = "https://verifier.example.org", "1234567890"
	return map[string]sdjwt.Binding{
		"rfc 2":        {audience, nonce, time.Unix(1748537244, 0), time.Minute},
		"presentation": {audience, nonce, time.Unix(1744743394, 0), time.Minute},
	}
}

func TestVectors(t *testing.T) {
	v := vectors(t)
	for name, token := range v.tokens {
		got, err := open(token, typOf(name), v.issuer)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text, err := json.Marshal(got.Claims); err != nil || strings.Contains(string(text), `"_sd`) || strings.Contains(string(text), `"..."`) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
		binding, bound := bindings()[name]
		if err := got.VerifyBinding(binding); (err == nil) != bound {
			t.Errorf("%s: key binding: %v", name, err)
		}
		if err := got.CheckVC(); (err == nil) != (typOf(name) == sdjwt.TypeVC) {
			t.Errorf("%s: as a VC: %v", name, err)
		}
	}
}

func TestClaimsOfVectors(t *testing.T) {
	v := vectors(t)
	all, err := open(v.tokens["rfc 1"], exampleType, v.issuer)
	if err != nil {
		t.Fatal(err)
	}
	some, err := open(v.tokens["rfc 2"], exampleType, v.issuer)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"given_name": "John", "email": "johndoe@example.com", "phone_number_verified": true, "updated_at": json.Number("1570000000"), "nationalities": []any{"US", "DE"}, "sub": "user_42",
	} {
		if got := all.Claims[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("all: %s is %v", name, got)
		}
	}
	if _, there := some.Claims["email"]; there || !reflect.DeepEqual(some.Claims["nationalities"], []any{"US"}) {
		t.Errorf("some: %v", some.Claims["nationalities"])
	}
	var vp struct{ Files map[string]string }
	fixture.Vector(t, "sdjwt/oid4vp_sd_jwt_vcld_01.json", &vp)
	presented, err := open(v.tokens["presentation"], sdjwt.TypeVC, v.issuer)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	d := json.NewDecoder(strings.NewReader(vp.Files["verified_contents.json"]))
	d.UseNumber()
	if err := d.Decode(&want); err != nil || !reflect.DeepEqual(presented.Claims, want) {
		t.Errorf("%v, want %v, %v", presented.Claims, want, err)
	}
	status, err := open(v.tokens["status"], exampleType, v.issuer)
	if err != nil || fmt.Sprint(status.Claims["status"]) != "map[status_list:map[idx:0 uri:https://example.com/statuslists/1]]" {
		t.Errorf("%v", err)
	}
}

// Every single bit of every vector, changed, is refused, and where it stands says by what.
func TestEveryBitOfTheVectors(t *testing.T) {
	v := vectors(t)
	for name, token := range v.tokens {
		raw := []byte(token)
		issuer, last := strings.IndexByte(token, '~'), strings.LastIndexByte(token, '~')
		binding, bound := bindings()[name]
		for i := range raw {
			for bit := range 8 {
				raw[i] ^= 1 << bit
				got, err := open(string(raw), typOf(name), v.issuer)
				if err == nil && bound {
					err = got.VerifyBinding(binding)
				}
				var e *sdjwt.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s: bit %d of byte %d of %d: %v", name, bit, i, len(raw), err)
				}
				allowed := []sdjwt.Reason{sdjwt.ReasonBinding, sdjwt.ReasonMalformed, sdjwt.ReasonDisclosure}
				switch {
				case i < issuer:
					allowed = []sdjwt.Reason{sdjwt.ReasonIssuer, sdjwt.ReasonMalformed, sdjwt.ReasonDisclosure}
				case i < last:
					allowed = []sdjwt.Reason{sdjwt.ReasonDisclosure, sdjwt.ReasonMalformed, sdjwt.ReasonIssuer}
				}
				if !slices.Contains(allowed, e.Reason) {
					t.Errorf("%s: bit %d of byte %d is refused by %s", name, bit, i, e.Reason)
				}
				raw[i] ^= 1 << bit
			}
		}
	}
}

// maker makes SD-JWTs, right and wrong.
type maker struct {
	t              testing.TB
	issuer, holder *ecdsa.PrivateKey
}

func newMaker(t testing.TB) maker { return maker{t, fixture.Key(t), fixture.Key(t)} }

func (m maker) sign(key *ecdsa.PrivateKey, typ string, claims any) string {
	m.t.Helper()
	token, err := jose.Sign(es256.Signer(key), jose.Header{Algorithm: jose.ES256, Type: typ}, claims)
	if err != nil {
		m.t.Fatal(err)
	}
	return token
}

// disclose returns a disclosure and its digest.
func (m maker) disclose(parts ...any) (text, digest string) {
	m.t.Helper()
	raw, err := json.Marshal(parts)
	if err != nil {
		m.t.Fatal(err)
	}
	text = b64.EncodeToString(raw)
	return text, hash(text)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return b64.EncodeToString(sum[:])
}

type object = map[string]any

// vc is the least SD-JWT VC, with more claims.
func (m maker) vc(more object) object {
	m.t.Helper()
	jwk, err := jose.NewPublicJWK(&m.holder.PublicKey, "")
	if err != nil {
		m.t.Fatal(err)
	}
	claims := object{"iss": "https://issuer.example", "vct": "https://issuer.example/vct", "cnf": object{"jwk": jwk}}
	for name, value := range more {
		claims[name] = value
	}
	return claims
}

func (m maker) token(claims object, disclosures ...string) string {
	m.t.Helper()
	return m.sign(m.issuer, sdjwt.TypeVC, claims) + "~" + strings.Join(append(disclosures, ""), "~")
}

func reason(err error) sdjwt.Reason {
	var e *sdjwt.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestDisclosures(t *testing.T) {
	m := newMaker(t)
	name, nameDigest := m.disclose("salt", "name", "Synthia")
	again, againDigest := m.disclose("salt", "iss", "https://elsewhere.example")
	element, elementDigest := m.disclose("salt", "an element")
	inner, innerDigest := m.disclose("salt", "street", "Synthetic Street")
	outer, outerDigest := m.disclose("salt", "address", object{"_sd": []any{innerDigest}})
	decoy := hash("a decoy")
	bad := func(parts ...any) (string, string) { return m.disclose(parts...) }
	sdName, sdDigest := bad("salt", "_sd", []any{})
	dots, dotsDigest := bad("salt", "...", "x")
	alg, algDigest := bad("salt", "_sd_alg", "sha-256")
	noSalt, noSaltDigest := bad(1, "a", "b")
	four, fourDigest := bad("salt", "a", "b", "c")
	twice := b64.EncodeToString([]byte(`["salt","a",{"b":1,"b":2}]`))
	over := b64.EncodeToString([]byte(`["salt","a",1],"e":2`))
	padded := name + "="
	sd := func(digests ...any) object { return object{"_sd": digests} }
	list := func(elements ...any) object { return object{"list": elements} }
	for title, c := range map[string]struct {
		claims      object
		disclosures []string
		want        sdjwt.Reason // empty: taken
		holds       string       // then, as JSON
	}{
		"a member":                   {sd(nameDigest), []string{name}, "", `"name":"Synthia"`},
		"one beside a decoy":         {sd(decoy, nameDigest), []string{name}, "", `"name":"Synthia"`},
		"an element":                 {list("first", object{"...": elementDigest}, object{"...": decoy}), []string{element}, "", `"list":["first","an element"]`},
		"one in another":             {sd(outerDigest), []string{inner, outer}, "", `"address":{"street":"Synthetic Street"}`},
		"one deeper":                 {object{"a": object{"b": []any{sd(nameDigest)}}}, []string{name}, "", `{"b":[{"name":"Synthia"}]}`},
		"nobody's":                   {object{}, []string{name}, sdjwt.ReasonDisclosure, ""},
		"one in another that is not": {sd(outerDigest), []string{inner}, sdjwt.ReasonDisclosure, ""},
		"the same twice":             {sd(nameDigest), []string{name, name}, sdjwt.ReasonDisclosure, ""},
		"a digest twice":             {object{"_sd": []any{nameDigest}, "a": sd(nameDigest)}, []string{name}, sdjwt.ReasonDigests, ""},
		"a decoy twice":              {sd(decoy, decoy), nil, sdjwt.ReasonDigests, ""},
		"over a claim":               {sd(againDigest), []string{again}, sdjwt.ReasonDisclosure, ""},
		"an element for a member":    {sd(elementDigest), []string{element}, sdjwt.ReasonDisclosure, ""},
		"a member for an element":    {list(object{"...": nameDigest}), []string{name}, sdjwt.ReasonDisclosure, ""},
		"named _sd":                  {sd(sdDigest), []string{sdName}, sdjwt.ReasonDisclosure, ""},
		"named ...":                  {sd(dotsDigest), []string{dots}, sdjwt.ReasonDisclosure, ""},
		"named _sd_alg":              {sd(algDigest), []string{alg}, sdjwt.ReasonDisclosure, ""},
		"_sd_alg within":             {object{"a": object{"_sd_alg": "sha-256"}}, nil, sdjwt.ReasonDigests, ""},
		"without salt":               {sd(noSaltDigest), []string{noSalt}, sdjwt.ReasonDisclosure, ""},
		"of four":                    {sd(fourDigest), []string{four}, sdjwt.ReasonDisclosure, ""},
		"with a member twice":        {sd(hash(twice)), []string{twice}, sdjwt.ReasonDisclosure, ""},
		"that goes on":               {sd(hash(over)), []string{over}, sdjwt.ReasonDisclosure, ""},
		"padded":                     {sd(hash(padded)), []string{padded}, sdjwt.ReasonDisclosure, ""},
		"_sd is no array":            {object{"_sd": nameDigest}, []string{name}, sdjwt.ReasonDigests, ""},
		"a digest that is a number":  {sd(1), nil, sdjwt.ReasonDigests, ""},
		"... in an object":           {object{"...": nameDigest}, []string{name}, sdjwt.ReasonDigests, ""},
		"... not alone":              {list(object{"...": elementDigest, "a": 1}), []string{element}, sdjwt.ReasonDigests, ""},
		"another hash":               {object{"_sd": []any{nameDigest}, "_sd_alg": "sha-512"}, []string{name}, sdjwt.ReasonDigests, ""},
		"a hash that is none":        {object{"_sd": []any{nameDigest}, "_sd_alg": 256}, []string{name}, sdjwt.ReasonDigests, ""},
	} {
		got, err := open(m.token(m.vc(c.claims), c.disclosures...), sdjwt.TypeVC, &m.issuer.PublicKey)
		if reason(err) != c.want || (c.want == "") != (err == nil) {
			t.Errorf("%s: %v, want %q", title, err, c.want)
			continue
		}
		if c.want == "" {
			if text, err := json.Marshal(got.Claims); err != nil || !strings.Contains(string(text), c.holds) || strings.Contains(string(text), "_sd") {
				t.Errorf("%s: %s", title, text)
			}
		}
	}
}

func TestNestedTooDeeply(t *testing.T) {
	m := newMaker(t)
	text, digest := m.disclose("salt", "a", 1)
	disclosures := []string{text}
	for range 40 {
		text, digest = m.disclose("salt", "a", object{"_sd": []any{digest}})
		disclosures = append(disclosures, text)
	}
	if _, err := open(m.token(m.vc(object{"_sd": []any{digest}}), disclosures...), sdjwt.TypeVC, &m.issuer.PublicKey); reason(err) != sdjwt.ReasonDigests {
		t.Errorf("%v", err)
	}
}

func TestIssuer(t *testing.T) {
	m := newMaker(t)
	good := m.token(m.vc(nil))
	for name, c := range map[string]struct {
		token, typ string
		key        crypto.PublicKey
	}{
		"another key":     {good, sdjwt.TypeVC, &m.holder.PublicKey},
		"another type":    {good, "vc+sd-jwt", &m.issuer.PublicKey},
		"no key":          {good, sdjwt.TypeVC, nil},
		"no JWT":          {"x~", sdjwt.TypeVC, &m.issuer.PublicKey},
		"an unsigned JWT": {"eyJhbGciOiJub25lIn0.e30.~", sdjwt.TypeVC, &m.issuer.PublicKey},
	} {
		if got, err := open(c.token, c.typ, c.key); reason(err) != sdjwt.ReasonIssuer || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, token := range map[string]string{
		"nothing": "", "a bare JWT": strings.TrimSuffix(good, "~"), "no JWT": "~", "an empty disclosure": good + "~", "too long": good + strings.Repeat("a", sdjwt.MaxBytes),
		"too many": good + strings.Repeat("a~", 257), "a disclosure in the place of a key binding": good + "WyJzYWx0IiwibmFtZSIsIngiXQ",
	} {
		if _, err := sdjwt.Parse(token); reason(err) != sdjwt.ReasonMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBinding(t *testing.T) {
	m := newMaker(t)
	now := fixture.Now
	want := sdjwt.Binding{Audience: "verifier", Nonce: "n", Now: now, MaxAge: time.Minute}
	presented := m.token(m.vc(nil))
	good := func() object {
		return object{"aud": "verifier", "nonce": "n", "iat": now.Unix(), "sd_hash": hash(presented)}
	}
	for name, c := range map[string]struct {
		change func(object)
		key    *ecdsa.PrivateKey
		typ    string
		taken  bool
	}{
		"good":                 {nil, m.holder, sdjwt.TypeKeyBinding, true},
		"another key":          {nil, m.issuer, sdjwt.TypeKeyBinding, false},
		"another type":         {nil, m.holder, "JWT", false},
		"another verifier":     {func(c object) { c["aud"] = "other" }, m.holder, sdjwt.TypeKeyBinding, false},
		"several verifiers":    {func(c object) { c["aud"] = []string{"verifier", "other"} }, m.holder, sdjwt.TypeKeyBinding, false},
		"another nonce":        {func(c object) { c["nonce"] = "m" }, m.holder, sdjwt.TypeKeyBinding, false},
		"another presentation": {func(c object) { c["sd_hash"] = hash(presented + "x~") }, m.holder, sdjwt.TypeKeyBinding, false},
		"no presentation":      {func(c object) { delete(c, "sd_hash") }, m.holder, sdjwt.TypeKeyBinding, false},
		"no time":              {func(c object) { delete(c, "iat") }, m.holder, sdjwt.TypeKeyBinding, false},
		"ended":                {func(c object) { c["exp"] = now.Unix() }, m.holder, sdjwt.TypeKeyBinding, false},
		"ends":                 {func(c object) { c["exp"] = now.Unix() + 1 }, m.holder, sdjwt.TypeKeyBinding, true},
		"ends at no time":      {func(c object) { c["exp"] = "never" }, m.holder, sdjwt.TypeKeyBinding, false},
		"begins later":         {func(c object) { c["nbf"] = now.Add(2 * time.Minute).Unix() }, m.holder, sdjwt.TypeKeyBinding, false},
		"begins by its clock":  {func(c object) { c["nbf"] = now.Add(time.Minute).Unix() }, m.holder, sdjwt.TypeKeyBinding, true},
		"begins at no time":    {func(c object) { c["nbf"] = nil }, m.holder, sdjwt.TypeKeyBinding, false},
		"old":                  {func(c object) { c["iat"] = now.Add(-2 * time.Minute).Unix() }, m.holder, sdjwt.TypeKeyBinding, false},
		"ahead":                {func(c object) { c["iat"] = now.Add(2 * time.Minute).Unix() }, m.holder, sdjwt.TypeKeyBinding, false},
	} {
		claims := good()
		if c.change != nil {
			c.change(claims)
		}
		got, err := open(presented+m.sign(c.key, c.typ, claims), sdjwt.TypeVC, &m.issuer.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.VerifyBinding(want); (err == nil) != c.taken || !c.taken && reason(err) != sdjwt.ReasonBinding {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, more := range map[string]object{"no key": {"cnf": nil}, "a shared secret": {"cnf": object{"jwk": object{"kty": "oct", "k": "AAAA"}}}, "a key id": {"cnf": object{"kid": "x"}}} {
		presented := m.token(m.vc(more))
		claims := good()
		claims["sd_hash"] = hash(presented)
		got, err := open(presented+m.sign(m.holder, sdjwt.TypeKeyBinding, claims), sdjwt.TypeVC, &m.issuer.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.VerifyBinding(want); reason(err) != sdjwt.ReasonBinding {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A key that was disclosed, where the issuer signed none, binds nothing.
	jwk, err := jose.NewPublicJWK(&m.holder.PublicKey, "")
	if err != nil {
		t.Fatal(err)
	}
	text, digest := m.disclose("salt", "cnf", object{"jwk": jwk})
	claims := m.vc(object{"_sd": []any{digest}})
	delete(claims, "cnf")
	presented = m.token(claims, text)
	got, err := open(presented+m.sign(m.holder, sdjwt.TypeKeyBinding, good()), sdjwt.TypeVC, &m.issuer.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.VerifyBinding(want); reason(err) != sdjwt.ReasonBinding {
		t.Errorf("a disclosed key: %v", err)
	}
	if err := got.CheckVC(); reason(err) != sdjwt.ReasonDisclosure {
		t.Errorf("a disclosed key in a VC: %v", err)
	}
}

func TestItPrintsNothing(t *testing.T) {
	m := newMaker(t)
	got, err := open(m.token(m.vc(object{"name": "Synthia"})), sdjwt.TypeVC, &m.issuer.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", *got, *got, *got); strings.Contains(text, "Synthia") {
		t.Error(text)
	}
}

func FuzzVerify(f *testing.F) {
	v := vectors(f)
	for _, token := range v.tokens {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := open(token, exampleType, v.issuer)
		if err != nil {
			return
		}
		if got.Claims["iss"] != "https://issuer.example.com" && got.Claims["iss"] != "https://example.com/issuer" {
			t.Error("a token was made from another")
		}
	})
}
