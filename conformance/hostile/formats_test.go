package hostile_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"net/http"
	"strings"
	"time"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/proximity"
	"justice-wallet/pkg/vical"
)

// sdJWT is an SD-JWT VC of the forge, with its disclosures.
type sdJWT struct {
	token       jws
	disclosures []string
}

func (f *forge) sdJWT(uri string) *sdJWT {
	now := time.Now()
	disclosure := b64([]byte(`["a-salt-of-sixteen-bytes","family_name","Forged"]`))
	return &sdJWT{disclosures: []string{disclosure}, token: jws{
		key: f.issuer, header: map[string]any{"alg": "ES256", "typ": "dc+sd-jwt", "kid": forgeDID + "#" + issuerKID},
		claims: map[string]any{
			"iss": f.url, "iat": now.Add(-time.Hour).Unix(), "exp": now.Add(24 * time.Hour).Unix(), "vct": "urn:forged", "_sd_alg": "sha-256",
			"_sd": []string{digestOf(disclosure)}, "cnf": map[string]any{"jwk": publicJWK("holder", &f.holder.PublicKey)},
			"status": map[string]any{"status_list": map[string]any{"idx": 1, "uri": uri}},
		},
	}}
}

func digestOf(disclosure string) string {
	sum := sha256.Sum256([]byte(disclosure))
	return b64(sum[:])
}

func (s *sdJWT) text() string {
	return s.token.compact() + "~" + strings.Join(append(s.disclosures, ""), "~")
}

// spoiltSD is a bare SD-JWT that is good but for one thing.
func spoiltSD(name string, spoil func(s *sdJWT) string, want, from string) hostile {
	return hostile{"SD-JWT: " + name, func(b *bench) func() string {
		text := spoil(b.forge.sdJWT(b.forge.publish()))
		return func() string { return b.verify(map[string]any{"sdJwt": text}) }
	}, want, from}
}

// boundSD is one whose holder binds it, in a way that is good but for one thing.
func boundSD(name string, header, claims map[string]any, spoil func(text string) string, want string) hostile {
	return hostile{"SD-JWT key binding: " + name, func(b *bench) func() string {
		signed := b.forge.sdJWT(b.forge.publish()).text()
		kb := jws{key: b.forge.holder, header: map[string]any{"alg": "ES256", "typ": "kb+jwt"}, claims: map[string]any{
			"nonce": "nonce", "aud": "audience", "iat": time.Now().Unix(), "sd_hash": digestOf(signed),
		}}.with(header, claims)
		text := spoil(signed + kb.compact())
		return func() string {
			return b.verify(map[string]any{"sdJwt": text, "nonce": "nonce", "audience": "audience"})
		}
	}, want, "RFC 9901 §7.3: the holder, this verifier, this request, this presentation, now"}
}

func sdJWTs() []hostile {
	const malformed, digest = "not_valid malformed", "not_valid digest"
	const rfc = "RFC 9901 §7.1"
	same := func(text string) string { return text }
	claims := func(name string, c map[string]any, want string) hostile {
		return spoiltSD(name, func(s *sdJWT) string { s.token = s.token.with(nil, c); return s.text() }, want, rfc)
	}
	disclosed := func(name, disclosure, want string) hostile {
		return spoiltSD(name, func(s *sdJWT) string {
			s.disclosures = []string{b64([]byte(disclosure))}
			s.token = s.token.with(nil, map[string]any{"_sd": []string{digestOf(s.disclosures[0])}})
			return s.text()
		}, want, rfc)
	}
	return []hostile{
		spoiltSD("a disclosure that nobody signed", func(s *sdJWT) string { return s.text() + b64([]byte(`["salt","admin",true]`)) + "~" }, digest, rfc),
		spoiltSD("a disclosure twice", func(s *sdJWT) string { return s.text() + s.disclosures[0] + "~" }, "not_valid", rfc),
		spoiltSD("a disclosure that was changed", func(s *sdJWT) string {
			return strings.Replace(s.text(), s.disclosures[0], b64([]byte(`["a-salt-of-sixteen-bytes","family_name","Farged"]`)), 1)
		}, digest, rfc),
		spoiltSD("a disclosure in another spelling", func(s *sdJWT) string { return strings.Replace(s.text(), s.disclosures[0], s.disclosures[0]+"=", 1) }, "not_valid", rfc),
		spoiltSD("no tilde at the end", func(s *sdJWT) string { return strings.TrimSuffix(s.text(), "~") }, malformed, rfc),
		spoiltSD("two tildes", func(s *sdJWT) string { return s.text() + "~" }, malformed, rfc),
		spoiltSD("a thousand tildes", func(s *sdJWT) string { return s.text() + strings.Repeat("~", 1000) }, malformed, "CVE-2025-30204's kin: splitting costs memory"),
		spoiltSD("another key's signature", func(s *sdJWT) string { s.token.key = stranger(); return s.text() }, "not_valid signature", rfc),
		spoiltSD("no signature", func(s *sdJWT) string {
			h, c, _ := parts(s.token.compact())
			return h + "." + c + ".~" + s.disclosures[0] + "~"
		}, malformed, rfc),
		spoiltSD("alg none", func(s *sdJWT) string { s.token = s.token.with(map[string]any{"alg": "none"}, nil); return s.text() }, malformed, "RFC 9901 §7.1: never none"),
		spoiltSD("the old type", func(s *sdJWT) string {
			s.token = s.token.with(map[string]any{"typ": "vc+sd-jwt"}, nil)
			return s.text()
		}, malformed, "SD-JWT VC §3.2.1: dc+sd-jwt"),
		disclosed("over a claim that is there", `["salt-of-sixteen-bytes-x","iss","https://elsewhere.example"]`, digest),
		disclosed("of the status", `["salt-of-sixteen-bytes-x","status",{}]`, digest),
		disclosed("of the holder's key", `["salt-of-sixteen-bytes-x","cnf",{}]`, "not_valid"),
		disclosed("of the end", `["salt-of-sixteen-bytes-x","exp",9999999999]`, digest),
		disclosed("of _sd", `["salt-of-sixteen-bytes-x","_sd",[]]`, digest),
		disclosed("of ...", `["salt-of-sixteen-bytes-x","...","x"]`, digest),
		disclosed("with two members", `["salt-of-sixteen-bytes-x","x"]`, "not_valid"),
		disclosed("with four members", `["salt-of-sixteen-bytes-x","x","y","z"]`, "not_valid"),
		disclosed("that is an object", `{"salt":"x"}`, "not_valid"),
		disclosed("whose name is a number", `["salt-of-sixteen-bytes-x",1,"x"]`, "not_valid"),
		disclosed("of a claim twice over, within", `["salt-of-sixteen-bytes-x","x",{"a":1,"a":2}]`, "not_valid"),
		disclosed("with an _sd_alg within", `["salt-of-sixteen-bytes-x","x",{"_sd_alg":"sha-256"}]`, digest),
		disclosed("a hundred deep", `["salt-of-sixteen-bytes-x","x",`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`]`, "not_valid"),
		claims("another hash", map[string]any{"_sd_alg": "md5"}, digest),
		claims("a digest twice", map[string]any{"_sd": []string{digestOf(b64([]byte(`["a-salt-of-sixteen-bytes","family_name","Forged"]`))), digestOf(b64([]byte(`["a-salt-of-sixteen-bytes","family_name","Forged"]`)))}}, digest),
		claims("digests that are text", map[string]any{"_sd": "x"}, digest),
		claims("no end", map[string]any{"exp": absent}, malformed),
		claims("over", map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}, "not_valid"),
		claims("no type", map[string]any{"vct": absent}, malformed),
		claims("an issuer nobody trusts", map[string]any{"iss": "https://elsewhere.example"}, "not_valid issuer_untrusted"),
		claims("a status that is null", map[string]any{"status": nil}, malformed),
		claims("a status of another kind", map[string]any{"status": map[string]any{"identifier_list": map[string]any{}}}, malformed),
		claims("no status", map[string]any{"status": absent}, "could_not_check status_absent"),
		boundSD("another nonce", nil, map[string]any{"nonce": "other"}, same, "not_valid nonce_mismatch"),
		boundSD("another audience", nil, map[string]any{"aud": "other"}, same, "not_valid audience_mismatch"),
		boundSD("of yesterday", nil, map[string]any{"iat": time.Now().Add(-24 * time.Hour).Unix()}, same, "not_valid presentation_time"),
		boundSD("of tomorrow", nil, map[string]any{"iat": time.Now().Add(24 * time.Hour).Unix()}, same, "not_valid presentation_time"),
		boundSD("of another presentation", nil, map[string]any{"sd_hash": digestOf("x")}, same, "not_valid"),
		boundSD("no sd_hash", nil, map[string]any{"sd_hash": absent}, same, "not_valid"),
		boundSD("of another type", map[string]any{"typ": "JWT"}, nil, same, "not_valid"),
		boundSD("with a key of its own", map[string]any{"jwk": map[string]any{}}, nil, same, "not_valid"),
		boundSD("taken away", nil, nil, func(text string) string { return text[:strings.LastIndex(text, "~")+1] }, "not_valid"),
		boundSD("over fewer disclosures", nil, nil, func(text string) string {
			p := strings.Split(text, "~")
			return p[0] + "~" + p[len(p)-1]
		}, "not_valid"),
	}
}

// parsers are the readers of files and codes that no endpoint takes as they are.
func parsers() []hostile {
	const jwks, dids, engagement, list, letters, query = "RFC 7517 §4, §5; jwx v2.1.7 takes it", "DID Core §5.2; did:web", "ISO 18013-5 §8.2.1.1", "ISO 18013-5 Annex C.1.7", "pkg/letter: one encoding", "OpenID4VP 1.0 §6"
	f := &forge{issuer: stranger(), rootKey: stranger(), dsKey: stranger(), holder: stranger()}
	key := publicJWK("k", &f.issuer.PublicKey)
	with := func(member string, value any) map[string]any {
		out := map[string]any{}
		for k, v := range key {
			out[k] = v
		}
		if out[member] = value; value == absent {
			delete(out, member)
		}
		return out
	}
	set := func(name string, v any) hostile {
		return parser("JWK set "+name, func() error { _, err := jose.ParseSet([]byte(textOf(v))); return err }, jwks)
	}
	keys := func(k ...any) map[string]any { return map[string]any{"keys": k} }
	document := func(name string, v any) hostile {
		return parser("DID document "+name, func() error { _, err := did.ParseDocument([]byte(textOf(v)), forgeDID); return err }, dids)
	}
	method := func(member string, value any) map[string]any {
		m := didMethod("k", &f.issuer.PublicKey)
		m[member] = value
		return didDocument(m)
	}
	qr := func(name, text string) hostile {
		return parser("engagement "+name, func() error { _, err := proximity.ParseQR(text); return err }, engagement)
	}
	device := func(b []byte) string { return "mdoc:" + b64(b) }
	good := mapping(number(0), text("1.0"), number(1), array(number(1), embedded(coseKey(&f.holder.PublicKey))))
	paper := func(name, text string) hostile {
		return parser("letter "+name, func() error { _, err := letter.Parse(text); return err }, letters)
	}
	dcql := func(name, text string) hostile {
		return parser("query "+name, func() error { _, err := oid4vp.ParseQuery([]byte(text)); return err }, query)
	}
	root := newVICAL()
	roots := func(name string, spoil func(v *forgedVICAL)) hostile {
		return parser("VICAL "+name, func() error {
			v := root
			spoil(&v)
			_, err := vical.Open(v.raw(), []*x509.Certificate{v.anchor}, time.Now())
			return err
		}, list)
	}
	return []hostile{
		set("with a secret", keys(with("d", "AAAA"))), set("with a symmetric key", keys(map[string]any{"kty": "oct", "k": "AAAA", "kid": "k"})), set("with a point off the curve", keys(with("x", b64(make([]byte, 32))))),
		set("with a coordinate cut short", keys(with("x", "AAAA"))), set("with one kid twice", keys(key, key)), set("with a member twice", `{"keys":[],"keys":[]}`), set("that is a list", "[]"), set("without keys", "{}"),
		set("with keys that are an object", `{"keys":{}}`), set("with a key that is text", `{"keys":["k"]}`), set("of a hundred keys", keys(manyKeys(100)...)), set("longer than 64 KiB", `{"keys":[],"x":"`+strings.Repeat("x", 70<<10)+`"}`),
		set("that is HTML", "<html></html>"), set("with an RSA key of 512 bits", keys(map[string]any{"kty": "RSA", "n": b64(bytes.Repeat([]byte{0xc1}, 64)), "e": "AQAB", "kid": "k"})),
		set("with an RSA exponent of 1", keys(map[string]any{"kty": "RSA", "n": b64(bytes.Repeat([]byte{0xc1}, 256)), "e": "AQ", "kid": "k"})), set("with a kid that is a number", keys(with("kid", 1))),
		document("of another DID", didDocumentOf("did:web:elsewhere.example")), document("with a service", withMember(didDocument(), "service", []any{})), document("with a key agreement", withMember(didDocument(), "keyAgreement", []any{})),
		document("with another controller", method("controller", "did:web:elsewhere.example")), document("with a method of another DID", method("id", "did:web:elsewhere.example#k")), document("with another type", method("type", "Multikey")),
		document("with an assertion that is no method", withMember(didDocument(), "assertionMethod", []any{forgeDID + "#other"})), document("with another context", withMember(didDocument(), "@context", []any{"https://evil.example"})),
		document("that is a list", "[]"), document("with its id twice", `{"id":"did:web:forge.example","id":"did:web:elsewhere.example"}`), document("with a secret", method("publicKeyJwk", with("d", "AAAA"))),
		qr("without its scheme", b64(good)), qr("of another scheme", "http:"+b64(good)), qr("with padding", device(good)+"="), qr("of nothing", "mdoc:"), qr("longer than 4 KiB", device(bytes.Repeat([]byte{0}, 5000))),
		qr("of another version", device(mapping(number(0), text("9.9"), number(1), array(number(1), embedded(coseKey(&f.holder.PublicKey)))))),
		qr("of another cipher suite", device(mapping(number(0), text("1.0"), number(1), array(number(2), embedded(coseKey(&f.holder.PublicKey)))))),
		qr("without a key", device(mapping(number(0), text("1.0")))), qr("with a key off the curve", device(mapping(number(0), text("1.0"), number(1), array(number(1), embedded(mapping(number(1), number(2), number(-1), number(1), number(-2), bytestring(make([]byte, 32)), number(-3), bytestring(make([]byte, 32)))))))),
		qr("with a member twice", device(mapping(number(0), text("1.0"), number(0), text("1.0")))), qr("with bytes after it", device(append(bytes.Clone(good), 0))), qr("a thousand deep", device(bytes.Repeat([]byte{0x81}, 1000))),
		paper("of nothing", ""), paper("of another type", b64(tag(18, array(bytestring(mapping(number(1), number(-7))), mapping(), bytestring(nil), bytestring(make([]byte, 64)))))), paper("in the other base64", "+/+/"), paper("with padding", "AAAA="),
		paper("longer than two kilobytes", strings.Repeat("A", 2000)), paper("that is a link", "https://evil.example/letter#AAAA"), paper("with a line break", "AA\nAA"),
		dcql("without credentials", `{}`), dcql("of no credential", `{"credentials":[]}`), dcql("with an id twice", `{"credentials":[{"id":"a","format":"mso_mdoc","meta":{"doctype_value":"x"}},{"id":"a","format":"mso_mdoc","meta":{"doctype_value":"x"}}]}`),
		dcql("without meta", `{"credentials":[{"id":"a","format":"mso_mdoc"}]}`), dcql("with an id of other letters", `{"credentials":[{"id":"a/b","format":"mso_mdoc","meta":{"doctype_value":"x"}}]}`), dcql("that is a list", `[]`),
		roots("of a signer nobody trusts", func(v *forgedVICAL) { v.anchor = selfSigned(stranger()) }), roots("with another key's signature", func(v *forgedVICAL) { v.key = stranger() }),
		roots("that has ended", func(v *forgedVICAL) { v.next = time.Now().Add(-time.Hour) }), roots("of another version", func(v *forgedVICAL) { v.version = "2.0" }),
		roots("with another serial number than the certificate's", func(v *forgedVICAL) { v.serial = []byte{9, 9} }), roots("with another key identifier", func(v *forgedVICAL) { v.ski = []byte("another") }),
		roots("with a root for no document", func(v *forgedVICAL) { v.docTypes = array() }), roots("with a root that is no certificate", func(v *forgedVICAL) { v.certificate = []byte("certificate") }),
		roots("with two thousand roots", func(v *forgedVICAL) { v.times = 2000 }), roots("without a signer", func(v *forgedVICAL) { v.unprotected = mapping() }), roots("with bytes after it", func(v *forgedVICAL) { v.after = []byte{0} }),
		hostile{"file: the keys of letters with a letter's key for documents", func(b *bench) func() string {
			return func() string {
				return b.ask(http.MethodGet, b.IssuerURL+"/.well-known/letter-keys.json?kid=../did.json", nil, "")
			}
		}, "200", "CWE-22"},
	}
}

func manyKeys(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = publicJWK(uuid(), &stranger().PublicKey)
	}
	return out
}

func didDocumentOf(id string) map[string]any { return withMember(didDocument(), "id", id) }

func withMember(m map[string]any, name string, value any) map[string]any {
	m[name] = value
	return m
}
