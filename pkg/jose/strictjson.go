package jose

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

const maxDepth = 16 // levels of objects and arrays in any JSON we read

var (
	errNotObject = errors.New("not one JSON object in valid UTF-8")
	errDuplicate = errors.New("a member appears twice")
	errTooDeep   = errors.New("nested too deeply")
)

// parseObject decodes exactly one JSON object. Values are nil, bool, string, json.Number, []any and map[string]any.
// The errors hold no byte of b.
func parseObject(b []byte) (map[string]any, error) {
	// json.Valid refuses trailing bytes; the decoder below would replace bad UTF-8 silently.
	if !utf8.Valid(b) || !json.Valid(b) {
		return nil, errNotObject
	}
	r := reader{json.NewDecoder(bytes.NewReader(b))}
	r.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	members, ok := v.(map[string]any)
	if !ok {
		return nil, errNotObject
	}
	return members, nil
}

// reader builds values from tokens, because json.Unmarshal lets the last of two equal members win.
type reader struct{ *json.Decoder }

func (r reader) value(depth int) (any, error) {
	token, err := r.Token()
	if err != nil {
		return nil, errNotObject
	}
	delim, composite := token.(json.Delim)
	if !composite {
		return token, nil
	}
	if depth == maxDepth {
		return nil, errTooDeep
	}
	if delim == '{' {
		return r.object(depth + 1)
	}
	return r.array(depth + 1)
}

func (r reader) object(depth int) (map[string]any, error) {
	members := map[string]any{}
	for r.More() {
		token, err := r.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, errNotObject
		}
		if _, found := members[name]; found {
			return nil, errDuplicate
		}
		if members[name], err = r.value(depth); err != nil {
			return nil, err
		}
	}
	return members, r.close()
}

func (r reader) array(depth int) ([]any, error) {
	items := []any{}
	for r.More() {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	return items, r.close()
}

func (r reader) close() error {
	if _, err := r.Token(); err != nil {
		return errNotObject
	}
	return nil
}
