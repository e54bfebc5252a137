package records

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"

	"justice-wallet/pkg/credential"
)

// errNonsense stands for every answer we cannot use. It never says what the answer was.
var errNonsense = errors.New("the answer is not what the system documents")

// prisonNumber is the only form of a prison number: A1234AA.
var prisonNumber = regexp.MustCompile(`^[A-Z][0-9]{4}[A-Z]{2}$`)

// approvalReference is the form of a reference of an approval.
var approvalReference = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// dossier is what the systems say about one person, in their own words. A nil part was not asked for, or is not there.
type dossier struct {
	prisoner    prisoner
	identity    *identity
	supervision *supervision
	referral    *referral
	licence     *licence // the one in force
	approval    *approval
}

// prisoner is a person in prisoner search.
type prisoner struct {
	PrisonerNumber         string `json:"prisonerNumber"`
	FirstName              string `json:"firstName"`
	MiddleNames            string `json:"middleNames"`
	LastName               string `json:"lastName"`
	DateOfBirth            *day   `json:"dateOfBirth"`
	InOutStatus            string `json:"inOutStatus"`
	Status                 string `json:"status"`
	LastMovementTypeCode   string `json:"lastMovementTypeCode"`
	LastMovementReasonCode string `json:"lastMovementReasonCode"`
	LastMovementDate       *day   `json:"lastMovementDate"`
	LegalStatus            string `json:"legalStatus"`
	Recall                 *bool  `json:"recall"`
	RestrictedPatient      *bool  `json:"restrictedPatient"`
	ReceptionDate          *day   `json:"receptionDate"`
	LicenceExpiryDate      *day   `json:"licenceExpiryDate"`
}

func (p prisoner) check(number string) error {
	if p.PrisonerNumber != number || p.LastName == "" || p.DateOfBirth == nil {
		return errNonsense
	}
	return nil
}

// identity is the same person in the person record, which joins the records of prisons and of probation.
type identity struct {
	PrisonNumber     string `json:"prisonNumber"`
	CRN              string `json:"crn"`
	LastName         string `json:"lastName"`
	DateOfBirth      *day   `json:"dateOfBirth"`
	MergeUnderReview *bool  `json:"mergeUnderReview"`
	Candidates       *int   `json:"candidates"` // how many people this number could be
}

func (i identity) check() error {
	if i.PrisonNumber == "" || i.MergeUnderReview == nil || i.Candidates == nil {
		return errNonsense
	}
	return nil
}

// supervision is who supervises the person in the community.
type supervision struct {
	Region         string `json:"region"`
	TeamPhone      string `json:"teamPhone"`
	TransferredOut *bool  `json:"transferredOut"` // to another jurisdiction than England and Wales
}

func (s supervision) check() error {
	if s.TransferredOut == nil {
		return errNonsense
	}
	return nil
}

// referral is a duty to refer under the Housing Act 1996 s.213B.
type referral struct {
	Status          string `json:"status"`
	ReferenceNumber string `json:"referenceNumber"`
}

func (r referral) check() error {
	if !slices.Contains([]string{"SUBMITTED", "ACCEPTED", "NOT_ACCEPTED", "WITHDRAWN"}, r.Status) {
		return errNonsense
	}
	return nil
}

// licenceSummary is a licence in the list of a person's licences.
type licenceSummary struct {
	ID           int64  `json:"id"`
	StatusCode   string `json:"statusCode"`
	PrisonNumber string `json:"prisonNumber"`
}

func (s licenceSummary) incomplete() bool {
	return s.ID == 0 || s.StatusCode == "" || s.PrisonNumber == ""
}

// licence is one licence in full.
type licence struct {
	licenceSummary
	Kind             string     `json:"kind"`
	LicenceType      string     `json:"licenceType"`
	PolicyVersion    string     `json:"policyVersion"`
	Version          string     `json:"version"`
	CRN              string     `json:"crn"`
	LicenceStartDate *day       `json:"licenceStartDate"`
	Conditions       conditions `json:"conditions"`
}

// conditions leaves out those of post-sentence supervision: it was repealed by the Sentencing Act 2026.
type conditions struct {
	AP *struct {
		Standard []struct {
			Code string `json:"code"`
		} `json:"standard"`
		Additional []struct {
			Code         string   `json:"code"`
			Text         string   `json:"text"`
			Restrictions []string `json:"restrictions"`
		} `json:"additional"`
		Bespoke []struct{} `json:"bespoke"` // counted; the words are not even decoded
	} `json:"AP"`
}

func (l licence) check(id int64) error {
	if l.incomplete() || l.ID != id || l.Version == "" || l.Conditions.AP == nil {
		return errNonsense
	}
	return nil
}

// approval is an address or a job that the person's officer has approved.
type approval struct {
	Reference               string   `json:"reference"`
	PrisonNumber            string   `json:"prisonNumber"`
	Type                    string   `json:"type"`
	Status                  string   `json:"status"`
	Subject                 string   `json:"subject"`
	ApprovedOn              *day     `json:"approvedOn"`
	ValidUntil              *day     `json:"validUntil"`
	ConditionsForOtherParty []string `json:"conditionsForOtherParty"`
	TeamPhone               string   `json:"teamPhone"`
}

func (a approval) check(number, reference string) error {
	if a.PrisonNumber != number || a.Reference != reference {
		return errNonsense
	}
	return nil
}

// day is YYYY-MM-DD in JSON.
type day struct{ credential.Date }

func (d *day) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return errNonsense
	}
	date, err := credential.ParseDate(s)
	if err != nil {
		return errNonsense
	}
	d.Date = date
	return nil
}
