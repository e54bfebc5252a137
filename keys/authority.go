package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Authority names an authority in its certificates.
type Authority struct {
	Name    string // common name of the root
	URL     string // issuer alternative name: where the authority can be reached
	CRL     string // where its revocation lists are: that of a root at CRL/<id>, id being the first 16 digits of its key's
	Country string // ISO 3166-1 alpha-2: "GB"
}

// AuthorityOf reads from a root's certificate whose it is.
func AuthorityOf(root Key) (Authority, error) {
	if len(root.Chain) == 0 {
		return Authority{}, errors.New("read authority: the root has no certificate")
	}
	c := root.Chain[0]
	names := alternativeNames(c)
	if len(names) != 1 || len(c.Subject.Country) != 1 || len(c.CRLDistributionPoints) != 1 {
		return Authority{}, errors.New("read authority: the root's certificate is outside its profile")
	}
	return Authority{Name: c.Subject.CommonName, URL: names[0], CRL: names[0] + "/crl", Country: c.Subject.Country[0]}, nil
}

// Generate makes every key a new issuing authority needs, all active: root, document signer, offer, credential, status list
// and letter.
func Generate(a Authority, now time.Time) ([]Key, error) {
	root, err := NewRoot(a, now)
	if err != nil {
		return nil, err
	}
	signer, err := NewSigner(a, root, now)
	if err != nil {
		return nil, err
	}
	out := []Key{root, signer}
	for _, p := range []Purpose{PurposeOffer, PurposeCredential, PurposeStatusList, PurposeLetter} {
		k, err := NewKey(p, now)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	for i := range out {
		out[i].State = StateActive
	}
	return out, nil
}

// NewKey makes a key, in the state created, with no certificate.
func NewKey(p Purpose, now time.Time) (Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make %s key: %w", p, err)
	}
	return newKey(p, private, now)
}

// NewRoot makes an IACA root with its self-signed certificate.
func NewRoot(a Authority, now time.Time) (Key, error) {
	k, err := NewKey(PurposeIACA, now)
	if err != nil {
		return Key{}, err
	}
	return CertifyRoot(a, k, now)
}

// NewSigner makes a document signer with its certificate under root.
func NewSigner(_ Authority, root Key, now time.Time) (Key, error) {
	k, err := NewKey(PurposeDocument, now)
	if err != nil {
		return Key{}, err
	}
	return Certify(root, k, "", now)
}

// LinkRoots has the root before vouch for a new one of the same name: the new root's chain gets a link certificate
// (ISO 18013-5 Annex B.1.3), which ends no later than the root before does.
func LinkRoots(before, k Key, now time.Time) (Key, error) {
	if before.Purpose != PurposeIACA || k.Purpose != PurposeIACA || len(before.Chain) == 0 || len(k.Chain) == 0 || before.ID == k.ID {
		return Key{}, errors.New("link roots: both must be IACA roots, and not the same")
	}
	old, own := before.Chain[0], k.Chain[0]
	template, err := template(profileOf(ProfileLink), own.Subject.CommonName, now)
	if err != nil {
		return Key{}, err
	}
	template.RawSubject = own.RawSubject
	template.NotAfter = earliest(own.NotAfter, old.NotAfter)
	link, err := certify(k, ProfileLink, template, old, before)
	if err != nil {
		return Key{}, err
	}
	k.Chain = []*x509.Certificate{own, link}
	return k, nil
}
