package desk

import (
	"sync"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/verifier/internal/openid4vp"
)

const (
	mostChecks  = 20 // of one visit at a time
	mostStreams = 4  // of one visit at a time: a browser has as many tabs waiting
)

// check is one check as its visit sees it. It holds nothing of the person.
type check struct {
	ID, Secret, Link string
	Owner            string // the visit
	Purpose          string
	Flow             openid4vp.Flow
	Expires          time.Time // the wallet may answer until then
	Ends             time.Time // nothing is known after

	code string // that the wallet brought back, of a check on one device; the book's mutex guards it
	form string
}

// book keeps the checks of visits, in memory beside what wallets answered.
type book struct {
	now func() time.Time

	mu      sync.Mutex
	byID    map[string]*check
	byForm  map[string]*check
	order   []*check // oldest first: all live equally long
	streams map[string]int
}

func newBook(now func() time.Time) *book {
	return &book{now: now, byID: map[string]*check{}, byForm: map[string]*check{}, streams: map[string]int{}}
}

// begin returns the check that a form of a visit began, and begins it the first time.
func (b *book) begin(owner, form string, start func() (*check, error)) (*check, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	key := owner + " " + form
	if c, ok := b.byForm[key]; ok {
		return c, nil
	}
	mine := 0
	for _, c := range b.order {
		if c.Owner == owner {
			mine++
		}
	}
	if mine >= mostChecks {
		return nil, fault.New(fault.Unavailable, openid4vp.CodeBusy, "too many checks of one visit")
	}
	c, err := start()
	if err != nil {
		return nil, err
	}
	c.Owner, c.form = owner, key
	b.order, b.byID[c.ID], b.byForm[key] = append(b.order, c), c, c
	return c, nil
}

// find returns a check of a visit; nil for another visit's, as for one that has ended or never was.
func (b *book) find(owner, id string) *check {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	if c := b.byID[id]; c != nil && c.Owner == owner {
		return c
	}
	return nil
}

// brought keeps the code that the wallet sent the browser back with.
func (b *book) brought(c *check, code string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.code = code
}

func (b *book) codeOf(c *check) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return c.code
}

// forget drops every check of a visit.
func (b *book) forget(owner string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var rest []*check
	for _, c := range b.order {
		if c.Owner == owner {
			b.drop(c)
		} else {
			rest = append(rest, c)
		}
	}
	b.order = rest
}

func (b *book) drop(c *check) {
	delete(b.byID, c.ID)
	delete(b.byForm, c.form)
}

func (b *book) sweep() {
	now := b.now()
	for len(b.order) > 0 && !now.Before(b.order[0].Ends) {
		b.drop(b.order[0])
		b.order[0] = nil
		b.order = b.order[1:]
	}
}

// stream counts one more waiting page of a visit; false when it has too many. What was counted is given back by unstream.
func (b *book) stream(owner string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.streams[owner] >= mostStreams {
		return false
	}
	b.streams[owner]++
	return true
}

func (b *book) unstream(owner string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.streams[owner]--; b.streams[owner] <= 0 {
		delete(b.streams, owner)
	}
}
