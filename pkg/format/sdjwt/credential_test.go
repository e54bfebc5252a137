package sdjwt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/format/sdjwt"
	"justice-wallet/pkg/internal/fixture"
)

// document is an SD-JWT VC with all that a document has, with changes; nil leaves a member out.
func (m maker) document(change object, disclosures ...string) string {
	m.t.Helper()
	claims := m.vc(object{
		"iat": fixture.Now.Unix(), "exp": fixture.Now.Add(time.Hour).Unix(),
		"status": object{"status_list": object{"idx": 7, "uri": "https://issuer.example/t/a"}},
	})
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return m.token(claims, disclosures...)
}

func TestCredential(t *testing.T) {
	m := newMaker(t)
	name, nameDigest := m.disclose("salt", "name", "Synthia")
	bare := m.document(object{"_sd": []any{nameDigest}, "age": 30, "nbf": fixture.Now.Add(time.Minute).Unix()}, name)
	c, err := sdjwt.OpenCredential(bare + m.sign(m.holder, sdjwt.TypeKeyBinding, object{
		"aud": "https://verifier.example", "nonce": "n", "iat": fixture.Now.Unix(), "sd_hash": hash(bare),
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := sdjwt.Binding{Audience: "https://verifier.example", Nonce: "n", Now: fixture.Now, MaxAge: time.Minute}
	if err := c.VerifyHolder(want); !errors.Is(err, sdjwt.ErrUnbound) {
		t.Errorf("a binding to a document that nobody has verified: %v", err)
	}
	if err := c.Verify(t.Context(), &m.holder.PublicKey); reason(err) != sdjwt.ReasonIssuer || len(c.Elements) != 0 {
		t.Errorf("another issuer's key: %v", err)
	}
	if err := errors.Join(c.Verify(t.Context(), &m.issuer.PublicKey), c.VerifyHolder(want)); err != nil {
		t.Error(err)
	}
	for name, b := range map[string]sdjwt.Binding{
		"nonce": {Audience: want.Audience, Now: want.Now, MaxAge: want.MaxAge}, "audience": {Nonce: want.Nonce, Now: want.Now, MaxAge: want.MaxAge},
	} {
		if err := c.VerifyHolder(b); !errors.Is(err, sdjwt.ErrUnbound) {
			t.Errorf("no %s to expect: %v", name, err)
		}
	}
	if c.Issuer != "https://issuer.example" || c.Type != "https://issuer.example/vct" || c.KeyID != "" {
		t.Errorf("%q %q %q", c.Issuer, c.Type, c.KeyID)
	}
	if !c.Validity.Signed.Equal(fixture.Now) || !c.Validity.From.Equal(fixture.Now.Add(time.Minute)) || !c.Validity.Until.Equal(fixture.Now.Add(time.Hour)) {
		t.Errorf("validity %v", c.Validity)
	}
	if c.Status == nil || c.Status.Index != 7 || c.Status.URI != "https://issuer.example/t/a" {
		t.Errorf("status %v", c.Status)
	}
	if len(c.Elements) != 2 || c.Elements[0].Name != "age" || c.Elements[0].Value != int64(30) || c.Elements[1].Name != "name" || c.Elements[1].Value != "Synthia" {
		t.Errorf("%d elements, not age and name", len(c.Elements))
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, *c); strings.Contains(text, "Synthia") || strings.Contains(text, "eyJ") {
			t.Errorf("%s prints it", verb)
		}
	}
}

func TestCredentialRefuses(t *testing.T) {
	m := newMaker(t)
	status := func(v any) object { return object{"status": v} }
	list := func(members object) object { return status(object{"status_list": members}) }
	for name, change := range map[string]object{
		"no iss":                   {"iss": nil},
		"an empty iss":             {"iss": ""},
		"no vct":                   {"vct": nil},
		"an empty vct":             {"vct": ""},
		"a vct that is no text":    {"vct": 1},
		"no iat":                   {"iat": nil},
		"no exp":                   {"exp": nil},
		"exp as text":              {"exp": "1795424400"},
		"nbf as text":              {"nbf": "1795424400"},
		"a status that is no list": status(object{"other": object{}}),
		"a status beside a list":   status(object{"status_list": object{"idx": 1, "uri": "https://issuer.example/t/a"}, "identifier_list": object{}}),
		"an index below zero":      list(object{"idx": -1, "uri": "https://issuer.example/t/a"}),
		"an index beyond lists":    list(object{"idx": 1 << 31, "uri": "https://issuer.example/t/a"}),
		"no index":                 list(object{"uri": "https://issuer.example/t/a"}),
		"no URI":                   list(object{"idx": 1, "uri": ""}),
	} {
		if _, err := sdjwt.OpenCredential(m.document(change)); reason(err) != sdjwt.ReasonMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, compact := range map[string]string{
		"no tilde": m.sign(m.issuer, sdjwt.TypeVC, m.vc(nil)), "another typ": m.sign(m.issuer, exampleType, m.vc(nil)) + "~",
		"a payload that is no object": m.sign(m.issuer, sdjwt.TypeVC, []byte(`[]`)) + "~",
	} {
		if _, err := sdjwt.OpenCredential(compact); reason(err) != sdjwt.ReasonMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A holder who could leave out the status of a document could make it good again.
func TestAStatusIsNotDisclosed(t *testing.T) {
	m := newMaker(t)
	text, digest := m.disclose("salt", "status", object{"status_list": object{"idx": 1, "uri": "https://issuer.example/t/a"}})
	c, err := sdjwt.OpenCredential(m.document(object{"status": nil, "_sd": []any{digest}}, text))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(t.Context(), &m.issuer.PublicKey); reason(err) != sdjwt.ReasonDisclosure {
		t.Errorf("%v", err)
	}
}

func TestValuesThatNoDocumentStates(t *testing.T) {
	m := newMaker(t)
	for name, value := range map[string]any{"null": []any{nil}, "a fraction": 1.5, "a number too large": json.Number("9223372036854775808")} {
		c, err := sdjwt.OpenCredential(m.document(object{"a": object{"b": value}}))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(t.Context(), &m.issuer.PublicKey); reason(err) != sdjwt.ReasonDisclosure || strings.Contains(err.Error(), "1.5") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is opened as a document has a type, an issuer and an end.
func FuzzOpenCredential(f *testing.F) {
	m := newMaker(f)
	f.Add(m.sign(m.issuer, sdjwt.TypeVC, m.vc(nil)) + "~")
	f.Add("x~")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := sdjwt.OpenCredential(text)
		if err == nil && (c.Type == "" || c.Issuer == "" || c.Validity.Until.IsZero()) {
			t.Errorf("%q has no type, issuer or end", text)
		}
	})
}
