package serviceapi_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"justice-wallet/pkg/casework"
)

// A hundred thousand documents are planned in one call, agreed to by a second person, and followed to their end.
func TestALargeEndingFromItsPlanToItsSight(t *testing.T) {
	w := newWorld(t)
	ids := make([]string, casework.MaxLarge)
	for n := range ids {
		ids[n] = fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	}
	w.issue(1)
	first, second := w.user("first", "", casework.RoleRevoke), w.user("second", "", casework.RoleApprove)
	request := map[string]any{"id": "l-1", "credentialIds": ids, "reason": "ISSUED_IN_ERROR", "note": "a note"}
	var plan map[string]any
	for range 2 {
		plan = w.want(202, "Ending", "POST", "/api/endings/large", first, request)
	}
	progress := func(e map[string]any) string { return fmt.Sprint(e["state"], " ", e["progress"]) }
	if got := progress(plan); got != "AWAITING map[ended:0 failed:0 gone:0 seen:0 total:100000]" || plan["needsSecondPerson"] != true || len(plan["documents"].([]any)) != 0 {
		t.Errorf("%s, second person %v", got, plan["needsSecondPerson"])
	}
	if queue := w.want(200, "Endings", "GET", "/api/endings", second, nil); len(queue["endings"].([]any)) != 1 {
		t.Errorf("%v", queue)
	}
	w.want(200, "Ending", "POST", "/api/endings/l-1/agreement", second, map[string]any{"digest": plan["digest"]})
	w.now = start.Add(casework.StopTime)
	must(t, w.casework.WorkLarge(t.Context()))
	if got := progress(w.want(200, "Ending", "GET", "/api/endings/l-1", first, nil)); got != "DONE map[ended:100000 failed:0 gone:0 seen:0 total:100000]" {
		t.Error(got) // the stand-in marks none in the register, so that there is none to look for
	}
	if w.revoked != casework.MaxLarge {
		t.Errorf("%d ended", w.revoked)
	}
}

func TestWhoMayPlanALargeEnding(t *testing.T) {
	w := newWorld(t)
	request := map[string]any{"id": "l-1", "credentialIds": []string{"a"}, "reason": "DIED"}
	w.want(401, "", "POST", "/api/endings/large", "", request)
	w.want(403, "Error", "POST", "/api/endings/large", w.user("first", "", casework.RoleView), request)
	if e := w.want(403, "Error", "POST", "/api/endings/large", w.token("system", "", casework.RoleRevoke), request); e["error"] != "person_needed" {
		t.Errorf("%v", e)
	}
	user := w.user("first", "", casework.RoleRevoke)
	for name, change := range map[string]map[string]any{
		"nothing": {"credentialIds": []string{}}, "both": {"keyId": "k"}, "no reason": {"reason": "WHIM"}, "no id": {"id": ""},
		"ids that are no texts": {"credentialIds": []int{1}},
	} {
		wrong := maps.Clone(request)
		maps.Copy(wrong, change)
		if answer := w.send("POST", "/api/endings/large", user, wrong); answer.Code != 400 {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
	w.want(404, "Error", "POST", "/api/endings/large", user, map[string]any{"id": "l-1", "keyId": "no-key", "reason": "KEY_COMPROMISE"})
	w.want(413, "Error", "POST", "/api/endings/large", user, map[string]any{"id": strings.Repeat("a", 5<<20)})
	w.want(413, "Error", "POST", "/api/endings", user, map[string]any{"id": strings.Repeat("a", 64<<10)}) // the others stay small
}
