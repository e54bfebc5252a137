package statuslist_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"justice-wallet/pkg/statuslist"
)

// The streams here are made by another compressor than the one under test.
func zlibText(level int, packed []byte, after ...byte) string {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, level)
	return finish(&b, w, err, packed, after)
}

func gzipText(packed []byte, after ...byte) string {
	var b bytes.Buffer
	return finish(&b, gzip.NewWriter(&b), nil, packed, after)
}

func finish(b *bytes.Buffer, w io.WriteCloser, err error, packed, after []byte) string {
	if err == nil {
		_, err = w.Write(packed)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // writing to memory
	}
	return base64.RawURLEncoding.EncodeToString(append(b.Bytes(), after...))
}

func TestDecodeTokenTakesEveryLevel(t *testing.T) {
	packed := []byte{0x41, 0x44, 0, 0, 0, 0, 0, 0x80}
	for level := zlib.HuffmanOnly; level <= zlib.BestCompression; level++ {
		l, err := statuslist.DecodeToken(statuslist.Claim{Bits: 2, List: zlibText(level, packed)}, 32)
		if err != nil {
			t.Fatalf("level %d: %v", level, err)
		}
		wantStatus(t, l, 0, 1)
		wantStatus(t, l, 31, 2)
	}
}

func TestDecodeTokenRefuses(t *testing.T) {
	good := zlibText(9, make([]byte, 64))
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	badSum := bytes.Clone(raw)
	badSum[len(badSum)-1] ^= 1
	for name, c := range map[string]statuslist.Claim{
		"0 bits":                {Bits: 0, List: good},
		"3 bits":                {Bits: 3, List: good},
		"nothing":               {Bits: 2},
		"padding":               {Bits: 2, List: good + "="},
		"a line break":          {Bits: 2, List: good[:4] + "\n" + good[4:]},
		"a line break at last":  {Bits: 2, List: good + "\r\n"},
		"a blank":               {Bits: 2, List: " " + good},
		"the standard alphabet": {Bits: 2, List: base64.RawStdEncoding.EncodeToString([]byte{0xff, 0xff, 0xff})},
		"bits left over":        {Bits: 1, List: "eNrbuRgAAhcBXR"}, // the draft's example ends in Q
		"a byte after":          {Bits: 2, List: zlibText(9, make([]byte, 64), 0)},
		"a stream after":        {Bits: 2, List: zlibText(9, make([]byte, 64), raw...)},
		"cut short":             {Bits: 2, List: base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1])},
		"a wrong checksum":      {Bits: 2, List: base64.RawURLEncoding.EncodeToString(badSum)},
		"gzip":                  {Bits: 2, List: gzipText(make([]byte, 64))},
		"no entries":            {Bits: 2, List: zlibText(9, nil)},
		"a byte too many":       {Bits: 2, List: zlibText(9, make([]byte, 65))},
		"a bomb":                {Bits: 2, List: zlibText(9, make([]byte, 10<<20))},
	} {
		if _, err := statuslist.DecodeToken(c, 256); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
	if _, err := statuslist.DecodeToken(statuslist.Claim{Bits: 2, List: good}, 256); err != nil {
		t.Errorf("control: %v", err)
	}
}

func TestDecodeBitstringRefuses(t *testing.T) {
	good := gzipText(make([]byte, 32))
	member, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, encoded := range map[string]string{
		"no multibase prefix":     good,
		"another multibase":       "m" + good,
		"nothing":                 "",
		"the prefix alone":        "u",
		"padding":                 "u" + good + "=",
		"a line break":            "u" + good + "\n",
		"a second member":         "u" + gzipText(make([]byte, 32), member...),
		"a byte after":            "u" + gzipText(make([]byte, 64), 0),
		"zlib":                    "u" + zlibText(9, make([]byte, 64)),
		"a byte too many":         "u" + gzipText(make([]byte, 65)),
		"a bomb":                  "u" + gzipText(make([]byte, 10<<20)),
		"text of digits, plainly": "u" + base64.RawURLEncoding.EncodeToString([]byte("0,0,1,0")),
	} {
		if _, err := statuslist.DecodeBitstring(encoded, 2, 256); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
	if _, err := statuslist.DecodeBitstring("u"+good, 3, 256); err == nil {
		t.Error("entries of 3 bits: decoded")
	}
	if _, err := statuslist.DecodeBitstring("u"+good, 2, 256); err != nil {
		t.Errorf("control: %v", err)
	}
}

func TestALongTextIsNotEvenDecoded(t *testing.T) {
	_, err := statuslist.DecodeToken(statuslist.Claim{Bits: 2, List: strings.Repeat("!", 1000)}, 256)
	if err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v, want too long", err)
	}
}

func TestTheLimitIsTheCallers(t *testing.T) {
	packed := make([]byte, statuslist.MaxEntries/4+1)
	claim := statuslist.Claim{Bits: 2, List: zlibText(9, packed)}
	if _, err := statuslist.DecodeToken(claim, 0); err == nil {
		t.Error("more than MaxEntries decoded by default")
	}
	if _, err := statuslist.DecodeToken(claim, 2*statuslist.MaxEntries); err != nil {
		t.Errorf("under the caller's limit: %v", err)
	}
}

func TestBothEncodingsSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "bits")
		values := rapid.SliceOfN(rapid.ByteRange(0, byte(1<<bits-1)), 1, 300).Draw(t, "values")
		l, err := statuslist.New(bits, len(values))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if err := l.Set(i, v); err != nil {
				t.Fatal(err)
			}
		}
		for _, decoded := range decodings(t, l) {
			for i, want := range values {
				if got, err := decoded.Get(i); err != nil || got != want {
					t.Fatalf("entry %d is %d (%v), want %d", i, got, err, want)
				}
			}
		}
	})
}

func decodings(t *rapid.T, l *statuslist.List) []*statuslist.List {
	claim, err := l.EncodeToken()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := l.EncodeBitstring()
	if err != nil {
		t.Fatal(err)
	}
	a, err := statuslist.DecodeToken(claim, l.Len())
	if err != nil {
		t.Fatal(err)
	}
	b, err := statuslist.DecodeBitstring(encoded, l.Bits(), l.Len())
	if err != nil {
		t.Fatal(err)
	}
	return []*statuslist.List{a, b}
}

func FuzzDecodeToken(f *testing.F) {
	f.Add(2, "eNpzdAEAAMgAhg")
	f.Add(1, "eNrbuRgAAhcBXQ")
	f.Fuzz(func(t *testing.T, bits int, text string) {
		l, err := statuslist.DecodeToken(statuslist.Claim{Bits: bits, List: text}, 1<<12)
		if err == nil && (l.Len() < 1 || l.Len() > 1<<12+7) {
			t.Errorf("%d entries", l.Len())
		}
	})
}

func FuzzDecodeBitstring(f *testing.F) {
	f.Add(2, "uH4sIAAAAAAAAA3MUBABJTAvCAgAAAA")
	f.Fuzz(func(t *testing.T, bits int, text string) {
		l, err := statuslist.DecodeBitstring(text, bits, 1<<12)
		if err == nil && (l.Len() < 1 || l.Len() > 1<<12+7) {
			t.Errorf("%d entries", l.Len())
		}
	})
}
