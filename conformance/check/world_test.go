package check_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/conformance/check"
	"justice-wallet/conformance/record"
	"justice-wallet/conformance/rig"
	"justice-wallet/keys"
)

// world is the good issuer and verifier that the rules are tried on, and the token service that they trust.
type world struct {
	*rig.Rig
	server *check.Server
	tokens *httptest.Server
	front  *httptest.Server // the issuer's address
	fault  atomic.Value     // a func(http.Handler) http.Handler around the issuer, for one test

	authority  *check.Authority // whom the verifier trusts, too
	lists      *check.Lists
	listServer *httptest.Server
}

// start starts it once.
var start = sync.OnceValues(func() (*world, error) {
	w := &world{tokens: httptest.NewUnstartedServer(nil)}
	var err error
	if w.server, err = check.NewServer("http://"+w.tokens.Listener.Addr().String(), rand.Reader); err != nil {
		return nil, err
	}
	w.tokens.Config.Handler = w.server
	w.tokens.Start()
	if w.authority, err = check.NewAuthority(rand.Reader, time.Now()); err != nil {
		return nil, err
	}
	w.listServer = httptest.NewUnstartedServer(nil)
	if w.lists, err = check.NewLists("http://"+w.listServer.Listener.Addr().String(), rand.Reader, time.Now); err != nil {
		return nil, err
	}
	w.listServer.Config.Handler = w.lists
	w.listServer.Start()
	w.fault.Store(faultless)
	w.front = httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		w.fault.Load().(func(http.Handler) http.Handler)(w.Issuer).ServeHTTP(a, r)
	}))
	w.Rig, err = rig.Start(context.Background(), rig.Options{ExternalServer: w.server.URL, IssuerURL: w.front.URL, Trust: w.trust})
	return w, err
})

// trust adds the authority of the bad wallets, and their lists, to whom the verifier trusts.
func (w *world) trust(file map[string][]any) {
	root, _, err := w.authority.PEM()
	if err != nil {
		panic(err) // its key was made here
	}
	file["iacas"] = append(file["iacas"], map[string]any{"pem": string(root), "documents": []string{"uk.gov.justice.prisonrelease.1"}})
	file["statusLists"] = append(file["statusLists"], map[string]any{"prefix": w.lists.URL + "/t/", "jwks": w.lists.URL + "/.well-known/jwks.json"})
}

func faultless(h http.Handler) http.Handler { return h }

// with has the issuer answer through h until the test ends.
func (w *world) with(t *testing.T, h func(http.Handler) http.Handler) {
	t.Helper()
	w.fault.Store(h)
	t.Cleanup(func() { w.fault.Store(faultless) })
}

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" {
		code = everyRuleWasBroken()
	}
	if w, err := start(); err == nil {
		w.tokens.Close()
		w.front.Close()
		w.listServer.Close()
		if err := w.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var client = &http.Client{}

// caught are the rules that some twin broke, and that noticed.
var caught = map[string]bool{}

// everyRuleWasBroken looks for rules that nothing was tried on: one whose removal nobody notices is held by nobody.
func everyRuleWasBroken() (code int) {
	for what, rules := range check.Rules() {
		l := record.Line{Kind: record.KindRules, Group: what, Count: len(rules)}
		for _, r := range rules {
			if !caught[r.ID] {
				fmt.Fprintf(os.Stderr, "no twin breaks %s (%s)\n", r.ID, what)
				l.Failed, code = l.Failed+1, 1
			}
		}
		if err := record.Write(os.Getenv(record.Variable), l); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// twin is a subject with one fault, and the one rule that must notice.
type twin struct {
	name, rule string
	spoil      func(t *testing.T, r *check.Record)
}

// try has judge look at a copy of good with each fault: exactly the named rule is broken.
func try(t *testing.T, group string, good *check.Record, twins []twin, judge func(*check.Record) check.Report) {
	t.Helper()
	if broken := judge(good).Broken(); len(broken) != 0 {
		t.Fatalf("without a fault: %v", broken)
	}
	failed := 0
	for _, tw := range twins {
		ok := t.Run(tw.name, func(t *testing.T) {
			r := copyOf(good)
			tw.spoil(t, r)
			report := judge(r)
			if broken := unique(report.Broken()); !slices.Equal(broken, []string{tw.rule}) {
				t.Errorf("broken are %v, want %s alone: %s", broken, tw.rule, why(report))
			}
		})
		if !ok {
			failed++
		}
		caught[tw.rule] = caught[tw.rule] || ok
	}
	leave(t, record.Line{Kind: record.KindTwins, Group: group, Count: len(twins), Failed: failed})
}

func leave(t *testing.T, l record.Line) {
	t.Helper()
	if err := record.Write(os.Getenv(record.Variable), l); err != nil {
		t.Error(err)
	}
}

func unique(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

func why(r check.Report) string {
	var out string
	for _, f := range r.Findings {
		if f.Verdict == check.Broken {
			out += f.ID + " " + f.Subject + ": " + f.Detail + "\n"
		}
	}
	return out
}

// copyOf copies a record so far that its answers can be replaced.
func copyOf(r *check.Record) *check.Record {
	out := &check.Record{Began: r.Began, Steps: map[string]*check.Step{}}
	for name, s := range r.Steps {
		step := *s
		step.Answer.Header = s.Answer.Header.Clone()
		out.Steps[name] = &step
	}
	return out
}

// answer returns a step's answer, to be changed.
func answer(t *testing.T, r *check.Record, step string) *check.Answer {
	t.Helper()
	s, ok := r.Steps[step]
	if !ok {
		t.Fatalf("no step %q among %v", step, slices.Sorted(maps.Keys(r.Steps)))
	}
	return &s.Answer
}

// editJSON changes the members of a JSON answer.
func editJSON(t *testing.T, r *check.Record, step string, edit func(o map[string]any)) {
	t.Helper()
	a := answer(t, r, step)
	o := decode(t, a.Body)
	edit(o)
	a.Body = encodeJSON(t, o)
}

func decode(t *testing.T, b []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var o map[string]any
	if err := d.Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

func encodeJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// resign takes a compact JWS apart, has it changed, and signs it.
func resign(t *testing.T, token string, sign func([]byte) ([]byte, error), edit func(header, claims map[string]any)) string {
	t.Helper()
	parts := bytes.Split([]byte(token), []byte("."))
	if len(parts) != 3 {
		t.Fatal("not a compact JWS")
	}
	header, claims := decode(t, unbase64(t, parts[0])), decode(t, unbase64(t, parts[1]))
	edit(header, claims)
	signed := base64url(encodeJSON(t, header)) + "." + base64url(encodeJSON(t, claims))
	signature, err := sign([]byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64url(signature)
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unbase64[S ~string | ~[]byte](t *testing.T, s S) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(string(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) key(t *testing.T, p keys.Purpose) keys.Key {
	t.Helper()
	k, err := w.Ring.Active(p)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// short are limits for servers that are known to be bad.
func short() check.Limits {
	return check.Limits{Body: 64 << 10, Answer: 100 * time.Millisecond, Silence: 2}
}

// shaOne is the key identifier of RFC 5280 §4.2.1.2.
func shaOne(t *testing.T, key *ecdsa.PublicKey) []byte {
	t.Helper()
	point, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	id := sha1.Sum(point)
	return id[:]
}

// iacaItem is what /iacas says of a root.
func iacaItem(t *testing.T, c *x509.Certificate) map[string]any {
	t.Helper()
	digest := sha256.Sum256(c.Raw)
	point, err := c.PublicKey.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	const layout = "2006-01-02T15:04:05.000Z"
	return map[string]any{
		"id": "other", "active": true, "certificatePem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})), "certificateFingerprint": hex.EncodeToString(digest[:]),
		"certificateData": map[string]any{"notBefore": c.NotBefore.Format(layout), "notAfter": c.NotAfter.Format(layout), "country": "GB", "commonName": c.Subject.CommonName},
		"publicKeyJwk":    map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "x": base64url(point[1:33]), "y": base64url(point[33:])},
	}
}
