package statuslist

import (
	"context"
	"errors"
	"time"
)

// ErrNoSlot means that a list or an index was never given out. It is never "valid".
var ErrNoSlot = errors.New("no such status slot")

// Slot is one place in one list.
type Slot struct {
	List  string // opaque list id, [A-Za-z0-9_-]{1,64}
	Index int
}

// Snapshot is one list as the store holds it, read in one act.
type Snapshot struct {
	List      string
	Epoch     string // differs between a store and an emptied one that took its place
	Sequence  uint64 // number of revocations applied to this list, ever
	Size      int    // entries
	Allocated int    // counters given out
	Revoked   []byte // bit i%8 (least significant first) of byte i/8 says entry i is revoked; (Size+7)/8 bytes
}

// Published is the newest signed form of one list.
type Published struct {
	List      string
	Sequence  uint64
	Revoked   int    // number of revoked entries it shows
	Token     string // statuslist+jwt
	CWT       []byte // statuslist+cwt: the same list
	Bitstring string // vc+jwt
	Issued    time.Time
	Expires   time.Time
}

// Slots is the store of status lists. Safe for concurrent use. An acknowledged call is durable as the store is
// configured to be.
type Slots interface {
	// EnsureLists creates the lists that are missing, each of size entries; existing lists keep their size.
	EnsureLists(ctx context.Context, ids []string, size int) error

	// Next returns the next unused counter of list, 0 <= n < size, each n exactly once ever; the same operation gets the
	// same n for a day. ErrNoSlot when the list is unknown; ErrFull when every counter is given.
	Next(ctx context.Context, operation, list string) (int, error)

	// Take notes that slot is in use until until, so that it can be revoked. Repeatable.
	Take(ctx context.Context, slot Slot, until time.Time) error

	// Revoke sets the slot revoked for good. It returns when the slot was first revoked. ErrNoSlot when it was never
	// taken. Repeating it (with any operation) changes nothing and returns the first time.
	Revoke(ctx context.Context, operation string, slot Slot, at time.Time) (time.Time, error)

	// Snapshot reads a whole list. ErrNoSlot when the list is unknown.
	Snapshot(ctx context.Context, list string) (Snapshot, error)
}

// ErrFull means a list has no counter left.
var ErrFull = errors.New("status list is full")

// ErrStale means a publication is older than, or shows fewer revocations than, the one it would replace.
var ErrStale = errors.New("stale publication")

// Publications keeps the newest signed form of each list. Safe for concurrent use.
type Publications interface {
	// SavePublished replaces a list's publication, unless p has a lower sequence, fewer revoked, or an earlier issue
	// time than the one held: then ErrStale and nothing changes.
	SavePublished(ctx context.Context, p Published) error

	// Published returns the newest publication of list, or ErrNoSlot.
	Published(ctx context.Context, list string) (Published, error)
}
