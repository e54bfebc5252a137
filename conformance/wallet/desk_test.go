package wallet_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/wallet"
)

type claims = map[string]any

// noon is the moment at which all of this happens.
var noon = time.Unix(1_800_000_000, 0).UTC()

// desk is a small issuer and its authorisation server in one, for a wallet to be tested against. Tests spoil one thing
// about it and see whether the wallet notices.
type desk struct {
	t      *testing.T
	url    string
	key    *ecdsa.PrivateKey // signs JWT credentials and status lists
	mdoc   mdocMaker
	jwt    jwtMaker
	wallet *wallet.Wallet

	answers     map[string]any                       // JSON by path, for GET
	refuse      map[string]claims                    // OAuth errors by path: {"status", "error"}
	list        func() string                        // the status list token
	events      []string                             // notifications received
	tokens      []url.Values                         // token requests received
	proofs      []string                             // proofs received
	before      map[string]func(http.ResponseWriter) // spoils the head of an answer, by path
	tokenAnswer func(answer claims)                  // spoils the token answer
	answer      func(answer claims)                  // spoils the credential answer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, key: newKey(t), refuse: map[string]claims{}, answer: func(claims) {}, tokenAnswer: func(claims) {}, before: map[string]func(http.ResponseWriter){}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.url = server.URL
	d.mdoc, d.jwt = newMDocMaker(t), jwtMaker{}
	d.answers = map[string]any{
		"/.well-known/openid-credential-issuer":   d.metadata(),
		"/.well-known/oauth-authorization-server": claims{"issuer": d.url, "token_endpoint": d.url + "/token"},
		"/.well-known/did.json":                   d.didDocument(),
		"/.well-known/jwks.json":                  claims{"keys": []claims{jwk(&d.key.PublicKey, "k1")}},
		"/iacas":                                  d.mdoc.iacas(t),
	}
	d.list = func() string { return d.statusList(nil) }
	w, err := wallet.New(wallet.Options{
		HTTP: server.Client(), Rand: rand.Reader, Now: func() time.Time { return noon }, Account: "account", Session: "the-session",
	})
	if err != nil {
		t.Fatal(err)
	}
	d.wallet = w
	return d
}

func (d *desk) metadata() claims {
	shared := func(more claims) claims {
		c := claims{
			"credential_signing_alg_values_supported": []string{"ES256"},
			"credential_validity_period_max_days":     30,
			"credential_refresh_web_journey_url":      "https://refresh.service.gov.uk/start",
		}
		maps.Copy(c, more)
		return c
	}
	claim := func(namespace, name, valueType string, mandatory bool) claims {
		return claims{"path": []string{namespace, name}, "mandatory": mandatory, "value_type": valueType}
	}
	return claims{
		"credential_issuer": d.url, "authorization_servers": []string{d.url},
		"credential_endpoint": d.url + "/credential", "notification_endpoint": d.url + "/notification", "mdoc_iacas_uri": d.url + "/iacas",
		"credential_configurations_supported": claims{
			"mdoc": shared(claims{
				"format": "mso_mdoc", "doctype": docType, "cryptographic_binding_methods_supported": []string{"cose_key"},
				"credential_metadata": claims{"claims": []claims{
					claim(space, "family_name", "text", true), claim(space, "birth_date", "full-date", true), claim(space, "portrait", "jpeg", false),
				}},
			}),
			"jwt": shared(claims{
				"format": "jwt_vc_json", "cryptographic_binding_methods_supported": []string{"did:key"},
				"credential_definition": claims{"type": []string{"VerifiableCredential", "Release"}},
				"proof_types_supported": claims{"jwt": claims{"proof_signing_alg_values_supported": []string{"ES256"}}},
				"credential_metadata": claims{"claims": []claims{
					claim("credentialSubject", "familyName", "text", true), claim("credentialSubject", "birthDate", "full-date", false),
				}},
			}),
		},
	}
}

// configuration returns one configuration of the metadata, to be spoilt.
func (d *desk) configuration(id string) claims {
	m := d.answers["/.well-known/openid-credential-issuer"].(claims)
	return m["credential_configurations_supported"].(claims)[id].(claims)
}

func (d *desk) offer(id string) string {
	b, err := json.Marshal(claims{
		"credential_issuer": d.url, "credential_configuration_ids": []string{id},
		"grants": claims{"urn:ietf:params:oauth:grant-type:pre-authorized_code": claims{"pre-authorized_code": "code-for-" + id}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return offerLink(string(b))
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refusal, ok := d.refuse[r.URL.Path]; ok {
		w.WriteHeader(refusal["status"].(int))
		writeJSON(w, claims{"error": refusal["error"]})
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /token":
		d.serveToken(w, r)
	case "POST /credential":
		d.serveCredential(w, r)
	case "POST /notification":
		d.serveNotification(w, r)
	case "POST /moved":
		http.Redirect(w, r, "/credential", http.StatusTemporaryRedirect)
	case "GET /t/1":
		w.Header().Set("Content-Type", "application/statuslist+jwt")
		_, _ = w.Write([]byte(d.list())) // a test server has no one to tell
	default:
		answer, ok := d.answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		d.begin(w, r)
		writeJSON(w, answer)
	}
}

func (d *desk) begin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if spoil := d.before[r.URL.Path]; spoil != nil {
		spoil(w)
	}
}

func (d *desk) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Header.Get("Authorization") != "Bearer the-session" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	d.tokens = append(d.tokens, r.PostForm)
	id := strings.TrimPrefix(r.PostForm.Get("pre-authorized_code")+r.PostForm.Get("refresh_token"), "code-for-")
	id, _, _ = strings.Cut(id, ".") // a refresh token is the configuration, a dot and a counter
	d.begin(w, r)
	access := sign(d.t, d.key, claims{"alg": "ES256", "typ": "at+jwt", "kid": "k1"}, claims{"c_nonce": "nonce-1", "id": id})
	answer := claims{"access_token": access, "token_type": "Bearer", "expires_in": 180, "refresh_token": id + "." + string(rune('a'+len(d.tokens)))}
	d.tokenAnswer(answer)
	writeJSON(w, answer)
}

func (d *desk) serveCredential(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Proof struct{ JWT string }
	}
	access, errAccess := payloadOf(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || errAccess != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.proofs = append(d.proofs, in.Proof.JWT)
	credential := ""
	if access["id"] == "mdoc" {
		credential = d.mdoc.make(d.t, d.wallet.PublicKey(), d.url)
	} else {
		credential = d.jwt.make(d)
	}
	answer := claims{"credentials": []claims{{"credential": credential}}, "notification_id": "n-1"}
	d.answer(answer)
	d.begin(w, r)
	writeJSON(w, answer)
}

func (d *desk) serveNotification(w http.ResponseWriter, r *http.Request) {
	var in map[string]string
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in["notification_id"] != "n-1" || len(in) != 2 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.events = append(d.events, in["event"])
	w.WriteHeader(http.StatusNoContent)
}

// statusList signs a list whose entry 5 is invalid, changed by mutate.
func (d *desk) statusList(mutate func(header, payload claims)) string {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write([]byte{0x00, 0x04, 0, 0}); err != nil { // 2 bits each: entry 5 is in byte 1, bits 2 and 3
		d.t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		d.t.Fatal(err)
	}
	header := claims{"alg": "ES256", "typ": "statuslist+jwt", "kid": "k1"}
	payload := claims{
		"iss": d.url, "sub": d.url + "/t/1", "iat": noon.Unix(), "exp": noon.Unix() + 3600, "ttl": 900,
		"status_list": claims{"bits": 2, "lst": base64.RawURLEncoding.EncodeToString(packed.Bytes())},
	}
	if mutate != nil {
		mutate(header, payload)
	}
	return sign(d.t, d.key, header, payload)
}

func (d *desk) didDocument() claims {
	key := jwk(&d.key.PublicKey, "k1")
	delete(key, "use")
	return claims{
		"@context": []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"},
		"id":       "did:web:127.0.0.1", "assertionMethod": []string{"did:web:127.0.0.1#k1"},
		"verificationMethod": []claims{{
			"id": "did:web:127.0.0.1#k1", "type": "JsonWebKey2020", "controller": "did:web:127.0.0.1", "publicKeyJwk": key,
		}},
	}
}

// jwtMaker writes a JWT credential, spoilt by edit.
type jwtMaker struct {
	edit  func(header, payload claims)
	after func(token string) string
}

func (m jwtMaker) make(d *desk) string {
	header := claims{"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": "did:web:127.0.0.1#k1"}
	until := noon.Add(24 * time.Hour)
	payload := claims{
		"iss": d.url, "sub": d.wallet.DIDKey(), "issuer": d.url, "iat": noon.Unix(), "nbf": noon.Unix(), "exp": until.Unix(),
		"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "type": []string{"VerifiableCredential", "Release"},
		"validFrom": instant(noon), "validUntil": instant(until), "expectedUpdate": instant(noon.Add(time.Hour)),
		"status":            claims{"status_list": claims{"idx": 5, "uri": d.url + "/t/1"}},
		"credentialSubject": claims{"id": d.wallet.DIDKey(), "familyName": "Synthetic", "birthDate": "1990-01-02"},
	}
	if m.edit != nil {
		m.edit(header, payload)
	}
	token := sign(d.t, d.key, header, payload)
	if m.after != nil {
		return m.after(token)
	}
	return token
}

func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func jwk(key *ecdsa.PublicKey, kid string) claims {
	point, _ := key.Bytes() // a P-256 key always has bytes
	return claims{
		"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}
}

func sign(t *testing.T, key *ecdsa.PrivateKey, header, payload claims) string {
	t.Helper()
	parts := make([]string, 2)
	for i, v := range []claims{header, payload} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(b)
	}
	signed := strings.Join(parts, ".")
	return signed + "." + base64.RawURLEncoding.EncodeToString(signBytes(t, key, []byte(signed)))
}

func signBytes(t *testing.T, key *ecdsa.PrivateKey, message []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

// verifies says whether a token's signature is key's.
func verifies(token string, key *ecdsa.PublicKey) bool {
	i := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	digest := sha256.Sum256([]byte(token[:i]))
	return err == nil && len(sig) == 64 &&
		ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

func payloadOf(token string) (claims, error) { return partOf(token, 1) }

func partOf(token string, i int) (claims, error) {
	b, err := base64.RawURLEncoding.DecodeString(append(strings.Split(token, "."), "", "")[i])
	if err != nil {
		return nil, err
	}
	var out claims
	err = json.Unmarshal(b, &out)
	return out, err
}

func writeJSON(w http.ResponseWriter, v any) {
	_ = json.NewEncoder(w).Encode(v) // a test server has no one to tell
}

func element(h *wallet.Held, name string) any {
	i := slices.IndexFunc(h.Elements, func(e wallet.Element) bool { return e.Name == name })
	if i < 0 {
		return nil
	}
	return h.Elements[i].Value
}
