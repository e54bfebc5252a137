package hostile_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"justice-wallet/conformance/rig"
)

// crossAccount is one person at what is another's.
func crossAccount() []hostile {
	const from = "CWE-639: a name that is known is not a right; GOV.UK: the rightful holder"
	as := func(subject string) map[string]any { return map[string]any{"sub": subject} }
	token := func(name string, claims map[string]any, want string) hostile {
		return hostile{"/credential: " + name, func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			spoilt := r.token.with(nil, claims)
			return func() string { return r.send(spoilt.compact(), r.proof.compact()) }
		}, want, from}
	}
	note := func(name string, claims map[string]any, body func(b *bench) map[string]any, want string) hostile {
		return hostile{"/notification: " + name, func(b *bench) func() string {
			t := b.access("", "nonce-"+rand.Text()).with(nil, claims)
			return func() string {
				return b.ask(http.MethodPost, b.IssuerURL+"/notification", bearer(t.compact()), mustJSON(body(b)))
			}
		}, want, from}
	}
	mine := func(b *bench) map[string]any {
		return map[string]any{"notification_id": b.mdoc.NotificationID, "event": "credential_deleted"}
	}
	out := []hostile{
		token("another person's offer", as(other), "401 invalid_token"),
		token("another's offer, in another case", as(strings.ToUpper(account)), "401 invalid_token"),
		token("another's offer, with a blank", as(account+" "), "401 invalid_token"),
		token("another configuration of the offer", map[string]any{"credential_configuration_ids": []string{"uk.gov.justice.licence.1"}}, "401 invalid_token"),
		token("a configuration that nobody serves", map[string]any{"credential_configuration_ids": []string{"uk.gov.justice.nothing.1"}}, "401 invalid_token"),
		token("an offer that never was", map[string]any{"credential_identifiers": []string{"00000000-0000-4000-8000-000000000000"}}, "401 invalid_token"),
		token("a refresh of what another holds", map[string]any{"sub": other, "credential_identifiers": absent}, "401 invalid_token"),
		token("a refresh of what nobody holds", map[string]any{"credential_configuration_ids": []string{"uk.gov.justice.probationapproval.1"}, "credential_identifiers": absent}, "401 invalid_token"),
		note("another person's document", as(other), mine, "400 invalid_notification_id"),
		note("a document that never was", nil, func(*bench) map[string]any {
			return map[string]any{"notification_id": "00000000-0000-4000-8000-000000000000", "event": "credential_deleted"}
		}, "400 invalid_notification_id"),
		note("no document", nil, func(*bench) map[string]any { return map[string]any{"event": "credential_deleted"} }, "400 invalid_notification_request"),
		note("an event that never was", nil, func(b *bench) map[string]any {
			return map[string]any{"notification_id": b.mdoc.NotificationID, "event": "credential_revoked"}
		}, "400 invalid_notification_request"),
		note("a description that is not ASCII", nil, func(b *bench) map[string]any {
			return map[string]any{"notification_id": b.mdoc.NotificationID, "event": "credential_failure", "event_description": "\u202egnp.exe"}
		}, "400 invalid_notification_request"),
		note("a description of a thousand and one letters", nil, func(b *bench) map[string]any {
			return map[string]any{"notification_id": b.mdoc.NotificationID, "event": "credential_failure", "event_description": strings.Repeat("d", 1001)}
		}, "400 invalid_notification_request"),
	}
	// A name on a page means something in one visit alone.
	for _, part := range []string{"/documents/", "/offers/", "/remove/"} {
		out = append(out, hostile{"pages: " + part + " of another's visit", func(b *bench) func() string {
			w := b.person("alex")
			w.issuer("/documents").get(w.link("See what it says")).send(0, nil)
			name := w.at.Path[strings.LastIndex(w.at.Path, "/")+1:]
			thief := b.person("bronwen")
			return func() string { return thief.issuer(part + name).tell() }
		}, "Not Found", from})
	}
	offer := func(name, path string, want string) hostile {
		return hostile{"pages: " + name + " of another's offer", func(b *bench) func() string {
			w := b.person("alex")
			w.issuer("/documents").get(w.link("See what it says")).send(0, nil)
			at := w.at.Path
			thief := b.person("bronwen")
			return func() string { return thief.issuer(at + path).tell() }
		}, want, from}
	}
	console := func(name string, who string, path func(b *bench) string, want string) hostile {
		return hostile{"console: " + name, func(b *bench) func() string {
			at := path(b)
			w := b.staff(who)
			return func() string { return w.issuer(at).tell() }
		}, want, "CWE-285: a caseload is a right of one, and a role is not a caseload"}
	}
	caseOf := func(b *bench) string { return b.found().at.Path }
	return append(out,
		offer("the picture", "/qr.png", "Not Found"), offer("the state", "/state", "Not Found"),
		console("a case that another has found", "SYN_CASEWORKER", caseOf, "Not Found"),
		console("the ending of a case that another has found", "SYN_CASEWORKER", func(b *bench) string { return caseOf(b) + "/end/all" }, "Not Found"),
		console("the offer, for a reader", "SYN_READER", func(b *bench) string { return caseOf(b) + "/offer" }, "Forbidden"),
		console("the batch, for a reader", "SYN_READER", func(*bench) string { return "/console/batch" }, "Forbidden"),
		console("the queue, for who may not agree", "SYN_READER", func(*bench) string { return "/console/queue" }, "Forbidden"),
		console("letters, for a reader", "SYN_READER", func(*bench) string { return "/console/letters" }, "Forbidden"),
		console("an ending that never was", "SYN_CASEWORKER", func(*bench) string { return "/console/endings/00000000-0000-4000-8000-000000000000" }, "Not Found"),
		hostile{"console: without a sign-in", func(b *bench) func() string {
			at := caseOf(b)
			return func() string { return b.browser().issuer(at).tell() }
		}, "OK: Sign in", from},
		hostile{"console: staff of no role", func(b *bench) func() string {
			return func() string { return b.staff("SYN_OTHER").issuer("/console/results").tell() }
		}, "OK: Sign in", from},
	)
}

// crossClient is one service, organisation or kind of token at what is another's.
func crossClient() []hostile {
	const role = "CWE-285; Vault GO-2024-2921, pocket-id GO-2026-4656: a token is not a role"
	var out []hostile
	for _, path := range []string{"/api/offers", "/api/revocations", "/api/credentials/search", "/api/cases/search", "/api/cases/timeline", "/api/endings", "/api/endings/effect", "/api/approvals", "/api/approvals/search"} {
		for name, token := range map[string]func(b *bench) string{
			"a service without a role": func(b *bench) string { return b.plain() },
			"nobody":                   func(*bench) string { return "" },
			"a wallet":                 func(b *bench) string { return b.access("", "nonce").compact() },
			"an organisation":          func(*bench) string { return rig.OrganisationKey("council") },
		} {
			want := "401"
			if name == "a service without a role" {
				want = "403"
			}
			out = append(out, hostile{path + " for " + name, func(b *bench) func() string {
				header := http.Header{"Content-Type": {"application/json"}}
				if t := token(b); t != "" {
					header.Set("Authorization", "Bearer "+t)
				}
				body := mustJSON(map[string]any{"documentType": release, "record": person, "walletSubjectId": account, "reason": "DEVICE_LOST", "prisonNumber": person})
				return func() string { return b.ask(http.MethodPost, b.IssuerURL+path, header, body) }
			}, want, role})
		}
	}
	const confusion = "RFC 8725 §3.12: one kind of token for another"
	kinds := map[string]func(b *bench) string{
		"the pre-authorised code": func(b *bench) string { return b.code() },
		"a proof":                 func(b *bench) string { return b.proof("nonce").compact() },
		"a staff token":           func(b *bench) string { return b.staffBearer() },
		"a JWT credential":        func(b *bench) string { return b.jwt.Raw },
		"a status list":           func(b *bench) string { return b.published() },
		"a request object":        func(b *bench) string { return b.requestObject() },
	}
	for name, make := range kinds {
		for at, send := range map[string]struct {
			send func(b *bench, token string) string
			want string
		}{
			"an access token": {func(b *bench, token string) string {
				return request{b: b}.send(token, b.proof("nonce").compact())
			}, "401 invalid_token"},
			"a proof": {func(b *bench, token string) string {
				return request{b: b}.send(b.access("", "nonce").compact(), token)
			}, "400 invalid_proof"},
			"a staff token": {func(b *bench, token string) string {
				return b.ask(http.MethodPost, b.IssuerURL+"/api/offers", bearer(token), "{}")
			}, "401 invalid_token"},
			"a JWT credential": {func(b *bench, token string) string { return b.verify(map[string]any{"vcJwt": token}) }, "not_valid malformed"},
			"a presentation": {func(b *bench, token string) string {
				return b.verify(map[string]any{"vpJwt": token, "nonce": "n", "audience": "a"})
			}, "not_valid malformed"},
			"an SD-JWT": {func(b *bench, token string) string { return b.verify(map[string]any{"sdJwt": token + "~"}) }, "not_valid malformed"},
		} {
			if name == at {
				continue
			}
			out = append(out, hostile{name + " as " + at, func(b *bench) func() string {
				token := make(b)
				return func() string { return send.send(b, token) }
			}, send.want, confusion})
		}
	}
	ask := func(name, organisation, purpose, flow, mode, want string) hostile {
		return hostile{"organisations: " + name, func(b *bench) func() string {
			return func() string {
				body := mustJSON(map[string]string{"purpose": purpose, "flow": flow, "responseMode": mode})
				return b.ask(http.MethodPost, b.VerifierURL+"/presentations", bearer(rig.OrganisationKey(organisation)), body)
			}
		}, want, "domain: a verifier can ask only what a registered purpose allows"}
	}
	return append(out,
		ask("an employer asks what a council may", "employer", "council-housing", "cross_device", "", "403"),
		ask("a bank asks what an employer may", "bank", "employer", "cross_device", "", "403"),
		ask("the police ask what nobody may", "police", "police", "cross_device", "", "403"),
		ask("a purpose that never was", "council", "curiosity", "cross_device", "", "403"),
		ask("no purpose", "council", "", "cross_device", "", "403"),
		ask("a purpose in another case", "council", "Council-Housing", "cross_device", "", "403"),
		ask("an organisation that nobody knows", "nobody", "council-housing", "cross_device", "", "401"),
		ask("a flow that never was", "council", "council-housing", "by_post", "", "400"),
		ask("a response mode of the browser's address", "council", "council-housing", "cross_device", "fragment", "400"),
		hostile{"organisations: an empty key", func(b *bench) func() string {
			return func() string {
				return b.ask(http.MethodPost, b.VerifierURL+"/presentations", http.Header{"Authorization": {"Bearer "}, "Content-Type": {"application/json"}}, `{"purpose":"council-housing","flow":"cross_device"}`)
			}
		}, "401", "CWE-1390: nothing is a key"},
		hostile{"organisations: the check of another", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			return func() string {
				return b.ask(http.MethodGet, b.VerifierURL+"/presentations/"+p.ID, http.Header{"Authorization": {"Bearer " + rig.OrganisationKey("bank")}}, "")
			}
		}, "404", "CWE-639: found by who began it alone"},
		hostile{"organisations: another origin brings the answer", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "dc_api", "")
			if err != nil {
				b.t.Fatal(err)
			}
			return func() string {
				header := http.Header{"Origin": {"https://evil.example"}, "Content-Type": {"application/json"}, "Cookie": {p.Cookie.Name + "=" + p.Cookie.Value}}
				return b.ask(http.MethodPost, b.VerifierURL+"/presentations/"+p.ID+"/response", header, `{"protocol":"openid4vp-v1-signed","data":{"response":"x"}}`)
			}
		}, "403 wrong_origin", "OpenID4VP 1.0 Appendix A.2"},
	)
}

func (b *bench) plain() string {
	b.t.Helper()
	token, err := b.Token(b.ctx, rig.PlainClient)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *bench) staffBearer() string {
	b.t.Helper()
	token, err := b.Token(b.ctx, rig.ServiceClient)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// code is the pre-authorised code of an offer.
func (b *bench) code() string {
	b.t.Helper()
	u, err := url.Parse(b.offer("mdoc"))
	if err != nil {
		b.t.Fatal(err)
	}
	_, rest, ok := strings.Cut(u.Query().Get("credential_offer"), `"pre-authorized_code":"`)
	code, _, closed := strings.Cut(rest, `"`)
	if !ok || !closed {
		b.t.Fatal("the offer has no code")
	}
	return code
}

// published is a status list of the issuer.
func (b *bench) published() string {
	b.t.Helper()
	r, err := b.do(http.MethodGet, b.mdoc.Status.URI, nil, "")
	if err != nil || r.status != http.StatusOK {
		b.t.Fatalf("%d %v", r.status, err)
	}
	return r.body
}

func (b *bench) requestObject() string {
	b.t.Helper()
	p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := b.do(http.MethodGet, requestURI(b, p.Link), nil, "")
	if err != nil || r.status != http.StatusOK {
		b.t.Fatalf("%d %v", r.status, err)
	}
	return r.body
}

// statusClients are messages to the service that gives other issuers places in our lists.
func statusClients() []hostile {
	const contract = "GOV.UK status list contract; crs-backend (0.6)"
	message := func(path, name string, claims map[string]any, want string) hostile {
		return hostile{path + ": " + name, func(b *bench) func() string {
			m := b.message(path).with(nil, claims)
			if uri, ok := m.claims["uri"].(string); ok {
				m.claims["uri"] = strings.Replace(uri, "$ISSUER", b.IssuerURL, 1)
			}
			return func() string { return b.status(path, "application/jwt", m.compact()) }
		}, want, contract}
	}
	const bad, unauthorised = "400 BAD_REQUEST", "401 UNAUTHORIZED"
	now := time.Now()
	var out []hostile
	for _, path := range []string{"/issue", "/revoke"} {
		out = append(out,
			message(path, "a client that nobody knows", map[string]any{"iss": "stranger"}, unauthorised),
			message(path, "another client's name", map[string]any{"iss": "neighbour"}, unauthorised),
			message(path, "no client", map[string]any{"iss": absent}, unauthorised),
			message(path, "a client that is a list", map[string]any{"iss": []string{statusClient}}, unauthorised),
			message(path, "no jti", map[string]any{"jti": absent}, bad),
			message(path, "a jti in capitals", map[string]any{"jti": "0000ABCD-0000-4000-8000-000000000000"}, bad),
			message(path, "a jti that is a key of the store", map[string]any{"jti": "{list}:revoked"}, bad),
			message(path, "a jti with a line break", map[string]any{"jti": "00000000-0000-4000-8000-000000000000\n"}, bad),
			message(path, "no iat", map[string]any{"iat": absent}, bad),
			message(path, "an iat of yesterday", map[string]any{"iat": now.Add(-24 * time.Hour).Unix()}, bad),
			message(path, "an iat of tomorrow", map[string]any{"iat": now.Add(24 * time.Hour).Unix()}, bad),
			message(path, "an iat that is text", map[string]any{"iat": "now"}, bad),
			message(path, "an iat in milliseconds", map[string]any{"iat": now.UnixMilli()}, bad),
			hostile{path + ": as JSON", func(b *bench) func() string {
				m := b.message(path).compact()
				return func() string { return b.status(path, "application/json", m) }
			}, bad, contract},
			hostile{path + ": of ten kilobytes", func(b *bench) func() string {
				m := b.message(path).with(nil, map[string]any{"x": strings.Repeat("x", 10<<10)}).compact()
				return func() string { return b.status(path, "application/jwt", m) }
			}, bad, contract},
			hostile{path + ": by GET", func(b *bench) func() string {
				return func() string { return b.ask(http.MethodGet, b.IssuerURL+path, nil, "") }
			}, "405", contract},
		)
	}
	expiry := func(name string, v any) hostile {
		return message("/issue", "statusExpiry "+name, map[string]any{"statusExpiry": v}, bad)
	}
	index := func(name string, v any, want string) hostile {
		return message("/revoke", "idx "+name, map[string]any{"idx": v}, want)
	}
	at := func(name string, v any, want string) hostile {
		return message("/revoke", "uri "+name, map[string]any{"uri": v}, want)
	}
	return append(out,
		expiry("that is absent", absent), expiry("in the past", now.Add(-time.Hour).Unix()), expiry("in two years", now.AddDate(2, 0, 0).Unix()), expiry("below zero", -1),
		expiry("in milliseconds", now.Add(time.Hour).UnixMilli()), expiry("as text", "tomorrow"), expiry("that is null", nil), expiry("beyond all numbers", jsonNumber("1e400")),
		index("that is absent", absent, bad), index("that is null", nil, bad), index("below zero", -1, bad), index("as text", "0", bad), index("with a fraction", 0.5, bad),
		index("of 2^31", 1<<31, "404 NOT_FOUND"), index("of 2^32", 1<<32, "404 NOT_FOUND"), index("of 2^64", jsonNumber("18446744073709551616"), bad), index("past the end", 131072, "404 NOT_FOUND"),
		at("that is absent", absent, bad), at("that is empty", "", bad), at("that is no address", "t/1", bad), at("of another host", "https://elsewhere.example/t/1", "404 NOT_FOUND"),
		at("of a file", "file:///etc/passwd", bad), at("with dots", "$ISSUER/t/../t/1", "404 NOT_FOUND"), at("of the other kind", "$ISSUER/b/1", "404 NOT_FOUND"), at("that is a key of the store", "$ISSUER/t/{list}:revoked", "404 NOT_FOUND"),
		hostile{"/revoke: a place of a neighbour", func(b *bench) func() string {
			idx, uri := b.place("neighbour", b.neighbours("/issue"))
			m := b.message("/revoke").with(nil, map[string]any{"idx": idx, "uri": uri}).compact()
			return func() string { return b.status("/revoke", "application/jwt", m) }
		}, unauthorised, "client X revokes Y's index; step-ca CVE-2025-66406"},
		hostile{"/revoke: a place of one of our own documents", func(b *bench) func() string {
			m := b.message("/revoke").with(nil, map[string]any{"idx": b.mdoc.Status.Index, "uri": b.mdoc.Status.URI}).compact()
			return func() string { return b.status("/revoke", "application/jwt", m) }
		}, "404 NOT_FOUND", "step-ca CVE-2025-66406: revoked by who did not ask for it"},
		hostile{"/issue: the same request with another end", func(b *bench) func() string {
			m := b.message("/issue")
			if first := b.status("/issue", "application/jwt", m.compact()); first != "200" {
				b.t.Fatal(first)
			}
			again := m.with(nil, map[string]any{"statusExpiry": now.Add(48 * time.Hour).Unix()}).compact()
			return func() string { return b.status("/issue", "application/jwt", again) }
		}, bad, contract},
	)
}

// statusClient is registered at the issuer for places in its lists, and so is a neighbour.
const statusClient = "attacked"

// message is a good message of the client to the status service.
func (b *bench) message(path string) jws {
	claims := map[string]any{"iss": statusClient, "iat": time.Now().Unix(), "jti": uuid()}
	if path == "/issue" {
		claims["statusExpiry"] = time.Now().Add(24 * time.Hour).Unix()
	} else {
		claims["idx"], claims["uri"] = 0, b.mdoc.Status.URI
	}
	return jws{key: b.client, header: map[string]any{"alg": "ES256", "typ": "JWT", "kid": statusClient + "-key"}, claims: claims}
}

// neighbours is a good message of the other client.
func (b *bench) neighbours(path string) jws {
	m := b.message(path).with(map[string]any{"kid": "neighbour-key"}, map[string]any{"iss": "neighbour"})
	m.key = b.neighbour
	return m
}

func (b *bench) status(path, mediaType, message string) string {
	return b.ask(http.MethodPost, b.IssuerURL+path, http.Header{"Content-Type": {mediaType}}, message)
}

// place is one that a client was given.
func (b *bench) place(client string, key jws) (int, string) {
	b.t.Helper()
	r, err := b.do(http.MethodPost, b.IssuerURL+"/issue", http.Header{"Content-Type": {"application/jwt"}}, key.with(nil, map[string]any{"jti": uuid()}).compact())
	var slot struct {
		Index int    `json:"idx"`
		URI   string `json:"uri"`
	}
	if err != nil || json.Unmarshal([]byte(r.body), &slot) != nil || slot.URI == "" {
		b.t.Fatalf("%s was given no place: %d %v", client, r.status, err)
	}
	return slot.Index, slot.URI
}

// uuid is a random one, in lower case.
func uuid() string {
	h := make([]byte, 16)
	rand.Read(h) // never fails
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:])
}

func jsonNumber(s string) json.RawMessage { return json.RawMessage(s) }
