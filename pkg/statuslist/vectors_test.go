package statuslist_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"justice-wallet/pkg/statuslist"
)

func readVectors(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("../../conformance/vectors/tsl/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// exampleClaim returns the claim of an example of the draft, whose long texts are folded over lines.
func exampleClaim(t testing.TB, name string) statuslist.Claim {
	t.Helper()
	var file struct{ Examples map[string]string }
	readVectors(t, "examples.json", &file)
	example := file.Examples[name]
	start := strings.Index(example, "{")
	if start < 0 {
		t.Fatalf("no claim in example %q", name)
	}
	unfolded := regexp.MustCompile(`\n *`).ReplaceAllString(example[start:], "")
	var c statuslist.Claim
	if err := json.Unmarshal([]byte(unfolded), &c); err != nil {
		t.Fatalf("example %q: %v", name, err)
	}
	return c
}

type vectorSet struct {
	Status   map[int]byte
	Includes []string
}

func vectorSets(t testing.TB) map[string]vectorSet {
	t.Helper()
	var file struct{ Sets map[string]vectorSet }
	readVectors(t, "test_vectors.json", &file)
	if len(file.Sets) != 4 {
		t.Fatalf("%d sets of vectors, want 4", len(file.Sets))
	}
	return file.Sets
}

func wantOnly(t testing.TB, l *statuslist.List, want map[int]byte) {
	t.Helper()
	if l.Len() != 1<<20 {
		t.Fatalf("%d entries, want 2^20", l.Len())
	}
	for i := range l.Len() {
		if got, err := l.Get(i); err != nil || got != want[i] {
			t.Fatalf("entry %d is %d (%v), want %d", i, got, err, want[i])
		}
	}
}

func TestDraftVectorsDecode(t *testing.T) {
	for name, s := range vectorSets(t) {
		t.Run(name, func(t *testing.T) {
			l, err := statuslist.DecodeToken(exampleClaim(t, s.Includes[0]), 0)
			if err != nil {
				t.Fatal(err)
			}
			wantOnly(t, l, s.Status)
		})
	}
}

func TestDraftVectorsSurviveOurEncodings(t *testing.T) {
	for name, s := range vectorSets(t) {
		t.Run(name, func(t *testing.T) {
			l := newList(t, exampleClaim(t, s.Includes[0]).Bits, 1<<20)
			for i, v := range s.Status {
				set(t, l, i, v)
			}
			wantOnly(t, throughToken(t, l), s.Status)
			wantOnly(t, throughBitstring(t, l), s.Status)
		})
	}
}

func throughToken(t testing.TB, l *statuslist.List) *statuslist.List {
	t.Helper()
	claim, err := l.EncodeToken()
	if err != nil {
		t.Fatal(err)
	}
	out, err := statuslist.DecodeToken(claim, l.Len())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func throughBitstring(t testing.TB, l *statuslist.List) *statuslist.List {
	t.Helper()
	encoded, err := l.EncodeBitstring()
	if err != nil {
		t.Fatal(err)
	}
	out, err := statuslist.DecodeBitstring(encoded, l.Bits(), l.Len())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The draft's one-bit example, §4.1: the byte array is b9 a3.
func TestDraftOneBitExample(t *testing.T) {
	l, err := statuslist.DecodeToken(exampleClaim(t, "status_list_encoding_json.md"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []byte{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1} {
		wantStatus(t, l, i, want)
	}
}

func TestGOVUKDualEncoding(t *testing.T) {
	var v struct {
		Encoded  string `json:"bitstring_encodedList"`
		Size     int    `json:"bitstring_statusSize"`
		Bits     int    `json:"tsl_bits"`
		List     string `json:"tsl_lst"`
		Statuses []int  `json:"statuses_both"`
	}
	readVectors(t, "govuk_dual_encoding.json", &v)
	token, err := statuslist.DecodeToken(statuslist.Claim{Bits: v.Bits, List: v.List}, 0)
	if err != nil {
		t.Fatal(err)
	}
	bitstring, err := statuslist.DecodeBitstring(v.Encoded, v.Size, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Statuses) != 8 || token.Len() != 8 || bitstring.Len() != 8 {
		t.Fatalf("%d, %d and %d entries, want 8", len(v.Statuses), token.Len(), bitstring.Len())
	}
	for i, want := range v.Statuses {
		wantStatus(t, token, i, byte(want))
		wantStatus(t, bitstring, i, byte(want))
	}
}
