package soak

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// load has every client issue and revoke until stop is called. Somebody reads all the while, and
// somebody verifies. That some of it fails is what the soak is about.
func (w *World) load() (stop func()) {
	endLoad := w.loadOnly()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { w.verify(ctx, rand.New(rand.NewPCG(w.rand.Uint64(), clientCount))) })
	all.Go(func() { w.read(ctx) })
	return func() {
		endLoad()
		cancel()
		all.Wait()
	}
}

// loadOnly is the clients alone. To stop it twice is to stop it once.
func (w *World) loadOnly() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for n, c := range w.clients {
		chance := rand.New(rand.NewPCG(w.rand.Uint64(), uint64(n)))
		all.Go(func() { c.work(ctx, chance) })
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// work issues, and ends two of three.
func (c *client) work(ctx context.Context, chance *rand.Rand) {
	for ctx.Err() == nil {
		s, err := c.issue(ctx)
		if err != nil {
			pause(ctx, 10*time.Millisecond)
			continue
		}
		if chance.IntN(3) > 0 {
			for range 3 {
				if c.revoke(ctx, s) == nil || ctx.Err() != nil {
					break
				}
				pause(ctx, 10*time.Millisecond)
			}
		}
		pause(ctx, 2*time.Millisecond) // 100 requests a second are a client's share
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// read has the outside checker look at the lists all the time: whoever reads one at any moment must never see one go back.
func (w *World) read(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := w.look(ctx); err != nil {
			w.violation("%v", err)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// verify has documents that ended judged while things go wrong, and notes every verdict that must not be.
func (w *World) verify(ctx context.Context, chance *rand.Rand) {
	for ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond)
		endings := w.oracle.endings()
		if len(endings) == 0 {
			continue
		}
		skip := chance.IntN(len(endings))
		for s, at := range endings {
			if skip--; skip < 0 {
				w.judge(ctx, s, at)
				break
			}
		}
	}
}
