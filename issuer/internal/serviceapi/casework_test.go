package serviceapi_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"justice-wallet/issuer/internal/serviceapi"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/store/memstore"
)

const (
	ann     = "A0001SY" // of the team N07SYN; synthetic
	issuer  = "https://auth.test/issuer"
	release = "uk.gov.justice.prisonrelease.1"
)

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// world is the door over the real decisions and store.
type world struct {
	events  []audit.Event // what is on record
	noAudit error         // why nothing can be
	*memstore.Store
	t         *testing.T
	now       time.Time
	key       *rsa.PrivateKey
	server    *httpserver.Server
	casework  *casework.Service
	approvals []casework.Approval
	revoked   int
	schemas   map[string]any
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A service that asks what was issued about a person is on record before it is told, and by no name of the person's.
func TestASearchIsOnRecord(t *testing.T) {
	w := newWorld(t)
	w.issue(1)
	token := w.token("a-service", "", serviceapi.RoleView)
	w.events = nil
	w.want(200, "Credentials", "POST", "/api/credentials/search", token, map[string]any{"record": ann})
	if len(w.events) != 1 || w.events[0].What != "person.view" || strings.Contains(fmt.Sprint(w.events[0]), ann) {
		t.Errorf("on record: %v", w.events)
	}
	somebody, stranger := w.user("SYNTHETIC_A", "N07SYN", serviceapi.RoleView), w.user("SYNTHETIC_B", "N09SYN", serviceapi.RoleView)
	if found := w.want(200, "Credentials", "POST", "/api/credentials/search", somebody, map[string]any{"record": ann}); len(found["credentials"].([]any)) != 1 {
		t.Errorf("their officer is shown %v", found)
	}
	if answer := w.send("POST", "/api/credentials/search", stranger, map[string]any{"record": ann}); answer.Code != 404 || strings.Contains(answer.Body.String(), "credentialId") {
		t.Errorf("another team's officer: %d %s", answer.Code, answer.Body)
	}
	w.want(200, "Credentials", "POST", "/api/credentials/search", stranger, map[string]any{"record": ann, "wider": "CASE_TRANSFER"})
	w.noAudit = errors.New("away")
	if answer := w.send("POST", "/api/credentials/search", token, map[string]any{"record": ann}); answer.Code != 503 || strings.Contains(answer.Body.String(), "credentialId") {
		t.Errorf("with no audit: %d %s", answer.Code, answer.Body)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: start}
	clock := func() time.Time { return w.now }
	w.Store = memstore.New(clock)
	var err error
	w.key, err = rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	catalogue, err := document.Shipped()
	must(t, err)
	w.casework = casework.New(casework.Deps{
		Cases: w, Register: w.Store, Endings: w.Store, Sets: w.Store, Roll: w.Store, Approvals: w, Revoker: w, Published: w, Documents: catalogue, Audit: w,
		Key: []byte("key"), Now: clock, London: time.UTC, Log: slog.New(slog.DiscardHandler),
	})
	api := serviceapi.New(serviceapi.Deps{StaffIssuer: issuer, StaffKeys: w, Register: w.Store, Documents: catalogue, Casework: w.casework, Now: clock})
	w.server = httpserver.New(httpserver.Options{Log: slog.New(slog.DiscardHandler), Now: clock, Ready: func(context.Context) error { return nil }})
	g := w.server.Group("/api", httpserver.GroupOptions{Descriptions: true})
	g.Handle("GET", "/openapi.yaml", api.GetDescription)
	g.Handle("POST", "/revocations", api.PostRevocation)
	g.Handle("POST", "/credentials/search", api.PostSearch)
	g.Handle("POST", "/cases/search", api.PostCases)
	g.Handle("POST", "/cases/timeline", api.PostTimeline)
	g.Handle("GET", "/endings", api.GetEndings)
	g.Handle("POST", "/endings", api.PostEnding)
	g.Handle("POST", "/endings/effect", api.PostEffect)
	g.Handle("GET", "/endings/:id", api.GetEnding)
	w.server.Group("/api", httpserver.GroupOptions{Descriptions: true, MaxBody: serviceapi.MaxLargeBody}).Handle("POST", "/endings/large", api.PostLarge)
	g.Handle("POST", "/endings/:id/stop", api.PostStop)
	g.Handle("POST", "/endings/:id/agreement", api.PostAgreement)
	g.Handle("POST", "/approvals", api.PostApproval)
	g.Handle("POST", "/approvals/search", api.PostApprovals)
	answer := w.send("GET", "/api/openapi.yaml", "", nil)
	must(t, yaml.Unmarshal(answer.Body.Bytes(), &w.schemas))
	return w
}

func (w *world) Key(context.Context, jose.Header) (crypto.PublicKey, error) {
	return w.key.Public(), nil
}
func (w *world) Record(_ context.Context, e audit.Event) error {
	w.events = append(w.events, e)
	return w.noAudit
}

func (w *world) Find(_ context.Context, q casework.Query) ([]casework.Case, error) {
	if q.PrisonNumber != ann {
		return nil, nil
	}
	return []casework.Case{{PrisonNumber: ann, Name: "Ann Synthetic", BirthDate: credential.Date{Year: 1987, Month: 5, Day: 12}, Team: "N07SYN", TeamName: "Synthetic team"}}, nil
}

func (w *world) Revoke(ctx context.Context, r issuance.RevokeRequest) ([]issuance.Ended, error) {
	w.revoked++
	return nil, w.MarkRevoked(ctx, r.ID, w.now, string(r.Reason))
}

func (w *world) RevokeAll(ctx context.Context, r issuance.RevokeAllRequest) (issuance.Tally, error) {
	w.revoked += len(r.IDs)
	return issuance.Tally{Ended: len(r.IDs), Fresh: len(r.IDs)}, nil
}

func (w *world) Ended(context.Context, credential.StatusRef) (bool, error) { return true, nil }

func (w *world) PutApproval(_ context.Context, a casework.Approval) error {
	w.approvals = append(w.approvals, a)
	return nil
}

func (w *world) WithdrawApproval(context.Context, string, string) error { return nil }

func (w *world) ApprovalsOf(context.Context, string) ([]casework.Approval, error) {
	return w.approvals, nil
}

func (w *world) issue(n int) string {
	w.t.Helper()
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	g := issuance.Grant{TokenID: fmt.Sprint("t", n), Nonce: fmt.Sprint("n", n), Subject: "s", Configuration: release, Expires: w.now.Add(time.Minute)}
	must(w.t, w.Commit(w.t.Context(), issuance.Commit{Operation: fmt.Sprint(n), Grant: g, Credential: issuance.Credential{
		ID: id, DocumentType: release, Configuration: release, Record: issuance.Record{Person: ann}, Subject: "s", Issued: w.now, Until: w.now.AddDate(0, 0, 28),
	}}))
	return id
}

// token is HMPPS Auth's, for a service with roles, of the team, that asks for itself.
func (w *world) token(name string, team string, roles ...string) string {
	w.t.Helper()
	return w.tokenOf(name, "", team, roles...)
}

// user is HMPPS Auth's, for a service that asks on behalf of somebody.
func (w *world) user(name string, team string, roles ...string) string {
	w.t.Helper()
	return w.tokenOf(name, name, team, roles...)
}

func (w *world) tokenOf(name, user, team string, roles ...string) string {
	w.t.Helper()
	part := func(v any) string {
		b, err := json.Marshal(v)
		must(w.t, err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	claims := map[string]any{"iss": issuer, "sub": name, "exp": w.now.Add(time.Hour).Unix(), "authorities": roles}
	if user != "" {
		claims["user_name"] = user
	}
	if team != "" {
		claims["teams"] = []string{team}
	}
	message := part(map[string]string{"alg": "RS256", "typ": "JWT", "kid": "k"}) + "." + part(claims)
	digest := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(rand.Reader, w.key, crypto.SHA256, digest[:])
	must(w.t, err)
	return message + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (w *world) send(method, path, token string, body any) *httptest.ResponseRecorder {
	w.t.Helper()
	text, err := json.Marshal(body)
	must(w.t, err)
	r := httptest.NewRequest(method, "https://issuer.test"+path, bytes.NewReader(text))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a := httptest.NewRecorder()
	w.server.ServeHTTP(a, r)
	return a
}

// want sends a request, and holds the answer to a status and to a schema of the description.
func (w *world) want(status int, schema, method, path, token string, body any) map[string]any {
	w.t.Helper()
	a := w.send(method, path, token, body)
	if a.Code != status {
		w.t.Errorf("%s %s: %d, want %d: %s", method, path, a.Code, status, a.Body)
	}
	if schema == "" {
		return nil
	}
	raw, err := json.Marshal(w.schemas)
	must(w.t, err)
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	must(w.t, err)
	c := jsonschema.NewCompiler()
	must(w.t, c.AddResource("openapi.json", whole))
	s, err := c.Compile("openapi.json#/components/schemas/" + schema)
	must(w.t, err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(a.Body.String()))
	must(w.t, err)
	if err := s.Validate(v); err != nil {
		w.t.Errorf("%s %s: %v\n%s", method, path, err, a.Body)
	}
	out, _ := v.(map[string]any)
	return out
}

// Every path that is served is described, and no other.
func TestTheDescriptionHasEveryPath(t *testing.T) {
	w := newWorld(t)
	source, err := os.ReadFile("../../routes.go")
	must(t, err)
	var served, described []string
	for _, m := range regexp.MustCompile(`(?:services|large)\.Handle\(http\.Method(\w+), "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		served = append(served, strings.ToLower(m[1])+" /api"+strings.ReplaceAll(m[2], ":id", "{id}"))
	}
	for path, methods := range w.schemas["paths"].(map[string]any) {
		for method := range methods.(map[string]any) {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) || len(served) < 10 {
		t.Errorf("served    %v\ndescribed %v", served, described)
	}
}

var all = []string{casework.RoleView, casework.RoleIssue, casework.RoleRevoke}

func TestAnEndingFromItsEffectToItsSight(t *testing.T) {
	w := newWorld(t)
	w.issue(1)
	token := w.token("front-end", "N07SYN", all...)
	cases := w.want(200, "Cases", "POST", "/api/cases/search", token, map[string]any{"prisonNumber": ann})
	if len(cases["cases"].([]any)) != 1 {
		t.Errorf("%v", cases)
	}
	request := map[string]any{"id": "r-1", "scope": "PERSON", "record": ann, "reason": "SAFETY", "note": "a note"}
	w.want(409, "Error", "POST", "/api/endings", token, request)
	effect := w.want(200, "Ending", "POST", "/api/endings/effect", token, request)
	request["digest"] = effect["digest"]
	for range 2 {
		w.want(201, "Ending", "POST", "/api/endings", token, request)
	}
	w.want(404, "Error", "GET", "/api/endings/r-1", w.token("another", "N07SYN", all...), nil)
	w.now = start.Add(casework.StopTime)
	w.want(409, "Error", "POST", "/api/endings/r-1/stop", token, map[string]any{})
	must(t, w.casework.Work(t.Context()))
	if e := w.want(200, "Ending", "GET", "/api/endings/r-1", token, nil); e["state"] != "DONE" {
		t.Errorf("%v", e)
	}
	if life := w.want(200, "Timeline", "POST", "/api/cases/timeline", token, map[string]any{"record": ann}); len(life["happenings"].([]any)) != 3 {
		t.Errorf("%v", life)
	}
	w.want(200, "Credentials", "POST", "/api/credentials/search", token, map[string]any{"record": ann})
}

func TestStopAndTwoPeople(t *testing.T) {
	w := newWorld(t)
	for n := range 11 {
		w.issue(n + 1)
	}
	token, second := w.user("first", "N07SYN", all...), w.user("second", "N07SYN", casework.RoleView, casework.RoleApprove)
	request := map[string]any{"id": "r-1", "scope": "PERSON", "record": ann, "reason": "DIED"}
	effect := w.want(200, "Ending", "POST", "/api/endings/effect", token, request)
	request["digest"] = effect["digest"]
	if e := w.want(201, "Ending", "POST", "/api/endings", token, request); e["state"] != "AWAITING" || e["needsSecondPerson"] != true {
		t.Errorf("%v", e)
	}
	if queue := w.want(200, "Endings", "GET", "/api/endings", second, nil); len(queue["endings"].([]any)) != 1 {
		t.Errorf("%v", queue)
	}
	w.want(403, "Error", "GET", "/api/endings", token, nil)
	w.want(403, "Error", "POST", "/api/endings/r-1/agreement", token, map[string]any{"digest": effect["digest"]})
	w.want(409, "Error", "POST", "/api/endings/r-1/agreement", second, map[string]any{"digest": "another"})
	if e := w.want(200, "Ending", "POST", "/api/endings/r-1/agreement", second, map[string]any{"digest": effect["digest"]}); e["state"] != "PLANNED" || e["approver"] != "second" {
		t.Errorf("%v", e)
	}
	if e := w.want(200, "Ending", "POST", "/api/endings/r-1/stop", token, map[string]any{}); e["state"] != "STOPPED" {
		t.Errorf("%v", e)
	}
}

// Whoever stands behind a service that asks for itself could be the other of two people, too.
func TestAServiceIsNoneOfTwoPeople(t *testing.T) {
	w := newWorld(t)
	for n := range 11 {
		w.issue(n + 1)
	}
	every := append(slices.Clone(all), casework.RoleApprove)
	service, first := w.token("system", "N07SYN", every...), w.user("first", "N07SYN", every...)
	request := map[string]any{"id": "r-1", "scope": "PERSON", "record": ann, "reason": "DIED"}
	request["digest"] = w.want(200, "Ending", "POST", "/api/endings/effect", service, request)["digest"]
	code := func(answer map[string]any) string { return answer["error"].(string) }
	if got := code(w.want(403, "Error", "POST", "/api/endings", service, request)); got != serviceapi.CodePerson {
		t.Error(got)
	}
	w.want(201, "Ending", "POST", "/api/endings", first, request)
	agreement := map[string]any{"digest": request["digest"]}
	if got := code(w.want(403, "Error", "POST", "/api/endings/r-1/agreement", service, agreement)); got != serviceapi.CodePerson {
		t.Error(got)
	}
	if got := code(w.want(403, "Error", "POST", "/api/endings/r-1/agreement", first, agreement)); got != casework.CodeSame {
		t.Error(got)
	}
	if got := code(w.want(403, "Error", "POST", "/api/revocations", first, map[string]any{"record": ann, "reason": "DIED"})); got != serviceapi.CodePerson {
		t.Error(got)
	}
	if w.revoked != 0 {
		t.Errorf("%d ended", w.revoked)
	}
	w.want(401, "", "GET", "/api/endings", w.tokenOf("second", "another", "N07SYN", every...), nil)
}

// Somebody ends at once, too, only what is of a person they may know of; and is not told whether there is such a document.
func TestNobodyEndsADocumentOfAnotherTeam(t *testing.T) {
	w := newWorld(t)
	document := w.issue(1)
	stranger := w.user("stranger", "N09SYN", all...)
	for name, request := range map[string]map[string]any{
		"everything of a person":         {"record": ann, "reason": "DIED"},
		"one document":                   {"credentialId": document, "reason": "DIED"},
		"a document that does not exist": {"credentialId": "00000000-0000-4000-8000-000000000099", "reason": "DIED"},
	} {
		if got := w.want(404, "Error", "POST", "/api/revocations", stranger, request)["error"]; got != casework.CodeNoAccess {
			t.Errorf("%s: %v", name, got)
		}
	}
	kept, err := w.Credential(t.Context(), document)
	must(t, err)
	if !kept.Revoked.IsZero() {
		t.Error("it has ended")
	}
}

func TestAServiceEndsAFewForItself(t *testing.T) {
	w := newWorld(t)
	for n := range casework.AloneLimit {
		w.issue(n + 1)
	}
	token := w.token("system", "N07SYN", all...)
	request := map[string]any{"id": "r-1", "scope": "PERSON", "record": ann, "reason": "DIED"}
	request["digest"] = w.want(200, "Ending", "POST", "/api/endings/effect", token, request)["digest"]
	w.want(201, "Ending", "POST", "/api/endings", token, request)
	w.now = start.Add(casework.StopTime)
	must(t, w.casework.Work(t.Context()))
	if again := w.want(201, "Ending", "POST", "/api/endings", token, request); again["state"] != "DONE" || w.revoked != casework.AloneLimit { // there is nothing left to end
		t.Errorf("%v, %d ended", again["state"], w.revoked)
	}
}

func TestApprovals(t *testing.T) {
	w := newWorld(t)
	token := w.token("front-end", "N07SYN", all...)
	request := map[string]any{
		"reference": "APR-1", "record": ann, "kind": "WORK", "what": "Synthetic Bakery", "until": "2026-12-24", "conditions": []string{"NONE"}, "teamPhone": "020 7946 0131",
	}
	w.want(201, "Approval", "POST", "/api/approvals", token, request)
	w.want(200, "Approvals", "POST", "/api/approvals/search", token, map[string]any{"record": ann})
	request["until"] = "24/12/2026"
	w.want(400, "Error", "POST", "/api/approvals", token, request)
	request["until"] = "2026-11-25"
	w.want(400, "Error", "POST", "/api/approvals", token, request)
	if len(w.approvals) != 1 {
		t.Errorf("%d approvals", len(w.approvals))
	}
}

func TestWhoMayNot(t *testing.T) {
	w := newWorld(t)
	w.issue(1)
	nobody, elsewhere := w.token("plain", "N07SYN", "ROLE_OF_ANOTHER_SERVICE"), w.token("service", "", all...)
	ending := map[string]any{"id": "r-1", "scope": "PERSON", "record": ann, "reason": "DIED"}
	paths := map[string]any{
		"/api/cases/search": map[string]any{"prisonNumber": ann}, "/api/cases/timeline": map[string]any{"record": ann},
		"/api/endings/effect": ending, "/api/endings": ending, "/api/approvals": map[string]any{"record": ann}, "/api/approvals/search": map[string]any{"record": ann},
		"/api/endings/r-1/stop": map[string]any{}, "/api/endings/r-1/agreement": map[string]any{},
	}
	for path, body := range paths {
		w.want(401, "", "POST", path, "", body)
		w.want(401, "", "POST", path, nobody+"A", body)
		w.want(403, "Error", "POST", path, nobody, body)
	}
	w.want(401, "", "GET", "/api/endings", "", nil)
	for _, path := range []string{"/api/cases/timeline", "/api/endings/effect", "/api/endings", "/api/approvals", "/api/approvals/search"} { // of no team
		w.want(404, "Error", "POST", path, elsewhere, paths[path])
	}
	if found := w.want(200, "Cases", "POST", "/api/cases/search", elsewhere, paths["/api/cases/search"]); len(found["cases"].([]any)) != 0 {
		t.Errorf("%v", found)
	}
	if found := w.want(200, "Cases", "POST", "/api/cases/search", elsewhere, map[string]any{"prisonNumber": ann, "wider": "CASE_TRANSFER"}); len(found["cases"].([]any)) != 1 {
		t.Errorf("%v", found)
	}
	w.want(400, "Error", "POST", "/api/cases/search", elsewhere, map[string]any{"prisonNumber": ann, "wider": "CURIOSITY"})
	if len(w.approvals) != 0 {
		t.Error("something happened")
	}
}
