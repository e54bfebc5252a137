package soak

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Latency is how long after an ending was acknowledged it was seen, each in order of length.
type Latency struct {
	Published []time.Duration // in a list that a stranger fetched
	Fetched   []time.Duration // in a verdict of a verifier that fetches lists
	Shared    []time.Duration // in a verdict of one that shares the Redis
}

// Quantile returns the length that so much of all are no longer than.
func Quantile(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

// judgedAtMost is how many endings are followed to a verdict.
const judgedAtMost = 60

// Measure has load for so long, and follows every ending to the list and some to the verdicts of both kinds of verifier.
func (w *World) Measure(load time.Duration) (Latency, error) {
	shared, base, err := newVerifier(w.programs.verifier, w.dir, "http://"+w.front.address(), w.lists, w.publisher,
		"VERIFIER_STATUS_MAX_AGE="+w.pace.MaxAge.String(), "VERIFIER_STATUS_REDIS_URL=redis://"+w.store.address(),
		"VERIFIER_STATUS_REDIS_PREFIX=http://"+w.front.address()+"/t/")
	if err != nil {
		return Latency{}, err
	}
	defer shared.kill()
	ctx, cancel := context.WithTimeout(context.Background(), load+2*patient+w.pace.MaxAge)
	defer cancel()
	m := &measurement{followed: map[slot]bool{}, every: load / judgedAtMost}
	stop := w.loadOnly()
	for began := time.Now(); m.open(ctx, w) || time.Since(began) < load; {
		if time.Since(began) >= load {
			stop()
		}
		if err := m.look(ctx, w, base); err != nil {
			stop()
			return Latency{}, err
		}
	}
	stop()
	m.all.Wait()
	if err := ctx.Err(); err != nil {
		return Latency{}, fmt.Errorf("%d endings were not seen in time: %w", len(w.oracle.endings())-len(m.published), err)
	}
	slices.Sort(m.published)
	slices.Sort(m.fetched)
	slices.Sort(m.shared)
	return Latency{m.published, m.fetched, m.shared}, nil
}

type measurement struct {
	followed  map[slot]bool
	every     time.Duration // one more is followed, so that they fall anywhere between two fetches
	last      time.Time
	published []time.Duration
	all       sync.WaitGroup

	mu              sync.Mutex
	fetched, shared []time.Duration
}

// open says whether an ending is still to be seen in the list.
func (m *measurement) open(ctx context.Context, w *World) bool {
	return ctx.Err() == nil && len(m.published) < len(w.oracle.endings())
}

// look reads the lists once, notes what ended in them, and has some of what ended since followed to its verdict.
func (m *measurement) look(ctx context.Context, w *World, shared string) error {
	for s, at := range w.oracle.endings() {
		if time.Since(m.last) >= m.every && time.Since(at) < time.Second && !m.followed[s] {
			m.followed[s], m.last = true, time.Now()
			m.follow(ctx, w, w.checks, s, at, &m.fetched)
			m.follow(ctx, w, shared, s, at, &m.shared)
		}
	}
	if _, err := w.look(ctx); err != nil {
		return err
	}
	now := time.Now()
	for s, at := range w.oracle.endings() {
		if _, seen := w.seen.Load(s); seen {
			continue
		}
		if v, ok := w.watch.Value(s.uri, s.index); ok && v != 0 {
			w.seen.Store(s, now)
			m.published = append(m.published, now.Sub(at))
		}
	}
	pause(ctx, 50*time.Millisecond)
	return nil
}

// follow asks a verifier about a document until it says that it ended.
func (m *measurement) follow(ctx context.Context, w *World, base string, s slot, at time.Time, into *[]time.Duration) {
	m.all.Go(func() {
		document, err := w.publisher.issue(s)
		for err == nil && ctx.Err() == nil {
			if v, errAsk := ask(ctx, base, document); errAsk == nil && v.word == "not_valid" {
				m.mu.Lock()
				defer m.mu.Unlock()
				*into = append(*into, time.Since(at))
				return
			}
			pause(ctx, 50*time.Millisecond)
		}
	})
}
