//go:build soak

package soak_test

import (
	"testing"

	"justice-wallet/conformance/soak"
)

// The shim takes what was not synced, and only that: otherwise a soak that loses nothing would say nothing.
func TestPowerIsLost(t *testing.T) {
	for policy, lost := range map[string]bool{"always": false, "no": true} {
		kept, of, err := soak.LosePower(t.TempDir(), policy)
		if err != nil {
			t.Fatal(err)
		}
		if (kept < of) != lost {
			t.Errorf("appendfsync %s: %d of %d writes were kept", policy, kept, of)
		}
	}
}
