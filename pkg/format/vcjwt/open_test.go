package vcjwt_test

import (
	"strings"
	"testing"

	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/jose"
)

// Every single change to a good payload, signed by the right key, is refused for its own reason.
func TestOpenRefusesEachChange(t *testing.T) {
	cases := []struct{ name, old, new, why string }{
		{"iss", `"iss":"https://issuer.example"`, `"iss":"https://other.example"`, "iss and issuer differ"},
		{"issuer", `"issuer":"https://issuer.example"`, `"issuer":"https://other.example"`, "iss and issuer differ"},
		{"iss is null", `"iss":"https://issuer.example"`, `"iss":null`, "missing or null"},
		{"sub of another key", `"sub":"` + holderDID(t, 9), `"sub":"` + holderDID(t, 8), "credentialSubject.id differ"},
		{"subject id of another key", `"id":"` + holderDID(t, 9), `"id":"` + holderDID(t, 8), "credentialSubject.id differ"},
		{"no subject id", `"id":"` + holderDID(t, 9) + `",`, ``, "credentialSubject.id differ"},
		{"sub with fragment", `"sub":"` + holderDID(t, 9), `"sub":"` + holderDID(t, 9) + "#z", "sub: not a did:key"},
		{"nbf", `"nbf":1795424400`, `"nbf":1795424399`, "nbf and validFrom"},
		{"nbf as text", `"nbf":1795424400`, `"nbf":"1795424400"`, "wrong type"},
		{"nbf as fraction", `"nbf":1795424400`, `"nbf":1795424400.0`, "wrong type"},
		{"exp", `"exp":1798016400`, `"exp":1798016401`, "exp and validUntil"},
		{"validFrom", `"validFrom":"2026-11-23T09:00:00Z"`, `"validFrom":"2026-11-23T09:00:01Z"`, "nbf and validFrom"},
		{"validFrom with zone", `"validFrom":"2026-11-23T09:00:00Z"`, `"validFrom":"2026-11-23T09:00:00+00:00"`, "not of the form"},
		{"validFrom with milliseconds", `"validFrom":"2026-11-23T09:00:00Z"`, `"validFrom":"2026-11-23T09:00:00.000Z"`, "not of the form"},
		{"validUntil", `"validUntil":"2026-12-23T09:00:00Z"`, `"validUntil":"2026-12-24T09:00:00Z"`, "exp and validUntil"},
		{"iat after exp", `"iat":1795424400`, `"iat":1798016401`, "before it was issued"},
		{"iat below zero", `"iat":1795424400`, `"iat":-1`, "before it was issued"},
		{"expectedUpdate after validUntil", `"expectedUpdate":"2026-12-13`, `"expectedUpdate":"2026-12-24`, "expectedUpdate is after"},
		{"expectedUpdate as date", `"expectedUpdate":"2026-12-13T09:00:00Z"`, `"expectedUpdate":"2026-12-13"`, "not of the form"},
		{"context", `["https://www.w3.org/ns/credentials/v2"]`, `["https://www.w3.org/2018/credentials/v1"]`, "@context"},
		{"context second", `["https://www.w3.org/ns/credentials/v2"]`, `["https://example.com","https://www.w3.org/ns/credentials/v2"]`, "@context"},
		{"no context", `["https://www.w3.org/ns/credentials/v2"]`, `[]`, "@context"},
		{"context as text", `["https://www.w3.org/ns/credentials/v2"]`, `"https://www.w3.org/ns/credentials/v2"`, "wrong type"},
		{"base type missing", `["VerifiableCredential","SyntheticDocument"]`, `["SyntheticDocument"]`, "type is not"},
		{"base type second", `["VerifiableCredential","SyntheticDocument"]`, `["SyntheticDocument","VerifiableCredential"]`, "type is not"},
		{"base type alone", `["VerifiableCredential","SyntheticDocument"]`, `["VerifiableCredential"]`, "type is not"},
		{"base type twice", `["VerifiableCredential","SyntheticDocument"]`, `["VerifiableCredential","VerifiableCredential"]`, "type is not"},
		{"third type", `"SyntheticDocument"]`, `"SyntheticDocument","Other"]`, "type is not"},
		{"no name", `"name":"Synthetic document",`, ``, "missing"},
		{"empty name", `"name":"Synthetic document"`, `"name":""`, "name or description"},
		{"null description", `"description":"Issued by HM Prison & Probation Service"`, `"description":null`, "missing or null"},
		{"unknown member", `"name"`, `"evidence":[],"name"`, "others than expected"},
		{"member in another case", `"iss"`, `"Iss"`, "missing"},
		{"member twice", `"name"`, `"name":"x","name"`, "appears twice"},
		{"subject twice", `"rods":3`, `"rods":3,"rods":3`, "appears twice"},
		{"subject is a list", `"credentialSubject":{`, `"credentialSubject":[],"x":{`, "others than expected"},
		{"fraction", `"rods":3`, `"rods":3.5`, "a value has"},
		{"number too large", `"rods":3`, `"rods":9007199254740992`, "a value has"},
		{"negative zero", `"rods":3`, `"rods":-0`, "a value has"},
		{"null value", `"rods":3`, `"rods":null`, "a value has"},
		{"idx", `"idx":7`, `"idx":8`, "credentialStatus and status differ"},
		{"idx below zero", `"idx":7`, `"idx":-7`, "index below zero"},
		{"idx is null", `"idx":7`, `"idx":null`, "not those expected"},
		{"size is null", `"statusSize":2`, `"statusSize":null`, "not those expected"},
		{"iat is null", `"iat":1795424400`, `"iat":null`, "missing or null"},
		{"idx as text", `"idx":7`, `"idx":"7"`, "wrong type"},
		{"no uri", `"uri":"https://status.example/t/1"`, `"uri":""`, "no URI"},
		{"list with more", `"idx":7`, `"idx":7,"bits":2`, "not those expected"},
		{"status with more", `"status":{`, `"status":{"identifier_list":{},`, "not those expected"},
		{"status is null", `"status":{"status_list":{"idx":7,"uri":"https://status.example/t/1"}}`, `"status":null`, "missing or null"},
		{"bitstring alone", `"status":{"status_list":{"idx":7,"uri":"https://status.example/t/1"}},`, ``, "without status"},
		{"bitstring index", `"statusListIndex":"7"`, `"statusListIndex":"8"`, "credentialStatus and status differ"},
		{"bitstring index with zero", `"statusListIndex":"7"`, `"statusListIndex":"07"`, "credentialStatus and status differ"},
		{"bitstring type", `BitstringStatusListEntry`, `StatusList2021Entry`, "credentialStatus and status differ"},
		{"bitstring purpose", `"statusPurpose":"message"`, `"statusPurpose":"refresh"`, "credentialStatus and status differ"},
		{"bitstring size", `"statusSize":2`, `"statusSize":1`, "credentialStatus and status differ"},
		{"bitstring nowhere", `"statusListCredential":"https://status.example/b/1"`, `"statusListCredential":""`, "credentialStatus and status differ"},
		{"bitstring value", `"0x1","message":"invalid"`, `"0x1","message":"valid"`, "credentialStatus and status differ"},
		{"bitstring values with more", `"message":"invalid"`, `"message":"invalid","x":1`, "credentialStatus and status differ"},
		{"bitstring with more", `"statusSize":2`, `"statusSize":2,"x":1`, "not those expected"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(golden(t), c.old, c.new, 1)
			if changed == golden(t) {
				t.Fatalf("the golden payload has no %s", c.old)
			}
			_, err := vcjwt.Open(sign(t, credentialHeader(), changed))
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("got %v, want %q", err, c.why)
			}
		})
	}
}

// The bitstring's index would not agree with it: without a bitstring, nothing but its being null tells it from entry 0.
func TestOpenRefusesAnIndexThatIsNull(t *testing.T) {
	payload := strings.Replace(golden(t), golden(t)[strings.Index(golden(t), `,"credentialStatus"`):len(golden(t))-1], ``, 1)
	_, err := vcjwt.Open(sign(t, credentialHeader(), strings.Replace(payload, `"idx":7`, `"idx":null`, 1)))
	if err == nil || !strings.Contains(err.Error(), "not those expected") {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesAValidityThatNeverIs(t *testing.T) {
	payload := strings.NewReplacer(`"exp":1798016400`, `"exp":1795424400`, `"validUntil":"2026-12-23`, `"validUntil":"2026-11-23`).Replace(golden(t))
	_, err := vcjwt.Open(sign(t, credentialHeader(), payload))
	if err == nil || !strings.Contains(err.Error(), "ends before it begins") {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesNoIssuer(t *testing.T) {
	payload := strings.ReplaceAll(golden(t), `"https://issuer.example"`, `""`)
	if _, err := vcjwt.Open(sign(t, credentialHeader(), payload)); err == nil {
		t.Error("accepted")
	}
}

func TestOpenAccepts(t *testing.T) {
	cases := map[string]struct{ old, new string }{
		"no expectedUpdate": {`"expectedUpdate":"2026-12-13T09:00:00Z",`, ``},
		"no bitstring":      {golden(t)[strings.Index(golden(t), `,"credentialStatus"`) : len(golden(t))-1], ``},
		"no status":         {golden(t)[strings.Index(golden(t), `,"status":`) : len(golden(t))-1], ``},
		"second context":    {`credentials/v2"]`, `credentials/v2","https://example.com/more"]`},
		"expected at end":   {`"expectedUpdate":"2026-12-13`, `"expectedUpdate":"2026-12-23`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := vcjwt.Open(sign(t, credentialHeader(), strings.Replace(golden(t), c.old, c.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if name == "no status" && got.Status != nil {
				t.Error("a status from nowhere")
			}
		})
	}
}

func TestOpenRefusesHeaders(t *testing.T) {
	cases := map[string]func(*jose.Header){
		"typ JWT":             func(h *jose.Header) { h.Type = "JWT" },
		"typ of presentation": func(h *jose.Header) { h.Type = "vp+jwt" },
		"no cty":              func(h *jose.Header) { h.ContentType = "" },
		"no kid":              func(h *jose.Header) { h.KeyID = "" },
		"kid without DID":     func(h *jose.Header) { h.KeyID = "00ff" },
		"kid without key":     func(h *jose.Header) { h.KeyID = issuerDID },
		"kid in upper case":   func(h *jose.Header) { h.KeyID = issuerDID + "#00FF" },
		"kid with port":       func(h *jose.Header) { h.KeyID = "did:web:issuer.example%3A80#00ff" },
		"kid of did:key":      func(h *jose.Header) { h.KeyID = holderDID(t, 1) },
		"kid, two fragments":  func(h *jose.Header) { h.KeyID = issuerDID + "#a#b" },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			h := credentialHeader()
			change(&h)
			if _, err := vcjwt.Open(sign(t, h, golden(t))); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// What is opened can be asked anything, and written out again says the same.
func FuzzOpen(f *testing.F) {
	f.Add(golden(f))
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, payload string) {
		input, err := jose.SigningInput(credentialHeader(), []byte(payload))
		if err != nil {
			return // not a payload at all
		}
		compact, err := jose.Assemble(input, make([]byte, 64))
		if err != nil {
			t.Fatal(err)
		}
		c, err := vcjwt.Open(compact)
		if err != nil {
			return
		}
		if c.Verify(&privateKey(t, 1).PublicKey) == nil {
			t.Fatal("a signature of zeros verified")
		}
		if len(c.Types) != 2 || c.Holder == nil || c.Validity.Until.Before(c.Validity.From) {
			t.Fatal("opened what it must not")
		}
		if s, err := c.Statement(testDocument()); err == nil && len(s.Elements) != len(c.Elements) {
			t.Fatal("a statement lost an element")
		}
	})
}
