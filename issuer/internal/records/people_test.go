package records_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/hmpps"
	"justice-wallet/issuer/internal/records"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
)

const (
	peopleFile = "../../../conformance/hmpps/people.json"
	clientID   = "issuer"
	secret     = "a secret/with:signs"
)

var referenceKey = []byte("0123456789abcdef")

// noon is a fixed winter's noon: the same day in London and in UTC.
func noon() time.Time { return time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC) }

func daysAgo(n int) credential.Date { return credential.DateOf(noon().AddDate(0, 0, -n)) }

// standIn starts HMPPS's stand-in and returns it with its base URL.
func standIn(t *testing.T, now func() time.Time) (*hmpps.Server, string) {
	t.Helper()
	all := []string{hmpps.RolePrisonerSearch, hmpps.RoleViewLicences, hmpps.RoleWalletRecords}
	s, err := hmpps.New(hmpps.Options{
		Now: now, Rand: bytes.NewReader(make([]byte, 1<<16)),
		Clients: []hmpps.Client{{ID: clientID, Secret: secret, Roles: all}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.SetIssuer(server.URL)
	return s, server.URL
}

func options(base string) records.HMPPSOptions {
	return records.HMPPSOptions{
		PrisonerSearchURL: base, LicencesURL: base, PersonRecordURL: base, SupervisionURL: base, DutyToReferURL: base,
		ApprovalsURL: base, Credentials: credentials(base), ReferenceKey: referenceKey, Now: noon,
	}
}

func credentials(base string) records.Credentials {
	return records.Credentials{TokenURL: base + "/auth/oauth/token", ClientID: clientID, Secret: secret}
}

// overHTTP returns the port over a stand-in at base.
func overHTTP(t *testing.T, base string) *records.Records {
	t.Helper()
	sources, err := records.NewHMPPS(options(base))
	if err != nil {
		t.Fatal(err)
	}
	sources["conformance"], err = records.NewJSON(records.JSONOptions{
		Name: "conformance", URL: base + "/facts", Credentials: credentials(base), Now: noon,
	})
	if err != nil {
		t.Fatal(err)
	}
	return records.New(sources)
}

func fromFile(t *testing.T, path string, now func() time.Time) *records.Records {
	t.Helper()
	sources, err := records.NewFile(records.FileOptions{Path: path, ReferenceKey: referenceKey, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return records.New(sources)
}

// expectations say, for every person, what a source must tell: name=value, or name=- for a fact that must be absent.
// A value is compared as fmt prints it; days are counted from today as today-3.
var expectations = []struct{ key, source, facts string }{
	{"released-recently", "hmpps-release", "family_name=Example given_name=Michael·John birth_date=1987-05-12 alive=true identity_frozen=false sources_agree=true recalled=false in_custody=false restricted_patient=false released=true release_date=today-3 released_within_56_days=true released_within_6_months=true time_in_custody_band=3_TO_12_MONTHS duty_to_refer_status=ACCEPTED duty_to_refer_reference=LB-SYN-0451 release_confirmation_ends=2027-05-21 release_confirmation_current=true"},
	{"released-recently", "hmpps-licence", "licence_type=AP licence_active=true licence_kind_family=STANDARD licence_start_date=today-3 licence_end_date=today+200 licence_current=true policy_version=4.0 other_conditions=false needs_address_approval=true must_tell_officer_about_work=true has_curfew=false curfew_start=- curfew_end=- supervising_region=London contact_team_phone=020·7946·0101 approved=-"},
	{"recalled-during-refresh", "hmpps-licence", "recalled=false licence_active=true"},
	{"recalled", "hmpps-release", "recalled=true in_custody=true released=false release_date=- released_within_56_days=- release_confirmation_ends=- time_in_custody_band=-"},
	{"recalled", "hmpps-licence", "recalled=true licence_active=false licence_type=- licence_reference=-"},
	{"fixed-term-recall", "hmpps-licence", "recalled=true in_custody=true licence_active=false"},
	{"post-recall", "hmpps-licence", "recalled=false licence_active=true licence_kind_family=POST_RECALL policy_version=3.0"},
	{"varied", "hmpps-licence", "licence_active=true licence_kind_family=STANDARD condition_categories=[Freedom·of·movement]"},
	{"varied-while-collecting", "hmpps-licence", "licence_active=true condition_categories=[]"},
	{"home-detention-curfew", "hmpps-licence", "licence_kind_family=HOME_DETENTION_CURFEW has_curfew=true curfew_start=19:00 curfew_end=07:00 other_conditions=true"},
	{"home-detention-curfew-varied", "hmpps-licence", "licence_kind_family=HOME_DETENTION_CURFEW has_curfew=true curfew_start=-"},
	{"two-curfews", "hmpps-licence", "has_curfew=true curfew_start=- curfew_end=-"},
	{"tagged-curfew", "hmpps-licence", "has_curfew=true curfew_start=-"},
	{"time-served", "hmpps-licence", "licence_kind_family=TIME_SERVED time_in_custody_band=UNDER_3_MONTHS"},
	{"hard-stop", "hmpps-licence", "licence_kind_family=STANDARD licence_active=true"},
	{"pss-only", "hmpps-licence", "licence_type=PSS conditions_standard=[] needs_address_approval=false"},
	{"ap-pss", "hmpps-licence", "licence_type=AP_PSS policy_version=2.0 licence_active=true"},
	{"licence-expired", "hmpps-licence", "licence_active=false licence_current=false licence_end_date=today-1"},
	{"licence-ends-today", "hmpps-licence", "licence_active=true licence_current=true licence_end_date=today"},
	{"died", "hmpps-release", "alive=false"},
	{"merged", "hmpps-release", "identity_frozen=true"},
	{"split-record", "hmpps-release", "identity_frozen=true"},
	{"twin-first", "hmpps-release", "family_name=Orchard birth_date=1991-03-03 identity_frozen=false release_date=today-10 time_in_custody_band=3_TO_12_MONTHS"},
	{"twin-second", "hmpps-release", "family_name=Orchard birth_date=1991-03-03 identity_frozen=false release_date=today-400 time_in_custody_band=OVER_12_MONTHS"},
	{"sources-disagree", "hmpps-release", "sources_agree=false"},
	{"unmatched", "hmpps-release", "sources_agree=false identity_frozen=-"},
	{"approval-accommodation", "hmpps-approval", "approval_type=ACCOMMODATION approved=true approval_subject=1·Synthetic·Street,·London,·ZZ1·1ZZ approved_on=today-5 approval_valid_until=today+23 approval_current=true conditions_for_other_party=[NONE] contact_team_phone=020·7946·0199 on_licence=true"},
	{"approval-work", "hmpps-approval", "approval_type=WORK approved=true conditions_for_other_party=[HOURS_LIMIT]"},
	{"approval-withdrawn", "hmpps-approval", "approval_type=WORK approved=- approval_current=true"},
	{"approval-ended", "hmpps-approval", "approved=true approval_current=false"},
	{"bespoke-condition", "hmpps-licence", "other_conditions=true condition_categories=[Making·or·maintaining·contact·with·a·person·Disclosure·of·information]"},
	{"altered-condition", "hmpps-licence", "other_conditions=true condition_texts=[]"},
	{"unknown-condition", "hmpps-licence", "other_conditions=true condition_texts=[] condition_categories=[]"},
	{"unknown-policy", "hmpps-licence", "other_conditions=true policy_version=- condition_texts=- condition_categories=- conditions_standard=- needs_address_approval=- has_curfew=-"},
	{"resentenced", "hmpps-licence", "recalled=false licence_active=false licence_type=-"},
	{"moved-out", "hmpps-licence", "licence_active=false supervising_region=-"},
	{"on-remand", "hmpps-licence", "in_custody=true released=false licence_active=false licence_end_date=- licence_current=-"},
	{"immigration-detention", "hmpps-licence", "in_custody=true released=false recalled=false"},
	{"restricted-patient", "hmpps-release", "restricted_patient=true released=false"},
	{"in-hospital", "hmpps-release", "restricted_patient=false released=false in_custody=false"},
	{"at-court", "hmpps-release", "released=false recalled=false"},
	{"temporary-release", "hmpps-release", "released=false recalled=false"},
	{"returned-from-temporary-release", "hmpps-release", "released=false recalled=false in_custody=true"},
	{"at-large", "hmpps-release", "released=false release_date=-"},
	{"transferring", "hmpps-release", "released=false in_custody=true"},
	{"released-long-ago", "hmpps-release", "released=true released_within_56_days=false released_within_6_months=false release_confirmation_current=false time_in_custody_band=OVER_12_MONTHS"},
	{"released-long-ago", "hmpps-licence", "licence_active=true policy_version=1.0"},
	{"released-today", "hmpps-release", "released=true release_date=today time_in_custody_band=UNDER_3_MONTHS duty_to_refer_status=-"},
	{"welsh-name", "hmpps-release", "family_name=Llŷr given_name=Siân"},
	{"apostrophe-name", "hmpps-release", "family_name=O'Neill"},
	{"mononym", "hmpps-release", "family_name=Sukarno given_name=-"},
	{"long-name", "hmpps-release", "family_name=" + longName},
	{"policy-1-0", "hmpps-licence", "policy_version=1.0 needs_address_approval=true must_tell_officer_about_work=true has_curfew=true curfew_start=20:00 curfew_end=06:00"},
	{"policy-2-0", "hmpps-licence", "policy_version=2.0 needs_address_approval=true must_tell_officer_about_work=true other_conditions=true"},
	{"policy-2-1", "hmpps-licence", "policy_version=2.1 needs_address_approval=true other_conditions=true"},
	{"policy-3-0", "hmpps-licence", "policy_version=3.0 needs_address_approval=true must_tell_officer_about_work=true other_conditions=false"},
	{"policy-4-0", "hmpps-licence", "policy_version=4.0 needs_address_approval=true must_tell_officer_about_work=true other_conditions=false"},
	{"synthetic-driver", "conformance", "family_name=Synthetic birth_date=1985-08-08 age_over_18=true welsh_licence=false issue_date=today-30"},
	{"synthetic-veteran", "conformance", "birthDate=[map[value:1960-06-06]]"},
}

var longName = strings.Repeat("Featherstonehaugh-Cholmondeley-", 4)[:100]

// TestEveryPerson asks about every synthetic person, over HTTP and from the file: both must tell the same.
func TestEveryPerson(t *testing.T) {
	s, base := standIn(t, noon)
	remote, file := overHTTP(t, base), fromFile(t, peopleFile, noon)
	people := map[string]hmpps.Person{}
	untold := map[string]bool{}
	for _, p := range s.People() {
		people[p.Key], untold[p.Key] = p, true
	}
	for _, e := range expectations {
		t.Run(e.key+"/"+e.source, func(t *testing.T) {
			delete(untold, e.key)
			r := recordOf(people[e.key], e.source)
			got, err := remote.Facts(t.Context(), e.source, r)
			if err != nil {
				t.Fatal(err)
			}
			check(t, got, e.facts)
			same, err := file.Facts(t.Context(), e.source, r)
			if err != nil || !reflect.DeepEqual(map[string]any(got), map[string]any(same)) {
				t.Errorf("the file tells another story (%v):\n%v\n%v", err, map[string]any(got), map[string]any(same))
			}
		})
	}
	if len(untold) != 0 {
		t.Errorf("nothing is expected of %v", slices.Sorted(maps.Keys(untold)))
	}
}

func recordOf(p hmpps.Person, source string) issuance.Record {
	switch source {
	case "conformance":
		return issuance.Record{Person: p.Key}
	case "hmpps-approval":
		references := map[string]string{"approval-accommodation": "APR-0001", "approval-work": "APR-0002",
			"approval-withdrawn": "APR-0003", "approval-ended": "APR-0004"}
		return issuance.Record{Person: p.PrisonNumber, Item: references[p.Key]}
	default:
		return issuance.Record{Person: p.PrisonNumber}
	}
}

// check compares facts with an expectation. A middle dot stands for a space.
func check(t *testing.T, facts credential.Facts, expectation string) {
	t.Helper()
	for _, field := range strings.Fields(expectation) {
		name, want, _ := strings.Cut(field, "=")
		value, found := facts[name]
		got := "-"
		if found {
			got = fmt.Sprint(value)
		}
		if want = inDays(strings.ReplaceAll(want, "·", " ")); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func inDays(want string) string {
	var n int
	switch {
	case want == "today":
	case strings.HasPrefix(want, "today"):
		if _, err := fmt.Sscanf(want, "today%d", &n); err != nil {
			return want
		}
	default:
		return want
	}
	return daysAgo(-n).String()
}

func TestNobodyIsNamedInWhatIsToldOfConditions(t *testing.T) {
	s, base := standIn(t, noon)
	remote := overHTTP(t, base)
	for _, p := range s.People() {
		if p.PrisonNumber == "" {
			continue
		}
		facts, err := remote.Facts(t.Context(), "hmpps-licence", issuance.Record{Person: p.PrisonNumber})
		if err != nil {
			t.Fatal(p.Key, err)
		}
		told := fmt.Sprint(facts["condition_texts"], facts["condition_categories"], facts["conditions_standard"])
		for _, name := range []string{"Victoria", "Ivor", "Social Services"} {
			if strings.Contains(told, name) {
				t.Errorf("%s: the facts name %s", p.Key, name)
			}
		}
	}
}

func TestLicenceFactsOfAnAllowListedText(t *testing.T) {
	file := fromFile(t, peopleFile, noon)
	facts, err := file.Facts(t.Context(), "hmpps-licence", issuance.Record{Person: "A0001SY"})
	if err != nil {
		t.Fatal(err)
	}
	texts, _ := facts["condition_texts"].([]any)
	if len(texts) != 2 {
		t.Fatalf("%d texts, want 2", len(texts))
	}
	first, _ := texts[0].(map[string]any)
	if first["code"] != "2a93b784-b8cb-49ed-95e2-a0df60723cda" || !strings.HasPrefix(fmt.Sprint(first["text"]), "Provide your supervising officer") {
		t.Errorf("the first text is %v", first)
	}
	if codes, _ := facts["conditions_standard"].([]any); len(codes) != 8 || !slices.Contains(codes, any("78A5F860-4791-48F2-B707-D6D4413850EE")) {
		t.Errorf("standard conditions: %v", codes)
	}
}

// TestTheNextRequestSeesTheChange: nothing may be remembered between an issue and a refresh.
func TestTheNextRequestSeesTheChange(t *testing.T) {
	changes := []struct {
		name, key, source, before, after string
		act                              func(*hmpps.Server, string) error
	}{
		{"recall", "recalled-during-refresh", "hmpps-licence", "recalled=false in_custody=false licence_active=true", "recalled=true in_custody=true released=false licence_active=false", (*hmpps.Server).Recall},
		{"vary", "varied-while-collecting", "hmpps-licence", "condition_categories=[]", "licence_active=true condition_categories=[Participation·in,·or·co-operation·with,·a·programme·or·set·of·activities]", (*hmpps.Server).Vary},
		{"vary anew", "hard-stop", "hmpps-licence", "condition_categories=[]", "licence_active=true condition_categories=[Electronic·monitoring]", (*hmpps.Server).Vary},
		{"withdraw", "approval-work", "hmpps-approval", "approved=true", "approved=-", (*hmpps.Server).WithdrawApproval},
		{"approval, recalled", "approval-accommodation", "hmpps-approval", "on_licence=true", "on_licence=false", (*hmpps.Server).Recall},
		{"die", "released-recently", "hmpps-release", "alive=true", "alive=false", (*hmpps.Server).Die},
		{"merge", "welsh-name", "hmpps-release", "identity_frozen=false", "identity_frozen=true", (*hmpps.Server).Merge},
		{"end", "ap-pss", "hmpps-licence", "licence_active=true licence_current=true", "licence_active=false licence_current=false", (*hmpps.Server).EndLicence},
	}
	s, base := standIn(t, noon)
	remote := overHTTP(t, base)
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			i := slices.IndexFunc(s.People(), func(p hmpps.Person) bool { return p.Key == c.key })
			r := recordOf(s.People()[i], c.source)
			check(t, mustFacts(t, remote, c.source, r), c.before)
			if err := c.act(s, c.key); err != nil {
				t.Fatal(err)
			}
			check(t, mustFacts(t, remote, c.source, r), c.after)
		})
	}
}

func mustFacts(t *testing.T, r *records.Records, source string, record issuance.Record) credential.Facts {
	t.Helper()
	facts, err := r.Facts(context.Background(), source, record)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}
