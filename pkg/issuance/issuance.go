// Package issuance decides whether a document may be issued, and issues it.
//
// Its invariants, each held by a test:
//   - Entitlement is decided again at every issue and refresh, from what the systems of record say now.
//   - Everything before Commit can be repeated. Commit is last, and spends the token, the nonce and the offer in one act: a
//     failure before it burns nothing, and nothing is minted twice.
//   - Only what was re-opened and compared with the statement reaches the key.
//   - No credential leaves without an audit record made durable first.
package issuance

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/google/uuid"

	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/faultpoint"
)

// Codes of the wire (OID4VCI 1.0 §8.3.1; RFC 6750 §3.1), as this package decides them.
const (
	CodeInvalidToken   = "invalid_token"
	CodeInvalidProof   = "invalid_proof"
	CodeInvalidNonce   = "invalid_nonce"
	CodeRequestDenied  = "credential_request_denied"
	CodeNotification   = "invalid_notification_id"
	codeUnknownConfig  = "unknown_credential_configuration"
	codeStatusAway     = "status_unavailable"
	codeAuditAway      = "audit_unavailable"
	codeLedgerAway     = "ledger_unavailable"
	codeRecordUnknown  = "record_unknown"
	codeUnknownReason  = "unknown_reason"
	codeNothingToEnd   = "nothing_to_revoke"
	codeStoreAway      = "store_unavailable"
	codeKeyUnavailable = "key_unavailable"
)

// How far a wallet's clock may be ahead of ours, and how old the proof of a refresh may be.
const (
	clockSkew   = time.Minute
	oldestProof = 10 * time.Minute
)

// Documents finds a document type by credential configuration id.
type Documents interface {
	ByConfiguration(id string) (*document.Document, bool)
}

// KeyRing gives the active key of a purpose, and any key by its id.
type KeyRing interface {
	Active(p keys.Purpose) (keys.Key, error)
	ByID(id string) (keys.Key, bool)
}

// Deps is all that issuance leans on. None may be nil.
type Deps struct {
	Documents Documents
	Formats   []Format
	Keys      KeyRing
	Records   Records
	Status    Status
	Offers    Offers
	Ledger    Ledger
	Register  Register
	Roll      Roll
	Audit     audit.Recorder
	Now       func() time.Time
	Rand      io.Reader
	London    *time.Location
	OfferLife time.Duration // how long an offer can be collected; GOV.UK: 5 to 60 minutes
}

// Service issues, refreshes and ends documents. Safe for concurrent use.
type Service struct{ Deps }

// New returns a service on deps.
func New(deps Deps) *Service { return &Service{deps} }

// OfferRequest asks for one document to be made ready for one wallet subject.
type OfferRequest struct {
	Configuration string
	Record        Record
	Subject       string
	Actor         string // the service or person who asks, for the audit
	ID            string // of the offer, when asking twice must make one: random, unguessable; made here when empty
}

// CreateOffer stores an offer, if the person is entitled now. The answer is decided again when it is collected.
func (s *Service) CreateOffer(ctx context.Context, r OfferRequest) (Offer, error) {
	doc, _, err := s.configuration(r.Configuration)
	if err != nil {
		return Offer{}, err
	}
	if _, err := s.entitled(ctx, doc, r.Record); err != nil {
		return Offer{}, err
	}
	if r.ID == "" {
		id, err := uuid.NewRandomFromReader(s.Rand)
		if err != nil {
			return Offer{}, fmt.Errorf("make offer id: %w", err)
		}
		r.ID = id.String()
	}
	now := s.Now().UTC().Truncate(time.Second)
	offer := Offer{ID: r.ID, Configuration: r.Configuration, Subject: r.Subject, Record: r.Record, Created: now, Expires: now.Add(s.OfferLife)}
	if err := s.record(ctx, "offer.create", r.Actor, offer.ID, map[string]string{"configuration": r.Configuration}); err != nil {
		return Offer{}, err
	}
	if err := s.Offers.PutOffer(ctx, offer); err != nil {
		return Offer{}, fault.Wrap(fault.Unavailable, codeStoreAway, "the offer could not be stored", err)
	}
	return offer, nil
}

// Issued is a credential on its way to the wallet.
type Issued struct {
	Credential     string // as the wire carries it
	NotificationID string
}

// Issue decides one verified request, and issues what it asks for.
func (s *Service) Issue(ctx context.Context, r Request) (Issued, error) {
	if subtle.ConstantTimeCompare([]byte(r.ProofNonce), []byte(r.Grant.Nonce)) != 1 {
		return Issued{}, fault.New(fault.Invalid, CodeInvalidNonce, "")
	}
	doc, format, err := s.configuration(r.Grant.Configuration)
	if err != nil {
		return Issued{}, fault.Wrap(fault.Unauthorized, CodeInvalidToken, "", err)
	}
	opening, err := s.Ledger.Open(ctx, r.Grant)
	if err != nil {
		return Issued{}, fault.Wrap(fault.Unavailable, codeLedgerAway, "", err)
	}
	record, err := s.admit(r, opening)
	if err != nil {
		return Issued{}, err
	}
	facts, err := s.entitled(ctx, doc, record)
	if err != nil {
		return Issued{}, refused(err)
	}
	return s.mint(ctx, r, record, doc, format, facts)
}

// admit says which record a grant is good for, or that it is good for nothing (GOV.UK: credential page, validation of
// the access token's claims; the offer is judged before the nonce: a second redemption is 401, not 400).
func (s *Service) admit(r Request, o Opening) (Record, error) {
	record, earliest, err := s.grounds(r.Grant, o)
	switch now := s.Now(); {
	case err != nil:
		return Record{}, fault.Wrap(fault.Unauthorized, CodeInvalidToken, "", err)
	case o.TokenSpent:
		return Record{}, fault.Wrap(fault.Unauthorized, CodeInvalidToken, "", &SpentError{SpentToken})
	case o.NonceSpent:
		return Record{}, fault.Wrap(fault.Invalid, CodeInvalidNonce, "", &SpentError{SpentNonce})
	case r.ProofIssued.Before(earliest) || r.ProofIssued.After(now.Add(clockSkew)):
		return Record{}, fault.Wrap(fault.Invalid, CodeInvalidProof, "", errors.New("proof made before the offer, or in the future"))
	}
	return record, nil
}

// grounds returns what the grant rests on: an offer not yet collected or, for a refresh, a document already held.
func (s *Service) grounds(g Grant, o Opening) (record Record, earliestProof time.Time, err error) {
	if g.Refresh() {
		if o.Holding == nil {
			return Record{}, time.Time{}, errors.New("this subject never held this document")
		}
		if !o.Holding.Revoked.IsZero() && !refreshAfter(o.Holding.Reason) {
			return Record{}, time.Time{}, errors.New("the document was ended for a reason that needs a new offer")
		}
		return o.Holding.Record, s.Now().Add(-oldestProof), nil
	}
	if o.Offer == nil || o.Offer.Configuration != g.Configuration {
		return Record{}, time.Time{}, errors.New("no such offer for this subject")
	}
	if o.Offer.Redeemed {
		return Record{}, time.Time{}, &SpentError{SpentOffer}
	}
	return o.Offer.Record, o.Offer.Created, nil
}

// entitled reads the facts now, and lets the document's own rules decide.
func (s *Service) entitled(ctx context.Context, doc *document.Document, record Record) (credential.Facts, error) {
	facts, err := s.Records.Facts(ctx, doc.Source, record)
	if errors.Is(err, ErrNotFound) {
		return nil, fault.Wrap(fault.Forbidden, codeRecordUnknown, "there is no such record", err)
	}
	if err != nil {
		return nil, err
	}
	return facts, doc.Decide(facts)
}

// refused tells a wallet that the answer is no, and never why.
func refused(err error) error {
	if fault.KindOf(err) == fault.Forbidden {
		return fault.Wrap(fault.Invalid, CodeRequestDenied, "", err)
	}
	return err
}

// mint builds, checks and signs the document, and commits it last.
func (s *Service) mint(ctx context.Context, r Request, record Record, doc *document.Document, format Format, facts credential.Facts) (Issued, error) {
	id, err := uuid.NewRandomFromReader(s.Rand)
	if err != nil {
		return Issued{}, fmt.Errorf("make credential id: %w", err)
	}
	return withKey(s, format.Purpose(), func(key keys.Key) (Issued, error) {
		return s.mintWith(ctx, key, id, r, record, doc, format, facts)
	})
}

// mintWith mints with one key. Done again with another, it takes the same slot.
func (s *Service) mintWith(ctx context.Context, key keys.Key, id uuid.UUID, r Request, record Record, doc *document.Document, format Format, facts credential.Facts) (Issued, error) {
	statement, number, err := s.state(doc, facts, key)
	if err != nil {
		return Issued{}, refused(err)
	}
	statement.Holder = r.Holder
	if statement.Status, err = s.Status.Allocate(ctx, id.String(), statement.Validity.Until); err != nil {
		return Issued{}, fault.Wrap(fault.Unavailable, codeStatusAway, "", err)
	}
	if err := faultpoint.Hit("issue.after_alloc"); err != nil {
		return Issued{}, fault.Wrap(fault.Unavailable, codeStatusAway, "", err)
	}
	wire, err := s.write(doc, format, statement, key)
	if err != nil {
		return Issued{}, err
	}
	c := Credential{
		ID: id.String(), Configuration: r.Grant.Configuration, DocumentType: doc.Type, Format: format.Name(), DocumentNumber: number,
		Record: record, Subject: r.Grant.Subject, Status: statement.Status, KeyID: key.ID,
		Issued: statement.Validity.Signed, Until: statement.Validity.Until, ExpectedUpdate: statement.Validity.ExpectedUpdate,
	}
	if err := s.stands(key); err != nil {
		return Issued{}, err
	}
	if err := s.commit(ctx, Commit{Operation: c.ID, Grant: r.Grant, Credential: c}); err != nil {
		return Issued{}, err
	}
	if err := faultpoint.Hit("issue.after_sign"); err != nil {
		return Issued{}, fault.Wrap(fault.Unavailable, codeLedgerAway, "", err)
	}
	return Issued{Credential: wire, NotificationID: c.ID}, nil
}

// commit makes the audit record durable, and then the credential. A commit that is refused leaves a record of an attempt.
func (s *Service) commit(ctx context.Context, c Commit) error {
	details := map[string]string{"configuration": c.Credential.Configuration, "key": c.Credential.KeyID}
	what := "credential.issue"
	if c.Grant.Refresh() {
		what = "credential.refresh"
	}
	if err := s.record(ctx, what, c.Grant.Issuer, c.Credential.ID, details); err != nil {
		return err
	}
	err := s.Ledger.Commit(ctx, c)
	var spent *SpentError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &spent) && spent.What == SpentNonce:
		return fault.Wrap(fault.Invalid, CodeInvalidNonce, "", err)
	case errors.As(err, &spent):
		return fault.Wrap(fault.Unauthorized, CodeInvalidToken, "", err)
	}
	return fault.Wrap(fault.Unavailable, codeLedgerAway, "", err)
}

// state makes the statement: what the document says, and for how long. It never outlives its signer's certificate.
func (s *Service) state(doc *document.Document, facts credential.Facts, key keys.Key) (credential.Statement, string, error) {
	now := s.Now()
	var latest time.Time
	if len(key.Chain) > 0 {
		latest = key.Chain[0].NotAfter
	}
	validity, err := doc.Period(facts, now, latest)
	if err != nil {
		return credential.Statement{}, "", err
	}
	number, err := documentNumber(s.Rand)
	if err != nil {
		return credential.Statement{}, "", err
	}
	elements, err := doc.Fill(facts, map[document.Made]any{
		document.MadeNumber:     number,
		document.MadeIssueDate:  credential.DateOf(now.In(s.London)),
		document.MadeExpiryDate: credential.DateOf(validity.Until.In(s.London)),
	})
	if err != nil {
		return credential.Statement{}, "", err
	}
	return credential.Statement{DocumentType: doc.Type, Elements: elements, Validity: validity}, number, nil
}

// numberAlphabet has no vowels and no character that looks like another, so that a number spells nothing.
const numberAlphabet = "23456789BCDFGHJKLMNPQRSTVWXZ"

// documentNumber returns 12 random characters: 57 bits, and nothing of the person.
func documentNumber(random io.Reader) (string, error) {
	out := make([]byte, 0, 12)
	for len(out) < cap(out) {
		i, err := rand.Int(random, big.NewInt(int64(len(numberAlphabet))))
		if err != nil {
			return "", fmt.Errorf("make document number: %w", err)
		}
		out = append(out, numberAlphabet[i.Int64()])
	}
	return string(out), nil
}

func (s *Service) configuration(id string) (*document.Document, Format, error) {
	doc, ok := s.Documents.ByConfiguration(id)
	if ok {
		for _, format := range s.Formats {
			if desc, ok := format.Describe(doc); ok && desc.Configuration == id {
				return doc, format, nil
			}
		}
	}
	return nil, nil, fault.New(fault.Invalid, codeUnknownConfig, "there is no such document")
}

func (s *Service) record(ctx context.Context, what, who, subject string, details map[string]string) error {
	event := audit.Event{What: what, Who: who, Subject: subject, When: s.Now(), Details: details}
	if err := s.Audit.Record(ctx, event); err != nil {
		return fault.Wrap(fault.Unavailable, codeAuditAway, "", err)
	}
	return nil
}
