package issuance

import (
	"errors"

	"justice-wallet/keys"
	"justice-wallet/pkg/fault"
)

// errKeyChanged means that a key was rotated or revoked while something was written for it.
var errKeyChanged = errors.New("another key signs by now")

// withKey has work make something with the key that signs for p now, and make it anew when that has changed meanwhile.
func withKey[T any](s *Service, p keys.Purpose, work func(key keys.Key) (T, error)) (T, error) {
	const tries = 3
	var out T
	for range tries {
		key, err := s.Keys.Active(p)
		if err != nil {
			return out, fault.Wrap(fault.Unavailable, codeKeyUnavailable, "", err)
		}
		made, err := work(key)
		if !errors.Is(err, errKeyChanged) {
			return made, err
		}
	}
	return out, fault.Wrap(fault.Unavailable, codeKeyUnavailable, "", errKeyChanged)
}

// signs is asked just before a signature: the key that something was written for must be the one that signs still.
func (s *Service) signs(key keys.Key) error {
	now, err := s.Keys.Active(key.Purpose)
	if err != nil || now.ID != key.ID {
		return errKeyChanged
	}
	return nil
}

// stands is asked just before a commit: what a revoked key signed does not come to exist.
func (s *Service) stands(key keys.Key) error {
	if now, ok := s.Keys.ByID(key.ID); !ok || now.State == keys.StateRevoked {
		return errKeyChanged
	}
	return nil
}
