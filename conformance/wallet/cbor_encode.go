package wallet

import (
	"encoding/binary"
	"fmt"
	"math"
)

// EncodeCBOR writes v, which is made of the types DecodeCBOR gives (and int), maps in the order they have.
func EncodeCBOR(v any) ([]byte, error) { return appendCBOR(nil, v) }

func appendCBOR(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, majorSimple<<5|simpleNull), nil
	case bool:
		if v {
			return append(b, majorSimple<<5|simpleTrue), nil
		}
		return append(b, majorSimple<<5|simpleFalse), nil
	case int:
		return appendInteger(b, int64(v)), nil
	case int64:
		return appendInteger(b, v), nil
	case []byte:
		return append(appendHead(b, majorBytes, uint64(len(v))), v...), nil
	case string:
		return append(appendHead(b, majorText, uint64(len(v))), v...), nil
	case Tag:
		return appendCBOR(appendHead(b, majorTag, v.Number), v.Content)
	case []any:
		return appendArray(b, v)
	case Map:
		return appendMap(b, v)
	}
	return nil, fmt.Errorf("encode CBOR: no encoding for %T", v)
}

func appendInteger(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, majorNint, uint64(-1-n))
	}
	return appendHead(b, majorUint, uint64(n))
}

func appendArray(b []byte, items []any) (out []byte, err error) {
	out = appendHead(b, majorArray, uint64(len(items)))
	for _, item := range items {
		if out, err = appendCBOR(out, item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func appendMap(b []byte, m Map) (out []byte, err error) {
	out = appendHead(b, majorMap, uint64(len(m)))
	for _, e := range m {
		if out, err = appendCBOR(out, e.Key); err != nil {
			return nil, err
		}
		if out, err = appendCBOR(out, e.Value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func appendHead(b []byte, major byte, arg uint64) []byte {
	switch headSize(arg) {
	case 1:
		return append(b, major<<5|byte(arg))
	case 2:
		return append(b, major<<5|24, byte(arg))
	case 3:
		return binary.BigEndian.AppendUint16(append(b, major<<5|25), uint16(arg))
	case 5:
		return binary.BigEndian.AppendUint32(append(b, major<<5|26), uint32(arg))
	}
	return binary.BigEndian.AppendUint64(append(b, major<<5|27), arg)
}

// headSize is how many bytes the shortest head with this argument takes.
func headSize(arg uint64) int {
	switch {
	case arg < 24:
		return 1
	case arg <= math.MaxUint8:
		return 2
	case arg <= math.MaxUint16:
		return 3
	case arg <= math.MaxUint32:
		return 5
	}
	return 9
}
