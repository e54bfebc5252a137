package verification

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"justice-wallet/pkg/credential"
)

// checkValidity holds for both formats: signed <= from < until (ISO 18013-5 §9.1.2.4), and from <= now < until.
func checkValidity(v credential.Validity, now time.Time) finding {
	f := passed(nil)
	switch {
	case v.From.Before(v.Signed) || !v.Until.After(v.From):
		f = failed(ReasonValidityNonsense)
	case now.Before(v.From):
		f = failed(ReasonNotYetValid)
	case !now.Before(v.Until):
		f = failed(ReasonExpired)
	}
	return f.with("from", stamp(v.From)).with("until", stamp(v.Until))
}

// checkRequest compares what was presented with what was asked (OpenID4VP 1.0 §14: the wallet's filter is not ours). What
// was not asked for is no fault of the holder's: it is dropped, and its number noted.
func checkRequest(s subject, asked Asked) finding {
	if asked.nothing() {
		return notAsked(ReasonNothingAsked)
	}
	claims := s.claims()
	if asked.DocumentType != "" && claims.documentType != asked.DocumentType {
		return failed(ReasonDocumentType)
	}
	given := map[ElementName]any{}
	surplus := 0
	for _, e := range claims.elements {
		given[ElementName{e.Namespace, e.Name}] = e.Value
		if !asked.shows(e) {
			surplus++
		}
	}
	for _, want := range asked.Elements {
		if _, ok := given[want]; !ok {
			return failed(ReasonElementMissing)
		}
	}
	for _, want := range asked.Values {
		if text, ok := given[want.Element].(string); !ok || !slices.Contains(want.AnyOf, text) {
			return failed(ReasonElementValue)
		}
	}
	f := passed(nil)
	if surplus > 0 {
		f = f.with("surplus", strconv.Itoa(surplus))
	}
	return f
}

// Values of a status (draft-ietf-oauth-status-list-20 §7.1).
const (
	statusValid   = 0
	statusInvalid = 1
)

func (v *Verifier) checkStatus(ctx context.Context, ref *credential.StatusRef, now time.Time) finding {
	if ref == nil || ref.URI == "" {
		return unknown(ReasonStatusAbsent)
	}
	reading, err := v.Status.Status(ctx, *ref)
	if err != nil {
		return statusUnknown(err)
	}
	f := judgeStatus(reading, now)
	if reading.Store != "" {
		f = f.with("sharedStore", reading.Store)
	}
	return f.with("source", reading.Source).with("listIssued", stamp(reading.ListIssued)).with("listExpires", stamp(reading.ListExpires)).with("listRead", stamp(reading.ListRead))
}

// judgeStatus looks at the times again: a reader that forgot to must not make a withdrawn document valid.
func judgeStatus(r StatusReading, now time.Time) finding {
	switch {
	case now.Before(r.ListIssued):
		return unknown(ReasonStatusIssued)
	case !now.Before(r.ListExpires):
		return unknown(ReasonStatusExpired)
	case r.Value == statusValid:
		return passed(nil)
	case r.Value == statusInvalid:
		return failed(ReasonStatusInvalid)
	}
	return failed(ReasonStatusUnsupported).with("value", strconv.Itoa(r.Value))
}

// statusUnknown says of what time the latest list is, for whoever must wait for a newer one.
func statusUnknown(err error) finding {
	f := unknown(statusReason(err))
	if e := (*StatusError)(nil); errors.As(err, &e) && !e.Latest.IsZero() {
		f = f.with("listIssued", stamp(e.Latest))
	}
	return f
}

func statusReason(err error) Reason {
	var e *StatusError
	if errors.As(err, &e) && e.Reason != "" {
		return e.Reason
	}
	return ReasonStatusUnavailable
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
