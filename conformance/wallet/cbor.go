package wallet

import "errors"

// The CBOR this wallet speaks (RFC 8949): definite lengths, shortest forms, no duplicate keys, no floats. A value is one
// of int64, []byte, string, bool, nil, []any, Map or Tag of these. Decoding and encoding are inverse: what DecodeCBOR
// accepts, EncodeCBOR writes back byte for byte, so that a value passed on is passed on as it was received.

// Map is a CBOR map in the order of the wire.
type Map []Entry

// Entry is one pair of a Map.
type Entry struct{ Key, Value any }

// Tag is a tagged CBOR value.
type Tag struct {
	Number  uint64
	Content any
}

const (
	majorUint = iota
	majorNint
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

const (
	maxCBORBytes = 4 << 20
	maxCBORDepth = 16
	maxCBORItems = 1 << 16
)

const (
	simpleFalse = 20
	simpleTrue  = 21
	simpleNull  = 22
)

const (
	tagDateTime = 0    // RFC 8949 §3.4.1
	tagEncoded  = 24   // RFC 8949 §3.4.5.1
	tagFullDate = 1004 // RFC 8943
)

var errCBOR = errors.New("not strict CBOR")

// Get returns the value under key, an int64 or a string.
func (m Map) Get(key any) (any, bool) {
	for _, e := range m {
		if e.Key == key {
			return e.Value, true
		}
	}
	return nil, false
}

// encoded wraps v as #6.24(bstr .cbor v).
func encoded(v any) (Tag, error) {
	b, err := EncodeCBOR(v)
	return Tag{tagEncoded, b}, err
}

// unwrapEncoded returns the bytes inside #6.24(bstr).
func unwrapEncoded(v any) ([]byte, error) {
	t, ok := v.(Tag)
	if !ok || t.Number != tagEncoded {
		return nil, errors.New("not tag 24")
	}
	b, ok := t.Content.([]byte)
	if !ok {
		return nil, errors.New("tag 24 does not hold a byte string")
	}
	return b, nil
}
