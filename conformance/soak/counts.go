package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// What is counted beside each kind of fault.
const (
	rounds      = "rounds"
	kills       = "kill -9"
	powerLosses = "losses of power"
	failovers   = "failovers"
	behind      = "endings acknowledged that the promoted replica lacked"
	bytesLost   = "bytes lost with the power"
	verdicts    = "verdicts"
	listsRead   = "lists read from outside"
	wentBack    = "of them older than one before, for a moment after Redis had lost it"
)

// Counts is how often each thing happened. Safe for concurrent use.
type Counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *Counts) add(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[what] += n
}

// Of returns one count.
func (c *Counts) Of(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[what]
}

// String is a table of them.
func (c *Counts) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(c.of)) {
		fmt.Fprintf(&b, "%8d  %s\n", c.of[what], what)
	}
	return b.String()
}

// Report is what happened and what came of it.
func (w *World) Report() string {
	given, ended := w.oracle.acknowledged()
	lost := w.front.answersLost()
	if w.store != nil {
		lost += w.store.answersLost()
	}
	return fmt.Sprintf("%s%8d  places given, acknowledged\n%8d  endings acknowledged\n%8d  answers lost\n%8d  promises broken\n",
		w.Counts.String(), given, ended, lost, len(w.Violations()))
}
