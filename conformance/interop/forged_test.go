//go:build interop

package interop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var b64 = base64.RawURLEncoding

// forger is a verifier that the wallets trust, and that signs what it should not.
type forger struct {
	t      *testing.T
	root   *x509.Certificate
	leaf   []byte // DER
	key    *ecdsa.PrivateKey
	claims string // of an honest request: JSON
}

func newForger(t *testing.T, honest string) *forger {
	t.Helper()
	rootKey, leafKey := newKey(t), newKey(t)
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Forger's root"}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	root, err := x509.ParseCertificate(certify(t, template, template, &rootKey.PublicKey, rootKey))
	if err != nil {
		t.Fatal(err)
	}
	reader := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Forger"}, NotBefore: from, NotAfter: to, DNSNames: []string{"forger.test"}}
	claims, err := b64.DecodeString(strings.Split(honest, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return &forger{t, root, certify(t, reader, root, &leafKey.PublicKey, rootKey), leafKey, string(claims)}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certify(t *testing.T, c, parent *x509.Certificate, key *ecdsa.PublicKey, by *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key, by)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// request signs the honest request as the forger's own, bent.
func (f *forger) request(bend func(header, claims map[string]any)) string {
	f.t.Helper()
	digest := sha256.Sum256(f.leaf)
	header := map[string]any{"alg": "ES256", "typ": "oauth-authz-req+jwt", "x5c": [][]byte{f.leaf}}
	claims := map[string]any{}
	if err := json.Unmarshal([]byte(f.claims), &claims); err != nil {
		f.t.Fatal(err)
	}
	claims["client_id"] = "x509_hash:" + b64.EncodeToString(digest[:])
	bend(header, claims)
	signed := f.encode(header) + "." + f.encode(claims)
	digest = sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, f.key, digest[:])
	if err != nil {
		f.t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + b64.EncodeToString(signature)
}

func (f *forger) encode(v any) string {
	f.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		f.t.Fatal(err)
	}
	return b64.EncodeToString(text)
}

func setClaim(name string, value any) func(header, claims map[string]any) {
	return func(_, claims map[string]any) { claims[name] = value }
}

func honestly(header, claims map[string]any) {}

// A trusted root is not enough: the rest of the request is checked as well, each rule with the reason it was refused for.
func TestTheWalletsCheckATrustedVerifier(t *testing.T) {
	b := newBench(t, "x509_hash:")
	f := newForger(t, b.begin("dc_api", "dc_api.jwt").DCRequest.Data.Request)
	b.ReaderRoot = f.root
	other := sha256.Sum256([]byte("another certificate"))
	good := f.request(honestly)
	dot := strings.LastIndexByte(good, '.')
	for _, stack := range stacks {
		for _, c := range []struct{ name, request, reason string }{
			{"honest", good, ""},
			{"honest by name", f.request(setClaim("client_id", "x509_san_dns:forger.test")), ""},
			{"hash of another certificate", f.request(setClaim("client_id", "x509_hash:"+b64.EncodeToString(other[:]))), "certificate"},
			{"name of another certificate", f.request(setClaim("client_id", "x509_san_dns:bank.test")), "certificate"},
			{"a changed byte", good[:dot-9] + swap(good[dot-9]) + good[dot-8:], "signature verification failed"},
			{"a changed byte of the signature", good[:dot+9] + swap(good[dot+9]) + good[dot+10:], "signature verification failed"},
			{"out of date", f.request(setClaim("exp", 1000000000)), "exp"},
			{"another audience", f.request(setClaim("aud", "https://elsewhere.test")), "aud"},
			{"another type", f.request(func(header, _ map[string]any) { header["typ"] = "JWT" }), "typ"},
		} {
			t.Run(stack+" "+c.name, func(t *testing.T) {
				got := b.run(stack, "mdoc", task{DCRequest: map[string]string{"request": c.request}, Origin: b.VerifierURL, Enc: "A128GCM"})
				if c.reason == "" && got.Error != "" || c.reason != "" && !strings.Contains(got.Error, c.reason) {
					t.Errorf("%+v, want %q", got, c.reason)
				}
			})
		}
	}
}

func swap(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// A request fetched by POST must bear the nonce that the wallet sent (OpenID4VP 1.0 §5.10.1).
func TestTheWalletsWantTheirNonceBack(t *testing.T) {
	b := newBench(t, "x509_hash:")
	f := newForger(t, b.begin("dc_api", "dc_api.jwt").DCRequest.Data.Request)
	b.ReaderRoot = f.root
	for _, stack := range stacks {
		for name, echo := range map[string]func(sent string) any{
			"back":    func(sent string) any { return sent },
			"another": func(string) any { return "another-nonce" },
		} {
			t.Run(stack+" "+name, func(t *testing.T) {
				got := b.run(stack, "mdoc", task{Link: f.serve(echo), Enc: "A128GCM", Method: "post"})
				if refused := strings.Contains(got.Error, "wallet_nonce"); refused != (name == "another") || !refused && got.Status != 200 {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

// serve returns a link to the forger's request, and takes whatever is posted in answer.
func (f *forger) serve(echo func(sent string) any) string {
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/request" {
			return
		}
		w.Header().Set("Content-Type", "application/oauth-authz-req+jwt")
		_, _ = w.Write([]byte(f.request(func(_, claims map[string]any) { // the wallet says when it got nothing
			claims["response_mode"], claims["response_uri"] = "direct_post.jwt", s.URL+"/response"
			claims["wallet_nonce"] = echo(r.PostFormValue("wallet_nonce"))
			delete(claims, "expected_origins")
		})))
	}))
	f.t.Cleanup(s.Close)
	digest := sha256.Sum256(f.leaf)
	return "openid4vp://authorize?" + url.Values{
		"client_id":   {"x509_hash:" + b64.EncodeToString(digest[:])},
		"request_uri": {s.URL + "/request"}, "request_uri_method": {"post"},
	}.Encode()
}
