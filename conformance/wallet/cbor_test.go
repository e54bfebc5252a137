package wallet_test

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"justice-wallet/conformance/wallet"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Encodings of RFC 8949 Appendix A.
func TestCBOR(t *testing.T) {
	tests := map[string]any{
		"00":                 int64(0),
		"17":                 int64(23),
		"1818":               int64(24),
		"1903e8":             int64(1000),
		"1a000f4240":         int64(1000000),
		"1b000000e8d4a51000": int64(1000000000000),
		"20":                 int64(-1),
		"3903e7":             int64(-1000),
		"f4":                 false,
		"f5":                 true,
		"f6":                 nil,
		"4401020304":         []byte{1, 2, 3, 4},
		"62c3bc":             "ü",
		"83010203":           []any{int64(1), int64(2), int64(3)},
		"a201020304":         wallet.Map{{Key: int64(1), Value: int64(2)}, {Key: int64(3), Value: int64(4)}},
		"a26162016161 02":    wallet.Map{{Key: "b", Value: int64(1)}, {Key: "a", Value: int64(2)}},
		"c074323031332d30332d32315432303a30343a30305a": wallet.Tag{Number: 0, Content: "2013-03-21T20:04:00Z"},
		"d818456449455446": wallet.Tag{Number: 24, Content: []byte("dIETF")},
	}
	for text, want := range tests {
		raw := unhex(t, strings.ReplaceAll(text, " ", ""))
		got, err := wallet.DecodeCBOR(raw)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v", text, got, err)
		}
		if back, err := wallet.EncodeCBOR(want); err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%s: encoded as %x, %v", text, back, err)
		}
	}
}

func TestCBORThatIsNotStrict(t *testing.T) {
	tests := map[string]string{
		"nothing":                "",
		"two items":              "0000",
		"integer not shortest":   "1817",
		"integer of 2 as 4":      "1a000003e8",
		"integer too large":      "1b8000000000000000",
		"negative too large":     "3b8000000000000000",
		"length not shortest":    "5801ff",
		"text length not short":  "780161",
		"array length not short": "980100",
		"tag not shortest":       "d80000",
		"indefinite bytes":       "5f4101ff",
		"indefinite text":        "7f6161ff",
		"indefinite array":       "9f01ff",
		"indefinite map":         "bf0102ff",
		"break alone":            "ff",
		"reserved length":        "1c",
		"half float":             "f93c00",
		"double":                 "fb3ff199999999999a",
		"undefined":              "f7",
		"simple 24":              "f818",
		"simple 0":               "e0",
		"bytes cut short":        "4401",
		"array cut short":        "8201",
		"map cut short":          "a101",
		"array of 2^32":          "9affffffff",
		"bytes of 2^64-1":        "5bffffffffffffffff",
		"tag without content":    "c0",
		"text not UTF-8":         "61ff",
		"duplicate integer key":  "a201000100",
		"duplicate text key":     "a2616100616100",
		"byte string key":        "a1410000",
		"array key":              "a18000",
		"seventeen arrays deep":  strings.Repeat("81", 17) + "00",
		"seventeen tags deep":    strings.Repeat("c1", 17) + "00",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if v, err := wallet.DecodeCBOR(unhex(t, text)); err == nil {
				t.Errorf("accepted as %#v", v)
			}
		})
	}
	if _, err := wallet.DecodeCBOR(unhex(t, strings.Repeat("81", 16)+"00")); err != nil {
		t.Errorf("sixteen deep: %v", err)
	}
	if _, err := wallet.DecodeCBOR(append([]byte{0x9a, 0, 1, 0, 1}, make([]byte, 1<<16+1)...)); err == nil {
		t.Error("accepted more items than allowed")
	}
}

func TestCBOREncodesKnownTypesOnly(t *testing.T) {
	if _, err := wallet.EncodeCBOR([]any{1.5}); err == nil {
		t.Error("encoded a float")
	}
}

// What is accepted is written back byte for byte.
func FuzzCBOR(f *testing.F) {
	f.Add([]byte{0xa2, 0x01, 0x02, 0x03, 0x04})
	for _, name := range []string{"device_response", "device_request", "session_transcript_bytes", "reader_auth"} {
		f.Add(annexD(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := wallet.DecodeCBOR(raw)
		if err != nil {
			return
		}
		if back, err := wallet.EncodeCBOR(v); err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%x came back as %x, %v", raw, back, err)
		}
	})
}
