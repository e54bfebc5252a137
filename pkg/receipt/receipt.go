// Package receipt is what is kept of a check: that there was one, what for, and how it ended. Nothing of the person.
package receipt

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"time"

	"justice-wallet/pkg/verification"
)

// Keep is how long a receipt is kept.
const Keep = 30 * 24 * time.Hour

// Receipt is one check. It can be told to nobody's person: the hour holds many checks.
type Receipt struct {
	ID      string               `json:"id"` // 26 letters and digits, random: to be read out or written down
	Purpose string               `json:"purpose"`
	Outcome verification.Verdict `json:"outcome"`
	Hour    time.Time            `json:"hour"` // UTC, to the hour
}

// Book keeps receipts for Keep. Safe for concurrent use.
type Book interface {
	// KeepReceipt keeps r. To keep the same again changes nothing.
	KeepReceipt(ctx context.Context, r Receipt) error

	// FindReceipt returns the receipt of an id; ok is false when there is none, or no longer.
	FindReceipt(ctx context.Context, id string) (r Receipt, ok bool, err error)
}

// idSize is 128 bits: nobody finds another's receipt by trying.
const idSize = 16

// alphabet is Crockford's: no I, L, O or U, which are misread or misread aloud.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// New makes the receipt of a check that ended now.
func New(random io.Reader, purpose string, outcome verification.Verdict, now time.Time) (Receipt, error) {
	b := make([]byte, idSize)
	if _, err := io.ReadFull(random, b); err != nil {
		return Receipt{}, fmt.Errorf("make receipt: %w", err)
	}
	return Receipt{ID: alphabet.EncodeToString(b), Purpose: purpose, Outcome: outcome, Hour: now.UTC().Truncate(time.Hour)}, nil
}
