package suite_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/keys"
	"justice-wallet/keys/guard"
	"justice-wallet/keys/keystest"
)

// brief are the bounds of a provider whose stalls a test waits for.
func brief() guard.Options {
	return guard.Options{Parallel: 2, Queue: 4, Deadline: time.Second}
}

// hang waits for longer than anybody does, and then for whoever ends it.
func hang(ended <-chan struct{}, only ...keys.Purpose) keystest.Trouble {
	return func(_ context.Context, p keys.Purpose) error {
		for _, purpose := range only {
			if p == purpose {
				<-ended
			}
		}
		return nil
	}
}

// A wallet that meets a provider in trouble is told to come back, and the token it came with is good then (reliability.md
// F13); the service is not started again in between.
func TestAProviderInTroubleBurnsNothing(t *testing.T) {
	hsm := keystest.NewHSM(brief())
	r := start(t, rig.Options{Keys: hsm})
	w := newWallet(t, r)
	ended := make(chan struct{})
	for _, c := range []struct {
		name    string
		trouble func()
	}{
		{"an error", func() {
			hsm.Break(func(context.Context, keys.Purpose) error { return errors.New("the device was removed") })
		}},
		{"another key's signature", hsm.Confuse},
		{"a stall", func() { hsm.Break(hang(ended, keys.PurposeDocument)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAttempt(t, r, offer(t, r, releaseOffer()), release)
			token, err := r.OneLogin.MintAccessToken(a.claims)
			if err != nil {
				t.Fatal(err)
			}
			c.trouble()
			if status, header, body := a.sendWith(t, r, w, token); status != 503 || header.Get("Retry-After") == "" {
				t.Errorf("while it is in trouble: %d %s", status, body)
			}
			hsm.Mend()
			if c.name == "a stall" {
				close(ended)
			}
			if status, _, body := a.sendWith(t, r, w, token); status != 200 {
				t.Errorf("the same token after: %d %s", status, body)
			}
		})
	}
}

// However many wallets wait for a provider that hangs, each has its answer, none is lost, and what a caseworker ends
// meanwhile is published.
func TestAStalledProviderHoldsNoRevocationBack(t *testing.T) {
	hsm := keystest.NewHSM(brief())
	r := start(t, rig.Options{Keys: hsm})
	w := newWallet(t, r)
	held, err := w.Collect(t.Context(), offer(t, r, releaseOffer()))
	if err != nil {
		t.Fatal(err)
	}
	a := newAttempt(t, r, offer(t, r, releaseOffer()), release)
	ended := make(chan struct{})
	hsm.Break(hang(ended, keys.PurposeDocument))
	var wallets sync.WaitGroup
	for range 12 {
		wallets.Go(func() {
			if status, header, body := a.send(t, r, w); status != 503 || header.Get("Retry-After") == "" {
				t.Errorf("while it hangs: %d %s", status, body)
			}
		})
	}
	if _, err := r.Revoke(t.Context(), person, "RECALLED_STANDARD"); err != nil {
		t.Error("a revocation behind a queue of documents:", err)
	}
	if result, err := r.Verify(t.Context(), map[string]any{"issuerSigned": held.Raw}); err != nil || result.Verdict != "not_valid" {
		t.Errorf("the document that was ended: %q %v", result.Verdict, err)
	}
	wallets.Wait()
	close(ended)
}
