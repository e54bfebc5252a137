package listwatch

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Metrics counts what reports say, in the text form that Prometheus reads. Safe for concurrent use.
type Metrics struct {
	mu     sync.Mutex
	rounds int
	alarms map[string]int // by list and kind, as labels
	last   Report
}

// Add takes in a report.
func (m *Metrics) Add(r Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rounds++
	m.last = r
	if m.alarms == nil {
		m.alarms = map[string]int{}
	}
	for _, a := range r.Alarms {
		m.alarms[fmt.Sprintf("list=%q,alarm=%q", a.List, a.Kind)]++
	}
}

// ServeHTTP answers GET /metrics.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	metric(&b, "listwatch_rounds_total", "counter", map[string]int64{"": int64(m.rounds)})
	metric(&b, "listwatch_last_round_timestamp_seconds", "gauge", map[string]int64{"": max(0, m.last.At.Unix())})
	metric(&b, "listwatch_alarms", "gauge", map[string]int64{"": int64(len(m.last.Alarms))})
	total, age, entries, ended := map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
	for labels, n := range m.alarms {
		total[labels] = int64(n)
	}
	for _, s := range m.last.Lists {
		label := fmt.Sprintf("list=%q", s.URI)
		age[label], entries[label], ended[label] = int64(m.last.At.Sub(s.Issued).Seconds()), int64(s.Entries), int64(s.Ended)
	}
	metric(&b, "listwatch_alarms_total", "counter", total)
	metric(&b, "listwatch_list_age_seconds", "gauge", age)
	metric(&b, "listwatch_list_entries", "gauge", entries)
	metric(&b, "listwatch_list_ended", "gauge", ended)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = io.WriteString(w, b.String()) // who hung up asks again
}

// metric writes one metric, its values by their labels.
func metric(b *strings.Builder, name, kind string, values map[string]int64) {
	fmt.Fprintf(b, "# TYPE %s %s\n", name, kind)
	for _, labels := range slices.Sorted(maps.Keys(values)) {
		if labels == "" {
			fmt.Fprintf(b, "%s %d\n", name, values[labels])
		} else {
			fmt.Fprintf(b, "%s{%s} %d\n", name, labels, values[labels])
		}
	}
}
