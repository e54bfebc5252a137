package wallet

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// DecodeCBOR reads one strict CBOR item of at most 4 MiB, and nothing after it.
func DecodeCBOR(b []byte) (any, error) {
	if len(b) > maxCBORBytes {
		return nil, fmt.Errorf("%w: %d bytes is too many", errCBOR, len(b))
	}
	d := &cborReader{rest: b}
	v, err := d.item(0)
	if err != nil {
		return nil, err
	}
	if len(d.rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes after the item", errCBOR, len(d.rest))
	}
	return v, nil
}

type cborReader struct {
	rest  []byte
	items int
}

func (d *cborReader) item(depth int) (any, error) {
	d.items++
	if depth > maxCBORDepth || d.items > maxCBORItems {
		return nil, fmt.Errorf("%w: too deep or too many items", errCBOR)
	}
	major, arg, err := d.head()
	if err != nil {
		return nil, err
	}
	switch major {
	case majorUint, majorNint:
		return integer(major, arg)
	case majorBytes, majorText:
		return d.stringOf(major, arg)
	case majorArray:
		return d.array(arg, depth)
	case majorMap:
		return d.mapping(arg, depth)
	case majorTag:
		content, err := d.item(depth + 1)
		return Tag{arg, content}, err
	default:
		return simple(arg)
	}
}

// head reads an initial byte and its argument, in the shortest form only (RFC 8949 §4.2.1).
func (d *cborReader) head() (major byte, arg uint64, err error) {
	first, err := d.take(1)
	if err != nil {
		return 0, 0, err
	}
	major, info := first[0]>>5, first[0]&0x1f
	if info < 24 {
		return major, uint64(info), nil
	}
	if info > 27 || major == majorSimple {
		return 0, 0, fmt.Errorf("%w: indefinite, reserved or floating form", errCBOR)
	}
	size := 1 << (info - 24)
	raw, err := d.take(uint64(size))
	if err != nil {
		return 0, 0, err
	}
	var wide [8]byte
	copy(wide[8-size:], raw)
	arg = binary.BigEndian.Uint64(wide[:])
	if headSize(arg) != 1+size {
		return 0, 0, fmt.Errorf("%w: length not in the shortest form", errCBOR)
	}
	return major, arg, nil
}

func (d *cborReader) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.rest)) {
		return nil, fmt.Errorf("%w: cut short", errCBOR)
	}
	out := d.rest[:n:n]
	d.rest = d.rest[n:]
	return out, nil
}

func integer(major byte, arg uint64) (any, error) {
	if arg > math.MaxInt64 {
		return nil, fmt.Errorf("%w: integer out of range", errCBOR)
	}
	if major == majorNint {
		return -1 - int64(arg), nil
	}
	return int64(arg), nil
}

func (d *cborReader) stringOf(major byte, n uint64) (any, error) {
	raw, err := d.take(n)
	if err != nil {
		return nil, err
	}
	if major == majorBytes {
		return append([]byte{}, raw...), nil
	}
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("%w: text is not UTF-8", errCBOR)
	}
	return string(raw), nil
}

func (d *cborReader) array(n uint64, depth int) (any, error) {
	if n > uint64(len(d.rest)) {
		return nil, fmt.Errorf("%w: cut short", errCBOR)
	}
	out := make([]any, 0, min(n, 1024))
	for range n {
		v, err := d.item(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (d *cborReader) mapping(n uint64, depth int) (any, error) {
	if n > uint64(len(d.rest)) {
		return nil, fmt.Errorf("%w: cut short", errCBOR)
	}
	out := make(Map, 0, min(n, 1024))
	seen := make(map[any]bool, min(n, 1024))
	for range n {
		key, err := d.key(depth + 1)
		if err != nil {
			return nil, err
		}
		if seen[key] {
			return nil, fmt.Errorf("%w: duplicate key", errCBOR)
		}
		seen[key] = true
		value, err := d.item(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{key, value})
	}
	return out, nil
}

// key reads a map key: COSE and mdoc use integers and text alone.
func (d *cborReader) key(depth int) (any, error) {
	k, err := d.item(depth)
	if err != nil {
		return nil, err
	}
	switch k.(type) {
	case int64, string:
		return k, nil
	}
	return nil, fmt.Errorf("%w: a key is neither integer nor text", errCBOR)
}

func simple(arg uint64) (any, error) {
	switch arg {
	case simpleFalse:
		return false, nil
	case simpleTrue:
		return true, nil
	case simpleNull:
		return nil, nil
	}
	return nil, fmt.Errorf("%w: simple value %d", errCBOR, arg)
}
