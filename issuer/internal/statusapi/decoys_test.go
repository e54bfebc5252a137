package statusapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/statuslist"
)

func withDecoys(c *statusapi.Config) { c.Decoys = true }

// shown publishes, and returns how many ended places the first list shows.
func (r *rig) shown(t *testing.T, s *statusapi.Service) int {
	t.Helper()
	if err := s.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := statusapi.URIs(config())[0][len(base+"/t/"):]
	p, err := r.store.Store.Published(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Revoked
}

// A brand-new list shows ended places in its very first publication; how many, another secret would say differently.
func TestANewListBeginsWithDecoys(t *testing.T) {
	var seen []int
	for n := range 4 {
		r := newRig(t, withDecoys, func(c *statusapi.Config) { c.Secret = bytes.Repeat([]byte{byte(n)}, 32) })
		if err := r.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		ref := r.allocate(t, "o")
		p := r.published(t, ref)
		if most := 655 + 131; p.Revoked < 65 || p.Revoked > most {
			t.Errorf("%d places of a new list ended, want 65 to %d", p.Revoked, most)
		}
		seen = append(seen, p.Revoked)
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) == 1 {
		t.Errorf("every secret gives %d", seen[0])
	}
}

// shared is a store whose lease each process has: several made a list's decoys of one day, one after another.
type shared struct{ *store }

func (s shared) Lease(ctx context.Context, list, _ string, life time.Duration) (statuslist.Lease, error) {
	return s.store.Lease(ctx, list, "all", life)
}

// beside is one process of several.
func (r *rig) beside(t *testing.T) *statusapi.Service {
	t.Helper()
	c := config()
	withDecoys(&c)
	s, err := statusapi.New(c, statusapi.Deps{
		Slots: r.store, Publications: shared{r.store}, Keys: r, Now: r.now, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The day's decoys come through the day, the same however often the process starts again and whoever else makes them; those of
// another day are others.
func TestTheDaysDecoys(t *testing.T) {
	r := newRig(t, withDecoys)
	r.set(start.Truncate(24 * time.Hour))
	first := r.beside(t)
	before, last := r.shown(t, first), -1
	var days []int
	for day := range 3 {
		midnight := start.Truncate(24*time.Hour).AddDate(0, 0, day)
		began, steps := before, 0
		for part := range 6 {
			r.set(midnight.Add(time.Duration(part+1)*4*time.Hour - time.Second))
			now := r.shown(t, first)
			if again := r.shown(t, r.beside(t)); again != now {
				t.Fatalf("day %d, part %d: another process made it %d of %d", day, part, again, now)
			}
			if now > before {
				steps++
			}
			before = now
		}
		n := before - began
		if n < 13 || n > 131 || steps < 3 {
			t.Errorf("day %d: %d decoys, in %d of 6 parts", day, n, steps)
		}
		days = append(days, n)
		last = n
	}
	if !slices.ContainsFunc(days, func(n int) bool { return n != last }) {
		t.Errorf("every day has %d decoys", last)
	}
}

// A place that was given never ends by itself, nor is one given that ended.
func TestADecoyIsNobodys(t *testing.T) {
	r := newRig(t, withDecoys)
	var given []credential.StatusRef
	for day := range 3 {
		r.set(start.AddDate(0, 0, day))
		r.publish(t)
		for n := range 100 {
			given = append(given, r.allocate(t, fmt.Sprint(day, n)))
		}
	}
	r.publish(t)
	token, _ := r.decode(t, r.published(t, given[0]))
	seen := map[int]bool{}
	for _, ref := range given {
		wantStatus(t, token, ref.Index, statuslist.Valid)
		if seen[ref.Index] {
			t.Errorf("place %d was given twice", ref.Index)
		}
		seen[ref.Index] = true
	}
	if r.revoke(t, given[0]); r.shown(t, r.Service) == 0 {
		t.Error("nothing ended")
	}
}

func TestAFullListGetsNoDecoys(t *testing.T) {
	r := newRig(t, withDecoys)
	before := r.shown(t, r.Service)
	id := statusapi.URIs(config())[0][len(base+"/t/"):]
	if _, err := r.store.Store.Next(t.Context(), "almost all", id, start.AddDate(0, 1, 0), size*19/20); err != nil {
		t.Fatal(err)
	}
	r.set(start.AddDate(0, 0, 3))
	if now := r.shown(t, r.Service); now != before {
		t.Errorf("%d became %d", before, now)
	}
	if !strings.Contains(r.log.String(), "raise STATUS_LISTS") {
		t.Errorf("nobody is told that places run out: %s", r.log.String())
	}
	said := strings.Count(r.log.String(), "raise STATUS_LISTS")
	r.shown(t, r.Service)
	r.set(start.AddDate(0, 0, 3).Add(time.Hour))
	r.shown(t, r.Service)
	if got := strings.Count(r.log.String(), "raise STATUS_LISTS"); got != said+1 {
		t.Errorf("it was said %d times more in an hour", got-said)
	}
}

// stingy gives no places, and publishes all the same.
type stingy struct{ *store }

func (stingy) Next(context.Context, string, string, time.Time, int) (int, error) { return 0, errBroken }

func TestDecoysThatFailKeepNothingBack(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "o")
	c := config()
	withDecoys(&c)
	s, err := statusapi.New(c, statusapi.Deps{
		Slots: stingy{r.store}, Publications: r.store, Keys: r, Now: r.now, Rand: bytes.NewReader(make([]byte, 16)), Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.set(start.Add(time.Hour))
	r.revoke(t, ref)
	if n := r.shown(t, s); n != 1 || !strings.Contains(r.log.String(), "end decoys") {
		t.Errorf("%d ended places are shown; the log: %s", n, r.log.String())
	}
}

func closed(n int) func(*statusapi.Config) { return func(c *statusapi.Config) { c.Closed = n } }

// A closed list gives no more places, is published until its last document has expired, and then neither published nor served.
func TestAClosedListIsRetired(t *testing.T) {
	r := newRig(t, lists(2))
	uris := statusapi.URIs(statusapi.Config{BaseURL: base, Lists: 2, Secret: config().Secret})
	var old credential.StatusRef
	for n := 0; old.URI != uris[0]; n++ {
		old = r.allocate(t, fmt.Sprint("before ", n))
	}
	r.publish(t)
	later := r.again(t, lists(2), closed(1))
	for n := range 40 {
		ref, err := later.Allocate(t.Context(), fmt.Sprint("after ", n), start.AddDate(0, 6, 0))
		if err != nil || ref.URI != uris[1] {
			t.Fatalf("%+v, %v: want one of %s", ref, err, uris[1])
		}
	}
	r.Service = later
	r.set(start.AddDate(0, 1, 0)) // the last moment of its document
	if _, err := later.Revoke(t.Context(), "o", old); err != nil {
		t.Errorf("a document of a closed list: %v", err)
	}
	r.publish(t)
	if p := r.published(t, old); p.Revoked != 1 {
		t.Error("a closed list is not published")
	}
	r.mustGet(t, uris[0])
	newest := r.published(t, old)
	r.set(start.AddDate(0, 1, 0).Add(time.Second))
	r.publish(t)
	for _, uri := range []string{uris[0], strings.Replace(uris[0], "/t/", "/b/", 1)} {
		if _, err := r.get(t, uri); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a retired list: %v", err)
		}
	}
	r.set(start.AddDate(0, 2, 0))
	r.publish(t)
	if p := r.published(t, old); p.Token != newest.Token {
		t.Error("a retired list was published")
	}
	r.mustGet(t, uris[1])
}

// A list that is open is never retired, though nothing in it lives.
func TestAnOpenListIsNotRetired(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "o")
	r.set(start.AddDate(0, 2, 0))
	r.publish(t)
	r.mustGet(t, ref.URI)
}
