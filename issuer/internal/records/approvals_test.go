package records_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"justice-wallet/issuer/internal/records"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

func anApproval() records.Approval {
	return records.Approval{
		Reference: "APR-NEW1", PrisonNumber: "A0001SY", Type: "ACCOMMODATION", Subject: "1 Synthetic Street, ZZ1 1ZZ",
		ApprovedOn: daysAgo(0), ValidUntil: daysAgo(-28), Conditions: []string{"HOURS_LIMIT"}, TeamPhone: "020 7946 0131",
	}
}

func TestAnApprovalThatIsKeptIsWhatDocumentsRestOn(t *testing.T) {
	_, base := standIn(t, noon)
	approvals, err := records.NewHMPPSApprovals(options(base))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second changes nothing
		if err := approvals.Put(t.Context(), anApproval()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := approvals.Of(t.Context(), "A0001SY")
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], anApproval()) {
		t.Errorf("%d approvals (%v)", len(all), err)
	}
	facts := func() map[string]any {
		f, err := overHTTP(t, base).Facts(t.Context(), "hmpps-approval", issuance.Record{Person: "A0001SY", Item: "APR-NEW1"})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := facts(); f["approved"] != true || f["approval_subject"] != "1 Synthetic Street, ZZ1 1ZZ" || f["approval_valid_until"] != daysAgo(-28) {
		t.Errorf("the facts are others")
	}
	for range 2 {
		if err := approvals.Withdraw(t.Context(), "A0001SY", "APR-NEW1"); err != nil {
			t.Fatal(err)
		}
	}
	if f := facts(); f["approved"] != nil {
		t.Error("it was withdrawn, and is a fact still")
	}
	if all, err := approvals.Of(t.Context(), "A0001SY"); err != nil || len(all) != 1 || !all[0].Withdrawn {
		t.Errorf("%v", err)
	}
}

func TestApprovalsThatAreRefused(t *testing.T) {
	_, base := standIn(t, noon)
	approvals, err := records.NewHMPPSApprovals(options(base))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*records.Approval){
		"number":    func(a *records.Approval) { a.PrisonNumber = "../A0001SY" },
		"reference": func(a *records.Approval) { a.Reference = "a b" },
	} {
		wrong := anApproval()
		change(&wrong)
		if err := approvals.Put(t.Context(), wrong); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		if err := approvals.Withdraw(t.Context(), wrong.PrisonNumber, wrong.Reference); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := approvals.Put(t.Context(), anApproval()); err != nil {
		t.Fatal(err)
	}
	other := anApproval()
	other.Subject = "2 Synthetic Street"
	if err := approvals.Put(t.Context(), other); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a reference that was used for something else: %v", err)
	}
	if err := approvals.Withdraw(t.Context(), "A0001SY", "APR-NONE"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("what was never approved was withdrawn: %v", err)
	}
}

func TestAnAnswerThatDoesNotSayItIsKeptIsNone(t *testing.T) {
	s, _ := standIn(t, noon)
	for _, body := range []string{`{}`, `{"record": null}`, `{"record": {"reference": "APR-NEW1", "prisonNumber": "A0002SY"}}`, `[]`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/approvals/") {
				s.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(body))
		}))
		approvals, err := records.NewHMPPSApprovals(options(server.URL))
		if err != nil {
			t.Fatal(err)
		}
		if err := approvals.Put(t.Context(), anApproval()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("put, %s: %v", body, err)
		}
		if err := approvals.Withdraw(t.Context(), "A0001SY", "APR-NEW1"); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("withdraw, %s: %v", body, err)
		}
		server.Close()
	}
}

func TestTheApprovalsOfAFileCannotBeChanged(t *testing.T) {
	approvals, err := records.NewFileApprovals(records.FileOptions{Path: "../../../conformance/hmpps/people.json", ReferenceKey: referenceKey, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := approvals.Of(t.Context(), "A0025SY"); err != nil || len(all) == 0 {
		t.Errorf("%d approvals (%v)", len(all), err)
	}
	if err := approvals.Put(t.Context(), anApproval()); fault.CodeOf(err) != "approvals_read_only" {
		t.Errorf("put: %v", err)
	}
	if err := approvals.Withdraw(t.Context(), "A0025SY", "APR-0001"); fault.CodeOf(err) != "approvals_read_only" {
		t.Errorf("withdraw: %v", err)
	}
}
