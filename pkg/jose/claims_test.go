package jose_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/jose"
)

func claims(t *testing.T, text string) jose.Claims {
	t.Helper()
	c, err := jose.ParseClaims([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseClaimsRefuses(t *testing.T) {
	cases := map[string]string{
		"empty":                 ``,
		"array":                 `[]`,
		"null":                  `null`,
		"trailing object":       `{}{}`,
		"trailing comma":        `{"a":1,}`,
		"trailing text":         `{} x`,
		"duplicate":             `{"a":1,"a":2}`,
		"duplicate by escape":   `{"a":1,"\u0061":2}`,
		"duplicate in an array": `{"a":[{"b":1,"b":1}]}`,
		"duplicate, nested":     `{"a":{"b":1,"b":1}}`,
		"bad UTF-8":             "{\"a\":\"\xc3\"}",
		"byte order mark":       "\ufeff{}",
		"leading zero":          `{"a":01}`,
		"not a number":          `{"a":NaN}`,
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := jose.ParseClaims([]byte(text))
			wantReason(t, err, jose.ReasonClaims)
		})
	}
}

func TestTime(t *testing.T) {
	cases := []struct {
		text string
		want time.Time
		ok   bool
	}{
		{`1745233623`, time.Unix(1745233623, 0).UTC(), true},
		{`1745233623.5`, time.Unix(1745233623, 5e8).UTC(), true},
		{`0`, time.Unix(0, 0).UTC(), true},
		{`253402300799`, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), true},
		{`253402300800`, time.Time{}, false},
		{`1745233623816`, time.Time{}, false}, // milliseconds
		{`-1`, time.Time{}, false},
		{`1e400`, time.Time{}, false},
		{`"1745233623"`, time.Time{}, false},
		{`null`, time.Time{}, false},
		{`true`, time.Time{}, false},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			got, err := claims(t, `{"exp":`+c.text+`}`).Time("exp")
			if (err == nil) != c.ok || !got.Equal(c.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestAccessors(t *testing.T) {
	c := claims(t, `{"s":"x","l":["a","b"],"mixed":["a",1],"n":9007199254740993,"f":1.0,"e":1e3,"z":-0,"o":{"p":{"q":"r"}},"null":null,"aud":"me"}`)
	if s, err := c.String("s"); err != nil || s != "x" {
		t.Errorf("String: %q, %v", s, err)
	}
	if l, err := c.Strings("l"); err != nil || strings.Join(l, ",") != "a,b" {
		t.Errorf("Strings: %v, %v", l, err)
	}
	if n, err := c.Int("n"); err != nil || n != 9007199254740993 {
		t.Errorf("Int lost a digit: %d, %v", n, err)
	}
	if a, err := c.Audience(); err != nil || len(a) != 1 || a[0] != "me" {
		t.Errorf("Audience: %v, %v", a, err)
	}
	o, err := c.Object("o")
	if err != nil || string(o.Raw()) != `{"p":{"q":"r"}}` {
		t.Errorf("Object: %v", err)
	}
	if !c.Has("null") || c.Has("S") {
		t.Error("Has does not tell presence exactly")
	}
	if v, ok := c.Value("null"); !ok || v != nil {
		t.Error("Value does not tell null from absent")
	}
	if len(c.Names()) != 10 {
		t.Errorf("%d names, want 10", len(c.Names()))
	}
}

func TestAccessorsRefuse(t *testing.T) {
	c := claims(t, `{"s":"secret","n":1,"f":1.0,"e":1e3,"z":-0,"mixed":["secret",1]}`)
	cases := map[string]func() error{
		"number as text":   func() error { _, err := c.String("n"); return err },
		"missing text":     func() error { _, err := c.String("none"); return err },
		"text as list":     func() error { _, err := c.Strings("s"); return err },
		"mixed list":       func() error { _, err := c.Strings("mixed"); return err },
		"fraction as int":  func() error { _, err := c.Int("f"); return err },
		"exponent as int":  func() error { _, err := c.Int("e"); return err },
		"negative zero":    func() error { _, err := c.Int("z"); return err },
		"text as int":      func() error { _, err := c.Int("s"); return err },
		"text as object":   func() error { _, err := c.Object("s"); return err },
		"missing audience": func() error { _, err := c.Audience(); return err },
		"text decoded as int": func() error {
			return c.Decode(&struct {
				S int `json:"s"`
			}{})
		},
	}
	for name, call := range cases {
		t.Run(name, func(t *testing.T) {
			err := call()
			wantReason(t, err, jose.ReasonClaims)
			if strings.Contains(err.Error(), "secret") {
				t.Error("the error holds a value")
			}
		})
	}
}

func TestDecodeIsCaseSensitive(t *testing.T) {
	type inner struct {
		Nonce string `json:"nonce"`
	}
	type outer struct {
		Inner inner            `json:"inner"`
		List  []inner          `json:"list"`
		Map   map[string]inner `json:"map"`
		Ptr   *inner           `json:"ptr"`
		Any   any              `json:"any"`
	}
	good := `{"inner":{"nonce":"1"},"list":[{"nonce":"2"}],"map":{"x":{"nonce":"3"}},"ptr":{"nonce":"4"},"any":{"NONCE":"5"},"unknown":{"Nonce":"6"}}`
	var v outer
	if err := claims(t, good).Decode(&v); err != nil {
		t.Fatal(err)
	}
	if v.Inner.Nonce+v.List[0].Nonce+v.Map["x"].Nonce+v.Ptr.Nonce != "1234" {
		t.Errorf("decoded %+v", v)
	}
	for _, text := range []string{
		`{"Inner":{}}`, `{"inner":{"NONCE":"1"}}`, `{"list":[{},{"Nonce":"2"}]}`, `{"map":{"x":{"Nonce":"3"}}}`, `{"ptr":{"noncE":"4"}}`,
	} {
		if err := claims(t, text).Decode(&outer{}); err == nil {
			t.Errorf("took %s", text)
		}
	}
}

func TestClaimsPrintRedacted(t *testing.T) {
	c := claims(t, `{"family_name":"Synthetic"}`)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "claims", c)
	text := fmt.Sprintf("%v %+v %#v %s %d", c, c, c, &c, c) + log.String()
	if strings.Contains(text, "Synthetic") || strings.Contains(text, "83 121") {
		t.Errorf("printed %s", text)
	}
}
