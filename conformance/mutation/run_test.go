//go:build mutation

package mutation_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"justice-wallet/conformance/record"
	"justice-wallet/conformance/story"
)

func TestTheDemonstrationNoticesEveryRuleThatIsMissing(t *testing.T) {
	count := counter(t, "the demonstration")
	for _, m := range demoMutants {
		t.Run(m.rule, func(t *testing.T) {
			t.Parallel()
			defer count(t)
			program := filepath.Join(t.TempDir(), "demo")
			if out, err := goTool("build", "-overlay", m.overlay(t), "-o", program, "./conformance/cmd/demo"); err != nil {
				t.Fatalf("it must compile to prove anything: %v\n%s", err, out)
			}
			out, err := exec.Command(program, "-json").Output()
			if err == nil {
				t.Errorf("the demonstration held without it")
			}
			if step := steps(t, out)[m.step]; step == nil || step.OK {
				t.Errorf("step %q did not fail: %s", m.step, out)
			}
		})
	}
}

// counter records, when t and its parts have ended, how many rules a judge was tried on and how many it missed.
func counter(t *testing.T, judge string) (count func(*testing.T)) {
	var tried, missed atomic.Int64
	t.Cleanup(func() {
		l := record.Line{Kind: record.KindMutations, Group: judge, Count: int(tried.Load()), Failed: int(missed.Load())}
		if err := record.Write(os.Getenv(record.Variable), l); err != nil {
			t.Error(err)
		}
	})
	return func(t *testing.T) {
		tried.Add(1)
		if t.Failed() {
			missed.Add(1)
		}
	}
}

func steps(t *testing.T, lines []byte) map[string]*story.Step {
	t.Helper()
	out := map[string]*story.Step{}
	for s := bufio.NewScanner(bytes.NewReader(lines)); s.Scan(); {
		var step story.Step
		if err := json.Unmarshal(s.Bytes(), &step); err != nil {
			t.Fatalf("%v: %s", err, s.Text())
		}
		out[step.Name] = &step
	}
	return out
}

func TestEveryCheckOfTheVerifierIsHeld(t *testing.T) {
	count := counter(t, "a test for each check of the verifier")
	for _, m := range tested() {
		t.Run(m.rule, func(t *testing.T) {
			t.Parallel()
			defer count(t)
			out, err := goTool("test", "-tags", "pkcs11,tools", "-overlay", m.overlay(t), "-count", "1", "-vet", "off", "-run", "^("+m.test+")", m.pkg)
			if err == nil {
				t.Fatalf("%s holds without it", m.test)
			}
			if !strings.Contains(out, "--- FAIL: Test") {
				t.Fatalf("it must compile, and the test fail, to prove anything:\n%s", out)
			}
		})
	}
}

// overlay writes the changed file and the map that puts it in place of the true one, and returns the map's path.
func (m mutant) overlay(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	changed, table := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{changed: m.changed(t), table: replace} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

// goTool runs the go command in the root of the module, and returns what it printed.
func goTool(args ...string) (string, error) {
	var out bytes.Buffer
	command := exec.Command("go", args...)
	command.Dir, command.Stdout, command.Stderr = root, &out, &out
	err := command.Run()
	return out.String(), err
}
