package wallet

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// openMDoc judges an mdoc as a careful wallet would and returns what it says. roots are the issuer's IACAs.
func (w *Wallet) openMDoc(raw string, c configuration, roots []*x509.Certificate) (*Held, error) {
	doc, err := parseIssuerSigned(raw)
	if err != nil {
		return nil, err
	}
	now := w.now()
	mso, err := verifyIssuerAuth(doc.auth, roots, now)
	if err != nil {
		return nil, err
	}
	if mso.docType != c.docType {
		return nil, errors.New("docType is not the one in the metadata")
	}
	if !mso.deviceKey.Equal(&w.key.PublicKey) {
		return nil, errors.New("deviceKey is not this wallet's key")
	}
	if err := mso.validity.check(now); err != nil {
		return nil, err
	}
	if err := checkDigests(doc.spaces, mso); err != nil {
		return nil, err
	}
	elements := doc.elements()
	if err := c.checkElements(elements); err != nil {
		return nil, err
	}
	return &Held{Raw: raw, DocType: mso.docType, Elements: elements, Status: mso.status,
		ValidUntil: mso.validity.until, ExpectedUpdate: mso.validity.expectedUpdate}, nil
}

// verifyIssuerAuth follows ISO 18013-5 §9.3.1: chain, signature, and only then what was signed.
func verifyIssuerAuth(auth *sign1, roots []*x509.Certificate, now time.Time) (*mobileSecurityObject, error) {
	leaf, err := signerCertificate(auth.unprotected)
	if err != nil {
		return nil, err
	}
	key, err := verifySigner(leaf, roots, now)
	if err != nil {
		return nil, fmt.Errorf("document signer: %w", err)
	}
	if err := auth.verify(key, auth.payload); err != nil {
		return nil, fmt.Errorf("issuerAuth: %w", err)
	}
	mso, err := parseMSO(auth.payload)
	if err != nil {
		return nil, fmt.Errorf("mobile security object: %w", err)
	}
	// ISO 18013-5 §9.3.1 step 5: signed lies in the life of the certificate.
	if mso.validity.signed.Before(leaf.NotBefore) || mso.validity.signed.After(leaf.NotAfter) {
		return nil, errors.New("signed outside the validity of the document signer")
	}
	return mso, nil
}

// signerCertificate reads the unprotected header, which holds one certificate and nothing else.
func signerCertificate(unprotected Map) (*x509.Certificate, error) {
	v, ok := unprotected.Get(coseX5Chain)
	der, isBytes := v.([]byte)
	if !ok || !isBytes || len(unprotected) != 1 {
		return nil, errors.New("unprotected header is not exactly one certificate")
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read x5chain: %w", err)
	}
	return leaf, nil
}

func (v validity) check(now time.Time) error {
	switch {
	case v.signed.After(now):
		return errors.New("signed in the future")
	case v.from.Before(v.signed) || v.from.After(now):
		return errors.New("validFrom is before signed or in the future")
	case !v.until.After(now):
		return errors.New("validUntil has passed")
	case !v.expectedUpdate.IsZero() && v.expectedUpdate.After(v.until):
		return errors.New("expectedUpdate is after validUntil")
	}
	return nil
}

// checkDigests holds every item against its digest. Digests without an item are decoys, and allowed.
func checkDigests(spaces []itemSpace, mso *mobileSecurityObject) error {
	randoms := map[string]bool{}
	var names []string
	for _, space := range spaces {
		names = append(names, space.name)
		for _, item := range space.items {
			if err := item.matches(mso.digests[space.name]); err != nil {
				return fmt.Errorf("%s/%s: %w", space.name, item.name, err)
			}
			if randoms[string(item.random)] {
				return errors.New("two items share one random")
			}
			randoms[string(item.random)] = true
		}
	}
	if len(mso.digests) != len(names) || !sameSet(mso.authorised, names) {
		return errors.New("namespaces of items, digests and key authorisations differ")
	}
	return nil
}

func (i signedItem) matches(digests map[int64][]byte) error {
	b, err := EncodeCBOR(i.tagged)
	if err != nil {
		return err
	}
	want, ok := digests[i.digestID]
	got := sha256.Sum256(b)
	if !ok || !bytes.Equal(want, got[:]) {
		return errors.New("digest does not match")
	}
	return nil
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
