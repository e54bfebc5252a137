package statuslist

import (
	"context"
	"errors"
	"time"
)

// How long requests are remembered.
const (
	RequestWindow = 24 * time.Hour  // a request is answered as it was the first time
	RequestHold   = 5 * time.Second // it is one caller's to answer; after that the caller is given up for lost
)

// ErrChanged means that a request came again with other contents.
var ErrChanged = errors.New("the request came before with other contents")

// ErrBusy means that the same request is being answered at this moment.
var ErrBusy = errors.New("the request is being answered")

// Request is a client's request for a slot.
type Request struct {
	Client  string
	ID      string // the client's own: the same twice is one request
	Expires time.Time
}

// Holder is whom a slot was given to.
type Holder struct {
	Client string
	Ended  time.Time // zero while it stands, as far as was noted
}

// Clients is the store of what the clients of a status list service asked for. Safe for concurrent use. An acknowledged
// call is durable as the store is configured to be.
type Clients interface {
	// Begin takes on r, in one act. It returns the slot that r was answered with within RequestWindow, or nil: then r is the
	// caller's to answer. ErrChanged when r came with another Expires; ErrBusy when r was taken on within RequestHold and is
	// not finished.
	Begin(ctx context.Context, r Request) (*Slot, error)

	// Finish notes slot as the answer to r, which was begun. The first stands; repeating changes nothing.
	Finish(ctx context.Context, r Request, slot Slot) error

	// Give notes that slot is client's, and keeps that for a year beyond until. The first stands; repeating changes nothing.
	Give(ctx context.Context, slot Slot, client string, until time.Time) error

	// Holder returns whom slot was given to, or ErrNoSlot.
	Holder(ctx context.Context, slot Slot) (Holder, error)

	// NoteEnded notes when a slot that was given ended. The first time stands; ErrNoSlot when it was not given.
	NoteEnded(ctx context.Context, slot Slot, at time.Time) error
}
