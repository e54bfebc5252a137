package check

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// fault is one bad credential request, and how it must be refused.
type fault struct {
	id, title, source, sent string
	attempt                 attempt
	refused                 func(Answer) error
}

// otherSubject is a wallet subject identifier that nobody has.
const otherSubject = "urn:fdc:wallet.account.gov.uk:2024:SyntheticSubjectThatHoldsNothing0000000000"

// faults are all bad credential requests, in the order they are sent.
func faults() []fault {
	return append(append(tokenFaults(), proofFaults()...), bodyFaults()...)
}

type edit = func(v *issuerVisit, header, claims map[string]any)

func setClaim(name string, value any) edit {
	return func(_ *issuerVisit, _, claims map[string]any) { claims[name] = value }
}

func setHeader(name string, value any) edit {
	return func(_ *issuerVisit, header, _ map[string]any) { header[name] = value }
}

func dropClaim(name string) edit {
	return func(_ *issuerVisit, _, claims map[string]any) { delete(claims, name) }
}

func at(name string, from time.Duration) edit {
	return func(v *issuerVisit, _, claims map[string]any) { claims[name] = v.o.Now().Add(from).Unix() }
}

func tokenFaults() []fault {
	bent := func(id, title, source, sent string, e edit) fault {
		return fault{"token." + id, title, source, sent, attempt{token: e}, tokenRefused}
	}
	raw := func(id, title, source, sent string, f func(*issuerVisit, string) string) fault {
		return fault{"token." + id, title, source, sent, attempt{rawToken: f}, tokenRefused}
	}
	request := func(id, title, source, sent string, refused func(Answer) error, f func(*question, string, string)) fault {
		return fault{"token." + id, title, source, sent, attempt{request: f}, refused}
	}
	const d = "D: access token; unchecked by H"
	return []fault{
		bent("subject", "A token of somebody else than the offer was made for is refused", "H: 1, D: access token", "a token with another sub", setClaim("sub", otherSubject)),
		raw("signature", "A token with a changed signature is refused", "H: 2", "a token with letters after its signature", func(_ *issuerVisit, s string) string { return s + "makeSignatureInvalid" }),
		raw("other-key", "A token signed by another key under the kid is refused", d, "a token signed by a key of our own, under the published kid", signedByStranger),
		bent("kid", "A token whose kid nobody published is refused", d, "a token with an unknown kid", setHeader("kid", "00000000-0000-4000-8000-000000000000")),
		raw("unsigned", "An unsigned token is refused", "RFC 8725 §3.1", "a token with alg none and no signature", unsigned),
		raw("symmetric", "A token signed with the public key as a shared secret is refused", "RFC 8725 §3.1", "a token with alg HS256, keyed with the published key", symmetric),
		raw("embedded-key", "A token that brings its own key is refused", "RFC 8725 §3.10", "a token signed by the key in its jwk header", embedded),
		bent("type", "A token of another type is refused", "D: access token (typ at+jwt); RFC 8725 §3.11", "a token with typ JWT", setHeader("typ", "JWT")),
		bent("critical", "A token with a critical header nobody knows is refused", "RFC 7515 §4.1.11", "a token with crit", func(_ *issuerVisit, h, _ map[string]any) { h["crit"], h["x"] = []string{"x"}, 1 }),
		raw("serialisation", "A token in JSON serialisation with claims around it is refused", "RFC 9068 §2: a JWT; RFC 7519 §3", "a flattened JWS of an expired token, with other claims beside it", flattened),
		raw("padding", "A token in another spelling of base64url is refused", "RFC 7515 §2", "a token with padding", func(_ *issuerVisit, s string) string { return s + "==" }),
		bent("expired", "An expired token is refused", d, "a token that expired a minute ago", at("exp", -time.Minute)),
		bent("no-expiry", "A token that never expires is refused", d, "a token without exp", dropClaim("exp")),
		bent("expiry-text", "A token whose expiry is no number is refused", "RFC 7519 §4.1.4", "a token with exp as text", setClaim("exp", "9999999999")),
		bent("not-before", "A token that is not valid yet is refused", "RFC 7519 §4.1.5", "a token with nbf in an hour", at("nbf", time.Hour)),
		bent("issuer", "A token of another token service is refused", d, "a token with another iss", setClaim("iss", "https://elsewhere.example")),
		bent("audience", "A token for another issuer is refused", d, "a token with another aud", setClaim("aud", "https://elsewhere.example")),
		bent("no-audience", "A token for nobody is refused", d, "a token without aud", dropClaim("aud")),
		bent("no-subject", "A token of nobody is refused", d, "a token without sub", dropClaim("sub")),
		bent("no-id", "A token without jti is refused", d, "a token without jti", dropClaim("jti")),
		bent("no-nonce", "A token without c_nonce is refused", d, "a token without c_nonce", dropClaim("c_nonce")),
		bent("no-configuration", "A token for no configuration is refused", d, "a token without credential_configuration_ids", dropClaim("credential_configuration_ids")),
		bent("configuration", "A token for another configuration than was offered is refused", d, "a token with another configuration", setClaim("credential_configuration_ids", []string{"another.configuration"})),
		bent("configurations", "A token for two configurations is refused", d, "a token with the configuration and another", func(v *issuerVisit, _, c map[string]any) {
			c["credential_configuration_ids"] = []string{v.configuration, "another.configuration"}
		}),
		bent("identifier", "A token for an offer that was never made is refused", d, "a token with an unknown credential identifier", setClaim("credential_identifiers", []string{"00000000-0000-4000-8000-000000000000"})),
		bent("identifiers", "A token for two offers is refused", d, "a token with the credential identifier and another", func(v *issuerVisit, _, c map[string]any) {
			c["credential_identifiers"] = []string{v.identifier, "00000000-0000-4000-8000-000000000000"}
		}),
		request("missing", "A request without a token is challenged, and told of no error", "RFC 6750 §3.1; H: 12 for notifications", "no token", challenged, func(q *question, _, _ string) { delete(q.header, "Authorization") }),
		request("scheme", "A token under another scheme is refused", "RFC 6750 §2.1", "the token as Basic", unauthorised, func(q *question, token, _ string) { q.header["Authorization"] = "Basic " + token }),
		request("query", "A token in the address is refused", "RFC 9700 §4.3.2", "the token in the query alone", unauthorised, func(q *question, token, _ string) {
			delete(q.header, "Authorization")
			q.url += "?access_token=" + token
		}),
	}
}

func proofFaults() []fault {
	bent := func(id, title, source, sent string, e edit) fault {
		return fault{"proof." + id, title, source, sent, attempt{proof: e}, proofRefused}
	}
	raw := func(id, title, source, sent string, f func(*issuerVisit, string) string) fault {
		return fault{"proof." + id, title, source, sent, attempt{rawProof: f}, proofRefused}
	}
	const d = "D: proof of possession; unchecked by H"
	out := []fault{
		raw("signature", "A proof with a changed signature is refused", "H: 3", "a proof with letters after its signature", func(_ *issuerVisit, s string) string { return s + "makeSignatureInvalid" }),
		bent("key", "A proof that names another key than signed it is refused", d, "a proof with another did:key", func(v *issuerVisit, h, _ map[string]any) {
			kid, err := wallet.DIDKey(&v.stranger.PublicKey)
			if err != nil {
				panic("check: " + err.Error()) // a P-256 key always has one; without it, another rule would be tried
			}
			h["kid"] = kid
		}),
		raw("unsigned", "An unsigned proof is refused", "RFC 8725 §3.1", "a proof with alg none and no signature", unsigned),
		bent("type", "A proof of another type is refused", d, "a proof with typ JWT", setHeader("typ", "JWT")),
		bent("embedded-key", "A proof with a key beside its kid is refused", "OID4VCI draft 14 §7.2.1.1", "a proof with jwk beside kid", func(v *issuerVisit, h, _ map[string]any) { h["jwk"] = publicJWK(&v.device.PublicKey, "") }),
		bent("critical", "A proof with a critical header nobody knows is refused", "RFC 7515 §4.1.11", "a proof with crit", func(_ *issuerVisit, h, _ map[string]any) { h["crit"], h["x"] = []string{"x"}, 1 }),
		bent("kid", "A proof whose kid is no did:key is refused", d, "a proof with a kid of letters", setHeader("kid", "my-key")),
		bent("curve", "A proof for a key off P-256 is refused", d, "a proof with the did:key of an Ed25519 key", setHeader("kid", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")),
		bent("audience", "A proof for another issuer is refused", d, "a proof with another aud", setClaim("aud", "https://elsewhere.example")),
		bent("no-audience", "A proof for nobody is refused", d, "a proof without aud", dropClaim("aud")),
		bent("client", "A proof of another client is refused", d, "a proof with another iss", setClaim("iss", "urn:fdc:gov:uk:another")),
		bent("no-client", "A proof of no client is refused", d, "a proof without iss", dropClaim("iss")),
		bent("no-time", "A proof of no time is refused", d, "a proof without iat", dropClaim("iat")),
		bent("early", "A proof made before the offer is refused", d, "a proof made a day ago", at("iat", -24*time.Hour)),
		bent("future", "A proof made in the future is refused", "OID4VCI draft 14 §12.5", "a proof made in an hour", at("iat", time.Hour)),
		bent("milliseconds", "A proof whose time is in milliseconds is refused", "RFC 7519 §2: NumericDate", "a proof with iat in milliseconds", func(v *issuerVisit, _, c map[string]any) { c["iat"] = v.o.Now().UnixMilli() }),
		bent("not-before", "A proof that is not valid yet is refused", "RFC 7519 §4.1.5", "a proof with nbf in an hour", at("nbf", time.Hour)),
		bent("expired", "An expired proof is refused", "RFC 7519 §4.1.4", "a proof that expired a minute ago", at("exp", -time.Minute)),
		{"proof.nonce", "A proof of another nonce is refused", "H: 4", "a proof with another nonce", attempt{proof: setClaim("nonce", "not_the_same_nonce")}, nonceRefused},
	}
	noNonce := bent("no-nonce", "A proof without a nonce is refused", d, "a proof without nonce", dropClaim("nonce"))
	noNonce.refused = func(a Answer) error {
		if proofRefused(a) == nil {
			return nil
		}
		return nonceRefused(a)
	}
	return append(out, noNonce)
}

func bodyFaults() []fault {
	f := func(id, title, sent string, refused func(Answer) error, body func(q *question, proof string)) fault {
		return fault{"request." + id, title, "D: credential request; OID4VCI draft 14 §7.2", sent, attempt{request: func(q *question, _, proof string) { body(q, proof) }}, refused}
	}
	return []fault{
		f("no-proof", "A request without a proof is refused", "an empty object", badRequest, func(q *question, _ string) { q.body = `{}` }),
		f("proof-type", "A proof of another kind is refused", "proof_type cwt", badRequest, func(q *question, proof string) {
			q.body = strings.Replace(proofBody(proof), `"jwt","jwt"`, `"cwt","jwt"`, 1)
		}),
		f("not-json", "A body that is no JSON is refused", "the word proof", badRequest, func(q *question, _ string) { q.body = `proof` }),
		f("empty", "An empty body is refused", "no body", badRequest, func(q *question, _ string) { q.body = `` }),
		f("content-type", "A body of another type is refused", "the body as text/plain", badOr(http.StatusUnsupportedMediaType), func(q *question, _ string) { q.header["Content-Type"] = "text/plain" }),
		f("large", "A body of a megabyte is refused", "a member of a megabyte", badOr(http.StatusRequestEntityTooLarge), func(q *question, _ string) { q.body = `{"x":"` + strings.Repeat("x", 1<<20) + `"}` }),
		f("method", "The credential endpoint answers POST alone", "GET", func(a Answer) error {
			return want(a.Status == http.StatusMethodNotAllowed || a.Status == http.StatusNotFound, "%s", a.words())
		}, func(q *question, _ string) { q.method, q.body = http.MethodGet, "" }),
	}
}

var invalidToken = regexp.MustCompile(`^Bearer\s.*\berror="invalid_token"`)

// tokenRefused wants 401 and RFC 6750's challenge.
func tokenRefused(a Answer) error {
	ok := a.Status == http.StatusUnauthorized && invalidToken.MatchString(a.Header.Get("WWW-Authenticate"))
	return want(ok, "want 401 and error=\"invalid_token\": %s", a.words())
}

func unauthorised(a Answer) error {
	ok := a.Status == http.StatusUnauthorized && strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer")
	return want(ok, "want 401 and a challenge: %s", a.words())
}

func challenged(a Answer) error {
	challenge := a.Header.Get("WWW-Authenticate")
	ok := a.Status == http.StatusUnauthorized && (challenge == "Bearer" || strings.HasPrefix(challenge, "Bearer ")) && !strings.Contains(challenge, "error")
	return want(ok, "want 401 and a challenge without an error: %s", a.words())
}

// proofRefused and nonceRefused want the body that the harness compares with, member by member.
func proofRefused(a Answer) error { return refusedAs(a, "invalid_proof") }
func nonceRefused(a Answer) error { return refusedAs(a, "invalid_nonce") }

func refusedAs(a Answer, word string) error {
	o, err := a.json(http.StatusBadRequest)
	if err != nil {
		return err
	}
	return want(len(o) == 1 && o["error"] == word, "want {\"error\":%q} and nothing else: %s", word, a.words())
}

func badRequest(a Answer) error {
	o, err := a.json(http.StatusBadRequest)
	if err != nil {
		return err
	}
	return want(text(o, "error") != "", "it has no error")
}

func badOr(status int) func(Answer) error {
	return func(a Answer) error {
		return want(a.Status == status || a.Status == http.StatusBadRequest, "%s", a.words())
	}
}

// reserialise takes a compact JWS apart, changes its header, and has sign make a new signature.
func reserialise(token string, edit func(header map[string]any), sign func(signed string) string) string {
	t, err := wallet.ParseJWS(token)
	if err != nil {
		panic("check: " + err.Error()) // it was made here
	}
	edit(t.Header)
	enc := base64.RawURLEncoding.EncodeToString
	signed := enc([]byte(mustJSON(t.Header))) + "." + strings.Split(token, ".")[1]
	return signed + "." + sign(signed)
}

func unsigned(_ *issuerVisit, token string) string {
	return reserialise(token, func(h map[string]any) { h["alg"] = "none" }, func(string) string { return "" })
}

// es256Signer signs with key; what it cannot sign is left unsigned, which is a fault all the same.
func (v *issuerVisit) es256Signer(key *ecdsa.PrivateKey) func(string) string {
	return func(signed string) string {
		signature, err := wallet.SignES256(v.o.Rand, key, []byte(signed))
		if err != nil {
			return ""
		}
		return base64.RawURLEncoding.EncodeToString(signature)
	}
}

func signedByStranger(v *issuerVisit, token string) string {
	return reserialise(token, func(map[string]any) {}, v.es256Signer(v.stranger))
}

func embedded(v *issuerVisit, token string) string {
	return reserialise(token, func(h map[string]any) { h["jwk"] = publicJWK(&v.stranger.PublicKey, "") }, v.es256Signer(v.stranger))
}

// symmetric signs as if the published key, in PEM, were a secret that both sides share.
func symmetric(v *issuerVisit, token string) string {
	der, err := x509.MarshalPKIXPublicKey(&v.o.Server.key.PublicKey)
	if err != nil {
		panic("check: " + err.Error()) // the key was made here
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return reserialise(token, func(h map[string]any) { h["alg"] = "HS256" }, func(signed string) string {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(signed)) // never fails
		return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	})
}

// flattened wraps the good token in JSON serialisation and puts its claims outside, for a reader that believes those.
func flattened(_ *issuerVisit, token string) string {
	t, err := wallet.ParseJWS(token)
	if err != nil {
		panic("check: " + err.Error()) // it was made here
	}
	parts := strings.Split(token, ".")
	t.Claims["protected"], t.Claims["payload"], t.Claims["signature"] = parts[0], parts[1], parts[2]
	return mustJSON(t.Claims)
}

// refusalRules is one rule for each fault, and those that hold for all of them.
func refusalRules() []rule[*IssuerRecord] {
	var out []rule[*IssuerRecord]
	for _, f := range faults() {
		out = append(out, rule[*IssuerRecord]{f.id, f.title, f.source, []string{f.id}, func(r *IssuerRecord) error {
			a, err := r.step(f.id)
			if err != nil {
				return needs(err)
			}
			return f.refused(a)
		}})
	}
	return append(out,
		rule[*IssuerRecord]{"refusal.no-store", "No refusal may be stored", "D: credential errors (unchecked by H)", nil, func(r *IssuerRecord) error {
			return r.eachRefusal(func(id string, a Answer) error {
				return want(strings.Contains(a.Header.Get("Cache-Control"), "no-store"), "%s may be", id)
			})
		}},
		rule[*IssuerRecord]{"refusal.discreet", "No refusal quotes the subject, the nonce or the offer", "RFC 6749 §5.2; unchecked by H", nil, func(r *IssuerRecord) error {
			return r.eachRefusal(func(id string, a Answer) error {
				said := string(a.Body) + a.Header.Get("WWW-Authenticate")
				for _, secret := range append([]string{r.Subject}, r.Secrets...) {
					if strings.Contains(said, secret) {
						return fmt.Errorf("%s does", id)
					}
				}
				return nil
			})
		}},
	)
}

// eachRefusal looks at every refusal that came.
func (r *IssuerRecord) eachRefusal(holds func(id string, a Answer) error) error {
	seen := false
	for _, f := range faults() {
		a, err := r.step(f.id)
		if err != nil || a.Status < 400 || f.attempt.request != nil && a.Status == http.StatusMethodNotAllowed {
			continue
		}
		seen = true
		if err := holds(f.id, a); err != nil {
			return err
		}
	}
	if !seen {
		return unknownError{errors.New("nothing was refused")}
	}
	return nil
}
