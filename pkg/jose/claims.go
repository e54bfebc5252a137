package jose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Claims is one JSON object, read strictly: valid UTF-8, no member twice at any level, nothing after it, numbers kept
// as they were written. It prints as [redacted]. Errors of its methods are *Error with ReasonClaims.
type Claims struct {
	raw     []byte
	members map[string]any
}

// ParseClaims reads one JSON object. The caller has bounded b.
func ParseClaims(b []byte) (Claims, error) {
	members, err := parseObject(b)
	if err != nil {
		return Claims{}, refuse(ReasonClaims, err.Error())
	}
	return Claims{raw: b, members: members}, nil
}

// Raw returns the bytes as received. The caller must not change them.
func (c Claims) Raw() []byte { return c.raw }

// Has says whether there is a member, even one that is null.
func (c Claims) Has(name string) bool {
	_, ok := c.members[name]
	return ok
}

// Names returns the names of all members, in no order.
func (c Claims) Names() []string {
	names := make([]string, 0, len(c.members))
	for name := range c.members {
		names = append(names, name)
	}
	return names
}

// Value returns a member as nil, bool, string, json.Number, []any or map[string]any; ok is false when there is none.
func (c Claims) Value(name string) (v any, ok bool) {
	v, ok = c.members[name]
	return v, ok
}

// String returns a member that is text.
func (c Claims) String(name string) (string, error) {
	s, ok := c.members[name].(string)
	if !ok {
		return "", c.wrong(name, "text")
	}
	return s, nil
}

// Strings returns a member that is an array of texts.
func (c Claims) Strings(name string) ([]string, error) {
	items, ok := c.members[name].([]any)
	if !ok {
		return nil, c.wrong(name, "an array of texts")
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if texts[i], ok = item.(string); !ok {
			return nil, c.wrong(name, "an array of texts")
		}
	}
	return texts, nil
}

// Audience returns aud, which may be one text or an array of texts (RFC 7519 §4.1.3).
func (c Claims) Audience() ([]string, error) {
	if s, ok := c.members["aud"].(string); ok {
		return []string{s}, nil
	}
	return c.Strings("aud")
}

// Int returns a member that is a whole number written without fraction or exponent.
func (c Claims) Int(name string) (int64, error) {
	number, _ := c.members[name].(json.Number)
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || number == "-0" {
		return 0, c.wrong(name, "a whole number")
	}
	return n, nil
}

// maxSeconds is 9999-12-31T23:59:59Z. A time in milliseconds is beyond it until the year 10000 is in fashion.
const maxSeconds = 253402300799

// Time returns a member that is a NumericDate (RFC 7519 §2): a number of seconds since 1970, perhaps with a fraction.
// The result is UTC. Text and milliseconds are refused.
func (c Claims) Time(name string) (time.Time, error) {
	number, ok := c.members[name].(json.Number)
	if !ok {
		return time.Time{}, c.wrong(name, "a number of seconds")
	}
	seconds, err := strconv.ParseFloat(number.String(), 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, c.wrong(name, "a number of seconds before the year 10000")
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), nil
}

// Object returns a member that is an object.
func (c Claims) Object(name string) (Claims, error) {
	if _, ok := c.members[name].(map[string]any); !ok {
		return Claims{}, c.wrong(name, "an object")
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(c.raw, &parts); err != nil {
		return Claims{}, c.wrong(name, "an object")
	}
	return ParseClaims(parts[name])
}

// Decode fills the struct v points to, by the exact names of its json tags. Members v does not name are ignored; one
// that differs from a name in letter case only is refused, where encoding/json would take it.
func (c Claims) Decode(v any) error {
	if err := exactNames(c.members, reflect.TypeOf(v)); err != nil {
		return err
	}
	if err := json.Unmarshal(c.raw, v); err != nil {
		// The cause would quote the value.
		return refuse(ReasonClaims, "a member has the wrong type")
	}
	return nil
}

// DecodeOnly is Decode that refuses members v does not name, at any level.
func (c Claims) DecodeOnly(v any) error {
	if err := c.Decode(v); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(c.raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return refuse(ReasonClaims, "a member is unknown or of another type")
	}
	return nil
}

func exactNames(v any, t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		return exactMembers(v, t)
	case []any:
		if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
			return nil
		}
		for _, item := range v {
			if err := exactNames(item, t.Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

func exactMembers(members map[string]any, t reflect.Type) error {
	for name, value := range members {
		var inner reflect.Type
		switch t.Kind() {
		case reflect.Map:
			inner = t.Elem()
		case reflect.Struct:
			field, exact := fieldNamed(t, name)
			if field != nil && !exact {
				return refuse(ReasonClaims, "a member differs from a known one in letter case only")
			}
			inner = field
		}
		if err := exactNames(value, inner); err != nil {
			return err
		}
	}
	return nil
}

// fieldNamed returns the type of the field that encoding/json would fill, and whether the name is exactly its own.
func fieldNamed(t reflect.Type, name string) (field reflect.Type, exact bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "" {
			tag = f.Name
		}
		if tag == name {
			return f.Type, true
		}
		if strings.EqualFold(tag, name) {
			field = f.Type
		}
	}
	return field, false
}

func (c Claims) wrong(name, want string) error {
	if !c.Has(name) {
		return refuse(ReasonClaims, "no "+name)
	}
	return refuse(ReasonClaims, name+" is not "+want)
}

// Format prints [redacted], whatever the verb: claims hold personal data.
func (Claims) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "[redacted]") // fmt reports its own writing errors
}

// LogValue logs [redacted].
func (Claims) LogValue() slog.Value { return slog.StringValue("[redacted]") }
