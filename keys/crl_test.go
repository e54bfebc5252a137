package keys_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"justice-wallet/keys"
)

func crl(t *testing.T, root keys.Key, all []keys.Key, at time.Time) *x509.RevocationList {
	t.Helper()
	list, err := keys.CRL(root, all, at)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestARevocationListSaysWhoWasRevoked(t *testing.T) {
	all := generate(t)
	root, signer := all[0], &all[1]
	if list := crl(t, root, all, now); len(list.RevokedCertificateEntries) != 0 || !list.NextUpdate.Equal(list.ThisUpdate.Add(48*time.Hour)) || list.ThisUpdate.After(now) {
		t.Errorf("nobody was revoked: %+v", list)
	}
	for reason, code := range map[keys.Reason]int{keys.ReasonCompromised: 1, keys.ReasonSuperseded: 4, keys.ReasonCeased: 5} {
		at := now.Add(90*time.Minute + time.Millisecond)
		signer.State, signer.Status = keys.StateRevoked, keys.Status{State: keys.StateRevoked, Reason: reason, Changed: at}
		all[2].State, all[2].Status = signer.State, signer.Status // it has no certificate
		list := crl(t, root, all, at.Add(time.Second))
		if len(list.RevokedCertificateEntries) != 1 {
			t.Fatalf("%d entries", len(list.RevokedCertificateEntries))
		}
		entry := list.RevokedCertificateEntries[0]
		if entry.SerialNumber.Cmp(signer.Chain[0].SerialNumber) != 0 || entry.ReasonCode != code || !entry.RevocationTime.Equal(at.Truncate(time.Second)) {
			t.Errorf("%s: %+v", reason, entry)
		}
		if !list.ThisUpdate.Equal(at.Truncate(time.Second)) {
			t.Errorf("this list is of %v, and the revocation of %v", list.ThisUpdate, at)
		}
	}
	if other := generate(t)[0]; len(crl(t, other, append(all, other), now.Add(2*time.Hour)).RevokedCertificateEntries) != 0 {
		t.Error("another root's list names our signer")
	}
}

// The lists of one root follow one another: each later one has a higher number, and two replicas make the same.
func TestRevocationListsFollowOneAnother(t *testing.T) {
	all := generate(t)
	root := all[0]
	first := crl(t, root, all, now.Add(time.Minute))
	if again := crl(t, root, all, now.Add(time.Hour)); !bytes.Equal(again.RawTBSRevocationList, first.RawTBSRevocationList) {
		t.Error("two replicas make two lists")
	}
	next := crl(t, root, all, now.Add(12*time.Hour))
	if next.Number.Cmp(first.Number) <= 0 || !next.ThisUpdate.After(first.ThisUpdate) || !next.ThisUpdate.Before(first.NextUpdate) {
		t.Errorf("%v of %v, then %v of %v", first.Number, first.ThisUpdate, next.Number, next.ThisUpdate)
	}
	all[1].State = keys.StateRevoked
	all[1].Status = keys.Status{State: keys.StateRevoked, Reason: keys.ReasonCompromised, Changed: next.ThisUpdate.Add(time.Hour)}
	if last := crl(t, root, all, next.ThisUpdate.Add(time.Hour)); last.Number.Cmp(next.Number) <= 0 {
		t.Error("a list with a new revocation has no higher number")
	}
}

func TestNoRevocationListOf(t *testing.T) {
	all := generate(t)
	revoked := all[0]
	revoked.State = keys.StateRevoked
	for name, c := range map[string]struct {
		root keys.Key
		at   time.Time
	}{
		"a key that is no root":             {all[1], now},
		"a key without a certificate":       {all[2], now},
		"a revoked root":                    {revoked, now},
		"a root before its time":            {all[0], now.Add(-time.Hour)},
		"a root that has expired":           {all[0], now.AddDate(10, 0, 0)},
		"a root whose key is another's":     {keys.Key{ID: all[0].ID, Purpose: keys.PurposeIACA, Signer: all[2].Signer, Chain: all[0].Chain}, now},
		"a root whose provider mixes it up": {keys.Key{ID: all[0].ID, Purpose: keys.PurposeIACA, Signer: swapped{all[0], all[2]}, Chain: all[0].Chain}, now},
	} {
		if _, err := keys.CRL(c.root, all, c.at); err == nil {
			t.Errorf("%s signed one", name)
		}
	}
}

func TestLintCRLFindsEachFault(t *testing.T) {
	all := generate(t)
	root, other := all[0], generate(t)[0]
	renamed := *root.Chain[0]
	renamed.RawSubject, renamed.Subject = nil, pkix.Name{CommonName: "Another"}
	unnamed := *root.Chain[0]
	unnamed.SubjectKeyId = []byte{1}
	cases := []struct {
		rule   string
		change func(l *x509.RevocationList)
		issuer *x509.Certificate
		key    keys.Key
	}{
		{"", func(*x509.RevocationList) {}, root.Chain[0], root},
		{"issuer", func(*x509.RevocationList) {}, &renamed, root},
		{"signature", func(l *x509.RevocationList) { l.SignatureAlgorithm = x509.ECDSAWithSHA512 }, root.Chain[0], root},
		{"signature", func(*x509.RevocationList) {}, keyed(root.Chain[0], other), other},
		{"authority-key-id", func(*x509.RevocationList) {}, &unnamed, root},
		{"number", func(l *x509.RevocationList) { l.Number = big.NewInt(0) }, root.Chain[0], root},
		{"unknown-critical", func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}} // a delta
		}, root.Chain[0], root},
		{"unknown-critical", func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{48, 0}}}
		}, root.Chain[0], root},
	}
	for _, c := range cases {
		template := &x509.RevocationList{
			Number: big.NewInt(5), ThisUpdate: now, NextUpdate: now.Add(time.Hour),
			RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(7), RevocationTime: now}},
		}
		c.change(template)
		der, err := x509.CreateRevocationList(rand.Reader, template, c.issuer, c.key.Signer)
		if err != nil {
			t.Fatal(err)
		}
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range keys.LintCRL(list, root.Chain[0]) {
			got = append(got, f.Rule)
		}
		if sortedJoin(got) != c.rule {
			t.Errorf("found %v, want %q alone", got, c.rule)
		}
	}
	list := *crl(t, root, all, now)
	list.NextUpdate = list.ThisUpdate
	if got := keys.LintCRL(&list, root.Chain[0]); len(got) != 1 || got[0].Rule != "updates" {
		t.Errorf("a list that is never good: %v", got)
	}
}

// keyed is a certificate as if it were of another key.
func keyed(c *x509.Certificate, k keys.Key) *x509.Certificate {
	out := *c
	out.PublicKey = k.Public()
	return &out
}
