package statusfetch_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/statusfetch"
)

// shelf serves several lists, which are named to the reader.
type shelf struct {
	*listIssuer
	server *httptest.Server
	lists  map[string]string
	asked  []string
	still  []string // those of asked that were answered with 304
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{listIssuer: newListIssuer(t), lists: map[string]string{}}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.server.Close)
	for _, id := range []string{"a", "b", "c"} {
		s.put(id, nil)
	}
	return s
}

func (s *shelf) at(id string) string { return s.server.URL + "/t/" + id }

func (s *shelf) put(id string, entries map[int]byte) {
	s.lists["/t/"+id] = s.token(entries, map[string]any{"sub": s.at(id)})
}

func (s *shelf) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path)
	body := s.lists[r.URL.Path]
	tag := fmt.Sprintf("%q", fmt.Sprint(crc32.ChecksumIEEE([]byte(body))))
	w.Header().Set("ETag", tag)
	switch {
	case body == "":
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("If-None-Match") == tag:
		s.still = append(s.still, r.URL.Path)
		w.WriteHeader(http.StatusNotModified)
	default:
		_, _ = io.WriteString(w, body) // a client that hung up is the client's business
	}
}

func (s *shelf) reader(maxAge time.Duration) *statusfetch.Reader { return s.readerOf(maxAge, false) }

func (s *shelf) readerOf(maxAge time.Duration, scheduled bool) *statusfetch.Reader {
	return statusfetch.New(statusfetch.Options{
		Issuers: []statusfetch.Issuer{{Prefix: s.server.URL + "/t/", Lists: []string{s.at("c"), s.at("a"), s.at("b")}, Keys: s.listIssuer}},
		Client:  fetch.New(fetch.Options{MaxBytes: statusfetch.MaxBytes}), Now: func() time.Time { return s.now }, MaxAge: maxAge, Scheduled: scheduled,
	})
}

func (s *shelf) status(r *statusfetch.Reader, id string) (int, error) {
	got, err := r.Status(context.Background(), credential.StatusRef{URI: s.at(id), Index: 1})
	return got.Value, err
}

func TestEveryListIsFetchedWhicheverIsRead(t *testing.T) {
	for _, id := range []string{"a", "b", "c", "unknown"} {
		s := newShelf(t)
		r := s.reader(time.Minute)
		if _, err := s.status(r, id); (err == nil) != (id != "unknown") {
			t.Errorf("%s: %v", id, err)
		}
		if want := []string{"/t/a", "/t/b", "/t/c"}; !slices.Equal(s.asked, want) {
			t.Errorf("%s: asked %v, want %v", id, s.asked, want)
		}
		for _, other := range []string{"a", "unknown", "b"} {
			_, _ = s.status(r, other) // how often is the question
		}
		if len(s.asked) != 3 {
			t.Errorf("%s: asked again while young: %v", id, s.asked)
		}
		s.now = s.now.Add(time.Minute)
		if _, err := s.status(r, "b"); err != nil || len(s.asked) != 6 {
			t.Errorf("%s: after a minute asked %v, %v", id, s.asked, err)
		}
	}
}

func TestARoundBringsNews(t *testing.T) {
	s := newShelf(t)
	r := s.reader(time.Minute)
	if v, err := s.status(r, "b"); err != nil || v != 0 {
		t.Fatalf("%d, %v", v, err)
	}
	s.now = s.now.Add(time.Minute)
	s.put("b", map[int]byte{1: 1})
	s.put("a", nil)
	s.put("c", nil)
	if v, err := s.status(r, "b"); err != nil || v != 1 {
		t.Errorf("%d, %v", v, err)
	}
}

func TestAListThatIsNotNamedIsNotFetched(t *testing.T) {
	s := newShelf(t)
	s.put("d", nil)
	_, err := s.status(s.reader(time.Minute), "d")
	wantReason(t, err, verification.ReasonStatusUntrusted)
	if slices.Contains(s.asked, "/t/d") {
		t.Errorf("asked %v", s.asked)
	}
}

// With a schedule, no check asks for anything but the first of all, which may come before the schedule does.
func TestNoCheckAsksWhenThereIsASchedule(t *testing.T) {
	s := newShelf(t)
	r := s.readerOf(time.Minute, true)
	check := func(id string, want verification.Reason) {
		t.Helper()
		_, err := s.status(r, id)
		if want == "" && err != nil {
			t.Errorf("%s: %v", id, err)
		} else if want != "" {
			wantReason(t, err, want)
		}
	}
	rounds := func(n int) {
		t.Helper()
		if len(s.asked) != 3*n {
			t.Errorf("asked %v, want %d rounds", s.asked, n)
		}
	}
	check("a", "")
	rounds(1)
	for _, later := range []time.Duration{0, time.Minute, 9 * time.Minute} { // the schedule stands still
		s.now = start.Add(later)
		check("b", "")
		check("unknown", verification.ReasonStatusUntrusted)
	}
	s.now = start.Add(10 * time.Minute)
	check("a", verification.ReasonStatusExpired) // its ttl is over
	rounds(1)
	r.Refresh(t.Context())
	rounds(2)
	check("a", "")
	s.lists = nil
	s.now = s.now.Add(time.Minute)
	r.Refresh(t.Context())
	rounds(3)
	check("a", "") // away, and within its ttl
	s.now = s.now.Add(9 * time.Minute)
	check("a", verification.ReasonStatusUnavailable)
	rounds(3)
}

// What still stands is not sent again, is verified again, and counts as read now.
func TestListsThatStillStand(t *testing.T) {
	s := newShelf(t)
	r := s.readerOf(time.Minute, true)
	r.Refresh(t.Context())
	s.put("b", map[int]byte{1: 1})
	s.now = start.Add(9 * time.Minute)
	r.Refresh(t.Context())
	if want := []string{"/t/a", "/t/c"}; !slices.Equal(s.still, want) {
		t.Errorf("304 to %v, want %v", s.still, want)
	}
	got, err := r.Status(t.Context(), credential.StatusRef{URI: s.at("a"), Index: 1})
	if err != nil || !got.ListRead.Equal(s.now) || !got.ListIssued.Equal(start) {
		t.Errorf("%+v, %v", got, err)
	}
	s.now = start.Add(18 * time.Minute) // ttl has passed since it was sent, not since it was said to stand
	if _, err := s.status(r, "a"); err != nil {
		t.Error(err)
	}
	if v, err := s.status(r, "b"); err != nil || v != 1 {
		t.Errorf("b: %d, %v", v, err)
	}
	s.keyErr = errors.New("withdrawn")
	r.Refresh(t.Context())
	_, err = s.status(r, "a")
	wantReason(t, err, verification.ReasonStatusKeyUnknown)
	s.keyErr = nil
	s.now = start.Add(time.Hour)
	r.Refresh(t.Context()) // its host says that it stands, and it says itself that it does not
	_, err = s.status(r, "a")
	wantReason(t, err, verification.ReasonStatusExpired)
}

// A host that says of everything that it still stands is not believed by one who holds nothing.
func TestNothingHeldStillStands(t *testing.T) {
	s := newShelf(t)
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	_, err := s.status(s.reader(time.Minute), "a")
	wantReason(t, err, verification.ReasonStatusUnavailable)
}

// One list that is away or spoilt leaves the others readable, and is itself no status.
func TestOneListOfASetFails(t *testing.T) {
	s := newShelf(t)
	delete(s.lists, "/t/a")
	s.lists["/t/b"] += "x"
	r := s.reader(time.Minute)
	_, err := s.status(r, "a")
	wantReason(t, err, verification.ReasonStatusUnavailable)
	if _, err = s.status(r, "b"); err == nil {
		t.Error("a spoilt list has a status")
	}
	if v, err := s.status(r, "c"); err != nil || v != 0 {
		t.Errorf("c: %d, %v", v, err)
	}
}

// A set that is away is relied on for as long as its lists' issuer said, and no longer.
func TestASetThatGoesAway(t *testing.T) {
	s := newShelf(t)
	r := s.reader(time.Minute)
	if _, err := s.status(r, "a"); err != nil {
		t.Fatal(err)
	}
	s.lists = nil
	s.now = s.now.Add(9 * time.Minute)
	if _, err := s.status(r, "a"); err != nil {
		t.Errorf("within ttl: %v", err)
	}
	s.now = s.now.Add(time.Minute)
	_, err := s.status(r, "a")
	wantReason(t, err, verification.ReasonStatusUnavailable)
}

// A list that stays while the names come is relied on for its ttl, too.
func TestAListThatGoesAway(t *testing.T) {
	s := newShelf(t)
	r := s.reader(time.Minute)
	if _, err := s.status(r, "a"); err != nil {
		t.Fatal(err)
	}
	delete(s.lists, "/t/a")
	s.now = s.now.Add(9 * time.Minute)
	if _, err := s.status(r, "a"); err != nil {
		t.Errorf("within ttl: %v", err)
	}
	s.now = s.now.Add(2 * time.Minute)
	_, err := s.status(r, "a")
	wantReason(t, err, verification.ReasonStatusUnavailable)
}

// Whoever takes every list is given them all by one round, and what still lives when their issuer is away.
func TestAllListsAreGivenWhole(t *testing.T) {
	s := newShelf(t)
	r := s.reader(0)
	s.put("b", map[int]byte{1: 1})
	s.lists["/t/c"] = "noise"
	all := r.All(context.Background())
	if want := []string{"/t/a", "/t/b", "/t/c"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked %v, want %v", s.asked, want)
	}
	if len(all) != 2 || all[0].URI != s.at("a") || all[1].URI != s.at("b") {
		t.Fatalf("given %d lists", len(all))
	}
	if v, err := all[1].List.Get(1); err != nil || v != 1 {
		t.Errorf("entry 1 is %d (%v)", v, err)
	}
	s.lists = nil
	if all := r.All(context.Background()); len(all) != 2 {
		t.Errorf("the issuer is away: given %d lists", len(all))
	}
	s.now = s.now.Add(24 * time.Hour)
	if all := r.All(context.Background()); len(all) != 0 {
		t.Errorf("out of date: given %d lists", len(all))
	}
}
