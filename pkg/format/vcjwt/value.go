package vcjwt

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
)

// photo is the alphabet GOV.UK's documentation shows for photos: padded, not the one of JWTs.
var photo = base64.StdEncoding.Strict()

// maxInteger is the greatest whole number every JSON reader keeps exact (RFC 8259 §6).
const maxInteger = 1<<53 - 1

var errValue = errors.New("a value has a type or form its element does not allow")

// encodeSubject writes credentialSubject: id, then the elements in their order.
func encodeSubject(id string, elements []credential.Element) (json.RawMessage, error) {
	b := []byte(`{"id":`)
	b, err := appendJSON(b, id)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{"id": true}
	for _, e := range elements {
		if seen[e.Name] {
			return nil, errors.New("two elements have one name, or one is called id")
		}
		seen[e.Name] = true
		value, err := encodeValue(e.Value)
		if err != nil {
			return nil, err
		}
		b = append(b, ',')
		if b, err = appendJSON(b, e.Name); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = appendJSON(b, value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendJSON(b []byte, v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, errValue // the cause would quote the value
	}
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...), nil
}

// encodeValue turns a value of a statement into one that encoding/json writes as the wire has it.
func encodeValue(v any) (any, error) {
	switch v := v.(type) {
	case string, bool:
		return v, nil
	case int64:
		if v > maxInteger || v < -maxInteger {
			return nil, errValue
		}
		return v, nil
	case credential.Date:
		return v.String(), nil
	case time.Time:
		return formatInstant(v), nil
	case []byte:
		return photo.EncodeToString(v), nil
	case []any:
		return encodeList(v)
	case map[string]any:
		return encodeObject(v)
	}
	return nil, errValue
}

func encodeList(items []any) (any, error) {
	out := make([]any, len(items))
	for i, item := range items {
		value, err := encodeValue(item)
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	return out, nil
}

func encodeObject(members map[string]any) (any, error) {
	out := make(map[string]any, len(members))
	for name, member := range members {
		value, err := encodeValue(member)
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}

// plain reads a decoded JSON value without knowing its shape: text, booleans, whole numbers, and lists and objects of them.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case string, bool:
		return v, nil
	case json.Number:
		return plainNumber(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			value, err := plain(item)
			if err != nil {
				return nil, err
			}
			out[i] = value
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			value, err := plain(member)
			if err != nil {
				return nil, err
			}
			out[name] = value
		}
		return out, nil
	}
	return nil, errValue
}

func plainNumber(number json.Number) (any, error) {
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || number == "-0" || n > maxInteger || n < -maxInteger {
		return nil, errValue
	}
	return n, nil
}

// typed reads a plain value as its shape says.
func typed(shape document.Shape, v any) (any, error) {
	switch shape.Kind {
	case document.KindText:
		return as[string](v)
	case document.KindBool:
		return as[bool](v)
	case document.KindInteger:
		return as[int64](v)
	case document.KindDate:
		return typedText(v, credential.ParseDate)
	case document.KindDateTime:
		return typedText(v, parseInstant)
	case document.KindJPEG:
		return typedText(v, decodePhoto)
	case document.KindList:
		return typedList(shape, v)
	case document.KindObject:
		return typedObject(shape, v)
	}
	return nil, errValue
}

func as[T any](v any) (any, error) {
	if _, ok := v.(T); !ok {
		return nil, errValue
	}
	return v, nil
}

func typedText[T any](v any, parse func(string) (T, error)) (any, error) {
	text, ok := v.(string)
	if !ok {
		return nil, errValue
	}
	value, err := parse(text)
	if err != nil {
		return nil, errValue
	}
	return value, nil
}

func decodePhoto(text string) ([]byte, error) {
	b, err := photo.DecodeString(text)
	if err != nil || photo.EncodeToString(b) != text { // the decoder skips line breaks
		return nil, errValue
	}
	return b, nil
}

func typedList(shape document.Shape, v any) (any, error) {
	items, ok := v.([]any)
	if !ok || shape.Items == nil {
		return nil, errValue
	}
	out := make([]any, len(items))
	for i, item := range items {
		value, err := typed(*shape.Items, item)
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	return out, nil
}

func typedObject(shape document.Shape, v any) (any, error) {
	members, ok := v.(map[string]any)
	if !ok {
		return nil, errValue
	}
	out := make(map[string]any, len(members))
	for _, m := range shape.Members {
		member, found := members[m.Name]
		if !found {
			continue // whether it may be missing is for the document to say
		}
		value, err := typed(m.Shape, member)
		if err != nil {
			return nil, err
		}
		out[m.Name] = value
	}
	if len(out) != len(members) {
		return nil, errValue
	}
	return out, nil
}
