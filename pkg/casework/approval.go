package casework

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
)

// Approval is our own record of what a person may do (domain: A3). It prints as [redacted].
type Approval struct {
	Reference  string
	Person     string
	Kind       Kind
	What       string // address and postcode, or employer and role: only what the person gave
	ApprovedOn credential.Date
	Until      credential.Date
	Conditions []string // for the other party, from a fixed list
	TeamPhone  string
	Withdrawn  bool
}

func (Approval) String() string       { return "[redacted]" }
func (Approval) GoString() string     { return "[redacted]" }
func (Approval) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Kind of an approval.
type Kind string

const (
	Accommodation Kind = "ACCOMMODATION"
	Work          Kind = "WORK"
)

// Conditions lists what the other party may be told (domain: A3).
func Conditions() []string { return []string{"NONE", "HOURS_LIMIT"} }

// Approvals keeps approvals.
type Approvals interface {
	// PutApproval keeps a. The same reference again changes nothing.
	PutApproval(ctx context.Context, a Approval) error
	// WithdrawApproval may be repeated.
	WithdrawApproval(ctx context.Context, person, reference string) error
	ApprovalsOf(ctx context.Context, person string) ([]Approval, error)
}

// Fields of an approval that can be wrong.
const (
	FieldKind       = "kind"
	FieldWhat       = "what"
	FieldUntil      = "until"
	FieldConditions = "conditions"
	FieldPhone      = "phone"
)

const (
	maxWhat      = 200
	longestYears = 2
)

var (
	reference = regexp.MustCompile(`^APR-[A-Z0-9]{1,32}$`)
	phone     = regexp.MustCompile(`^[0-9+][0-9 ]{8,18}[0-9]$`)
)

// Mistakes lists the fields of an approval that are wrong, in the order of the form.
func (a Approval) Mistakes(today credential.Date) []string {
	var out []string
	if a.Kind != Accommodation && a.Kind != Work {
		out = append(out, FieldKind)
	}
	control := func(r rune) bool { return unicode.IsControl(r) }
	if what := strings.TrimSpace(a.What); what == "" || !utf8.ValidString(what) || utf8.RuneCountInString(what) > maxWhat || strings.ContainsFunc(what, control) {
		out = append(out, FieldWhat)
	}
	latest := credential.Date{Year: today.Year + longestYears, Month: today.Month, Day: today.Day}
	if !today.Before(a.Until) || latest.Before(a.Until) {
		out = append(out, FieldUntil)
	}
	unknown := func(c string) bool { return !slices.Contains(Conditions(), c) }
	none := len(a.Conditions) > 1 && slices.Contains(a.Conditions, "NONE")
	if len(a.Conditions) == 0 || slices.ContainsFunc(a.Conditions, unknown) || none {
		out = append(out, FieldConditions)
	}
	if !phone.MatchString(a.TeamPhone) {
		out = append(out, FieldPhone)
	}
	return out
}

// Today is the day in London.
func (s *Service) Today() credential.Date { return credential.DateOf(s.Now().In(s.London)) }

// IssueApproval issues an approval from today.
func (s *Service) IssueApproval(ctx context.Context, staff Staff, a Approval) (Approval, error) {
	if err := staff.must(RoleIssue); err != nil {
		return Approval{}, err
	}
	a.ApprovedOn = s.Today()
	if wrong := a.Mistakes(a.ApprovedOn); len(wrong) > 0 || a.Person == "" || !reference.MatchString(a.Reference) {
		return Approval{}, fault.New(fault.Invalid, CodeInvalid, "wrong or missing: "+strings.Join(wrong, ", "))
	}
	a.What, a.Withdrawn = strings.TrimSpace(a.What), false
	if err := s.record(ctx, "approval.issue", staff, a.Reference, map[string]string{"kind": string(a.Kind)}); err != nil {
		return Approval{}, err
	}
	return a, s.Approvals.PutApproval(ctx, a)
}

// ApprovalsOf returns what was approved for a person whom staff may see.
func (s *Service) ApprovalsOf(ctx context.Context, staff Staff, v View) ([]Approval, error) {
	if err := staff.must(RoleView); err != nil {
		return nil, err
	}
	return s.Approvals.ApprovalsOf(ctx, v.Case.PrisonNumber)
}
