package hostile_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/wallet"
)

// forge is an issuer that the verifier trusts and the attacker holds every key of: what it writes fails for what is wrong
// with it, and for nothing else. It also counts who comes to an address that nobody should ever ask for.
type forge struct {
	url            string
	issuer, lists  *ecdsa.PrivateKey // of JWT credentials, of status lists
	rootKey, dsKey *ecdsa.PrivateKey
	root, ds       *x509.Certificate
	holder         *ecdsa.PrivateKey

	mu      sync.Mutex // held for the fields below
	answers map[string]http.HandlerFunc
	lured   []string // who came to the lure
	serial  int
}

const (
	forgeDID  = "did:web:forge.example"
	issuerKID = "forged-issuer-key"
	listKID   = "forged-list-key"
	lure      = "/lure" // nobody has a reason to come here
)

func newForge(t testing.TB) *forge {
	t.Helper()
	f := &forge{issuer: newKey(t), lists: newKey(t), rootKey: newKey(t), dsKey: newKey(t), holder: newKey(t), answers: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	f.root = f.certify(t, authority("Forged IACA root"), nil, &f.rootKey.PublicKey, f.rootKey)
	f.ds = f.certify(t, signer("Forged document signer"), f.root, &f.dsKey.PublicKey, f.rootKey)
	f.answer("/did.json", "application/json", []byte(mustJSON(didDocument(didMethod(issuerKID, &f.issuer.PublicKey)))))
	f.answer("/jwks.json", "application/json", []byte(mustJSON(map[string]any{"keys": []any{publicJWK(listKID, &f.lists.PublicKey)}})))
	return f
}

// trust adds the forge to a trust file, and an issuer for every hostile DID document and key set.
func (f *forge) trust(file map[string][]any) {
	file["iacas"] = append(file["iacas"], map[string]any{"pem": pemOf(f.root), "documents": []string{release}})
	file["issuers"] = append(file["issuers"], map[string]any{"issuer": f.url, "did": forgeDID, "document": f.url + "/did.json"})
	file["statusLists"] = append(file["statusLists"], map[string]any{"prefix": f.url + "/t/", "jwks": f.url + "/jwks.json"})
	f.trustPlaces(file)
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	answer := f.answers[r.URL.Path]
	if strings.HasPrefix(r.URL.Path, lure) {
		f.lured = append(f.lured, r.Method+" "+r.URL.String())
	}
	f.mu.Unlock()
	if answer == nil {
		http.NotFound(w, r)
		return
	}
	answer(w, r)
}

// handle answers path with h from now on.
func (f *forge) handle(path string, h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = h
}

func (f *forge) answer(path, mediaType string, body []byte) {
	f.handle(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(body) // who asked may have gone
	})
}

// visits says how often anyone came to the lure.
func (f *forge) visits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.lured)
}

// fresh names a list that nobody has asked for yet.
func (f *forge) fresh() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serial++
	return fmt.Sprintf("%s/t/list-%d", f.url, f.serial)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// authority is the template of a root (ISO 18013-5 Annex B.1.2).
func authority(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1 << 40), Subject: pkix.Name{Country: []string{"GB"}, CommonName: name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// signer is the template of a document signer (ISO 18013-5 Annex B.1.4).
func signer(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1<<40 + 1), Subject: pkix.Name{Country: []string{"GB"}, CommonName: name},
		NotBefore: time.Now().Add(-12 * time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 2}},
	}
}

// certify signs a certificate; without a parent it is its own.
func (f *forge) certify(t testing.TB, template, parent *x509.Certificate, public any, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func publicJWK(kid string, key *ecdsa.PublicKey) map[string]any {
	point, err := key.Bytes()
	if err != nil {
		panic(err) // a key of P-256 has bytes
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, "x": b64(point[1:33]), "y": b64(point[33:])}
}

func didMethod(kid string, key *ecdsa.PublicKey) map[string]any {
	return map[string]any{"id": forgeDID + "#" + kid, "type": "JsonWebKey2020", "controller": forgeDID, "publicKeyJwk": publicJWK(kid, key)}
}

func didDocument(methods ...map[string]any) map[string]any {
	ids := []any{}
	for _, m := range methods {
		ids = append(ids, m["id"])
	}
	return map[string]any{
		"@context": []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"}, "id": forgeDID,
		"verificationMethod": methods, "assertionMethod": ids,
	}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a mistake in this package
	}
	return string(b)
}

// credential is a JWT credential of the forge, not yet signed, whose status is entry 1 of the list at uri.
func (f *forge) credential(uri string) jws {
	now := time.Now().UTC().Truncate(time.Second)
	from, until := now.Add(-time.Hour), now.AddDate(0, 0, 30)
	did, err := wallet.DIDKey(&f.holder.PublicKey)
	if err != nil {
		panic(err)
	}
	return jws{
		key:    f.issuer,
		header: map[string]any{"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": forgeDID + "#" + issuerKID},
		claims: map[string]any{
			"iss": f.url, "issuer": f.url, "sub": did, "iat": from.Unix(), "nbf": from.Unix(), "exp": until.Unix(),
			"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "type": []string{"VerifiableCredential", "PrisonReleaseConfirmation"},
			"name": "Forged", "description": "Forged", "validFrom": from.Format("2006-01-02T15:04:05Z"), "validUntil": until.Format("2006-01-02T15:04:05Z"),
			"credentialSubject": map[string]any{"id": did, "document_number": "FORGED1"},
			"status":            map[string]any{"status_list": map[string]any{"idx": 1, "uri": uri}},
		},
	}
}

// list is a status list token of the forge for uri, not yet signed: sixteen entries, all valid.
func (f *forge) list(uri string) jws {
	now := time.Now()
	return jws{
		key: f.lists, header: map[string]any{"alg": "ES256", "typ": "statuslist+jwt", "kid": listKID},
		claims: map[string]any{
			"sub": uri, "iss": f.url, "iat": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(), "ttl": 60,
			"status_list": map[string]any{"bits": 1, "lst": b64(deflate(make([]byte, 2)))},
		},
	}
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// publish has the forge serve an honest list at a fresh address, and returns it.
func (f *forge) publish() string {
	uri := f.fresh()
	f.answer(strings.TrimPrefix(uri, f.url), "application/statuslist+jwt", []byte(f.list(uri).compact()))
	return uri
}

// selfSigned is a certificate that only its own key vouches for.
func selfSigned(key *ecdsa.PrivateKey) *x509.Certificate {
	template := signer("Self-signed")
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return c
}

func b64std(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func unb64(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err) // we wrote it
	}
	return b
}
