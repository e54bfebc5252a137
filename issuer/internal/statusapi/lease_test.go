package statusapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/statusapi"
)

func TestOneOfTwoProcessesPublishes(t *testing.T) {
	r := newRig(t)
	other := r.again(t)
	ref := r.allocate(t, "a")
	r.publish(t)
	first := r.published(t, ref)
	r.set(start.Add(30 * time.Second))
	r.revoke(t, ref)
	r.signer.broken = errBroken // the other does not so much as sign
	if err := other.Publish(t.Context()); err != nil {
		t.Errorf("without the lease: %v", err)
	}
	if got := r.published(t, ref); !reflect.DeepEqual(got, first) {
		t.Error("published without the lease")
	}
	r.signer.broken = nil
	r.publish(t)
	if got := r.published(t, ref); got.Revoked != 1 {
		t.Errorf("the holder shows %d revoked, want 1", got.Revoked)
	}
}

// The lease is a minute, as the rig is configured: whoever dies is followed at the first tick after it.
func TestADeadPublisherIsFollowed(t *testing.T) {
	r := newRig(t)
	other := r.again(t)
	ref := r.allocate(t, "a")
	r.publish(t)
	r.revoke(t, ref)
	r.set(start.Add(time.Minute - time.Second))
	if err := other.Publish(t.Context()); err != nil || r.published(t, ref).Revoked != 0 {
		t.Errorf("while the lease lasts: %v", err)
	}
	r.set(start.Add(time.Minute))
	if err := other.Publish(t.Context()); err != nil || r.published(t, ref).Revoked != 1 {
		t.Errorf("when it is over: %v", err)
	}
	if err := r.Publish(t.Context()); err != nil || r.published(t, ref).Revoked != 1 {
		t.Errorf("the one before, that was not dead: %v", err)
	}
}

// A process that is stopped is followed at the very next tick: a rolling restart keeps no ending back.
func TestAPublisherThatStopsIsFollowedAtOnce(t *testing.T) {
	r := newRig(t)
	other := r.again(t)
	ref := r.allocate(t, "a")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r.Run(ctx, nil) // publishes once, and ends
	r.revoke(t, ref)
	if err := other.Publish(t.Context()); err != nil || r.published(t, ref).Revoked != 1 {
		t.Errorf("the next one: %v, %d revoked", err, r.published(t, ref).Revoked)
	}
}

// A process that stood still from its snapshot on, for longer than its lease, finds that another has come after it.
func TestAPublisherThatStoodStillOverwritesNothing(t *testing.T) {
	r := newRig(t)
	other := r.again(t)
	ref := r.allocate(t, "a")
	r.publish(t)
	r.revoke(t, ref)
	stands := r.signer.Signer
	r.signer.Signer = hook{stands, func() {
		r.signer.Signer = stands
		r.set(start.Add(2 * time.Minute))
		if err := other.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
	}}
	if err := r.Publish(t.Context()); err == nil || !strings.Contains(err.Error(), "stale") {
		t.Errorf("the one that stood still: %v", err)
	}
	if got := r.published(t, ref); got.Revoked != 1 || !got.Issued.Equal(start.Add(2*time.Minute)) {
		t.Errorf("published: %d revoked, issued %v", got.Revoked, got.Issued)
	}
}

// Whoever does not publish serves what is published, and goes on when the store is away.
func TestAListIsServedByWhoDoesNotPublish(t *testing.T) {
	r := newRig(t)
	other := r.again(t)
	ref := r.allocate(t, "a")
	r.publish(t)
	want := r.published(t, ref).Token
	if err := other.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.store.away = errBroken
	r.Service = other
	if got := r.mustGet(t, ref.URI).Body.String(); got != want {
		t.Error("it serves something else")
	}
}

func TestNothingIsSignedWhenTheClockWentBack(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "a")
	r.publish(t)
	before := r.published(t, ref)
	r.revoke(t, ref)
	signed := 0
	r.signer.Signer = hook{r.signer.Signer, func() { signed++ }}
	for _, back := range []time.Duration{5 * time.Second, time.Hour} {
		r.set(start.Add(-back))
		for name, s := range map[string]*statusapi.Service{"the same process": r.Service, "another": r.again(t)} {
			if err := s.Publish(t.Context()); name == "the same process" && (err == nil || !strings.Contains(err.Error(), "clock")) {
				t.Errorf("%s, %v back: %v", name, back, err)
			}
		}
	}
	if signed != 0 || !reflect.DeepEqual(r.published(t, ref), before) {
		t.Errorf("%d signatures", signed)
	}
	r.set(start.Add(time.Second))
	r.publish(t)
	if got := r.published(t, ref); got.Revoked != 1 {
		t.Errorf("when it has caught up: %d revoked", got.Revoked)
	}
}

func TestEachProcessHasANameOfItsOwn(t *testing.T) {
	r := newRig(t)
	deps := statusapi.Deps{Slots: r.store, Publications: r.store, Keys: r, Now: r.now, Rand: bytes.NewReader(make([]byte, 15))}
	if _, err := statusapi.New(config(), deps); err == nil {
		t.Error("made without a name")
	}
	deps.Rand = io.LimitReader(rand.Reader, 16)
	if _, err := statusapi.New(config(), deps); err != nil {
		t.Error(err)
	}
}

// A list that has not changed is not fetched from the store again to be served.
func TestAListIsFetchedFromTheStoreOnce(t *testing.T) {
	r, ref := publishedRig(t)
	for range 5 {
		r.mustGet(t, ref.URI)
	}
	if got := r.store.fetched.Load(); got != 0 {
		t.Errorf("its publisher fetched it %d times", got)
	}
	r.Service = r.again(t)
	for range 5 {
		r.mustGet(t, ref.URI)
	}
	if got := r.store.fetched.Load(); got != 1 {
		t.Errorf("another process fetched it %d times, want 1", got)
	}
}

// What a store lost, only the process that did it may know of: each looks at every list at each tick, whoever publishes it.
func TestWhoeverDoesNotPublishLooksAtTheLists(t *testing.T) {
	r := newRig(t)
	r.publish(t)
	other := r.again(t)
	if err := other.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := r.store.looks.Load()
	if err := other.Publish(t.Context()); err != nil || r.store.looks.Load() == before {
		t.Errorf("it did not look (%v)", err)
	}
}
