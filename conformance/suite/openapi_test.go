package suite_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// description is the verifier's OpenAPI document, as it serves it.
func (d *desk) description() map[string]any {
	d.t.Helper()
	response, err := d.HTTP.Get(d.VerifierURL + "/openapi.yaml")
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	var out map[string]any
	if err := yaml.Unmarshal(text, &out); err != nil {
		d.t.Fatal(err)
	}
	return out
}

// Every path that is served to programs is described, and no other. Pages are for people.
func TestTheDescriptionHasEveryPath(t *testing.T) {
	d := newDesk(t, rig.Options{})
	source, err := os.ReadFile("../../verifier/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("openid4vp.RequestPath+\"", "\"/openid4vp/requests/", "openid4vp.ResponsePath+\"", "\"/openid4vp/responses/").Replace(string(source))
	text, _, pages := strings.Cut(text, "// deskRoutes ")
	served := []string{"get /livez", "get /readyz"}
	for _, m := range regexp.MustCompile(`http\.Method(\w+), "([^"]+)"`).FindAllStringSubmatch(text, -1) {
		served = append(served, strings.ToLower(m[1])+" "+strings.ReplaceAll(m[2], ":id", "{id}"))
	}
	var described []string
	for path, methods := range d.description()["paths"].(map[string]any) {
		for method := range methods.(map[string]any) {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) || len(served) < 10 || !pages {
		t.Errorf("served    %v\ndescribed %v", served, described)
	}
}

// schema compiles one of the description's.
func (d *desk) schema(name string) *jsonschema.Schema {
	d.t.Helper()
	raw, err := json.Marshal(d.description())
	if err != nil {
		d.t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		d.t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", whole); err != nil {
		d.t.Fatal(err)
	}
	s, err := c.Compile("openapi.json#/components/schemas/" + name)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *desk) wantShape(s *jsonschema.Schema, what, body string) {
	d.t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		d.t.Errorf("%s: %v\n%s", what, err, body)
	}
}

// What is answered has the shape that is described.
func TestTheDescriptionIsTrue(t *testing.T) {
	d := newDesk(t, rig.Options{})
	verdict, state := d.schema("Verdict"), d.schema("State")
	for what, body := range map[string]string{
		"a valid mdoc": `{"issuerSigned":"` + d.mdoc.Raw + `"}`, "a valid JWT": `{"vcJwt":"` + d.jwt.Raw + `"}`, "noise": `{"issuerSigned":"AA"}`,
	} {
		response, err := d.HTTP.Post(d.VerifierURL+"/verify?lang=cy", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", what, response.StatusCode)
		}
		d.wantShape(verdict, what, string(text))
	}
	p := d.begin("council", "council-housing", "cross_device", "")
	d.wantShape(state, "waiting", d.result(p, "").Body)
	ask := d.read(p, true)
	d.post(ask, d.answer(d.wallet, ask, "", d.mdoc))
	d.wantShape(state, "valid", d.result(p, "").Body)
	for _, token := range []wallet.Token{{}, {"other": {"x"}}, {"prisonrelease-mdoc": {"x"}}} {
		p := d.begin("council", "council-housing", "cross_device", "")
		ask := d.read(p, true)
		d.post(ask, d.form(d.wallet, ask, token, ""))
		d.wantShape(state, "not accepted", d.result(p, "").Body)
	}
	if err := state.Validate(map[string]any{"state": "perhaps", "purpose": "x"}); err == nil {
		t.Error("the schema takes anything")
	}
}

// Every reason stands in the description's list.
func TestTheDescriptionHasEveryReason(t *testing.T) {
	d := newDesk(t, rig.Options{})
	source, err := os.ReadFile("../../pkg/verification/reason.go")
	if err != nil {
		t.Fatal(err)
	}
	reason := d.description()["components"].(map[string]any)["schemas"].(map[string]any)["Reason"].(map[string]any)["enum"].([]any)
	want := regexp.MustCompile(`Reason = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1)
	for _, m := range want {
		if !slices.Contains(reason, any(m[1])) {
			t.Errorf("%s is not described", m[1])
		}
	}
	if len(want) != len(reason) {
		t.Errorf("%d reasons, %d described", len(want), len(reason))
	}
}
