// Package casework decides what staff may do about a person's documents: who may see whom, what ends, when, and with whose
// agreement.
//
// Its invariants, each held by a test:
//   - Nobody is shown without an audit record made durable first: no audit, no page.
//   - A case that may not be spoken of, a case of another team and a case that does not exist have one answer.
//   - An ending is stopped or it runs, never both, however many ask at once.
//   - An ending goes on where it was after a restart, and ending what has ended changes nothing.
//   - More than ten documents, or a batch, end only with a second person who saw the very set that ends. One person's end in
//     an emergency on one word; a second person is told at once, and looks at it afterwards.
//   - All that a key signed ends with a second person who agreed to that key, or by the ceremony that revoked the key.
package casework

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// Roles of HMPPS Auth, one for each kind of act.
const (
	RoleView    = "ROLE_WALLET_CREDENTIALS__VIEW"
	RoleIssue   = "ROLE_WALLET_CREDENTIALS__ISSUE"
	RoleRevoke  = "ROLE_WALLET_CREDENTIALS__REVOKE"
	RoleApprove = "ROLE_WALLET_CREDENTIALS__REVOKE_BULK_APPROVE"
)

// Codes of this package's faults.
const (
	CodeRole      = "insufficient_scope" // RFC 6750 §3.1
	CodeNoAccess  = "no_access"          // there is no such case, or none for this reader
	CodeAudit     = "audit_unavailable"
	CodeInvalid   = "invalid_request"
	CodeTooLate   = "too_late"        // it runs, or has run
	CodeSame      = "same_person"     // the second person is the first
	CodeChanged   = "set_changed"     // what would end is not what was shown
	CodeLapsed    = "approval_lapsed" // nobody agreed within a day
	CodeNothing   = "nothing_to_revoke"
	codeStoreAway = "store_unavailable"
)

// Staff is who asks. Sign-in has verified it.
type Staff struct {
	Username string
	Roles    []string
	Teams    []string
}

// Can says whether the member of staff has a role.
func (s Staff) Can(role string) bool { return slices.Contains(s.Roles, role) }

func (s Staff) must(role string) error {
	if s.Username == "" || !s.Can(role) {
		return fault.New(fault.Forbidden, CodeRole, "the role "+role+" is missing")
	}
	return nil
}

// Query is how somebody is looked for: by one number, or by a name and a birth date. It prints as [redacted].
type Query struct {
	PrisonNumber string
	CRN          string
	GivenName    string
	FamilyName   string
	BirthDate    credential.Date
}

func (Query) String() string       { return "[redacted]" }
func (Query) GoString() string     { return "[redacted]" }
func (Query) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Case is somebody as staff know them. It prints as [redacted].
type Case struct {
	PrisonNumber string
	CRN          string
	Name         string
	BirthDate    credential.Date
	Team         string // its code
	TeamName     string
	Restricted   bool // nobody may be told that there is such a case
}

func (Case) String() string       { return "[redacted]" }
func (Case) GoString() string     { return "[redacted]" }
func (Case) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Cases finds people. None is no error.
type Cases interface {
	Find(ctx context.Context, q Query) ([]Case, error)
}

// Register says what was issued.
type Register interface {
	Credential(ctx context.Context, id string) (issuance.Credential, error)
	CredentialsOf(ctx context.Context, person string) ([]issuance.Credential, error)
}

// Roll reads what was issued, many at a time (issuance.Roll).
type Roll interface {
	Credentials(ctx context.Context, ids []string) ([]issuance.Credential, error)
	SignedBy(ctx context.Context, keyID, after string, limit int) (ids []string, next string, err error)
}

// Revoker ends documents. It may be repeated.
type Revoker interface {
	Revoke(ctx context.Context, r issuance.RevokeRequest) ([]issuance.Ended, error)
	RevokeAll(ctx context.Context, r issuance.RevokeAllRequest) (issuance.Tally, error)
}

// Published reads the status list that the whole world reads.
type Published interface {
	// Ended says whether the published list, fetched and verified, says that ref has ended.
	Ended(ctx context.Context, ref credential.StatusRef) (bool, error)
}

// Documents finds a document type by name.
type Documents interface {
	ByType(name string) (*document.Document, bool)
}

// Deps is what casework leans on. None may be nil.
type Deps struct {
	Cases     Cases
	Register  Register
	Endings   Endings
	Sets      Sets
	Roll      Roll
	Approvals Approvals
	Revoker   Revoker
	Published Published
	Documents Documents
	Audit     audit.Recorder
	Key       []byte // makes the names of people and queries in the audit
	Now       func() time.Time
	London    *time.Location
	Log       *slog.Logger
}

// Service decides and acts. Safe for concurrent use.
type Service struct{ Deps }

// New returns a service on deps.
func New(deps Deps) *Service { return &Service{deps} }

// Wider is why somebody looks beyond their own teams. The empty one is no reason.
type Wider string

// WiderReasons is the closed list of reasons.
func WiderReasons() []Wider {
	return []Wider{"COVERING_COLLEAGUE", "CASE_TRANSFER", "OUT_OF_HOURS_DUTY"}
}

// Find returns the cases a query finds that staff may know of: those of their teams or, for a reason, of any team. Those
// that may not be spoken of are never among them.
func (s *Service) Find(ctx context.Context, staff Staff, q Query, wider Wider) ([]Case, error) {
	if err := staff.must(RoleView); err != nil {
		return nil, err
	}
	details := map[string]string{"query": s.hide("query", fmt.Sprintf("%q", []string{q.PrisonNumber, q.CRN, q.GivenName, q.FamilyName, q.BirthDate.String()}))}
	if wider != "" {
		if !slices.Contains(WiderReasons(), wider) {
			return nil, fault.New(fault.Invalid, CodeInvalid, "there is no such reason to search more widely")
		}
		details["wider"] = string(wider)
	}
	if err := s.record(ctx, "person.search", staff, "", details); err != nil {
		return nil, err
	}
	return s.visible(ctx, staff, q, wider)
}

func (s *Service) visible(ctx context.Context, staff Staff, q Query, wider Wider) ([]Case, error) {
	found, err := s.Cases.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	hidden := func(c Case) bool {
		return c.Restricted || wider == "" && !slices.Contains(staff.Teams, c.Team)
	}
	return slices.DeleteFunc(slices.Clone(found), hidden), nil
}

// View is one person as a page shows them. It prints as [redacted].
type View struct {
	Case      Case
	Documents []issuance.Credential // oldest first
}

func (View) String() string       { return "[redacted]" }
func (View) GoString() string     { return "[redacted]" }
func (View) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Live counts the documents that stand.
func (v View) Live(now time.Time) int {
	n := 0
	for _, c := range v.Documents {
		if Stands(c, now) {
			n++
		}
	}
	return n
}

// Stands says whether a document has neither ended nor expired.
func Stands(c issuance.Credential, now time.Time) bool {
	return c.Revoked.IsZero() && now.Before(c.Until)
}

// IssuedTo reads what was issued about one person, for a service that knows them by their number alone, after an audit record
// of it: no audit, no answer.
func (s *Service) IssuedTo(ctx context.Context, staff Staff, person string) ([]issuance.Credential, error) {
	if err := staff.must(RoleView); err != nil {
		return nil, err
	}
	if err := s.record(ctx, "person.view", staff, s.hide("person", person), map[string]string{"part": "documents"}); err != nil {
		return nil, err
	}
	documents, err := s.Register.CredentialsOf(ctx, person)
	if err != nil {
		return nil, away(err)
	}
	return documents, nil
}

// View reads one person anew, for the page called part, after an audit record of it.
func (s *Service) View(ctx context.Context, staff Staff, person string, wider Wider, part string) (View, error) {
	if err := staff.must(RoleView); err != nil {
		return View{}, err
	}
	details := map[string]string{"part": part}
	if wider != "" {
		details["wider"] = string(wider)
	}
	if err := s.record(ctx, "person.view", staff, s.hide("person", person), details); err != nil {
		return View{}, err
	}
	found, err := s.visible(ctx, staff, Query{PrisonNumber: person}, wider)
	if err != nil {
		return View{}, err
	}
	if len(found) != 1 || found[0].PrisonNumber != person {
		return View{}, fault.New(fault.NotFound, CodeNoAccess, "there is no such case for you")
	}
	documents, err := s.Register.CredentialsOf(ctx, person)
	if err != nil {
		return View{}, away(err)
	}
	return View{found[0], documents}, nil
}

// Own returns the case of a person for a list called part, if it is of one of the reader's teams and may be spoken of. Only
// who is shown stands in the audit as shown.
func (s *Service) Own(ctx context.Context, staff Staff, person, part string) (Case, bool, error) {
	if err := staff.must(RoleView); err != nil {
		return Case{}, false, err
	}
	found, err := s.visible(ctx, staff, Query{PrisonNumber: person}, "")
	if err != nil || len(found) != 1 || found[0].PrisonNumber != person {
		return Case{}, false, err
	}
	if err := s.record(ctx, "person.view", staff, s.hide("person", person), map[string]string{"part": part}); err != nil {
		return Case{}, false, err
	}
	return found[0], true, nil
}

// LiveOf counts a person's documents that stand, for a list of cases found.
func (s *Service) LiveOf(ctx context.Context, c Case) (int, error) {
	documents, err := s.Register.CredentialsOf(ctx, c.PrisonNumber)
	if err != nil {
		return 0, away(err)
	}
	return View{Documents: documents}.Live(s.Now()), nil
}

// hide names something about a person in the audit: the same thing has the same name, and the name says nothing.
func (s *Service) hide(kind, value string) string {
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte(kind + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

func (s *Service) record(ctx context.Context, what string, staff Staff, subject string, details map[string]string) error {
	err := s.Audit.Record(ctx, audit.Event{What: what, When: s.Now(), Who: staff.Username, Subject: subject, Details: details})
	if err != nil {
		return fault.Wrap(fault.Unavailable, CodeAudit, "", err)
	}
	return nil
}

// away makes a store's error one that may be tried again, unless it says what it is.
func away(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
}
