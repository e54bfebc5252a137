// Package storetest is the one suite that every store passes: each sentence of the ports' promises, as a test. It also
// starts a real Redis for those that need one.
package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/statuslist"
)

// Store is all that a store promises.
type Store interface {
	issuance.Offers
	issuance.Ledger
	issuance.Register
	issuance.Roll
	issuance.LetterBook
	issuance.LetterWishes
	statuslist.Slots
	statuslist.Publications
	statuslist.Clients
	statuslist.Entries
	receipt.Book
	session.Store
	session.Tries
	casework.Endings
	casework.Sets
	keys.Books
}

// Open makes an empty store that lives by the clock now.
type Open func(t *testing.T, now func() time.Time) Store

// Run holds the stores that open makes to every promise.
func Run(t *testing.T, open Open) {
	RunJournalled(t, open)
	run(t, open, memberPromises)
}

// RunJournalled holds stores to every promise but those that a journal over them needs, and keeps to itself.
func RunJournalled(t *testing.T, open Open) {
	for _, group := range []map[string]func(*testing.T, fixture){
		offerPromises, commitPromises, registerPromises, slotPromises, publicationPromises, receiptPromises, sessionPromises, endingPromises,
		letterPromises, clientPromises, rollPromises, keyStatePromises, triesPromises,
	} {
		run(t, open, group)
	}
}

func run(t *testing.T, open Open, promises map[string]func(*testing.T, fixture)) {
	for name, promise := range promises {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: start}
			promise(t, fixture{Store: open(t, c.now), clock: c, ctx: t.Context()})
		})
	}
}

var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

type fixture struct {
	Store
	clock *clock
	ctx   context.Context
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// The people below are synthetic.
const (
	wallet        = "urn:fdc:wallet.example:synthetic-a"
	otherWallet   = "urn:fdc:wallet.example:synthetic-b"
	person        = "A0001AA"
	otherPerson   = "B0002BB"
	configuration = "uk.gov.justice.prisonrelease.1"
)

func offer(id string) issuance.Offer {
	return issuance.Offer{
		ID:            id,
		Configuration: configuration,
		Subject:       wallet,
		Record:        issuance.Record{Person: person, Item: "item-1"},
		Created:       start,
		Expires:       start.Add(15 * time.Minute),
	}
}

// grant returns a grant that spends the offer, and a token and a nonce named by n.
func grant(offerID string, n int) issuance.Grant {
	return issuance.Grant{
		Issuer:        "https://auth.example",
		TokenID:       fmt.Sprintf("token-%d", n),
		Subject:       wallet,
		Configuration: configuration,
		OfferID:       offerID,
		Nonce:         fmt.Sprintf("nonce-%d", n),
		Expires:       start.Add(3 * time.Minute),
	}
}

// commit returns the commit of credential n under a grant, by an operation of its own.
func commit(g issuance.Grant, n int) issuance.Commit {
	return issuance.Commit{
		Operation: fmt.Sprintf("commit-%d", n),
		Grant:     g,
		Credential: issuance.Credential{
			ID:             fmt.Sprintf("00000000-0000-4000-8000-%012d", n),
			Configuration:  g.Configuration,
			DocumentType:   configuration,
			Format:         "mso_mdoc",
			DocumentNumber: fmt.Sprintf("HMP-%d", n),
			Record:         issuance.Record{Person: person, Item: "item-1"},
			Subject:        g.Subject,
			Status:         credential.StatusRef{URI: "https://status.example/t/a", Index: n, Bitstring: "https://status.example/b/a"},
			KeyID:          "key-1",
			Issued:         start.Add(time.Duration(n) * time.Second),
			Until:          start.AddDate(0, 0, 30),
			ExpectedUpdate: start.AddDate(0, 0, 23),
		},
	}
}

func (f fixture) putOffer(t *testing.T, o issuance.Offer) {
	t.Helper()
	if err := f.PutOffer(f.ctx, o); err != nil {
		t.Fatalf("put offer: %v", err)
	}
}

func (f fixture) open(t *testing.T, g issuance.Grant) issuance.Opening {
	t.Helper()
	o, err := f.Open(f.ctx, g)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return o
}

func (f fixture) commit(t *testing.T, c issuance.Commit) {
	t.Helper()
	if err := f.Commit(f.ctx, c); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// refresh commits credential n without an offer.
func (f fixture) refresh(t *testing.T, n int) issuance.Credential {
	t.Helper()
	c := commit(grant("", n), n)
	f.commit(t, c)
	return c.Credential
}

func (f fixture) credential(t *testing.T, id string) issuance.Credential {
	t.Helper()
	c, err := f.Credential(f.ctx, id)
	if err != nil {
		t.Fatalf("credential: %v", err)
	}
	return c
}

// atOnce runs act n times at the same time and returns the errors, by number.
func atOnce(n int, act func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = act(i)
		})
	}
	done.Wait()
	return errs
}
