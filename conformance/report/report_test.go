package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/record"
	"justice-wallet/conformance/report"
)

var run = report.Run{
	When: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), Took: 61 * time.Second, Go: "go1.26.0",
	Lines: []record.Line{
		{Kind: record.KindCases, Group: "parsers", Count: 200},
		{Kind: record.KindPairs, Group: "We issue, they read", Name: "jose: a JWT", Count: 1},
		{Kind: record.KindPairs, Group: "We issue, they read", Name: "jose: a JWT", Count: 1},
		{Kind: record.KindPairs, Group: "They issue, we read", Name: "jose: a JWT", Count: 1},
		{Kind: record.KindCases, Group: "doors", Count: 51},
	},
	Steps: []report.Step{{Name: "cases", Took: time.Minute}},
}

func written(t *testing.T, r report.Run) (conformance, interop string) {
	t.Helper()
	var a, b strings.Builder
	if err := r.Conformance(&a); err != nil {
		t.Fatal(err)
	}
	if err := r.Interop(&b); err != nil {
		t.Fatal(err)
	}
	return a.String(), b.String()
}

func TestTheReport(t *testing.T) {
	conformance, interop := written(t, run)
	for _, line := range []string{
		"25 November 2026, 10:00 UTC, go1.26.0, 1m1s. Nothing failed.", "| Cases of the hostile catalogue | 251 | 0 |", "| Interop pairs | 3 | 0 |",
		"| doors | 51 | 0 |\n| parsers | 200 | 0 |", "| They issue, we read | 1 | 0 |\n| We issue, they read | 2 | 0 |", "| cases | 1m0s |",
	} {
		if !strings.Contains(conformance, line) {
			t.Errorf("no %q in\n%s", line, conformance)
		}
	}
	if strings.Contains(conformance, "fuzz") || strings.Contains(conformance, "| Vectors") {
		t.Errorf("says what nobody counted:\n%s", conformance)
	}
	if !strings.Contains(interop, "## We issue, they read\n\n| stack, and what passed between | tried | failed |\n|---|--:|--:|\n| jose: a JWT | 2 | 0 |") {
		t.Errorf("%s", interop)
	}
}

func TestAFailureIsSaid(t *testing.T) {
	failing := run
	failing.Lines = append([]record.Line{{Kind: record.KindFuzz, Group: "x", Count: 1, Failed: 1}}, run.Lines...)
	stopped := run
	stopped.Steps = []report.Step{{Name: "cases", Failed: true}}
	for _, r := range []report.Run{failing, stopped} {
		if conformance, _ := written(t, r); !r.Failed() || !strings.Contains(conformance, "**Something failed.**") {
			t.Errorf("%s", conformance)
		}
	}
	if run.Failed() {
		t.Error("a run without a failure failed")
	}
}

func TestWhatWasNotCountedIsMissing(t *testing.T) {
	if missing := run.Missing(); !slices.Equal(missing, []string{"rules", "twins", "vectors", "fuzz"}) {
		t.Errorf("%v", missing)
	}
}

func TestExecutions(t *testing.T) {
	const output = "fuzz: elapsed: 0s, gathering baseline coverage: 0/5 completed\nfuzz: elapsed: 3s, execs: 1200 (400/sec), new interesting: 1 (total: 6)\n" +
		"fuzz: elapsed: 5s, execs: 2345 (500/sec), new interesting: 1 (total: 6)\nPASS\n"
	if n, ok := report.Executions(output); n != 2345 || !ok {
		t.Errorf("%d %t", n, ok)
	}
	if _, ok := report.Executions("PASS"); ok {
		t.Error("executions of nothing")
	}
}
