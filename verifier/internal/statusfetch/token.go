package statusfetch

import (
	"context"
	"errors"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/verification"
)

const (
	tokenType = "statuslist+jwt"

	// maxToken is ample for statuslist.MaxEntries entries of two bits, even when they do not compress.
	maxToken = 512 << 10

	// holdWithoutTTL is how long a list is relied on when its issuer does not say.
	holdWithoutTTL = 5 * time.Minute

	maxHold = 24 * time.Hour // whatever the issuer says
)

// token is a list as its host gave it.
type token struct {
	body      []byte
	mediaType string
	tag       string // its entity tag; empty when it has none
}

// held is a verified list.
type held struct {
	token   token
	list    *statuslist.List
	issued  time.Time
	expires time.Time
	fetched time.Time     // when its host gave it, or said that it still stands
	hold    time.Duration // ttl: how long after fetched it may be relied on
}

// live says whether the list may still be relied on.
func (h *held) live(now time.Time) bool {
	return h != nil && now.Before(h.expires) && !now.Before(h.fetched) && now.Before(h.fetched.Add(h.hold))
}

// verifyToken reads the status list token of uri (draft-ietf-oauth-status-list-20 §8.3, steps 2 to 4).
func verifyToken(ctx context.Context, body []byte, uri string, keys jose.KeySource, now time.Time) (*held, error) {
	expect := jose.Expect{Type: tokenType, Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: maxToken}
	verified, err := jose.Verify(ctx, string(body), expect, keys)
	if err != nil {
		return nil, refuse(tokenReason(err), err)
	}
	h, claim, err := readClaims(verified.Claims, uri)
	if err != nil {
		return nil, err
	}
	return h.open(now, func() (*statuslist.List, error) { return statuslist.DecodeToken(claim, statuslist.MaxEntries) })
}

// open looks at the times of a verified list, and then reads it.
func (h *held) open(now time.Time, decode func() (*statuslist.List, error)) (*held, error) {
	switch {
	case now.Before(h.issued):
		return nil, refuse(verification.ReasonStatusIssued, nil)
	case !now.Before(h.expires):
		return nil, refuse(verification.ReasonStatusExpired, nil)
	}
	var err error
	if h.list, err = decode(); err != nil {
		return nil, refuse(verification.ReasonStatusMalformed, err)
	}
	h.fetched = now
	return h, nil
}

// readClaims demands exp, which the draft leaves optional: a list that never ends could be replayed for ever.
func readClaims(c jose.Claims, uri string) (*held, statuslist.Claim, error) {
	var claim statuslist.Claim
	subject, err1 := c.String("sub")
	issued, err2 := c.Time("iat")
	expires, err3 := c.Time("exp")
	list, err4 := c.Object("status_list")
	hold, err5 := readTTL(c)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, claim, refuse(verification.ReasonStatusMalformed, err)
	}
	if subject != uri {
		return nil, claim, refuse(verification.ReasonStatusSubject, nil)
	}
	if err := list.Decode(&claim); err != nil {
		return nil, claim, refuse(verification.ReasonStatusMalformed, err)
	}
	return &held{issued: issued, expires: expires, hold: hold}, claim, nil
}

// readTTL reads ttl, a positive number of seconds (§5.1); more than a day is cut to a day.
func readTTL(c jose.Claims) (time.Duration, error) {
	if !c.Has("ttl") {
		return holdWithoutTTL, nil
	}
	seconds, err := c.Int("ttl")
	if err != nil {
		return 0, err
	}
	if seconds <= 0 {
		return 0, errors.New("ttl is not positive")
	}
	return min(time.Duration(min(seconds, 1<<30))*time.Second, maxHold), nil
}

func tokenReason(err error) verification.Reason {
	var e *jose.Error
	if !errors.As(err, &e) {
		return verification.ReasonStatusMalformed
	}
	switch e.Reason {
	case jose.ReasonType:
		return verification.ReasonStatusType
	case jose.ReasonAlgorithm:
		return verification.ReasonStatusAlgorithm
	case jose.ReasonSignature:
		return verification.ReasonStatusSignature
	case jose.ReasonKey:
		if fault.KindOf(err) == fault.Unavailable {
			return verification.ReasonStatusKeys
		}
		return verification.ReasonStatusKeyUnknown
	}
	return verification.ReasonStatusMalformed
}

func refuse(r verification.Reason, err error) error {
	return &verification.StatusError{Reason: r, Err: err}
}
