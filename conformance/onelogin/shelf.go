package onelogin

import (
	"sync"
	"time"
)

// shelf keeps things until they expire. The zero shelf is empty and ready.
type shelf[T any] struct {
	mu    sync.Mutex
	items map[string]shelved[T]
}

type shelved[T any] struct {
	value   T
	expires time.Time
}

// put keeps value under key until expires. It says false, and changes nothing, when the key is in use.
func (s *shelf[T]) put(now time.Time, key string, value T, expires time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.items == nil {
		s.items = map[string]shelved[T]{}
	}
	for k, item := range s.items {
		if !item.expires.After(now) {
			delete(s.items, k)
		}
	}
	if _, used := s.items[key]; used {
		return false
	}
	s.items[key] = shelved[T]{value, expires}
	return true
}

// get returns what is under key.
func (s *shelf[T]) get(now time.Time, key string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.items[key]
	return item.value, ok && item.expires.After(now)
}

// take returns what is under key and removes it, so that only one caller ever gets it.
func (s *shelf[T]) take(now time.Time, key string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.items[key]
	delete(s.items, key)
	return item.value, ok && item.expires.After(now)
}
