// Package memstore keeps everything in this process's memory. It is the model the other stores are held to, and the
// store of a service that runs without one. What it holds ends with the process.
package memstore

import (
	"sync"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/statuslist"
)

const (
	rememberOperation = 24 * time.Hour
	rememberSpent     = time.Minute // beyond the grant's end
	keepYears         = 1           // a credential's record, beyond the credential's end
)

// Store implements issuance.Offers, Ledger, Register, Roll, LetterBook and LetterWishes, statuslist.Slots, Publications and
// Clients, receipt.Book, session.Store and Tries, casework.Endings and Sets, and keys.Books.
type Store struct {
	now func() time.Time

	mu          sync.Mutex // held for the whole of every method: each is one act
	offers      shelf[owned, issuance.Offer]
	spent       shelf[owned, bool]
	committed   shelf[string, bool]
	credentials shelf[string, issuance.Credential]
	holdings    map[owned]string // the newest credential id by configuration
	lists       map[string]*list
	counters    shelf[counted, int]
	published   map[string]statuslist.Published
	leases      map[string]lease
	requests    shelf[asked, request]
	given       shelf[statuslist.Slot, given]
	receipts    shelf[string, receipt.Receipt]
	sessions    shelf[string, []byte]
	tries       shelf[string, map[string]bool] // operations, by name
	endings     shelf[string, casework.Ending]
	sets        shelf[setPage, []string]
	letters     shelf[string, []byte] // sealed, by id
	newest      map[series]string     // the newest letter
	wishes      shelf[string, issuance.LetterWish]
	keyStates   keys.Book
}

// owned names one thing of one wallet subject: what, then its name, then who may have named it.
type owned struct{ subject, what, name, issuer string }

// series is what a reprint takes the place in.
type series struct {
	record        issuance.Record
	configuration string
}

// setPage names a page of the documents of large endings.
type setPage struct {
	set  string
	page int
}

// counted names a counter given to an operation.
type counted struct{ operation, list string }

// New returns an empty store that lives by the clock now.
func New(now func() time.Time) *Store {
	return &Store{
		now:       now,
		holdings:  map[owned]string{},
		lists:     map[string]*list{},
		published: map[string]statuslist.Published{},
		leases:    map[string]lease{},
		newest:    map[series]string{},
	}
}

// shelf keeps things until their time.
type shelf[K comparable, V any] struct {
	things  map[K]kept[V]
	sweepAt int
}

type kept[V any] struct {
	thing V
	until time.Time
}

func (s *shelf[K, V]) get(k K, now time.Time) (V, bool) {
	t := s.things[k]
	if !now.Before(t.until) {
		var none V
		return none, false
	}
	return t.thing, true
}

func (s *shelf[K, V]) has(k K, now time.Time) bool {
	_, ok := s.get(k, now)
	return ok
}

func (s *shelf[K, V]) put(k K, v V, now, until time.Time) {
	if len(s.things) >= s.sweepAt {
		s.sweep(now)
	}
	s.things[k] = kept[V]{v, until}
}

func (s *shelf[K, V]) drop(k K) { delete(s.things, k) }

// sweep drops what is past its time, seldom enough that it costs each put little.
func (s *shelf[K, V]) sweep(now time.Time) {
	left := map[K]kept[V]{}
	for k, t := range s.things {
		if now.Before(t.until) {
			left[k] = t
		}
	}
	s.things, s.sweepAt = left, max(1024, 2*len(left))
}
