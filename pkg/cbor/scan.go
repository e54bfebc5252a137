package cbor

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Major types and simple values, RFC 8949 §3.1 and §3.3.
const (
	majorUint, majorNegative, majorBytes, majorText        = 0, 1, 2, 3
	majorArray, majorMap, majorTag, majorSimple            = 4, 5, 6, 7
	simpleFalse, simpleTrue, simpleNull             uint64 = 20, 21, 22
)

// tagSelfDescribed marks a file as CBOR. No structure that we read has it.
const tagSelfDescribed = 55799

// scan checks the form of an item before the library decodes it: the library accepts heads that are longer than needed,
// and null, undefined and floats where a string or a number belongs.
type scan struct {
	nullInArray bool
}

// item checks that b is exactly one item.
func (s scan) item(b []byte) error {
	if len(b) > MaxBytes {
		return fmt.Errorf("%w: %d bytes, more than %d", ErrForm, len(b), MaxBytes)
	}
	rest, err := s.next(b, 1, false)
	if err != nil {
		return err
	}
	if len(rest) != 0 {
		return fmt.Errorf("%w: %d bytes after the item", ErrForm, len(rest))
	}
	return nil
}

// next checks the first item of b and returns what follows it.
func (s scan) next(b []byte, depth int, null bool) ([]byte, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("%w: nested more than %d deep", ErrForm, MaxDepth)
	}
	major, arg, rest, err := head(b)
	if err != nil {
		return nil, err
	}
	switch major {
	case majorBytes, majorText:
		return s.str(major, arg, rest)
	case majorArray:
		return s.array(arg, rest, depth)
	case majorMap:
		return s.pairs(arg, rest, depth)
	case majorTag:
		if arg == tagSelfDescribed { // RFC 8949 §3.4.6: the library reads past it wherever it stands
			return nil, fmt.Errorf("%w: tag %d has no place here", ErrForm, arg)
		}
		return s.next(rest, depth+1, false)
	case majorSimple:
		if arg == simpleFalse || arg == simpleTrue || (arg == simpleNull && null) {
			return rest, nil
		}
		return nil, fmt.Errorf("%w: simple value %d has no place here", ErrForm, arg)
	}
	return rest, nil // an integer is its head
}

func (s scan) str(major byte, n uint64, rest []byte) ([]byte, error) {
	if n > uint64(len(rest)) {
		return nil, fmt.Errorf("%w: a string runs past the end", ErrForm)
	}
	if major == majorText && !utf8.Valid(rest[:n]) {
		return nil, fmt.Errorf("%w: text is not UTF-8", ErrForm)
	}
	return rest[n:], nil
}

func (s scan) array(n uint64, rest []byte, depth int) ([]byte, error) {
	if n > MaxItems {
		return nil, fmt.Errorf("%w: %d elements, more than %d", ErrForm, n, MaxItems)
	}
	var err error
	for range n {
		if rest, err = s.next(rest, depth+1, s.nullInArray); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// pairs checks a map's members. Keys are integers or text: no structure we read has another.
func (s scan) pairs(n uint64, rest []byte, depth int) ([]byte, error) {
	if n > MaxPairs {
		return nil, fmt.Errorf("%w: %d pairs, more than %d", ErrForm, n, MaxPairs)
	}
	for range n {
		major, _, _, err := head(rest)
		if err == nil && major != majorUint && major != majorNegative && major != majorText {
			err = fmt.Errorf("%w: a map key is neither an integer nor text", ErrForm)
		}
		if err != nil {
			return nil, err
		}
		for range 2 {
			if rest, err = s.next(rest, depth+1, false); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}

// head reads an item's head: its major type and argument, in the shortest form (RFC 8949 §4.2.1) and definite.
func head(b []byte) (major byte, arg uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, 0, nil, fmt.Errorf("%w: the item ends early", ErrForm)
	}
	major, info, rest := b[0]>>5, b[0]&31, b[1:]
	if info < 24 {
		return major, uint64(info), rest, nil
	}
	if info > 27 {
		return 0, 0, nil, fmt.Errorf("%w: indefinite length or reserved head 0x%02x", ErrForm, b[0])
	}
	width := 1 << (info - 24)
	if len(rest) < width {
		return 0, 0, nil, fmt.Errorf("%w: the item ends early", ErrForm)
	}
	if major == majorSimple {
		return 0, 0, nil, fmt.Errorf("%w: floats and extended simple values have no place here", ErrForm)
	}
	var buf [8]byte
	copy(buf[8-width:], rest[:width])
	arg = binary.BigEndian.Uint64(buf[:])
	if arg < [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24] {
		return 0, 0, nil, fmt.Errorf("%w: %d is not in its shortest form", ErrForm, arg)
	}
	return major, arg, rest[width:], nil
}
