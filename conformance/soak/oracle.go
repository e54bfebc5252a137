package soak

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// slot is one place in one list.
type slot struct {
	uri   string
	index int
}

// oracle writes every acknowledgement to a file and has it synced, so that what it says was acknowledged was.
type oracle struct {
	path string

	mu    sync.Mutex
	file  *os.File
	ended map[slot]time.Time // when the ending was acknowledged
	given []slot
}

func openOracle(path string) (*oracle, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	return &oracle{path: path, file: f, ended: map[slot]time.Time{}}, err
}

func (o *oracle) gave(s slot) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.given = append(o.given, s)
	return o.write("given", s)
}

func (o *oracle) end(s slot) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended[s] = time.Now()
	return o.write("ended", s)
}

func (o *oracle) write(what string, s slot) error {
	if _, err := fmt.Fprintf(o.file, "%s %s %d\n", what, s.uri, s.index); err != nil {
		return err
	}
	return o.file.Sync()
}

// acknowledged is how many of each there are.
func (o *oracle) acknowledged() (given, ended int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.given), len(o.ended)
}

// endings returns those acknowledged so far.
func (o *oracle) endings() map[slot]time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make(map[slot]time.Time, len(o.ended))
	for s, at := range o.ended {
		out[s] = at
	}
	return out
}

// read returns what the file says, which is what counts: each place given, as often as it was, and each that ended.
func (o *oracle) read() (given map[slot]int, ended map[slot]bool, err error) {
	text, err := os.ReadFile(o.path)
	if err != nil {
		return nil, nil, err
	}
	given, ended = map[slot]int{}, map[slot]bool{}
	for line := range strings.Lines(string(text)) {
		var what string
		var s slot
		if _, err := fmt.Sscanf(line, "%s %s %d\n", &what, &s.uri, &s.index); err != nil {
			return nil, nil, fmt.Errorf("read the oracle's file: %w", err)
		}
		if what == "given" {
			given[s]++
		} else {
			ended[s] = true
		}
	}
	return given, ended, nil
}
