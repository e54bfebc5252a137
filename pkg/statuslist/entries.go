package statuslist

import "context"

// Entry is one entry of a list as its store holds it now.
type Entry struct {
	Head
	Revoked bool
}

// Entries reads single entries, for a verifier that shares the store. Safe for concurrent use. It changes nothing.
type Entries interface {
	// Entry reads whether the list is there, is whole and has such an entry together with the entry, in one act.
	// ErrNoSlot when the list is unknown or shorter, ErrDamaged when it is not whole.
	Entry(ctx context.Context, list string, index int) (Entry, error)
}
