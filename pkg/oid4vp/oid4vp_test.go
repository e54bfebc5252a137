package oid4vp_test

import (
	"encoding/json"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"

	"justice-wallet/pkg/oid4vp"
)

func examples(t testing.TB) map[string]string {
	t.Helper()
	file, err := os.ReadFile("../../conformance/vectors/oid4vp/oid4vp_1_0_examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Files map[string]string }
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	return v.Files
}

// The queries of the specification that are for our formats, read and written back.
func TestQueriesOfTheSpecification(t *testing.T) {
	for _, name := range []string{"query_lang/simple_mdoc.json", "request/dcql_jwt_vc.json"} {
		text := examples(t)[name]
		q, err := oid4vp.ParseQuery([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		raw, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(raw, &got) != nil || json.Unmarshal([]byte(text), &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is written back as %s", name, raw)
		}
	}
}

const goodQuery = `{"credentials":[
	{"id":"a","format":"mso_mdoc","meta":{"doctype_value":"d"},"claims":[{"id":"x","path":["n","x"],"intent_to_retain":false},{"id":"y","path":["n","y"],"values":["1"]}],"claim_sets":[["x","y"],["x"]]},
	{"id":"b","format":"jwt_vc_json","meta":{"type_values":[["T"]]},"claims":[{"path":["credentialSubject","x"]}]}],
	"credential_sets":[{"options":[["a"],["b"]],"required":true}]}`

func TestParseQueryRefuses(t *testing.T) {
	if _, err := oid4vp.ParseQuery([]byte(goodQuery)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"an unknown member":         {`"required":true`, `"required":true,"purpose":"x"`},
		"a member twice":            {`"id":"a"`, `"id":"a","id":"c"`},
		"two credentials of one id": {`"id":"b"`, `"id":"a"`},
		"an id of other letters":    {`"id":"b"`, `"id":"b.1"`},
		"no id":                     {`"id":"b"`, `"id":""`},
		"meta of the other format":  {`{"doctype_value":"d"}`, `{"type_values":[["T"]]}`},
		"meta of both":              {`{"doctype_value":"d"}`, `{"doctype_value":"d","type_values":[["T"]]}`},
		"an unknown format":         {`"mso_mdoc"`, `"dc+sd-jwt"`},
		"a path of three":           {`["n","y"]`, `["n","y","z"]`},
		"a path with a hole":        {`["n","y"]`, `["n",""]`},
		"one path twice":            {`["n","y"]`, `["n","x"]`},
		"retention of a JWT":        {`"path":["credentialSubject","x"]`, `"path":["credentialSubject","x"],"intent_to_retain":true`},
		"one claim id twice":        {`"id":"y"`, `"id":"x"`},
		"a claim without an id":     {`"id":"y",`, ``},
		"a set of unknown claims":   {`["x"]]`, `["z"]]`},
		"an empty claim set":        {`["x"]]`, `[]]`},
		"a set of unknown ids":      {`["b"]]`, `["c"]]`},
		"no options":                {`[["a"],["b"]]`, `[]`},
		"no values":                 {`"values":["1"]`, `"values":[]`},
		"no claims":                 {`[{"path":["credentialSubject","x"]}]`, `[]`},
		"no sets":                   {`[{"options":[["a"],["b"]],"required":true}]`, `[]`},
		"something after it":        {`"required":true}]}`, `"required":true}]} {}`},
		"values that are numbers":   {`"values":["1"]`, `"values":[1]`},
	} {
		text := strings.Replace(goodQuery, change[0], change[1], 1)
		if text == goodQuery {
			t.Errorf("%s: nothing changed", name)
		}
		if _, err := oid4vp.ParseQuery([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, text := range []string{`{"credentials":[]}`, `[]`, ``, `{}`} {
		if _, err := oid4vp.ParseQuery([]byte(text)); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

func TestParseForm(t *testing.T) {
	r, err := oid4vp.ParseForm(url.Values{"vp_token": {`{"a":["p"],"b":["q","r"]}`}, "state": {"s"}, "later": {"ignored"}})
	if err != nil || r.State != "s" || !reflect.DeepEqual(*r.Token, oid4vp.VPToken{"a": {"p"}, "b": {"q", "r"}}) {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := oid4vp.ParseForm(url.Values{"response": {"jwe"}}); err != nil || r.JWE != "jwe" || r.Token != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := oid4vp.ParseForm(url.Values{"error": {"access_denied"}, "error_description": {"x"}, "state": {"s"}}); err != nil || r.Error != "access_denied" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestParseFormRefuses(t *testing.T) {
	for name, form := range map[string]url.Values{
		"nothing":              {},
		"two kinds":            {"response": {"x"}, "vp_token": {`{"a":["p"]}`}},
		"an error and a token": {"error": {"x"}, "vp_token": {`{"a":["p"]}`}},
		"response twice":       {"response": {"x", "y"}},
		"state twice":          {"response": {"x"}, "state": {"x", "y"}},
		"a bare text":          {"vp_token": {`"p"`}},
		"a text for an array":  {"vp_token": {`{"a":"p"}`}},
		"an empty array":       {"vp_token": {`{"a":[]}`}},
		"an object within":     {"vp_token": {`{"a":[{}]}`}},
		"an id twice":          {"vp_token": {`{"a":["p"],"a":["q"]}`}},
		"an id of other text":  {"vp_token": {`{"a b":["p"]}`}},
		"seventeen":            {"vp_token": {`{"a":[` + strings.Repeat(`"p",`, 16) + `"p"]}`}},
	} {
		if _, err := oid4vp.ParseForm(form); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestParsePayload(t *testing.T) {
	if r, err := oid4vp.ParsePayload([]byte(`{"vp_token":{"a":["p"]},"state":"s","iss":"ignored"}`)); err != nil || r.State != "s" || (*r.Token)["a"][0] != "p" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := oid4vp.ParsePayload([]byte(`{"error":"access_denied"}`)); err != nil || r.Error != "access_denied" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, text := range []string{
		``, `[]`, `{}`, `{"vp_token":{"a":["p"]},"error":"x"}`, `{"vp_token":["p"]}`, `{"vp_token":null}`, `{"vp_token":{"a":["p"]},"state":1}`,
		`{"error":1}`, `{"vp_token":{"a":["p"]},"vp_token":{}}`, `{"vp_token":{"a":["p"]}} x`,
	} {
		if _, err := oid4vp.ParsePayload([]byte(text)); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

// A wallet without answer for an optional set sends an empty token: that is an answer, not a mistake.
func TestEmptyToken(t *testing.T) {
	if r, err := oid4vp.ParsePayload([]byte(`{"vp_token":{}}`)); err != nil || len(*r.Token) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add(goodQuery)
	for name, text := range examples(f) {
		if strings.HasPrefix(name, "query_lang/") || strings.Contains(name, "dcql") {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := oid4vp.ParseQuery([]byte(text))
		if err != nil {
			return
		}
		raw, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := oid4vp.ParseQuery(raw); err != nil || !reflect.DeepEqual(again, q) {
			t.Errorf("%s is written back as %s, %v", text, raw, err)
		}
	})
}

func FuzzParseForm(f *testing.F) {
	f.Add("response=a.b.c.d.e")
	f.Add("vp_token=%7B%22a%22%3A%5B%22p%22%5D%7D&state=s")
	f.Add("error=access_denied&state=s")
	f.Fuzz(func(t *testing.T, text string) {
		form, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		r, err := oid4vp.ParseForm(form)
		if err != nil {
			return
		}
		if (r.JWE != "") == (r.Token != nil) && r.Error == "" {
			t.Errorf("%q is neither one kind nor the other", text)
		}
	})
}

func FuzzParsePayload(f *testing.F) {
	f.Add([]byte(`{"vp_token":{"a":["p"]},"state":"s"}`))
	f.Add([]byte(`{"error":"access_denied"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r, err := oid4vp.ParsePayload(raw); err == nil && (r.Token == nil) == (r.Error == "") {
			t.Errorf("%q is neither an answer nor an error", raw)
		}
	})
}

func FuzzParseAPI(f *testing.F) {
	f.Add([]byte(`{"response":"a.b.c.d.e"}`))
	f.Add([]byte(`{"vp_token":{"a":["p"]}}`))
	f.Add([]byte(`{"response":"a","vp_token":{}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := oid4vp.ParseAPI(raw)
		if err != nil {
			return
		}
		kinds := 0
		for _, is := range []bool{r.JWE != "", r.Token != nil, r.Error != ""} {
			if is {
				kinds++
			}
		}
		if kinds != 1 {
			t.Errorf("%q is %d kinds of answer", raw, kinds)
		}
	})
}
