package vical_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/vical"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

type provider struct {
	anchor *x509.Certificate
	leaf   *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newProvider(t testing.TB, change func(*x509.Certificate)) provider {
	t.Helper()
	root, key := fixture.Key(t), fixture.Key(t)
	anchor := fixture.Certify(t, authority("Synthetic list root"), nil, &root.PublicKey, root)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Synthetic list signer"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if change != nil {
		change(template)
	}
	return provider{anchor, fixture.Certify(t, template, anchor, &key.PublicKey, root), key}
}

func authority(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1 << 40), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
}

func (p provider) signer() vical.Signer {
	return vical.Signer{Chain: [][]byte{p.leaf.Raw}, Sign: es256.Signer(p.key)}
}

func list(t testing.TB) vical.List {
	t.Helper()
	key := fixture.Key(t)
	return vical.List{Provider: "Synthetic provider", Date: now, IssueID: 7, NextUpdate: now.Add(time.Hour), Infos: []vical.Info{
		{Certificate: fixture.Certify(t, authority("Synthetic IACA"), nil, &key.PublicKey, key), DocTypes: []string{"a.1", "b.1"}},
	}}
}

func seal(t testing.TB, l vical.List, p provider) []byte {
	t.Helper()
	raw, err := vical.Seal(l, p.signer())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRoundTrip(t *testing.T) {
	p, want := newProvider(t, nil), list(t)
	got, err := vical.Open(seal(t, want, p), []*x509.Certificate{p.anchor}, now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Provider != want.Provider || !got.Date.Equal(want.Date) || got.IssueID != 7 || !got.NextUpdate.Equal(want.NextUpdate) || len(got.Infos) != 1 ||
		!got.Infos[0].Certificate.Equal(want.Infos[0].Certificate) || !slices.Equal(got.Infos[0].DocTypes, want.Infos[0].DocTypes) {
		t.Errorf("%+v", got)
	}
}

func TestEveryBitOfAList(t *testing.T) {
	p := newProvider(t, nil)
	raw := seal(t, list(t), p)
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		if _, err := vical.Open(raw, []*x509.Certificate{p.anchor}, now); err == nil {
			t.Fatalf("bit %d changed, and it is believed", i)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
}

func TestSignersThatAreNotTrusted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		at     time.Time
		want   error
	}{
		"may not sign": {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }, now, vical.ErrSigner},
		"ended":        {func(c *x509.Certificate) { c.NotAfter = now }, now.Add(time.Second), vical.ErrSigner},
		"out of date":  {func(c *x509.Certificate) { c.NotAfter = now.Add(2 * time.Hour) }, now.Add(time.Hour), vical.ErrStale},
	} {
		p := newProvider(t, c.change)
		if _, err := vical.Open(seal(t, list(t), p), []*x509.Certificate{p.anchor}, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := newProvider(t, nil)
	for name, anchors := range map[string][]*x509.Certificate{"no anchor": nil, "another's": {newProvider(t, nil).anchor}} {
		if _, err := vical.Open(seal(t, list(t), p), anchors, now); !errors.Is(err, vical.ErrSigner) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := p.signer()
	own.Chain = nil
	raw, err := vical.Seal(list(t), own)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vical.Open(raw, []*x509.Certificate{p.anchor}, now); !errors.Is(err, vical.ErrSigner) {
		t.Errorf("without a certificate: %v", err)
	}
}

func TestListsThatAreWrong(t *testing.T) {
	p := newProvider(t, nil)
	c := list(t).Infos[0].Certificate
	info := func(change map[string]any) map[string]any {
		m := map[string]any{"certificate": c.Raw, "serialNumber": cbor.BigUint(c.SerialNumber.Bytes()), "ski": c.SubjectKeyId, "docType": []string{"a"}}
		for name, v := range change {
			m[name] = v
		}
		return map[string]any{"certificateInfos": []any{m}}
	}
	for name, change := range map[string]map[string]any{
		"another version":       {"version": "2.0"},
		"a date of text":        {"date": "2026-11-24"},
		"an issue of text":      {"vicalIssueID": "7"},
		"a next update of text": {"nextUpdate": "tomorrow"},
		"infos of text":         {"certificateInfos": "x"},
		"no provider":           {"vicalProvider": 1},
		"another serial":        info(map[string]any{"serialNumber": cbor.BigUint{9}}),
		"a serial with zeros":   info(map[string]any{"serialNumber": cbor.Tag{Number: 2, Content: append([]byte{0}, c.SerialNumber.Bytes()...)}}),
		"another ski":           info(map[string]any{"ski": []byte{1}}),
		"no docType":            info(map[string]any{"docType": []string{}}),
		"an empty docType":      info(map[string]any{"docType": []string{""}}),
		"no certificate":        info(map[string]any{"certificate": []byte{1}}),
	} {
		m := map[string]any{"version": "1.0", "vicalProvider": "p", "date": cbor.DateTime(now), "certificateInfos": []any{}, "later": "read past"}
		for k, v := range change {
			m[k] = v
		}
		payload, err := cbor.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		message, err := cose.ToBeSigned(payload)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := p.signer().Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := cose.Sign1{Chain: [][]byte{p.leaf.Raw}, Payload: payload, Signature: signature}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vical.Open(raw, []*x509.Certificate{p.anchor}, now); err == nil || errors.Is(err, vical.ErrSigner) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := list(t)
	bad.Infos[0].DocTypes = nil
	if _, err := vical.Seal(bad, p.signer()); err == nil {
		t.Error("a root without a docType was written")
	}
}

func FuzzOpen(f *testing.F) {
	p := newProvider(f, nil)
	good := seal(f, list(f), p)
	f.Add(good)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := vical.Open(raw, []*x509.Certificate{p.anchor}, now); err == nil && !bytes.Equal(raw, good) {
			t.Errorf("a mutant is believed: %x", raw)
		}
	})
}
