// Package letter checks letters on paper. Anyone with a phone may: there is no sign-in, and nothing of a check is kept.
//
// Its invariants, each held by a test:
//   - In a browser that can, the letter never leaves the browser: it fetches all keys and all status lists, whichever letter
//     it has, and verifies by itself. Where it cannot, the letter comes in the body of a form; no address and no log has it.
//   - Keys come from the trust file alone. A letter's keys sign letters only.
//   - What cannot be told is never shown as valid, and nothing that a letter says is shown unless it is.
package letter

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"strings"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/verification"
)

// Outcome is what a check comes to: the class of its words.
type Outcome string

const (
	Valid         Outcome = "valid"
	Ended         Outcome = "ended"
	Expired       Outcome = "expired"
	NotYet        Outcome = "not-yet"
	StatusUnknown Outcome = "status-unknown"
	NotConfirmed  Outcome = "not-confirmed"
	CouldNotCheck Outcome = "could-not-check"
)

// Outcomes are all of them.
func Outcomes() []Outcome {
	return []Outcome{Valid, Ended, Expired, NotYet, StatusUnknown, NotConfirmed, CouldNotCheck}
}

// Keys are those of the issuers of letters that the trust file names. Safe for concurrent use.
type Keys interface {
	// Of returns every key of every issuer, by issuer and key id. An issuer whose keys could not be had makes it a fault of
	// kind Unavailable.
	Of(ctx context.Context) (map[string]map[string]*ecdsa.PublicKey, error)
}

// Checker decides. All fields are required.
type Checker struct {
	Keys   Keys
	Status verification.StatusReader
	Now    func() time.Time
}

// Result is the outcome of a check; of a valid letter, with what it says.
type Result struct {
	Outcome Outcome
	Letter  letter.Letter
	Checked time.Time
}

// Check reads a token. The date is looked at before the status: of a letter that is over by both, it tells the less.
func (c Checker) Check(ctx context.Context, text string) Result {
	says, outcome := c.read(ctx, text)
	now := c.Now()
	switch {
	case outcome != Valid:
	case now.Before(says.Issued):
		outcome = NotYet
	case !now.Before(says.Expires):
		outcome = Expired
	default:
		outcome = c.standing(ctx, says.Status)
	}
	if outcome != Valid {
		says = letter.Letter{}
	}
	return Result{outcome, says, now}
}

// read verifies the signature: Valid says no more than that.
func (c Checker) read(ctx context.Context, text string) (letter.Letter, Outcome) {
	token, err := letter.Parse(text)
	if err != nil {
		return letter.Letter{}, NotConfirmed
	}
	all, err := c.Keys.Of(ctx)
	if err != nil {
		return letter.Letter{}, CouldNotCheck
	}
	key, ok := all[token.Issuer()][token.KeyID()]
	if !ok {
		return letter.Letter{}, NotConfirmed
	}
	says, err := token.Verify(key)
	if err != nil {
		return letter.Letter{}, NotConfirmed
	}
	return says, Valid
}

func (c Checker) standing(ctx context.Context, ref credential.StatusRef) Outcome {
	reading, err := c.Status.Status(ctx, ref)
	switch {
	case err != nil:
		return StatusUnknown
	case reading.Value == 0:
		return Valid
	}
	return Ended
}

// errEmpty says that nothing was sent.
var errEmpty = errors.New("nothing was sent")

// token finds the token in what a person pasted: the whole address, or what follows its #, however it was broken.
func token(pasted string) (string, error) {
	text := strings.Join(strings.Fields(pasted), "")
	if text == "" {
		return "", errEmpty
	}
	return text[strings.LastIndexByte(text, '#')+1:], nil
}

// unavailable says that a part is away.
func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "letters_unavailable", "", err)
}
