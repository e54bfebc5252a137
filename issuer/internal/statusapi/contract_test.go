package statusapi_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
)

const (
	anID      = "bcea4e51-6eca-4547-8d18-4b971b72c146"
	anotherID = "db290616-1f3c-4ff9-939f-2749abdbacec"
)

// contractRig is a service with the contract's two paths, a store that can be broken, and two clients: client-a, whose keys
// are in the register, and client-b, whose keys are at an address.
type contractRig struct {
	*rig
	server *httpserver.Server
	books  *books
	events []audit.Event
	noLog  error
	a, b   *ecdsa.PrivateKey
	jwks   *httptest.Server

	names  []string // of the lists
	probes int      // places taken to learn them
}

func (r *contractRig) Record(_ context.Context, e audit.Event) error {
	if r.noLog == nil {
		r.events = append(r.events, e)
	}
	return r.noLog
}

// books can fail at one of its verbs, after it took effect.
type books struct {
	statuslist.Clients
	fail string
}

func (b *books) Give(ctx context.Context, s statuslist.Slot, client string, until time.Time) error {
	return b.after("give", b.Clients.Give(ctx, s, client, until))
}

func (b *books) Finish(ctx context.Context, r statuslist.Request, s statuslist.Slot) error {
	if b.fail == "before finish" {
		return errBroken
	}
	return b.after("finish", b.Clients.Finish(ctx, r, s))
}

func (b *books) NoteEnded(ctx context.Context, s statuslist.Slot, at time.Time) error {
	if b.fail == "before note" {
		return errBroken
	}
	return b.after("note", b.Clients.NoteEnded(ctx, s, at))
}

func (b *books) after(verb string, err error) error {
	if b.fail == verb {
		return errBroken
	}
	return err
}

func newContract(t *testing.T, change ...func(*statusapi.Config)) *contractRig {
	t.Helper()
	r := &contractRig{rig: newRig(t, append([]func(*statusapi.Config){lists(2)}, change...)...)}
	if len(change) == 0 {
		r.probe(t)
	}
	r.a, r.b = newKey(t), newKey(t)
	r.jwks = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(jwks(t, r.b)) }))
	t.Cleanup(r.jwks.Close)
	clients, err := statusapi.ParseClients(fmt.Appendf(nil, `{"clients":[{"clientId":"client-a","jwks":%s},{"clientId":"client-b","jwksUri":%q}]}`, jwks(t, r.a), r.jwks.URL))
	if err != nil {
		t.Fatal(err)
	}
	r.books = &books{Clients: r.store}
	contract := statusapi.NewContract(statusapi.ContractDeps{
		Status: r.Service, Clients: clients, Keys: fetch.New(fetch.Options{}), Store: r.books, Audit: r, Now: r.now,
	})
	r.server = httpserver.New(httpserver.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: r.now})
	r.server.Group("/issue", httpserver.GroupOptions{Page: statusapi.WriteError}).Handle(http.MethodPost, "", contract.PostIssue)
	r.server.Group("/revoke", httpserver.GroupOptions{Page: statusapi.WriteError}).Handle(http.MethodPost, "", contract.PostRevoke)
	return r
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func jwks(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	one, err := jose.NewPublicJWK(&key.PublicKey, "k1")
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(map[string]any{"keys": []jose.PublicJWK{one}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// members are of a header or a payload; nil takes one away.
type members map[string]any

func (m members) with(changes members) members {
	out := members{}
	for name, value := range m {
		out[name] = value
	}
	for name, value := range changes {
		if out[name] = value; value == nil {
			delete(out, name)
		}
	}
	return out
}

var goodHeader = members{"alg": "ES256", "typ": "JWT", "kid": "k1"}

func issueClaims() members {
	return members{"iss": "client-a", "iat": start.Unix(), "jti": anID, "statusExpiry": start.AddDate(0, 6, 0).Unix()}
}

func revokeClaims(idx any, uri string) members {
	return members{"iss": "client-a", "iat": start.Unix(), "jti": anID, "idx": idx, "uri": uri}
}

// sign writes a token as it is told to, right or wrong.
func sign(t *testing.T, key *ecdsa.PrivateKey, header, payload members) string {
	t.Helper()
	var parts []string
	for _, part := range []members{header, payload} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, b64(text))
	}
	input := strings.Join(parts, ".")
	signature, err := es256.Sign(key, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(signature)
}

// reply is an answer of the contract.
type reply struct {
	status int
	body   map[string]any
	header http.Header
}

func (r *contractRig) send(t *testing.T, path, contentType, body string) reply {
	t.Helper()
	w := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	r.server.ServeHTTP(w, request)
	out := reply{status: w.Code, header: w.Header()}
	d := json.NewDecoder(w.Body)
	d.UseNumber()
	if err := d.Decode(&out.body); err != nil {
		t.Fatalf("%s: %d, not JSON: %v", path, w.Code, err)
	}
	return out
}

func (r *contractRig) post(t *testing.T, path string, key *ecdsa.PrivateKey, payload members) reply {
	t.Helper()
	return r.send(t, path, "application/jwt", sign(t, key, goodHeader, payload))
}

// slot asks for a slot, which must be given.
func (r *contractRig) slot(t *testing.T, key *ecdsa.PrivateKey, payload members) (idx json.Number, uri string) {
	t.Helper()
	got := r.post(t, "/issue", key, payload)
	idx, isNumber := got.body["idx"].(json.Number)
	uri, isText := got.body["uri"].(string)
	if got.status != http.StatusOK || !isNumber || !isText || len(got.body) != 2 {
		t.Fatalf("issue: %d %v", got.status, got.body)
	}
	return idx, uri
}

func (r *contractRig) want(t *testing.T, name string, got reply, status int, code, description string) {
	t.Helper()
	if got.status != status || got.body["error"] != code || got.body["error_description"] != description || len(got.body) != 2 {
		t.Errorf("%s: %d %v, want %d %s %q", name, got.status, got.body, status, code, description)
	}
}

// Every error of the contract that lies in the message, with its status and words. None costs a place.
func TestEveryErrorOfTheContract(t *testing.T) {
	r := newContract(t)
	idx, uri := r.slot(t, r.a, issueClaims().with(members{"jti": anotherID}))
	taken := r.allocated(t)
	stranger := newKey(t)
	expiry := "Status Expiry in Payload must be a non negative number and represent a future expiry date no more than 1 year from now"
	index := "Index must be a valid non-negative integer"
	type wrong struct {
		name, path  string
		header      members
		payload     members
		key         *ecdsa.PrivateKey
		status      int
		description string
	}
	var cases []wrong
	both := func(name string, header, payload members, status int, description string) {
		for _, path := range []string{"/issue", "/revoke"} {
			cases = append(cases, wrong{name, path, header, payload, r.a, status, description})
		}
	}
	both("no kid", members{"kid": nil}, nil, 401, "No Key ID in Header")
	both("kid of no client's key", members{"kid": "k2"}, nil, 401, "Invalid Key ID in Header")
	both("kid that is no text", members{"kid": 1}, nil, 401, "Invalid Key ID in Header")
	both("empty kid", members{"kid": ""}, nil, 401, "Invalid Key ID in Header")
	both("no typ", members{"typ": nil}, nil, 401, "No Type in Header")
	both("typ in small letters", members{"typ": "jwt"}, nil, 401, "Invalid Type in Header")
	both("no alg", members{"alg": nil}, nil, 401, "No Algorithm in Header")
	both("alg none", members{"alg": "none"}, nil, 401, "Invalid Algorithm in Header")
	both("alg HS256", members{"alg": "HS256"}, nil, 401, "Invalid Algorithm in Header")
	both("no iss", nil, members{"iss": nil}, 401, "No Issuer in Payload")
	both("unknown iss", nil, members{"iss": "client-c"}, 401, "JWT has non-matching Client ID")
	both("iss that is no text", nil, members{"iss": 7}, 401, "JWT has non-matching Client ID")
	both("a key in the header", members{"jwk": map[string]string{"kty": "EC"}}, nil, 400, "Error decoding JWT or converting to JSON")
	both("an address of keys in the header", members{"jku": "https://keys.example"}, nil, 400, "Error decoding JWT or converting to JSON")
	both("no iat", nil, members{"iat": nil}, 400, "No iat in Payload")
	both("iat that is text", nil, members{"iat": "1"}, 400, "Invalid iat in Payload")
	both("iat in milliseconds", nil, members{"iat": start.UnixMilli()}, 400, "Invalid iat in Payload")
	both("iat in the future", nil, members{"iat": start.Unix() + 61}, 400, "Invalid iat in Payload")
	both("iat of yesterday", nil, members{"iat": start.Unix() - 86400 + 60}, 400, "Invalid iat in Payload")
	both("no jti", nil, members{"jti": nil}, 400, "No jti in Payload")
	both("jti in capitals", nil, members{"jti": strings.ToUpper(anID)}, 400, "Invalid jti in Payload")
	both("jti with a line after it", nil, members{"jti": anID + "\n"}, 400, "Invalid jti in Payload")
	both("jti that is no text", nil, members{"jti": 5}, 400, "Invalid jti in Payload")
	for _, path := range []string{"/issue", "/revoke"} {
		cases = append(cases, wrong{"a stranger's signature", path, nil, nil, stranger, 401, "JWT has non-verified signature"},
			wrong{"another client's signature", path, nil, nil, r.b, 401, "JWT has non-verified signature"})
	}
	issue := func(name string, value any, description string) {
		cases = append(cases, wrong{name, "/issue", nil, members{"statusExpiry": value}, r.a, 400, description})
	}
	issue("no expiry", nil, "No Status Expiry in Payload")
	issue("expiry that is text", "1", expiry)
	issue("expiry below zero", -1, expiry)
	issue("expiry now", start.Unix(), expiry)
	issue("expiry in a year and a second", start.AddDate(1, 0, 0).Unix()+1, expiry)
	issue("expiry in milliseconds", start.AddDate(0, 1, 0).UnixMilli(), expiry)
	revoke := func(name string, change members, status int, description string) {
		cases = append(cases, wrong{name, "/revoke", nil, change, r.a, status, description})
	}
	revoke("no idx", members{"idx": nil}, 400, "No Index in Payload")
	revoke("idx below zero", members{"idx": -1}, 400, index)
	revoke("idx that is text", members{"idx": "1"}, 400, index)
	revoke("idx with a fraction", members{"idx": 1.5}, 400, index)
	revoke("idx beyond 64 bits", members{"idx": json.Number("18446744073709551616")}, 400, index)
	revoke("no uri", members{"uri": nil}, 400, "No valid URI in Payload")
	revoke("empty uri", members{"uri": ""}, 400, "No valid URI in Payload")
	revoke("uri that is no text", members{"uri": 1}, 400, "No valid URI in Payload")
	revoke("uri that is no address", members{"uri": "t/list"}, 400, "Invalid URI format in payload")
	revoke("idx outside every list", members{"idx": statuslist.MaxEntries}, 404, "Entry not found in status list table")
	revoke("idx of no client", members{"idx": size - 1}, 404, "Entry not found in status list table")
	revoke("a list that is unknown", members{"uri": base + "/t/0123"}, 404, "Entry not found in status list table")
	revoke("a list of somebody else", members{"uri": "https://other.example/t/1"}, 404, "Entry not found in status list table")
	revoke("the list in its other form", members{"uri": strings.Replace(uri, "/t/", "/b/", 1)}, 404, "Entry not found in status list table")
	codes := map[int]string{400: "BAD_REQUEST", 401: "UNAUTHORIZED", 404: "NOT_FOUND"}
	for _, c := range cases {
		payload := issueClaims()
		if c.path == "/revoke" {
			payload = revokeClaims(idx, uri)
		}
		token := sign(t, c.key, goodHeader.with(c.header), payload.with(c.payload))
		r.want(t, c.path+": "+c.name, r.send(t, c.path, "application/jwt", token), c.status, codes[c.status], c.description)
	}
	if got := r.allocated(t); got != taken {
		t.Errorf("%d places were given to wrong messages", got-taken)
	}
	if got := r.post(t, "/revoke", r.a, revokeClaims(idx, uri)); got.status != http.StatusAccepted {
		t.Errorf("the place did not stand until now: %d", got.status)
	}
}

// b64 is the one spelling of a part.
func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// probe takes forty places, to know the lists' names.
func (r *contractRig) probe(t *testing.T) {
	t.Helper()
	for ; r.probes < 40; r.probes++ {
		ref := r.allocate(t, fmt.Sprint("probe ", r.probes))
		if id := strings.TrimPrefix(ref.URI, base+"/t/"); !slices.Contains(r.names, id) {
			r.names = append(r.names, id)
		}
	}
}

// allocated counts the places given in all lists, without those of the probe.
func (r *contractRig) allocated(t *testing.T) int {
	t.Helper()
	n := -r.probes
	for _, id := range r.names {
		held, err := r.store.Snapshot(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		n += held.Allocated
	}
	return n
}

func TestAMessageThatIsNoToken(t *testing.T) {
	r := newContract(t)
	good := sign(t, r.a, goodHeader, issueClaims())
	parts := strings.Split(good, ".")
	for _, path := range []string{"/issue", "/revoke"} {
		for _, media := range []string{"", "application/json", "text/plain", "application/jwt, application/jwt", ";"} {
			r.want(t, path+" as "+media, r.send(t, path, media, good), 400, "BAD_REQUEST", "Content-Type header must be application/jwt")
		}
		for name, body := range map[string]string{
			"nothing": "", "two parts": parts[0] + "." + parts[1], "no base64": "%.%.%", "no JSON": b64([]byte("x")) + "." + parts[1] + "." + parts[2],
			"a payload twice": parts[0] + "." + b64([]byte(`{"iss":"client-a","iss":"client-b"}`)) + "." + parts[2],
			"a list":          parts[0] + "." + b64([]byte(`[]`)) + "." + parts[2],
			"a large one":     good + strings.Repeat("A", 9000), "beyond the server's limit": strings.Repeat("A", 70000),
			"JSON serialisation": `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`,
			"padding":            parts[0] + "=." + parts[1] + "." + parts[2],
		} {
			r.want(t, path+" "+name, r.send(t, path, "application/jwt", body), 400, "BAD_REQUEST", "Error decoding JWT or converting to JSON")
		}
		r.want(t, path+" a signature cut short", r.send(t, path, "application/jwt", good[:len(good)-6]), 401, "UNAUTHORIZED", "JWT has non-verified signature")
	}
	if got := r.send(t, "/issue", "Application/JWT; charset=utf-8", good); got.status != http.StatusOK {
		t.Errorf("a media type in capitals, with a parameter: %d %v", got.status, got.body)
	}
}

// What is wrong with the sender is said before what is wrong with the message.
func TestTheOrderOfChecks(t *testing.T) {
	r := newContract(t)
	header, payload := members{}, members{}
	steps := []struct {
		description     string
		header, payload members
	}{
		{"No Key ID in Header", members{"kid": "k2"}, nil},
		{"No Type in Header", members{"typ": "JWT"}, nil},
		{"No Algorithm in Header", members{"alg": "ES256"}, nil},
		{"No Issuer in Payload", nil, members{"iss": "client-a"}},
		{"Invalid Key ID in Header", members{"kid": "k1"}, nil},
		{"No iat in Payload", nil, members{"iat": start.Unix()}},
		{"No jti in Payload", nil, members{"jti": anID}},
		{"No Status Expiry in Payload", nil, nil},
	}
	for _, step := range steps {
		got := r.send(t, "/issue", "application/jwt", sign(t, r.a, header, payload))
		if got.body["error_description"] != step.description {
			t.Errorf("got %v, want %q", got.body, step.description)
		}
		header, payload = header.with(step.header), payload.with(step.payload)
	}
	got := r.send(t, "/revoke", "application/jwt", sign(t, r.a, header, payload))
	if got.body["error_description"] != "No Index in Payload" {
		t.Errorf("got %v", got.body)
	}
	got = r.send(t, "/revoke", "application/jwt", sign(t, r.a, header, payload.with(members{"idx": 0})))
	if got.body["error_description"] != "No valid URI in Payload" {
		t.Errorf("got %v", got.body)
	}
}

func TestTheSameRequestGetsTheSameSlot(t *testing.T) {
	r := newContract(t)
	idx, uri := r.slot(t, r.a, issueClaims())
	taken := r.allocated(t)
	r.set(start.Add(time.Minute))
	for _, iat := range []int64{start.Unix(), start.Unix() + 60} { // the message again, and one signed again
		gotIdx, gotURI := r.slot(t, r.a, issueClaims().with(members{"iat": iat}))
		if gotIdx != idx || gotURI != uri {
			t.Errorf("got %s in %s, want %s in %s", gotIdx, gotURI, idx, uri)
		}
	}
	changed := issueClaims().with(members{"statusExpiry": start.AddDate(0, 6, 0).Unix() + 1})
	r.want(t, "another expiry", r.post(t, "/issue", r.a, changed), 400, "BAD_REQUEST",
		"Detected invalid changes between idempotent requests, unable to proceed. Please generate a new request.")
	if got := r.allocated(t); got != taken {
		t.Errorf("%d places for one request", got-taken+1)
	}
	other, otherURI := r.slot(t, r.b, issueClaims().with(members{"iss": "client-b"}))
	if other == idx && otherURI == uri {
		t.Error("another client with the same jti got the same slot")
	}
}

func TestSimultaneousRequestsGetOneSlot(t *testing.T) {
	r := newContract(t)
	token := sign(t, r.a, goodHeader, issueClaims())
	var mu sync.Mutex
	seen := map[string]int{}
	var done sync.WaitGroup
	for range 20 {
		done.Go(func() {
			got := r.send(t, "/issue", "application/jwt", token)
			mu.Lock()
			defer mu.Unlock()
			seen[fmt.Sprint(got.status, got.body)]++
			if got.status == http.StatusConflict && (got.body["error"] != "CONFLICT" ||
				got.body["error_description"] != "Multiple concurrent idempotent requests in progress. Please retry after a short delay.") {
				t.Errorf("409 with %v", got.body)
			}
		})
	}
	done.Wait()
	slots := 0
	for answer := range seen {
		if strings.HasPrefix(answer, "200 ") {
			slots++
		}
	}
	if slots != 1 || r.allocated(t) != 1 {
		t.Errorf("%d slots of %d answers: %v", r.allocated(t), len(seen), seen)
	}
}

// Another is at work on the request: 409, until they are given up for lost.
func TestABusyRequest(t *testing.T) {
	r := newContract(t)
	expires := time.Unix(start.AddDate(0, 6, 0).Unix(), 0).UTC()
	if _, err := r.store.Begin(t.Context(), statuslist.Request{Client: "client-a", ID: anID, Expires: expires}); err != nil {
		t.Fatal(err)
	}
	r.want(t, "at once", r.post(t, "/issue", r.a, issueClaims()), 409, "CONFLICT",
		"Multiple concurrent idempotent requests in progress. Please retry after a short delay.")
	r.set(start.Add(statuslist.RequestHold))
	r.slot(t, r.a, issueClaims())
}

// Whatever step fails, before or after it took effect, a repeat gets the one place.
func TestARepeatAfterAFailureGetsOneSlot(t *testing.T) {
	for _, fail := range []string{"give", "before finish", "finish", "audit"} {
		r := newContract(t)
		r.books.fail = fail
		if fail == "audit" {
			r.noLog = errBroken
		}
		got := r.post(t, "/issue", r.a, issueClaims())
		if got.status != http.StatusServiceUnavailable || got.body["error"] != "TEMPORARILY_UNAVAILABLE" || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v", fail, got.status, got.body)
		}
		r.books.fail, r.noLog = "", nil
		r.set(start.Add(statuslist.RequestHold))
		r.slot(t, r.a, issueClaims())
		if n := r.allocated(t); n != 1 {
			t.Errorf("%s: %d places for one request", fail, n)
		}
	}
}

// The place with index 0 ends like any other. Under this secret it is the seventh that is given.
func TestIndexZeroEnds(t *testing.T) {
	secret := sha256.Sum256([]byte("seed 409"))
	r := newContract(t, lists(1), func(c *statusapi.Config) { c.Secret = secret[:] })
	for n := range 7 {
		id := fmt.Sprintf("%s%d", anID[:len(anID)-1], n)
		idx, uri := r.slot(t, r.a, issueClaims().with(members{"jti": id}))
		if idx != "0" {
			continue
		}
		got := r.post(t, "/revoke", r.a, revokeClaims(0, uri))
		if got.status != http.StatusAccepted || got.body["message"] != "Request processed for revocation" {
			t.Errorf("%d %v", got.status, got.body)
		}
		r.publish(t)
		if p := r.published(t, credential.StatusRef{URI: uri}); p.Revoked != 1 {
			t.Errorf("%d revocations are published", p.Revoked)
		}
		return
	}
	t.Fatal("no place has index 0: the order of places is another")
}

func TestARevocationThroughTheContract(t *testing.T) {
	r := newContract(t)
	idx, uri := r.slot(t, r.a, issueClaims())
	other := revokeClaims(idx, uri).with(members{"iss": "client-b"})
	r.want(t, "a foreign client", r.post(t, "/revoke", r.b, other), 401, "UNAUTHORIZED", "The original clientId is different to the clientId in the request")

	r.set(start.Add(time.Minute))
	for i, message := range []string{"Request processed for revocation", "Credential already revoked", "Credential already revoked"} {
		got := r.post(t, "/revoke", r.a, revokeClaims(idx, uri))
		want := json.Number(fmt.Sprint(start.Unix() + 60))
		if got.status != http.StatusAccepted || got.body["message"] != message || got.body["revokedAt"] != want || len(got.body) != 2 {
			t.Errorf("request %d: %d %v, want %q at %s", i, got.status, got.body, message, want)
		}
		r.set(start.Add(time.Hour))
	}
	r.publish(t)
	n, err := idx.Int64()
	if err != nil {
		t.Fatal(err)
	}
	if p := r.published(t, credential.StatusRef{URI: uri, Index: int(n)}); p.Revoked != 1 {
		t.Errorf("%d revocations are published", p.Revoked)
	}
}

// What was revoked, and not noted, is noted by the next request.
func TestARevocationWhoseNoteFails(t *testing.T) {
	for _, fail := range []string{"before note", "note"} {
		r := newContract(t)
		idx, uri := r.slot(t, r.a, issueClaims())
		r.books.fail = fail
		if got := r.post(t, "/revoke", r.a, revokeClaims(idx, uri)); got.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", fail, got.status)
		}
		r.books.fail = ""
		r.set(start.Add(time.Hour))
		got := r.post(t, "/revoke", r.a, revokeClaims(idx, uri))
		if got.status != http.StatusAccepted || got.body["revokedAt"] != json.Number(fmt.Sprint(start.Unix())) {
			t.Errorf("%s: %d %v, want the first time", fail, got.status, got.body)
		}
	}
}

// free returns an index of the first list that nobody was given.
func free(t *testing.T, r *contractRig) int {
	t.Helper()
	for index := range size {
		_, err := r.Revoke(t.Context(), "is it free?", credential.StatusRef{URI: base + "/t/" + r.names[0], Index: index})
		if fault.KindOf(err) == fault.NotFound {
			return index
		}
	}
	t.Fatal("no place is free")
	return 0
}

// A slot that a client holds and that cannot end, whatever happened to it, is refused and never called ended.
func TestASlotThatCannotEnd(t *testing.T) {
	r := newContract(t)
	slot := statuslist.Slot{List: r.names[0], Index: free(t, r)}
	if err := r.store.Give(t.Context(), slot, "client-a", start.AddDate(0, 6, 0)); err != nil {
		t.Fatal(err)
	}
	r.want(t, "never allocated", r.post(t, "/revoke", r.a, revokeClaims(slot.Index, base+"/t/"+slot.List)), 403, "FORBIDDEN", "Unable to revoke the specified status list entry")
}

func TestWhatThePartsAwayAnswer(t *testing.T) {
	r := newContract(t)
	idx, uri := r.slot(t, r.a, issueClaims())
	r.noLog = errBroken
	const words = "The status list service is not available. Try again later."
	r.want(t, "no audit, no revocation", r.post(t, "/revoke", r.a, revokeClaims(idx, uri)), 503, "TEMPORARILY_UNAVAILABLE", words)
	r.publish(t)
	n, _ := idx.Int64()
	if p := r.published(t, credential.StatusRef{URI: uri, Index: int(n)}); p.Revoked != 0 {
		t.Error("revoked without an audit record")
	}
	r.noLog = nil
	r.jwks.Close()
	r.want(t, "a client's keys are away", r.post(t, "/issue", r.b, issueClaims().with(members{"iss": "client-b"})), 503, "TEMPORARILY_UNAVAILABLE", words)
}

// Begin breaks down, where it is told to.
func (b *books) Begin(ctx context.Context, r statuslist.Request) (*statuslist.Slot, error) {
	if b.fail == "panic" {
		panic("a mistake of ours")
	}
	return b.Clients.Begin(ctx, r)
}

// A mistake of ours has the contract's form too, and says nothing.
func TestAMistakeOfOurs(t *testing.T) {
	r := newContract(t)
	r.books.fail = "panic"
	r.want(t, "a panic", r.post(t, "/issue", r.a, issueClaims()), 500, "INTERNAL_SERVER_ERROR", "The request could not be processed")
}

func TestAClientThatAsksTooOften(t *testing.T) {
	r := newContract(t)
	idx, uri := r.slot(t, r.a, issueClaims())
	token := sign(t, r.a, goodHeader, revokeClaims(idx, uri))
	refused := 0
	for range 120 {
		if r.send(t, "/revoke", "application/jwt", token).status == http.StatusServiceUnavailable {
			refused++
		}
	}
	if refused != 21 { // a hundred in a second, and one was spent on the slot
		t.Errorf("%d of 120 refused", refused)
	}
	if got := r.post(t, "/issue", r.b, issueClaims().with(members{"iss": "client-b"})); got.status != http.StatusOK {
		t.Errorf("the other client: %d", got.status)
	}
	r.set(start.Add(time.Second))
	if got := r.send(t, "/revoke", "application/jwt", token); got.status != http.StatusAccepted {
		t.Errorf("a second later: %d", got.status)
	}
}

// The audit says who did what, and names the place only to those who have the secret.
func TestTheAuditOfTheContract(t *testing.T) {
	r := newContract(t)
	idx, uri := r.slot(t, r.a, issueClaims())
	r.slot(t, r.a, issueClaims().with(members{"jti": anotherID}))
	r.post(t, "/revoke", r.a, revokeClaims(idx, uri))
	if len(r.events) != 3 {
		t.Fatalf("%d events", len(r.events))
	}
	for i, what := range []string{"status.issue", "status.issue", "status.revoke"} {
		if e := r.events[i]; e.What != what || e.Who != "client-a" || !e.When.Equal(start) || len(e.Subject) != 32 || len(e.Details) != 0 {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if r.events[0].Subject != r.events[2].Subject || r.events[0].Subject == r.events[1].Subject {
		t.Error("the place is not named as it was")
	}
}

func TestParseClientsRefuses(t *testing.T) {
	key := newKey(t)
	set := string(jwks(t, key))
	secret := `{"keys":[{"kty":"oct","k":"AAAA","kid":"k1"}]}`
	for name, file := range map[string]string{
		"no JSON":              `clients`,
		"nobody":               `{"clients":[]}`,
		"a member too many":    `{"clients":[{"clientId":"a","jwksUri":"https://a.example"}],"more":1}`,
		"no client id":         `{"clients":[{"jwks":` + set + `}]}`,
		"a long client id":     `{"clients":[{"clientId":"` + strings.Repeat("a", 129) + `","jwks":` + set + `}]}`,
		"no keys":              `{"clients":[{"clientId":"a"}]}`,
		"keys twice":           `{"clients":[{"clientId":"a","jwksUri":"https://a.example","jwks":` + set + `}]}`,
		"an empty set":         `{"clients":[{"clientId":"a","jwks":{"keys":[]}}]}`,
		"a symmetric key":      `{"clients":[{"clientId":"a","jwks":` + secret + `}]}`,
		"an address of no use": `{"clients":[{"clientId":"a","jwksUri":"ftp://a.example"}]}`,
		"an address with user": `{"clients":[{"clientId":"a","jwksUri":"https://u@a.example"}]}`,
		"a client twice":       `{"clients":[{"clientId":"a","jwksUri":"https://a.example"},{"clientId":"a","jwksUri":"https://b.example"}]}`,
		"a large file":         strings.Repeat(" ", 4<<20) + `{}`,
	} {
		if _, err := statusapi.ParseClients([]byte(file)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if got, err := statusapi.ParseClients([]byte(`{"clients":[{"clientId":"a","jwks":` + set + `}]}`)); err != nil || len(got) != 1 || got[0].ID != "a" {
		t.Errorf("%v, %v", got, err)
	}
}

// A register that is accepted names somebody, and nobody twice.
func FuzzParseClients(f *testing.F) {
	f.Add([]byte(`{"clients":[{"clientId":"a","jwksUri":"https://a.example"}]}`))
	f.Add([]byte(`{"clients":[{"clientId":"a","jwks":{"keys":[]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		clients, err := statusapi.ParseClients(raw)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, c := range clients {
			if c.ID == "" || seen[c.ID] {
				t.Errorf("%q names %q twice, or nobody", raw, c.ID)
			}
			seen[c.ID] = true
		}
		if len(clients) == 0 {
			t.Errorf("%q names nobody", raw)
		}
	})
}
