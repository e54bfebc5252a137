package purpose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/purpose"
)

func catalogue(t testing.TB) *document.Catalogue {
	t.Helper()
	c, err := document.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shipped(t testing.TB) *purpose.Register {
	t.Helper()
	r, err := purpose.Shipped(catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// raw is the shipped register as data, to be spoilt.
func raw(t testing.TB) map[string]any {
	t.Helper()
	content, err := os.ReadFile("register.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := yaml.Unmarshal(content, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// mayAsk is domain.md's table, written a second time: what each purpose may ever learn of each document.
var mayAsk = map[string]map[string][]string{
	"council-housing": {
		"uk.gov.justice.prisonrelease.1": {"family_name", "given_name", "birth_date", "release_date", "released_within_56_days",
			"time_in_custody_band", "duty_to_refer_status", "duty_to_refer_reference"},
		"uk.gov.justice.licence.1": {"family_name", "given_name", "birth_date", "needs_address_approval", "supervising_region"},
	},
	"landlord": {"uk.gov.justice.probationapproval.1": {"family_name", "given_name", "approval_type", "approved", "approval_subject", "approved_on", "valid_until"}},
	"employer": {"uk.gov.justice.probationapproval.1": {"family_name", "given_name", "approval_type", "approved", "approval_subject", "approved_on",
		"valid_until", "conditions_for_other_party"}},
	"bank": {"uk.gov.justice.prisonrelease.1": {"family_name", "given_name", "birth_date", "issuing_authority"}},
	"dwp":  {"uk.gov.justice.prisonrelease.1": {"family_name", "given_name", "birth_date", "release_date"}},
}

var entitled = map[string][]string{
	"council": {"council-housing"}, "landlord": {"landlord"}, "employer": {"employer"}, "bank": {"bank"}, "dwp": {"dwp"}, "police": nil,
}

// Every organisation with every purpose, its own and the others': a query is inside its row, or there is none.
func TestNoQueryLeavesItsRow(t *testing.T) {
	r, c := shipped(t), catalogue(t)
	var all []string
	for _, o := range r.Organisations() {
		for _, row := range r.Of(o.Type) {
			all = append(all, row.ID)
		}
	}
	all = append(all, "", "holder", "police", "anything")
	for _, organisation := range []string{"council", "landlord", "employer", "bank", "dwp", "police", "", "hmpps"} {
		for _, id := range all {
			q, ok := r.Query(organisation, id)
			if want := slices.Contains(entitled[organisation], id); ok != want {
				t.Errorf("%s may ask for %s: %t, want %t", organisation, id, ok, want)
			}
			if !ok && len(q.Asks()) != 0 {
				t.Errorf("%s, %s: refused, and a query all the same", organisation, id)
			}
			for _, ask := range q.Asks() {
				checkAsk(t, c, id, ask)
			}
		}
	}
}

func checkAsk(t *testing.T, c *document.Catalogue, id string, ask purpose.Ask) {
	t.Helper()
	allowed := mayAsk[id][ask.Document]
	d, ok := c.ByType(ask.Document)
	if !ok {
		t.Fatalf("no document %s", ask.Document)
	}
	for _, e := range ask.Elements {
		if !slices.Contains(allowed, e.Name) {
			t.Errorf("%s asks for %s of %s", id, e.Name, ask.Document)
		}
		if !slices.ContainsFunc(d.MayAsk(id), func(known document.Element) bool {
			return known.Name == e.Name && (e.Namespace == known.Namespace || ask.Format == purpose.JWT && e.Namespace == "")
		}) {
			t.Errorf("%s asks for %s of %s, which the catalogue does not allow", id, e.Name, ask.Document)
		}
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(ask.ID) {
		t.Errorf("%q cannot be the id of a credential query", ask.ID)
	}
}

func TestApprovalsAreOfTheRightKind(t *testing.T) {
	for organisation, want := range map[string]string{"landlord": "ACCOMMODATION", "employer": "WORK"} {
		q, _ := shipped(t).Query(organisation, organisation)
		found := false
		for _, e := range q.Asks()[0].Elements {
			if e.Name == "approval_type" {
				found = slices.Equal(e.Values, []string{want})
			}
		}
		if !found {
			t.Errorf("a %s may see an approval of another kind", organisation)
		}
	}
}

// A caller who changes what it was given changes nothing for the next.
func TestAQueryCannotBeWidened(t *testing.T) {
	r := shipped(t)
	q, _ := r.Query("landlord", "landlord")
	asks := q.Asks()
	asks[0].Elements[0] = purpose.Element{Namespace: "uk.gov.justice.licence.1", Name: "condition_texts"}
	asks[0].Elements[2].Values[0] = "WORK"
	asks[0].Type = "uk.gov.justice.licence.1"
	rows := r.Of("landlord")
	rows[0].Organisations[0] = "employer"
	again, ok := r.Query("landlord", "landlord")
	if !ok || again.Asks()[0].Elements[0].Name != "family_name" || again.Asks()[0].Type == "uk.gov.justice.licence.1" || again.Asks()[0].Elements[2].Values[0] != "ACCOMMODATION" {
		t.Error("the register was changed from outside")
	}
	if len((purpose.Query{}).Asks()) != 0 {
		t.Error("an empty query asks for something")
	}
}

func TestFormsOfOneDocumentShareAGroup(t *testing.T) {
	q, _ := shipped(t).Query("council", "council-housing")
	asks := q.Asks()
	if len(asks) != 3 || asks[0].Group != asks[1].Group || asks[1].Group == asks[2].Group || !asks[0].Required || asks[2].Required {
		t.Errorf("groups are %+v", asks)
	}
	if asks[0].ID == asks[1].ID || asks[1].Format != purpose.JWT || asks[1].Type != "PrisonReleaseConfirmation" || asks[1].Elements[0].Namespace != "" {
		t.Errorf("the JWT is asked for as %+v", asks[1])
	}
}

type signer struct{ key *ecdsa.PrivateKey }

func newSigner(t testing.TB) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key}
}

func (s signer) sign(t testing.TB, typ string, register map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(register)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jose.Sign(es256.Signer(s.key), jose.Header{Algorithm: jose.ES256, Type: typ}, payload)
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func TestSignedRegister(t *testing.T) {
	s, c := newSigner(t), catalogue(t)
	newer := raw(t)
	newer["version"] = 2026112402
	r, err := purpose.Open(s.sign(t, purpose.TypeRegister, newer), &s.key.PublicKey, c)
	if err != nil || r.Version() != 2026112402 {
		t.Fatalf("%v", err)
	}
	older := raw(t)
	older["version"] = 2026112400
	for name, compact := range map[string]string{
		"another key":      newSigner(t).sign(t, purpose.TypeRegister, newer),
		"another type":     s.sign(t, "JWT", newer),
		"an older version": s.sign(t, purpose.TypeRegister, older),
		"nothing":          "",
		"an unsigned one":  strings.Join(strings.Split(s.sign(t, purpose.TypeRegister, newer), ".")[:2], ".") + ".",
	} {
		if _, err := purpose.Open(compact, &s.key.PublicKey, c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMistakesOfARegister(t *testing.T) {
	s, c := newSigner(t), catalogue(t)
	row := func(f map[string]any, i int) map[string]any { return f["purposes"].([]any)[i].(map[string]any) }
	ask := func(f map[string]any, i int) map[string]any { return row(f, i)["ask"].([]any)[0].(map[string]any) }
	elements := func(f map[string]any, i int, extra string) {
		ask(f, i)["elements"] = append(ask(f, i)["elements"].([]any), extra)
	}
	for name, c2 := range map[string]struct {
		spoil func(f map[string]any)
		want  string
	}{
		"an element of others": {func(f map[string]any) { elements(f, 1, "org.iso.23220.1/birth_date") }, "does not let the purpose ask"},
		"an element of nobody": {func(f map[string]any) { elements(f, 0, "org.iso.23220.1/document_number") }, "does not let the purpose ask"},
		"one element twice":    {func(f map[string]any) { elements(f, 1, "org.iso.23220.1/family_name") }, "stands twice"},
		"an unknown document":  {func(f map[string]any) { ask(f, 0)["document"] = "uk.gov.example" }, "no such document"},
		"a form it has not":    {func(f map[string]any) { ask(f, 1)["formats"] = []string{"dc+sd-jwt"} }, "no form"},
		"one form twice":       {func(f map[string]any) { ask(f, 1)["formats"] = []string{"mso_mdoc", "mso_mdoc"} }, "stands twice"},
		"no form":              {func(f map[string]any) { ask(f, 1)["formats"] = []string{} }, "formats or elements is empty"},
		"no elements":          {func(f map[string]any) { ask(f, 0)["elements"] = []string{} }, "formats or elements is empty"},
		"nothing required":     {func(f map[string]any) { ask(f, 1)["required"] = false }, "no document is required"},
		"an unknown value": {func(f map[string]any) {
			ask(f, 1)["values"] = map[string]any{"uk.gov.justice.probationapproval.1/approval_type": []string{"HOLIDAY"}}
		}, "has no value"},
		"values of nothing":       {func(f map[string]any) { ask(f, 1)["values"] = map[string]any{"x/y": []string{"z"}} }, "which is not asked for"},
		"an unknown organisation": {func(f map[string]any) { row(f, 1)["organisations"] = []string{"club"} }, "no organisation"},
		"nobody":                  {func(f map[string]any) { row(f, 1)["organisations"] = []string{} }, "nobody has it"},
		"one purpose twice":       {func(f map[string]any) { f["purposes"] = append(f["purposes"].([]any), row(f, 1)) }, "stands twice"},
		"no Welsh":                {func(f map[string]any) { row(f, 1)["title"] = map[string]any{"en": "x"} }, "title"},
		"no basis":                {func(f map[string]any) { delete(row(f, 1), "basis") }, "basis"},
		"no version":              {func(f map[string]any) { delete(f, "version") }, "version"},
		"no purposes":             {func(f map[string]any) { f["purposes"] = []any{} }, "no purpose"},
		"an unknown member":       {func(f map[string]any) { f["everything"] = true }, "not found"},
		"one organisation twice": {func(f map[string]any) {
			f["organisations"] = append(f["organisations"].([]any), f["organisations"].([]any)[0])
		}, "stands twice"},
		"a nameless organisation": {func(f map[string]any) {
			f["organisations"] = append(f["organisations"].([]any), map[string]any{"type": "x"})
		}, "name is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			f := raw(t)
			f["version"] = 2026112409
			c2.spoil(f)
			_, err := purpose.Open(s.sign(t, purpose.TypeRegister, f), &s.key.PublicKey, c)
			if err == nil || !strings.Contains(err.Error(), c2.want) {
				t.Errorf("got %v, want %q", err, c2.want)
			}
		})
	}
}
