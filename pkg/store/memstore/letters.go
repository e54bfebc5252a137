package memstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"justice-wallet/pkg/issuance"
)

// CommitLetter implements issuance.LetterBook.
func (s *Store) CommitLetter(_ context.Context, c issuance.LetterCommit) (issuance.LetterKept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, id := s.now(), c.Credential.ID
	if !s.credentials.has(id, now) {
		s.credentials.put(id, c.Credential, now, c.Credential.Until.AddDate(keepYears, 0, 0))
		s.letters.put(id, bytes.Clone(c.Sealed), now, c.Until)
		s.newest[seriesOf(c.Credential)] = id
	}
	return s.letter(id, now)
}

// Letter implements issuance.LetterBook.
func (s *Store) Letter(_ context.Context, id string) (issuance.LetterKept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.letter(id, s.now())
}

func (s *Store) letter(id string, now time.Time) (issuance.LetterKept, error) {
	c, ok := s.credentials.get(id, now)
	if !ok || c.Format != issuance.FormatLetter {
		return issuance.LetterKept{}, issuance.ErrNotFound
	}
	sealed, _ := s.letters.get(id, now)
	return issuance.LetterKept{Credential: c, Sealed: bytes.Clone(sealed), Newest: s.newest[seriesOf(c)]}, nil
}

func seriesOf(c issuance.Credential) series { return series{c.Record, c.Configuration} }

// PutWish implements issuance.LetterWishes.
func (s *Store) PutWish(_ context.Context, w issuance.LetterWish, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if !s.wishes.has(w.ID, now) {
		w.Sealed = bytes.Clone(w.Sealed)
		s.wishes.put(w.ID, w, now, until)
	}
	return nil
}

// Wishes implements issuance.LetterWishes.
func (s *Store) Wishes(_ context.Context, after issuance.LetterWish, limit int) ([]issuance.LetterWish, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []issuance.LetterWish
	for id := range s.wishes.things {
		if w, ok := s.wishes.get(id, s.now()); ok && inOrder(after, w) < 0 {
			found = append(found, w)
		}
	}
	slices.SortFunc(found, inOrder)
	return found[:min(limit, len(found))], nil
}

// inOrder compares wishes by when they were asked, and those of one moment by their names.
func inOrder(a, b issuance.LetterWish) int {
	return cmp.Or(a.Asked.Compare(b.Asked), cmp.Compare(a.ID, b.ID))
}

// DropWish implements issuance.LetterWishes.
func (s *Store) DropWish(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wishes.drop(id)
	return nil
}
