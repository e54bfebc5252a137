package records_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/records"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
)

// department answers every question about facts with body, and keeps the last question.
func department(t *testing.T, body string) (source records.Source, asked *map[string]any) {
	t.Helper()
	asked = &map[string]any{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if r.URL.Path == "/token" {
			_, _ = io.WriteString(w, `{"access_token": "a", "token_type": "Bearer", "expires_in": 60}`)
			return
		}
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer a" || json.NewDecoder(r.Body).Decode(asked) != nil {
			t.Errorf("the question was %s with %q", r.Method, r.Header.Get("Authorization"))
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	source, err := records.NewJSON(records.JSONOptions{
		Name: "a department", URL: server.URL + "/facts", Now: noon,
		Credentials: records.Credentials{TokenURL: server.URL + "/token", ClientID: "c", Secret: "s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return source, asked
}

func TestFactsOfAnotherDepartment(t *testing.T) {
	source, asked := department(t, `{"facts": {"name": "Ŵ", "member": true, "count": 3, "since": {"$date": "2020-02-29"},
		"seen": {"$time": "2026-01-02T03:04:05Z"}, "photo": {"$jpeg": "/9j/4P/Z"}, "none": [], "empty": {},
		"list": [{"day": {"$date": "2020-01-01"}}, "x", -1]}}`)
	got, err := source.Facts(t.Context(), issuance.Record{Person: "P1", Item: "I1"})
	if err != nil {
		t.Fatal(err)
	}
	want := credential.Facts{
		"name": "Ŵ", "member": true, "count": int64(3), "since": credential.Date{Year: 2020, Month: time.February, Day: 29},
		"seen": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "photo": []byte{0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xD9},
		"none": []any{}, "empty": map[string]any{},
		"list": []any{map[string]any{"day": credential.Date{Year: 2020, Month: time.January, Day: 1}}, "x", int64(-1)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("facts are %#v", map[string]any(got))
	}
	if !reflect.DeepEqual(*asked, map[string]any{"record": "P1", "item": "I1"}) {
		t.Errorf("the question was %v", *asked)
	}
}

func TestAQuestionWithoutAnItem(t *testing.T) {
	source, asked := department(t, `{"facts": null}`)
	if _, err := source.Facts(t.Context(), issuance.Record{Person: "P1"}); !errors.Is(err, issuance.ErrNotFound) {
		t.Errorf("facts of null: %v, want not found", err)
	}
	if !reflect.DeepEqual(*asked, map[string]any{"record": "P1"}) {
		t.Errorf("the question was %v", *asked)
	}
}

func TestLiteralsThatAreNone(t *testing.T) {
	tests := map[string]string{
		"null":                  `null`,
		"a fraction":            `1.5`,
		"an exponent":           `1e3`,
		"too large":             `9223372036854775808`,
		"a date that is none":   `{"$date": "2026-02-30"}`,
		"a date with a time":    `{"$date": "2026-02-03T00:00:00Z"}`,
		"a date that is number": `{"$date": 20260203}`,
		"a time with a zone":    `{"$time": "2026-02-03T00:00:00+01:00"}`,
		"a time with fractions": `{"$time": "2026-02-03T00:00:00.5Z"}`,
		"a photo that is none":  `{"$jpeg": "iVBORw0KGgo="}`,
		"a photo cut short":     `{"$jpeg": "/9j/4A=="}`,
		"base64url":             `{"$jpeg": "_9j_4P_Z"}`,
		"spare bits":            `{"$jpeg": "/9j/4AD/2R=="}`,
		"two literals":          `{"$date": "2026-02-03", "$time": "2026-02-03T00:00:00Z"}`,
		"a literal and more":    `{"$date": "2026-02-03", "x": 1}`,
		"an unknown literal":    `{"$secret": "Quinton"}`,
		"null in a list":        `[null]`,
		"null in an object":     `{"x": null}`,
		"nested too deeply":     strings.Repeat("[", 9) + strings.Repeat("]", 9),
	}
	for name, value := range tests {
		t.Run(name, func(t *testing.T) {
			source, _ := department(t, `{"facts": {"x": `+value+`}}`)
			facts, err := source.Facts(t.Context(), someone)
			checkUnavailable(t, facts == nil, err)
		})
	}
}

func TestFactsThatAreNone(t *testing.T) {
	many := make([]string, 201)
	for i := range many {
		many[i] = fmt.Sprintf(`"f%d": 1`, i)
	}
	for name, body := range map[string]string{
		"no member": `{}`, "a list": `{"facts": []}`, "text": `{"facts": "Quinton"}`, "another case": `{"FACTS": 1}`,
		"too many": `{"facts": {` + strings.Join(many, ",") + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			source, _ := department(t, body)
			facts, err := source.Facts(t.Context(), someone)
			checkUnavailable(t, facts == nil, err)
		})
	}
}

func TestConformanceRecords(t *testing.T) {
	_, base := standIn(t, noon)
	r := overHTTP(t, base)
	driver := mustFacts(t, r, "conformance", issuance.Record{Person: "synthetic-driver"})
	portrait, _ := driver["portrait"].([]byte)
	if len(portrait) < 4 || string(portrait[:4]) != "\xff\xd8\xff\xe0" {
		t.Errorf("the portrait is %d bytes that are no JFIF", len(portrait))
	}
	for _, name := range []string{"family_name", "given_name", "birth_date", "issue_date", "expiry_date", "issuing_country",
		"issuing_authority", "document_number", "birth_place", "driving_privileges", "un_distinguishing_sign",
		"resident_address", "resident_postal_code", "resident_city", "welsh_licence"} {
		if _, ok := driver[name]; !ok {
			t.Errorf("the driver has no %s", name)
		}
	}
	for _, key := range []string{"nobody", "released-recently"} { // the second has no facts of its own
		for _, r := range []*records.Records{r, fromFile(t, peopleFile, noon)} {
			if _, err := r.Facts(t.Context(), "conformance", issuance.Record{Person: key}); !errors.Is(err, issuance.ErrNotFound) {
				t.Errorf("facts of %s: %v", key, err)
			}
		}
	}
}
