//go:build redis

package compose_test

import (
	"testing"
	"time"

	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

// A real redis-server, told first to forget and then what the compose file tells it, is one the issuer accepts.
func TestTheIssuerAcceptsARedisSetUpSo(t *testing.T) {
	command := project(t).Services["redis"].Command
	forgetful := []string{"--appendonly", "no", "--appendfsync", "no", "--aof-load-truncated", "yes", "--maxmemory-policy", "allkeys-lru"}
	for name, settings := range map[string][]string{"forgetful": forgetful, "as composed": append(forgetful, command[1:]...)} {
		client, err := redisstore.Dial(storetest.NewRedis(t, settings...).URL)
		if err != nil {
			t.Fatal(err)
		}
		store, err := redisstore.New(client, redisstore.Config{IndexKey: make([]byte, 32), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.CheckDurable(t.Context()); (err == nil) != (name == "as composed") {
			t.Errorf("%s: %v", name, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
}
