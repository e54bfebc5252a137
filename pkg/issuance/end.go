package issuance

import (
	"context"
	"errors"
	"time"

	"justice-wallet/pkg/fault"
)

// Reason is why a document was ended. It is for staff and the audit: no public answer carries it.
type Reason string

// Reasons, and whether the wallet may simply ask for a new copy afterwards. Where it may not, a person decides and makes a
// new offer; where it may, the systems of record still decide (domain: life of a document).
const (
	ReasonRecallStandard   Reason = "RECALLED_STANDARD"
	ReasonRecallFixedTerm  Reason = "RECALLED_FIXED_TERM"
	ReasonResentenced      Reason = "RESENTENCED"
	ReasonLicenceVaried    Reason = "LICENCE_VARIED"
	ReasonLicenceEnded     Reason = "LICENCE_ENDED"
	ReasonDied             Reason = "DIED"
	ReasonIssuedInError    Reason = "ISSUED_IN_ERROR"
	ReasonDetailsWrong     Reason = "DETAILS_WRONG"
	ReasonDeviceLost       Reason = "DEVICE_LOST"
	ReasonHolderRequest    Reason = "HOLDER_REQUEST"
	ReasonApprovalWithdrew Reason = "APPROVAL_WITHDRAWN"
	ReasonRecordMerged     Reason = "RECORD_MERGED"
	ReasonKeyCompromise    Reason = "KEY_COMPROMISE"
	ReasonSafety           Reason = "SAFETY"
	ReasonReprinted        Reason = "REPRINTED" // a newer letter has taken a letter's place
)

// reasons maps every reason to whether an in-app refresh may follow it.
func reasons() map[Reason]bool {
	return map[Reason]bool{
		ReasonRecallStandard: false, ReasonRecallFixedTerm: false, ReasonDied: false, ReasonIssuedInError: false,
		ReasonDeviceLost: false, ReasonHolderRequest: false, ReasonApprovalWithdrew: false, ReasonRecordMerged: false,
		ReasonSafety: false, ReasonLicenceEnded: false, ReasonReprinted: false,
		ReasonResentenced: true, ReasonLicenceVaried: true, ReasonDetailsWrong: true, ReasonKeyCompromise: true,
	}
}

// refreshAfter says whether a wallet may refresh a document that was ended for reason. Unknown reasons say no.
func refreshAfter(reason string) bool { return reasons()[Reason(reason)] }

// RevokeRequest ends one credential by ID, or everything that stands about Person.
type RevokeRequest struct {
	ID      string
	Person  string
	Reason  Reason
	Actor   string
	Request string // whose part this is, for the audit; may be empty
}

// Ended is one credential that stands no more.
type Ended struct {
	ID           string
	DocumentType string
	At           time.Time
}

// Revoke ends documents for good. It may be repeated: what has ended stays ended, with its first time and reason. An
// error may leave some of them ended: repeating the call ends the rest.
func (s *Service) Revoke(ctx context.Context, r RevokeRequest) ([]Ended, error) {
	if _, ok := reasons()[r.Reason]; !ok {
		return nil, fault.New(fault.Invalid, codeUnknownReason, "there is no such reason")
	}
	targets, err := s.targets(ctx, r)
	if err != nil {
		return nil, err
	}
	ended := make([]Ended, 0, len(targets))
	for _, c := range targets {
		at, err := s.end(ctx, c, r)
		if err != nil {
			return ended, err
		}
		ended = append(ended, Ended{ID: c.ID, DocumentType: c.DocumentType, At: at})
	}
	return ended, nil
}

func (s *Service) targets(ctx context.Context, r RevokeRequest) ([]Credential, error) {
	if (r.ID == "") == (r.Person == "") {
		return nil, fault.New(fault.Invalid, codeNothingToEnd, "name one document or one person")
	}
	if r.Person != "" {
		all, err := s.Register.CredentialsOf(ctx, r.Person)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
		}
		return all, nil
	}
	c, err := s.Register.Credential(ctx, r.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, fault.Wrap(fault.NotFound, codeNothingToEnd, "there is no such document", err)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
	}
	return []Credential{c}, nil
}

// end publishes first and notes it after: a crash between the two leaves a document that is ended for every reader, and
// that the next call notes.
func (s *Service) end(ctx context.Context, c Credential, r RevokeRequest) (time.Time, error) {
	if err := s.Audit.Record(ctx, revocation(c.ID, r.Actor, r.Reason, r.Request, s.Now())); err != nil {
		return time.Time{}, fault.Wrap(fault.Unavailable, codeAuditAway, "", err)
	}
	at, err := s.Status.Revoke(ctx, "revoke-"+c.ID, c.Status)
	if err != nil {
		return time.Time{}, fault.Wrap(fault.Unavailable, codeStatusAway, "", err)
	}
	if err := s.Register.MarkRevoked(ctx, c.ID, at, string(r.Reason)); err != nil {
		return time.Time{}, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
	}
	return at, nil
}

// Notify notes what the wallet did with a credential of subject's. Repeating it answers the same (GOV.UK: notification
// page, idempotency).
func (s *Service) Notify(ctx context.Context, subject, id, event string) error {
	err := s.Register.Notify(ctx, subject, id, event)
	if errors.Is(err, ErrNotFound) {
		return fault.Wrap(fault.Invalid, CodeNotification, "", err)
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
	}
	return nil
}
