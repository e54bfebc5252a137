package statusfetch

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"justice-wallet/pkg/verification"
)

// maxLists bounds the memory that documents of trusted issuers can take.
const maxLists = 256

// cache keeps verified lists by URI.
type cache struct {
	flight *singleflight.Group
	mu     *sync.Mutex
	lists  map[string]*held
}

func newCache() cache {
	return cache{flight: &singleflight.Group{}, mu: &sync.Mutex{}, lists: map[string]*held{}}
}

// get returns the list kept for uri, or nil.
func (c cache) get(uri string) *held {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lists[uri]
}

// put keeps list unless a newer one is held and live: a list never goes back in time. It returns the one kept.
func (c cache) put(uri string, list *held, now time.Time) *held {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.lists[uri]; old.live(now) && list.issued.Before(old.issued) {
		return old
	}
	if _, known := c.lists[uri]; !known && len(c.lists) >= maxLists {
		c.drop(now)
	}
	c.lists[uri] = list
	return list
}

// drop makes room: every list that has ended or, when none has, the one fetched longest ago.
func (c cache) drop(now time.Time) {
	oldest := ""
	for uri, list := range c.lists {
		if !list.live(now) {
			delete(c.lists, uri)
		} else if oldest == "" || list.fetched.Before(c.lists[oldest].fetched) {
			oldest = uri
		}
	}
	if len(c.lists) >= maxLists {
		delete(c.lists, oldest)
	}
}

// once runs fetch for everyone who wants uri at this moment. One caller's hanging up does not fail the others; the
// client's time-out bounds the request.
func (c cache) once(ctx context.Context, uri string, fetch func(context.Context) (*held, error)) (*held, error) {
	detached := context.WithoutCancel(ctx)
	done := c.flight.DoChan(uri, func() (any, error) { return fetch(detached) })
	select {
	case result := <-done:
		list, _ := result.Val.(*held)
		return list, result.Err
	case <-ctx.Done():
		return nil, refuse(verification.ReasonStatusUnavailable, ctx.Err())
	}
}

func reasonOf(err error) verification.Reason {
	var e *verification.StatusError
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
