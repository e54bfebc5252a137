//go:build soak

package soak_test

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"justice-wallet/conformance/soak"
)

// smoke is one round of each of these, when nobody says how many: enough to see that the soak still works.
var smoke = []string{"everything killed", "power lost$"}

// TestSoak runs ROUNDS rounds (make soak-status ROUNDS=n), of no more than MINUTES, with the chances of SEED, on one Redis or a
// STORE=cluster, and only of faults whose names match
// the regular expression ONLY.
func TestSoak(t *testing.T) {
	n, minutes, seed := number(t, "ROUNDS", 0), number(t, "MINUTES", 24*60), number(t, "SEED", int(time.Now().UnixNano()&0xffff))
	pace := soak.Short
	if os.Getenv("STORE") == "cluster" {
		pace = soak.Clustered
	}
	w, err := soak.NewWorld(t.TempDir(), uint64(seed), pace)
	if w != nil {
		t.Cleanup(w.Close)
	}
	if err != nil {
		t.Fatal(err)
	}
	kinds := smoke
	if n > 0 {
		kinds = slices.Repeat([]string{os.Getenv("ONLY")}, n)
	}
	began := time.Now()
	for round, only := range kinds {
		if time.Since(began) > time.Duration(minutes)*time.Minute {
			break
		}
		if err := w.Round(only); err != nil {
			t.Errorf("round %d: %v", round+1, err)
			break
		}
		if len(w.Violations()) > 0 {
			t.Errorf("round %d broke a promise", round+1)
			break
		}
		if (round+1)%100 == 0 {
			t.Logf("%d rounds, %v", round+1, time.Since(began).Round(time.Second))
		}
	}
	t.Logf("seed %d, %v\n%s", seed, time.Since(began).Round(time.Second), w.Report())
	for _, v := range w.Violations() {
		t.Error(v)
	}
}

func number(t *testing.T, name string, fallback int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number of them", name, text)
	}
	return n
}
