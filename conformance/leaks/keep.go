// Package leaks keeps what the services produced in a test run, and searches it for what nobody may be shown. Every rig and
// every browser of a run leaves what it saw in one folder; conformance/cmd/leaks looks through all of it at the end.
package leaks

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Variable names the folder that a run is kept in. Nothing is kept while it is unset.
const Variable = "RUN_RECORD"

// Kinds of thing that services produce.
const (
	URL       = "url"        // an address that was asked for, or that a page leads to
	Header    = "header"     // of an answer
	Log       = "log"        // a line
	Page      = "page"       // for people and organisations
	StaffPage = "staff page" // for caseworkers, who know whose case it is
)

// Entry is one thing, and where it was seen.
type Entry struct {
	Kind string `json:"kind"`
	At   string `json:"at"`
	Text string `json:"text"`
}

// Keeper keeps what one rig or browser saw, in a file of its own: one JSON object a line. A nil one keeps nothing. Safe for
// concurrent use.
type Keeper struct {
	mu   sync.Mutex
	file *os.File
	err  error
}

// Keep begins a file in dir. It returns nil when dir is empty.
func Keep(dir string) (*Keeper, error) {
	if dir == "" {
		return nil, nil
	}
	file, err := os.CreateTemp(dir, "*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("keep what was produced: %w", err)
	}
	return &Keeper{file: file}, nil
}

// Add keeps one thing. What could not be kept is Close's to say.
func (k *Keeper) Add(kind, at, text string) {
	if k == nil {
		return
	}
	line, err := json.Marshal(Entry{kind, at, text})
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		_, err = k.file.Write(append(line, '\n'))
	}
	k.err = errors.Join(k.err, err)
}

// Write keeps a line of a log.
func (k *Keeper) Write(line []byte) (int, error) {
	k.Add(Log, "services", string(line))
	return len(line), nil
}

// Close ends the file.
func (k *Keeper) Close() error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.err, k.file.Close())
}

// Read gives each entry that was kept in dir to yield, and returns how many files there are and their size in bytes.
func Read(dir string, yield func(Entry)) (files int, size int64, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return 0, 0, err
	}
	for _, path := range paths {
		n, err := readFile(path, yield)
		if err != nil {
			return 0, 0, fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
		size += n
	}
	return len(paths), size, nil
}

func readFile(path string, yield func(Entry)) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close() // was only read
	d := json.NewDecoder(file)
	for d.More() {
		var e Entry
		if err := d.Decode(&e); err != nil {
			return 0, err
		}
		yield(e)
	}
	return d.InputOffset(), nil
}
