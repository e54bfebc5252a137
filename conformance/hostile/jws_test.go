package hostile_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
)

// jws is a token that is good until somebody spoils it. key is the one that its reader trusts.
type jws struct {
	header, claims map[string]any
	key            crypto.Signer
	lure           string // a URL that nobody may fetch
}

func (j jws) compact() string { return j.over(mustJSON(j.header), mustJSON(j.claims)) }

// over signs that header and those claims, byte for byte.
func (j jws) over(header, claims string) string {
	input := b64([]byte(header)) + "." + b64([]byte(claims))
	return input + "." + b64(j.sign(input))
}

func (j jws) sign(input string) []byte {
	digest := sha256.Sum256([]byte(input))
	if key, ok := j.key.(*rsa.PrivateKey); ok {
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		if err != nil {
			panic(err) // a good key signs
		}
		return signature
	}
	r, s, err := ecdsa.Sign(rand.Reader, j.key.(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		panic(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

// with is the token with another header or other claims, truly signed.
func (j jws) with(header, claims map[string]any) jws {
	merge := func(old, new map[string]any) map[string]any {
		out := map[string]any{}
		for _, m := range []map[string]any{old, new} {
			for k, v := range m {
				if out[k] = v; v == absent {
					delete(out, k)
				}
			}
		}
		return out
	}
	j.header, j.claims = merge(j.header, header), merge(j.claims, claims)
	return j
}

// absent takes a member away.
var absent = new(struct{ byte })

// spki is the public key as PEM, which HS256 confusion takes for a secret.
func (j jws) spki() []byte {
	der, err := x509.MarshalPKIXPublicKey(j.key.Public())
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func (j jws) hmac(alg string, secret []byte) string {
	h := j.with(map[string]any{"alg": alg}, nil)
	input := b64([]byte(mustJSON(h.header))) + "." + b64([]byte(mustJSON(h.claims)))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

// parts are the three parts of a compact token.
func parts(token string) (header, claims, signature string) {
	p := strings.Split(token, ".")
	return p[0], p[1], p[2]
}

// trick spoils a token.
type trick struct {
	name string
	do   func(jws) string
	from string
	ec   bool // means something for ECDSA alone
	raw  bool // has a byte that no HTTP header can carry
}

// header is a trick that signs another header.
func header(name, member string, value any, from string) trick {
	return trick{name: name, from: from, do: func(j jws) string { return j.with(map[string]any{member: value}, nil).compact() }}
}

func algorithmTricks() []trick {
	const none, confusion = "RFC 8725 §3.1; CVE-2015-9235: anybody writes tokens", "RFC 8725 §3.1; CVE-2016-10555, CVE-2026-33322: the public key is the secret"
	unsigned := func(alg string) func(jws) string {
		return func(j jws) string {
			h, c, _ := parts(j.with(map[string]any{"alg": alg}, nil).compact())
			return h + "." + c + "."
		}
	}
	return []trick{
		{name: "alg none, no signature", do: unsigned("none"), from: none},
		{name: "alg nOnE", do: unsigned("nOnE"), from: "RFC 8725 §3.1; CVE-2020-28042: names compared in lower case"},
		header("alg none, with the true signature", "alg", "none", none),
		{name: "HS256 under the public key as PEM", do: func(j jws) string { return j.hmac("HS256", j.spki()) }, from: confusion},
		{name: "HS256 under nothing", do: func(j jws) string { return j.hmac("HS256", nil) }, from: "CVE-2019-20933: an empty secret"},
		header("alg ES384 over a P-256 signature", "alg", "ES384", "RFC 7518 §3.4: one curve per algorithm"),
		header("alg ES256K", "alg", "ES256K", "RFC 8812: another curve"),
		header("alg EdDSA", "alg", "EdDSA", "RFC 8725 §3.1: an algorithm nobody allowed"),
		header("alg PS256", "alg", "PS256", "RFC 8725 §3.1: an algorithm nobody allowed"),
		header("alg in lower case", "alg", "es256", "RFC 7515 §4.1.1: names are case-sensitive"),
		header("alg a number", "alg", 256, "RFC 7515 §4.1.1: alg is text"),
		header("alg a list", "alg", []string{"ES256", "none"}, "RFC 7515 §4.1.1: alg is one text"),
		header("no alg", "alg", absent, "RFC 7515 §4.1.1: alg is required"),
		{name: "a signature of nothing but zeros", ec: true, from: "CVE-2022-21449: psychic signatures", do: func(j jws) string {
			h, c, _ := parts(j.compact())
			return h + "." + c + "." + b64(make([]byte, 64))
		}},
		{name: "a signature in DER", ec: true, from: "RFC 7518 §3.4: r and s, 32 bytes each", do: func(j jws) string {
			h, c, _ := parts(j.compact())
			digest := sha256.Sum256([]byte(h + "." + c))
			der, err := ecdsa.SignASN1(rand.Reader, j.key.(*ecdsa.PrivateKey), digest[:])
			if err != nil {
				panic(err)
			}
			return h + "." + c + "." + b64(der)
		}},
		{name: "r and s of 33 bytes", ec: true, from: "RFC 7518 §3.4: one spelling of a signature", do: func(j jws) string {
			h, c, _ := parts(j.compact())
			s := j.sign(h + "." + c)
			return h + "." + c + "." + b64(append(append([]byte{0}, s[:32]...), append([]byte{0}, s[32:]...)...))
		}},
		{name: "r beyond the order of the curve", ec: true, from: "SEC 1 §4.1.4: 0 < r < n", do: func(j jws) string {
			h, c, _ := parts(j.compact())
			s := j.sign(h + "." + c)
			order := j.key.(*ecdsa.PrivateKey).Curve.Params().N
			r := new(big.Int).Add(new(big.Int).SetBytes(s[:32]), order)
			return h + "." + c + "." + b64(append(new(big.Int).And(r, allOnes()).FillBytes(make([]byte, 32)), s[32:]...))
		}},
		{name: "no signature", from: "golang-jwt GO-2026-4573: a cut token was valid", do: func(j jws) string {
			h, c, _ := parts(j.compact())
			return h + "." + c
		}},
		{name: "another key's signature", from: "RFC 7515 §5.2: the trusted key's, or nobody's", do: func(j jws) string {
			j.key = stranger()
			return j.compact()
		}},
		{name: "another token's signature", from: "RFC 7515 §5.2: over these bytes", do: func(j jws) string {
			h, c, _ := parts(j.with(nil, map[string]any{"sub": other}).compact())
			_, _, s := parts(j.compact())
			return h + "." + c + "." + s
		}},
		header("no typ", "typ", absent, "RFC 8725 §3.11: explicit typing"),
		header("another typ", "typ", "JWT-of-something-else", "RFC 8725 §3.11: one kind of token for another"),
		header("typ with its media type in front", "typ", "application/jwt", "RFC 7515 §4.1.9: one spelling"),
	}
}

func allOnes() *big.Int {
	one := big.NewInt(1)
	return one.Sub(one.Lsh(one, 256), big.NewInt(1))
}

func serialisationTricks() []trick {
	const from = "jwx v2.1.7: jwt.Parse takes the claims around a flattened JWS for signed ones; RFC 7515 §7.2"
	outer := func(j jws) map[string]any {
		h, c, s := parts(j.compact())
		return map[string]any{"protected": h, "payload": c, "signature": s}
	}
	return []trick{
		{name: "flattened JSON", from: from, do: func(j jws) string { return mustJSON(outer(j)) }},
		{name: "flattened JSON with claims around it", from: from, do: func(j jws) string {
			o := outer(j.with(nil, map[string]any{"exp": 1000}))
			for name, value := range j.claims {
				o[name] = value
			}
			o["sub"] = other
			return mustJSON(o)
		}},
		{name: "general JSON, one bad and one good signature", from: from, do: func(j jws) string {
			h, c, s := parts(j.compact())
			return mustJSON(map[string]any{"payload": c, "signatures": []any{
				map[string]any{"protected": h, "signature": b64(make([]byte, 64))}, map[string]any{"protected": h, "signature": s}}})
		}},
		{name: "JSON with an unprotected header", from: "RFC 7515 §7.2.1: alg that nobody signed", do: func(j jws) string {
			o := outer(j)
			o["header"] = map[string]any{"alg": "none"}
			return mustJSON(o)
		}},
		{name: "five parts, as if encrypted", from: "RFC 7516 §9: a JWE where a JWS is wanted", do: func(j jws) string { return j.compact() + ".AAAA.AAAA" }},
		{name: "many dots", from: "golang-jwt CVE-2025-30204, CVE-2025-27144: splitting costs memory", do: func(j jws) string { return strings.Repeat(".", 4000) }},
		{name: "a token within a token", from: "RFC 7519 §5.2: nested tokens are not unwrapped", do: func(j jws) string {
			return j.over(mustJSON(j.with(map[string]any{"cty": "JWT"}, nil).header), j.compact())
		}},
		{name: "claims that are a list", from: "RFC 7519 §7.2: claims are one object", do: func(j jws) string { return j.over(mustJSON(j.header), "["+mustJSON(j.claims)+"]") }},
		{name: "bytes after the claims", from: "jwx v2.1.7: what follows the object is not looked at", do: func(j jws) string { return j.over(mustJSON(j.header), mustJSON(j.claims)+`{"sub":"x"}`) }},
		{name: "a byte order mark before the claims", from: "RFC 8259 §8.1: no BOM", do: func(j jws) string { return j.over(mustJSON(j.header), "\ufeff"+mustJSON(j.claims)) }},
		{name: "claims that are not UTF-8", from: "RFC 8259 §8.1: two readers read two texts", do: func(j jws) string {
			return j.over(mustJSON(j.header), strings.TrimSuffix(mustJSON(j.claims), "}")+",\"x\":\"\xff\xfe\"}")
		}},
	}
}

func embeddedTricks() []trick {
	const from = "RFC 7515 §4.1.2–4.1.6; CVE-2018-0114: the message brings the key it is checked with"
	own := func(name string, member func(k *ecdsa.PrivateKey, lure string) map[string]any) trick {
		return trick{name: name, from: from, do: func(j jws) string {
			k := stranger()
			j.key = k
			return j.with(member(k, j.lure), nil).compact()
		}}
	}
	return []trick{
		own("jwk and its signature", func(k *ecdsa.PrivateKey, _ string) map[string]any {
			return map[string]any{"jwk": publicJWK("x", &k.PublicKey)}
		}),
		own("jwk instead of kid", func(k *ecdsa.PrivateKey, _ string) map[string]any {
			return map[string]any{"jwk": publicJWK("x", &k.PublicKey), "kid": absent}
		}),
		own("jku", func(_ *ecdsa.PrivateKey, lure string) map[string]any { return map[string]any{"jku": lure} }),
		own("x5u", func(_ *ecdsa.PrivateKey, lure string) map[string]any { return map[string]any{"x5u": lure} }),
		own("x5c", func(k *ecdsa.PrivateKey, _ string) map[string]any {
			return map[string]any{"x5c": []string{b64std(selfSigned(k).Raw)}}
		}),
		own("x5t#S256", func(*ecdsa.PrivateKey, string) map[string]any {
			return map[string]any{"x5t#S256": b64(make([]byte, 32))}
		}),
		own("kid that is a URL", func(_ *ecdsa.PrivateKey, lure string) map[string]any { return map[string]any{"kid": lure} }),
		own("kid that is a path", func(*ecdsa.PrivateKey, string) map[string]any { return map[string]any{"kid": "../../../../dev/null"} }),
		own("kid that is a query", func(*ecdsa.PrivateKey, string) map[string]any { return map[string]any{"kid": "' UNION SELECT 'secret"} }),
		header("kid that is a number", "kid", 1, "RFC 7515 §4.1.4: kid is text"),
		header("an empty jwk beside the true kid", "jwk", map[string]any{}, from),
		header("a jku beside the true kid", "jku", "https://elsewhere.example/keys", from),
	}
}

func criticalTricks() []trick {
	const from = "RFC 7515 §4.1.11: what is critical and not understood is refused; jwx v2.1.7 and v3 accept it"
	return []trick{
		header("crit of an unknown name", "crit", []string{"http://example.test/x"}, from),
		header("crit that is empty", "crit", []string{}, from),
		header("crit of exp", "crit", []string{"exp"}, from),
		header("crit that is no list", "crit", "b64", from),
		{name: "b64 false, and crit of it", from: "RFC 7797 §6: the payload is another than it seems", do: func(j jws) string {
			return j.with(map[string]any{"b64": false, "crit": []string{"b64"}}, nil).compact()
		}},
		header("b64 false without crit", "b64", false, "RFC 7797 §6"),
		header("zip", "zip", "DEF", "RFC 7516 §4.1.3: a JWS is not compressed"),
		header("a member nobody knows", "admin", true, "RFC 7515 §4: our tokens have four members"),
	}
}

func duplicateTricks() []trick {
	const from = "RFC 7515 §4, RFC 8725 §2.4: two readers read two tokens; jwx v2.1.7 takes the last"
	inHeader := func(name, more string) trick {
		return trick{name: name, from: from, do: func(j jws) string {
			return j.over(strings.TrimSuffix(mustJSON(j.header), "}")+","+more+"}", mustJSON(j.claims))
		}}
	}
	inClaims := func(name, more string) trick {
		return trick{name: name, from: from, do: func(j jws) string {
			return j.over(mustJSON(j.header), strings.TrimSuffix(mustJSON(j.claims), "}")+","+more+","+more+"}")
		}}
	}
	return []trick{
		inHeader("alg twice", `"alg":"ES256"`), inHeader("kid twice", `"kid":"x"`), inHeader("typ twice, once escaped", `"\u0074yp":"x"`),
		inClaims("iss again and again", `"iss":"https://elsewhere.example"`), inClaims("sub again, and escaped", `"su\u0062":"`+other+`"`),
		inClaims("exp again", `"exp":9999999999`), inClaims("iat again", `"iat":1`), inClaims("a member nobody reads, twice", `"x":{"y":1}`),
		{name: "a member within a member twice", from: from, do: func(j jws) string {
			return j.over(mustJSON(j.header), strings.TrimSuffix(mustJSON(j.claims), "}")+`,"x":{"y":1,"y":2}}`)
		}},
	}
}

func spellingTricks() []trick {
	const from = "RFC 7515 §2, RFC 4648 §3.5: a token with many spellings walks past a list of those that were used; jwx v2.1.7 takes them"
	spell := func(name string, do func(h, c, s string) string) trick {
		return trick{name: name, from: from, do: func(j jws) string { return do(parts(j.compact())) }}
	}
	raw := func(name string, do func(h, c, s string) string) trick {
		t := spell(name, do)
		t.raw = true
		return t
	}
	return []trick{
		spell("padding", func(h, c, s string) string { return h + "." + c + "." + s + "==" }),
		spell("padding of the header", func(h, c, s string) string {
			return h + strings.Repeat("=", (4-len(h)%4)%4+4*b2i(len(h)%4 == 0)) + "." + c + "." + s
		}),
		raw("a line feed within", func(h, c, s string) string { return h + "." + c[:8] + "\n" + c[8:] + "." + s }),
		raw("a carriage return at the end", func(h, c, s string) string { return h + "." + c + "." + s + "\r" }),
		spell("a blank within", func(h, c, s string) string { return h + "." + c + "." + s[:8] + " " + s[8:] }),
		spell("the other alphabet", func(h, c, s string) string { return h + "." + c + "." + "+/" + s[2:] }),
		spell("bits to spare", func(h, c, s string) string { return h + "." + c + "." + s[:len(s)-1] + nextLetter(s[len(s)-1]) }),
		spell("an empty part", func(h, c, s string) string { return h + ".." + s }),
		raw("a NUL at the end", func(h, c, s string) string { return h + "." + c + "." + s + "\x00" }),
		spell("a percent escape", func(h, c, s string) string { return h + "%2E" + c + "." + s }),
		spell("a letter that only looks like one", func(h, c, s string) string { return "\u0435" + h[1:] + "." + c + "." + s }),
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// nextLetter is another letter of base64url whose leading bits are the same.
func nextLetter(c byte) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(letters[strings.IndexByte(letters, c)^1])
}

// uncompressed is the point of the public key, 65 bytes.
func uncompressed(j *jws) []byte {
	point, err := j.key.(*ecdsa.PrivateKey).PublicKey.Bytes()
	if err != nil {
		panic(err) // a key of P-256 has bytes
	}
	return point
}
