package trust_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/did"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/trust"
)

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

const (
	issuer      = "https://issuer.example"
	issuerDID   = "did:web:issuer.example"
	documentURL = "https://issuer.example/.well-known/did.json"
)

func generate(t *testing.T) map[keys.Purpose]keys.Key {
	t.Helper()
	all, err := keys.Generate(keys.Authority{Name: "Synthetic root", URL: issuer, CRL: issuer + "/crl", Country: "GB"}, start)
	if err != nil {
		t.Fatal(err)
	}
	byPurpose := map[keys.Purpose]keys.Key{}
	for _, k := range all {
		byPurpose[k.Purpose] = k
	}
	return byPurpose
}

func certificate(k keys.Key) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Chain[0].Raw}))
}

func selfSigned(t *testing.T, isCA bool, usage x509.KeyUsage) string {
	t.Helper()
	key, err := keys.NewKey(keys.PurposeIACA, start)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Synthetic"}, NotBefore: start, NotAfter: start.AddDate(1, 0, 0),
		BasicConstraintsValid: true, IsCA: isCA, KeyUsage: usage,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func file(t *testing.T, f trust.File) []byte {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func goodFile(root string) trust.File {
	return trust.File{
		IACAs:       []trust.IACA{{PEM: root, Documents: []string{"uk.gov.justice.synthetic.1"}}},
		Issuers:     []trust.Issuer{{Issuer: issuer, DID: issuerDID, Document: documentURL}},
		StatusLists: []trust.StatusList{{Prefix: "https://status.example/t/", JWKS: "https://status.example/.well-known/jwks.json"}},
	}
}

func lists(uris ...string) func(*trust.File) {
	return func(f *trust.File) { f.StatusLists[0].Lists = uris }
}

// static is the store of a plain file that does not change.
func static(t *testing.T, f trust.File, client trust.Getter, now func() time.Time) *trust.Store {
	t.Helper()
	content := file(t, f)
	store, err := trust.Open(trust.Source{Read: func() ([]byte, error) { return content, nil }}, trust.Options{Client: client, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestRootsByExactDocType(t *testing.T) {
	root := generate(t)[keys.PurposeIACA]
	store := static(t, goodFile(certificate(root)), nil, func() time.Time { return start })
	if roots, err := store.Roots("uk.gov.justice.synthetic.1"); err != nil || len(roots) != 1 || !roots[0].Certificate.Equal(root.Chain[0]) {
		t.Errorf("%d roots, %v", len(roots), err)
	}
	for _, docType := range []string{"", "uk.gov.justice.synthetic", "uk.gov.justice.synthetic.2"} {
		if roots, err := store.Roots(docType); err != nil || len(roots) != 0 {
			t.Errorf("a root for %q, %v", docType, err)
		}
	}
}

func TestFileRefuses(t *testing.T) {
	all := generate(t)
	root, signer := certificate(all[keys.PurposeIACA]), certificate(all[keys.PurposeDocument])
	cases := []struct {
		name   string
		change func(f *trust.File)
		says   string
	}{
		{"nobody", func(f *trust.File) { *f = trust.File{StatusLists: f.StatusLists} }, "names nobody"},
		{"no certificate", func(f *trust.File) { f.IACAs[0].PEM = "" }, "not one certificate"},
		{"two certificates", func(f *trust.File) { f.IACAs[0].PEM += root }, "not one certificate"},
		{"a document signer", func(f *trust.File) { f.IACAs[0].PEM = signer }, "not an issuing authority's root"},
		{"a root that may not sign certificates", func(f *trust.File) { f.IACAs[0].PEM = selfSigned(t, true, x509.KeyUsageCRLSign) }, "not an issuing authority's root"},
		{"a signer of certificates that is no authority", func(f *trust.File) {
			f.IACAs[0].PEM = selfSigned(t, false, x509.KeyUsageCertSign)
		}, "not an issuing authority's root"},
		{"no documents", func(f *trust.File) { f.IACAs[0].Documents = nil }, "documents is empty"},
		{"a pattern", func(f *trust.File) { f.IACAs[0].Documents = []string{"uk.gov.*"} }, "not a docType in full"},
		{"a relative issuer", func(f *trust.File) { f.Issuers[0].Issuer = "issuer.example" }, "issuer is not an absolute"},
		{"an issuer twice", func(f *trust.File) { f.Issuers = append(f.Issuers, f.Issuers[0]) }, "issuer stands twice"},
		{"did:key", func(f *trust.File) { f.Issuers[0].DID = "did:key:z" }, "did is not"},
		{"a document in a file", func(f *trust.File) { f.Issuers[0].Document = "file:///did.json" }, "document is not an absolute"},
		{"a prefix without its slash", func(f *trust.File) { f.StatusLists[0].Prefix = "https://status.example" }, "does not end in a slash"},
		{"a prefix with dots", func(f *trust.File) { f.StatusLists[0].Prefix = "https://status.example/t/../" }, "dots in its path"},
		{"a prefix with a query", func(f *trust.File) { f.StatusLists[0].Prefix = "https://status.example/?x=/" }, "has a query"},
		{"a list of another prefix", lists("https://other.example/t/a"), "lists[0] is not the prefix"},
		{"a list of two segments", lists("https://status.example/t/a/b"), "lists[0] is not the prefix"},
		{"a list with a query", lists("https://status.example/t/a", "https://status.example/t/b?x"), "lists[1] is not the prefix"},
		{"a list twice", lists("https://status.example/t/a", "https://status.example/t/a"), "lists[1] stands twice"},
		{"too many lists", func(f *trust.File) {
			for i := range 257 {
				f.StatusLists[0].Lists = append(f.StatusLists[0].Lists, fmt.Sprintf("https://status.example/t/%d", i))
			}
		}, "more than 256"},
		{"a prefix twice", func(f *trust.File) { f.StatusLists = append(f.StatusLists, f.StatusLists[0]) }, "prefix stands twice"},
		{"letters twice", func(f *trust.File) {
			f.Letters = []trust.Letters{{Issuer: "https://a.example", JWKS: "https://a.example/k"}, {Issuer: "https://a.example", JWKS: "https://a.example/k"}}
		}, "letters[1]: issuer stands twice"},
		{"letters with keys in a file", func(f *trust.File) {
			f.Letters = []trust.Letters{{Issuer: "https://a.example", JWKS: "file:///k"}}
		}, "jwks is not an absolute"},
		{"a user", func(f *trust.File) { f.StatusLists[0].JWKS = "https://a@status.example/jwks" }, "jwks is not an absolute"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := goodFile(root)
			c.change(&f)
			if _, err := trust.ParseFile(file(t, f)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestFileIsReadStrictly(t *testing.T) {
	good := string(file(t, goodFile(certificate(generate(t)[keys.PurposeIACA]))))
	for name, text := range map[string]string{
		"nothing":        "",
		"trailing":       good + "{}",
		"unknown member": `{"more":1,` + good[1:],
		"member twice":   `{"iacas":[],` + good[1:],
		"another case":   strings.Replace(good, `"iacas"`, `"IACAs"`, 1),
		"inner unknown":  strings.Replace(good, `"jwks"`, `"kwjs"`, 1),
	} {
		if _, err := trust.ParseFile([]byte(text)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	f := goodFile("x")
	f.Issuers[0].DID, f.StatusLists[0].JWKS = "x", "x"
	_, err := trust.ParseFile(file(t, f))
	for _, want := range []string{"iacas[0]", "issuers[0]", "statusLists[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

// didIssuer publishes a DID document of one key.
type didIssuer struct {
	keys []keys.Key
	err  error
	asks int
	now  time.Time
}

func (d *didIssuer) Get(_ context.Context, address, _ string) (*fetch.Response, error) {
	d.asks++
	if d.err != nil || address != documentURL {
		return nil, errors.Join(errors.New("no answer"), d.err)
	}
	var published []jose.PublicJWK
	for _, k := range d.keys {
		jwk, err := jose.NewPublicJWK(k.Public(), k.ID)
		if err != nil {
			return nil, err
		}
		published = append(published, jwk)
	}
	body, err := json.Marshal(did.NewDocument(issuerDID, published))
	return &fetch.Response{Body: body}, err
}

func TestIssuerKey(t *testing.T) {
	all := generate(t)
	first, second := all[keys.PurposeCredential], all[keys.PurposeOffer]
	away := errors.New("away")
	d := &didIssuer{keys: []keys.Key{first}, now: start}
	store := static(t, goodFile(certificate(all[keys.PurposeIACA])), d, func() time.Time { return d.now })
	steps := []struct {
		name   string
		after  time.Duration
		change func()
		issuer string
		key    keys.Key
		want   error
		asks   int
	}{
		{"another issuer", 0, nil, "https://other.example", first, verification.ErrIssuerUntrusted, 0},
		{"a key", 0, nil, issuer, first, nil, 1},
		{"from memory", time.Minute, func() { d.err = away }, issuer, first, nil, 1},
		{"an unknown key asks again", time.Minute, nil, issuer, second, away, 2},
		{"but not at once", time.Minute + time.Second, nil, issuer, second, away, 2},
		{"a new key", 2 * time.Minute, func() { d.keys, d.err = []keys.Key{second}, nil }, issuer, second, nil, 3},
		{"a withdrawn key", 3 * time.Minute, nil, issuer, first, verification.ErrKeyUnknown, 4},
		{"too old to believe", 9 * time.Minute, func() { d.err = away }, issuer, second, away, 5},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			if d.now = start.Add(s.after); s.change != nil {
				s.change()
			}
			key, err := store.IssuerKey(context.Background(), s.issuer, issuerDID+"#"+s.key.ID)
			if !errors.Is(err, s.want) || err == nil && !key.Equal(s.key.Public()) {
				t.Errorf("got %v, want %v", err, s.want)
			}
			if d.asks != s.asks {
				t.Errorf("asked %d times, want %d", d.asks, s.asks)
			}
		})
	}
}

// A trust file that is accepted is accepted when it is written again, and trusts somebody.
func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{
		`{"iacas":[],"issuers":[{"issuer":"https://i.example","did":"did:web:i.example","document":"https://i.example/did.json"}],"statusLists":[]}`,
		`{"iacas":[{"pem":"","documents":["x"]}],"issuers":[],"statusLists":[]}`, `{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := trust.ParseFile(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trust.ParseFile(again); err != nil || len(file.IACAs)+len(file.Issuers) == 0 {
			t.Errorf("%q was accepted, and %q is not (%v), or it trusts nobody", raw, again, err)
		}
	})
}
