//go:build redis

package redisstore_test

import (
	"errors"
	"strings"
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

// A failover that Sentinel decides: what was acknowledged is there, and the same client goes on.
func TestAFailoverKeepsWhatTheReplicasHad(t *testing.T) {
	primary := storetest.NewRedis(t)
	direct := dial(t, primary.URL)
	primary.NewReplica(t)
	primary.NewReplica(t)
	for n := 0; n < 2; {
		var err error
		if n, err = direct.Do(t.Context(), "wait", 2, 1000).Int(); err != nil {
			t.Fatal(err)
		}
	}
	url := primary.StartSentinel(t)
	client := dial(t, url)
	s, err := redisstore.New(client, redisstore.Config{IndexKey: indexKey, Now: at(start), Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s)
	knowsReplicas(t, url)
	primary.Kill()
	slot := statuslist.Slot{List: "list-1", Index: 77}
	for err = errors.New("not yet"); err != nil && t.Context().Err() == nil; {
		_, err = s.Revoke(t.Context(), "o", slot, 0, start)
	}
	got, err := s.Snapshot(t.Context(), "list-1")
	if err != nil || got.Sequence != 2 || got.Revoked[0] != 1<<5 || got.Revoked[9] != 1<<5 || got.Allocated != 1 {
		t.Errorf("%+v (%v)", got.Head, err)
	}
	if err := s.CheckDurable(t.Context()); err != nil {
		t.Error(err)
	}
}

// knowsReplicas waits until the Sentinel knows both replicas: it can promote no other.
func knowsReplicas(t *testing.T, url string) {
	t.Helper()
	address, _, _ := strings.Cut(strings.TrimPrefix(url, "sentinel+redis://"), "?")
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: address})
	defer sentinel.Close()
	for t.Context().Err() == nil {
		if found, err := sentinel.Replicas(t.Context(), "primary").Result(); err == nil && len(found) == 2 {
			return
		}
	}
}
