package memstore

import (
	"cmp"
	"context"
	"slices"

	"justice-wallet/pkg/issuance"
)

// Credentials implements issuance.Roll.
func (s *Store) Credentials(_ context.Context, ids []string) ([]issuance.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]issuance.Credential, 0, len(ids))
	for _, id := range ids {
		if c, ok := s.credentials.get(id, s.now()); ok {
			found = append(found, c)
		}
	}
	return found, nil
}

// SignedBy implements issuance.Roll.
func (s *Store) SignedBy(_ context.Context, keyID, after string, limit int) ([]string, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, known := s.credentials.get(after, s.now())
	order := func(a, b issuance.Credential) int { return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.ID, b.ID)) }
	var found []issuance.Credential
	for id := range s.credentials.things {
		if c, ok := s.credentials.get(id, s.now()); ok && c.KeyID == keyID && (!known || order(c, from) > 0) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, order)
	if len(found) <= limit {
		return identifiers(found), "", nil
	}
	return identifiers(found[:limit]), found[limit-1].ID, nil
}

func identifiers(all []issuance.Credential) []string {
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids
}

// MarkAllRevoked implements issuance.Roll.
func (s *Store) MarkAllRevoked(ctx context.Context, ends []issuance.End) error {
	for _, e := range ends {
		_ = s.MarkRevoked(ctx, e.ID, e.At, e.Reason) // the one error is that it is not kept
	}
	return nil
}
