package records

import (
	"context"

	"justice-wallet/pkg/issuance"
)

// inForce is the status of the licence a person must keep now. Drafts and approved variations wait beside it; when it
// is recalled or resentenced it becomes INACTIVE and leaves the list.
const inForce = "ACTIVE"

// systems is where a dossier is gathered from. What is not there is nil without an error.
type systems interface {
	prisoner(ctx context.Context, number string) (*prisoner, error)
	identity(ctx context.Context, number string) (*identity, error)
	supervision(ctx context.Context, number string) (*supervision, error)
	referral(ctx context.Context, number string) (*referral, error)
	licences(ctx context.Context, number string) ([]licenceSummary, error)
	licence(ctx context.Context, id int64) (*licence, error)
	approval(ctx context.Context, number, reference string) (*approval, error)
	approvals(ctx context.Context, number string) ([]approval, error)
	putApproval(ctx context.Context, a approval) error
	endApproval(ctx context.Context, number, reference string) error
	born(ctx context.Context, i Identity) ([]prisoner, error) // everyone who might be i: the caller compares
	cases(ctx context.Context, q Query) ([]caseRecord, error)
}

// gatherPerson begins a dossier: who the person is. A number of the wrong form is nobody's, and is not sent anywhere.
func gatherPerson(ctx context.Context, s systems, number string) (dossier, error) {
	if !prisonNumber.MatchString(number) {
		return dossier{}, issuance.ErrNotFound
	}
	p, err := s.prisoner(ctx, number)
	if err != nil {
		return dossier{}, err
	}
	if p == nil {
		return dossier{}, issuance.ErrNotFound
	}
	d := dossier{prisoner: *p}
	d.identity, err = s.identity(ctx, number)
	return d, err
}

func (d *dossier) gatherReferral(ctx context.Context, s systems) (err error) {
	d.referral, err = s.referral(ctx, d.prisoner.PrisonerNumber)
	return err
}

func (d *dossier) gatherSupervision(ctx context.Context, s systems) (err error) {
	if d.supervision, err = s.supervision(ctx, d.prisoner.PrisonerNumber); err != nil {
		return err
	}
	summaries, err := s.licences(ctx, d.prisoner.PrisonerNumber)
	if err != nil {
		return err
	}
	id, ok := newestInForce(summaries)
	if !ok {
		return nil
	}
	l, err := s.licence(ctx, id)
	if err != nil {
		return err
	}
	if l.StatusCode == inForce { // it may have ended between the two questions
		d.licence = l
	}
	return nil
}

// newestInForce picks the licence with the highest id: while a variation goes live, the one it replaces can still be
// in force.
func newestInForce(summaries []licenceSummary) (id int64, ok bool) {
	for _, s := range summaries {
		if s.StatusCode == inForce && (!ok || s.ID > id) {
			id, ok = s.ID, true
		}
	}
	return id, ok
}

func (d *dossier) gatherApproval(ctx context.Context, s systems, reference string) (err error) {
	if !approvalReference.MatchString(reference) {
		return issuance.ErrNotFound
	}
	d.approval, err = s.approval(ctx, d.prisoner.PrisonerNumber, reference)
	if err == nil && d.approval == nil {
		return issuance.ErrNotFound
	}
	return err
}
