package trust

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"slices"
	"time"

	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/verification"
)

// Getter is what the store needs of a fetch.Client.
type Getter interface {
	Get(ctx context.Context, address, accept string) (*fetch.Response, error)
}

// Store is a verification.TrustStore over a trust file. Safe for concurrent use.
type Store struct {
	iacas   []IACA
	issuers map[string]*didKeys
}

// NewStore returns the store of f. DID documents are fetched when they are first needed.
func NewStore(f *File, client Getter, now func() time.Time) *Store {
	s := &Store{iacas: f.IACAs, issuers: map[string]*didKeys{}}
	for _, issuer := range f.Issuers {
		s.issuers[issuer.Issuer] = newDIDKeys(issuer, client, now)
	}
	return s
}

// Roots returns the authorities trusted for docType.
func (s *Store) Roots(docType string) []*x509.Certificate {
	var roots []*x509.Certificate
	for _, a := range s.iacas {
		if slices.Contains(a.Documents, docType) {
			roots = append(roots, a.certificate)
		}
	}
	return roots
}

// IssuerKey returns a key of the DID document of a trusted issuer.
func (s *Store) IssuerKey(ctx context.Context, issuer, keyID string) (*ecdsa.PublicKey, error) {
	keys, ok := s.issuers[issuer]
	if !ok {
		return nil, verification.ErrIssuerUntrusted
	}
	return keys.key(ctx, keyID)
}
