package statusfetch

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/statustoken"
	"justice-wallet/pkg/verification"
)

// verifyCWT is verifyToken for a list as CWT. The key is the one that the list's issuer publishes under kid.
func verifyCWT(ctx context.Context, body []byte, uri string, keys jose.KeySource, now time.Time) (*held, error) {
	token, err := statustoken.Parse(body)
	if err != nil {
		return nil, refuse(cwtReason(err), err)
	}
	list, err := verifyList(ctx, token, keys)
	if err != nil {
		return nil, err
	}
	// As of a JWT: a list that never ends could be replayed for ever.
	if list.Expires.IsZero() {
		return nil, refuse(verification.ReasonStatusMalformed, errors.New("no exp"))
	}
	if list.Subject != uri {
		return nil, refuse(verification.ReasonStatusSubject, nil)
	}
	h := &held{issued: list.Issued, expires: list.Expires, hold: min(list.TTL, maxHold)}
	if list.TTL == 0 {
		h.hold = holdWithoutTTL
	}
	return h.open(now, func() (*statuslist.List, error) { return list.Statuses(statuslist.MaxEntries) })
}

// verifyList asks for the key once more when the signature fails, as jose.Verify does: it may have changed under its name.
func verifyList(ctx context.Context, token statustoken.Unverified, keys jose.KeySource) (statustoken.List, error) {
	header := jose.Header{Algorithm: jose.ES256, KeyID: string(token.KeyID())}
	found, err := keys.Key(ctx, header)
	if err != nil {
		reason := verification.ReasonStatusKeyUnknown
		if fault.KindOf(err) == fault.Unavailable {
			reason = verification.ReasonStatusKeys
		}
		return statustoken.List{}, refuse(reason, err)
	}
	key, _ := found.(*ecdsa.PublicKey) // another kind of key verifies nothing
	list, err := token.Verify(key)
	if refresher, ok := keys.(jose.Refresher); ok && errors.Is(err, statustoken.ErrSignature) {
		if found, errAgain := refresher.Refresh(ctx, header); errAgain == nil {
			key, _ = found.(*ecdsa.PublicKey)
			list, err = token.Verify(key)
		}
	}
	if err != nil {
		return statustoken.List{}, refuse(cwtReason(err), err)
	}
	return list, nil
}

func cwtReason(err error) verification.Reason {
	for _, known := range []struct {
		err    error
		reason verification.Reason
	}{
		{statustoken.ErrType, verification.ReasonStatusType},
		{statustoken.ErrAlgorithm, verification.ReasonStatusAlgorithm},
		{statustoken.ErrSignature, verification.ReasonStatusSignature},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return verification.ReasonStatusMalformed
}
