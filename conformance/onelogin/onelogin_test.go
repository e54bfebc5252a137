package onelogin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/conformance/onelogin"
)

const (
	clientID = "TEST_CLIENT_ID"
	subject  = "urn:fdc:wallet.account.gov.uk:2024:SYNTHETIC-alex-0000000000000000000000000000"
	grantPre = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
)

type claims = map[string]any

// bench is a stand-in, and an issuer with one key, on a clock that the test moves.
type bench struct {
	t          *testing.T
	server     *onelogin.Server
	url        string
	issuerURL  string
	key        *ecdsa.PrivateKey
	clock      atomic.Int64
	keysStatus atomic.Int64 // of the issuer's key set
	client     *http.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, key: newKey(t)}
	b.clock.Store(1_800_000_000)
	b.keysStatus.Store(http.StatusOK)
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/jwks.json" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(int(b.keysStatus.Load()))
		writeKeys(w, b.key, "issuer-key")
	}))
	t.Cleanup(issuer.Close)
	b.issuerURL = issuer.URL
	b.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var handler http.Handler
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	b.url = front.URL
	server, err := onelogin.New(onelogin.Options{
		URL: front.URL, Now: b.now, Rand: rand.Reader, HTTP: issuer.Client(),
		Issuers: []onelogin.Issuer{{URL: issuer.URL, ClientID: clientID}, {URL: "http://127.0.0.1:1", ClientID: "another"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.server, handler = server, server
	return b
}

func (b *bench) now() time.Time { return time.Unix(b.clock.Load(), 0) }

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writeKeys(w io.Writer, key *ecdsa.PrivateKey, kid string) {
	point, _ := key.PublicKey.Bytes() // a P-256 key always has bytes
	_ = json.NewEncoder(w).Encode(claims{"keys": []claims{{
		"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256",
		"x": b64(point[1:33]), "y": b64(point[33:]),
	}}}) // a test server has no one to tell
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func sign(t *testing.T, key *ecdsa.PrivateKey, header, payload claims) string {
	t.Helper()
	h, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	p, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return signText(t, key, b64(h)+"."+b64(p))
}

func signText(t *testing.T, key *ecdsa.PrivateKey, signed string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// verified checks a token with the stand-in's published key and returns its two parts.
func (b *bench) verified(token string) (header, payload claims) {
	b.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		b.t.Fatal("not a compact JWS")
	}
	raw := make([][]byte, 3)
	for i := range parts {
		raw[i], _ = base64.RawURLEncoding.DecodeString(parts[i]) // wrong text fails below
	}
	var set struct {
		Keys []struct{ Kid, X, Y string }
	}
	b.getJSON("/.well-known/jwks.json", &set)
	x, _ := base64.RawURLEncoding.DecodeString(set.Keys[0].X) // likewise
	y, _ := base64.RawURLEncoding.DecodeString(set.Keys[0].Y) // likewise
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		b.t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(raw[2]) != 64 || !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		b.t.Fatal("token does not verify with the published key")
	}
	if json.Unmarshal(raw[0], &header) != nil || json.Unmarshal(raw[1], &payload) != nil {
		b.t.Fatal("token is not JSON")
	}
	if header["kid"] != set.Keys[0].Kid {
		b.t.Fatal("token names another key")
	}
	return header, payload
}

func (b *bench) getJSON(path string, out any) {
	b.t.Helper()
	res, err := b.client.Get(b.url + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || json.NewDecoder(res.Body).Decode(out) != nil {
		b.t.Fatalf("%s: status %d, or not JSON", path, res.StatusCode)
	}
}

func (b *bench) session() string {
	b.t.Helper()
	res, err := b.client.Post(b.url+"/stand-in/session", "application/json", strings.NewReader(`{"wallet_subject_id":"`+subject+`"}`))
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var out struct{ Session string }
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Session == "" {
		b.t.Fatal("no session")
	}
	return out.Session
}

// token posts to the token endpoint.
func (b *bench) token(session string, form url.Values) (int, claims) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if session != "" {
		req.Header.Set("Authorization", "Bearer "+session)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var out claims
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		b.t.Fatal(err)
	}
	if (res.StatusCode == http.StatusUnauthorized) != (res.Header.Get("WWW-Authenticate") != "") || res.Header.Get("Cache-Control") != "no-store" {
		b.t.Error("WWW-Authenticate or Cache-Control does not fit the answer")
	}
	return res.StatusCode, out
}

func (b *bench) wantRefusal(status int, answer claims, wantStatus int, want string) {
	b.t.Helper()
	if status != wantStatus || answer["error"] != want || len(answer) != 1 {
		b.t.Errorf("answer is %d %v, want %d %s", status, answer["error"], wantStatus, want)
	}
}
