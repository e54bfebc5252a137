package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"justice-wallet/pkg/issuance"
)

func letterCommit(n int) issuance.LetterCommit {
	return issuance.LetterCommit{
		Credential: issuance.Credential{
			ID: fmt.Sprintf("letter-%d", n), Configuration: "letter-release", DocumentType: configuration, Format: issuance.FormatLetter,
			DocumentNumber: fmt.Sprintf("CODE-%d", n), Record: issuance.Record{Person: person, Item: "item-1"}, Subject: "letter:" + person,
			KeyID: "key", Issued: start.Add(time.Duration(n) * time.Minute), Until: start.AddDate(0, 0, 28),
		},
		Sealed: fmt.Appendf(nil, "sealed \x00\xff %d", n), Until: start.Add(24 * time.Hour),
	}
}

func (f fixture) commitLetter(t *testing.T, c issuance.LetterCommit) issuance.LetterKept {
	t.Helper()
	kept, err := f.CommitLetter(f.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func (f fixture) letter(t *testing.T, id string) issuance.LetterKept {
	t.Helper()
	kept, err := f.Letter(f.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

var letterPromises = map[string]func(*testing.T, fixture){
	"a letter is kept, and is the newest of its kind about its record": func(t *testing.T, f fixture) {
		first, second := letterCommit(1), letterCommit(2)
		f.commitLetter(t, first)
		kept := f.commitLetter(t, second)
		if kept.Newest != second.Credential.ID || !bytes.Equal(kept.Sealed, second.Sealed) || kept.Credential != second.Credential {
			t.Error("not as it was committed")
		}
		if got := f.letter(t, first.Credential.ID); got.Newest != second.Credential.ID || !bytes.Equal(got.Sealed, first.Sealed) {
			t.Error("the first letter does not know of the second")
		}
	},
	"a letter committed again changes nothing": func(t *testing.T, f fixture) {
		f.commitLetter(t, letterCommit(1))
		f.commitLetter(t, letterCommit(2))
		again := letterCommit(1)
		again.Sealed, again.Credential.DocumentNumber = []byte("other"), "OTHER"
		kept := f.commitLetter(t, again)
		if kept.Credential != letterCommit(1).Credential || !bytes.Equal(kept.Sealed, letterCommit(1).Sealed) || kept.Newest != "letter-2" {
			t.Error("the first letter was put afresh, or became the newest again")
		}
		wantRecords(t, f, 2)
	},
	"letters of another kind, person or item are another series": func(t *testing.T, f fixture) {
		f.commitLetter(t, letterCommit(1))
		for n, change := range []func(*issuance.Credential){
			func(c *issuance.Credential) { c.Configuration = "letter-approval" },
			func(c *issuance.Credential) { c.Record.Person, c.Subject = otherPerson, "letter:"+otherPerson },
			func(c *issuance.Credential) { c.Record.Item = "item-2" },
		} {
			c := letterCommit(10 + n)
			change(&c.Credential)
			f.commitLetter(t, c)
		}
		if got := f.letter(t, "letter-1").Newest; got != "letter-1" {
			t.Errorf("the newest is %s", got)
		}
	},
	"a letter is found by its id and its person, and ends as everything does": func(t *testing.T, f fixture) {
		c := letterCommit(1)
		f.commitLetter(t, c)
		if f.credential(t, c.Credential.ID) != c.Credential {
			t.Error("not as it was recorded")
		}
		wantRecords(t, f, 1)
		if err := f.MarkRevoked(f.ctx, c.Credential.ID, start.Add(time.Hour), "recalled"); err != nil {
			t.Fatal(err)
		}
		if got := f.letter(t, c.Credential.ID).Credential; !got.Revoked.Equal(start.Add(time.Hour)) || got.Reason != "recalled" {
			t.Error("the letter does not show that it was revoked")
		}
	},
	"the text of a letter is kept until its time, the letter longer": func(t *testing.T, f fixture) {
		c := letterCommit(1)
		f.commitLetter(t, c)
		f.clock.set(c.Until.Add(-time.Millisecond))
		if f.letter(t, c.Credential.ID).Sealed == nil {
			t.Error("gone too soon")
		}
		f.clock.set(c.Until)
		if f.letter(t, c.Credential.ID).Sealed != nil {
			t.Error("there after its time")
		}
	},
	"what is no letter is not found as one": func(t *testing.T, f fixture) {
		other := f.refresh(t, 1)
		for _, id := range []string{other.ID, "no-such-id"} {
			if _, err := f.Letter(f.ctx, id); !errors.Is(err, issuance.ErrNotFound) {
				t.Errorf("%s: %v, want not found", id, err)
			}
		}
	},
	"of fifty letters made at once, all agree which is the newest": func(t *testing.T, f fixture) {
		if err := errors.Join(atOnce(50, func(i int) error { _, err := f.CommitLetter(f.ctx, letterCommit(i)); return err })...); err != nil {
			t.Fatal(err)
		}
		newest := f.letter(t, "letter-0").Newest
		for i := range 50 {
			if got := f.letter(t, fmt.Sprintf("letter-%d", i)).Newest; got != newest {
				t.Errorf("letter %d: %s is the newest, and %s", i, got, newest)
			}
		}
	},
	"a wish waits until it is dropped or its time is over": wishesWait,
	"the wishes after one are those that were asked later, though it waits no more": func(t *testing.T, f fixture) {
		for n := range 250 { // three to a moment
			w := issuance.LetterWish{ID: fmt.Sprintf("wish-%03d", n), Asked: start.Add(time.Duration(n/3) * time.Second), Sealed: []byte("sealed")}
			if err := f.PutWish(f.ctx, w, start.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		var after issuance.LetterWish
		seen := 0
		for {
			page, err := f.Wishes(f.ctx, after, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range page {
				if want := fmt.Sprintf("wish-%03d", seen); w.ID != want {
					t.Fatalf("%s came where %s does", w.ID, want)
				}
				seen++
			}
			if len(page) < 7 {
				break
			}
			after = page[len(page)-1]
			if err := f.DropWish(f.ctx, after.ID); err != nil {
				t.Fatal(err)
			}
		}
		if seen != 250 {
			t.Errorf("%d wishes came", seen)
		}
	},
}

func wishesWait(t *testing.T, f fixture) {
	put := func(id string, asked time.Time, sealed string) {
		t.Helper()
		if err := f.PutWish(f.ctx, issuance.LetterWish{ID: id, Asked: asked, Sealed: []byte(sealed)}, start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(limit int, ids ...string) {
		t.Helper()
		got, err := f.Wishes(f.ctx, issuance.LetterWish{}, limit)
		if err != nil || len(got) != len(ids) {
			t.Fatalf("%d wishes (%v), want %v", len(got), err, ids)
		}
		for i, w := range got {
			if w.ID != ids[i] || string(w.Sealed) != "sealed "+ids[i] {
				t.Errorf("wish %d is %s %q", i, w.ID, w.Sealed)
			}
		}
	}
	want(10)
	put("b", start.Add(time.Second), "sealed b")
	put("a", start.Add(2*time.Second), "sealed a")
	put("c", start, "sealed c")
	put("c", start.Add(time.Minute), "put again")
	want(10, "c", "b", "a")
	want(2, "c", "b")
	for range 2 {
		if err := f.DropWish(f.ctx, "b"); err != nil {
			t.Fatal(err)
		}
	}
	want(10, "c", "a")
	f.clock.set(start.Add(time.Hour))
	want(10)
}
