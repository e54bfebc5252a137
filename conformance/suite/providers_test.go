//go:build pkcs11 && tools

package suite_test

import (
	"testing"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/story"
)

// The main job holds wherever the keys are: sealed files, a token of SoftHSM2, an emulator of AWS KMS.
func TestTheStoryHoldsWithEveryProvider(t *testing.T) {
	for _, kind := range []string{"file", "pkcs11", "kms"} {
		t.Run(kind, func(t *testing.T) {
			r := start(t, rig.Options{KeysIn: kind})
			var place any
			steps := 0
			err := story.Play(t.Context(), r, func(s story.Step) error {
				steps++
				if !s.OK {
					t.Errorf("%s: %v", s.Name, s.Evidence)
				}
				if provider, ok := s.Evidence["provider"]; ok {
					place = provider
				}
				return nil
			})
			if err != nil || steps < 15 || place != kind {
				t.Errorf("%d steps with keys in %v: %v", steps, place, err)
			}
		})
	}
}
