package statuslist

import (
	"context"
	"errors"
	"time"
)

// ErrNoSlot means that a list or an index was never given out. It is never "valid".
var ErrNoSlot = errors.New("no such status slot")

// ErrDamaged means that part of a list is gone from its store: nothing may be told from what is left.
var ErrDamaged = errors.New("a status list is damaged")

// ErrFull means a list has no counter left.
var ErrFull = errors.New("status list is full")

// ErrEpoch means that a store is another than the one it was taken for: it was emptied, and begun anew.
var ErrEpoch = errors.New("the store of a status list is another than before")

// ErrOwed means that something of a list was lost, and that others who know of it have yet to bring what they know.
var ErrOwed = errors.New("a status list lost something, and others have yet to restore their part")

// Slot is one place in one list.
type Slot struct {
	List  string // opaque list id, [A-Za-z0-9_-]{1,64}
	Index int
}

// Head is what there is to know of a list without its bits.
type Head struct {
	List      string
	Epoch     string    // differs between a store and an emptied one that took its place
	Sequence  uint64    // number of revocations applied to this list, ever
	History   string    // of which revocations were applied, in which order: another after each
	Size      int       // entries
	Allocated int       // counters given out
	Until     time.Time // no place in it is needed afterwards; zero while none is given
	Members   string    // who keeps what it did to the list elsewhere, too: names in order, a space between
	Owed      string    // those of them that have yet to restore their part of what was lost
}

// Snapshot is one list as the store holds it, read in one act.
type Snapshot struct {
	Head
	Revoked []byte // bit i%8 (least significant first) of byte i/8 says entry i is revoked; (Size+7)/8 bytes
}

// Ended is one entry that was revoked.
type Ended struct {
	Index int
	At    time.Time
}

// Recovery is what is known of a list from elsewhere than its store.
type Recovery struct {
	List      string
	Epoch     string
	Size      int
	Allocated int       // counters below it were given
	Until     time.Time // as in Head; may be zero
	Ended     []Ended

	Member  string   // whose knowledge it is; whoever restores owes nothing afterwards
	Members []string // all who may know more
	Lost    bool     // something was lost: the other members owe what they know
	Gone    []string // members that will never bring it, and are members no more
}

// Slots is the store of status lists. Safe for concurrent use. An acknowledged call is durable as the store is
// configured to be.
//
// A place in a list is given by its counter, and lies at the index that the list's Permutation gives the counter: a list
// need keep no more than how many counters it has given.
type Slots interface {
	// EnsureLists creates the lists that are missing, each of size entries; existing lists keep their size.
	EnsureLists(ctx context.Context, ids []string, size int) error

	// Next returns the next unused counter of list, floor <= n < size, each n exactly once ever; the same operation gets
	// the same n for a day. The place is needed until until. ErrNoSlot when the list is unknown; ErrFull when every
	// counter is given; ErrOwed while a member owes what it knows, for one that it gave could be given again.
	Next(ctx context.Context, operation, list string, until time.Time, floor int) (int, error)

	// Revoke sets the slot, which lies where counter does, revoked for good. It returns when the slot was first revoked.
	// ErrNoSlot when the counter was never given. Repeating it (with any operation) changes nothing and returns the
	// first time.
	Revoke(ctx context.Context, operation string, slot Slot, counter int, at time.Time) (time.Time, error)

	// Head reads what there is to know of a list without its bits. ErrNoSlot when the list is unknown.
	Head(ctx context.Context, list string) (Head, error)

	// Snapshot reads a whole list. ErrNoSlot when the list is unknown.
	Snapshot(ctx context.Context, list string) (Snapshot, error)

	// Restore brings a list up to what is known from elsewhere, and makes it when it is missing. It takes nothing back:
	// what the store holds beyond r stays. ErrEpoch, and nothing changes, when the store has a list of another epoch.
	// Repeatable.
	Restore(ctx context.Context, r Recovery) error
}

// ErrStale means a publication is older than, or shows fewer revocations than, the one it would replace.
var ErrStale = errors.New("stale publication")

// ErrHeld means that another publisher has the lease of a list.
var ErrHeld = errors.New("another publishes this status list")

// Lease is the right to publish one list.
type Lease struct {
	Holder string // who has it: a name of one process alone
	Fence  uint64 // higher than that of every holder before
}

// Published is the newest signed form of one list.
type Published struct {
	List      string
	Sequence  uint64
	Revoked   int      // number of revoked entries it shows
	Token     string   // statuslist+jwt
	CWT       []byte   // statuslist+cwt: the same list
	Bitstring string   // vc+jwt
	KeyIDs    []string // of the keys that signed Token and CWT, and Bitstring
	Issued    time.Time
	Expires   time.Time
}

// Version tells one publication of a list from another.
type Version struct {
	Sequence uint64
	Issued   time.Time
}

// Version returns which publication it is.
func (p Published) Version() Version { return Version{p.Sequence, p.Issued} }

// Publications keeps the newest signed form of each list. Safe for concurrent use.
type Publications interface {
	// Lease gives holder the right to publish list for so long from now, by the store's own clock; for no time at all, it
	// gives it back. ErrHeld while another has it. A holder whose time is over keeps its fence if it comes before any other.
	Lease(ctx context.Context, list, holder string, life time.Duration) (Lease, error)

	// SavePublished replaces a list's publication, unless another has taken the lease since, or p has a lower sequence,
	// fewer revoked, or an earlier issue time than the one held: then ErrStale and nothing changes.
	SavePublished(ctx context.Context, l Lease, p Published) error

	// Published returns the newest publication of list, or ErrNoSlot.
	Published(ctx context.Context, list string) (Published, error)

	// PublishedVersion returns which is the newest publication of list, or ErrNoSlot.
	PublishedVersion(ctx context.Context, list string) (Version, error)
}
