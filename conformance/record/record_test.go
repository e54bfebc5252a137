package record_test

import (
	"slices"
	"testing"

	"justice-wallet/conformance/record"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	dir := t.TempDir()
	want := []record.Line{
		{Kind: record.KindCases, Group: "issuer", Count: 3, Failed: 1},
		{Kind: record.KindPairs, Group: "verifier", Name: "jose", Count: 1},
	}
	for _, l := range want {
		if err := record.Write(dir, l); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := record.Read(dir); err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestNumbersThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	for _, l := range []record.Line{{}, {Kind: "cases", Group: "x", Count: 1, Failed: 2}, {Kind: "cases", Group: "x", Count: -1}, {Group: "x", Count: 1}} {
		if err := record.Write(dir, l); err == nil {
			t.Errorf("%+v was recorded", l)
		}
	}
	if _, err := record.Read(dir); err == nil {
		t.Error("a folder without a record was read")
	}
	if err := record.Write("", record.Line{}); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}
