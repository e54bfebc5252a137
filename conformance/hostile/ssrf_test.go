package hostile_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
)

// Every case fails when anyone comes to the lure: see bench.try.

// urls are addresses that a status reference may not have.
func urls(f *forge) map[string]string {
	host := strings.TrimPrefix(f.url, "http://")
	return map[string]string{
		"beside the lists":                     f.url + lure,
		"above the lists":                      f.url + "/t/../lure",
		"above the lists, escaped":             f.url + "/t/%2e%2e/lure",
		"above the lists, a backslash":         f.url + `/t/..\lure`,
		"below a list":                         f.url + "/t/1/../../lure",
		"a list with a query":                  f.url + "/t/1?to=" + f.url + lure,
		"a list with a fragment":               f.url + "/t/1#" + lure,
		"no list":                              f.url + "/t/",
		"a list of spaces":                     f.url + "/t/ 1",
		"a list with a NUL":                    f.url + "/t/1\x00",
		"the list's host as a user":            "http://" + host + "@elsewhere.example/t/1",
		"the list's host as a subdomain":       f.url + ".elsewhere.example/t/1",
		"another scheme's case":                "HTTP://" + host + "/t/1",
		"no scheme":                            "//" + host + "/t/1",
		"a file":                               "file:///etc/passwd",
		"gopher":                               "gopher://127.0.0.1:6379/_FLUSHALL",
		"redis":                                "redis://127.0.0.1:6379/0",
		"data":                                 "data:application/statuslist+jwt,x",
		"a cloud's metadata":                   "http://169.254.169.254/latest/meta-data/",
		"a cloud's metadata, as a number":      "http://2852039166/t/1",
		"this machine, over IPv6":              "http://[::1]:6379/",
		"a very long one":                      f.url + "/t/" + strings.Repeat("a", 20000),
		"nothing but white space":              " ",
		"a line break and a header of its own": f.url + "/t/1\r\nX-Hostile: 1",
	}
}

func ssrf() []hostile {
	const from = "moda-gov-tw TWDIW#30, swiyu-issuer#393, octo-sts CVE-2025-52477: an address of the message's own is fetched"
	var out []hostile
	for name := range urls(&forge{}) {
		out = append(out, hostile{"status list of a JWT credential: " + name, func(b *bench) func() string {
			token := b.forge.credential(urls(b.forge)[name]).compact()
			return func() string { return b.verify(map[string]any{"vcJwt": token}) }
		}, "could_not_check status_untrusted", from}, spoilt("status list of an mdoc: "+name, func(b *bench, m *mdoc) {
			m.status = statusMap(1, urls(b.forge)[name])
		}, "could_not_check status_untrusted", from))
	}
	redirected := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, lure, http.StatusFound) }
	named := func(name string, claims func(f *forge) map[string]any, header map[string]any, want string) hostile {
		return hostile{name, func(b *bench) func() string {
			token := b.forge.credential(b.forge.publish()).with(header, claims(b.forge)).compact()
			return func() string { return b.verify(map[string]any{"vcJwt": token}) }
		}, want, from}
	}
	return append(out,
		named("an issuer that is an address", func(f *forge) map[string]any { return map[string]any{"iss": f.url + lure, "issuer": f.url + lure} }, nil, "not_valid issuer_untrusted"),
		named("an issuer that differs in a slash", func(f *forge) map[string]any { return map[string]any{"iss": f.url + "/", "issuer": f.url + "/"} }, nil, "not_valid issuer_untrusted"),
		named("a key of another did:web", func(*forge) map[string]any { return nil }, map[string]any{"kid": "did:web:127.0.0.1#key"}, "not_valid issuer_key_unknown"),
		named("a schema to be fetched", func(f *forge) map[string]any {
			return map[string]any{"credentialSchema": map[string]any{"id": f.url + lure, "type": "JsonSchema"}}
		}, nil, "not_valid malformed"),
		named("a context to be fetched", func(f *forge) map[string]any {
			return map[string]any{"@context": []string{"https://www.w3.org/ns/credentials/v2", f.url + lure}}
		}, nil, "valid"),
		listed("a list that is elsewhere", func(*forge, string) http.HandlerFunc { return redirected }, "could_not_check status_unavailable", "an open redirect of a trusted host"),
		hostile{"keys of lists that are elsewhere", func(b *bench) func() string {
			p := b.take()
			b.forge.handle(b.forge.path(p.jwks), redirected)
			uri := p.prefix + "1"
			b.forge.answer(b.forge.path(uri), mediaJWT, []byte(b.forge.list(uri).compact()))
			token := b.forge.credential(uri).compact()
			return func() string { return b.verify(map[string]any{"vcJwt": token}) }
		}, "could_not_check status_keys_unavailable", "an open redirect of a trusted host"},
		hostile{"a DID document that is elsewhere", func(b *bench) func() string {
			p := b.take()
			b.forge.handle(b.forge.path(p.document), redirected)
			token := b.forge.credential(b.forge.publish()).with(nil, map[string]any{"iss": p.issuer, "issuer": p.issuer}).compact()
			return func() string { return b.verify(map[string]any{"vcJwt": token}) }
		}, "could_not_check issuer_keys_unavailable", "an open redirect of a trusted host"},
		chained("a revocation list and an issuer of the certificate's own naming", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			template := signer("Lures")
			template.CRLDistributionPoints = []string{b.forge.url + lure}
			template.IssuingCertificateURL = []string{b.forge.url + lure}
			template.OCSPServer = []string{b.forge.url + lure}
			return []*x509.Certificate{b.forge.certify(b.t, template, b.forge.root, &key.PublicKey, b.forge.rootKey)}
		}, "valid", "RFC 5280 §4.2.1.13, §4.2.2.1: nothing that a certificate names is fetched"),
		hostile{"a wallet's metadata with addresses", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			form := url.Values{"wallet_metadata": {mustJSON(map[string]string{"jwks_uri": b.forge.url + lure, "client_metadata_uri": b.forge.url + lure})}}
			return func() string { return b.ask(http.MethodPost, requestURI(b, p.Link), formHeader(), form.Encode()) }
		}, "200", "OpenID4VP 1.0 §5.10: a wallet's metadata is not to be followed"},
		hostile{"a token whose issuer is an address", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			token := r.token.with(nil, map[string]any{"iss": b.forge.url + lure})
			return func() string { return r.send(token.compact(), r.proof.compact()) }
		}, "401 invalid_token", "the token service is configured, and never named by a token"},
		hostile{"a sign-in that leads on to another host", func(b *bench) func() string {
			return func() string {
				w := b.browser()
				w.issuer("/sign-in?to="+url.QueryEscape(b.forge.url+lure)).send(0, nil).send(0, url.Values{"account": {b.holderOf("alex").Subject}})
				return w.at.Path
			}
		}, "/documents", "CWE-601: an open redirect behind a sign-in"},
		hostile{"a sign-in that leads on to another host, in the form", func(b *bench) func() string {
			return func() string {
				w := b.browser()
				w.issuer("/sign-in").send(0, url.Values{"to": {"//elsewhere.example/"}}).send(0, url.Values{"account": {b.holderOf("alex").Subject}})
				return w.at.Path
			}
		}, "/documents", "CWE-601: an open redirect behind a sign-in"},
	)
}

func formHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
}

// requestURI is where a link says that the request is.
func requestURI(b *bench, link string) string {
	b.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Query().Get("request_uri")
}
