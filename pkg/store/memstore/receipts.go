package memstore

import (
	"context"

	"justice-wallet/pkg/receipt"
)

// KeepReceipt implements receipt.Book.
func (s *Store) KeepReceipt(_ context.Context, r receipt.Receipt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receipts.put(r.ID, r, s.now(), r.Hour.Add(receipt.Keep))
	return nil
}

// FindReceipt implements receipt.Book.
func (s *Store) FindReceipt(_ context.Context, id string) (receipt.Receipt, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.receipts.get(id, s.now())
	return r, ok, nil
}
