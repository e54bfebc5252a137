package hmpps_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/hmpps"
	"justice-wallet/conformance/signin"
)

// clock stands at noon until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

type rig struct {
	*hmpps.Server
	clock *clock
	url   string
}

func start(t *testing.T) rig {
	t.Helper()
	c := &clock{time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)}
	s, err := hmpps.New(hmpps.Options{Now: c.now, Rand: bytes.NewReader(make([]byte, 1<<12)), Clients: []hmpps.Client{
		{ID: "issuer", Secret: "s3cret:+", Roles: []string{hmpps.RolePrisonerSearch, hmpps.RoleViewLicences, hmpps.RoleWalletRecords}},
		{ID: "stranger", Secret: "other", Roles: []string{"ROLE_SOMETHING_ELSE"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.SetIssuer(server.URL)
	return rig{s, c, server.URL}
}

// send asks and returns the status and the JSON of the answer.
func (r rig) send(t *testing.T, method, path, body string, header ...string) (int, any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if answer.Header.Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(data, &decoded); err != nil {
			t.Fatal(err)
		}
	}
	return answer.StatusCode, decoded
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func (r rig) token(t *testing.T, id, secret string) string {
	t.Helper()
	status, answer := r.send(t, "POST", "/auth/oauth/token", "grant_type=client_credentials",
		"Authorization", basic(id, secret), "Content-Type", "application/x-www-form-urlencoded")
	if status != http.StatusOK {
		t.Fatalf("token: status %d", status)
	}
	body := answer.(map[string]any)
	if body["token_type"] != "bearer" || body["expires_in"] != 1200.0 {
		t.Errorf("token answer: %v", body)
	}
	return body["access_token"].(string)
}

func (r rig) ask(t *testing.T, method, path, body string) any {
	t.Helper()
	status, answer := r.send(t, method, path, body, "Authorization", "Bearer "+r.token(t, "issuer", "s3cret%3A%2B"))
	if status != http.StatusOK {
		t.Fatalf("%s: status %d", path, status)
	}
	return answer
}

func TestTokenVerifiesWithThePublishedKey(t *testing.T) {
	r := start(t)
	parts := strings.Split(r.token(t, "issuer", "s3cret%3A%2B"), ".")
	decode := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	_, keys := r.send(t, "GET", "/auth/.well-known/jwks.json", "")
	jwk := keys.(map[string]any)["keys"].([]any)[0].(map[string]any)
	public := &rsa.PublicKey{
		N: new(big.Int).SetBytes(decode(jwk["n"].(string))),
		E: int(new(big.Int).SetBytes(decode(jwk["e"].(string))).Int64()),
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], decode(parts[2])); err != nil {
		t.Error(err)
	}
	var header, claims map[string]any
	if json.Unmarshal(decode(parts[0]), &header) != nil || json.Unmarshal(decode(parts[1]), &claims) != nil {
		t.Fatal("the token is not JSON")
	}
	if header["alg"] != "RS256" || header["kid"] != jwk["kid"] || public.Size() != 256 {
		t.Errorf("header %v with a key of %d bytes", header, public.Size())
	}
	now := float64(r.clock.at.Unix())
	if claims["iss"] != r.url+"/auth/issuer" || claims["sub"] != "issuer" || claims["iat"] != now || claims["exp"] != now+1200 ||
		!slices.Contains(claims["authorities"].([]any), any(hmpps.RoleViewLicences)) || claims["jti"] == "" || claims["aud"] == "" {
		t.Errorf("claims %v", claims)
	}
}

func TestATokenIsOfTheUserThatTheClientNames(t *testing.T) {
	r := start(t)
	for form, want := range map[string][2]any{"": {"issuer", nil}, "&username=SYN_A": {"SYN_A", "SYN_A"}} {
		_, answer := r.send(t, "POST", "/auth/oauth/token", "grant_type=client_credentials"+form,
			"Authorization", basic("issuer", "s3cret%3A%2B"), "Content-Type", "application/x-www-form-urlencoded")
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(answer.(map[string]any)["access_token"].(string), ".")[1])
		var claims map[string]any
		if err != nil || json.Unmarshal(payload, &claims) != nil {
			t.Fatal("the token cannot be read")
		}
		if claims["sub"] != want[0] || claims["user_name"] != want[1] || claims["client_id"] != "issuer" {
			t.Errorf("%q: %v", form, claims)
		}
	}
}

func TestTokenEndpointRefuses(t *testing.T) {
	r := start(t)
	tests := []struct {
		name, authorization, body, want string
		status                          int
	}{
		{"nobody", "", "grant_type=client_credentials", "invalid_client", 401},
		{"an unknown client", basic("nobody", "s3cret%3A%2B"), "grant_type=client_credentials", "invalid_client", 401},
		{"another's secret", basic("issuer", "other"), "grant_type=client_credentials", "invalid_client", 401},
		{"an unencoded secret", basic("issuer", "s3cret:+"), "grant_type=client_credentials", "invalid_client", 401},
		{"another grant", basic("issuer", "s3cret%3A%2B"), "grant_type=password", "unsupported_grant_type", 400},
	}
	for _, c := range tests {
		status, answer := r.send(t, "POST", "/auth/oauth/token", c.body, "Authorization", c.authorization,
			"Content-Type", "application/x-www-form-urlencoded")
		if status != c.status || answer.(map[string]any)["error"] != c.want {
			t.Errorf("%s: %d %v", c.name, status, answer)
		}
	}
}

// data is every path that needs a token.
var data = [][3]string{
	{"POST", "/prisoner-search/prisoner-numbers", `{"prisonerNumbers": ["A0001SY", "A9999ZZ"]}`},
	{"GET", "/public/licence-summaries/prison-number/A0001SY", ""},
	{"GET", "/public/licences/id/9001", ""},
	{"POST", "/identity/search", `{"prisonNumber": "A0001SY"}`},
	{"POST", "/supervision/search", `{"prisonNumber": "A0001SY"}`},
	{"POST", "/duty-to-refer/search", `{"prisonNumber": "A0001SY"}`},
	{"POST", "/approvals/search", `{"prisonNumber": "A0001SY", "reference": "APR-0001"}`},
	{"POST", "/approvals/list", `{"prisonNumber": "A0025SY"}`},
	{"POST", "/facts", `{"record": "synthetic-driver"}`},
}

func TestDataNeedATokenWithTheRole(t *testing.T) {
	r := start(t)
	good := r.token(t, "issuer", "s3cret%3A%2B")
	head, rest, _ := strings.Cut(good, ".")
	forged := head + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp": 99999999999}`)) + rest[strings.Index(rest, "."):]
	tokens := map[string]int{
		"Bearer " + good: 200, "": 401, good: 401, "Bearer x": 401, "Bearer " + forged: 401, "Bearer " + good[:len(good)-4]: 401,
		"Bearer " + r.token(t, "stranger", "other"): 403,
	}
	for authorization, want := range tokens {
		for _, d := range data {
			if status, _ := r.send(t, d[0], d[1], d[2], "Authorization", authorization); status != want {
				t.Errorf("%s with %.20q: status %d, want %d", d[1], authorization, status, want)
			}
		}
	}
	r.clock.at = r.clock.at.Add(20 * time.Minute)
	if status, _ := r.send(t, data[0][0], data[0][1], data[0][2], "Authorization", "Bearer "+good); status != 401 {
		t.Errorf("an expired token: status %d", status)
	}
}

func TestDown(t *testing.T) {
	r := start(t)
	good := "Bearer " + r.token(t, "issuer", "s3cret%3A%2B")
	paths := append(slices.Clone(data), [3]string{"POST", "/auth/oauth/token", ""}, [3]string{"GET", "/auth/.well-known/jwks.json", ""})
	r.SetDown(true)
	for _, d := range paths {
		if status, _ := r.send(t, d[0], d[1], d[2], "Authorization", good); status != 503 {
			t.Errorf("%s while down: status %d", d[1], status)
		}
	}
	r.send(t, "POST", "/stand-in/up", "")
	if status, _ := r.send(t, data[0][0], data[0][1], data[0][2], "Authorization", good); status != 200 {
		t.Errorf("after: status %d", status)
	}
	r.send(t, "POST", "/stand-in/down", "")
	if status, _ := r.send(t, data[0][0], data[0][1], data[0][2], "Authorization", good); status != 503 {
		t.Errorf("down again: status %d", status)
	}
}

func TestAnswersHaveTheShapeOfTheSystems(t *testing.T) {
	r := start(t)
	found := r.ask(t, data[0][0], data[0][1], data[0][2]).([]any)
	if len(found) != 1 || found[0].(map[string]any)["lastMovementDate"] != "2026-11-21" {
		t.Errorf("prisoner search: %v", found)
	}
	summaries := r.ask(t, "GET", "/public/licence-summaries/prison-number/A0001SY", "").([]any)
	summary := summaries[0].(map[string]any)
	if _, told := summary["conditions"]; told || summary["policyVersion"] != "V4_0" || summary["statusCode"] != "ACTIVE" {
		t.Errorf("summary: %v", summary)
	}
	licence := r.ask(t, "GET", "/public/licences/id/9001", "").(map[string]any)
	if _, told := licence["conditions"].(map[string]any)["AP"]; !told {
		t.Errorf("licence: %v", licence)
	}
	for path, body := range map[string]string{
		"/identity/search":      `{"prisonNumber": "A9999ZZ"}`,
		"/supervision/search":   `{"prisonNumber": "A9999ZZ"}`,
		"/duty-to-refer/search": `{"prisonNumber": "A0002SY"}`,
		"/approvals/search":     `{"prisonNumber": "A0001SY", "reference": "APR-0001"}`,
	} {
		if got, told := r.ask(t, "POST", path, body).(map[string]any)["record"]; !told || got != nil {
			t.Errorf("%s of nobody: %v", path, got)
		}
	}
	if none := r.ask(t, "GET", "/public/licence-summaries/prison-number/A9999ZZ", "").([]any); len(none) != 0 {
		t.Errorf("licences of nobody: %v", none)
	}
}

// TestARecallLeavesNoTraceButInPrisonerSearch: the register lists no licence any more, and never says recalled.
func TestARecallLeavesNoTraceButInPrisonerSearch(t *testing.T) {
	r := start(t)
	if err := r.Recall("released-recently"); err != nil {
		t.Fatal(err)
	}
	p := r.ask(t, data[0][0], data[0][1], data[0][2]).([]any)[0].(map[string]any)
	if p["recall"] != true || p["inOutStatus"] != "IN" || p["lastMovementDate"] != "2026-11-24" {
		t.Errorf("prisoner search: %v", p)
	}
	if listed := r.ask(t, "GET", "/public/licence-summaries/prison-number/A0001SY", "").([]any); len(listed) != 0 {
		t.Errorf("the register still lists %v", listed)
	}
	if l := r.ask(t, "GET", "/public/licences/id/9001", "").(map[string]any); l["statusCode"] != "INACTIVE" {
		t.Errorf("the licence is %v", l["statusCode"])
	}
}

func TestControls(t *testing.T) {
	r := start(t)
	tests := []struct {
		path   string
		status int
	}{
		{"released-recently/vary", 204}, {"released-recently/vary", 204}, {"home-detention-curfew/vary", 204},
		{"recalled/vary", 404}, {"released-recently/recall", 204}, {"released-recently/vary", 404},
		{"approval-work/withdraw-approval", 204}, {"released-recently/withdraw-approval", 404}, {"twin-first/die", 204},
		{"twin-first/merge", 204}, {"twin-first/end-licence", 204}, {"twin-first/pardon", 404}, {"nobody/recall", 404},
		{"synthetic-driver/recall", 404},
	}
	for _, c := range tests {
		if status, _ := r.send(t, "POST", "/stand-in/people/"+c.path, ""); status != c.status {
			t.Errorf("%s: status %d, want %d", c.path, status, c.status)
		}
	}
}

func TestAVariationReplacesTheLicenceUnderItsOwnID(t *testing.T) {
	r := start(t)
	if err := r.Vary("home-detention-curfew"); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.People(), func(p hmpps.Person) bool { return p.Key == "home-detention-curfew" })
	path := "/public/licence-summaries/prison-number/" + r.People()[i].PrisonNumber
	listed := r.ask(t, "GET", path, "").([]any)
	if len(listed) != 1 {
		t.Fatalf("%d licences are in flight, want 1", len(listed))
	}
	l := listed[0].(map[string]any)
	if l["kind"] != "HDC_VARIATION" || l["statusCode"] != "ACTIVE" || l["id"].(float64) <= 9008 {
		t.Errorf("the variation is %v", l)
	}
}

func TestPeople(t *testing.T) {
	r := start(t)
	status, listed := r.send(t, "GET", "/stand-in/people", "")
	people := r.People()
	if status != 200 || len(listed.([]any)) != len(people) || len(people) < 32 {
		t.Errorf("%d people listed of %d", len(listed.([]any)), len(people))
	}
	number := regexp.MustCompile(`^[A-Z][0-9]{4}[A-Z]{2}$`)
	keys, numbers := map[string]bool{}, map[string]bool{}
	for _, p := range people {
		if keys[p.Key] || p.Story == "" || p.PrisonNumber != "" && (numbers[p.PrisonNumber] || !number.MatchString(p.PrisonNumber)) {
			t.Errorf("%s has the key or the number of another, or no story", p.Key)
		}
		keys[p.Key], numbers[p.PrisonNumber] = true, true
	}
	first, second := people[slices.IndexFunc(people, byKey("twin-first"))], people[slices.IndexFunc(people, byKey("twin-second"))]
	if first.LastName != second.LastName || first.FirstName != second.FirstName || first.BirthDate != second.BirthDate || first.PrisonNumber == second.PrisonNumber {
		t.Errorf("the twins are no twins: %+v %+v", first, second)
	}
}

func byKey(key string) func(hmpps.Person) bool {
	return func(p hmpps.Person) bool { return p.Key == key }
}

func TestNewRefuses(t *testing.T) {
	now, client := time.Now, []hmpps.Client{{ID: "a"}}
	for name, o := range map[string]hmpps.Options{
		"no clock": {Rand: strings.NewReader(""), Clients: client}, "no randomness": {Now: now, Clients: client},
		"no client": {Now: now, Rand: strings.NewReader("")},
	} {
		if _, err := hmpps.New(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestStaffSignIn(t *testing.T) {
	s, err := hmpps.New(hmpps.Options{
		Now: time.Now, Rand: rand.Reader, Clients: []hmpps.Client{{ID: "c", Secret: "s"}},
		Console: []signin.Client{{ID: "console", Secret: "s", RedirectURIs: []string{"https://console.example/return"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.SetIssuer("https://hmpps.example")
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/auth/issuer/.well-known/openid-configuration", nil))
		return w
	}
	if w := get(); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"issuer":"https://hmpps.example/auth/issuer"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.SetDown(true)
	if w := get(); w.Code != http.StatusServiceUnavailable {
		t.Errorf("down: %d", w.Code)
	}
}
