package suite_test

import (
	"context"
	"encoding/json"
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
	uris, before := listsOf(t, r), endedOf(t, w, listsOf(t, r))
	h, err := newWallet(t, r).Collect(context.Background(), offer(t, r, releaseOffer()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.RevokeOne(context.Background(), h.NotificationID, "DETAILS_WRONG"); err != nil {
		t.Fatal(err)
	}
	if after := endedOf(t, w, uris); after != before+1 {
		t.Errorf("%d entries ended, want %d", after, before+1)
	}
}

func listsOf(t *testing.T, r *rig.Rig) []string {
	t.Helper()
	response, err := r.HTTP.Get(r.IssuerURL + "/t")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it is read whole
	var named struct {
		Lists []string `json:"status_lists"`
	}
	if err := json.NewDecoder(response.Body).Decode(&named); err != nil || len(named.Lists) == 0 {
		t.Fatalf("lists %v, %v", named, err)
	}
	return named.Lists
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
