package records_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"justice-wallet/issuer/internal/records"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
)

const number = "A1234AA"

// somebody is a released person on a licence, to be changed one thing at a time.
func somebody() map[string]any {
	return map[string]any{
		"synthetic": true, "key": "somebody",
		"prisoner": map[string]any{
			"prisonerNumber": number, "firstName": "Some", "lastName": "Body", "dateOfBirth": "1980-01-01",
			"inOutStatus": "OUT", "status": "INACTIVE OUT", "lastMovementTypeCode": "REL", "lastMovementReasonCode": "CR",
			"lastMovementDate": "2026-08-31", "legalStatus": "SENTENCED", "recall": false, "restrictedPatient": false,
			"receptionDate": "2026-05-31", "licenceExpiryDate": "2027-01-01",
		},
		"identity":    map[string]any{"crn": "X12444"},
		"supervision": map[string]any{"region": "London", "teamPhone": "020 7946 0100", "transferredOut": false},
		"licences":    []any{aLicence(1, "ACTIVE")},
		"approvals": []any{map[string]any{"reference": "APR-1", "prisonNumber": number, "type": "WORK",
			"status": "APPROVED", "conditionsForOtherParty": []any{"NONE"}}},
	}
}

func aLicence(id int, status string) map[string]any {
	return map[string]any{
		"id": id, "kind": "CRD", "licenceType": "AP", "policyVersion": "V4_0", "version": "1.0", "statusCode": status,
		"prisonNumber": number, "crn": "X12444", "licenceStartDate": "2026-08-31",
		"conditions": map[string]any{"AP": map[string]any{"standard": []any{}, "additional": []any{}, "bespoke": []any{}}},
	}
}

func part(person map[string]any, name string) map[string]any { return person[name].(map[string]any) }

func writePeople(t *testing.T, people ...map[string]any) string {
	t.Helper()
	data, err := json.Marshal(people)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "people.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func factsOf(t *testing.T, source string, now time.Time, change func(person map[string]any)) credential.Facts {
	t.Helper()
	person := somebody()
	change(person)
	r := fromFile(t, writePeople(t, person), func() time.Time { return now })
	return mustFacts(t, r, source, issuance.Record{Person: number, Item: "APR-1"})
}

func prisoner(name string, value any) func(map[string]any) {
	return func(p map[string]any) {
		if value == nil {
			delete(part(p, "prisoner"), name)
			return
		}
		part(p, "prisoner")[name] = value
	}
}

func TestReleaseIsOneKindOfMovement(t *testing.T) {
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"lastMovementReasonCode", "CR", "released=true"},
		{"lastMovementReasonCode", "HO", "released=false"},
		{"lastMovementReasonCode", "HP", "released=false"},
		{"lastMovementReasonCode", "HQ", "released=false"},
		{"lastMovementReasonCode", "ESCP", "released=false"},
		{"lastMovementReasonCode", "UAL", "released=false"},
		{"lastMovementReasonCode", nil, "released=false"},
		{"lastMovementTypeCode", "TAP", "released=false"},
		{"lastMovementTypeCode", "CRT", "released=false"},
		{"inOutStatus", "IN", "released=false in_custody=true"},
		{"inOutStatus", "TRN", "released=false in_custody=true"},
		{"inOutStatus", "ELSEWHERE", "released=false in_custody=-"},
		{"status", "ACTIVE OUT", "released=false"},
		{"lastMovementDate", nil, "released=false release_date=-"},
		{"lastMovementDate", "2026-11-24", "released=true release_date=2026-11-24"},
		{"lastMovementDate", "2026-11-25", "released=false release_date=-"},
		{"recall", nil, "recalled=-"},
		{"restrictedPatient", nil, "restricted_patient=-"},
		{"legalStatus", nil, "alive=-"},
		{"receptionDate", nil, "time_in_custody_band=-"},
		{"receptionDate", "2026-09-01", "time_in_custody_band=-"},
	}
	for _, c := range tests {
		facts := factsOf(t, "hmpps-release", noon(), prisoner(c.name, c.value))
		t.Logf("%s = %v", c.name, c.value)
		check(t, facts, c.want)
	}
}

func TestDaysAreCountedInLondon(t *testing.T) {
	at := func(s string) time.Time {
		now, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	tests := []struct{ now, released, want string }{
		{"2026-10-26T12:00:00Z", "2026-08-31", "released_within_56_days=true"},
		{"2026-10-27T12:00:00Z", "2026-08-31", "released_within_56_days=false"},
		{"2027-02-28T12:00:00Z", "2026-08-31", "released_within_6_months=true release_confirmation_ends=2027-02-28 release_confirmation_current=true"},
		{"2027-03-01T00:00:00Z", "2026-08-31", "released_within_6_months=false release_confirmation_current=false"},
		{"2026-07-01T22:59:59Z", "2026-01-01", "release_confirmation_ends=2026-07-01 release_confirmation_current=true"},
		{"2026-07-01T23:00:00Z", "2026-01-01", "release_confirmation_current=false"}, // past midnight in London's summer
		{"2026-07-01T23:00:00Z", "2026-07-02", "released=true"},
		{"2024-08-29T12:00:00Z", "2024-02-29", "release_confirmation_ends=2024-08-29 release_confirmation_current=true"},
		{"2026-12-01T12:00:00Z", "2026-07-15", "release_confirmation_ends=2027-01-15"}, // across the year's end
	}
	for _, c := range tests {
		t.Logf("now %s, released %s", c.now, c.released)
		check(t, factsOf(t, "hmpps-release", at(c.now), prisoner("lastMovementDate", c.released)), c.want)
	}
}

func TestTimeInCustodyBands(t *testing.T) {
	tests := []struct{ received, want string }{
		{"2026-08-31", "UNDER_3_MONTHS"},
		{"2026-06-01", "UNDER_3_MONTHS"}, // one day short
		{"2026-05-31", "3_TO_12_MONTHS"},
		{"2025-08-31", "3_TO_12_MONTHS"},
		{"2025-08-30", "OVER_12_MONTHS"},
	}
	for _, c := range tests {
		facts := factsOf(t, "hmpps-release", noon(), prisoner("receptionDate", c.received))
		check(t, facts, "time_in_custody_band="+c.want)
	}
}

func TestTwoSourcesMustAgree(t *testing.T) {
	identity := func(name string, value any) func(map[string]any) {
		return func(p map[string]any) { part(p, "identity")[name] = value }
	}
	licence := func(name string, value any) func(map[string]any) {
		return func(p map[string]any) { p["licences"].([]any)[0].(map[string]any)[name] = value }
	}
	tests := []struct {
		name   string
		change func(map[string]any)
		want   string
	}{
		{"all the same", func(map[string]any) {}, "sources_agree=true"},
		{"another case", identity("lastName", "BODY"), "sources_agree=true"},
		{"another name", identity("lastName", "Bode"), "sources_agree=false"},
		{"another CRN on the licence", licence("crn", "X99999"), "sources_agree=false"},
		{"another number on the licence", licence("prisonNumber", "A9999AA"), "sources_agree=false"},
		{"unknown to the person record", func(p map[string]any) { p["identity"] = map[string]any{} }, "sources_agree=false"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) { check(t, factsOf(t, "hmpps-licence", noon(), c.change), c.want) })
	}
}

func TestTheLicenceInForce(t *testing.T) {
	licences := func(all ...any) func(map[string]any) {
		return func(p map[string]any) { p["licences"] = all }
	}
	prrd := aLicence(2, "ACTIVE")
	prrd["kind"] = "PRRD"
	unknown := aLicence(1, "ACTIVE")
	unknown["kind"], unknown["licenceType"] = "NEW_KIND", "NEW_TYPE"
	tests := []struct {
		name   string
		change func(map[string]any)
		want   string
	}{
		{"none", licences(), "licence_active=false licence_type=-"},
		{"a draft", licences(aLicence(1, "IN_PROGRESS")), "licence_active=false"},
		{"an approved variation alone", licences(aLicence(1, "VARIATION_APPROVED")), "licence_active=false"},
		{"recalled", licences(aLicence(1, "RECALLED")), "licence_active=false"},
		{"a draft variation beside it", licences(aLicence(1, "ACTIVE"), aLicence(3, "VARIATION_IN_PROGRESS")), "licence_active=true"},
		{"two at once: the newer", licences(prrd, aLicence(1, "ACTIVE")), "licence_kind_family=POST_RECALL"},
		{"two at once: the newer, last", licences(aLicence(1, "ACTIVE"), prrd), "licence_kind_family=POST_RECALL"},
		{"unknown words", licences(unknown), "licence_active=true licence_kind_family=- licence_type=-"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) { check(t, factsOf(t, "hmpps-licence", noon(), c.change), c.want) })
	}
}

func TestApprovalStands(t *testing.T) {
	approval := func(name string, value any) func(map[string]any) {
		return func(p map[string]any) { p["approvals"].([]any)[0].(map[string]any)[name] = value }
	}
	tests := []struct {
		name   string
		change func(map[string]any)
		want   string
	}{
		{"as it is", func(map[string]any) {}, "approved=true on_licence=true approval_valid_until=- approval_current=-"},
		{"withdrawn", approval("status", "WITHDRAWN"), "approved=-"},
		{"a new status", approval("status", "PAUSED"), "approved=-"},
		{"a new type", approval("type", "TRAVEL"), "approval_type=-"},
		{"a word others may not read", approval("conditionsForOtherParty", []any{"NO_CHILDREN"}), "conditions_for_other_party=-"},
		{"until today", approval("validUntil", "2026-11-24"), "approval_current=true"},
		{"until yesterday", approval("validUntil", "2026-11-23"), "approval_current=false"},
		{"recalled", prisoner("recall", true), "on_licence=false"},
		{"recall unknown", prisoner("recall", nil), "on_licence=false"},
		{"back inside", prisoner("inOutStatus", "IN"), "on_licence=false"},
		{"licence over", prisoner("licenceExpiryDate", "2026-11-23"), "on_licence=false licence_current=false"},
		{"no licence", func(p map[string]any) { p["licences"] = []any{} }, "on_licence=false"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) { check(t, factsOf(t, "hmpps-approval", noon(), c.change), c.want) })
	}
}

func TestLicenceReferenceIsOpaqueAndFollowsTheVersion(t *testing.T) {
	reference := func(key string, version string) any {
		person := somebody()
		person["licences"].([]any)[0].(map[string]any)["version"] = version
		sources, err := records.NewFile(records.FileOptions{Path: writePeople(t, person), ReferenceKey: []byte(key), Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		return mustFacts(t, records.New(sources), "hmpps-licence", issuance.Record{Person: number})["licence_reference"]
	}
	first := reference("0123456789abcdef", "1.0")
	if s, _ := first.(string); len(s) != 16 {
		t.Errorf("the reference is %v, want 16 characters", first)
	}
	if first != reference("0123456789abcdef", "1.0") {
		t.Error("the same version has two references")
	}
	if first == reference("0123456789abcdef", "1.1") || first == reference("fedcba9876543210", "1.0") {
		t.Error("another version, or another key, gives the same reference")
	}
}
