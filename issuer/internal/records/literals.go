package records

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"

	"justice-wallet/pkg/credential"
)

const (
	maxFacts = 200
	maxNest  = 8
)

// parseFacts reads facts as JSON: text, true and false, whole numbers, lists and objects stand for themselves, and an
// object with the one member "$date" (YYYY-MM-DD), "$time" (RFC 3339, UTC, whole seconds) or "$jpeg" (standard base64)
// for a value that JSON has no form for. A fact that is not known is left out: null is refused.
func parseFacts(data []byte) (credential.Facts, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil || members == nil || len(members) > maxFacts {
		return nil, errNonsense
	}
	return object(members, 0)
}

func object(members map[string]any, depth int) (map[string]any, error) {
	values := make(map[string]any, len(members))
	for name, member := range members {
		v, err := literal(member, depth+1)
		if err != nil {
			return nil, err
		}
		values[name] = v
	}
	return values, nil
}

func literal(v any, depth int) (any, error) {
	if depth > maxNest {
		return nil, errNonsense
	}
	switch v := v.(type) {
	case string, bool:
		return v, nil
	case json.Number:
		n, err := v.Int64()
		return n, nonsense(err)
	case []any:
		return items(v, depth)
	case map[string]any:
		for name := range v {
			if name != "" && name[0] == '$' {
				return typed(v)
			}
		}
		return object(v, depth)
	default: // null
		return nil, errNonsense
	}
}

func items(list []any, depth int) (any, error) {
	values := make([]any, len(list))
	for i, item := range list {
		v, err := literal(item, depth+1)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// typed reads an object of the one member $date, $time or $jpeg.
func typed(members map[string]any) (any, error) {
	for name, member := range members {
		s, ok := member.(string)
		if !ok || len(members) != 1 {
			return nil, errNonsense
		}
		switch name {
		case "$date":
			d, err := credential.ParseDate(s)
			return d, nonsense(err)
		case "$time":
			return wholeSecond(s)
		case "$jpeg":
			return jpeg(s)
		}
	}
	return nil, errNonsense
}

func wholeSecond(s string) (any, error) {
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	if err != nil || t.Nanosecond() != 0 { // Parse takes a fraction that the layout lacks
		return nil, errNonsense
	}
	return t, nil
}

func jpeg(s string) (any, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || !bytes.HasPrefix(b, []byte{0xFF, 0xD8, 0xFF}) || !bytes.HasSuffix(b, []byte{0xFF, 0xD9}) {
		return nil, errNonsense
	}
	return b, nil
}

// nonsense hides err, which quotes the value, behind one that does not.
func nonsense(err error) error {
	if err != nil {
		return errNonsense
	}
	return nil
}
