package mdoc

import (
	"fmt"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/credential"
)

// toCBOR turns an element's value into what the encoder writes: a Date as full-date (#6.1004), a time as tdate (#6.0).
func toCBOR(v any) (any, error) {
	switch v := v.(type) {
	case string, bool, int64, []byte:
		return v, nil
	case credential.Date:
		return cbor.Tag{Number: cbor.TagFullDate, Content: v.String()}, nil
	case time.Time:
		return cbor.DateTime(v), nil
	case []any:
		return listToCBOR(v)
	case map[string]any:
		return objectToCBOR(v)
	}
	return nil, fmt.Errorf("a value of type %T cannot be an element", v)
}

func listToCBOR(list []any) (any, error) {
	out := make([]any, len(list))
	for i, item := range list {
		var err error
		if out[i], err = toCBOR(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func objectToCBOR(object map[string]any) (any, error) {
	out := make(map[string]any, len(object))
	for name, member := range object {
		var err error
		if out[name], err = toCBOR(member); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// decodeValue reads an element's value into the types credential.Element allows.
func decodeValue(raw cbor.RawMessage) (any, error) {
	// An array of one, so that a tag around the value is the value's own.
	var v []any
	if err := cbor.Decode(append([]byte{0x81}, raw...), &v); err != nil {
		return nil, err
	}
	return fromCBOR(v[0])
}

func fromCBOR(v any) (any, error) {
	switch v := v.(type) {
	case string, bool, int64, []byte:
		return v, nil
	case time.Time:
		if v.Nanosecond() != 0 {
			return nil, fmt.Errorf("a tdate with a fraction of a second")
		}
		return v.UTC(), nil
	case cbor.Tag:
		s, ok := v.Content.(string)
		if !ok || v.Number != cbor.TagFullDate {
			return nil, fmt.Errorf("tag %d cannot be an element's value", v.Number)
		}
		return credential.ParseDate(s)
	case []any:
		return listFromCBOR(v)
	case map[any]any:
		return objectFromCBOR(v)
	}
	return nil, fmt.Errorf("a CBOR value of kind %T cannot be an element", v)
}

func listFromCBOR(list []any) (any, error) {
	out := make([]any, len(list))
	for i, item := range list {
		var err error
		if out[i], err = fromCBOR(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func objectFromCBOR(object map[any]any) (any, error) {
	out := make(map[string]any, len(object))
	for name, member := range object {
		key, ok := name.(string)
		if !ok {
			return nil, fmt.Errorf("an object with a member whose name is not text")
		}
		var err error
		if out[key], err = fromCBOR(member); err != nil {
			return nil, err
		}
	}
	return out, nil
}
