package memstore

import (
	"bytes"
	"context"
	"time"

	"justice-wallet/pkg/session"
)

// PutSession implements session.Store.
func (s *Store) PutSession(_ context.Context, digest string, sealed []byte, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.put(digest, bytes.Clone(sealed), s.now(), until)
	return nil
}

// ReplaceSession implements session.Store.
func (s *Store) ReplaceSession(_ context.Context, digest string, sealed []byte, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.sessions.get(digest, s.now()); !ok {
		return session.ErrNotFound
	}
	s.sessions.put(digest, bytes.Clone(sealed), s.now(), until)
	return nil
}

// Session implements session.Store.
func (s *Store) Session(_ context.Context, digest string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sealed, ok := s.sessions.get(digest, s.now())
	if !ok {
		return nil, session.ErrNotFound
	}
	return bytes.Clone(sealed), nil
}

// DropSession implements session.Store.
func (s *Store) DropSession(_ context.Context, digest string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.drop(digest)
	return nil
}
