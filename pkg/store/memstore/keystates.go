package memstore

import (
	"context"
	"maps"

	"justice-wallet/keys"
)

// KeyStates implements keys.Books.
func (s *Store) KeyStates(context.Context) (keys.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return keys.Book{Version: s.keyStates.Version, Keys: maps.Clone(s.keyStates.Keys)}, nil
}

// SwapKeyStates implements keys.Books.
func (s *Store) SwapKeyStates(_ context.Context, b keys.Book) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch kept := s.keyStates; {
	case kept.Version == b.Version+1 && kept.Same(b):
		return nil
	case kept.Version != b.Version:
		return keys.ErrConflict
	}
	s.keyStates = keys.Book{Version: b.Version + 1, Keys: maps.Clone(b.Keys)}
	return nil
}
