//go:build redis

package main

import (
	"context"
	"io"
	"testing"

	"justice-wallet/pkg/store/storetest"
)

// A Redis that would forget an acknowledged revocation is not one to be ready on, unless told.
func TestItIsReadyOnlyOnARedisThatKeeps(t *testing.T) {
	keeps, forgets := storetest.StartRedis(t), storetest.NewRedis(t, "--appendonly", "no").URL
	for name, c := range map[string]struct {
		url, mayForget string
		ready          bool
	}{
		"one that keeps":             {keeps, "", true},
		"one that forgets":           {forgets, "", false},
		"one that forgets, and told": {forgets, "true", true},
	} {
		vars := environment(t)
		vars["REDIS_URL"], vars["REDIS_MAY_FORGET"] = c.url, c.mayForget
		addr, stop := running(t, vars)
		err := run(context.Background(), []string{"-health"}, getenv(map[string]string{"ISSUER_ADDR": addr}), io.Discard)
		if (err == nil) != c.ready {
			t.Errorf("%s: %v", name, err)
		}
		if err := stop(); err != nil {
			t.Errorf("%s: it stopped with %v", name, err)
		}
	}
}
