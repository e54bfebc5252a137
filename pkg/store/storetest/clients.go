package storetest

import (
	"errors"
	"testing"
	"time"

	"justice-wallet/pkg/statuslist"
)

func clientRequest(id string) statuslist.Request {
	return statuslist.Request{Client: "client-a", ID: id, Expires: start.AddDate(0, 6, 0)}
}

func (f fixture) begin(t *testing.T, r statuslist.Request) *statuslist.Slot {
	t.Helper()
	slot, err := f.Begin(f.ctx, r)
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	return slot
}

func (f fixture) finish(t *testing.T, r statuslist.Request, slot statuslist.Slot) {
	t.Helper()
	if err := f.Finish(f.ctx, r, slot); err != nil {
		t.Fatalf("finish: %v", err)
	}
}

var clientPromises = map[string]func(*testing.T, fixture){
	"a client's request is answered as it was, for a day":         requestAnsweredAgain,
	"a request with other contents is refused":                    requestChanged,
	"a request belongs to one caller, for a while":                requestBusy,
	"fifty of one request at once are one":                        requestsAtOnce,
	"a request that was never begun cannot be finished":           requestNeverBegun,
	"requests of other clients, and others of one, are their own": requestsApart,
	"a slot is the client's it was first given to":                slotGiven,
	"a slot that a client holds ended when it first did":          slotEnded,
	"a client's slot is forgotten a year beyond its time":         slotForgotten,
}

func requestAnsweredAgain(t *testing.T, f fixture) {
	r, want := clientRequest("1"), statuslist.Slot{List: "a", Index: 0}
	if got := f.begin(t, r); got != nil {
		t.Fatalf("a new request has the slot %v", got)
	}
	f.clock.set(start.Add(time.Second))
	f.finish(t, r, want)
	f.finish(t, r, statuslist.Slot{List: "b", Index: 7})
	f.clock.set(start.Add(statuslist.RequestWindow))
	if got := f.begin(t, r); got == nil || *got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	f.clock.set(start.Add(time.Second + statuslist.RequestWindow))
	if got := f.begin(t, r); got != nil {
		t.Errorf("after a day the request still has the slot %v", got)
	}
}

func requestChanged(t *testing.T, f fixture) {
	r := clientRequest("1")
	f.begin(t, r)
	other := r
	other.Expires = r.Expires.Add(time.Second)
	if _, err := f.Begin(f.ctx, other); !errors.Is(err, statuslist.ErrChanged) {
		t.Errorf("while it is being answered: %v", err)
	}
	f.finish(t, r, statuslist.Slot{List: "a", Index: 3})
	if _, err := f.Begin(f.ctx, other); !errors.Is(err, statuslist.ErrChanged) {
		t.Errorf("once it is answered: %v", err)
	}
}

func requestBusy(t *testing.T, f fixture) {
	r := clientRequest("1")
	f.begin(t, r)
	f.clock.set(start.Add(statuslist.RequestHold - time.Millisecond))
	if _, err := f.Begin(f.ctx, r); !errors.Is(err, statuslist.ErrBusy) {
		t.Errorf("within the hold: %v", err)
	}
	f.clock.set(start.Add(statuslist.RequestHold))
	if got := f.begin(t, r); got != nil {
		t.Errorf("after the hold it has the slot %v", got)
	}
}

func requestsAtOnce(t *testing.T, f fixture) {
	r, mine := clientRequest("1"), 0
	for _, err := range atOnce(50, func(int) error { _, err := f.Begin(f.ctx, r); return err }) {
		if err == nil {
			mine++
		} else if !errors.Is(err, statuslist.ErrBusy) {
			t.Errorf("begin: %v", err)
		}
	}
	if mine != 1 {
		t.Errorf("%d callers were told to answer", mine)
	}
}

func requestNeverBegun(t *testing.T, f fixture) {
	if err := f.Finish(f.ctx, clientRequest("1"), statuslist.Slot{List: "a"}); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("finish: %v", err)
	}
}

func requestsApart(t *testing.T, f fixture) {
	first := clientRequest("1")
	f.begin(t, first)
	f.finish(t, first, statuslist.Slot{List: "a", Index: 3})
	other := first
	other.Client = "client-b"
	for _, r := range []statuslist.Request{clientRequest("2"), other} {
		if got := f.begin(t, r); got != nil {
			t.Errorf("%v has the slot %v", r, got)
		}
	}
}

func (f fixture) give(t *testing.T, slot statuslist.Slot, client string) {
	t.Helper()
	if err := f.Give(f.ctx, slot, client, start.AddDate(0, 1, 0)); err != nil {
		t.Fatalf("give: %v", err)
	}
}

func (f fixture) holder(t *testing.T, slot statuslist.Slot) statuslist.Holder {
	t.Helper()
	h, err := f.Holder(f.ctx, slot)
	if err != nil {
		t.Fatalf("holder: %v", err)
	}
	return h
}

func slotGiven(t *testing.T, f fixture) {
	slot := statuslist.Slot{List: "a", Index: 0}
	f.give(t, slot, "client-a")
	f.give(t, slot, "client-b")
	if got := f.holder(t, slot); got != (statuslist.Holder{Client: "client-a"}) {
		t.Errorf("got %+v", got)
	}
	for _, other := range []statuslist.Slot{{List: "a", Index: 1}, {List: "b", Index: 0}} {
		if _, err := f.Holder(f.ctx, other); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("%v: %v", other, err)
		}
	}
}

func slotEnded(t *testing.T, f fixture) {
	slot := statuslist.Slot{List: "a", Index: 0}
	if err := f.NoteEnded(f.ctx, slot, start); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("one that nobody holds: %v", err)
	}
	f.give(t, slot, "client-a")
	for _, at := range []time.Time{start, start.Add(time.Hour)} {
		if err := f.NoteEnded(f.ctx, slot, at); err != nil {
			t.Fatalf("note end: %v", err)
		}
	}
	f.give(t, slot, "client-a")
	if got := f.holder(t, slot); got.Client != "client-a" || !got.Ended.Equal(start) {
		t.Errorf("got %+v", got)
	}
}

func slotForgotten(t *testing.T, f fixture) {
	slot := statuslist.Slot{List: "a", Index: 0}
	f.give(t, slot, "client-a")
	f.clock.set(start.AddDate(1, 1, 0).Add(-time.Millisecond))
	f.holder(t, slot)
	f.clock.set(start.AddDate(1, 1, 0))
	if _, err := f.Holder(f.ctx, slot); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("a year beyond its time: %v", err)
	}
	if err := f.NoteEnded(f.ctx, slot, start); !errors.Is(err, statuslist.ErrNoSlot) {
		t.Errorf("a year beyond its time, it ends: %v", err)
	}
}
