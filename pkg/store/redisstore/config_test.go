package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/store/redisstore"
)

func TestNewRefuses(t *testing.T) {
	client, err := redisstore.Dial("redis://127.0.0.1:1/0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	for name, c := range map[string]redisstore.Config{
		"no index key":      {Now: time.Now},
		"a short index key": {IndexKey: make([]byte, 31), Now: time.Now},
		"no clock":          {IndexKey: make([]byte, 32)},
	} {
		if _, err := redisstore.New(client, c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestDialRefusesWithoutQuotingThePassword(t *testing.T) {
	for _, url := range []string{"http://user:hush@redis.example", "redis://user:hush@redis.example/not-a-number", "hush"} {
		if _, err := redisstore.Dial(url); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("got %v", err)
		}
	}
}
