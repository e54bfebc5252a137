// Package report writes docs/conformance.md and docs/interop.md from what a run of the judges left behind, and from nothing
// else.
package report

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"justice-wallet/conformance/record"
)

// Run is one run of the judges.
type Run struct {
	When  time.Time
	Took  time.Duration
	Go    string // version
	Lines []record.Line
	Steps []Step
}

// Step is one command of the run.
type Step struct {
	Name   string
	Took   time.Duration
	Failed bool
}

// kinds are the chapters, in their order.
var kinds = []struct{ kind, title, one string }{
	{record.KindRules, "Rules of `check`", "what is judged"},
	{record.KindTwins, "Twins with one fault, each caught by its own rule alone", "what they break"},
	{record.KindCases, "Cases of the hostile catalogue", "door or parser"},
	{record.KindVectors, "Vectors", "what they are for"},
	{record.KindPairs, "Interop pairs", "direction"},
	{record.KindFuzz, "Executions of fuzz targets", "target"},
	{record.KindMutations, "Rules taken out of the code, each noticed", "table"},
}

// Failed says whether anything did.
func (r Run) Failed() bool {
	return r.failures() > 0 || slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Failed })
}

func (r Run) failures() int {
	n := 0
	for _, l := range r.Lines {
		n += l.Failed
	}
	return n
}

// Missing lists the kinds of which nothing was counted, but for mutations, which are counted when asked for.
func (r Run) Missing() []string {
	var out []string
	for _, k := range kinds {
		if k.kind != record.KindMutations && len(r.of(k.kind)) == 0 {
			out = append(out, k.kind)
		}
	}
	return out
}

// of returns the lines of a kind, those of one group and name added up, in the order of groups and names.
func (r Run) of(kind string) []record.Line {
	var out []record.Line
	for _, l := range r.Lines {
		if l.Kind != kind {
			continue
		}
		i := slices.IndexFunc(out, func(o record.Line) bool { return o.Group == l.Group && o.Name == l.Name })
		if i < 0 {
			out = append(out, l)
			continue
		}
		out[i].Count, out[i].Failed = out[i].Count+l.Count, out[i].Failed+l.Failed
	}
	slices.SortStableFunc(out, func(a, b record.Line) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func sum(lines []record.Line) (count, failed int) {
	for _, l := range lines {
		count, failed = count+l.Count, failed+l.Failed
	}
	return count, failed
}

// Conformance writes docs/conformance.md.
func (r Run) Conformance(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Conformance\n\nWritten by `make conformance` from what that run counted, and from nothing else. Do not edit.\n\n")
	fmt.Fprintf(&b, "%s, %s, %s. ", r.When.UTC().Format("2 January 2006, 15:04 UTC"), r.Go, r.Took.Round(time.Second))
	if r.Failed() {
		fmt.Fprintf(&b, "**Something failed.**\n\n")
	} else {
		fmt.Fprintf(&b, "Nothing failed.\n\n")
	}
	fmt.Fprintf(&b, "| | count | failed |\n|---|--:|--:|\n")
	for _, k := range kinds {
		if lines := r.of(k.kind); len(lines) > 0 {
			count, failed := sum(lines)
			fmt.Fprintf(&b, "| %s | %d | %d |\n", k.title, count, failed)
		}
	}
	fmt.Fprintf(&b, "\nThe pairs are in [interop.md](interop.md), `check` in [check.md](check.md). A mutation has a row when `make conformance MUTATION=yes` took the rules out, too.\n\n")
	fmt.Fprintf(&b, "| step | took |\n|---|--:|\n")
	for _, s := range r.Steps {
		note := ""
		if s.Failed {
			note = ", **failed**"
		}
		fmt.Fprintf(&b, "| %s | %s%s |\n", s.Name, s.Took.Round(time.Second), note)
	}
	for _, k := range kinds {
		lines := grouped(r.of(k.kind))
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| %s | count | failed |\n|---|--:|--:|\n", k.title, k.one)
		for _, l := range lines {
			fmt.Fprintf(&b, "| %s | %d | %d |\n", l.Group, l.Count, l.Failed)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grouped adds up the lines of each group.
func grouped(lines []record.Line) []record.Line {
	var out []record.Line
	for _, l := range lines {
		if n := len(out); n > 0 && out[n-1].Group == l.Group {
			out[n-1].Count, out[n-1].Failed = out[n-1].Count+l.Count, out[n-1].Failed+l.Failed
			continue
		}
		l.Name = ""
		out = append(out, l)
	}
	return out
}

// Interop writes docs/interop.md.
func (r Run) Interop(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Other people's stacks\n\nWritten by `make conformance` from the run of %s. Do not edit. Each stack runs in a process of its own; "+
		"[what they are, and what they were helped with](../conformance/interop/README.md).\n", r.When.UTC().Format("2 January 2006"))
	group := ""
	for _, l := range r.of(record.KindPairs) {
		if l.Group != group {
			group = l.Group
			fmt.Fprintf(&b, "\n## %s\n\n| stack, and what passed between | tried | failed |\n|---|--:|--:|\n", group)
		}
		fmt.Fprintf(&b, "| %s | %d | %d |\n", l.Name, l.Count, l.Failed)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var executions = regexp.MustCompile(`fuzz: elapsed: \S+, execs: (\d+) `)

// Executions reads how often a fuzz target ran, out of what the go command printed.
func Executions(output string) (int, bool) {
	all := executions.FindAllStringSubmatch(output, -1)
	if len(all) == 0 {
		return 0, false
	}
	n, err := strconv.Atoi(all[len(all)-1][1])
	return n, err == nil
}
