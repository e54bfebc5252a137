package document_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 500, time.UTC)

const good = `document: uk.gov.example.permit.1
source: permits
card: {name: {en: Permit, cy: Trwydded}, description: {en: A permit, cy: Trwydded}, background: "#112233", text: "#ffffff"}
mdoc: {configuration: uk.gov.example.permit.1, doctype: uk.gov.example.permit.1}
jwt: {configuration: ExamplePermit, type: ExamplePermit}
validity: {for: 24h, refresh_lead: 6h, never_after: [ends], status_ttl: 15m}
refuse:
  - {code: banned, unless: banned, in: [false]}
elements:
  - {name: family_name, namespace: org.iso.23220.1, type: text, max: 5, fact: family_name, sensitivity: medium, purposes: [holder], display: {en: Name, cy: Enw}}
  - {name: number, namespace: uk.gov.example.permit.1, type: text, make: document_number, sensitivity: low, purposes: [], display: {en: Number, cy: Rhif}}
  - {name: note, namespace: uk.gov.example.permit.1, type: text, optional: true, fact: note, sensitivity: low, purposes: [], display: {en: Note, cy: Nodyn}}
`

func load(content string) (*document.Catalogue, error) {
	return document.Load(fstest.MapFS{"permit.yaml": {Data: []byte(content)}})
}

func permit(t *testing.T) *document.Document {
	t.Helper()
	c, err := load(good)
	if err != nil {
		t.Fatal(err)
	}
	d, ok := c.ByConfiguration("ExamplePermit")
	if !ok {
		t.Fatal("not in the catalogue")
	}
	return d
}

func TestShippedDocuments(t *testing.T) {
	c, err := document.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if public, all := len(c.All(false)), len(c.All(true)); public != 3 || all != 5 {
		t.Errorf("%d documents for the public, %d in all", public, all)
	}
	never := []string{"offence", "sentence", "prison_", "prisoner", "crn", "pnc", "risk", "victim", "officer_name", "portrait"}
	for _, d := range c.All(false) {
		for _, e := range d.Elements {
			for _, word := range never {
				if strings.Contains(e.Name, word) {
					t.Errorf("%s states %s", d.Type, e.Name)
				}
			}
		}
		for _, e := range d.MayAsk("employer") {
			if d.Type != "uk.gov.justice.probationapproval.1" && e.Name != "family_name" && e.Name != "given_name" && e.Name != "age_over_18" {
				t.Errorf("an employer may ask for %s of %s", e.Name, d.Type)
			}
		}
	}
	if served := c.Served(false); len(served.All(true)) != 3 {
		t.Error("conformance documents are served")
	}
}

func TestEveryMistakeIsNamedWithItsLine(t *testing.T) {
	cases := map[string]struct{ old, new, want string }{
		"unknown key":           {"source: permits", "source: permits\nbogus: 1", "bogus"},
		"repeated key":          {"source: permits", "source: permits\nsource: other", "already defined"},
		"alias":                 {"source: permits", "source: &a permits", "permit.yaml:2: anchors"},
		"second document":       {"source: permits", "---\nsource: permits", "permit.yaml:1"},
		"type":                  {"document: uk.gov.example.permit.1", "document: Permit", "permit.yaml:1: document"},
		"no Welsh":              {"{en: Name, cy: Enw}", "{en: Name}", "permit.yaml:10: display"},
		"betraying card":        {"en: Permit,", "en: Prison permit,", "permit.yaml:3: card: the name betrays"},
		"colour":                {"#112233", "#11223", "permit.yaml:3: card: background"},
		"no forms":              {"mdoc: {configuration: uk.gov.example.permit.1, doctype: uk.gov.example.permit.1}\njwt: {configuration: ExamplePermit, type: ExamplePermit}\n", "", "want an mdoc form"},
		"jwt type":              {"type: ExamplePermit", "type: example", "permit.yaml:5: jwt: type"},
		"too long":              {"for: 24h", "for: 9000h", "permit.yaml:6: validity: for"},
		"lead too long":         {"refresh_lead: 6h", "refresh_lead: 24h", "permit.yaml:6: validity: refresh_lead"},
		"status ttl":            {"status_ttl: 15m", "status_ttl: 1s", "permit.yaml:6: validity: status_ttl"},
		"refusal code":          {"code: banned", "code: Banned!", "permit.yaml:8: refuse: code"},
		"refusal without in":    {"in: [false]", "in: []", "permit.yaml:8: refuse"},
		"no namespace":          {"namespace: org.iso.23220.1, ", "", "permit.yaml:10: element \"family_name\": a namespace"},
		"unknown type":          {"type: text, max: 5", "type: string", "permit.yaml:10: element \"family_name\": there is no type"},
		"two sources":           {"fact: family_name", "fact: family_name, value: x", "permit.yaml:10: element \"family_name\": want exactly one"},
		"value of a shape":      {"fact: family_name", "value: 7", "permit.yaml:10: element \"family_name\": the value"},
		"sensitivity":           {"sensitivity: medium", "sensitivity: mild", "permit.yaml:10: element \"family_name\": sensitivity"},
		"unknown purpose":       {"purposes: [holder]", "purposes: [police]", "permit.yaml:10: element \"family_name\": there is no purpose"},
		"no purposes":           {"purposes: [holder], ", "", "permit.yaml:10: element \"family_name\": purposes"},
		"nothing to make":       {"make: document_number", "make: luck", "permit.yaml:11: element \"number\": there is nothing"},
		"element twice":         {"name: number", "name: family_name", "permit.yaml:11: element \"family_name\" stands twice"},
		"same configuration":    {"configuration: ExamplePermit", "configuration: uk.gov.example.permit.1", "stands twice in the catalogue"},
		"list without items":    {"type: text, max: 5", "type: list", "permit.yaml:10: element \"family_name\": items"},
		"object with no member": {"type: text, max: 5", "type: object", "permit.yaml:10: element \"family_name\": members"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(good, c.old, c.new, 1)
			if changed == good {
				t.Fatal("nothing was changed")
			}
			if _, err := load(changed); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	bad := strings.NewReplacer("for: 24h", "for: 0s", "code: banned", "code: B", "#112233", "red").Replace(good)
	_, err := document.Load(fstest.MapFS{"a.yaml": {Data: []byte(bad)}, "b.yaml": {Data: []byte("[]")}})
	for _, want := range []string{"a.yaml:3:", "a.yaml:6:", "a.yaml:8:", "b.yaml:1:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func facts() credential.Facts {
	return credential.Facts{"family_name": "Smith", "banned": false, "ends": credential.Date{Year: 2027, Month: 1, Day: 1}}
}

func TestDecideFailsClosed(t *testing.T) {
	d := permit(t)
	if err := d.Decide(facts()); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(credential.Facts){
		"refused":  func(f credential.Facts) { f["banned"] = true },
		"missing":  func(f credential.Facts) { delete(f, "banned") },
		"mistyped": func(f credential.Facts) { f["banned"] = "false" },
	} {
		f := facts()
		change(f)
		if err := d.Decide(f); fault.KindOf(err) != fault.Forbidden || fault.CodeOf(err) != "banned" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPeriod(t *testing.T) {
	d := permit(t)
	end := func(day int) credential.Facts {
		f := facts()
		f["ends"] = credential.Date{Year: 2026, Month: 11, Day: day}
		return f
	}
	signed := now.Truncate(time.Second)
	v, err := d.Period(facts(), now, time.Time{})
	if err != nil || v.Signed != signed || v.From != signed || v.Until != signed.Add(24*time.Hour) || v.ExpectedUpdate != signed.Add(18*time.Hour) {
		t.Errorf("%+v %v", v, err)
	}
	if v, err = d.Period(end(24), now, time.Time{}); err != nil || v.Until != time.Date(2026, 11, 24, 23, 59, 59, 0, time.UTC) {
		t.Errorf("cut by a fact: %+v %v", v, err)
	}
	if v, err = d.Period(facts(), now, signed.Add(4*time.Hour)); err != nil || v.Until != signed.Add(4*time.Hour) || v.ExpectedUpdate != signed.Add(2*time.Hour) {
		t.Errorf("cut by a certificate: %+v %v", v, err)
	}
	if _, err = d.Period(end(23), now, time.Time{}); fault.CodeOf(err) != document.CodeEnded {
		t.Errorf("ended yesterday: %v", err)
	}
	if _, err = d.Period(credential.Facts{}, now, time.Time{}); fault.CodeOf(err) != document.CodeFactMissing {
		t.Errorf("no date: %v", err)
	}
}

func TestFillAndCheck(t *testing.T) {
	d := permit(t)
	made := map[document.Made]any{document.MadeNumber: "N1"}
	elements, err := d.Fill(facts(), made)
	if err != nil || len(elements) != 2 || d.Check(elements) != nil {
		t.Fatalf("%v %v %v", elements, err, d.Check(elements))
	}
	f := facts()
	delete(f, "family_name")
	if _, err := d.Fill(f, made); fault.CodeOf(err) != document.CodeFactMissing {
		t.Errorf("a missing fact: %v", err)
	}
	f["family_name"] = "Smythe"
	if _, err := d.Fill(f, made); err == nil || strings.Contains(err.Error(), "Smythe") {
		t.Errorf("too long: %v", err)
	}
	extra := credential.Element{Namespace: "org.iso.23220.1", Name: "offence", Value: "x"}
	for name, list := range map[string][]credential.Element{
		"surplus":   append(append([]credential.Element{}, elements...), extra),
		"twice":     append(append([]credential.Element{}, elements...), elements[0]),
		"missing":   elements[1:],
		"elsewhere": {elements[0], {Namespace: "", Name: "number", Value: "N1"}},
		"misshapen": {elements[0], {Namespace: elements[1].Namespace, Name: "number", Value: true}},
	} {
		if d.Check(list) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(good)
	f.Add("a: &x [*x]")
	f.Fuzz(func(t *testing.T, content string) {
		if c, err := load(content); err == nil && len(c.All(true)) != 1 {
			t.Error("a file gave no document and no mistake")
		}
	})
}
