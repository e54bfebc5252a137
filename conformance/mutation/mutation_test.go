//go:build mutation

// Package mutation_test takes rules out of the code, one at a time, and shows that a judge notices. A rule whose removal
// nobody notices is a rule that nobody holds.
//
// The code itself is never touched: the go command compiles a changed copy of one file in its place (go build -overlay).
package mutation_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// mutant is the code without one rule: file with each `from` replaced by its `to`. Each must stand in file exactly once.
type mutant struct {
	rule  string // what no longer holds
	file  string // from the root of the module
	edits []string
}

// overlay writes the changed file and the map that puts it in place of the true one, and returns the map's path.
func (m mutant) overlay(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for i := 0; i < len(m.edits); i += 2 {
		if n := strings.Count(text, m.edits[i]); n != 1 {
			t.Fatalf("%s: %q stands there %d times, want once: mend the table", m.file, m.edits[i], n)
		}
		text = strings.Replace(text, m.edits[i], m.edits[i+1], 1)
	}
	dir := t.TempDir()
	changed, table := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{changed: []byte(text), table: replace} {
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
