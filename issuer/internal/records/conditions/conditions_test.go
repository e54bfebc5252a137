package conditions_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"justice-wallet/issuer/internal/records/conditions"
)

const (
	vehicle = "2a93b784-b8cb-49ed-95e2-a0df60723cda"
	curfew  = "52faefcf-15f0-42c5-b908-621b4a7ecdb9"
	tag     = "fd129172-bdd3-4d97-a4a0-efd7b47a49d4"
)

var versions = []string{"V1_0", "V2_0", "V2_1", "V3_0", "V4_0"}

func load(t *testing.T) *conditions.Table {
	t.Helper()
	table, err := conditions.Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// shipped is conditions.yaml, read by the test itself.
type shipped struct {
	Versions map[string]string
	Standard []struct {
		Code     string
		Versions []string
	}
	Additional []struct {
		Category   string
		Conditions []struct {
			Code, Inputs, Text string
			Versions           []string
		}
	}
}

func readShipped(t *testing.T) (s shipped) {
	t.Helper()
	data, err := os.ReadFile("conditions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEveryPolicyIsWhole counts the conditions as the register's own policies count them.
func TestEveryPolicyIsWhole(t *testing.T) {
	standard, additional := map[string]int{}, map[string]int{}
	s := readShipped(t)
	for _, c := range s.Standard {
		for _, v := range c.Versions {
			standard[v]++
		}
	}
	for _, g := range s.Additional {
		for _, c := range g.Conditions {
			for _, v := range c.Versions {
				additional[v]++
			}
		}
	}
	if want := map[string]int{"1.0": 7, "2.0": 9, "2.1": 9, "3.0": 9, "4.0": 8}; !reflect.DeepEqual(standard, want) {
		t.Errorf("standard conditions: %v, want %v", standard, want)
	}
	if want := map[string]int{"1.0": 48, "2.0": 49, "2.1": 51, "3.0": 63, "4.0": 66}; !reflect.DeepEqual(additional, want) {
		t.Errorf("additional conditions: %v, want %v", additional, want)
	}
}

func TestACodeNobodyKnowsFailsClosedInEveryPolicy(t *testing.T) {
	table := load(t)
	for _, v := range append(versions, "V5_0", "4.0", "") {
		for _, code := range []string{"00000000-0000-4000-8000-000000000000", strings.ToUpper(vehicle), ""} {
			s := table.Summarise(v, nil, []conditions.Additional{{Code: code, Text: "Not to see Victoria."}}, 0)
			want := conditions.Summary{PolicyVersion: s.PolicyVersion, Other: true}
			if !reflect.DeepEqual(s, want) {
				t.Errorf("policy %q, code %q: %+v", v, code, s)
			}
			if s := table.Summarise(v, []string{code}, nil, 0); !s.Other || s.Standard != nil {
				t.Errorf("policy %q, standard code %q: %+v", v, code, s)
			}
		}
	}
}

// TestKnownCodesFailClosedOutsideTheirPolicy: a code means nothing in a policy that does not hold it.
func TestKnownCodesFailClosedOutsideTheirPolicy(t *testing.T) {
	table, file := load(t), readShipped(t)
	holds := map[[2]string]bool{}
	for _, g := range file.Additional {
		for _, c := range g.Conditions {
			for _, v := range c.Versions {
				holds[[2]string{v, c.Code}] = true
			}
		}
	}
	for _, g := range file.Additional {
		for _, c := range g.Conditions {
			for wire, v := range file.Versions {
				s := table.Summarise(wire, nil, []conditions.Additional{{Code: c.Code, Text: "x"}}, 0)
				if known := len(s.Categories) == 1; known != holds[[2]string{v, c.Code}] || !s.Other {
					t.Errorf("policy %s, code %s: %+v", v, c.Code, s)
				}
			}
		}
	}
}

// TestCodesThatCanNameAPersonOrAPlaceAreNeverTold, whatever their text.
func TestCodesThatCanNameAPersonOrAPlaceAreNeverTold(t *testing.T) {
	naming := []string{
		"4858cd8b-bca6-4f11-b6ee-439e27216d7d", // a victim, a family, a social services department
		"355700a9-6184-40c0-9759-0dfed1994e1e", // named individuals
		"18b69f61-800f-46b2-95c4-2019d33e34d6", // organisations
		"4a5fed48-0fb9-4711-8ddf-b46ddfd90246", // a social services department
		"0f9a20f4-35c7-4c77-8af8-f200f153fa11", // maps
		"005d70e4-a247-4f82-b8b3-6d294a0f5051",
		"99195049-f355-46fb-b7d8-aef87a1b19c5",
		"42f71b40-84cd-446d-8647-f00bbb6c079c", // addresses
		"86e6f2a9-bb60-40f8-9ac4-310ebc72ac2f",
		"c4a17002-88a3-43b4-b3f7-82ff476cb217", // premises
		"2027ae19-04a2-4fa6-8d1b-a62dffba2e62", // a police station
	}
	file := readShipped(t)
	for _, g := range file.Additional {
		for _, c := range g.Conditions {
			if slices.Contains(naming, c.Code) && (c.Inputs != "free" || c.Text != "") {
				t.Errorf("%s is listed with inputs %q and text %q", c.Code, c.Inputs, c.Text)
			}
		}
	}
	for _, v := range versions {
		for _, code := range naming {
			s := load(t).Summarise(v, nil, []conditions.Additional{{Code: code, Text: ""}}, 0)
			if len(s.Texts) != 0 || !s.Other {
				t.Errorf("policy %s, code %s: %+v", v, code, s)
			}
		}
	}
}

func TestAllowListedTextIsToldInThePolicysWordsOnly(t *testing.T) {
	table, file := load(t), readShipped(t)
	told := 0
	for _, g := range file.Additional {
		for _, c := range g.Conditions {
			if c.Text == "" {
				continue
			}
			told++
			for wire, v := range file.Versions {
				if !slices.Contains(c.Versions, v) {
					continue
				}
				s := table.Summarise(wire, nil, []conditions.Additional{{Code: c.Code, Text: c.Text}}, 0)
				if s.Other || !reflect.DeepEqual(s.Texts, []conditions.Text{{Code: c.Code, Text: c.Text}}) {
					t.Errorf("policy %s, code %s: %+v", v, c.Code, s)
				}
				s = table.Summarise(wire, nil, []conditions.Additional{{Code: c.Code, Text: c.Text + " Ask Victoria."}}, 0)
				if !s.Other || s.Texts != nil {
					t.Errorf("policy %s, code %s, altered: %+v", v, c.Code, s)
				}
			}
		}
	}
	if told == 0 {
		t.Error("no text is allow-listed")
	}
}

func TestBespokeConditionsAreOther(t *testing.T) {
	if s := load(t).Summarise("V4_0", nil, nil, 1); !s.Other {
		t.Error("a bespoke condition is not counted")
	}
	if s := load(t).Summarise("V4_0", nil, nil, 0); s.Other {
		t.Error("a licence without conditions has others")
	}
}

// TestCodesChangedTheirMeaning: "keep in touch" of policy 3.0 is "permission for an address" in 4.0, under one code.
func TestCodesChangedTheirMeaning(t *testing.T) {
	tests := []struct {
		code          string
		address, work []string // the policies in which the code requires it
	}{
		{"3361683a-504a-4357-ae22-6aa01b370b4a", []string{"V4_0"}, nil},
		{"e670ac69-eda2-4b04-a0a1-a3c8492fe1e6", []string{"V1_0", "V2_0", "V2_1", "V3_0"}, nil},
		{"6FA6E492-F0AB-4E76-B868-63813DB44696", nil, []string{"V4_0"}},
		{"88069445-08cb-4f16-915f-5a162d085c26", nil, []string{"V1_0", "V2_0", "V2_1", "V3_0"}},
		{"9ce9d594-e346-4785-9642-c87e764bee37", nil, nil},
	}
	for _, c := range tests {
		for _, v := range versions {
			s := load(t).Summarise(v, []string{c.code}, nil, 0)
			if s.AddressApproval != slices.Contains(c.address, v) || s.WorkApproval != slices.Contains(c.work, v) {
				t.Errorf("policy %s, code %s: %+v", v, c.code, s)
			}
		}
	}
}

func TestCurfews(t *testing.T) {
	at := func(text string) conditions.Additional { return conditions.Additional{Code: curfew, Text: text} }
	tests := []struct {
		name       string
		conditions []conditions.Additional
		curfew     bool
		start, end string
	}{
		{"none", nil, false, "", ""},
		{"one", []conditions.Additional{at("between 07:00pm and 06:30am each day")}, true, "19:00", "06:30"},
		{"midnight and noon", []conditions.Additional{at("between 12:00am and 12:00pm")}, true, "00:00", "12:00"},
		{"with a space", []conditions.Additional{at("between 9:05 pm and 11:59 pm")}, true, "21:05", "23:59"},
		{"two pairs", []conditions.Additional{at("between 07:00pm and 07:00am and 12:00pm and 01:00pm")}, true, "", ""},
		{"two conditions", []conditions.Additional{at("between 07:00pm and 07:00am"), at("between 12:00pm and 01:00pm")}, true, "", ""},
		{"no hours", []conditions.Additional{at("as you are told")}, true, "", ""},
		{"no such hour", []conditions.Additional{at("between 13:00pm and 07:00am")}, true, "", ""},
		{"an hour of nought", []conditions.Additional{at("between 07:00pm and 00:00am")}, true, "", ""},
		{"a tag for a curfew", []conditions.Additional{{Code: tag, Restrictions: []string{"ALCOHOL_MONITORING", "CURFEW"}}}, true, "", ""},
		{"a tag for something else", []conditions.Additional{{Code: tag, Restrictions: []string{"EXCLUSION_ZONE"}}}, false, "", ""},
		{"hours of another condition", []conditions.Additional{{Code: vehicle, Text: "between 07:00pm and 07:00am"}}, false, "", ""},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			s := load(t).Summarise("V4_0", nil, c.conditions, 0)
			if s.Curfew != c.curfew || s.CurfewStart != c.start || s.CurfewEnd != c.end {
				t.Errorf("%v %q to %q, want %v %q to %q", s.Curfew, s.CurfewStart, s.CurfewEnd, c.curfew, c.start, c.end)
			}
		})
	}
}

func TestCategoriesAreNamedOnce(t *testing.T) {
	s := load(t).Summarise("V4_0", nil, []conditions.Additional{{Code: vehicle}, {Code: tag}, {Code: vehicle}}, 0)
	if want := []string{"Disclosure of information", "Electronic monitoring"}; !slices.Equal(s.Categories, want) {
		t.Errorf("categories are %q, want %q", s.Categories, want)
	}
}

func TestTablesThatAreRefused(t *testing.T) {
	const head = "versions: {V1_0: \"1.0\"}\n"
	tests := map[string]string{
		"a text with inputs":   head + `additional: [{category: c, conditions: [{code: a, versions: ["1.0"], inputs: free, text: t}]}]`,
		"a text of choices":    head + `additional: [{category: c, conditions: [{code: a, versions: ["1.0"], inputs: chosen, text: t}]}]`,
		"inputs left out":      head + `additional: [{category: c, conditions: [{code: a, versions: ["1.0"]}]}]`,
		"an unknown policy":    head + `additional: [{category: c, conditions: [{code: a, versions: ["9.0"], inputs: none}]}]`,
		"a code listed twice":  head + `additional: [{category: c, conditions: [{code: a, versions: ["1.0", "1.0"], inputs: none}]}]`,
		"an unknown need":      head + `standard: [{code: a, versions: ["1.0"], requires: patience}]`,
		"an unknown member":    head + `extra: 1`,
		"more than one table":  head + "---\n" + head,
		"something else":       `[]`,
		"nothing":              ``,
		"a standard one twice": head + `standard: [{code: a, versions: ["1.0"]}, {code: a, versions: ["1.0"]}]`,
	}
	for name, table := range tests {
		if _, err := conditions.Read([]byte(table)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	good := head + `additional: [{category: c, conditions: [{code: a, versions: ["1.0"], inputs: none, text: t}]}]`
	if _, err := conditions.Read([]byte(good)); err != nil {
		t.Errorf("a good table is refused: %v", err)
	}
}
