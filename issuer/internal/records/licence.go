package records

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"

	licenceconditions "justice-wallet/issuer/internal/records/conditions"
	"justice-wallet/pkg/credential"
)

// supervisionFacts says whether the person is on a licence here, until when, and who supervises them.
func supervisionFacts(f credential.Facts, d dossier, today credential.Date) {
	if s := d.supervision; s != nil {
		putText(f, "supervising_region", s.Region)
		putText(f, "contact_team_phone", s.TeamPhone)
	}
	f["licence_active"] = d.licence != nil && supervisedHere(d)
	if end := d.prisoner.LicenceExpiryDate; end != nil {
		f["licence_end_date"] = end.Date
		f["licence_current"] = notAfter(today, end.Date)
	}
}

// supervisedHere is false for a person whose supervision was transferred out of England and Wales, whose licence can
// stay in force in the register.
func supervisedHere(d dossier) bool {
	return d.supervision != nil && !*d.supervision.TransferredOut
}

// licenceFacts says what the licence in force holds, as far as it may be told. key makes its reference opaque.
func licenceFacts(f credential.Facts, l *licence, table *licenceconditions.Table, key []byte) {
	if l == nil {
		return
	}
	f["licence_reference"] = licenceReference(key, l.ID, l.Version)
	putDay(f, "licence_start_date", l.LicenceStartDate)
	putText(f, "licence_kind_family", kindFamily(l.Kind))
	switch l.LicenceType {
	case "AP", "AP_PSS", "PSS":
		f["licence_type"] = l.LicenceType
	}
	s := summarise(l, table)
	f["other_conditions"] = s.Other
	if s.PolicyVersion == "" { // under a policy we do not know, no code means anything to us
		return
	}
	conditionFacts(f, s)
	f["has_curfew"] = s.Curfew || kindFamily(l.Kind) == "HOME_DETENTION_CURFEW"
}

func summarise(l *licence, table *licenceconditions.Table) licenceconditions.Summary {
	ap := l.Conditions.AP
	standard := make([]string, len(ap.Standard))
	for i, c := range ap.Standard {
		standard[i] = c.Code
	}
	additional := make([]licenceconditions.Additional, len(ap.Additional))
	for i, c := range ap.Additional {
		additional[i] = licenceconditions.Additional(c)
	}
	return table.Summarise(l.PolicyVersion, standard, additional, len(ap.Bespoke))
}

func conditionFacts(f credential.Facts, s licenceconditions.Summary) {
	texts := make([]any, len(s.Texts))
	for i, t := range s.Texts {
		texts[i] = map[string]any{"code": t.Code, "text": t.Text}
	}
	f["policy_version"] = s.PolicyVersion
	f["conditions_standard"] = list(s.Standard)
	f["condition_categories"] = list(s.Categories)
	f["condition_texts"] = texts
	f["needs_address_approval"] = s.AddressApproval
	f["must_tell_officer_about_work"] = s.WorkApproval
	putText(f, "curfew_start", s.CurfewStart)
	putText(f, "curfew_end", s.CurfewEnd)
}

// kindFamily hides which process made the licence. A variation has lost its origin in the register's public answers, and
// counts as standard; only one of a home detention curfew keeps it.
func kindFamily(kind string) string {
	switch kind {
	case "CRD", "HARD_STOP", "VARIATION":
		return "STANDARD"
	case "HDC", "HDC_VARIATION":
		return "HOME_DETENTION_CURFEW"
	case "PRRD":
		return "POST_RECALL"
	case "TIME_SERVED":
		return "TIME_SERVED"
	default:
		return ""
	}
}

// licenceReference names one version of one licence to those who hold the key, and nothing to anyone else: 16 characters
// of base32, from the first 80 bits of HMAC-SHA256.
func licenceReference(key []byte, id int64, version string) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "licence %d %s", id, version) // a hash never fails to write
	return base32.StdEncoding.EncodeToString(mac.Sum(nil)[:10])
}

func list(texts []string) []any {
	items := make([]any, len(texts))
	for i, t := range texts {
		items[i] = t
	}
	return items
}
