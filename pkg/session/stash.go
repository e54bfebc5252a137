package session

import (
	"net/url"
	"time"
)

const stashKey = "stash"

// stash is a form that waits for its sender to sign in again.
type stash struct {
	Path  string     `json:"path"`
	Form  url.Values `json:"form"`
	Until time.Time  `json:"until"`
}

// Stash keeps what was typed into the form at path while its sender signs in again. Its token is not kept: nothing is done
// with the form before its sender has seen it again.
func (s *Session) Stash(path string, form url.Values) error {
	kept := url.Values{}
	for name, values := range form {
		if name != csrfField {
			kept[name] = values
		}
	}
	return s.Keep(stashKey, stash{path, kept, s.manager.Now().Add(stashLife)})
}

// Stashed returns where a kept form belongs, or "".
func (s *Session) Stashed() string {
	var kept stash
	if !s.Load(stashKey, &kept) || !s.manager.Now().Before(kept.Until) {
		return ""
	}
	return kept.Path
}

// Unstash gives back, once, what was typed into the form at path.
func (s *Session) Unstash(path string) (url.Values, bool) {
	var kept stash
	if !s.Load(stashKey, &kept) || kept.Path != path {
		return nil, false
	}
	s.Delete(stashKey)
	return kept.Form, s.manager.Now().Before(kept.Until)
}
