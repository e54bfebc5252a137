package records

import (
	"slices"

	"justice-wallet/pkg/credential"
)

// approvalFacts says what was approved. approved is true while it stands and absent otherwise: there is no such fact as
// "not approved".
func approvalFacts(f credential.Facts, d dossier, today credential.Date) {
	a := d.approval
	switch a.Type {
	case "ACCOMMODATION", "WORK":
		f["approval_type"] = a.Type
	}
	if a.Status == "APPROVED" {
		f["approved"] = true
	}
	putText(f, "approval_subject", a.Subject)
	putText(f, "contact_team_phone", a.TeamPhone)
	putDay(f, "approved_on", a.ApprovedOn)
	if until := a.ValidUntil; until != nil {
		f["approval_valid_until"] = until.Date
		f["approval_current"] = notAfter(today, until.Date)
	}
	if !slices.ContainsFunc(a.ConditionsForOtherParty, unknownToOtherParty) {
		f["conditions_for_other_party"] = list(a.ConditionsForOtherParty)
	}
	f["on_licence"] = onLicence(f)
}

// unknownToOtherParty says whether a word is outside the fixed list that a landlord or employer may read.
func unknownToOtherParty(word string) bool { return word != "NONE" && word != "HOURS_LIMIT" }

// onLicence says whether supervision still runs. A fact that is absent counts against it.
func onLicence(f credential.Facts) bool {
	return f["licence_active"] == true && f["licence_current"] == true && f["released"] == true && f["recalled"] == false
}
