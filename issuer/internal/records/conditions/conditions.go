// Package conditions says what may be told of the conditions on a licence: their codes, their categories, and the words
// of those few that can name nobody.
//
// It fails closed. A code, a policy version or a wording that its table does not hold is only ever "other conditions".
package conditions

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

//go:embed conditions.yaml
var shipped []byte

// Additional is one additional condition, as a licence states it.
type Additional struct {
	Code         string
	Text         string   // with the officer's words filled in
	Restrictions []string // what an electronic tag is for; only on tagging conditions
}

// Summary is what may be told.
type Summary struct {
	PolicyVersion          string   // "4.0"; empty when the version is unknown
	Standard               []string // codes of known standard conditions
	Categories             []string // of known additional conditions, each once, in the licence's order
	Texts                  []Text   // of allow-listed conditions
	Other                  bool     // there are conditions of which nothing may be told
	AddressApproval        bool     // the person needs permission for where they live
	WorkApproval           bool     // the person must speak to their officer before new work
	Curfew                 bool
	CurfewStart, CurfewEnd string // HH:MM; empty unless there is exactly one pair of hours
}

// Text is the wording of one condition.
type Text struct{ Code, Text string }

// Table is the shipped table. It is never written after Load, and so safe for concurrent use.
type Table struct {
	versions   map[string]string // wire name to version: V4_0 to 4.0
	standard   map[row]standard
	additional map[row]additional
}

type row struct{ version, code string }

type standard struct{ requires string }

type additional struct {
	category string
	text     string
	curfew   bool
}

// file is conditions.yaml.
type file struct {
	Versions map[string]string
	Standard []struct {
		Code     string
		Versions []string
		Requires string
	}
	Additional []struct {
		Category   string
		Conditions []entry
	}
}

type entry struct {
	Code     string
	Versions []string
	Inputs   string
	Curfew   bool
	Text     string
}

// What a standard condition can require.
const (
	addressApproval = "address_approval"
	workApproval    = "work_approval"
)

// Load reads the shipped table.
func Load() (*Table, error) { return Read(shipped) }

// Read reads a table in the form of conditions.yaml, or says what is wrong with it.
func Read(data []byte) (*Table, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var f file
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("read conditions: %w", err)
	}
	if err := decoder.Decode(new(any)); err != io.EOF {
		return nil, fmt.Errorf("read conditions: more than one document")
	}
	t := &Table{versions: f.Versions, standard: map[row]standard{}, additional: map[row]additional{}}
	return t, t.fill(f)
}

func (t *Table) fill(f file) error {
	for _, s := range f.Standard {
		if s.Requires != "" && s.Requires != addressApproval && s.Requires != workApproval {
			return fmt.Errorf("condition %s: requires %q is unknown", s.Code, s.Requires)
		}
		if err := add(t, t.standard, s.Code, s.Versions, standard{s.Requires}); err != nil {
			return err
		}
	}
	for _, group := range f.Additional {
		for _, e := range group.Conditions {
			if err := e.check(); err != nil {
				return err
			}
			a := additional{group.Category, e.Text, e.Curfew}
			if err := add(t, t.additional, e.Code, e.Versions, a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e entry) check() error {
	switch e.Inputs {
	case "none":
		return nil
	case "chosen", "free":
		if e.Text != "" {
			return fmt.Errorf("condition %s: a text with inputs cannot be allow-listed", e.Code)
		}
		return nil
	default:
		return fmt.Errorf("condition %s: inputs %q is unknown", e.Code, e.Inputs)
	}
}

// add enters one condition under each of its versions.
func add[T any](t *Table, rows map[row]T, code string, versions []string, value T) error {
	for _, v := range versions {
		if !t.knows(v) {
			return fmt.Errorf("condition %s: policy version %q is unknown", code, v)
		}
		if _, found := rows[row{v, code}]; found {
			return fmt.Errorf("condition %s: listed twice in policy %s", code, v)
		}
		rows[row{v, code}] = value
	}
	return nil
}

func (t *Table) knows(version string) bool {
	for _, v := range t.versions {
		if v == version {
			return true
		}
	}
	return false
}
