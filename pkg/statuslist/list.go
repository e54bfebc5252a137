// Package statuslist holds the bits that say whether a credential still stands: the list itself, its two encodings (IETF
// Token Status List and W3C Bitstring Status List), the order in which places are given out, and the store's ports.
//
// A place that a list does not have is an error, never a status.
package statuslist

import (
	"bytes"
	"fmt"
)

// Values of a status (draft-ietf-oauth-status-list-20 §7.1). GOV.UK uses these two, in two bits.
const (
	Valid   byte = 0
	Invalid byte = 1
)

// MaxEntries is how many entries a decoded list may have, unless the caller knows better.
const MaxEntries = 1 << 20

// List is a row of statuses of 1, 2, 4 or 8 bits each. It is not safe for concurrent use while it is being set.
type List struct {
	bits   int
	size   int
	packed []byte // entry 0 in the least significant bits of byte 0
}

// New returns a list of size entries, all Valid.
func New(bits, size int) (*List, error) {
	if !allowedBits(bits) {
		return nil, fmt.Errorf("make status list: %d bits to an entry: want 1, 2, 4 or 8", bits)
	}
	if size < 1 || size > MaxEntries {
		return nil, fmt.Errorf("make status list: %d entries: want 1 to %d", size, MaxEntries)
	}
	return &List{bits: bits, size: size, packed: make([]byte, (size*bits+7)/8)}, nil
}

func allowedBits(bits int) bool { return bits == 1 || bits == 2 || bits == 4 || bits == 8 }

// Bits returns the bits of one entry.
func (l *List) Bits() int { return l.bits }

// Len returns the number of entries. A decoded list counts the entries that fill its last byte.
func (l *List) Len() int { return l.size }

// Get returns the status of entry i, or ErrNoSlot when the list has no such entry.
func (l *List) Get(i int) (byte, error) {
	if i < 0 || i >= l.size {
		return 0, ErrNoSlot
	}
	at, shift := l.place(i)
	return l.packed[at] >> shift & l.mask(), nil
}

// Same says whether l and other have the same entries. Beyond the last, up to the end of its byte, all must be Valid.
func (l *List) Same(other *List) bool {
	return l.bits == other.bits && bytes.Equal(l.packed, other.packed)
}

// Set gives entry i the status v, which must fit the bits of an entry. ErrNoSlot when the list has no such entry.
func (l *List) Set(i int, v byte) error {
	if i < 0 || i >= l.size {
		return ErrNoSlot
	}
	if v > l.mask() {
		return fmt.Errorf("set status: %d does not fit %d bits", v, l.bits)
	}
	at, shift := l.place(i)
	l.packed[at] = l.packed[at]&^(l.mask()<<shift) | v<<shift
	return nil
}

// place says where entry i lies: draft-ietf-oauth-status-list-20 §4.1 counts from the least significant bit.
func (l *List) place(i int) (at, shift int) { return i * l.bits / 8, i * l.bits % 8 }

func (l *List) mask() byte { return byte(1<<l.bits - 1) }

// mirrored returns the list's bytes with the entries of each byte in reverse order, the bits of each entry kept: it
// turns the IETF order into the W3C order, and back.
func (l *List) mirrored() []byte {
	out := make([]byte, len(l.packed))
	for i, b := range l.packed {
		for shift := 0; shift < 8; shift += l.bits {
			out[i] |= b >> shift & l.mask() << (8 - l.bits - shift)
		}
	}
	return out
}
