package receipt_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/verification"
)

func TestReceipt(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 59, 59, 999, time.FixedZone("BST", 3600))
	seen := map[string]bool{}
	for range 100 {
		r, err := receipt.New(rand.Reader, "bank", verification.Valid, at)
		if err != nil {
			t.Fatal(err)
		}
		if seen[r.ID] || !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`).MatchString(r.ID) {
			t.Errorf("id %s", r.ID)
		}
		seen[r.ID] = true
		raw, err := json.Marshal(r)
		if err != nil || !regexp.MustCompile(`^\{"id":"[0-9A-Z]{26}","purpose":"bank","outcome":"valid","hour":"2026-11-24T08:00:00Z"\}$`).Match(raw) {
			t.Errorf("%s, %v", raw, err)
		}
	}
	if _, err := receipt.New(bytes.NewReader(nil), "bank", verification.Valid, at); err == nil {
		t.Error("a receipt without randomness")
	}
}
