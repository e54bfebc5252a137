package browser

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Record is everything that passed between the browser and the services: addresses, headers, pages. Safe for concurrent
// use.
type Record struct {
	mu       sync.Mutex
	entries  []Entry
	troubles []string
	looks    map[string]int
}

// Entry is one thing that was seen, and where.
type Entry struct {
	Kind string // "url", "sent" (an address without what follows #), "header", "page" or "log"
	At   string
	Text string
}

// Add keeps one thing.
func (r *Record) Add(kind, at, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, Entry{kind, at, text})
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
		if word := holds(e.Text, words); word != "" {
			out = append(out, Entry{e.Kind, e.At, word})
		}
	}
	return out
}

func holds(text string, words []string) string {
	text = strings.ToLower(text)
	for _, w := range words {
		if contains(text, strings.ToLower(w)) {
			return w
		}
	}
	return ""
}

// short is a word that random letters spell once in a while: it is looked for on its own alone.
const short = 6

func contains(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if end := at + len(word); len(word) > short || (at == 0 || !letter(text[at-1])) && (end == len(text) || !letter(text[end])) {
			return true
		}
		at++
	}
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' }
