// Package mutation_test takes rules out of the code, one at a time, and shows that a judge notices. A rule whose removal
// nobody notices is a rule that nobody holds.
//
// The code itself is never touched: the go command compiles a changed copy of one file in its place (go build -overlay).
// That takes minutes, and is `make mutation`; what is tested always is that the tables still speak of the code.
package mutation_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
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

// testedMutant is a mutant with the test that must fail for it.
type testedMutant struct {
	mutant
	pkg, test string
}

// tested are the mutants that a test of their own holds.
func tested() []testedMutant {
	return slices.Concat(verifierMutants, issuerMutants, providerMutants, lifeMutants, statusMutants)
}

// changed is file without the rule.
func (m mutant) changed(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, m.file))
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
	return []byte(text)
}

func TestEveryRowStandsInTheCodeOnce(t *testing.T) {
	for _, m := range rows() {
		t.Run(m.rule, func(t *testing.T) {
			if _, err := parser.ParseFile(token.NewFileSet(), m.file, m.changed(t), parser.SkipObjectResolution); err != nil {
				t.Errorf("what is left is no Go: %v", err)
			}
		})
	}
}

// rows are the mutants of all tables.
func rows() []mutant {
	var all []mutant
	for _, m := range demoMutants {
		all = append(all, m.mutant)
	}
	for _, m := range tested() {
		all = append(all, m.mutant)
	}
	return all
}

// A pattern that matches no test, or that would match any, holds nothing.
func TestEveryRowNamesATestThatIsThere(t *testing.T) {
	tests := map[string][]string{}
	for _, m := range tested() {
		if tests[m.pkg] == nil {
			tests[m.pkg] = testsIn(t, m.pkg)
		}
		for name := range strings.SplitSeq(m.test, "|") {
			is := regexp.MustCompile("^" + name).MatchString
			if !strings.HasPrefix(name, "Test") || name == "Test" || !slices.ContainsFunc(tests[m.pkg], is) {
				t.Errorf("%s: %s has no test %q", m.rule, m.pkg, name)
			}
		}
	}
}

func testsIn(t *testing.T, pkg string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// A rule that stands twice with one judge is one rule that somebody counted for two; and a room whose work is to refuse has
// rules.
func TestTheListOfRulesIsWhole(t *testing.T) {
	seen, files := map[string]bool{}, map[string]bool{}
	note := func(judge string, m mutant) {
		key := judge + m.file + strings.Join(m.edits, "\x00")
		if seen[key] {
			t.Errorf("%s: this very change stands there twice", m.rule)
		}
		seen[key], files[path.Dir(m.file)] = true, true
	}
	for _, m := range demoMutants {
		note("the demonstration", m.mutant)
	}
	for _, m := range tested() {
		note("a test", m.mutant)
	}
	for _, room := range []string{
		"pkg/verification", "pkg/format/mdoc", "pkg/format/sdjwt", "pkg/cose", "pkg/jose", "pkg/oid4vci", "pkg/oid4vp", "pkg/proximity", "pkg/purpose",
		"pkg/statustoken", "pkg/vical", "pkg/issuance", "verifier", "verifier/internal/openid4vp", "verifier/internal/statusfetch",
		"verifier/internal/trust", "issuer/internal/statusapi", "keys", "keys/guard", "keys/pkcs11", "keys/kms", "keys/providers",
	} {
		if !files[room] {
			t.Errorf("no rule of %s is taken out", room)
		}
	}
}
