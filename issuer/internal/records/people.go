package records

import (
	"context"
	"slices"
)

// The people of a file answer as the systems would, and under the same checks.

func (p people) prisoner(_ context.Context, number string) (*prisoner, error) {
	found := p.find(number).Prisoner
	if found == nil {
		return nil, nil
	}
	return fromFile(found, found.check(number))
}

func (p people) identity(_ context.Context, number string) (*identity, error) {
	person := p.find(number)
	if person.Identity.CRN == "" {
		return nil, nil
	}
	i := &identity{
		PrisonNumber:     number,
		CRN:              person.Identity.CRN,
		LastName:         person.Identity.LastName,
		DateOfBirth:      person.Prisoner.DateOfBirth,
		MergeUnderReview: &person.Merge.UnderReview,
		Candidates:       person.Identity.Candidates,
	}
	if i.LastName == "" {
		i.LastName = person.Prisoner.LastName
	}
	if i.Candidates == nil {
		i.Candidates = new(1)
	}
	return fromFile(i, i.check())
}

func (p people) supervision(_ context.Context, number string) (*supervision, error) {
	s := p.find(number).Supervision
	if s == nil {
		return nil, nil
	}
	return fromFile(s, s.check())
}

func (p people) referral(_ context.Context, number string) (*referral, error) {
	r := p.find(number).DutyToRefer
	if r == nil {
		return nil, nil
	}
	return fromFile(r, r.check())
}

func (p people) licences(_ context.Context, number string) ([]licenceSummary, error) {
	var summaries []licenceSummary
	for _, l := range p.find(number).Licences {
		summaries = append(summaries, l.licenceSummary)
	}
	return summaries, nil
}

func (p people) licence(_ context.Context, id int64) (*licence, error) {
	for _, person := range p {
		for _, l := range person.Licences {
			if l.ID == id {
				return fromFile(&l, l.check(id))
			}
		}
	}
	return fromFile[licence](nil, errNonsense)
}

func (p people) approval(_ context.Context, number, reference string) (*approval, error) {
	approvals := p.find(number).Approvals
	i := slices.IndexFunc(approvals, func(a approval) bool { return a.Reference == reference })
	if i < 0 {
		return nil, nil
	}
	return fromFile(&approvals[i], approvals[i].check(number, reference))
}

func (p people) approvals(_ context.Context, number string) ([]approval, error) {
	return p.find(number).Approvals, nil
}

func fromFile[T any](value *T, err error) (*T, error) {
	if err != nil {
		return nil, unavailable("the people file", err)
	}
	return value, nil
}
