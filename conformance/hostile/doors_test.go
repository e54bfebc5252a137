package hostile_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// door is one place that reads tokens.
type door struct {
	name    string
	open    func(*bench) (good jws, send func(token string) string)
	opens   string // how the outcome of the good token begins
	refuses string // how the outcome of a bad one begins
	rsa     bool   // its tokens are signed with RSA
	header  bool   // they come in a header
}

// doors are all places that read tokens.
func doors() []door {
	return []door{
		{name: "access token at /credential", open: accessToken, header: true, opens: "200", refuses: "401 invalid_token"},
		{name: "access token at /notification", open: notificationToken, header: true, opens: "204", refuses: "401 invalid_token"},
		{name: "proof at /credential", open: proof, opens: "200", refuses: "400 invalid_proof"},
		{name: "staff token at /api/offers", open: staffToken, header: true, opens: "201", refuses: "401 invalid_token", rsa: true},
		{name: "message at /issue", open: statusMessage, opens: "200", refuses: "4"},
		{name: "JWT credential at /verify", open: jwtCredential, opens: "valid", refuses: "not_valid"},
		{name: "presentation at /verify", open: jwtPresentation, opens: "valid", refuses: "not_valid"},
		{name: "status list of the verifier", open: statusList, opens: "valid", refuses: "could_not_check status_"},
	}
}

// everywhere tries tricks at every door.
func everywhere(tricks []trick) []hostile {
	var out []hostile
	for _, d := range doors() {
		for _, k := range tricks {
			if k.ec && d.rsa {
				continue
			}
			want := d.refuses
			if d.header && k.raw {
				want = "400" // net/http refuses it before anyone reads a token
			}
			out = append(out, hostile{
				name: d.name + ": " + k.name, want: want, from: k.from,
				make: func(b *bench) func() string {
					good, send := d.open(b)
					good.lure = b.forge.url + lure
					spoilt := k.do(good)
					return func() string { return send(spoilt) }
				},
			})
		}
	}
	return out
}

func algorithms() []hostile     { return everywhere(algorithmTricks()) }
func serialisations() []hostile { return everywhere(serialisationTricks()) }
func embeddedKeys() []hostile   { return everywhere(embeddedTricks()) }
func criticals() []hostile      { return everywhere(criticalTricks()) }
func duplicates() []hostile     { return everywhere(duplicateTricks()) }
func spellings() []hostile      { return everywhere(spellingTricks()) }

// TestEveryDoorOpens is what makes the refusals worth something: the same token, unspoilt, is taken.
func TestEveryDoorOpens(t *testing.T) {
	b := newBench(t, rig.Options{})
	for _, d := range doors() {
		b.t = t
		good, send := d.open(b)
		if outcome := send(good.compact()); !strings.HasPrefix(outcome, d.opens) {
			t.Errorf("%s: %s, want %s", d.name, outcome, d.opens)
		}
	}
}

// request is one honest credential request, that may be sent again until it is granted.
type request struct {
	b            *bench
	token, proof jws
}

func (b *bench) request() request {
	b.t.Helper()
	parsed, err := wallet.ParseOffer(b.offer("mdoc"))
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := rig.OfferID(parsed.Code)
	if err != nil {
		b.t.Fatal(err)
	}
	nonce := "nonce-" + rand.Text()
	return request{b: b, token: b.access(id, nonce), proof: b.proof(nonce)}
}

// access is an access token for an offer, or for a refresh when there is none.
func (b *bench) access(offer, nonce string) jws {
	key, kid := b.OneLogin.Key()
	claims := map[string]any{
		"sub": account, "iss": b.OneLoginURL, "aud": b.IssuerURL, "jti": rand.Text(), "c_nonce": nonce, "exp": time.Now().Add(3 * time.Minute).Unix(),
		"credential_configuration_ids": []string{release},
	}
	if offer != "" {
		claims["credential_identifiers"] = []string{offer}
	}
	return jws{key: key, header: map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": kid}, claims: claims}
}

// proof is the wallet's proof of possession.
func (b *bench) proof(nonce string) jws {
	return jws{
		key: b.deviceKey(), header: map[string]any{"alg": "ES256", "typ": "openid4vci-proof+jwt", "kid": b.wallet.DIDKey()},
		claims: map[string]any{"iss": "urn:fdc:gov:uk:wallet", "aud": b.IssuerURL, "nonce": nonce, "iat": time.Now().Unix()},
	}
}

func (b *bench) deviceKey() *ecdsa.PrivateKey {
	b.t.Helper()
	jwk, err := b.wallet.PrivateJWK()
	if err != nil {
		b.t.Fatal(err)
	}
	d, err := base64.RawURLEncoding.DecodeString(jwk["d"])
	if err != nil {
		b.t.Fatal(err)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		b.t.Fatal(err)
	}
	return key
}

func proofBody(proof string) string {
	return mustJSON(map[string]any{"proof": map[string]string{"proof_type": "jwt", "jwt": proof}})
}

// send asks for the credential with those texts.
func (r request) send(token, proof string) string { return r.post(bearer(token), proofBody(proof)) }

func (r request) post(header http.Header, body string) string {
	return r.b.ask(http.MethodPost, r.b.IssuerURL+"/credential", header, body)
}

// granted is the honest request, and what is wrong with its answer.
func (r request) granted() string {
	if outcome := r.send(r.token.compact(), r.proof.compact()); outcome != "200" {
		return outcome
	}
	return ""
}

func accessToken(b *bench) (jws, func(string) string) {
	r := b.request()
	b.still(r.granted)
	return r.token, func(token string) string { return r.send(token, r.proof.compact()) }
}

func proof(b *bench) (jws, func(string) string) {
	r := b.request()
	b.still(r.granted)
	return r.proof, func(proof string) string { return r.send(r.token.compact(), proof) }
}

func notificationToken(b *bench) (jws, func(string) string) {
	good := b.access("", "nonce-"+rand.Text())
	send := func(token string) string {
		return b.ask(http.MethodPost, b.IssuerURL+"/notification", bearer(token), mustJSON(map[string]string{"notification_id": b.mdoc.NotificationID, "event": "credential_accepted"}))
	}
	b.still(func() string { return unless("204", send(good.compact())) })
	return good, send
}

// unless is outcome when it is not the one wanted.
func unless(want, outcome string) string {
	if strings.HasPrefix(outcome, want) {
		return ""
	}
	return outcome
}

func staffToken(b *bench) (jws, func(string) string) {
	key, kid := b.HMPPS.Key()
	good := jws{key: key, header: map[string]any{"alg": "RS256", "typ": "JWT", "kid": kid}, claims: map[string]any{
		"iss": b.HMPPS.Issuer(), "sub": rig.ServiceClient, "client_id": rig.ServiceClient, "aud": rig.ServiceClient, "grant_type": "client_credentials", "jti": rand.Text(),
		"iat": time.Now().Unix(), "exp": time.Now().Add(10 * time.Minute).Unix(), "authorities": []string{"ROLE_WALLET_CREDENTIALS__ISSUE"},
	}}
	send := func(token string) string {
		return b.ask(http.MethodPost, b.IssuerURL+"/api/offers", bearer(token), mustJSON(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person, WalletSubject: account}))
	}
	b.still(func() string { return unless("201", send(good.compact())) })
	return good, send
}

func statusMessage(b *bench) (jws, func(string) string) {
	good := b.message("/issue")
	return good, func(token string) string { return b.status("/issue", "application/jwt", token) }
}

func jwtCredential(b *bench) (jws, func(string) string) {
	good := b.forge.credential(b.forge.publish())
	return good, func(token string) string { return b.verify(map[string]any{"vcJwt": token}) }
}

func jwtPresentation(b *bench) (jws, func(string) string) {
	const nonce, audience = "a-nonce-of-the-catalogue", "x509_san_dns:verifier.test"
	did := b.wallet.DIDKey()
	good := jws{key: b.deviceKey(),
		header: map[string]any{"alg": "ES256", "typ": "vp+jwt", "cty": "vp", "kid": did + "#" + strings.TrimPrefix(did, "did:key:")},
		claims: map[string]any{
			"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "type": []string{"VerifiablePresentation"}, "iss": did, "holder": did,
			"aud": audience, "nonce": nonce, "iat": time.Now().Unix(),
			"verifiableCredential": []any{map[string]any{
				"@context": "https://www.w3.org/ns/credentials/v2", "id": "data:application/vc+jwt," + b.jwt.Raw, "type": "EnvelopedVerifiableCredential",
			}},
		}}
	return good, func(token string) string {
		return b.verify(map[string]any{"vpJwt": token, "nonce": nonce, "audience": audience})
	}
}

// statusList is a list that a good credential names; what is sent is what its address answers.
func statusList(b *bench) (jws, func(string) string) {
	uri := b.forge.fresh()
	credential := b.forge.credential(uri).compact()
	return b.forge.list(uri), func(token string) string {
		b.forge.answer(strings.TrimPrefix(uri, b.forge.url), "application/statuslist+jwt", []byte(token))
		return b.verify(map[string]any{"vcJwt": credential})
	}
}

// stranger is a key that nobody trusts.
func stranger() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // there is always randomness
	}
	return key
}
