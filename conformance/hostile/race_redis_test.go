//go:build redis

package hostile_test

import (
	"testing"

	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/store/storetest"
)

// TestTheCatalogueOnRedis tries, on a real Redis, the cases in which a store decides.
func TestTheCatalogueOnRedis(t *testing.T) {
	b := newBench(t, rig.Options{RedisURL: storetest.StartRedis(t)})
	for _, cases := range [][]hostile{races(), replays(), paths(), integers()} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { b.try(t, c) })
		}
	}
}
