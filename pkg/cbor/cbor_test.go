package cbor_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	fx "github.com/fxamacker/cbor/v2"

	"justice-wallet/pkg/cbor"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The library's defaults accept each of these (reliability: measured traps of v2.10); our one mode refuses them all.
func TestTrapsOfTheLibrary(t *testing.T) {
	type record struct {
		Version string `cbor:"version"`
		Bytes   []byte `cbor:"bytes"`
	}
	cases := []struct{ name, hex string }{
		{"duplicate key", "a26776657273696f6e613167" + "76657273696f6e6132"},
		{"duplicate key by a longer alias", "a2" + "6776657273696f6e6131" + "780776657273696f6e6132"},
		{"indefinite map", "bf6776657273696f6e6131ff"},
		{"indefinite text", "a16776657273696f6e7f6131ff"},
		{"length not shortest", "a17807" + "76657273696f6e6131"},
		{"null for text", "a16776657273696f6ef6"},
		{"array of integers for bytes", "a16562797465738101"},
		{"tag around the item", "c5a16776657273696f6e6131"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			raw := unhex(t, c.hex)
			var loose record
			if err := fx.Unmarshal(raw, &loose); err != nil {
				t.Errorf("the library no longer accepts it: %v", err)
			}
			var strict struct {
				Version string     `cbor:"version"`
				Bytes   cbor.Bytes `cbor:"bytes"`
			}
			if err := cbor.Decode(raw, &strict); err == nil {
				t.Errorf("accepted")
			}
		})
	}
}

func TestMemberNamesAreCaseSensitive(t *testing.T) {
	raw := unhex(t, "a16756455253494f4e6131") // {"VERSION": "1"}
	var v struct {
		Version string `cbor:"version"`
	}
	if err := cbor.Decode(raw, &v); err != nil || v.Version != "" {
		t.Errorf("got %q, %v: want the member ignored", v.Version, err)
	}
}

func TestDuplicateInsideRawMessageIsCaughtWhenDecoded(t *testing.T) {
	raw := unhex(t, "a16161a2616201616202") // {"a": {"b":1,"b":2}}
	var outer map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &outer); err != nil {
		return // caught at once is better still
	}
	var inner map[string]int
	if err := cbor.Decode(outer["a"], &inner); !errors.Is(err, cbor.ErrForm) {
		t.Errorf("inner duplicate: %v", err)
	}
}

func TestFormRefused(t *testing.T) {
	deep := append(bytes.Repeat([]byte{0x81}, cbor.MaxDepth), 0x00)
	cases := []struct {
		name string
		raw  []byte
	}{
		{"empty", nil},
		{"trailing byte", unhex(t, "0000")},
		{"integer not shortest, 1 byte", unhex(t, "1817")},
		{"integer not shortest, 2 bytes", unhex(t, "1900ff")},
		{"integer not shortest, 4 bytes", unhex(t, "1a0000ffff")},
		{"integer not shortest, 8 bytes", unhex(t, "1b00000000ffffffff")},
		{"half float", unhex(t, "f93c00")},
		{"double", unhex(t, "fb3ff0000000000000")},
		{"undefined", unhex(t, "f7")},
		{"null", unhex(t, "f6")},
		{"unassigned simple", unhex(t, "e0")},
		{"extended simple", unhex(t, "f8ff")},
		{"reserved head", unhex(t, "1c")},
		{"break alone", unhex(t, "ff")},
		{"text not UTF-8", unhex(t, "61ff")},
		{"bytes as a map key", unhex(t, "a1410100")},
		{"tag as a map key", unhex(t, "a1c5616100")},
		{"string past the end", unhex(t, "5a7fffffff00")},
		{"array of 2^32 items", unhex(t, "9affffffff")},
		{"too many pairs", append(unhex(t, "b90401"), make([]byte, 2*1025)...)},
		{"self-described", unhex(t, "d9d9f700")},
		{"self-described within an array", unhex(t, "81d9d9f700")},
		{"self-described within a map", unhex(t, "a16161d9d9f700")},
		{"too deep", deep},
		{"too large", make([]byte, cbor.MaxBytes+1)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var v any
			if err := cbor.Decode(c.raw, &v); !errors.Is(err, cbor.ErrForm) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNullOnlyInArrays(t *testing.T) {
	var v any
	if err := cbor.DecodeNullable(unhex(t, "83f6f600"), &v); err != nil {
		t.Errorf("null in an array: %v", err)
	}
	if err := cbor.DecodeNullable(unhex(t, "a16161f6"), &v); !errors.Is(err, cbor.ErrForm) {
		t.Errorf("null as a map value: %v", err)
	}
	if err := cbor.Decode(unhex(t, "81f6"), &v); !errors.Is(err, cbor.ErrForm) {
		t.Errorf("null where none is nullable: %v", err)
	}
}

func TestDecodeMapIsExact(t *testing.T) {
	raw, err := cbor.Encode(map[string]int{"a": 1, "b": 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cbor.DecodeMap(raw, []string{"a"}, []string{"b"}); err != nil {
		t.Error(err)
	}
	if _, err := cbor.DecodeMap(raw, []string{"a"}, nil); err == nil {
		t.Error("a surplus member was accepted")
	}
	if _, err := cbor.DecodeMap(raw, []string{"a", "b", "c"}, nil); err == nil {
		t.Error("a missing member was accepted")
	}
}

func TestDateTimeHasOneSpelling(t *testing.T) {
	at := cbor.DateTime(time.Date(2026, 11, 24, 9, 30, 5, 0, time.UTC))
	raw, err := cbor.Encode(at)
	if err != nil || hex.EncodeToString(raw) != "c074323032362d31312d32345430393a33303a30355a" {
		t.Fatalf("%x %v", raw, err)
	}
	var back cbor.DateTime
	if err := cbor.Decode(raw, &back); err != nil || back != at {
		t.Errorf("%v %v", back, err)
	}
	for _, s := range []string{"2026-11-24T09:30:05+00:00", "2026-11-24T09:30:05.0Z", "2026-11-24t09:30:05z", "2026-11-24T24:00:00Z", "2026-11-24"} {
		raw, err := cbor.Encode(cbor.Tag{Number: 0, Content: s})
		if err != nil {
			t.Fatal(err)
		}
		if err := cbor.Decode(raw, &back); err == nil {
			t.Errorf("%s was accepted", s)
		}
	}
	if err := cbor.Decode(unhex(t, "c11a69240000"), &back); err == nil {
		t.Error("tag 1 was accepted")
	}
}

func TestEmbeddedKeepsItsBytes(t *testing.T) {
	for _, size := range []int{0, 1, 23, 24, 255, 256, 65535, 65536} {
		e := cbor.Embedded(bytes.Repeat([]byte{0x01}, size))
		raw, err := cbor.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(raw, e.Encoded()) {
			t.Errorf("size %d: %x != %x", size, raw[:8], e.Encoded()[:8])
		}
		var back cbor.Embedded
		if err := cbor.Decode(raw, &back); err != nil || !bytes.Equal(back, e) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	var e cbor.Embedded
	if err := cbor.Decode(unhex(t, "d81901"), &e); err == nil {
		t.Error("another tag was accepted")
	}
	if err := cbor.Decode(unhex(t, "d8186161"), &e); err == nil {
		t.Error("text inside tag 24 was accepted")
	}
}

func TestEncodingIsDeterministic(t *testing.T) {
	raw, err := cbor.Encode(map[any]any{"bb": 1, "a": 2, int64(-1): 3, int64(1): 4})
	if err != nil || hex.EncodeToString(raw) != "a4"+"0104"+"2003"+"616102"+"62626201" {
		t.Errorf("%x %v", raw, err)
	}
}

// What we accept, the library's own deterministic encoder writes back unchanged unless only map order differed.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"00", "a16161f5", "83f6f600", "d8184101", "c074323032362d31312d32345430393a33303a30355a", "bfff"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		if err := cbor.DecodeNullable(b, &v); err != nil {
			return
		}
		out, err := cbor.Encode(v)
		if err != nil {
			return // a value the library reads into a Go type it will not write, such as a bignum
		}
		if len(out) != len(b) && !bytes.Contains(b, []byte{0xc2}) && !bytes.Contains(b, []byte{0xc3}) && !bytes.Contains(b, []byte{0xc0}) && !bytes.Contains(b, []byte{0xc1}) {
			t.Errorf("%x re-encodes as %x: two spellings", b, out)
		}
	})
}
