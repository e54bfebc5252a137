package records

import (
	"context"
	"fmt"
	"time"

	licenceconditions "justice-wallet/issuer/internal/records/conditions"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
)

const (
	minReferenceKey = 16              // bytes
	defaultTimeout  = 5 * time.Second // for all the questions about one person together
)

// hmpps answers from the records of HM Prison and Probation Service.
type hmpps struct {
	open         func() (systems, error)
	now          func() time.Time
	london       *time.Location
	table        *licenceconditions.Table
	referenceKey []byte
	timeout      time.Duration
}

func newHMPPS(open func() (systems, error), now func() time.Time, referenceKey []byte) (*hmpps, error) {
	if len(referenceKey) < minReferenceKey {
		return nil, fmt.Errorf("licence reference key is shorter than %d bytes", minReferenceKey)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("load London's time: %w", err)
	}
	table, err := licenceconditions.Load()
	if err != nil {
		return nil, err
	}
	return &hmpps{open, now, london, table, referenceKey, defaultTimeout}, nil
}

// sources are the three sources by the names that documents use.
func (h *hmpps) sources() map[string]Source {
	return map[string]Source{
		"hmpps-release":  h.source(h.release),
		"hmpps-licence":  h.source(h.licence),
		"hmpps-approval": listed{h.source(h.approval), h.approvals},
	}
}

// question adds to a dossier that holds the person already, and returns its facts as at today.
type question func(ctx context.Context, s systems, d *dossier, r issuance.Record, today credential.Date) (credential.Facts, error)

// source opens the systems, begins a dossier and asks q, all within one time-out.
func (h *hmpps) source(q question) Source {
	return sourceFunc(func(ctx context.Context, r issuance.Record) (credential.Facts, error) {
		ctx, cancel := context.WithTimeout(ctx, h.timeout)
		defer cancel()
		s, err := h.open()
		if err != nil {
			return nil, err
		}
		d, err := gatherPerson(ctx, s, r.Person)
		if err != nil {
			return nil, err
		}
		return q(ctx, s, &d, r, credential.DateOf(h.now().In(h.london)))
	})
}

// approvals are the references of every approval a person has had. A number of the wrong form is nobody's.
func (h *hmpps) approvals(ctx context.Context, number string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	s, err := h.open()
	if err != nil || !prisonNumber.MatchString(number) {
		return nil, err
	}
	all, err := s.approvals(ctx, number)
	references := make([]string, len(all))
	for i, a := range all {
		references[i] = a.Reference
	}
	return references, err
}

func (h *hmpps) release(ctx context.Context, s systems, d *dossier, _ issuance.Record, today credential.Date) (credential.Facts, error) {
	if err := d.gatherReferral(ctx, s); err != nil {
		return nil, err
	}
	f := personFacts(*d)
	releaseFacts(f, *d, today)
	referralFacts(f, d.referral)
	return f, nil
}

func (h *hmpps) licence(ctx context.Context, s systems, d *dossier, _ issuance.Record, today credential.Date) (credential.Facts, error) {
	if err := d.gatherSupervision(ctx, s); err != nil {
		return nil, err
	}
	f := personFacts(*d)
	releaseFacts(f, *d, today)
	supervisionFacts(f, *d, today)
	licenceFacts(f, d.licence, h.table, h.referenceKey)
	return f, nil
}

func (h *hmpps) approval(ctx context.Context, s systems, d *dossier, r issuance.Record, today credential.Date) (credential.Facts, error) {
	if err := d.gatherApproval(ctx, s, r.Item); err != nil {
		return nil, err
	}
	if err := d.gatherSupervision(ctx, s); err != nil {
		return nil, err
	}
	f := personFacts(*d)
	releaseFacts(f, *d, today)
	supervisionFacts(f, *d, today)
	approvalFacts(f, *d, today)
	return f, nil
}
