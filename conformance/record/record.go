// Package record is how the judges leave their numbers for docs/conformance.md, which is written from runs alone.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Variable names the folder that numbers are left in. Judges leave none while it is unset.
const Variable = "CONFORMANCE_RECORD"

// file is one JSON object a line. Lines are far shorter than what an append writes as one.
const file = "record.jsonl"

// Kinds of thing that are counted.
const (
	KindRules     = "rules"     // of conformance/check
	KindTwins     = "twins"     // broken issuers and verifiers that the rules were tried on
	KindCases     = "cases"     // of the hostile catalogue
	KindVectors   = "vectors"   // published, and our own
	KindPairs     = "pairs"     // of ours and another stack: Name says which
	KindFuzz      = "fuzz"      // executions of a fuzz target
	KindMutations = "mutations" // rules taken out
)

// Line is what one group of one kind came to.
type Line struct {
	Kind   string `json:"kind"`
	Group  string `json:"group"`          // "verifier endpoints"
	Name   string `json:"name,omitempty"` // one of the group, where each has a line
	Count  int    `json:"count"`
	Failed int    `json:"failed"`
}

// Write adds l to what is recorded in dir. It does nothing when dir is empty.
func Write(dir string, l Line) (err error) {
	if dir == "" {
		return nil
	}
	if l.Kind == "" || l.Group == "" || l.Count < 0 || l.Failed < 0 || l.Failed > l.Count {
		return fmt.Errorf("record %+v: kind, group or counts are wrong", l)
	}
	content, err := json.Marshal(l)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(content, '\n'))
	return errors.Join(err, f.Close())
}

// Read returns every line that was recorded in dir, in the order they came.
func Read(dir string) ([]Line, error) {
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	defer f.Close() // was only read
	var out []Line
	d := json.NewDecoder(f)
	for d.More() {
		var l Line
		if err := d.Decode(&l); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		out = append(out, l)
	}
	return out, nil
}
