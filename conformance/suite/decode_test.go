package suite_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

// decodePart reads one part of a compact JWS.
func decodePart(t *testing.T, part string, v any) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}
