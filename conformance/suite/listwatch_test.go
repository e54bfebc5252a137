package suite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"justice-wallet/conformance/listwatch"
	"justice-wallet/conformance/rig"
)

// The outside checker finds nothing wrong with our lists, before and after a document ends, and sees that one did.
func TestTheOutsideCheckerIsContent(t *testing.T) {
	r := start(t, rig.Options{})
	w, err := listwatch.New(listwatch.Options{
		Keys: r.IssuerURL + "/.well-known/jwks.json", State: filepath.Join(t.TempDir(), "seen.json"), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	before := endedOf(t, w, r.ListURIs)
	h, err := newWallet(t, r).Collect(context.Background(), offer(t, r, releaseOffer()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.RevokeOne(context.Background(), h.NotificationID, "DETAILS_WRONG"); err != nil {
		t.Fatal(err)
	}
	if after := endedOf(t, w, r.ListURIs); after != before+1 {
		t.Errorf("%d entries ended, want %d", after, before+1)
	}
}

// endedOf has the lists checked, and returns how many entries have ended.
func endedOf(t *testing.T, w *listwatch.Watcher, uris []string) int {
	t.Helper()
	report, err := w.Round(context.Background(), uris)
	if err != nil || len(report.Alarms) > 0 || len(report.Lists) != len(uris) {
		t.Fatalf("alarms %v, %d lists of %d, %v", report.Alarms, len(report.Lists), len(uris), err)
	}
	ended := 0
	for _, s := range report.Lists {
		ended += s.Ended
	}
	return ended
}
