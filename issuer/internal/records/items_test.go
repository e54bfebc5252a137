package records_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
)

// A person has one release and one licence, and as many approvals as were made: the same from the systems and the file.
func TestItems(t *testing.T) {
	remote := between(t, noon, func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) })
	file := fromFile(t, "../../../conformance/hmpps/people.json", noon)
	for _, c := range []struct {
		source, person string
		want           []string
	}{
		{"hmpps-release", "A0025SY", []string{""}},
		{"hmpps-licence", "A0025SY", []string{""}},
		{"hmpps-approval", "A0025SY", []string{"APR-0001"}},
		{"hmpps-approval", "A0001SY", nil},
		{"hmpps-approval", "A9999ZZ", nil},
		{"hmpps-approval", "nobody", nil},
	} {
		got, err := remote.Items(t.Context(), c.source, c.person)
		if err != nil || !reflect.DeepEqual(append([]string(nil), got...), c.want) {
			t.Errorf("%s of %s: %v (%v)", c.source, c.person, got, err)
		}
		got, err = file.Items(t.Context(), c.source, c.person)
		if err != nil || !reflect.DeepEqual(append([]string(nil), got...), c.want) {
			t.Errorf("%s of %s, from the file: %v (%v)", c.source, c.person, got, err)
		}
	}
	if _, err := remote.Items(t.Context(), "hmpps-tarot", "A0025SY"); err == nil {
		t.Error("an unknown source has items")
	}
}

func TestAListThatIsNoneIsUnavailable(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":          `{}`,
		"null":             `{"records": null}`,
		"another person's": `{"records": [{"reference": "APR-0001", "prisonNumber": "A0001SY"}]}`,
		"of no reference":  `{"records": [{"prisonNumber": "A0025SY"}]}`,
		"a bad reference":  `{"records": [{"reference": "APR 0001", "prisonNumber": "A0025SY"}]}`,
	} {
		r := between(t, noon, func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			if req.URL.Path != "/approvals/list" {
				next.ServeHTTP(w, req)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, body)
		})
		items, err := r.Items(t.Context(), "hmpps-approval", "A0025SY")
		if t.Run(name, func(t *testing.T) { checkUnavailable(t, len(items) == 0, err) }); t.Failed() {
			t.Log(items)
		}
	}
}
