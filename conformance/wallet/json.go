package wallet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

const maxJSONBytes = 4 << 20

// object is a JSON object, its numbers kept as json.Number.
type object map[string]any

// decodeObject reads one JSON object and nothing after it. A duplicate member is refused: two readers could disagree
// on which of them counts (RFC 8259 §4).
func decodeObject(b []byte) (object, error) {
	if len(b) > maxJSONBytes || !utf8.Valid(b) {
		return nil, errors.New("not JSON: too long or not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := jsonValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not JSON: something follows the object")
	}
	o, ok := v.(object)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return o, nil
}

func jsonValue(d *json.Decoder, depth int) (any, error) {
	if depth > 16 {
		return nil, errors.New("JSON is too deep")
	}
	t, err := d.Token()
	if err != nil {
		return nil, errors.New("not JSON") // the cause may quote what was read
	}
	switch t {
	case json.Delim('{'):
		return jsonObject(d, depth)
	case json.Delim('['):
		return jsonArray(d, depth)
	}
	return t, nil
}

func jsonObject(d *json.Decoder, depth int) (any, error) {
	o := object{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errors.New("not JSON")
		}
		if _, twice := o[name]; twice {
			return nil, errors.New("duplicate JSON member")
		}
		if o[name], err = jsonValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("not JSON")
	}
	return o, nil
}

func jsonArray(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := jsonValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("not JSON")
	}
	return list, nil
}

// only checks that o has exactly the members required, and perhaps those optional.
func (o object) only(required []string, optional ...string) error {
	for _, name := range required {
		if _, ok := o[name]; !ok {
			return fmt.Errorf("member %s is missing", name)
		}
	}
	for name := range o {
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			return errors.New("a member that is not in the schema")
		}
	}
	return nil
}

// text returns a member that must be a non-empty string.
func (o object) text(name string) (string, error) {
	s, ok := o[name].(string)
	if !ok || s == "" {
		return "", fmt.Errorf("member %s is not a non-empty string", name)
	}
	return s, nil
}

// number returns a member that must be a whole number within int64.
func (o object) number(name string) (int64, error) {
	n, ok := o[name].(json.Number)
	if !ok {
		return 0, fmt.Errorf("member %s is not a number", name)
	}
	i, err := n.Int64()
	if err != nil {
		return 0, fmt.Errorf("member %s is not a whole number in range", name)
	}
	return i, nil
}

// child returns a member that must be an object.
func (o object) child(name string) (object, error) {
	c, ok := o[name].(object)
	if !ok {
		return nil, fmt.Errorf("member %s is not an object", name)
	}
	return c, nil
}

// texts returns a member that must be a non-empty array of distinct non-empty strings.
func (o object) texts(name string) ([]string, error) {
	list, ok := o[name].([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("member %s is not a non-empty array", name)
	}
	var out []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok || s == "" || slices.Contains(out, s) {
			return nil, fmt.Errorf("member %s is not an array of distinct strings", name)
		}
		out = append(out, s)
	}
	return out, nil
}

// objects returns a member that must be an array of objects.
func (o object) objects(name string) ([]object, error) {
	list, ok := o[name].([]any)
	if !ok {
		return nil, fmt.Errorf("member %s is not an array", name)
	}
	out := make([]object, len(list))
	for i, v := range list {
		if out[i], ok = v.(object); !ok {
			return nil, fmt.Errorf("member %s is not an array of objects", name)
		}
	}
	return out, nil
}

// maybeText is text for a member that may be left out.
func (o object) maybeText(name string) (string, error) {
	if _, ok := o[name]; !ok {
		return "", nil
	}
	return o.text(name)
}

// plain turns objects into ordinary maps, for those outside this package.
func plain(v any) any {
	switch v := v.(type) {
	case object:
		m := make(map[string]any, len(v))
		for name, member := range v {
			m[name] = plain(member)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	}
	return v
}
