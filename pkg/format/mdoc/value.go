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

// decodeValue reads an element's value into the types credential.Element allows. It takes arrays and maps apart itself: the
// library would read an epoch (tag 1) as a time, too, and any spelling of a time (RFC 3339) as the one of ISO 18013-5 §7.2.1.
func decodeValue(raw cbor.RawMessage) (any, error) {
	switch kind := raw[0] >> 5; kind {
	case majorArray:
		return decodeList(raw)
	case majorMap:
		return decodeObject(raw)
	case majorTag:
		return decodeTagged(raw)
	}
	var v any
	if err := cbor.Decode(raw, &v); err != nil {
		return nil, err
	}
	return v, nil // text, bool, int64 or bytes: pkg/cbor refuses what else there is
}

// Major types of RFC 8949 §3.1.
const (
	majorArray = 4
	majorMap   = 5
	majorTag   = 6
)

func decodeList(raw cbor.RawMessage) (any, error) {
	var list []cbor.RawMessage
	if err := cbor.Decode(raw, &list); err != nil {
		return nil, err
	}
	out := make([]any, len(list))
	for i, item := range list {
		var err error
		if out[i], err = decodeValue(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func decodeObject(raw cbor.RawMessage) (any, error) {
	var object map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &object); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(object))
	for name, member := range object {
		var err error
		if out[name], err = decodeValue(member); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// decodeTagged reads the two tags a value may have: tdate and full-date.
func decodeTagged(raw cbor.RawMessage) (any, error) {
	var at cbor.DateTime
	if err := cbor.Decode(raw, &at); err == nil {
		return time.Time(at), nil
	}
	var list []any // in an array, the library keeps a tag
	if err := cbor.Decode(append([]byte{0x81}, raw...), &list); err != nil {
		return nil, err
	}
	if tag, ok := list[0].(cbor.Tag); ok && tag.Number == cbor.TagFullDate {
		if s, ok := tag.Content.(string); ok {
			return credential.ParseDate(s)
		}
	}
	return nil, fmt.Errorf("a tag that is no tdate of the form YYYY-MM-DDThh:mm:ssZ and no full-date")
}
