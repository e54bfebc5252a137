package issuance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/seal"
	"justice-wallet/pkg/store/memstore"
)

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// desk is where letters are made, of synthetic people, with every part that has an effect able to break.
type desk struct {
	listing func() // runs once, before a person's documents are listed
	*memstore.Store
	letters *issuance.Letters
	service *issuance.Service
	ring    *keys.Ring
	facts   credential.Facts
	now     time.Time
	audited []audit.Event

	mu      sync.Mutex
	breaks  string // the act that breaks
	after   bool   // once it has taken effect
	slots   map[string]int
	revoked map[int]bool
}

var errBroken = errors.New("broken")

// act runs do, which has the name, unless it is to break before or after.
func (d *desk) act(name string, do func() error) error {
	if d.breaks == name && !d.after {
		return errBroken
	}
	err := do()
	if d.breaks == name {
		return errBroken
	}
	return err
}

func (d *desk) Facts(context.Context, string, issuance.Record) (credential.Facts, error) {
	return d.facts, d.act("facts", func() error { return nil })
}

func (d *desk) Record(_ context.Context, e audit.Event) error {
	return d.act("audit", func() error { d.mu.Lock(); defer d.mu.Unlock(); d.audited = append(d.audited, e); return nil })
}

func (d *desk) Allocate(_ context.Context, operation string, _ time.Time) (ref credential.StatusRef, err error) {
	err = d.act("allocate", func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if _, ok := d.slots[operation]; !ok {
			d.slots[operation] = len(d.slots)
		}
		ref = credential.StatusRef{URI: "https://issuer.example/t/abc", Index: d.slots[operation]}
		return nil
	})
	return ref, err
}

func (d *desk) Revoke(_ context.Context, _ string, ref credential.StatusRef) (time.Time, error) {
	return d.now, d.act("revoke", func() error { d.mu.Lock(); defer d.mu.Unlock(); d.revoked[ref.Index] = true; return nil })
}

func (d *desk) CommitLetter(ctx context.Context, c issuance.LetterCommit) (kept issuance.LetterKept, err error) {
	err = d.act("commit", func() (err error) { kept, err = d.Store.CommitLetter(ctx, c); return err })
	return kept, err
}

func (d *desk) Letter(ctx context.Context, id string) (kept issuance.LetterKept, err error) {
	err = d.act("read", func() (err error) { kept, err = d.Store.Letter(ctx, id); return err })
	return kept, err
}

func (d *desk) CredentialsOf(ctx context.Context, person string) (all []issuance.Credential, err error) {
	if listing := d.listing; listing != nil {
		d.listing = nil
		listing()
	}
	err = d.act("list", func() (err error) { all, err = d.Store.CredentialsOf(ctx, person); return err })
	return all, err
}

func (d *desk) MarkRevoked(ctx context.Context, id string, at time.Time, reason string) error {
	return d.act("mark", func() error { return d.Store.MarkRevoked(ctx, id, at, reason) })
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{now: start, slots: map[string]int{}, revoked: map[int]bool{}, facts: credential.Facts{
		"alive": true, "identity_frozen": false, "sources_agree": true, "restricted_patient": false, "recalled": false,
		"released": true, "release_confirmation_current": true, "family_name": "Llŷr", "given_name": "Siân",
		"birth_date": credential.Date{Year: 1990, Month: 2, Day: 28}, "release_confirmation_ends": credential.Date{Year: 2027, Month: 5, Day: 1},
		"release_date": credential.Date{Year: 2026, Month: 11, Day: 2}, "released_within_56_days": true, "released_within_6_months": true,
	}}
	clock := func() time.Time { return d.now }
	d.Store = memstore.New(clock)
	key, err := keys.NewKey(keys.PurposeLetter, start)
	must(t, err)
	key.State = keys.StateActive
	d.ring, err = keys.NewRing(start, key)
	must(t, err)
	catalogue, err := document.Shipped()
	must(t, err)
	london, err := time.LoadLocation("Europe/London")
	must(t, err)
	box, err := seal.New(bytes.Repeat([]byte{1}, 32), rand.Reader)
	must(t, err)
	d.service = issuance.New(issuance.Deps{
		Documents: catalogue, Keys: d.ring, Records: d, Status: d, Offers: d, Ledger: d, Register: d, Audit: d, Now: clock, Rand: rand.Reader, London: london,
	})
	d.letters, err = d.service.Letters(issuance.LetterOptions{
		Issuer: "https://issuer.example", Page: "https://check.example/letter", Documents: catalogue, Book: d, Seal: box,
	})
	must(t, err)
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ask(n int) issuance.LetterRequest {
	return issuance.LetterRequest{
		Record: issuance.Record{Person: "A0001AA"}, Kind: letter.Release, Operation: fmt.Sprintf("synthetic-operation-%d", n), Actor: "staff:synthetic",
	}
}

func (d *desk) issue(t *testing.T, n int) issuance.IssuedLetter {
	t.Helper()
	got, err := d.letters.Issue(t.Context(), ask(n))
	must(t, err)
	return got
}

// read is what a checker reads in the QR code, and whether its slot stands.
func (d *desk) read(t *testing.T, l issuance.IssuedLetter) (letter.Letter, bool) {
	t.Helper()
	text, ok := strings.CutPrefix(l.Link, "https://check.example/letter#")
	token, err := letter.Parse(text)
	if !ok || err != nil {
		t.Fatalf("the link holds no token (%v)", err)
	}
	key, _ := d.ring.ByID(token.KeyID())
	says, err := token.Verify(key.Public())
	must(t, err)
	return says, !d.revoked[says.Status.Index]
}

func TestALetterSaysWhatTheRecordsSayNow(t *testing.T) {
	d := newDesk(t)
	says, stands := d.read(t, d.issue(t, 1))
	if !stands || says.Value("family_name") != "Llŷr" || says.Value("release_date") != (credential.Date{Year: 2026, Month: 11, Day: 2}) || len(says.Elements) != 4 {
		t.Errorf("stands %v, says %d things", stands, len(says.Elements))
	}
	if !says.Issued.Equal(start) || !says.Expires.Equal(start.Add(28*24*time.Hour)) {
		t.Errorf("%v to %v", says.Issued, says.Expires)
	}
	d.facts["release_confirmation_ends"] = credential.Date{Year: 2026, Month: 12, Day: 1}
	if says, _ := d.read(t, d.issue(t, 2)); !says.Expires.Equal(time.Date(2026, 12, 1, 23, 59, 59, 0, time.UTC)) {
		t.Errorf("it outlives its document: %v", says.Expires)
	}
}

func TestWhoIsNotEntitledGetsNoLetter(t *testing.T) {
	for fact, value := range map[string]any{"recalled": true, "alive": false, "released": false, "family_name": nil} {
		d := newDesk(t)
		first := d.issue(t, 1)
		if d.facts[fact] = value; value == nil {
			delete(d.facts, fact)
		}
		if _, err := d.letters.Issue(t.Context(), ask(2)); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", fact, err)
		}
		if _, err := d.letters.Issue(t.Context(), ask(1)); value != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: handed out again: %v", fact, err)
		}
		if _, stands := d.read(t, first); !stands {
			t.Errorf("%s: a refusal ended the letter", fact)
		}
	}
}

func TestAReprintEndsTheEarlierOne(t *testing.T) {
	d := newDesk(t)
	first := d.issue(t, 1)
	other := ask(3)
	other.Kind = letter.Identity
	kept, err := d.letters.Issue(t.Context(), other)
	must(t, err)
	second := d.issue(t, 2)
	for name, c := range map[string]struct {
		letter issuance.IssuedLetter
		stands bool
	}{"the earlier": {first, false}, "the newer": {second, true}, "another kind": {kept, true}} {
		if _, stands := d.read(t, c.letter); stands != c.stands {
			t.Errorf("%s: stands %v", name, stands)
		}
		if _, err := d.letters.Open(t.Context(), c.letter.ID); (err == nil) != c.stands {
			t.Errorf("%s: open %v", name, err)
		}
	}
	c, err := d.Credential(t.Context(), first.ID)
	if err != nil || c.Reason != string(issuance.ReasonReprinted) {
		t.Errorf("ended for %q (%v)", c.Reason, err)
	}
	if _, err := d.letters.Issue(t.Context(), ask(1)); fault.CodeOf(err) != issuance.CodeLetterReplaced {
		t.Errorf("an earlier operation once more: %v", err)
	}
	if _, stands := d.read(t, second); !stands {
		t.Error("an earlier operation, once more, ended the newer letter")
	}
}

func TestRevokingAPersonEndsTheirLetters(t *testing.T) {
	d := newDesk(t)
	l := d.issue(t, 1)
	_, err := d.service.Revoke(t.Context(), issuance.RevokeRequest{Person: "A0001AA", Reason: issuance.ReasonRecallStandard, Actor: "staff:synthetic"})
	must(t, err)
	if _, stands := d.read(t, l); stands {
		t.Error("the letter stands")
	}
	if _, err := d.letters.Open(t.Context(), l.ID); fault.CodeOf(err) != issuance.CodeLetterReplaced {
		t.Errorf("it can be printed again: %v", err)
	}
}

func TestTheSameOperationIsTheSameLetter(t *testing.T) {
	d := newDesk(t)
	first := d.issue(t, 1)
	d.facts["given_name"] = "Other"
	again := d.issue(t, 1)
	if again.ID != first.ID || again.Link != first.Link {
		t.Error("a second letter was made")
	}
	other := ask(1)
	other.Record.Person = "B0002BB"
	theirs, err := d.letters.Issue(t.Context(), other)
	must(t, err)
	a, _ := d.read(t, first)
	b, _ := d.read(t, theirs)
	if theirs.ID == first.ID || a.Status == b.Status {
		t.Error("two people share a letter or a slot")
	}
	short := ask(1)
	short.Operation = "1"
	if _, err := d.letters.Issue(t.Context(), short); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an operation that can be guessed: %v", err)
	}
}

// Whatever breaks, before it took effect or after: of the letters that were handed out one at most stands, the person is
// never left with none that stands unless the new one waits for them, and the same operation goes on to the end.
func TestNothingThatBreaksLeavesTwoOrNone(t *testing.T) {
	for _, step := range []string{"read", "facts", "allocate", "audit", "commit", "list", "revoke", "mark"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %v", step, after), func(t *testing.T) {
				d := newDesk(t)
				first := d.issue(t, 1)
				d.breaks, d.after = step, after
				if l, err := d.letters.Issue(t.Context(), ask(2)); err == nil {
					t.Fatalf("the letter was handed out although a step broke: %v", l)
				} else if fault.KindOf(err) == fault.Invalid || fault.KindOf(err) == fault.Forbidden {
					t.Errorf("a step that broke is told as a refusal: %v", err)
				}
				d.breaks = ""
				_, firstStands := d.read(t, first)
				before, err := d.Store.CredentialsOf(t.Context(), "A0001AA")
				must(t, err)
				if !firstStands && len(before) != 2 {
					t.Error("the only letter was ended, and the new one is not durable")
				}
				second := d.issue(t, 2)
				_, firstStands = d.read(t, first)
				if _, secondStands := d.read(t, second); firstStands || !secondStands {
					t.Errorf("the first stands %v, the second %v", firstStands, secondStands)
				}
				if again := d.issue(t, 2); again.Link != second.Link {
					t.Error("asked again: another letter")
				}
			})
		}
	}
}

// Of many printed at once, one stands, and it was handed out.
// Whoever lists the letters when a newer one is there already must not take theirs for the newest.
func TestALetterMadeMeanwhileStands(t *testing.T) {
	d := newDesk(t)
	var newer issuance.IssuedLetter
	d.listing = func() { newer = d.issue(t, 2) }
	if _, err := d.letters.Issue(t.Context(), ask(1)); fault.CodeOf(err) != issuance.CodeLetterReplaced {
		t.Errorf("the one that was made first: %v", err)
	}
	if _, stands := d.read(t, newer); !stands {
		t.Error("the newer one was ended")
	}
}

func TestOfManyAtOnceOneStands(t *testing.T) {
	d := newDesk(t)
	var wait sync.WaitGroup
	for i := range 30 {
		wait.Go(func() {
			if _, err := d.letters.Issue(t.Context(), ask(i)); err != nil && fault.CodeOf(err) != issuance.CodeLetterReplaced {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	all, err := d.Store.CredentialsOf(t.Context(), "A0001AA")
	must(t, err)
	standing := 0
	for _, c := range all {
		if !d.revoked[c.Status.Index] {
			standing++
			if kept, err := d.Store.Letter(t.Context(), c.ID); err != nil || kept.Newest != c.ID {
				t.Errorf("the one that stands is not the newest (%v)", err)
			}
		}
	}
	if len(all) != 30 || standing != 1 {
		t.Errorf("%d letters, %d stand", len(all), standing)
	}
}

func TestALetterIsKeptForADay(t *testing.T) {
	d := newDesk(t)
	l := d.issue(t, 1)
	d.now = start.Add(24*time.Hour - time.Second)
	if _, err := d.letters.Open(t.Context(), l.ID); err != nil {
		t.Error(err)
	}
	d.now = start.Add(24 * time.Hour)
	if _, err := d.letters.Open(t.Context(), l.ID); fault.CodeOf(err) != issuance.CodeLetterGone {
		t.Errorf("after a day: %v", err)
	}
	if _, err := d.letters.Open(t.Context(), "no-such-letter"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such letter: %v", err)
	}
}

func TestAnAuditRecordComesFirstAndNamesNobody(t *testing.T) {
	d := newDesk(t)
	d.breaks, d.after = "commit", false
	if _, err := d.letters.Issue(t.Context(), ask(1)); err == nil {
		t.Fatal("issued")
	}
	if len(d.audited) != 1 || d.audited[0].What != "letter.issue" || d.audited[0].Who != "staff:synthetic" {
		t.Fatalf("audited %+v", d.audited)
	}
	if text := fmt.Sprintf("%+v", d.audited); strings.Contains(text, "A0001AA") || strings.Contains(text, "Llŷr") {
		t.Errorf("the audit names the person: %s", text)
	}
}
