package statusfetch_test

import (
	"context"
	"encoding/json"
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

// shelf serves several lists and the names of them.
type shelf struct {
	*listIssuer
	server *httptest.Server
	names  any // what the aggregation says; nil: it is away
	lists  map[string]string
	asked  []string
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{listIssuer: newListIssuer(t), lists: map[string]string{}}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.server.Close)
	for _, id := range []string{"a", "b", "c"} {
		s.put(id, nil)
	}
	s.names = map[string]any{"status_lists": []string{s.at("c"), s.at("a"), s.at("b")}}
	return s
}

func (s *shelf) at(id string) string { return s.server.URL + "/t/" + id }

func (s *shelf) put(id string, entries map[int]byte) {
	s.lists["/t/"+id] = s.token(entries, map[string]any{"sub": s.at(id)})
}

func (s *shelf) serve(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.URL.Path)
	body := []byte(s.lists[r.URL.Path])
	if r.URL.Path == "/t" {
		body, _ = json.Marshal(s.names) // what cannot be written is not there
	}
	if len(body) == 0 || string(body) == "null" {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = w.Write(body) // a client that hung up is the client's business
}

func (s *shelf) reader(maxAge time.Duration) *statusfetch.Reader {
	return statusfetch.New(statusfetch.Options{
		Issuers: []statusfetch.Issuer{{Prefix: s.server.URL + "/t/", Aggregation: s.server.URL + "/t", Keys: s.listIssuer}},
		Client:  fetch.New(fetch.Options{MaxBytes: statusfetch.MaxBytes}), Now: func() time.Time { return s.now }, MaxAge: maxAge,
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
		if want := []string{"/t", "/t/a", "/t/b", "/t/c"}; !slices.Equal(s.asked, want) {
			t.Errorf("%s: asked %v, want %v", id, s.asked, want)
		}
		for _, other := range []string{"a", "unknown", "b"} {
			_, _ = s.status(r, other) // how often is the question
		}
		if len(s.asked) != 4 {
			t.Errorf("%s: asked again while young: %v", id, s.asked)
		}
		s.now = s.now.Add(time.Minute)
		if _, err := s.status(r, "b"); err != nil || len(s.asked) != 8 {
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

func TestWhatASetMayNotBe(t *testing.T) {
	s := newShelf(t)
	many := make([]string, 257)
	for i := range many {
		many[i] = s.at("x" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	for name, c := range map[string]struct {
		names any
		want  verification.Reason
	}{
		"away":            {nil, verification.ReasonStatusUnavailable},
		"another's list":  {map[string]any{"status_lists": []string{s.at("a"), "https://other.example/t/x"}}, verification.ReasonStatusMalformed},
		"a path within":   {map[string]any{"status_lists": []string{s.at("a/../b")}}, verification.ReasonStatusMalformed},
		"one twice":       {map[string]any{"status_lists": []string{s.at("a"), s.at("a")}}, verification.ReasonStatusMalformed},
		"none":            {map[string]any{"status_lists": []string{}}, verification.ReasonStatusMalformed},
		"too many":        {map[string]any{"status_lists": many}, verification.ReasonStatusMalformed},
		"no such member":  {map[string]any{"lists": []string{s.at("a")}}, verification.ReasonStatusMalformed},
		"a list left out": {map[string]any{"status_lists": []string{s.at("b")}}, verification.ReasonStatusUntrusted},
	} {
		s.names = c.names
		_, err := s.status(s.reader(time.Minute), "a")
		t.Run(name, func(t *testing.T) { wantReason(t, err, c.want) })
	}
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
	s.names = nil
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
	if want := []string{"/t", "/t/a", "/t/b", "/t/c"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked %v, want %v", s.asked, want)
	}
	if len(all) != 2 || all[0].URI != s.at("a") || all[1].URI != s.at("b") {
		t.Fatalf("given %d lists", len(all))
	}
	if v, err := all[1].List.Get(1); err != nil || v != 1 {
		t.Errorf("entry 1 is %d (%v)", v, err)
	}
	s.names = nil
	if all := r.All(context.Background()); len(all) != 2 {
		t.Errorf("the issuer is away: given %d lists", len(all))
	}
	s.now = s.now.Add(24 * time.Hour)
	if all := r.All(context.Background()); len(all) != 0 {
		t.Errorf("out of date: given %d lists", len(all))
	}
}
