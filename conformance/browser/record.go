package browser

import (
	"fmt"
	"slices"
	"sync"

	"justice-wallet/conformance/leaks"
)

// Record is everything that passed between the browser and the services: addresses, headers, pages. What has a kind of
// package leaks is kept for the whole run, too. Safe for concurrent use.
type Record struct {
	Keep *leaks.Keeper

	mu       sync.Mutex
	entries  []Entry
	troubles []string
	looks    map[string]int
}

// Entry is one thing that was seen, and where. A kind of its own is "sent": an address without what follows #.
type Entry = leaks.Entry

// Add keeps one thing.
func (r *Record) Add(kind, at, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, Entry{Kind: kind, At: at, Text: text})
	if kind != "sent" {
		r.Keep.Add(kind, at, text)
	}
}

// Trouble keeps what the browser complained of: a policy that was broken, a script that threw.
func (r *Record) Trouble(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.troubles = append(r.troubles, fmt.Sprintf(format, args...))
}

// Troubles returns all that the browser complained of.
func (r *Record) Troubles() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.troubles...)
}

// looked counts a page that was judged.
func (r *Record) looked(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looks == nil {
		r.looks = map[string]int{}
	}
	r.looks[name]++
}

// Looks returns how often each page was judged.
func (r *Record) Looks() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for name, n := range r.looks {
		out[name] = n
	}
	return out
}

// Entries returns all that was kept of the kinds.
func (r *Record) Entries(kinds ...string) []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Entry
	for _, e := range r.entries {
		if slices.Contains(kinds, e.Kind) {
			out = append(out, e)
		}
	}
	return out
}

// Find returns every entry of the kinds that holds any of the words, whatever their case.
func (r *Record) Find(words []string, kinds ...string) []Entry {
	var out []Entry
	for _, e := range r.Entries(kinds...) {
		for _, word := range leaks.Holds(e.Text, words) {
			out = append(out, Entry{Kind: e.Kind, At: e.At, Text: word})
		}
	}
	return out
}
