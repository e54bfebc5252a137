package hostile_test

import (
	"net/http"
	"net/url"
	"strings"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// answers are what a wallet posts to the verifier. The check still waits for the true answer, unless the wallet's own was
// read and judged.
func answers() []hostile {
	const jwe = "RFC 7516, RFC 7518 §4.6; OpenID4VP 1.0 §8.3: ECDH-ES to our key, AES-GCM, nothing else"
	const shape = "OpenID4VP 1.0 §8.1, §8.2"
	answer := func(name string, make func(b *bench, ask *wallet.Ask) string, from string) hostile {
		return hostile{name, func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			ask, err := b.wallet.ReadLink(b.ctx, p.Link, b.Roots(), true)
			if err != nil {
				b.t.Fatal(err)
			}
			body := make(b, ask)
			b.still(func() string { return b.waits(p, ask) })
			return func() string { return b.ask(http.MethodPost, ask.ResponseURI, formHeader(), body) }
		}, "400 invalid_request", from}
	}
	sealed := func(name string, payload func(b *bench, ask *wallet.Ask) string) hostile {
		return answer("encrypted: "+name, func(b *bench, ask *wallet.Ask) string {
			text, err := b.wallet.Encrypt(ask.Key, "", []byte(payload(b, ask)))
			if err != nil {
				b.t.Fatal(err)
			}
			return url.Values{"response": {text}}.Encode()
		}, shape)
	}
	spoil := func(name string, change func(parts []string)) hostile {
		return answer("JWE: "+name, func(b *bench, ask *wallet.Ask) string {
			form, err := b.wallet.Form(ask, b.token(ask), "")
			if err != nil {
				b.t.Fatal(err)
			}
			parts := strings.Split(form.Get("response"), ".")
			change(parts)
			return url.Values{"response": {strings.Join(parts, ".")}}.Encode()
		}, jwe)
	}
	header := func(name, old, new string) hostile {
		return spoil(name, func(p []string) { p[0] = b64([]byte(strings.Replace(string(unb64(p[0])), old, new, 1))) })
	}
	form := func(name string, values func(token, state string) url.Values) hostile {
		return answer("form: "+name, func(b *bench, ask *wallet.Ask) string { return values(mustJSON(b.token(ask)), ask.State).Encode() }, shape)
	}
	return []hostile{
		header("alg RSA1_5", `"ECDH-ES"`, `"RSA1_5"`), header("alg dir", `"ECDH-ES"`, `"dir"`), header("alg PBES2, with a million rounds", `"alg":"ECDH-ES"`, `"alg":"PBES2-HS256+A128KW","p2s":"AAAA","p2c":1000000`),
		header("alg A128KW", `"ECDH-ES"`, `"ECDH-ES+A128KW"`), header("alg none", `"ECDH-ES"`, `"none"`), header("enc CBC", `"A128GCM"`, `"A128CBC-HS256"`), header("enc of another size", `"A128GCM"`, `"A256GCM"`),
		header("compressed", `"alg":`, `"zip":"DEF","alg":`), header("critical", `"alg":`, `"crit":["x"],"x":1,"alg":`), header("a key of its own", `"alg":`, `"jwk":{},"alg":`), header("a URL of keys", `"alg":`, `"jku":"https://evil.example/","alg":`),
		header("alg twice", `"alg":`, `"alg":"none","alg":`), header("another kid", `"kid":"`, `"kid":"x`), header("no kid", `"kid"`, `"other"`), header("parties", `"alg":`, `"apu":"AAAA","alg":`),
		header("an ephemeral key off the curve", `"x":"`, `"x":"AA`), header("an ephemeral key of another curve", `"P-256"`, `"P-384"`), header("an ephemeral key with its secret", `"kty":`, `"d":"AAAA","kty":`), header("a symmetric ephemeral key", `"EC"`, `"oct"`),
		spoil("a bit of the text", func(p []string) { p[3] = flip(p[3]) }), spoil("a bit of the tag", func(p []string) { p[4] = flip(p[4]) }), spoil("a bit of the nonce", func(p []string) { p[2] = flip(p[2]) }),
		spoil("a tag cut short", func(p []string) { p[4] = p[4][:8] }), spoil("an encrypted key", func(p []string) { p[1] = "AAAA" }), spoil("no tag", func(p []string) { p[4] = "" }), spoil("padding", func(p []string) { p[2] += "=" }),

		sealed("nothing", func(*bench, *wallet.Ask) string { return "" }), sealed("no object", func(*bench, *wallet.Ask) string { return "[]" }),
		sealed("another state", func(b *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": b.token(ask), "state": "x"})
		}),
		sealed("vp_token that is text", func(_ *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": "x", "state": ask.State})
		}),
		sealed("vp_token that is null", func(_ *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": nil, "state": ask.State})
		}),
		sealed("a presentation that is no list", func(_ *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": map[string]any{"prisonrelease-mdoc": "x"}, "state": ask.State})
		}),
		sealed("no presentation", func(_ *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": map[string]any{"prisonrelease-mdoc": []string{}}, "state": ask.State})
		}),
		sealed("a hundred presentations", func(_ *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": map[string]any{"prisonrelease-mdoc": strings.Split(strings.Repeat("x ", 100), " ")}, "state": ask.State})
		}),
		sealed("vp_token and error", func(b *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": b.token(ask), "error": "access_denied", "state": ask.State})
		}),
		sealed("vp_token twice", func(b *bench, ask *wallet.Ask) string {
			return `{"vp_token":{},"vp_token":` + mustJSON(b.token(ask)) + `,"state":"` + ask.State + `"}`
		}),
		sealed("state as a number", func(b *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": b.token(ask), "state": 1})
		}),
		sealed("a query's id of other letters", func(_ *bench, ask *wallet.Ask) string {
			return mustJSON(map[string]any{"vp_token": map[string]any{"../x": []string{"x"}}, "state": ask.State})
		}),

		form("in the clear, where encryption was asked for", func(token, state string) url.Values { return url.Values{"vp_token": {token}, "state": {state}} }),
		form("nothing", func(string, string) url.Values { return url.Values{} }),
		form("two answers", func(token, state string) url.Values { return url.Values{"response": {"a.b.c.d.e", "a.b.c.d.e"}} }),
		form("an answer and a token", func(token, state string) url.Values {
			return url.Values{"response": {"a.b.c.d.e"}, "vp_token": {token}}
		}),
		form("two states", func(token, state string) url.Values {
			return url.Values{"error": {"access_denied"}, "state": {state, "x"}}
		}),
		form("an error with another's state", func(_, state string) url.Values {
			return url.Values{"error": {"access_denied"}, "state": {state + "x"}}
		}),
		form("an answer signed, and not encrypted", func(token, _ string) url.Values { return url.Values{"response": {"eyJhbGciOiJub25lIn0.e30."}} }),
	}
}

// waits says what is wrong with a check that the true answer should still end.
func (b *bench) waits(p *rig.Presentation, ask *wallet.Ask) string {
	form, err := b.wallet.Form(ask, b.token(ask), "")
	if err != nil {
		return err.Error()
	}
	if status, _, err := b.wallet.Post(b.ctx, ask.ResponseURI, form); err != nil || status != http.StatusOK {
		return http.StatusText(status)
	}
	result, _, err := p.Result(b.ctx, "")
	if err != nil || result.Verdict != "valid" {
		return "the verdict is " + result.Verdict
	}
	return ""
}

// flip changes the first byte of a text in base64url.
func flip(text string) string {
	raw := unb64(text)
	raw[0] ^= 1
	return b64(raw)
}
