package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"justice-wallet/pkg/issuance"
)

// enrol commits credential n, signed by key, that ends so many days from now.
func (f fixture) enrol(t *testing.T, n int, key string, days int) string {
	t.Helper()
	c := commit(grant("", n), n)
	c.Grant.Subject = fmt.Sprintf("%s-%d", wallet, n%3)
	c.Credential.Subject, c.Credential.KeyID, c.Credential.Until = c.Grant.Subject, key, start.AddDate(0, 0, days)
	f.commit(t, c)
	return c.Credential.ID
}

// signed reads all pages.
func (f fixture) signed(t *testing.T, key string, limit int) []string {
	t.Helper()
	var all []string
	for after := ""; ; {
		ids, next, err := f.SignedBy(f.ctx, key, after, limit)
		if err != nil || len(ids) > limit {
			t.Fatalf("signed by: %d of at most %d ids, %v", len(ids), limit, err)
		}
		if all = append(all, ids...); next == "" {
			return all
		}
		after = next
	}
}

func (f fixture) roll(t *testing.T, ids ...string) []issuance.Credential {
	t.Helper()
	found, err := f.Credentials(f.ctx, ids)
	if err != nil {
		t.Fatalf("credentials: %v", err)
	}
	slices.SortFunc(found, func(a, b issuance.Credential) int { return a.Issued.Compare(b.Issued) })
	return found
}

var rollPromises = map[string]func(*testing.T, fixture){
	"credentials are found many at a time, and those that are not there are left out": manyFound,
	"what a key signed is listed page by page, each once":                             signedPages,
	"a page goes on where the last one ended, whatever went and came since":           signedGoesOn,
	"many end at once, and the first reason stands":                                   manyEnd,
}

func manyFound(t *testing.T, f fixture) {
	a, b := f.enrol(t, 1, "key-1", 30), f.enrol(t, 2, "key-1", 40)
	if found := f.roll(t); len(found) != 0 {
		t.Errorf("%d found of none", len(found))
	}
	found := f.roll(t, b, "nobody's", a)
	if len(found) != 2 || found[0] != f.credential(t, a) || found[1] != f.credential(t, b) {
		t.Errorf("found %+v", found)
	}
	f.clock.set(start.AddDate(1, 0, 30))
	if found := f.roll(t, a, b); len(found) != 1 || found[0].ID != b {
		t.Errorf("a year beyond its end one is still found: %+v", found)
	}
}

func signedPages(t *testing.T, f fixture) {
	var want []string
	for n := range 7 {
		want = append(want, f.enrol(t, n, "key-1", 30)) // of one time: the id decides
	}
	f.enrol(t, 8, "key-2", 30)
	for _, limit := range []int{1, 3, 7, 100} {
		if got := f.signed(t, "key-1", limit); !slices.Equal(got, want) {
			t.Errorf("%d at a time: %v, want %v", limit, got, want)
		}
	}
	if got := f.signed(t, "key-3", 5); len(got) != 0 {
		t.Errorf("a key that signed nothing: %v", got)
	}
}

func signedGoesOn(t *testing.T, f fixture) {
	first, second, last := f.enrol(t, 1, "key-1", 10), f.enrol(t, 2, "key-1", 20), f.enrol(t, 3, "key-1", 30)
	ids, next, err := f.SignedBy(f.ctx, "key-1", "", 2)
	if err != nil || !slices.Equal(ids, []string{first, second}) {
		t.Fatalf("%v, %v", ids, err)
	}
	f.clock.set(start.AddDate(1, 0, 20)) // the first two are kept no more; the next commit tidies them away
	later := f.enrol(t, 4, "key-1", 400)
	got, next, err := f.SignedBy(f.ctx, "key-1", next, 5)
	if err != nil || next != "" || !slices.Equal(got, []string{last, later}) {
		t.Errorf("went on with %v (%v), want %v", got, err, []string{last, later})
	}
}

func manyEnd(t *testing.T, f fixture) {
	a, b, c := f.enrol(t, 1, "key-1", 30), f.enrol(t, 2, "key-1", 30), f.enrol(t, 3, "key-1", 30)
	if err := f.MarkRevoked(f.ctx, a, start, "first"); err != nil {
		t.Fatal(err)
	}
	at := start.Add(time.Minute)
	for range 2 {
		if err := f.MarkAllRevoked(f.ctx, []issuance.End{{ID: a, At: at, Reason: "second"}, {ID: "nobody's", At: at}, {ID: b, At: at, Reason: "second"}}); err != nil {
			t.Fatalf("mark: %v", err)
		}
		at = at.Add(time.Hour)
	}
	for i, want := range []struct {
		at     time.Time
		reason string
	}{{start, "first"}, {start.Add(time.Minute), "second"}, {}} {
		got := f.roll(t, a, b, c)[i]
		if !got.Revoked.Equal(want.at) || got.Reason != want.reason {
			t.Errorf("credential %d ended at %v for %q, want %v for %q", i, got.Revoked, got.Reason, want.at, want.reason)
		}
	}
	g := grant("", 9)
	g.Subject = f.credential(t, b).Subject
	if o := f.open(t, g); o.Holding == nil || o.Holding.Reason != "second" {
		t.Errorf("the holding does not say that it ended: %+v", o.Holding)
	}
	if err := f.MarkAllRevoked(f.ctx, nil); err != nil {
		t.Errorf("none: %v", err)
	}
}
