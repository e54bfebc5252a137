package verifier_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/did"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/verifier"
)

const (
	docType   = "uk.gov.justice.synthetic.1"
	issuerDID = "did:web:issuer.example"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// issuer publishes what a verifier asks for, on loopback, and remembers what it was asked.
type issuer struct {
	t        *testing.T
	server   *httptest.Server
	keys     map[keys.Purpose]keys.Key
	revoked  bool
	requests []string
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, keys: map[keys.Purpose]keys.Key{}}
	all, err := keys.Generate(keys.Authority{Name: "Synthetic root", URL: "https://issuer.example", CRL: "https://issuer.example/crl", Country: "GB"}, now.Add(-time.Hour))
	i.must(err)
	for _, k := range all {
		i.keys[k.Purpose] = k
	}
	i.server = httptest.NewServer(i)
	t.Cleanup(i.server.Close)
	return i
}

func (i *issuer) must(err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatal(err)
	}
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.requests = append(i.requests, r.URL.Path)
	switch r.URL.Path {
	case "/.well-known/did.json":
		i.write(w, did.NewDocument(issuerDID, []jose.PublicJWK{i.jwk(keys.PurposeCredential)}))
	case "/.well-known/jwks.json":
		i.write(w, map[string]any{"keys": []jose.PublicJWK{i.jwk(keys.PurposeStatusList)}})
	case "/t/abc":
		_, _ = w.Write([]byte(i.list())) // a client that hung up is the client's business
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (i *issuer) write(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Error(err)
	}
}

func (i *issuer) jwk(p keys.Purpose) jose.PublicJWK {
	jwk, err := jose.NewPublicJWK(i.keys[p].Public(), i.keys[p].ID)
	if err != nil {
		i.t.Error(err)
	}
	return jwk
}

func (i *issuer) list() string {
	list, err := statuslist.New(2, 16)
	if err == nil && i.revoked {
		err = list.Set(7, statuslist.Invalid)
	}
	if err != nil {
		i.t.Error(err)
		return ""
	}
	claim, err := list.EncodeToken()
	if err != nil {
		i.t.Error(err)
	}
	claims := map[string]any{"sub": i.server.URL + "/t/abc", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "ttl": 900, "status_list": claim}
	key := i.keys[keys.PurposeStatusList]
	token, err := jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: "statuslist+jwt", KeyID: key.ID}, claims)
	if err != nil {
		i.t.Error(err)
	}
	return token
}

func (i *issuer) trust() []byte {
	i.t.Helper()
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.keys[keys.PurposeIACA].Chain[0].Raw})
	file, err := json.Marshal(map[string]any{
		"iacas":       []any{map[string]any{"pem": string(root), "documents": []string{docType}}},
		"issuers":     []any{map[string]any{"issuer": i.server.URL, "did": issuerDID, "document": i.server.URL + "/.well-known/did.json"}},
		"statusLists": []any{map[string]any{"prefix": i.server.URL + "/t/", "jwks": i.server.URL + "/.well-known/jwks.json"}},
	})
	i.must(err)
	return file
}

// issue writes a synthetic document in the format whose key is for p.
func (i *issuer) issue(p keys.Purpose) string {
	i.t.Helper()
	holder, err := keys.NewKey("", now)
	i.must(err)
	d := &document.Document{
		Type: docType, MDoc: &document.MDocForm{DocType: docType}, JWT: &document.JWTForm{Type: "SyntheticDocument"},
		Card: document.Card{Name: document.Text{EN: "Synthetic"}, Description: document.Text{EN: "Synthetic"}},
		Elements: []document.Element{
			{Namespace: docType, Name: "birth_date", Shape: document.Shape{Kind: document.KindDate}},
			{Namespace: docType, Name: "portrait", Shape: document.Shape{Kind: document.KindJPEG}},
		},
	}
	s := credential.Statement{
		DocumentType: docType,
		Elements: []credential.Element{
			{Namespace: docType, Name: "birth_date", Value: credential.Date{Year: 1990, Month: 2, Day: 28}},
			{Namespace: docType, Name: "portrait", Value: []byte{0xff, 0xd8, 0xff}},
		},
		Validity: credential.Validity{Signed: now, From: now, Until: now.AddDate(0, 1, 0)},
		Status:   credential.StatusRef{URI: i.server.URL + "/t/abc", Index: 7},
		Holder:   holder.Public(),
	}
	var format issuance.Format = mdoc.Format{Rand: rand.Reader}
	if p == keys.PurposeCredential {
		format = vcjwt.New(vcjwt.Options{Issuer: i.server.URL, DID: issuerDID})
	}
	draft, err := format.Draft(d, s, i.keys[p])
	i.must(err)
	message, err := draft.ToBeSigned()
	i.must(err)
	signature, err := i.keys[p].Sign(message)
	i.must(err)
	sealed, err := draft.Seal(signature)
	i.must(err)
	return sealed
}

func newVerifier(t *testing.T, trust []byte, log *bytes.Buffer) *verifier.Verifier {
	t.Helper()
	v, err := verifier.New(verifier.Config{Trust: trust}, verifier.Deps{Log: slog.New(slog.NewJSONHandler(log, nil)), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func post(h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/verify", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestVerify(t *testing.T) {
	cases := []struct {
		name     string
		member   string
		purpose  keys.Purpose
		revoked  bool
		asked    string
		verdict  string
		elements string
		fetched  []string
	}{
		{"mdoc", "issuerSigned", keys.PurposeDocument, false, `{}`, "valid",
			`[{"namespace":"` + docType + `","name":"birth_date","value":"1990-02-28"},{"namespace":"` + docType + `","name":"portrait","value":"_9j_"}]`,
			[]string{"/t/abc", "/.well-known/jwks.json"}},
		{"one element of an mdoc", "issuerSigned", keys.PurposeDocument, false, `{"elements":[["` + docType + `","birth_date"]]}`, "valid",
			`[{"namespace":"` + docType + `","name":"birth_date","value":"1990-02-28"}]`, []string{"/t/abc", "/.well-known/jwks.json"}},
		{"revoked mdoc", "issuerSigned", keys.PurposeDocument, true, `{}`, "not_valid", `[]`, []string{"/t/abc", "/.well-known/jwks.json"}},
		{"mdoc of another type", "issuerSigned", keys.PurposeDocument, false, `{"documentType":"other"}`, "not_valid", `[]`, nil},
		{"JWT", "vcJwt", keys.PurposeCredential, false, `{"documentType":"SyntheticDocument","elements":[["","birth_date"]]}`, "valid",
			`[{"name":"birth_date","value":"1990-02-28"}]`, []string{"/.well-known/did.json", "/t/abc", "/.well-known/jwks.json"}},
		{"revoked JWT", "vcJwt", keys.PurposeCredential, true, `{}`, "not_valid", `[]`, []string{"/.well-known/did.json", "/t/abc", "/.well-known/jwks.json"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			i, log := newIssuer(t), &bytes.Buffer{}
			i.revoked = c.revoked
			w := post(newVerifier(t, i.trust(), log), `{"`+c.member+`":"`+i.issue(c.purpose)+`","asked":`+c.asked+`}`)
			var answer struct {
				Verdict, Scope string
				Checks         []struct{ Name, Outcome, Reason string }
				Elements       json.RawMessage
			}
			i.must(json.Unmarshal(w.Body.Bytes(), &answer))
			if w.Code != 200 || answer.Verdict != c.verdict || answer.Scope != "document" || len(answer.Checks) != 7 || string(answer.Elements) != c.elements {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if !slices.Equal(i.requests, c.fetched) {
				t.Errorf("fetched %v, want %v", i.requests, c.fetched)
			}
			if w.Header().Get("Cache-Control") != "no-store" || strings.Contains(log.String(), "1990") {
				t.Errorf("headers %v, log %s", w.Header(), log)
			}
		})
	}
}

// A verifier that shares the issuer's store sees an ending before it is published, and says by what it knows.
func TestASharedStore(t *testing.T) {
	for name, c := range map[string]struct {
		revoke  bool
		verdict string
		store   string
	}{"ended there": {true, "not_valid", "ended"}, "standing there": {false, "valid", "agrees"}} {
		t.Run(name, func(t *testing.T) {
			i, store := newIssuer(t), memstore.New(func() time.Time { return now })
			i.must(store.EnsureLists(t.Context(), []string{"abc"}, 16))
			counter, err := store.Next(t.Context(), "o", "abc", now.AddDate(0, 1, 0), 0)
			i.must(err)
			if c.revoke {
				_, err := store.Revoke(t.Context(), "o", statuslist.Slot{List: "abc", Index: 7}, counter, now)
				i.must(err)
			}
			v, err := verifier.New(verifier.Config{Trust: i.trust(), SharedLists: i.server.URL + "/t/"},
				verifier.Deps{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Shared: store})
			i.must(err)
			body := post(v, `{"vcJwt":"`+i.issue(keys.PurposeCredential)+`"}`).Body.String()
			if !strings.Contains(body, `"verdict":"`+c.verdict+`"`) || !strings.Contains(body, `"sharedStore":"`+c.store+`"`) {
				t.Error(body)
			}
		})
	}
}

// An issuer nobody trusts is an answer, and is never asked for anything.
func TestNothingIsFetchedOnAnUnverifiedWord(t *testing.T) {
	stranger, trusted := newIssuer(t), newIssuer(t)
	v := newVerifier(t, trusted.trust(), &bytes.Buffer{})
	for member, text := range map[string]string{"issuerSigned": stranger.issue(keys.PurposeDocument), "vcJwt": stranger.issue(keys.PurposeCredential)} {
		w := post(v, `{"`+member+`":"`+text+`"}`)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"verdict":"not_valid"`) || !strings.Contains(w.Body.String(), `"elements":[]`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if len(stranger.requests)+len(trusted.requests) != 0 {
		t.Errorf("fetched %v %v", stranger.requests, trusted.requests)
	}
}

func TestIssuerAwayIsNoVerdict(t *testing.T) {
	i := newIssuer(t)
	v := newVerifier(t, i.trust(), &bytes.Buffer{})
	document, token := i.issue(keys.PurposeDocument), i.issue(keys.PurposeCredential)
	i.server.Close()
	for body, reason := range map[string]string{`{"issuerSigned":"` + document + `"}`: "status_unavailable", `{"vcJwt":"` + token + `"}`: "issuer_keys_unavailable"} {
		w := post(v, body)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"verdict":"could_not_check"`) || !strings.Contains(w.Body.String(), reason) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	v := newVerifier(t, newIssuer(t).trust(), &bytes.Buffer{})
	cases := map[string]struct {
		body   string
		status int
	}{
		"nothing":             {`{}`, 400},
		"two documents":       {`{"issuerSigned":"AA","vcJwt":"a"}`, 400},
		"padding":             {`{"issuerSigned":"AA=="}`, 400},
		"spare bits":          {`{"issuerSigned":"AB"}`, 400},
		"line break":          {`{"issuerSigned":"AA\nAA"}`, 400},
		"no transcript":       {`{"deviceResponse":"AA"}`, 400},
		"a stray transcript":  {`{"issuerSigned":"AA","sessionTranscript":"AA"}`, 400},
		"transcript of noise": {`{"deviceResponse":"AA","sessionTranscript":"%"}`, 400},
		"no nonce":            {`{"vpJwt":"a","audience":"b"}`, 400},
		"no audience":         {`{"vpJwt":"a","nonce":"b"}`, 400},
		"a stray nonce":       {`{"vcJwt":"a","nonce":"b"}`, 400},
		"an SD-JWT beside it": {`{"vcJwt":"a","sdJwt":"a~"}`, 400},
		"SD-JWT, no audience": {`{"sdJwt":"a~","nonce":"b"}`, 400},
		"SD-JWT, no nonce":    {`{"sdJwt":"a~","audience":"b"}`, 400},
		"a stray pair":        {`{"vcJwt":"a","nonce":"b","audience":"c"}`, 400},
		"an SD-JWT of noise":  {`{"sdJwt":"a~"}`, 200},
		"one that is held":    {`{"sdJwt":"a~","nonce":"b","audience":"c"}`, 200},
		"element of one":      {`{"vcJwt":"a","asked":{"elements":[["x"]]}}`, 400},
		"element of no name":  {`{"vcJwt":"a","asked":{"elements":[["x",""]]}}`, 400},
		"too many elements":   {`{"vcJwt":"a","asked":{"elements":[` + strings.Repeat(`["","x"],`, 256) + `["","x"]]}}`, 400},
		"too large":           {`{"vcJwt":"` + strings.Repeat("x", 3<<20) + `"}`, 413},
		"a document of noise": {`{"issuerSigned":"AA"}`, 200},
		"a JWT of noise":      {`{"vcJwt":"a"}`, 200},
		"a response of noise": {`{"deviceResponse":"AA","sessionTranscript":"AA"}`, 200},
		"a VP of noise":       {`{"vpJwt":"a","nonce":"b","audience":"c"}`, 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := post(v, c.body)
			if w.Code != c.status || c.status == 400 && w.Body.String() != `{"error":"invalid_request"}` || c.status == 200 && !strings.Contains(w.Body.String(), `"not_valid"`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestReadConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trust.json")
	if err := os.WriteFile(path, newIssuer(t).trust(), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(vars map[string]string) (verifier.Config, error) {
		return verifier.ReadConfig(func(name string) string { return vars[name] })
	}
	c, err := read(map[string]string{"VERIFIER_TRUST_FILE": path})
	if err != nil || c.Addr != ":8081" || c.StatusMaxAge != 30*time.Second || len(c.Trust) == 0 {
		t.Errorf("%+v %v", c, err)
	}
	if err := os.WriteFile(path, []byte(`{"iacas":[{"pem":"x"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = read(map[string]string{"VERIFIER_TRUST_FILE": path, "VERIFIER_STATUS_MAX_AGE": "13h"})
	for _, want := range []string{"VERIFIER_STATUS_MAX_AGE", "VERIFIER_TRUST_FILE", "not one certificate", "documents is empty"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	_, err = read(map[string]string{"VERIFIER_TRUST_FILE": path, "VERIFIER_STATUS_MAX_AGE": "999ms"})
	if err == nil || !strings.Contains(err.Error(), "neither 0s nor at least 1s") {
		t.Errorf("%v", err)
	}
	for name, vars := range map[string]map[string]string{"none": {}, "missing": {"VERIFIER_TRUST_FILE": path + "x"}} {
		if _, err := read(vars); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestNewRefusesABadTrustFile(t *testing.T) {
	if _, err := verifier.New(verifier.Config{Trust: []byte(`{}`)}, verifier.Deps{}); err == nil {
		t.Error("a verifier that trusts nobody was made")
	}
}
