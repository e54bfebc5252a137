//go:build redis

package suite_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/store/storetest"
)

func TestTheStoryHoldsOnRedis(t *testing.T) {
	r := start(t, rig.Options{RedisURL: storetest.StartRedis(t)})
	if failed := play(t, r); len(failed) > 0 {
		t.Errorf("failed: %v", failed)
	}
}

// What was issued and ended before the services stop is known when they start again.
func TestStateSurvivesARestart(t *testing.T) {
	ctx := context.Background()
	options := rig.Options{RedisURL: storetest.StartRedis(t), Secret: bytes.Repeat([]byte{7}, 32), Dir: t.TempDir()}
	first, err := rig.Start(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	options.IssuerAddr, options.IssuerURL = first.IssuerURL[len("http://"):], first.IssuerURL
	w := newWallet(t, first)
	h, err := w.Collect(ctx, offer(t, first, releaseOffer()))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first.Issuer.Leave(ctx), first.Close()); err != nil {
		t.Fatal(err)
	}
	second := start(t, options)
	ask := [][2]string{{release, "released"}}
	if result, err := second.Present(ctx, w, h, ask); err != nil || result.Verdict != "valid" {
		t.Errorf("after a restart: %+v %v", result, err)
	}
	ended, err := second.Revoke(ctx, person, "RECALLED_STANDARD")
	if err != nil || len(ended) != 1 {
		t.Fatalf("%v %v", ended, err)
	}
	if result, err := second.Present(ctx, w, h, ask); err != nil || result.Verdict != "not_valid" {
		t.Errorf("after the revocation: %+v %v", result, err)
	}
}
