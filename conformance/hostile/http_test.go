package hostile_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"justice-wallet/conformance/rig"
)

// wire is a case of bytes on a connection to the issuer, with $HOST for its address.
func wire(name, request, want, from string) hostile {
	return hostile{name, func(b *bench) func() string {
		host := strings.TrimPrefix(b.IssuerURL, "http://")
		return func() string {
			r, err := b.raw(b.IssuerURL, strings.ReplaceAll(request, "$HOST", host))
			if err != nil {
				return "no answer"
			}
			return r.outcome()
		}
	}, want, from}
}

const evil = "evil.example"

// hosts are requests that name another host. What comes back must be what comes back to everybody.
func hosts() []hostile {
	const from = "web cache poisoning, CWE-644; gin CVE-2020-28483: a header decides who we are"
	var out []hostile
	for _, path := range []string{"/.well-known/openid-credential-issuer", "/.well-known/did.json", "/.well-known/jwks.json", "/iacas", "/.well-known/letter-keys.json", "/sign-in", "/console/sign-in"} {
		for name, headers := range map[string]string{
			"Host": "Host: " + evil + "\r\n", "X-Forwarded-Host": "Host: $HOST\r\nX-Forwarded-Host: " + evil + "\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 10.0.0.1\r\n",
			"Forwarded": "Host: $HOST\r\nForwarded: host=" + evil + ";proto=https\r\n", "X-Original-URL": "Host: $HOST\r\nX-Original-URL: /console\r\nX-Rewrite-URL: http://" + evil + "/\r\n",
		} {
			out = append(out, hostile{path + ": " + name, func(b *bench) func() string {
				host := strings.TrimPrefix(b.IssuerURL, "http://")
				return func() string {
					r, err := b.raw(b.IssuerURL, "GET "+path+" HTTP/1.1\r\nAccept: text/html, application/json\r\nConnection: close\r\n"+strings.ReplaceAll(headers, "$HOST", host)+"\r\n")
					if err != nil {
						return "no answer"
					}
					if strings.Contains(r.body+fmt.Sprint(r.header), evil) {
						return "it says so itself: " + r.outcome()
					}
					return r.outcome()
				}
			}, "200", from})
		}
	}
	const one = "RFC 9112 §3.2: one Host, and a good one"
	get := func(target, headers string) string {
		return "GET " + target + " HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n"
	}
	return append(out,
		wire("two hosts", get("/livez", "Host: $HOST\r\nHost: "+evil+"\r\n"), "400", one),
		wire("no host", get("/livez", ""), "400", one),
		wire("a host with a path", get("/livez", "Host: $HOST/console\r\n"), "400", one),
		wire("a host with a blank", get("/livez", "Host: $HOST "+evil+"\r\n"), "400", one),
		wire("a host within the target", get("http://"+evil+"/livez", "Host: $HOST\r\n"), "200", "RFC 9112 §3.2.2: the target's host counts, and nothing of ours hangs on it"),
		wire("a host with a line break", get("/livez", "Host: $HOST\r\n evil\r\n"), "400", "RFC 9112 §5.2: no folding"),
	)
}

// targets are request targets that are not quite a path of ours. $LIST is the id of a list.
func paths() []hostile {
	const from = "CWE-22, CWE-23: a path that leads elsewhere; a name in it that becomes a key"
	var out []hostile
	for target, want := range map[string]string{
		"/t/../../etc/passwd": "404", "/t/..%2f..%2fetc%2fpasswd": "404", "/t/%2e%2e%2f%2e%2e": "404", "/t/%2e": "404", "/t/..": "404",
		"/t/$LIST/": "404", "/t/$LIST/..": "404", "/t//$LIST": "404", "//t/$LIST": "404", "/./t/$LIST": "404", "/x/../t/$LIST": "404", "/T/$LIST": "404",
		"/t/$LIST%00": "404", "/t/$LIST%0d%0aX-Hostile:%201": "404", "/t/$LIST.json": "404", "/t/$LIST;v=1": "404", "/t/$LIST%20": "404", "/t/%20$LIST": "404",
		"/t/*": "404", "/t/%2a": "404", "/t/?": "404", "/t/{$LIST}": "404", "/t/$LIST:revoked": "404", "/t/%7b$LIST%7d:published": "404", `/t/..\..\etc`: "404",
		"/t/%ff%fe": "404", "/t/%c0%ae%c0%ae": "404", "/t/%e2%80%ae$LIST": "404", "/t/$UPPER": "404", "/t/%": "400", "/t/%zz": "400",
		"/b/../t/$LIST": "404", "/b/$LIST%2f..": "404", "/b/..%5c..%5cetc": "404", "/t/$LIST?bits=8&time=0": "200", "/t/$LIST?callback=alert": "200",
		"/assets/../../go.mod": "404", "/assets/%2e%2e/%2e%2e/go.mod": "404", "/assets/..%2f..%2fgo.mod": "404", "/assets//etc/passwd": "404", "/assets/": "404",
		"/.env": "404", "/.git/config": "404", "/debug/pprof/": "404", "/metrics": "404", "/actuator/env": "404", "/console/../documents": "404",
		"/.well-known/../console": "404", "/openapi.yaml": "404", "/api/offers/..": "404",
	} {
		out = append(out, hostile{"GET " + target, func(b *bench) func() string {
			list := b.mdoc.Status.URI[strings.LastIndex(b.mdoc.Status.URI, "/")+1:]
			line := strings.NewReplacer("$LIST", list, "$UPPER", strings.ToUpper(list)).Replace(target)
			host := strings.TrimPrefix(b.IssuerURL, "http://")
			return func() string {
				r, err := b.raw(b.IssuerURL, "GET "+line+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
				if err != nil {
					return "no answer"
				}
				if r.header.Get("X-Hostile") != "" {
					return "a header was made of the path"
				}
				return r.outcome()
			}
		}, want, from})
	}
	long := hostile{"GET /t/ and ten thousand letters", func(b *bench) func() string {
		return func() string { return b.ask(http.MethodGet, b.IssuerURL+"/t/"+strings.Repeat("a", 10000), nil, "") }
	}, "404", from}
	verifier := func(path, want string) hostile {
		return hostile{"verifier: GET " + path, func(b *bench) func() string {
			return func() string { return b.ask(http.MethodGet, b.VerifierURL+path, nil, "") }
		}, want, from}
	}
	return append(out, long,
		verifier("/presentations/..%2f..", "404"), verifier("/presentations/"+strings.Repeat("A", 43), "404"), verifier("/presentations/%00", "404"),
		verifier("/receipts/..%2fopenapi.yaml", "404"), verifier("/receipts/*", "404"), verifier("/receipts/"+strings.Repeat("0", 5000), "404"),
		verifier("/openid4vp/requests/..%2f", "404"), verifier("/openid4vp/requests/%0d%0a", "404"))
}

// methods are requests of another method, or another kind of body.
func methods() []hostile {
	const verb, media = "RFC 9110 §15.5.6: 405, and nothing done", "CWE-436: a body that is read as what it is not"
	var out []hostile
	for _, at := range []string{"/credential", "/notification", "/api/offers", "/api/revocations"} {
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "PROPFIND"} {
			out = append(out, hostile{method + " " + at, func(b *bench) func() string {
				r := b.request()
				b.still(r.granted)
				return func() string {
					return b.ask(method, b.IssuerURL+at, bearer(r.token.compact()), proofBody(r.proof.compact()))
				}
			}, "405", verb})
		}
	}
	header := func(name string, h http.Header, want string) hostile {
		return hostile{"POST /credential, " + name, func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			all := bearer(r.token.compact())
			for k, v := range h {
				all[k] = v
			}
			return func() string { return r.post(all, proofBody(r.proof.compact())) }
		}, want, media}
	}
	kind := func(v ...string) http.Header { return http.Header{"Content-Type": v} }
	body := func(name string, make func(json string) (string, string), want string) hostile {
		return hostile{"POST /credential, " + name, func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			content, mediaType := make(proofBody(r.proof.compact()))
			all := bearer(r.token.compact())
			all.Set("Content-Type", mediaType)
			return func() string { return r.post(all, content) }
		}, want, media}
	}
	const bad = "400 invalid_proof"
	out = append(out,
		header("as text", kind("text/plain"), bad), header("as a form", kind("application/x-www-form-urlencoded"), bad), header("as XML", kind("application/xml"), bad),
		header("without a type", http.Header{"Content-Type": nil}, bad), header("as JSON of another kind", kind("application/vnd.api+json"), bad),
		header("as JSON in UTF-16", kind("application/json; charset=utf-16"), bad), header("as JSON in UTF-7", kind("application/json; charset=utf-7"), bad),
		header("as JSON with a boundary", kind("application/json; boundary=x"), bad), header("of two types at once", kind("application/json, text/plain"), bad),
		header("a type that is none", kind("application/"), bad),
		hostile{"POST /credential, with another method in a header", func(b *bench) func() string {
			r := b.request()
			all := bearer(r.token.compact())
			all.Set("X-HTTP-Method-Override", "DELETE")
			return func() string { b.mayWrite = true; return r.post(all, proofBody(r.proof.compact())) }
		}, "200", "CWE-436: a method that a header decides"},
		body("in a multipart body", func(j string) (string, string) {
			var out bytes.Buffer
			w := multipart.NewWriter(&out)
			part, err := w.CreateFormField("proof")
			if err != nil {
				panic(err)
			}
			if _, err := io.WriteString(part, j); err != nil {
				panic(err)
			}
			if err := w.Close(); err != nil {
				panic(err)
			}
			return out.String(), w.FormDataContentType()
		}, bad),
		body("compressed", func(j string) (string, string) { return string(gzipped([]byte(j))), "application/json" }, bad),
		body("as XML with an entity", func(string) (string, string) {
			return `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`, "application/xml"
		}, bad),
		hostile{"an answer of a wallet as JSON", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			ask, err := b.wallet.ReadLink(b.ctx, p.Link, b.Roots(), true)
			if err != nil {
				b.t.Fatal(err)
			}
			form, err := b.wallet.Form(ask, b.token(ask), "")
			if err != nil {
				b.t.Fatal(err)
			}
			return func() string {
				return b.ask(http.MethodPost, ask.ResponseURI, http.Header{"Content-Type": {"application/json"}}, mustJSON(map[string]string{"response": form.Get("response")}))
			}
		}, "400 invalid_request", media},
		hostile{"an answer of a wallet in the address", func(b *bench) func() string {
			return func() string {
				return b.ask(http.MethodPost, b.VerifierURL+"/openid4vp/responses/"+strings.Repeat("A", 43)+"?response=a.b.c.d.e", formHeader(), "")
			}
		}, "400 invalid_request", "OpenID4VP 1.0 §8.2: in the body"},
		hostile{"a token in the address", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/credential?access_token="+url.QueryEscape(r.token.compact()), kind("application/json"), proofBody(r.proof.compact()))
			}
		}, "401", "RFC 9700 §4.3.2: never in an address"},
		hostile{"a token in the body", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/credential", formHeader(), url.Values{"access_token": {r.token.compact()}}.Encode())
			}
		}, "401", "RFC 6750 §2.2"},
		hostile{"a token in a cookie", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/credential", http.Header{"Cookie": {"access_token=" + r.token.compact()}, "Content-Type": {"application/json"}}, proofBody(r.proof.compact()))
			}
		}, "401", "RFC 6750 §2"},
		hostile{"two tokens", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			h := bearer(r.token.compact())
			h.Add("Authorization", "Bearer other")
			return func() string { return r.post(h, proofBody(r.proof.compact())) }
		}, "401 invalid_token", "CWE-436: two readers take two tokens"},
		hostile{"a token of another scheme", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			h := bearer(r.token.compact())
			h.Set("Authorization", "DPoP "+r.token.compact())
			return func() string { return r.post(h, proofBody(r.proof.compact())) }
		}, "401 invalid_token", "RFC 9449 §7.1: a DPoP token is no bearer token"},
	)
	const smuggling = "CWE-444: where does one request end?"
	post := func(headers, body string) string {
		return "POST /credential HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n" + headers + "\r\n" + body
	}
	return append(out,
		wire("two lengths", post("Content-Length: 2\r\nContent-Length: 4\r\n", "{}{}"), "400", smuggling),
		wire("a length and chunks", post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "4", smuggling),
		wire("a length below zero", post("Content-Length: -1\r\n", ""), "400", smuggling),
		wire("a length with a sign", post("Content-Length: +2\r\n", "{}"), "400", smuggling),
		wire("chunked, and not at the end", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), "501", smuggling),
		wire("chunked in another spelling", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "501", smuggling),
		wire("a blank before the colon", post("Content-Length : 2\r\n", "{}"), "400", smuggling),
		wire("a folded header", post("X-Hostile: a\r\n b\r\n", ""), "4", "RFC 9112 §5.2"),
		wire("a header without a name", post(": x\r\n", ""), "400", "RFC 9112 §5.1"),
		wire("a NUL in a header", post("X-Hostile: a\x00b\r\n", ""), "400", "RFC 9110 §5.5"),
		wire("HTTP/1.0 without a host", "GET /livez HTTP/1.0\r\n\r\n", "200", "RFC 9112 §3.2: nothing of ours hangs on the host"),
		wire("HTTP/0.9", "GET /livez\r\n\r\n", "400", "RFC 9112 §2.3"),
		wire("HTTP/9.9", "GET /livez HTTP/9.9\r\nHost: $HOST\r\n\r\n", "505", "RFC 9110 §15.6.6"),
		wire("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "404", "RFC 9113 §3.4: not spoken in the clear"),
		wire("CONNECT", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\nConnection: close\r\n\r\n", "4", "RFC 9110 §9.3.6: we are no proxy"),
		wire("OPTIONS of everything", "OPTIONS * HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n\r\n", "200", "RFC 9110 §9.3.7"),
		wire("TLS where none is spoken", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400", "another protocol on the port"),
	)
}

// oversized are requests that are too large. The honest request works afterwards.
func oversized() []hostile {
	const from = "CWE-770: what a request may cost is bounded before it is read"
	large := strings.Repeat("x", 70<<10)
	post := func(name, path string, header func(b *bench) http.Header, body, want string) hostile {
		return hostile{name, func(b *bench) func() string {
			to := b.IssuerURL + path
			if strings.HasPrefix(path, "verifier") {
				to = b.VerifierURL + strings.TrimPrefix(path, "verifier")
			}
			h := header(b)
			return func() string { return b.ask(http.MethodPost, to, h, body) }
		}, want, from}
	}
	wallet := func(b *bench) http.Header { return bearer(b.access("", "nonce").compact()) }
	staff := func(b *bench) http.Header {
		token, err := b.Token(b.ctx, rig.ServiceClient)
		if err != nil {
			b.t.Fatal(err)
		}
		return bearer(token)
	}
	plain := func(*bench) http.Header { return http.Header{"Content-Type": {"application/json"}} }
	council := func(*bench) http.Header { return bearer(rig.OrganisationKey("council")) }
	form := func(*bench) http.Header { return formHeader() }
	const tooLarge = "413 request_too_large"
	out := []hostile{
		post("POST /credential of 70 KiB", "/credential", wallet, `{"x":"`+large+`"}`, tooLarge),
		post("POST /notification of 70 KiB", "/notification", wallet, `{"x":"`+large+`"}`, tooLarge),
		post("POST /api/offers of 70 KiB", "/api/offers", staff, `{"x":"`+large+`"}`, tooLarge),
		post("POST /api/endings of 70 KiB", "/api/endings", staff, `{"x":"`+large+`"}`, tooLarge),
		post("POST /sign-in of 70 KiB", "/sign-in", form, "x="+large, "413"),
		post("POST /console/sign-in of 70 KiB", "/console/sign-in", form, "x="+large, "413"),
		post("POST /presentations of 4 MiB", "verifier/presentations", council, `{"x":"`+strings.Repeat("x", 4<<20)+`"}`, tooLarge),
		post("POST /verify of 4 MiB", "verifier/verify", plain, `{"vcJwt":"`+strings.Repeat("x", 4<<20)+`"}`, tooLarge),
		post("POST /openid4vp/responses of 4 MiB", "verifier/openid4vp/responses/x", form, "response="+strings.Repeat("x", 4<<20), tooLarge),
		post("a JSON object of thirty thousand members", "/credential", wallet, manyMembers(6000), "400 invalid_proof"),
		post("JSON ten thousand deep", "/credential", wallet, strings.Repeat(`{"a":`, 9000)+"1"+strings.Repeat("}", 9000), "400 invalid_proof"),
		post("a JSON number of sixty thousand digits", "/credential", wallet, `{"x":`+strings.Repeat("9", 60000)+`}`, "400 invalid_proof"),
		post("a form of ten thousand fields", "/sign-in", form, strings.Repeat("a=b&", 10000), "400"),
		post("a name of a record of 300 letters", "/api/offers", staff, mustJSON(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: strings.Repeat("A", 300), WalletSubject: account}), "400 invalid_request"),
		post("a subject of 300 letters", "/api/offers", staff, mustJSON(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person, WalletSubject: strings.Repeat("u", 300)}), "400 invalid_request"),
		post("three hundred elements asked for", "verifier/verify", plain, mustJSON(map[string]any{"vcJwt": "x", "asked": map[string]any{"elements": manyElements(300)}}), "400 invalid_request"),
	}
	claim := func(name string, claims map[string]any) hostile {
		h := bent(doorOf("access token at /credential"), name, claims, from)
		return h
	}
	huge := strings.Repeat("j", 300)
	return append(out,
		claim("a jti of 300 letters", map[string]any{"jti": huge}), claim("a c_nonce of 300 letters", map[string]any{"c_nonce": huge}),
		claim("a sub of 300 letters", map[string]any{"sub": huge}), claim("a configuration of 300 letters", map[string]any{"credential_configuration_ids": []string{huge}}),
		claim("two configurations", map[string]any{"credential_configuration_ids": []string{release, release}}), claim("no configuration", map[string]any{"credential_configuration_ids": []string{}}),
		claim("two identifiers", map[string]any{"credential_identifiers": []string{"a", "b"}}), claim("no identifier", map[string]any{"credential_identifiers": []string{}}),
		claim("an empty jti", map[string]any{"jti": ""}), claim("an empty sub", map[string]any{"sub": ""}), claim("an empty c_nonce", map[string]any{"c_nonce": ""}),
		hostile{"a body of chunks that never end", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			return func() string {
				answer, err := b.stream(http.MethodPost, b.IssuerURL+"/credential", bearer(r.token.compact()), io.LimitReader(endless{}, 8<<20))
				if err != nil {
					return "closed"
				}
				return answer.outcome()
			}
		}, "413 request_too_large", from},
	)
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func manyMembers(n int) string {
	var out strings.Builder
	out.WriteString("{")
	for i := range n {
		if i > 0 {
			out.WriteString(",")
		}
		fmt.Fprintf(&out, `"m%d":1`, i)
	}
	return out.String() + "}"
}

func manyElements(n int) [][]string {
	out := make([][]string, n)
	for i := range out {
		out[i] = []string{release, fmt.Sprint("e", i)}
	}
	return out
}
