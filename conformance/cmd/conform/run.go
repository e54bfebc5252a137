package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"justice-wallet/conformance/record"
	"justice-wallet/conformance/report"
)

type options struct {
	fuzz     time.Duration
	mutation bool
	docs     string
}

// judges are the packages that count, by the step they are run in.
var judges = []struct {
	name string
	args []string
}{
	{"rules", []string{"./conformance/check", "./conformance/cmd/check"}},
	{"cases", []string{"-tags", "redis", "./conformance/hostile"}},
	{"vectors", []string{"./conformance/vectors/...", "./conformance/wallet", "./pkg/cose", "./pkg/did", "./pkg/format/...", "./pkg/jose", "./pkg/oid4vci",
		"./pkg/oid4vp", "./pkg/proximity", "./pkg/statuslist", "./pkg/statustoken"}},
	{"decoders beside independent ones", []string{"-tags", "interop", "./conformance/differential"}},
	{"interop pairs", []string{"-tags", "interop", "./conformance/interop"}},
}

// conform is one run.
type conform struct {
	options
	out io.Writer
	dir string // what is recorded
	report.Run
}

func run(ctx context.Context, o options, out io.Writer) (failed bool, err error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return true, err
	}
	defer os.RemoveAll(dir) // what it held is in the documents
	began := time.Now()
	c := &conform{options: o, out: out, dir: dir, Run: report.Run{When: began, Go: runtime.Version()}}
	for _, j := range judges {
		c.test(ctx, j.name, j.args...)
	}
	if err := c.fuzzAll(ctx); err != nil {
		return true, err
	}
	if o.mutation {
		c.test(ctx, "mutations", "-timeout", "60m", "-tags", "mutation", "./conformance/mutation")
	}
	if c.Lines, err = record.Read(dir); err != nil {
		return true, err
	}
	c.Took = time.Since(began)
	if missing := c.Missing(); len(missing) > 0 {
		err = fmt.Errorf("nothing was counted of %v", missing)
	}
	return c.Failed(), errors.Join(err, c.write())
}

// step times f, and says how it went.
func (c *conform) step(name string, f func() error) {
	began := time.Now()
	err := f()
	s := report.Step{Name: name, Took: time.Since(began), Failed: err != nil}
	c.Steps = append(c.Steps, s)
	fmt.Fprintf(c.out, "%-40s %8s  failed: %t\n", name, s.Took.Round(time.Second), s.Failed)
}

func (c *conform) test(ctx context.Context, name string, args ...string) {
	c.step(name, func() error {
		output, err := c.goTool(ctx, append([]string{"test", "-count", "1"}, args...)...)
		if err != nil {
			fmt.Fprintln(c.out, output)
		}
		return err
	})
}

// goTool runs the go command, with the judges told where to leave their numbers.
func (c *conform) goTool(ctx context.Context, args ...string) (string, error) {
	var b bytes.Buffer
	command := exec.CommandContext(ctx, "go", args...)
	command.Env = append(os.Environ(), record.Variable+"="+c.dir)
	command.Stdout, command.Stderr = &b, &b
	err := command.Run()
	return b.String(), err
}

// fuzzAll runs every fuzz target of the module for a short time.
func (c *conform) fuzzAll(ctx context.Context) error {
	targets, err := c.targets(ctx)
	if err != nil {
		return err
	}
	c.step("fuzz", func() error {
		var errs []error
		for _, t := range targets {
			errs = append(errs, c.fuzzOne(ctx, t[0], t[1]))
		}
		return errors.Join(errs...)
	})
	return nil
}

// targets lists package and name of every fuzz target, by the files that hold them: nothing is compiled for that.
func (c *conform) targets(ctx context.Context) ([][2]string, error) {
	const format = `{{$d := .Dir}}{{$p := .ImportPath}}{{range .TestGoFiles}}{{$p}} {{$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$p}} {{$d}}/{{.}}{{"\n"}}{{end}}`
	listing, err := c.goTool(ctx, "list", "-f", format, "./...")
	if err != nil {
		return nil, fmt.Errorf("list packages: %w\n%s", err, listing)
	}
	var out [][2]string
	for line := range strings.Lines(listing) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		if file == "" {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, target := range fuzzFunctions(string(content)) {
			out = append(out, [2]string{name, target})
		}
	}
	return out, nil
}

func fuzzFunctions(source string) []string {
	var out []string
	for _, line := range strings.Split(source, "\n") {
		if rest, ok := strings.CutPrefix(line, "func Fuzz"); ok {
			name, _, _ := strings.Cut(rest, "(")
			out = append(out, "Fuzz"+name)
		}
	}
	return out
}

func (c *conform) fuzzOne(ctx context.Context, name, target string) error {
	output, err := c.goTool(ctx, "test", "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", c.fuzz.String(), name)
	n, counted := report.Executions(output)
	if err == nil && !counted {
		err = fmt.Errorf("%s %s: no executions were counted", name, target)
	}
	l := record.Line{Kind: record.KindFuzz, Group: strings.TrimPrefix(name, "justice-wallet/") + " " + target, Count: max(n, 1)}
	if err != nil {
		fmt.Fprintln(c.out, output)
		l.Failed = 1
	}
	return errors.Join(err, record.Write(c.dir, l))
}

// write writes both documents.
func (c *conform) write() error {
	var conformance, interop bytes.Buffer
	if err := errors.Join(c.Conformance(&conformance), c.Interop(&interop)); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(c.docs, "conformance.md"), conformance.Bytes(), 0o644),
		os.WriteFile(filepath.Join(c.docs, "interop.md"), interop.Bytes(), 0o644),
	)
}
