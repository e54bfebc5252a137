package records_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/issuer/internal/records"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

type front func(w http.ResponseWriter, r *http.Request, next http.Handler)

// between puts a handler in front of a stand-in and returns the port over both. The handler passes on with next.
func between(t *testing.T, now func() time.Time, front front) *records.Records {
	t.Helper()
	s, _ := standIn(t, now)
	return inFront(t, s, now, front)
}

func inFront(t *testing.T, s http.Handler, now func() time.Time, front front) *records.Records {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { front(w, r, s) }))
	t.Cleanup(server.Close)
	o := options(server.URL)
	o.Now = now
	sources, err := records.NewHMPPS(o)
	if err != nil {
		t.Fatal(err)
	}
	return records.New(sources)
}

var someone = issuance.Record{Person: "A0025SY", Item: "APR-0001"}

// paths are all that the three sources ask, but for the licence's own.
var paths = map[string]string{
	"/auth/oauth/token":                               "hmpps-release",
	"/prisoner-search/prisoner-numbers":               "hmpps-release",
	"/identity/search":                                "hmpps-release",
	"/duty-to-refer/search":                           "hmpps-release",
	"/supervision/search":                             "hmpps-licence",
	"/public/licence-summaries/prison-number/A0025SY": "hmpps-licence",
	"/public/licences/id/9028":                        "hmpps-licence",
	"/approvals/search":                               "hmpps-approval",
}

func TestEveryFaultOfEverySystemIsUnavailable(t *testing.T) {
	answer := func(status int, mediaType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	named := `{"prisonerNumber": "A0025SY", "lastName": 12345, "record": {"prisonNumber": 7, "crn": "Quinton"}, "facts": 1}`
	faults := map[string]http.HandlerFunc{
		"down":                    answer(503, "text/plain", "away"),
		"not found":               answer(404, "application/json", `{"status": 404}`),
		"refused":                 answer(403, "application/json", `{}`),
		"unauthorised":            answer(401, "application/json", `{}`),
		"HTML":                    answer(200, "text/html", "<h1>Quinton</h1>"),
		"HTML as JSON":            answer(200, "application/json", "<h1>Quinton</h1>"),
		"empty":                   answer(200, "application/json", ""),
		"null":                    answer(200, "application/json", "null"),
		"an object":               answer(200, "application/json", "{}"),
		"wrong types":             answer(200, "application/json", named),
		"wrong types in an array": answer(200, "application/json", "["+named+"]"),
		"two values":              answer(200, "application/json", "[] []"),
		"not UTF-8":               answer(200, "application/json", "[\"\xff\"]"),
		"oversized":               answer(200, "application/json", "["+strings.Repeat(" ", 1<<20)+"]"),
		"truncated": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `[{"prisonerNumber": "A0025SY"`)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/stand-in/people", http.StatusTemporaryRedirect)
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	s, _ := standIn(t, noon)
	for path, source := range paths {
		for name, broken := range faults {
			t.Run(path+" "+name, func(t *testing.T) {
				var asked atomic.Bool
				r := inFront(t, s, noon, func(w http.ResponseWriter, req *http.Request, next http.Handler) {
					if req.URL.Path == path {
						asked.Store(true)
						broken(w, req)
						return
					}
					next.ServeHTTP(w, req)
				})
				facts, err := r.Facts(t.Context(), source, someone)
				if !asked.Load() {
					t.Fatal("the path was never asked")
				}
				checkUnavailable(t, facts == nil, err)
			})
		}
	}
}

func checkUnavailable(t *testing.T, empty bool, err error) {
	t.Helper()
	if fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != "records_unavailable" || !empty {
		t.Errorf("the error is %v, want records_unavailable and no facts", err)
	}
	checkNamesNobody(t, fmt.Sprint(err))
}

func checkNamesNobody(t *testing.T, text string) {
	t.Helper()
	for _, name := range []string{"A0025SY", "Quinton", "12345", "APR-0001", "1987-05-12", secret, "eyJ"} {
		if strings.Contains(text, name) {
			t.Errorf("%q is in %q", name, text)
		}
	}
}

func TestAWholeOutageNamesNobody(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close() // nobody listens: the error of net/http quotes the URL
	r := overHTTP(t, server.URL)
	for _, source := range []string{"hmpps-release", "hmpps-licence", "hmpps-approval", "conformance"} {
		facts, err := r.Facts(t.Context(), source, someone)
		checkUnavailable(t, facts == nil, err)
	}
	checkNamesNobody(t, logged.String())
}

func TestASilentLicenceRegisterIsNotQuoted(t *testing.T) {
	r := between(t, noon, func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		if strings.HasPrefix(req.URL.Path, "/public/") { // the prison number is in this path
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, req)
	})
	_, err := r.Facts(t.Context(), "hmpps-licence", someone)
	checkUnavailable(t, true, err)
}

func TestASlowSystemIsGivenUp(t *testing.T) {
	s, _ := standIn(t, noon)
	released := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/identity/search" {
			<-released
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(released) })
	o := options(server.URL)
	o.Timeout = 50 * time.Millisecond
	sources, err := records.NewHMPPS(o)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := records.New(sources).Facts(t.Context(), "hmpps-release", someone)
	checkUnavailable(t, facts == nil, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the cause is %v, want a deadline", err)
	}
}

func TestACancelledRequestStops(t *testing.T) {
	_, base := standIn(t, noon)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := overHTTP(t, base).Facts(ctx, "hmpps-release", someone)
	checkUnavailable(t, true, err)
}

func TestNobodyIsNotFound(t *testing.T) {
	asked := 0
	count := func(w http.ResponseWriter, r *http.Request, next http.Handler) { asked++; next.ServeHTTP(w, r) }
	r := between(t, noon, count)
	for _, number := range []string{"", "A1234A", "A1234AAA", "a1234aa", "A1234AA\n", " A1234AA", "A1234AA/..", "1234AAA"} {
		for _, source := range []string{"hmpps-release", "hmpps-licence", "hmpps-approval"} {
			if _, err := r.Facts(t.Context(), source, issuance.Record{Person: number, Item: "APR-0001"}); !errors.Is(err, issuance.ErrNotFound) {
				t.Errorf("%s of a number of the wrong form: %v", source, err)
			}
		}
	}
	if asked != 0 {
		t.Errorf("%d requests were sent for numbers of the wrong form", asked)
	}
	unknown := []issuance.Record{{Person: "A9999ZZ"}, {Person: "A0025SY", Item: "APR-9999"}, {Person: "A0025SY"}, {Person: "A0025SY", Item: "APR 0001"}, {Person: "A0026SY", Item: "APR-0001"}}
	for _, record := range unknown {
		if _, err := r.Facts(t.Context(), "hmpps-approval", record); !errors.Is(err, issuance.ErrNotFound) {
			t.Errorf("an approval that is not there: %v", err)
		}
	}
}

func TestAnotherPersonsAnswerIsNonsense(t *testing.T) {
	swaps := []struct{ path, source, body string }{
		{"/prisoner-search/prisoner-numbers", "hmpps-release", `[{"prisonerNumber": "A0001SY", "lastName": "Example", "dateOfBirth": "1987-05-12"}]`},
		{"/approvals/search", "hmpps-approval", `{"record": {"reference": "APR-0001", "prisonNumber": "A0001SY", "type": "WORK", "status": "APPROVED"}}`},
		{"/approvals/search", "hmpps-approval", `{"record": {"reference": "APR-0002", "prisonNumber": "A0025SY", "type": "WORK", "status": "APPROVED"}}`},
		{"/public/licences/id/9028", "hmpps-licence", `{"id": 8999, "version": "1.0", "statusCode": "ACTIVE", "conditions": {"AP": {}}}`},
		{"/duty-to-refer/search", "hmpps-release", `{"record": {"status": "NEW_STATUS"}}`},
		{"/supervision/search", "hmpps-licence", `{"record": {"region": "London"}}`},
		{"/identity/search", "hmpps-release", `{"record": {"prisonNumber": "A0025SY", "crn": "X900025"}}`},
	}
	s, _ := standIn(t, noon)
	for _, c := range swaps {
		t.Run(c.path, func(t *testing.T) {
			r := inFront(t, s, noon, func(w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.URL.Path == c.path {
					w.Header().Set("Content-Type", "application/json")
					fmt.Fprint(w, c.body)
					return
				}
				next.ServeHTTP(w, req)
			})
			facts, err := r.Facts(t.Context(), c.source, someone)
			checkUnavailable(t, facts == nil, err)
		})
	}
}

func TestUnknownSourceIsOurMistake(t *testing.T) {
	_, err := records.New(nil).Facts(t.Context(), "hmpps-nothing", someone)
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("the error is %v", err)
	}
	checkNamesNobody(t, fmt.Sprint(err))
}

func TestConfigurationIsChecked(t *testing.T) {
	changes := map[string]func(*records.HMPPSOptions){
		"no key":         func(o *records.HMPPSOptions) { o.ReferenceKey = nil },
		"a short key":    func(o *records.HMPPSOptions) { o.ReferenceKey = referenceKey[1:] },
		"no register":    func(o *records.HMPPSOptions) { o.LicencesURL = "" },
		"a relative URL": func(o *records.HMPPSOptions) { o.ApprovalsURL = "/approvals" },
		"a file":         func(o *records.HMPPSOptions) { o.Credentials.TokenURL = "file:///token" },
	}
	for name, change := range changes {
		o := options("https://records.example")
		change(&o)
		if _, err := records.NewHMPPS(o); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := records.NewHMPPS(options("https://records.example")); err != nil {
		t.Error(err)
	}
}

// tokenCounter counts the tokens that are asked for.
func tokenCounter(count *atomic.Int64) front {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.URL.Path == "/auth/oauth/token" {
			count.Add(1)
		}
		next.ServeHTTP(w, r)
	}
}

func TestOneTokenServesManyRequestsUntilAMinuteBeforeItsEnd(t *testing.T) {
	var tokens, elapsed atomic.Int64
	now := func() time.Time { return noon().Add(time.Duration(elapsed.Load())) }
	r := between(t, now, tokenCounter(&tokens))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := r.Facts(context.Background(), "hmpps-release", someone); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	steps := []struct {
		elapsed time.Duration
		want    int64
	}{{0, 1}, {19*time.Minute - time.Second, 1}, {19 * time.Minute, 2}, {25 * time.Minute, 2}}
	for _, step := range steps {
		elapsed.Store(int64(step.elapsed))
		mustFacts(t, r, "hmpps-release", someone)
		if got := tokens.Load(); got != step.want {
			t.Errorf("after %v: %d tokens, want %d", step.elapsed, got, step.want)
		}
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	var tokens, refusals atomic.Int64
	count := tokenCounter(&tokens)
	r := between(t, noon, func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		if req.URL.Path == "/identity/search" && refusals.Add(-1) >= 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		count(w, req, next)
	})
	refusals.Store(1)
	mustFacts(t, r, "hmpps-release", someone)
	if got := tokens.Load(); got != 2 {
		t.Errorf("%d tokens, want 2: the first was refused", got)
	}
	refusals.Store(2)
	_, err := r.Facts(t.Context(), "hmpps-release", someone)
	checkUnavailable(t, true, err)
	if got := tokens.Load(); got != 3 {
		t.Errorf("%d tokens, want 3: one more try, and no third", got)
	}
}

func TestAWrongSecretIsTriedOnce(t *testing.T) {
	var tokens atomic.Int64
	s, _ := standIn(t, noon)
	count := tokenCounter(&tokens)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { count(w, r, s) }))
	t.Cleanup(server.Close)
	o := options(server.URL)
	o.Credentials.Secret = "another"
	sources, err := records.NewHMPPS(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = records.New(sources).Facts(t.Context(), "hmpps-release", someone)
	checkUnavailable(t, true, err)
	if got := tokens.Load(); got != 1 {
		t.Errorf("%d requests for a token, want 1", got)
	}
}

func TestTokensThatAreNone(t *testing.T) {
	answers := []string{
		`{"access_token": "", "token_type": "bearer", "expires_in": 60}`,
		`{"access_token": "a b", "token_type": "bearer", "expires_in": 60}`,
		`{"access_token": "a\r\nX: y", "token_type": "bearer", "expires_in": 60}`,
		`{"access_token": "` + strings.Repeat("a", 8<<10+1) + `", "token_type": "bearer", "expires_in": 60}`,
		`{"access_token": "a", "token_type": "mac", "expires_in": 60}`,
		`{"access_token": "a", "token_type": "bearer", "expires_in": 0}`,
		`{"access_token": "a", "token_type": "bearer", "expires_in": 9223372036}`,
	}
	s, _ := standIn(t, noon)
	for _, answer := range answers {
		r := inFront(t, s, noon, func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			if req.URL.Path != "/auth/oauth/token" {
				t.Errorf("a system was asked with the token of %.60s", answer)
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, answer)
		})
		_, err := r.Facts(t.Context(), "hmpps-release", someone)
		checkUnavailable(t, true, err)
	}
}

func TestPeopleFile(t *testing.T) {
	unmarked := somebody()
	delete(unmarked, "synthetic")
	garbage := filepath.Join(t.TempDir(), "garbage.json")
	if err := os.WriteFile(garbage, []byte("[{]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"missing":              filepath.Join(t.TempDir(), "none.json"),
		"not JSON":             garbage,
		"not marked synthetic": writePeople(t, somebody(), unmarked),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := records.NewFile(records.FileOptions{Path: path, ReferenceKey: referenceKey, Now: noon}); err == nil {
				t.Error("it is read at the start")
			}
			good := writePeople(t, somebody())
			r := fromFile(t, good, noon)
			if err := os.Remove(good); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path, good); err != nil {
				t.Fatal(err)
			}
			for _, source := range []string{"hmpps-release", "conformance"} {
				facts, err := r.Facts(t.Context(), source, issuance.Record{Person: number})
				checkUnavailable(t, facts == nil, err)
			}
		})
	}
}

func TestPeopleFileIsReadAgain(t *testing.T) {
	path := writePeople(t, somebody())
	r := fromFile(t, path, noon)
	check(t, mustFacts(t, r, "hmpps-release", issuance.Record{Person: number}), "recalled=false")
	recalled := somebody()
	prisoner("recall", true)(recalled)
	data, err := os.ReadFile(writePeople(t, recalled))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, mustFacts(t, r, "hmpps-release", issuance.Record{Person: number}), "recalled=true")
}

func TestDaysOfAPeopleFileFollowTheClock(t *testing.T) {
	person := somebody()
	prisoner("lastMovementDate", "today-3")(person)
	now := noon()
	r := fromFile(t, writePeople(t, person), func() time.Time { return now })
	check(t, mustFacts(t, r, "hmpps-release", issuance.Record{Person: number}), "release_date=today-3")
	now = now.AddDate(0, 0, 1)
	check(t, mustFacts(t, r, "hmpps-release", issuance.Record{Person: number}), "release_date=today-2")
}
