package statuslist

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math/bits"
	"sync"
)

// rounds of the Feistel network. Four make it as good as random to one who chooses the inputs (Luby and Rackoff); our
// domain is small, so more.
const rounds = 10

// Permutation is a secret order of the numbers below a size. A counter put through it gives every index once, in an
// order that tells nobody without the key when an index was given out, or how many were.
type Permutation struct {
	size uint64
	half int // bits in each half of the Feistel network

	macs sync.Pool // of hash.Hash with the key in it
}

// NewPermutation returns the order that key (32 bytes) gives the list of that id.
func NewPermutation(key []byte, list string, size int) (*Permutation, error) {
	if len(key) != sha256.Size {
		return nil, fmt.Errorf("make permutation: key of %d bytes: want %d", len(key), sha256.Size)
	}
	if size < 1 {
		return nil, fmt.Errorf("make permutation: size %d", size)
	}
	tweaked := hmac.New(sha256.New, key)
	tweaked.Write([]byte("status list order\x00" + list))
	width := bits.Len64(uint64(size) - 1)
	tweakedKey := tweaked.Sum(nil)
	p := &Permutation{size: uint64(size), half: max(1, (width+1)/2)}
	p.macs.New = func() any { return hmac.New(sha256.New, tweakedKey) }
	return p, nil
}

// Index returns where the n-th number goes, 0 <= n < size; otherwise ErrNoSlot.
func (p *Permutation) Index(n int) (int, error) {
	if n < 0 || uint64(n) >= p.size {
		return 0, ErrNoSlot
	}
	x := p.shuffle(uint64(n))
	for x >= p.size { // cycle walking: the network has at most four times size numbers
		x = p.shuffle(x)
	}
	return int(x), nil
}

// Counter returns which number goes to index: Index turned round. ErrNoSlot outside the list.
func (p *Permutation) Counter(index int) (int, error) {
	if index < 0 || uint64(index) >= p.size {
		return 0, ErrNoSlot
	}
	x := p.unshuffle(uint64(index))
	for x >= p.size {
		x = p.unshuffle(x)
	}
	return int(x), nil
}

// shuffle permutes the numbers of 2*half bits.
func (p *Permutation) shuffle(x uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	left, right := x>>p.half, x&mask
	for round := range rounds {
		left, right = right, left^p.mix(round, right)&mask
	}
	return left<<p.half | right
}

func (p *Permutation) unshuffle(x uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	left, right := x>>p.half, x&mask
	for round := rounds - 1; round >= 0; round-- {
		left, right = right^p.mix(round, left)&mask, left
	}
	return left<<p.half | right
}

func (p *Permutation) mix(round int, x uint64) uint64 {
	mac := p.macs.Get().(hash.Hash)
	defer p.macs.Put(mac)
	mac.Reset()
	var message [9 + sha256.Size]byte
	message[0] = byte(round)
	binary.BigEndian.PutUint64(message[1:], x)
	mac.Write(message[:9])
	return binary.BigEndian.Uint64(mac.Sum(message[9:9]))
}
