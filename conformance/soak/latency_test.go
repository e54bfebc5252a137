//go:build soak

package soak_test

import (
	"testing"
	"time"

	"justice-wallet/conformance/soak"
)

// BenchmarkStatusLatency is from the acknowledgement of an ending to a list that shows it, and to a verdict, at the pace of
// services in earnest: one list of 1,000,000 entries, a tick of 5 s, a verifier that fetches every 30 s (make bench-status).
func BenchmarkStatusLatency(b *testing.B) {
	w, err := soak.NewWorld(b.TempDir(), 1, soak.Real)
	if w != nil {
		b.Cleanup(w.Close)
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		l, err := w.Measure(45 * time.Second)
		if err != nil {
			b.Fatal(err)
		}
		for name, all := range map[string][]time.Duration{"published": l.Published, "verdict-fetched": l.Fetched, "verdict-shared": l.Shared} {
			b.ReportMetric(float64(len(all)), name+"-n")
			b.ReportMetric(soak.Quantile(all, 0.5).Seconds(), name+"-p50-s")
			b.ReportMetric(soak.Quantile(all, 0.99).Seconds(), name+"-p99-s")
		}
	}
	for _, v := range w.Violations() {
		b.Error(v)
	}
}
