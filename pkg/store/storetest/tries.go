package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// try counts an operation, and wants what comes of it.
func (f fixture) try(t *testing.T, name, operation string, n int, counted bool) {
	t.Helper()
	got, ok, err := f.Try(f.ctx, name, operation, 3, f.clock.now().Add(time.Hour))
	if err != nil || got != n || ok != counted {
		t.Errorf("%s: %d, %t, %v; want %d, %t", operation, got, ok, err, n, counted)
	}
}

var triesPromises = map[string]func(*testing.T, fixture){
	"as many are counted as may be, each once": func(t *testing.T, f fixture) {
		f.try(t, "a", "one", 1, true)
		f.try(t, "a", "one", 1, true)
		f.try(t, "a", "two", 2, true)
		f.try(t, "b", "one", 1, true)
		f.try(t, "a", "three", 3, true)
		f.try(t, "a", "four", 3, false)
		f.try(t, "a", "two", 3, true)
	},
	"one that is taken back leaves room": func(t *testing.T, f fixture) {
		for n, operation := range []string{"one", "two", "three"} {
			f.try(t, "a", operation, n+1, true)
		}
		for range 2 {
			if err := f.Untry(f.ctx, "a", "two"); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Untry(f.ctx, "nobody's", "two"); err != nil {
			t.Fatal(err)
		}
		f.try(t, "a", "four", 3, true)
		f.try(t, "a", "five", 3, false)
	},
	"all are forgotten at once, a while after the last": func(t *testing.T, f fixture) {
		f.try(t, "a", "one", 1, true)
		f.clock.set(start.Add(59 * time.Minute))
		f.try(t, "a", "two", 2, true)
		f.try(t, "a", "three", 3, true)
		f.clock.set(start.Add(119*time.Minute - time.Millisecond))
		f.try(t, "a", "four", 3, false)
		f.clock.set(start.Add(119 * time.Minute))
		f.try(t, "a", "five", 1, true)
	},
	"of many at once no more are counted than may be": func(t *testing.T, f fixture) {
		var all sync.WaitGroup
		var mu sync.Mutex
		counted := 0
		for n := range 20 {
			all.Go(func() {
				_, ok, err := f.Try(f.ctx, "a", fmt.Sprint(n), 3, start.Add(time.Hour))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if ok {
					counted++
				}
			})
		}
		all.Wait()
		if counted != 3 {
			t.Errorf("%d are counted", counted)
		}
	},
}
