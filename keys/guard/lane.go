package guard

import (
	"context"
	"time"
)

// lane is a number of places, and a queue before them.
type lane struct {
	places   chan struct{} // holds one for every call under way
	queue    chan struct{} // holds one for every caller that waits or is served
	deadline time.Duration
}

func newLane(places, queue int, deadline time.Duration) *lane {
	return &lane{make(chan struct{}, places), make(chan struct{}, places+queue), deadline}
}

type answer struct {
	signature []byte
	err       error
}

// do runs call in a place of the lane, and waits for its answer no longer than the deadline. A call that is given up keeps
// its place until it ends: only so are the calls to a provider that hangs bounded.
func (l *lane) do(call func(context.Context) ([]byte, error)) ([]byte, error) {
	select {
	case l.queue <- struct{}{}:
		defer func() { <-l.queue }()
	default:
		return nil, ErrBusy
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.deadline)
	defer cancel()
	select {
	case l.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ErrLate
	}
	answers := make(chan answer, 1) // with room, so that an answer nobody waits for ends its call
	go func() {
		defer func() { <-l.places }()
		signature, err := call(ctx)
		answers <- answer{signature, err}
	}()
	select {
	case a := <-answers:
		return a.signature, a.err
	case <-ctx.Done():
		return nil, ErrLate
	}
}
