package records

import (
	"strings"

	"justice-wallet/pkg/credential"
)

// personFacts says who the person is and what bears on any document about them.
func personFacts(d dossier) credential.Facts {
	p := d.prisoner
	f := credential.Facts{"family_name": p.LastName, "birth_date": p.DateOfBirth.Date}
	putText(f, "given_name", strings.TrimSpace(p.FirstName+" "+p.MiddleNames))
	if p.LegalStatus != "" {
		f["alive"] = p.LegalStatus != "DEAD"
	}
	put(f, "recalled", p.Recall)
	put(f, "restricted_patient", p.RestrictedPatient)
	switch p.InOutStatus {
	case "IN", "TRN": // TRN: between two prisons
		f["in_custody"] = true
	case "OUT":
		f["in_custody"] = false
	}
	if d.identity != nil {
		f["identity_frozen"] = *d.identity.MergeUnderReview || *d.identity.Candidates != 1
	}
	f["sources_agree"] = sourcesAgree(d)
	return f
}

// sourcesAgree says whether every system that was asked speaks of the same person. A person that the person record does
// not know is not agreed on.
func sourcesAgree(d dossier) bool {
	p, i := d.prisoner, d.identity
	if i == nil || i.DateOfBirth == nil || i.PrisonNumber != p.PrisonerNumber || *i.DateOfBirth != *p.DateOfBirth ||
		!strings.EqualFold(i.LastName, p.LastName) {
		return false
	}
	l := d.licence
	return l == nil || l.PrisonNumber == p.PrisonerNumber && l.CRN == i.CRN
}

// releaseFacts says whether, when and after how long the person was released, as at today in London.
func releaseFacts(f credential.Facts, d dossier, today credential.Date) {
	p := d.prisoner
	on := p.LastMovementDate
	released := isRelease(p) && on != nil && notAfter(on.Date, today)
	f["released"] = released
	if !released {
		return
	}
	f["release_date"] = on.Date
	f["released_within_56_days"] = daysBetween(on.Date, today) <= 56
	ends := addMonths(on.Date, 6)
	f["released_within_6_months"] = notAfter(today, ends)
	f["release_confirmation_ends"] = ends
	f["release_confirmation_current"] = notAfter(today, ends)
	if p.ReceptionDate != nil && notAfter(p.ReceptionDate.Date, on.Date) {
		f["time_in_custody_band"] = custodyBand(p.ReceptionDate.Date, on.Date)
	}
}

// isRelease says whether the last movement let the person go for good. A temporary release or a day at court is another
// type of movement; to a hospital (HO, HP, HQ) and unlawfully at large (ESCP, UAL) are releases in name only.
func isRelease(p prisoner) bool {
	switch p.LastMovementReasonCode {
	case "", "HO", "HP", "HQ", "ESCP", "UAL":
		return false
	}
	return p.LastMovementTypeCode == "REL" && p.InOutStatus == "OUT" && p.Status == "INACTIVE OUT"
}

func custodyBand(received, released credential.Date) string {
	switch {
	case released.Before(addMonths(received, 3)):
		return "UNDER_3_MONTHS"
	case notAfter(released, addMonths(received, 12)):
		return "3_TO_12_MONTHS"
	default:
		return "OVER_12_MONTHS"
	}
}

func referralFacts(f credential.Facts, r *referral) {
	if r == nil {
		return
	}
	f["duty_to_refer_status"] = r.Status
	putText(f, "duty_to_refer_reference", r.ReferenceNumber)
}

// put enters a value that is known.
func put[T any](f credential.Facts, name string, value *T) {
	if value != nil {
		f[name] = *value
	}
}

func putText(f credential.Facts, name, value string) {
	if value != "" {
		f[name] = value
	}
}

func putDay(f credential.Facts, name string, d *day) {
	if d != nil {
		f[name] = d.Date
	}
}
