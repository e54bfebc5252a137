package redisstore_test

import (
	"fmt"
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
	for _, url := range []string{"http://user:hush@redis.example", "redis://user:hush@redis.example/not-a-number", "hush",
		"sentinel+redis://:hush@redis.example", "sentinel+http://:hush@redis.example?master_name=m", "cluster+redis://:hush@redis.example?hush=1", "other+redis://:hush@redis.example"} {
		if _, err := redisstore.Dial(url); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("got %v", err)
		}
	}
}

func TestDialKnowsEachKind(t *testing.T) {
	for url, want := range map[string]string{
		"redis://:a+b@redis.example/1": "*redis.Client", "rediss://redis.example": "*redis.Client",
		"sentinel+redis://redis.example:1?master_name=m&addr=other.example:2": "*redis.Client",
		"cluster+rediss://redis.example:1?addr=other.example:2":               "*redis.ClusterClient",
	} {
		client, err := redisstore.Dial(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if got := fmt.Sprintf("%T", client); got != want {
			t.Errorf("%s: %s", url, got)
		}
		client.Close()
	}
}
