package records_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"justice-wallet/issuer/internal/records"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// directories are both kinds, over the same people.
func directories(t *testing.T) map[string]*records.Directory {
	t.Helper()
	_, base := standIn(t, noon)
	remote, err := records.NewHMPPSDirectory(options(base))
	if err != nil {
		t.Fatal(err)
	}
	file, err := records.NewFileDirectory(records.FileOptions{Path: peopleFile, ReferenceKey: referenceKey, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*records.Directory{"remote": remote, "file": file}
}

func born(t *testing.T, s string) credential.Date {
	t.Helper()
	d, err := credential.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMatch(t *testing.T) {
	for kind, d := range directories(t) {
		for name, c := range map[string]struct {
			given        []string
			family, born string
			want         string // empty: nobody
		}{
			"as written":            {[]string{"Michael", "John"}, "Example", "1987-05-12", "A0001SY"},
			"without middle name":   {[]string{"Michael"}, "Example", "1987-05-12", "A0001SY"},
			"in capitals":           {[]string{"MICHAEL JOHN"}, "EXAMPLE", "1987-05-12", "A0001SY"},
			"without its accents":   {[]string{"Sian"}, "Llyr", "1987-05-12", "A0046SY"},
			"another apostrophe":    {[]string{"Orla"}, "O\u2019Neill", "1987-05-12", "A0047SY"},
			"one name alone":        {nil, "Sukarno", "1987-05-12", "A0048SY"},
			"twins in all they say": {[]string{"Alex"}, "Orchard", "1991-03-03", ""},
			"another birthday":      {[]string{"Michael"}, "Example", "1987-05-13", ""},
			"another given name":    {[]string{"John"}, "Example", "1987-05-12", ""},
			"another family name":   {[]string{"Michael"}, "Exemplar", "1987-05-12", ""},
			"no given name":         {nil, "Example", "1987-05-12", ""},
			"no family name":        {[]string{"Michael"}, "", "1987-05-12", ""},
			"nothing but signs":     {[]string{"Michael"}, "'-", "1987-05-12", ""},
		} {
			got, err := d.Match(context.Background(), records.Identity{GivenNames: c.given, FamilyName: c.family, BirthDate: born(t, c.born)})
			if got != c.want || (c.want == "") != errors.Is(err, issuance.ErrNotFound) {
				t.Errorf("%s, %s: %q, %v", kind, name, got, err)
			}
		}
	}
}

func TestFind(t *testing.T) {
	for kind, d := range directories(t) {
		for name, c := range map[string]struct {
			query records.Query
			want  string
		}{
			"prison number":      {records.Query{PrisonNumber: "A0001SY"}, "A0001SY X900001 Michael John Example N07SYN false"},
			"CRN":                {records.Query{CRN: "X900046"}, "A0046SY X900046 Siân Llŷr W01SYN false"},
			"name and birthday":  {records.Query{GivenName: "Orla", FamilyName: "O'Neill", BirthDate: born(t, "1987-05-12")}, "A0047SY X900047 Orla O'Neill N07SYN false"},
			"family name alone":  {records.Query{FamilyName: "Sukarno", BirthDate: born(t, "1987-05-12")}, "A0048SY X900048 Sukarno N07SYN false"},
			"restricted":         {records.Query{PrisonNumber: "A0031SY"}, "A0031SY X900031 Synthia Verney N07SYN true"},
			"two":                {records.Query{GivenName: "Alex", FamilyName: "Orchard", BirthDate: born(t, "1991-03-03")}, "A0021SY X900021 Alex Orchard N07SYN false, A0022SY X900022 Alex Orchard N07SYN false"},
			"nobody":             {records.Query{PrisonNumber: "A9999SY"}, ""},
			"nobody by birthday": {records.Query{FamilyName: "Sukarno", BirthDate: born(t, "1987-05-13")}, ""},
		} {
			cases, err := d.Find(context.Background(), c.query)
			var got []string
			for _, x := range cases {
				got = append(got, fmt.Sprintf("%s %s %s %s %t", x.PrisonNumber, x.CRN, strings.TrimSpace(x.GivenNames+" "+x.FamilyName), x.Team, x.Restricted))
			}
			if err != nil || strings.Join(got, ", ") != c.want {
				t.Errorf("%s, %s: %q, %v", kind, name, got, err)
			}
		}
		for name, q := range map[string]records.Query{
			"nothing":            {},
			"malformed number":   {PrisonNumber: "A0001SYX"},
			"malformed CRN":      {CRN: "900046"},
			"two numbers":        {PrisonNumber: "A0001SY", CRN: "X900001"},
			"number and name":    {PrisonNumber: "A0001SY", FamilyName: "Example", BirthDate: born(t, "1987-05-12")},
			"name alone":         {FamilyName: "Example"},
			"birthday alone":     {BirthDate: born(t, "1987-05-12")},
			"a name without end": {FamilyName: strings.Repeat("x", 101), BirthDate: born(t, "1987-05-12")},
		} {
			if _, err := d.Find(context.Background(), q); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
		}
	}
}

// A system that answers nonsense, or is away, matches nobody and finds nothing: it is a fault, not "there is no such person".
func TestDirectoryFaults(t *testing.T) {
	for name, answer := range map[string]string{
		"not JSON":          `<html>`,
		"no matches":        `{}`,
		"no number":         `{"matches":[{"prisoner":{"lastName":"Example","dateOfBirth":"1987-05-12"}}],"records":[{"lastName":"Example"}]}`,
		"open who may know": `{"records":[{"prisonNumber":"A0001SY","crn":"X900001","lastName":"Example","dateOfBirth":"1987-05-12","team":"N07SYN"}]}`,
		"too many":          `{"records":[` + strings.TrimSuffix(strings.Repeat(`{"prisonNumber":"A0001SY","lastName":"E","dateOfBirth":"1987-05-12","team":"N","restricted":false},`, 51), ",") + `]}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if strings.HasSuffix(r.URL.Path, "/token") {
				if err := json.NewEncoder(w).Encode(map[string]any{"access_token": "t", "token_type": "bearer", "expires_in": 600}); err != nil {
					t.Error(err)
				}
				return
			}
			fmt.Fprint(w, answer)
		}))
		d, err := records.NewHMPPSDirectory(options(server.URL))
		if err != nil {
			t.Fatal(err)
		}
		if cases, err := d.Find(context.Background(), records.Query{PrisonNumber: "A0001SY"}); fault.KindOf(err) != fault.Unavailable || cases != nil {
			t.Errorf("find, %s: %v, %v", name, cases, err)
		}
		if name != "open who may know" && name != "too many" {
			if _, err := d.Match(context.Background(), records.Identity{GivenNames: []string{"Michael"}, FamilyName: "Example", BirthDate: born(t, "1987-05-12")}); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("match, %s: %v", name, err)
			}
		}
		server.Close()
	}
}

func TestPeoplePrintAsNothing(t *testing.T) {
	for _, v := range []any{records.Identity{FamilyName: "Example"}, records.Query{FamilyName: "Example"}, records.Case{FamilyName: "Example"}} {
		if got := fmt.Sprintf("%v %+v %#v", v, v, v); got != "[redacted] [redacted] [redacted]" {
			t.Errorf("%T: %s", v, got)
		}
	}
}
