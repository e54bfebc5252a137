package issuance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/store/memstore"
)

// hall is a register, a status list and an audit log, each of which can fail.
type hall struct {
	*memstore.Store
	service *issuance.Service
	now     time.Time

	mu      sync.Mutex
	ended   map[int]int // times that each place was told to end
	audited []audit.Event
	away    map[int]error // what ending a place answers
	fail    string        // a verb that fails, after it took effect
}

var errAway = errors.New("away")

func (h *hall) Record(_ context.Context, e audit.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.audited = append(h.audited, e)
	return h.failing("audit")
}

func (h *hall) failing(verb string) error {
	if h.fail == verb {
		return errAway
	}
	return nil
}

func (h *hall) Allocate(context.Context, string, time.Time) (credential.StatusRef, error) {
	return credential.StatusRef{}, errAway
}

func (h *hall) Revoke(_ context.Context, _ string, ref credential.StatusRef) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.away[ref.Index]; err != nil {
		return time.Time{}, err
	}
	h.ended[ref.Index]++
	return h.now, nil
}

func (h *hall) MarkAllRevoked(ctx context.Context, ends []issuance.End) error {
	return errors.Join(h.Store.MarkAllRevoked(ctx, ends), h.failing("mark"))
}

// newHall holds credentials 0 to n-1, all alive.
func newHall(t *testing.T, n int) (*hall, []string) {
	t.Helper()
	h := &hall{now: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), ended: map[int]int{}, away: map[int]error{}}
	h.Store = memstore.New(func() time.Time { return h.now })
	h.service = issuance.New(issuance.Deps{Roll: h, Status: h, Audit: h, Now: func() time.Time { return h.now }})
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		h.enrol(t, ids[i], i, h.now.AddDate(0, 1, 0))
	}
	return h, ids
}

func (h *hall) enrol(t *testing.T, id string, index int, until time.Time) {
	t.Helper()
	err := h.Commit(t.Context(), issuance.Commit{
		Operation: id, Grant: issuance.Grant{TokenID: id, Nonce: id, Subject: "synthetic", Expires: h.now},
		Credential: issuance.Credential{ID: id, Status: credential.StatusRef{URI: "https://status.example/t/a", Index: index}, Issued: h.now, Until: until},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *hall) end(t *testing.T, ids []string) (issuance.Tally, error) {
	t.Helper()
	return h.service.RevokeAll(t.Context(), issuance.RevokeAllRequest{IDs: ids, Reason: issuance.ReasonKeyCompromise, Actor: "staff:synthetic", Request: "request-1"})
}

// marked counts the credentials that the register says have ended.
func (h *hall) marked(t *testing.T, ids []string) int {
	t.Helper()
	all, err := h.Credentials(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	return len(slices.DeleteFunc(all, func(c issuance.Credential) bool { return c.Revoked.IsZero() }))
}

func TestManyEnd(t *testing.T) {
	h, ids := newHall(t, 100)
	h.enrol(t, "expired", 200, h.now)
	if err := h.MarkRevoked(t.Context(), ids[7], h.now.Add(-time.Hour), "DIED"); err != nil {
		t.Fatal(err)
	}
	tally, err := h.end(t, append(slices.Clone(ids), "expired", "nobody's"))
	if err != nil || tally.Ended != 100 || tally.Fresh != 99 || tally.Gone != 2 || len(tally.Failed) != 0 {
		t.Errorf("%+v, %v", tally, err)
	}
	if h.marked(t, ids) != 100 || len(h.ended) != 99 || h.ended[7] != 0 || h.ended[200] != 0 {
		t.Errorf("%d marked, %d places ended", h.marked(t, ids), len(h.ended))
	}
	if c, err := h.Credential(t.Context(), ids[7]); err != nil || c.Reason != "DIED" {
		t.Errorf("the first reason became %q (%v)", c.Reason, err)
	}
	if len(h.audited) != 99 {
		t.Fatalf("%d audit records", len(h.audited))
	}
	for _, e := range h.audited {
		if e.What != "credential.revoke" || e.Who != "staff:synthetic" || e.Details["reason"] != "KEY_COMPROMISE" || e.Details["request"] != "request-1" || !e.When.Equal(h.now) {
			t.Errorf("%+v", e)
		}
	}
	again, err := h.end(t, ids)
	if err != nil || again.Ended != 100 || again.Fresh != 0 || len(h.audited) != 99 || len(h.ended) != 99 {
		t.Errorf("again: %+v, %v; %d audit records, %d places", again, err, len(h.audited), len(h.ended))
	}
}

// Whatever fails, before or after it took effect, a repeat ends the rest and nothing twice in the register.
func TestManyEndAfterAFailure(t *testing.T) {
	for _, fail := range []string{"audit", "mark", "status"} {
		h, ids := newHall(t, 40)
		h.fail = fail
		if fail == "status" {
			h.away[17] = errAway
		}
		if tally, err := h.end(t, ids); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %+v, %v", fail, tally, err)
		}
		if fail == "audit" && len(h.ended) != 0 {
			t.Errorf("%d ended without an audit record", len(h.ended))
		}
		h.fail, h.away = "", map[int]error{}
		tally, err := h.end(t, ids)
		if err != nil || tally.Ended != 40 || h.marked(t, ids) != 40 || len(h.ended) != 40 {
			t.Errorf("%s, again: %+v, %v; %d marked, %d places ended", fail, tally, err, h.marked(t, ids), len(h.ended))
		}
	}
}

// A place that the status list does not know keeps no other back, and is not called ended.
func TestAPlaceThatCannotEnd(t *testing.T) {
	h, ids := newHall(t, 40)
	h.away[17] = fault.New(fault.NotFound, "NOT_FOUND", "")
	tally, err := h.end(t, ids)
	if err != nil || tally.Ended != 39 || !slices.Equal(tally.Failed, ids[17:18]) || h.marked(t, ids) != 39 {
		t.Errorf("%+v, %v; %d marked", tally, err, h.marked(t, ids))
	}
}

func TestManyEndForAReasonThatExists(t *testing.T) {
	h, ids := newHall(t, 1)
	_, err := h.service.RevokeAll(t.Context(), issuance.RevokeAllRequest{IDs: ids, Reason: "WHIM", Actor: "staff:synthetic"})
	if fault.KindOf(err) != fault.Invalid || len(h.audited) != 0 || len(h.ended) != 0 {
		t.Errorf("%v", err)
	}
}
