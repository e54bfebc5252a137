package credential_test

import (
	"testing"

	"justice-wallet/pkg/credential"
)

// Every date that is read is written as it stood.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-25", "2026-02-30", "0001-01-01", "2026-1-1", "10000-01-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := credential.ParseDate(s); err == nil && d.String() != s {
			t.Errorf("%q is read as %s", s, d)
		}
	})
}
