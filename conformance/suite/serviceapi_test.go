package suite_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/ui/uitest"
)

// client is a service that asks with a token of the stand-in for HMPPS Auth.
type client struct {
	t     *testing.T
	r     *rig.Rig
	token string
}

func (c client) ask(method, path string, body map[string]any, status int) map[string]any {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := http.NewRequest(method, c.r.IssuerURL+path, strings.NewReader(string(text)))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := c.r.HTTP.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if response.StatusCode != status {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, response.StatusCode, answer, status)
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// TestTheServiceAPIDoesWhatTheConsoleDoes goes from a search to a document that everybody is told has ended, and from an
// approval to its withdrawal, over everything assembled; and holds the log to naming nobody.
func TestTheServiceAPIDoesWhatTheConsoleDoes(t *testing.T) {
	began, passed := time.Now(), atomic.Int64{}
	now := func() time.Time { return began.Add(time.Duration(passed.Load())) }
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	r := start(t, rig.Options{Log: log, Now: now})
	ctx := context.Background()
	if _, err := newWallet(t, r).Collect(ctx, offer(t, r, releaseOffer())); err != nil {
		t.Fatal(err)
	}
	must := func(token string, err error) client {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return client{t, r, token}
	}
	system, user := must(r.Token(ctx, rig.ServiceClient)), must(r.TokenFor(ctx, rig.ServiceClient, "SYN_CASEWORKER"))

	const wider = "OUT_OF_HOURS_DUTY"
	if found := system.ask("POST", "/api/cases/search", map[string]any{"prisonNumber": person}, 200)["cases"].([]any); len(found) != 0 {
		t.Error("a service without a team found somebody without a reason")
	}
	found := system.ask("POST", "/api/cases/search", map[string]any{"prisonNumber": person, "wider": wider}, 200)["cases"].([]any)
	if len(found) != 1 || found[0].(map[string]any)["liveDocuments"] != 1.0 {
		t.Errorf("%v", found)
	}
	system.ask("POST", "/api/cases/timeline", map[string]any{"record": "A0031SY", "wider": wider}, 404) // restricted

	user.ask("POST", "/api/revocations", map[string]any{"record": person, "reason": "DIED"}, 404) // of another team

	request := map[string]any{"id": uuid.NewString(), "scope": "PERSON", "record": person, "wider": wider, "reason": "RECALLED_STANDARD"}
	request["digest"] = system.ask("POST", "/api/endings/effect", request, 200)["digest"]
	system.ask("POST", "/api/endings", request, 201)
	state := func() string {
		t.Helper()
		if err := r.Issuer.Work(ctx); err != nil {
			t.Fatal(err)
		}
		return system.ask("GET", "/api/endings/"+request["id"].(string), nil, 200)["state"].(string)
	}
	if s := state(); s != "PLANNED" {
		t.Errorf("within the ten seconds: %s", s)
	}
	passed.Add(int64(11 * time.Second))
	if s := state(); s != "RUNNING" {
		t.Errorf("not yet published: %s", s)
	}
	if err := r.Issuer.Publish(ctx); err != nil {
		t.Fatal(err)
	}
	passed.Add(int64(3 * time.Second))
	if s := state(); s != "DONE" {
		t.Errorf("published: %s", s)
	}

	again := map[string]any{"record": person, "wider": wider, "reason": "RECALLED_STANDARD"}
	if ended := user.ask("POST", "/api/revocations", again, 200)["revoked"].([]any); len(ended) != 1 { // who may know of the person may
		t.Errorf("ended at once: %v", ended)
	}

	approval := user.ask("POST", "/api/approvals", map[string]any{
		"reference": "APR-SYNTHETIC1", "record": person, "wider": wider, "kind": "WORK", "what": "Synthetic Bakery, baker",
		"until": now().AddDate(0, 3, 0).Format(time.DateOnly), "conditions": []string{"NONE"}, "teamPhone": "020 7946 0131",
	}, 201)
	withdraw := map[string]any{"id": uuid.NewString(), "scope": "APPROVAL", "record": person, "wider": wider, "item": approval["reference"], "reason": "APPROVAL_WITHDRAWN"}
	withdraw["digest"] = user.ask("POST", "/api/endings/effect", withdraw, 200)["digest"]
	user.ask("POST", "/api/endings", withdraw, 201)
	passed.Add(int64(11 * time.Second))
	if err := r.Issuer.Work(ctx); err != nil {
		t.Fatal(err)
	}
	all := user.ask("POST", "/api/approvals/search", map[string]any{"record": person, "wider": wider}, 200)["approvals"].([]any)
	withdrawn := func(one any) bool {
		a := one.(map[string]any)
		return a["reference"] == approval["reference"] && a["withdrawn"] == true
	}
	if !slices.ContainsFunc(all, withdrawn) {
		t.Errorf("%v: the approval is not among them, or stands", all)
	}
	system.ask("POST", "/api/endings/"+withdraw["id"].(string)+"/agreement", map[string]any{"digest": withdraw["digest"]}, 403) // no person
	lines, err := os.ReadFile(log.Name())
	if err != nil || len(lines) == 0 {
		t.Fatalf("%d bytes of log (%v)", len(lines), err)
	}
	uitest.Forbidden(t, string(lines))
}
