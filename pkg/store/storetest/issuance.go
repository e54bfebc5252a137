package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"justice-wallet/pkg/issuance"
)

var offerPromises = map[string]func(*testing.T, fixture){
	"an offer opens to the subject it was put for": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		want := offer("o1")
		if got := f.open(t, grant("o1", 1)).Offer; !reflect.DeepEqual(got, &want) {
			t.Errorf("offer %#v: not as it was put", got)
		}
	},
	"an offer is not there for another subject": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		g := grant("o1", 1)
		g.Subject = otherWallet
		if f.open(t, g).Offer != nil {
			t.Error("another subject's offer opened")
		}
	},
	"an offer ends when it expires": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		f.clock.set(offer("o1").Expires.Add(-time.Millisecond))
		if f.open(t, grant("o1", 1)).Offer == nil {
			t.Error("gone before it expired")
		}
		f.clock.set(offer("o1").Expires)
		if f.open(t, grant("o1", 1)).Offer != nil {
			t.Error("there after it expired")
		}
	},
	"putting an offer again changes nothing": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		f.commit(t, commit(grant("o1", 1), 1))
		changed := offer("o1")
		changed.Expires = changed.Expires.Add(time.Hour)
		f.putOffer(t, changed)
		got := f.open(t, grant("o1", 2)).Offer
		if got == nil || !got.Redeemed || !got.Expires.Equal(offer("o1").Expires) {
			t.Error("the offer was put afresh")
		}
	},
	"an offer is put unredeemed": func(t *testing.T, f fixture) {
		o := offer("o1")
		o.Redeemed = true
		f.putOffer(t, o)
		f.commit(t, commit(grant("o1", 1), 1))
	},
	"what is not there opens as nothing": func(t *testing.T, f fixture) {
		if got := f.open(t, grant("o1", 1)); got != (issuance.Opening{}) {
			t.Errorf("opened %#v", got)
		}
	},
}

var commitPromises = map[string]func(*testing.T, fixture){
	"a commit spends and records, and the ledger shows it": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		c := commit(grant("o1", 1), 1)
		f.commit(t, c)
		got := f.open(t, c.Grant)
		if got.Offer == nil || !got.Offer.Redeemed || !got.TokenSpent || !got.NonceSpent {
			t.Error("something was not spent")
		}
		if !reflect.DeepEqual(got.Holding, &c.Credential) {
			t.Error("the holding is not what was recorded")
		}
	},
	"opening spends nothing": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		f.open(t, grant("o1", 1))
		f.commit(t, commit(grant("o1", 1), 1))
	},
	"an offer, a token and a nonce can each be spent once, checked in that order": spentInOrder,
	"an offer that is missing, expired or another's is spent":                     unusableOffers,
	"a refresh needs no offer": func(t *testing.T, f fixture) {
		f.refresh(t, 1)
		wantSpent(t, f.Commit(f.ctx, commit(grant("", 1), 2)), issuance.SpentToken)
	},
	"a commit that is refused does nothing": refusedDoesNothing,
	"an operation that succeeded succeeds again, once": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		c := commit(grant("o1", 1), 1)
		f.commit(t, c)
		f.commit(t, c)
		if got, err := f.CredentialsOf(f.ctx, person); err != nil || len(got) != 1 {
			t.Errorf("%d credentials (%v), want 1", len(got), err)
		}
		other := c
		other.Operation = "another"
		wantSpent(t, f.Commit(f.ctx, other), issuance.SpentOffer)
	},
	"a token and a nonce are remembered until the grant expires and a minute over": func(t *testing.T, f fixture) {
		f.refresh(t, 1)
		over := grant("", 1).Expires.Add(time.Minute)
		f.clock.set(over.Add(-time.Millisecond))
		if got := f.open(t, grant("", 1)); !got.TokenSpent || !got.NonceSpent {
			t.Error("forgotten too soon")
		}
		wantSpent(t, f.Commit(f.ctx, commit(grant("", 1), 2)), issuance.SpentToken)
		f.clock.set(over)
		if got := f.open(t, grant("", 1)); got.TokenSpent || got.NonceSpent {
			t.Error("remembered too long")
		}
	},
	"the holding is the subject's newest of that configuration": newestHolding,
	"of fifty that redeem one offer, one wins": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		wantOneWinner(t, issuance.SpentOffer, func(i int) error { return f.Commit(f.ctx, commit(grant("o1", i), i)) })
		wantRecords(t, f, 1)
	},
	"of fifty that use one token, one wins": func(t *testing.T, f fixture) {
		wantOneWinner(t, issuance.SpentToken, func(i int) error { return f.Commit(f.ctx, commit(grant("", 0), i)) })
		wantRecords(t, f, 1)
	},
	"fifty repeats of one operation all succeed, once": func(t *testing.T, f fixture) {
		f.putOffer(t, offer("o1"))
		errs := atOnce(50, func(int) error { return f.Commit(f.ctx, commit(grant("o1", 1), 1)) })
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		wantRecords(t, f, 1)
	},
}

func wantSpent(t *testing.T, err error, want issuance.Spent) {
	t.Helper()
	var spent *issuance.SpentError
	if !errors.As(err, &spent) || spent.What != want {
		t.Errorf("got %v, want %s already used", err, want)
	}
}

func wantOneWinner(t *testing.T, want issuance.Spent, act func(i int) error) {
	t.Helper()
	winners := 0
	for _, err := range atOnce(50, act) {
		if err == nil {
			winners++
			continue
		}
		wantSpent(t, err, want)
	}
	if winners != 1 {
		t.Errorf("%d winners, want 1", winners)
	}
}

func wantRecords(t *testing.T, f fixture, want int) {
	t.Helper()
	if got, err := f.CredentialsOf(f.ctx, person); err != nil || len(got) != want {
		t.Errorf("%d credentials recorded (%v), want %d", len(got), err, want)
	}
}

func spentInOrder(t *testing.T, f fixture) {
	for _, id := range []string{"o1", "o2", "o3"} {
		f.putOffer(t, offer(id))
	}
	f.commit(t, commit(grant("o1", 1), 1))
	for i, c := range []struct {
		offer string
		token string
		nonce string
		want  issuance.Spent
	}{
		{"o1", "token-1", "nonce-1", issuance.SpentOffer},
		{"o2", "token-1", "nonce-1", issuance.SpentToken},
		{"o2", "token-2", "nonce-1", issuance.SpentNonce},
		{"o1", "token-2", "nonce-2", issuance.SpentOffer},
	} {
		g := grant(c.offer, 0)
		g.TokenID, g.Nonce = c.token, c.nonce
		wantSpent(t, f.Commit(f.ctx, commit(g, 10+i)), c.want)
	}
	f.commit(t, commit(grant("o2", 2), 2))
}

func unusableOffers(t *testing.T, f fixture) {
	wantSpent(t, f.Commit(f.ctx, commit(grant("missing", 1), 1)), issuance.SpentOffer)

	f.putOffer(t, offer("o1"))
	others := grant("o1", 1)
	others.Subject = otherWallet
	wantSpent(t, f.Commit(f.ctx, commit(others, 2)), issuance.SpentOffer)

	f.clock.set(offer("o1").Expires)
	wantSpent(t, f.Commit(f.ctx, commit(grant("o1", 1), 3)), issuance.SpentOffer)
}

func refusedDoesNothing(t *testing.T, f fixture) {
	f.refresh(t, 1)
	f.putOffer(t, offer("o1"))
	g := grant("o1", 2)
	g.Nonce = "nonce-1"
	refused := commit(g, 2)
	wantSpent(t, f.Commit(f.ctx, refused), issuance.SpentNonce)
	if got := f.open(t, grant("o1", 2)); got.Offer.Redeemed || got.TokenSpent || got.NonceSpent || got.Holding.ID == refused.Credential.ID {
		t.Error("a refused commit left a mark")
	}
	if _, err := f.Credential(f.ctx, refused.Credential.ID); !errors.Is(err, issuance.ErrNotFound) {
		t.Errorf("credential of a refused commit: %v, want not found", err)
	}
	wantRecords(t, f, 1)
	wantSpent(t, f.Commit(f.ctx, refused), issuance.SpentNonce)
}

func newestHolding(t *testing.T, f fixture) {
	f.refresh(t, 1)
	newest := f.refresh(t, 2)
	if got := f.open(t, grant("", 3)).Holding; got == nil || got.ID != newest.ID {
		t.Error("the holding is not the newest")
	}
	elsewhere := grant("", 3)
	elsewhere.Configuration = "another"
	if f.open(t, elsewhere).Holding != nil {
		t.Error("a holding of another configuration was shown")
	}
	others := grant("", 3)
	others.Subject = otherWallet
	if f.open(t, others).Holding != nil {
		t.Error("another subject's holding was shown")
	}
	if err := f.MarkRevoked(f.ctx, newest.ID, start.Add(time.Hour), "recalled"); err != nil {
		t.Fatal(err)
	}
	if got := f.open(t, grant("", 3)).Holding; !got.Revoked.Equal(start.Add(time.Hour)) {
		t.Error("the holding does not show that it was revoked")
	}
	again := f.refresh(t, 4)
	if got := f.open(t, grant("", 5)).Holding; got == nil || got.ID != again.ID || !got.Revoked.IsZero() {
		t.Error("a new holding took over the end of the old one")
	}
}

var registerPromises = map[string]func(*testing.T, fixture){
	"a credential is found by its id": func(t *testing.T, f fixture) {
		want := f.refresh(t, 1)
		if got := f.credential(t, want.ID); !reflect.DeepEqual(got, want) {
			t.Error("not as it was recorded")
		}
		if _, err := f.Credential(f.ctx, "no-such-id"); !errors.Is(err, issuance.ErrNotFound) {
			t.Errorf("an unknown id: %v, want not found", err)
		}
	},
	"a person's credentials come oldest first":                    oldestFirst,
	"a wallet's credentials come oldest first, and no one else's": oldestFirstOfSubject,
	"a credential is kept for a year after it ends":               keptForAYear,
	"the first time and reason of a revocation stand":             firstRevocationStands,
	"a wallet's event is noted on its own subject's credentials":  notify,
	"what is noted on a credential shows in every view of it":     notedEverywhere,
	"a note on one credential leaves the subject's others be":     notedOnOne,
	"what happens to an older credential is not the newest one's": olderIsNotNewest,
}

func oldestFirst(t *testing.T, f fixture) {
	for _, n := range []int{3, 1, 2} {
		f.refresh(t, n)
	}
	elsewhere := commit(grant("", 4), 4)
	elsewhere.Credential.Record.Person = otherPerson
	f.commit(t, elsewhere)
	differentWallet := grant("", 5)
	differentWallet.Subject = otherWallet
	f.commit(t, commit(differentWallet, 5))

	got, err := f.CredentialsOf(f.ctx, person)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, c := range got {
		numbers = append(numbers, c.DocumentNumber)
	}
	if want := []string{"HMP-1", "HMP-2", "HMP-3", "HMP-5"}; !reflect.DeepEqual(numbers, want) {
		t.Errorf("got %v, want %v", numbers, want)
	}
	if got, err := f.CredentialsOf(f.ctx, "C0003CC"); err != nil || len(got) != 0 {
		t.Errorf("a person with none: %d (%v)", len(got), err)
	}
}

func oldestFirstOfSubject(t *testing.T, f fixture) {
	for _, n := range []int{3, 1, 2} {
		f.refresh(t, n)
	}
	another := grant("", 4)
	another.Configuration = "uk.gov.justice.licence.1"
	elsewhere := commit(another, 4)
	elsewhere.Credential.Record.Person = otherPerson // one wallet, and the record it rests on has changed
	f.commit(t, elsewhere)
	differentWallet := grant("", 5)
	differentWallet.Subject = otherWallet
	f.commit(t, commit(differentWallet, 5))

	if got := f.numbersOfSubject(t, wallet); !reflect.DeepEqual(got, []string{"HMP-1", "HMP-2", "HMP-3", "HMP-4"}) {
		t.Errorf("got %v", got)
	}
	if got := f.numbersOfSubject(t, otherWallet); !reflect.DeepEqual(got, []string{"HMP-5"}) {
		t.Errorf("another wallet: got %v", got)
	}
	if got := f.numbersOfSubject(t, "urn:fdc:wallet.example:synthetic-none"); got != nil {
		t.Errorf("a wallet with none: got %v", got)
	}
}

func (f fixture) numbersOfSubject(t *testing.T, subject string) []string {
	t.Helper()
	got, err := f.CredentialsOfSubject(f.ctx, subject)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, c := range got {
		numbers = append(numbers, c.DocumentNumber)
	}
	return numbers
}

func keptForAYear(t *testing.T, f fixture) {
	c := f.refresh(t, 1)
	end := c.Until.AddDate(1, 0, 0)
	f.clock.set(end.Add(-time.Millisecond))
	f.credential(t, c.ID)
	wantRecords(t, f, 1)
	f.clock.set(end)
	if _, err := f.Credential(f.ctx, c.ID); !errors.Is(err, issuance.ErrNotFound) {
		t.Errorf("after a year: %v, want not found", err)
	}
	if err := f.MarkRevoked(f.ctx, c.ID, end, "late"); !errors.Is(err, issuance.ErrNotFound) {
		t.Errorf("revoke after a year: %v, want not found", err)
	}
	if f.open(t, grant("", 2)).Holding != nil {
		t.Error("held after a year")
	}
	if got := f.numbersOfSubject(t, wallet); got != nil {
		t.Errorf("the wallet's after a year: %v", got)
	}
	wantRecords(t, f, 0)
}

func firstRevocationStands(t *testing.T, f fixture) {
	c := f.refresh(t, 1)
	first := start.Add(time.Hour)
	for i, reason := range []string{"recalled", "recalled", "another"} {
		if err := f.MarkRevoked(f.ctx, c.ID, first.Add(time.Duration(i)*time.Minute), reason); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.credential(t, c.ID); !got.Revoked.Equal(first) || got.Reason != "recalled" {
		t.Errorf("revoked %v for %q", got.Revoked, got.Reason)
	}
	if err := f.MarkRevoked(f.ctx, "no-such-id", first, "recalled"); !errors.Is(err, issuance.ErrNotFound) {
		t.Errorf("an unknown id: %v, want not found", err)
	}
}

func notify(t *testing.T, f fixture) {
	c := f.refresh(t, 1)
	for _, event := range []string{"credential_failure", "credential_accepted", "credential_accepted"} {
		if err := f.Notify(f.ctx, wallet, c.ID, event); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Notify(f.ctx, otherWallet, c.ID, "credential_deleted"); !errors.Is(err, issuance.ErrNotFound) {
		t.Errorf("another subject's: %v, want not found", err)
	}
	if err := f.Notify(f.ctx, wallet, "no-such-id", "credential_deleted"); !errors.Is(err, issuance.ErrNotFound) {
		t.Errorf("an unknown id: %v, want not found", err)
	}
	if got := f.credential(t, c.ID).Wallet; got != "credential_accepted" {
		t.Errorf("the wallet's last event is %q", got)
	}
}

// note revokes a credential and notes an event on it.
func (f fixture) note(t *testing.T, id string) {
	t.Helper()
	if err := f.MarkRevoked(f.ctx, id, start.Add(time.Hour), "recalled"); err != nil {
		t.Fatal(err)
	}
	if err := f.Notify(f.ctx, wallet, id, "credential_accepted"); err != nil {
		t.Fatal(err)
	}
}

func isNoted(c issuance.Credential) bool {
	return c.Revoked.Equal(start.Add(time.Hour)) && c.Reason == "recalled" && c.Wallet == "credential_accepted"
}

func notedEverywhere(t *testing.T, f fixture) {
	c := f.refresh(t, 1)
	f.note(t, c.ID)
	list, err := f.CredentialsOf(f.ctx, person)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d credentials (%v), want 1", len(list), err)
	}
	own, err := f.CredentialsOfSubject(f.ctx, wallet)
	if err != nil || len(own) != 1 {
		t.Fatalf("%d credentials of the wallet (%v), want 1", len(own), err)
	}
	views := map[string]issuance.Credential{
		"by id":     f.credential(t, c.ID),
		"by person": list[0],
		"by wallet": own[0],
		"holding":   *f.open(t, grant("", 2)).Holding,
	}
	for name, got := range views {
		if !isNoted(got) {
			t.Errorf("%s: not noted", name)
		}
	}
}

func notedOnOne(t *testing.T, f fixture) {
	for n := range 3 {
		f.refresh(t, n)
	}
	f.note(t, commit(grant("", 1), 1).Credential.ID)
	for n := range 3 {
		c := f.credential(t, fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
		if isNoted(c) != (n == 1) {
			t.Errorf("credential %d: noted is %v", n, isNoted(c))
		}
	}
}

func olderIsNotNewest(t *testing.T, f fixture) {
	older := f.refresh(t, 1)
	f.refresh(t, 2)
	f.note(t, older.ID)
	if isNoted(*f.open(t, grant("", 3)).Holding) {
		t.Error("the newest credential took a note on an older one")
	}
}
