//go:build redis

package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

func replicated(t *testing.T, client redis.UniversalClient, replicas int) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, redisstore.Config{IndexKey: indexKey, Now: at(start), Replicas: replicas, ReplicaWait: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// caughtUp waits until a replica has all that the server did.
func caughtUp(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	for range 20 { // each wait ends before the client thinks that the server hangs
		if n, err := client.Do(t.Context(), "wait", 1, 1000).Int(); err == nil && n == 1 {
			return
		}
	}
	t.Fatal("the replica does not catch up")
}

// A change is made and not acknowledged while too few replicas have it, however often it is repeated; once they have it,
// it is, and is still one.
func TestAChangeIsAcknowledgedOnceTheReplicasHaveIt(t *testing.T) {
	primary := storetest.NewRedis(t)
	client := dial(t, primary.URL)
	alone := replicated(t, client, 0)
	fill(t, alone)
	strict := replicated(t, client, 1)
	slot := statuslist.Slot{List: "list-1", Index: 7}
	refused := func(while string) {
		t.Helper()
		for range 2 {
			if _, err := strict.Revoke(t.Context(), "o", slot, 0, start); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("revoked %s: %v", while, err)
			}
		}
	}
	refused("without a replica")
	replica := primary.NewReplica(t)
	caughtUp(t, client)
	if first, err := strict.Revoke(t.Context(), "o", slot, 0, start.Add(time.Hour)); err != nil || !first.Equal(start) {
		t.Errorf("with a replica: %v (%v)", first, err)
	}
	replica.Pause(t)
	slot.Index = 8
	refused("while the replica stands still")
	replica.Resume(t)
	caughtUp(t, client)
	if _, err := strict.Revoke(t.Context(), "o", slot, 0, start); err != nil {
		t.Errorf("when it goes on: %v", err)
	}
	copied, err := replicated(t, dial(t, replica.URL), 0).Snapshot(t.Context(), "list-1")
	if err != nil || copied.Sequence != 3 || copied.Revoked[1]&1 == 0 {
		t.Errorf("the replica has %+v (%v)", copied.Head, err)
	}
	if _, err := redisstore.New(client, redisstore.Config{IndexKey: indexKey, Now: at(start), Replicas: -1}); err == nil {
		t.Error("fewer than no replicas were asked for")
	}
}
