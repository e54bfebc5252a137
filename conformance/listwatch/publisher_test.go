package listwatch_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/listwatch"
)

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

const entries = 1024

// publisher serves one list of two-bit entries and its key, and can be made to go wrong.
type publisher struct {
	t      *testing.T
	server *httptest.Server
	key    *ecdsa.PrivateKey
	now    time.Time // of the watcher

	ended  []int
	issued time.Time
	claims map[string]any      // change what is signed; nil leaves one out
	header map[string]any      // likewise
	size   int                 // entries
	edit   func(string) string // changes the signed text
	answer http.HandlerFunc    // takes the place of the list's answer when set
	set    http.Header         // changes headers of the answer; an empty value leaves one out
	never  bool                // does not know conditional requests
	keys   any                 // takes the place of the key set
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{t: t, key: newKey(t), now: start.Add(time.Minute), issued: start, size: entries}
	p.server = httptest.NewServer(p)
	t.Cleanup(p.server.Close)
	return p
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (p *publisher) uri() string { return p.server.URL + "/t/abc" }

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/keys":
		p.serveKeys(w)
	case p.answer != nil:
		p.answer(w, r)
	default:
		p.serveList(w, r)
	}
}

func (p *publisher) serveKeys(w http.ResponseWriter) {
	set := p.keys
	if set == nil {
		set = map[string]any{"keys": []any{map[string]any{"kty": "oct"}, jwk(p.key, "k")}}
	}
	if err := json.NewEncoder(w).Encode(set); err != nil {
		p.t.Error(err)
	}
}

func jwk(key *ecdsa.PrivateKey, id string) map[string]any {
	point, _ := key.PublicKey.Bytes() // P-256 has them
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": id, "x": text(point[1:33]), "y": text(point[33:])}
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *publisher) serveList(w http.ResponseWriter, r *http.Request) {
	token := p.token()
	sum := sha256.Sum256([]byte(token))
	h := w.Header()
	h.Set("Content-Type", "application/statuslist+jwt")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	h.Set("Cache-Control", "public, max-age=600")
	for name, values := range p.set {
		h[name] = values
	}
	if p.never {
		r.Header.Del("If-None-Match")
	}
	http.ServeContent(w, r, "", p.issued, strings.NewReader(token))
}

// token is a list of p.size entries, of which p.ended are 1.
func (p *publisher) token() string {
	packed := make([]byte, p.size/4)
	for _, i := range p.ended {
		packed[i/4] |= 1 << (i % 4 * 2)
	}
	claims := map[string]any{
		"sub": p.uri(), "iat": p.issued.Unix(), "exp": p.issued.Add(time.Hour).Unix(), "ttl": 600,
		"status_list": map[string]any{"bits": 2, "lst": text(deflate(p.t, packed))},
	}
	header := map[string]any{"alg": "ES256", "typ": "statuslist+jwt", "kid": "k"}
	change(claims, p.claims)
	change(header, p.header)
	signed := p.json(header) + "." + p.json(claims)
	digest := sha256.Sum256([]byte(signed))
	der, err := p.key.Sign(nil, digest[:], crypto.SHA256) // without chance: the same list is the same text
	if err != nil {
		p.t.Error(err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		p.t.Error(err)
	}
	signature := make([]byte, 64)
	pair.R.FillBytes(signature[:32])
	pair.S.FillBytes(signature[32:])
	token := signed + "." + text(signature)
	if p.edit != nil {
		token = p.edit(token)
	}
	return token
}

func (p *publisher) json(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Error(err)
	}
	return text(b)
}

func change(m, by map[string]any) {
	maps.Copy(m, by)
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
}

func deflate(t *testing.T, b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	return out.Bytes()
}

func squeeze(t *testing.T, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	return out.Bytes()
}

// watch is a watcher of p whose memory is the file at path.
func (p *publisher) watch(path string) *listwatch.Watcher {
	p.t.Helper()
	w, err := listwatch.New(listwatch.Options{Keys: p.server.URL + "/keys", State: path, Now: func() time.Time { return p.now }})
	if err != nil {
		p.t.Fatal(err)
	}
	return w
}

func (p *publisher) round(w *listwatch.Watcher) listwatch.Report {
	p.t.Helper()
	r, err := w.Round(p.t.Context(), []string{p.uri()})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func memoryFile(t *testing.T) string { return filepath.Join(t.TempDir(), "seen.json") }

// kinds is what the alarms are, as one text.
func kinds(r listwatch.Report) string {
	var out []string
	for _, a := range r.Alarms {
		out = append(out, fmt.Sprint(a.Kind))
	}
	return strings.Join(out, " ")
}
