package trust_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/trust"
)

const docType = "uk.gov.justice.synthetic.1"

// signedSource is a signed trust file that changes.
type signedSource struct {
	t       *testing.T
	key     keys.Key
	root    keys.Key
	signer  keys.Key
	now     time.Time
	content []byte
	err     error
}

func newSignedSource(t *testing.T) *signedSource {
	all := generate(t)
	s := &signedSource{t: t, key: all[keys.PurposeOffer], root: all[keys.PurposeIACA], signer: all[keys.PurposeDocument], now: start}
	s.publish(1, nil)
	return s
}

func (s *signedSource) publish(version int64, change func(f *trust.File)) {
	s.content = []byte(s.signed(s.key, trust.TypeSigned, version, change) + "\n")
}

func (s *signedSource) signed(key keys.Key, typ string, version int64, change func(f *trust.File)) string {
	s.t.Helper()
	f := goodFile(certificate(s.root))
	next := start.Add(24 * time.Hour)
	f.Version, f.NextUpdate = version, &next
	if change != nil {
		change(&f)
	}
	compact, err := jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: typ}, file(s.t, f))
	if err != nil {
		s.t.Fatal(err)
	}
	return compact
}

func (s *signedSource) open() (*trust.Store, error) {
	return trust.Open(trust.Source{Read: func() ([]byte, error) { return s.content, s.err }, Key: s.key.Public()},
		trust.Options{Now: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler)})
}

func digest(k keys.Key) string {
	d := sha256.Sum256(k.Chain[0].Raw)
	return hex.EncodeToString(d[:])
}

func TestASignedFileAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *signedSource)
		ok     bool
	}{
		"signed": {func(*signedSource) {}, true},
		"another's": {func(s *signedSource) {
			s.content = []byte(s.signed(generate(t)[keys.PurposeOffer], trust.TypeSigned, 1, nil))
		}, false},
		"another type":     {func(s *signedSource) { s.content = []byte(s.signed(s.key, "JWT", 1, nil)) }, false},
		"unsigned":         {func(s *signedSource) { s.content = file(t, goodFile(certificate(s.root))) }, false},
		"no version":       {func(s *signedSource) { s.publish(0, nil) }, false},
		"no next update":   {func(s *signedSource) { s.publish(1, func(f *trust.File) { f.NextUpdate = nil }) }, false},
		"out of date":      {func(s *signedSource) { s.now = start.Add(24 * time.Hour) }, false},
		"not there":        {func(s *signedSource) { s.err = errors.New("no such file") }, false},
		"revoked of noise": {func(s *signedSource) { s.publish(1, func(f *trust.File) { f.Revoked = []string{"AA"} }) }, false},
		"a CRL of noise":   {func(s *signedSource) { s.publish(1, func(f *trust.File) { f.IACAs[0].CRL = "x" }) }, false},
		"another root's CRL": {func(s *signedSource) {
			other := generate(t)[keys.PurposeIACA]
			s.publish(1, func(f *trust.File) { f.IACAs[0].CRL = crlPEM(t, other) })
		}, false},
		"its own CRL": {func(s *signedSource) { s.publish(1, func(f *trust.File) { f.IACAs[0].CRL = crlPEM(t, s.root) }) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSignedSource(t)
			c.change(s)
			if _, err := s.open(); (err == nil) != c.ok {
				t.Errorf("%v", err)
			}
		})
	}
}

func crlPEM(t *testing.T, root keys.Key) string {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: start, NextUpdate: start.Add(time.Hour)},
		root.Chain[0], root.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
}

// A newer file takes effect without a restart; a bad or an older one never does; without a newer one in time, nobody is
// believed.
func TestReload(t *testing.T) {
	s := newSignedSource(t)
	store, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	trusted := func() (roots int, revoked bool, err error) {
		all, err := store.Roots(docType)
		for _, r := range all {
			revoked = revoked || r.Revoked
		}
		return len(all), revoked, err
	}
	want := func(step string, roots int, revoked, signer bool) {
		t.Helper()
		n, r, err := trusted()
		if err != nil || n != roots || r != revoked || store.Revoked(s.signer.Chain[0]) != signer {
			t.Errorf("%s: %d roots, revoked %t, signer revoked %t, %v", step, n, r, store.Revoked(s.signer.Chain[0]), err)
		}
	}
	want("at first", 1, false, false)
	takeBack := func(f *trust.File) { f.Revoked = []string{digest(s.root), digest(s.signer)} }
	s.publish(2, takeBack)
	want("at once", 1, false, false)
	s.now = s.now.Add(5 * time.Second)
	want("five seconds later", 1, true, true)
	for step, change := range map[string]func(){
		"an older file":    func() { s.publish(1, nil) },
		"the same version": func() { s.publish(2, nil) },
		"another's":        func() { s.content = []byte(s.signed(generate(t)[keys.PurposeOffer], trust.TypeSigned, 3, nil)) },
		"noise":            func() { s.content = []byte("noise") },
		"no file any more": func() { s.err = errors.New("gone") },
	} {
		s.err = nil
		change()
		s.now = s.now.Add(5 * time.Second)
		want(step, 1, true, true)
	}
	s.now = start.Add(24 * time.Hour)
	if _, _, err := trusted(); !errors.Is(err, verification.ErrTrustStale) {
		t.Errorf("a stale list is believed: %v", err)
	}
	if _, err := store.IssuerKey(context.Background(), issuer, "x"); !errors.Is(err, verification.ErrTrustStale) {
		t.Errorf("a stale list is believed: %v", err)
	}
	if !store.Revoked(s.signer.Chain[0]) || store.StatusLists() != nil {
		t.Error("a stale list is believed")
	}
	s.err = nil
	s.publish(4, func(f *trust.File) { later := s.now.Add(time.Hour); f.NextUpdate, f.IACAs = &later, nil })
	s.now = s.now.Add(5 * time.Second)
	want("a newer one again, without the root", 0, false, false)
}

// What was fetched of an issuer survives a reload that leaves the issuer alone.
func TestReloadKeepsWhatWasFetched(t *testing.T) {
	all := generate(t)
	d := &didIssuer{keys: []keys.Key{all[keys.PurposeCredential]}, now: start}
	good := goodFile(certificate(all[keys.PurposeIACA]))
	content := file(t, good)
	store, err := trust.Open(trust.Source{Read: func() ([]byte, error) { return content, nil }},
		trust.Options{Client: d, Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() error {
		_, err := store.IssuerKey(context.Background(), issuer, issuerDID+"#"+all[keys.PurposeCredential].ID)
		return err
	}
	if err := ask(); err != nil || d.asks != 1 {
		t.Fatalf("%d, %v", d.asks, err)
	}
	good.StatusLists = nil
	content, d.now = file(t, good), start.Add(6*time.Second)
	if err := ask(); err != nil || d.asks != 1 || len(store.StatusLists()) != 0 {
		t.Errorf("asked %d times, %v", d.asks, err)
	}
	good.Issuers[0].Document = "https://issuer.example/other.json"
	content, d.now = file(t, good), start.Add(12*time.Second)
	if err := ask(); err == nil || d.asks != 2 {
		t.Errorf("asked %d times, %v", d.asks, err)
	}
}
