package mutation_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write has the list of rules written anew: go test ./conformance/mutation -run TestTheListOfRulesIsWritten -write
var write = flag.Bool("write", false, "write docs/rules.md")

const listFile = "docs/rules.md"

// listed is one rule in the list, and who notices that it is gone.
type listed struct{ rule, file, noticed string }

// list is every rule of every table, by the room and file it stands in and in the order of its table.
func list() []listed {
	var all []listed
	for _, m := range tested() {
		pkg := strings.TrimPrefix(m.pkg, "./")
		all = append(all, listed{m.rule, m.file, fmt.Sprintf("`%s` in `%s`", strings.ReplaceAll(m.test, "|", "`, `"), pkg)})
	}
	for _, m := range demoMutants {
		all = append(all, listed{m.rule, m.file, fmt.Sprintf("`make demo`, at the step “%s”", m.step)})
	}
	slices.SortStableFunc(all, func(a, b listed) int {
		return cmp.Or(strings.Compare(path.Dir(a.file), path.Dir(b.file)), strings.Compare(a.file, b.file))
	})
	return all
}

func written() string {
	var out strings.Builder
	all := list()
	fmt.Fprintf(&out, `# Rules, and who notices when one is gone

Written by `+"`go test ./conformance/mutation -run TestTheListOfRulesIsWritten -write`"+` from the tables of `+"`conformance/mutation`"+`;
a test of every run says when it is out of date. `+"`make mutation`"+` takes out each of these %d rules, one at a time, and fails unless
what is named beside it then fails. The hostile catalogue (`+"`conformance/hostile`"+`) tries the same rules from outside.
`, len(all))
	room := ""
	for _, l := range all {
		if dir := path.Dir(l.file); dir != room {
			room = dir
			fmt.Fprintf(&out, "\n## %s\n\n| rule | where it stands | who notices |\n|---|---|---|\n", room)
		}
		fmt.Fprintf(&out, "| %s | `%s` | %s |\n", strings.ReplaceAll(l.rule, "|", `\|`), path.Base(l.file), l.noticed)
	}
	return out.String()
}

func TestTheListOfRulesIsWritten(t *testing.T) {
	file := filepath.Join(root, listFile)
	if *write {
		if err := os.WriteFile(file, []byte(written()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != written() {
		t.Errorf("%s is out of date (%v): go test ./conformance/mutation -run TestTheListOfRulesIsWritten -write", listFile, err)
	}
}
