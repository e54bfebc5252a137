package records

import (
	"context"
	"fmt"
	"log/slog"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
)

// Approval is one approval, as its record has it. It prints as [redacted].
type Approval struct {
	Reference    string
	PrisonNumber string
	Type         string // ACCOMMODATION or WORK
	Subject      string
	ApprovedOn   credential.Date
	ValidUntil   credential.Date
	Conditions   []string // for the other party
	TeamPhone    string
	Withdrawn    bool
}

func (Approval) String() string       { return "[redacted]" }
func (Approval) GoString() string     { return "[redacted]" }
func (Approval) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Approvals keeps approvals where documents read them from. Safe for concurrent use.
type Approvals struct{ h *hmpps }

// NewHMPPSApprovals returns the approvals of HMPPS's service.
func NewHMPPSApprovals(o HMPPSOptions) (*Approvals, error) {
	h, err := openHMPPS(o)
	return &Approvals{h}, err
}

// NewFileApprovals returns the approvals of a people file. They can be read and not changed: the file is somebody else's.
func NewFileApprovals(o FileOptions) (*Approvals, error) {
	h, err := openFile(o)
	return &Approvals{h}, err
}

// Put keeps an approval that stands. The same reference again changes nothing.
func (a *Approvals) Put(ctx context.Context, one Approval) error {
	if !prisonNumber.MatchString(one.PrisonNumber) || !approvalReference.MatchString(one.Reference) {
		return fault.New(fault.Invalid, "invalid_approval", "")
	}
	return a.write(ctx, func(ctx context.Context, s systems) error {
		return s.putApproval(ctx, approval{
			Reference: one.Reference, PrisonNumber: one.PrisonNumber, Type: one.Type, Status: "APPROVED", Subject: one.Subject,
			ApprovedOn: &day{one.ApprovedOn}, ValidUntil: &day{one.ValidUntil}, ConditionsForOtherParty: one.Conditions, TeamPhone: one.TeamPhone,
		})
	})
}

// Withdraw may be repeated.
func (a *Approvals) Withdraw(ctx context.Context, number, reference string) error {
	if !prisonNumber.MatchString(number) || !approvalReference.MatchString(reference) {
		return fault.New(fault.Invalid, "invalid_approval", "")
	}
	return a.write(ctx, func(ctx context.Context, s systems) error { return s.endApproval(ctx, number, reference) })
}

func (a *Approvals) write(ctx context.Context, act func(context.Context, systems) error) error {
	ctx, cancel := context.WithTimeout(ctx, a.h.timeout)
	defer cancel()
	s, err := a.h.open()
	if err != nil {
		return err
	}
	return act(ctx, s)
}

// Of returns every approval a person has had.
func (a *Approvals) Of(ctx context.Context, number string) ([]Approval, error) {
	if !prisonNumber.MatchString(number) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.h.timeout)
	defer cancel()
	s, err := a.h.open()
	if err != nil {
		return nil, err
	}
	all, err := s.approvals(ctx, number)
	if err != nil {
		return nil, err
	}
	out := make([]Approval, len(all))
	for i, one := range all {
		out[i] = Approval{
			Reference: one.Reference, PrisonNumber: one.PrisonNumber, Type: one.Type, Subject: one.Subject,
			Conditions: one.ConditionsForOtherParty, TeamPhone: one.TeamPhone, Withdrawn: one.Status != "APPROVED",
		}
		if one.ApprovedOn != nil {
			out[i].ApprovedOn = one.ApprovedOn.Date
		}
		if one.ValidUntil != nil {
			out[i].ValidUntil = one.ValidUntil.Date
		}
	}
	return out, nil
}

// MarshalJSON writes YYYY-MM-DD.
func (d day) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", d.String()), nil }

// putApproval is answered with the record as it is kept: another one, of the same reference, is nobody's success.
func (r *remote) putApproval(ctx context.Context, a approval) error {
	var answer struct {
		Record *approval `json:"record"`
	}
	if err := r.approvalRecord.post(ctx, "/approvals/record", a, &answer); err != nil {
		return err
	}
	if answer.Record == nil || answer.Record.check(a.PrisonNumber, a.Reference) != nil || answer.Record.Type != a.Type || answer.Record.Subject != a.Subject {
		return unavailable(r.approvalRecord.name, errNonsense)
	}
	return nil
}

func (r *remote) endApproval(ctx context.Context, number, reference string) error {
	var answer struct {
		Record *approval `json:"record"`
	}
	if err := r.approvalRecord.post(ctx, "/approvals/withdraw", byNumber{number, reference}, &answer); err != nil {
		return err
	}
	if answer.Record == nil || answer.Record.check(number, reference) != nil || answer.Record.Status != "WITHDRAWN" {
		return unavailable(r.approvalRecord.name, errNonsense)
	}
	return nil
}

// errFile is what a people file says to a change.
var errFile = fault.New(fault.Unavailable, "approvals_read_only", "the approvals of a file cannot be changed")

func (people) putApproval(context.Context, approval) error { return errFile }

func (people) endApproval(context.Context, string, string) error { return errFile }
