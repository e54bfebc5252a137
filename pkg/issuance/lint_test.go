package issuance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

const releaseDocument = "uk.gov.justice.prisonrelease.1"

// pen is a format that writes something else than it was told.
type pen struct {
	slip   func(*credential.Statement)
	signed int // how often anyone asked for what is to be signed
}

func (*pen) Name() string          { return "mso_mdoc" }
func (*pen) Purpose() keys.Purpose { return keys.PurposeLetter }
func (*pen) Describe(d *document.Document) (credential.Description, bool) {
	return credential.Description{Configuration: d.Type}, true
}

func (p *pen) Draft(_ *document.Document, s credential.Statement, _ keys.Key) (issuance.Draft, error) {
	s.Elements = append([]credential.Element{}, s.Elements...)
	p.slip(&s)
	return &slipped{s, p}, nil
}

type slipped struct {
	says credential.Statement
	pen  *pen
}

func (d *slipped) Reopen() (credential.Statement, error) { return d.says, nil }
func (d *slipped) ToBeSigned() ([]byte, error)           { d.pen.signed++; return []byte("a document"), nil }
func (d *slipped) Seal([]byte) (string, error)           { return "a document", nil }

// collect has an offer made and collected in one go, written by pen.
func collect(t *testing.T, p *pen) error {
	t.Helper()
	d := newDesk(t)
	d.service.Formats, d.service.Offers, d.service.Ledger, d.service.OfferLife = []issuance.Format{p}, d.Store, d.Store, time.Hour
	offer, err := d.service.CreateOffer(t.Context(), issuance.OfferRequest{Configuration: releaseDocument, Record: issuance.Record{Person: "A0001AA"}, Subject: "synthetic"})
	must(t, err)
	holder, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	_, err = d.service.Issue(t.Context(), issuance.Request{
		Holder: &holder.PublicKey, ProofNonce: "nonce", ProofIssued: d.now,
		Grant: issuance.Grant{
			Issuer: "https://auth.example", TokenID: "token", Subject: "synthetic", Configuration: releaseDocument, OfferID: offer.ID, Nonce: "nonce",
			Expires: d.now.Add(time.Minute),
		},
	})
	return err
}

// Whatever was written other than it was decided never reaches a key.
func TestWhatIsSignedSaysWhatWasDecided(t *testing.T) {
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	for name, slip := range map[string]func(*credential.Statement){
		"another type":    func(s *credential.Statement) { s.DocumentType = "uk.gov.justice.licence.1" },
		"a longer life":   func(s *credential.Statement) { s.Validity.Until = s.Validity.Until.Add(time.Second) },
		"another list":    func(s *credential.Statement) { s.Status.URI += "x" },
		"another place":   func(s *credential.Statement) { s.Status.Index++ },
		"another holder":  func(s *credential.Statement) { s.Holder = &stranger.PublicKey },
		"no holder":       func(s *credential.Statement) { s.Holder = nil },
		"another value":   func(s *credential.Statement) { s.Elements[0].Value = "Another" },
		"an element less": func(s *credential.Statement) { s.Elements = s.Elements[1:] },
		"an element of no list": func(s *credential.Statement) {
			s.Elements = append(s.Elements, credential.Element{Namespace: releaseDocument, Name: "recall_reason", Value: "x"})
		},
		"an element twice":        func(s *credential.Statement) { s.Elements = append(s.Elements, s.Elements[0]) },
		"another issue time":      func(s *credential.Statement) { s.Validity.Signed = s.Validity.Signed.Add(-time.Second) },
		"another expected update": func(s *credential.Statement) { s.Validity.ExpectedUpdate = s.Validity.Until },
	} {
		p := &pen{slip: slip}
		if err := collect(t, p); err == nil || fault.KindOf(err) != fault.Internal || p.signed != 0 {
			t.Errorf("%s: %v, and the key was asked %d times", name, err, p.signed)
		}
	}
	p := &pen{slip: func(*credential.Statement) {}}
	if err := collect(t, p); err != nil || p.signed != 1 {
		t.Errorf("as decided: %v, and the key was asked %d times", err, p.signed)
	}
}
