package differential_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	fx "github.com/fxamacker/cbor/v2"
	"github.com/ugorji/go/codec"

	"justice-wallet/conformance/wallet"
	"justice-wallet/pkg/cbor"
)

// odditiesOfCBOR are the forms of a well-formed item that we refuse. Everything else that is well-formed we accept.
var odditiesOfCBOR = map[string]string{
	"longer head":       "one number has one head (RFC 8949 §4.2.1): a second spelling is a second digest of the same thing",
	"indefinite length": "as above: ISO 18013-5 §8.3.1 wants definite lengths",
	"float":             "no structure that we read has one",
	"simple value":      "null, undefined and unassigned values: null has its place in two structures, which ask for it",
	"outermost tag":     "a structure that is tagged where its specification has no tag is another structure",
	"self-described":    "RFC 8949 §3.4.6 is for files; some decoders read past the tag, and some do not",
	"key type":          "keys are integers or text: no structure that we read has others",
	"double key":        "two readers would each believe another value",
	"not UTF-8":         "RFC 8949 §3.1: text is UTF-8",
	"over 63 bits":      "an integer beyond int64 is read differently, or wraps, elsewhere",
	"too deep":          "a bound: 16 levels",
}

// readerTag marks what is not compared: tags 0 to 5 are read by types of ours (cbor.DateTime, cbor.BigUint), and
// by each library in its own way.
const readerTag = "tag with a reader"

// TestCBOR holds that what we accept is exactly what is well-formed and has no oddity, and that it means to others what it
// means to us: to the simulated wallet's decoder, and to ugorji's, which shares no code with either.
func TestCBOR(t *testing.T) {
	met := seen{}
	accepted := 0
	rounds(t, func(_ int, in inputs) {
		raw := in.cbor(0)
		if in.one(3) {
			raw = in.bend(raw)
		}
		odd, whole := oddities(raw)
		if slices.Contains(odd, readerTag) {
			return
		}
		var ours any
		err := cbor.Decode(raw, &ours)
		if want := whole && len(odd) == 0; (err == nil) != want {
			t.Errorf("%x: well-formed %v, with %v, and we say %v", raw, whole, odd, err)
		}
		lenient, lenientErr := ugorji(raw)
		if err == nil {
			accepted++
			strict, strictErr := wallet.DecodeCBOR(raw)
			for name, other := range map[string]struct {
				value any
				err   error
			}{"the wallet": {strict, strictErr}, "ugorji": {lenient, lenientErr}} {
				if other.err != nil || shape(other.value) != shape(ours) {
					t.Errorf("%x: we read %s, %s reads %s, %v", raw, shape(ours), name, shape(other.value), other.err)
				}
			}
			return
		}
		if lenientErr == nil && whole {
			met[odd[0]]++
		}
	})
	if accepted < 100 {
		t.Errorf("only %d inputs were accepted: nothing was compared", accepted)
	}
	met.listed(t, odditiesOfCBOR)
}

// ugorji decodes exactly one item.
func ugorji(raw []byte) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	h := &codec.CborHandle{}
	d := codec.NewDecoderBytes(raw, h)
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.NumBytesRead() != len(raw) {
		return nil, fmt.Errorf("%d bytes after the item", len(raw)-d.NumBytesRead())
	}
	return v, nil
}

// shape writes a value in one way, whoever decoded it.
func shape(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case int64, uint64:
		return fmt.Sprintf("i%d", v)
	case []byte:
		return "h" + hex.EncodeToString(v)
	case string:
		return fmt.Sprintf("%q", v)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = shape(v[i])
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[any]any:
		return pairs(func(yield func(k, v any)) {
			for k, item := range v {
				yield(k, item)
			}
		})
	case wallet.Map:
		return pairs(func(yield func(k, v any)) {
			for _, e := range v {
				yield(e.Key, e.Value)
			}
		})
	case wallet.Tag:
		return fmt.Sprintf("%d(%s)", v.Number, shape(v.Content))
	case fx.Tag:
		return fmt.Sprintf("%d(%s)", v.Number, shape(v.Content))
	case codec.RawExt:
		return fmt.Sprintf("%d(%s)", v.Tag, shape(v.Value))
	case *codec.RawExt:
		return fmt.Sprintf("%d(%s)", v.Tag, shape(v.Value))
	}
	return fmt.Sprintf("?%T", v)
}

func pairs(each func(yield func(k, v any))) string {
	var out []string
	each(func(k, v any) { out = append(out, shape(k)+":"+shape(v)) })
	slices.Sort(out)
	return "{" + strings.Join(out, ",") + "}"
}

// cbor writes a random item, now and then in a form of its own.
func (in inputs) cbor(depth int) []byte {
	kind := in.IntN(10)
	if depth > 17 || (depth > 3 && !in.one(8)) {
		kind = in.IntN(6)
	}
	switch kind {
	case 0:
		return in.head(0, in.number())
	case 1:
		return in.head(1, in.number())
	case 2:
		b := make([]byte, in.IntN(5))
		return in.stretch(2, b)
	case 3, 4:
		return in.stretch(3, []byte(pick(in, "", "a", "docType", "é", "issuerAuth", "\xff")))
	case 5:
		return pick(in, []byte{0xf4}, []byte{0xf5}, []byte{0xf4}, []byte{0xf5}, []byte{0xf4}, []byte{0xf6}, []byte{0xf7}, []byte{0xf9, 0x3c, 0}, []byte{0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0})
	case 6:
		if in.one(12) {
			return nested(in.IntN(24))
		}
		return in.head(6, pick[uint64](in, 24, 24, 1004, 18, 37, 1, 55799), in.cbor(depth+1))
	case 7:
		n := in.IntN(4)
		var items [][]byte
		for range n {
			items = append(items, in.cbor(depth+1))
		}
		return in.many(4, n, items)
	}
	n := in.IntN(4)
	var members [][]byte
	for range n {
		members = append(members, in.key(depth), in.cbor(depth+1))
	}
	return in.many(5, n, members)
}

// nested is an array in an array, and so on.
func nested(deep int) []byte { return append(slices.Repeat([]byte{0x81}, deep), 0) }

func (in inputs) key(depth int) []byte {
	if in.one(20) {
		return in.cbor(depth + 1)
	}
	return pick(in, []byte{1}, []byte{0x20}, []byte{0x61, 'a'}, []byte{0x61, 'b'}, []byte{0x18, 33}, []byte{0x61, 'c'})
}

func (in inputs) number() uint64 {
	return pick[uint64](in, 0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32-1, 1<<32, 1<<63-1, 1<<63, 1<<64-1)
}

// head writes a head in its shortest form or, rarely, in another, and what follows it.
func (in inputs) head(major byte, n uint64, rest ...[]byte) []byte {
	width := 0
	for _, limit := range []uint64{24, 1 << 8, 1 << 16, 1 << 32} {
		if n >= limit {
			width++
		}
	}
	if width < 4 && in.one(60) {
		width += 1 + in.IntN(4-width)
	}
	out := []byte{major<<5 | byte(n)}
	if width > 0 {
		var all [8]byte
		binary.BigEndian.PutUint64(all[:], n)
		out = append([]byte{major<<5 | byte(23+width)}, all[8-1<<(width-1):]...)
	}
	return append(out, slices.Concat(rest...)...)
}

// stretch writes a string whole or, rarely, in pieces.
func (in inputs) stretch(major byte, b []byte) []byte {
	if in.one(60) {
		return slices.Concat([]byte{major<<5 | 31}, in.head(major, uint64(len(b)), b), []byte{0xff})
	}
	return in.head(major, uint64(len(b)), b)
}

func (in inputs) many(major byte, n int, parts [][]byte) []byte {
	if in.one(60) {
		return slices.Concat([]byte{major<<5 | 31}, slices.Concat(parts...), []byte{0xff})
	}
	return in.head(major, uint64(n), parts...)
}
