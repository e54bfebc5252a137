//go:build redis

package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

var (
	indexKey = bytes.Repeat([]byte{3}, 32)
	start    = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
)

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

func dial(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	client, err := redisstore.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func newStore(t *testing.T, client redis.UniversalClient, prefix string, now func() time.Time) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, redisstore.Config{Prefix: prefix, IndexKey: indexKey, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	client := dial(t, storetest.StartRedis(t))
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Store {
		return newStore(t, client, t.Name(), now)
	})
}

// A cluster refuses a script whose keys lie in several slots, or that names a key it did not declare.
func TestContractOnCluster(t *testing.T) {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: storetest.StartCluster(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Store {
		return newStore(t, client, t.Name(), now)
	})
	if err := newStore(t, client, "", at(start)).CheckDurable(t.Context()); err != nil {
		t.Errorf("a durable cluster was refused: %v", err)
	}
}

func TestRedisAndAClusterAgreeWithTheModel(t *testing.T) {
	single := dial(t, storetest.StartRedis(t))
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: storetest.StartCluster(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { cluster.Close() })
	on := func(client redis.UniversalClient) storetest.OpenNamed {
		return func(t *testing.T, name string, now func() time.Time) storetest.Store {
			return newStore(t, client, name, now)
		}
	}
	model := func(_ *testing.T, _ string, now func() time.Time) storetest.Store { return memstore.New(now) }
	storetest.Agree(t, model, map[string]storetest.OpenNamed{"redis": on(single), "cluster": on(cluster)})
}

// The person and the wallet are synthetic.
const (
	person  = "A0001AA"
	subject = "urn:fdc:wallet.example:synthetic-a"
)

func testOffer() issuance.Offer {
	return issuance.Offer{
		ID: "offer-1", Configuration: "c", Subject: subject, Record: issuance.Record{Person: person},
		Created: start, Expires: start.Add(time.Hour),
	}
}

func testCommit(n int) issuance.Commit {
	return issuance.Commit{
		Operation: fmt.Sprintf("operation-%d", n),
		Grant: issuance.Grant{
			Issuer: "https://auth.example", TokenID: fmt.Sprintf("token-%d", n), Subject: subject, Configuration: "c",
			OfferID: "offer-1", Nonce: fmt.Sprintf("nonce-%d", n), Expires: start.Add(time.Minute),
		},
		Credential: issuance.Credential{
			ID: fmt.Sprintf("credential-%d", n), Configuration: "c", Record: issuance.Record{Person: person}, Subject: subject,
			DocumentNumber: "HMP-1", Issued: start, Until: start.AddDate(0, 0, 30),
		},
	}
}

func testEnding() casework.Ending {
	return casework.Ending{
		ID: "ending-1", By: "SYNTHETIC", Scope: casework.ScopePerson, Person: person, State: casework.StatePlanned, Created: start,
		Targets: []casework.Target{{Credential: "credential-1", Progress: casework.Queued}},
	}
}

// fill puts one of everything into the store.
func fill(t *testing.T, s *redisstore.Store) {
	t.Helper()
	ctx := t.Context()
	slot := statuslist.Slot{List: "list-1", Index: 5}
	lease, err := s.Lease(ctx, "list-1", "publisher", time.Hour)
	steps := []error{
		err,
		s.PutOffer(ctx, testOffer()),
		s.Commit(ctx, testCommit(1)),
		s.MarkRevoked(ctx, "credential-1", start, "recalled"),
		s.EnsureLists(ctx, []string{"list-1"}, 100),
		second(s.Next(ctx, "operation-1", "list-1", start, 0)),
		second(s.Revoke(ctx, "operation-2", slot, 0, start)),
		s.SavePublished(ctx, lease, statuslist.Published{List: "list-1", Sequence: 1, Revoked: 1, Token: "t", Issued: start}),
		second(s.PutEnding(ctx, testEnding())),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }

func TestEverythingIsThereAfterARestart(t *testing.T) {
	server := storetest.NewRedis(t)
	s := newStore(t, dial(t, server.URL), "", at(start))
	fill(t, s)
	before, err := s.Snapshot(t.Context(), "list-1")
	if err != nil {
		t.Fatal(err)
	}
	server.Restart(t)

	again := newStore(t, dial(t, server.URL), "", at(start))
	opening, err := again.Open(t.Context(), testCommit(1).Grant)
	if err != nil || opening.Offer == nil || !opening.Offer.Redeemed || !opening.TokenSpent || !opening.NonceSpent {
		t.Errorf("the ledger lost something (%v)", err)
	}
	held, err := again.CredentialsOf(t.Context(), person)
	if err != nil || len(held) != 1 || !held[0].Revoked.Equal(start) || held[0].Reason != "recalled" {
		t.Errorf("the register lost something (%v)", err)
	}
	after, err := again.Snapshot(t.Context(), "list-1")
	if err != nil || fmt.Sprint(after) != fmt.Sprint(before) || after.Revoked[0] != 1<<5 {
		t.Errorf("the list was %+v, is %+v (%v)", before, after, err)
	}
	if n, err := again.Next(t.Context(), "operation-1", "list-1", start, 0); err != nil || n != 0 {
		t.Errorf("the same operation got counter %d (%v), want 0", n, err)
	}
	if p, err := again.Published(t.Context(), "list-1"); err != nil || p.Token != "t" {
		t.Errorf("the publication is lost (%v)", err)
	}
	if open, err := again.OpenEndings(t.Context()); err != nil || len(open) != 1 || len(open[0].Targets) != 1 {
		t.Errorf("an ending that was planned is lost (%v)", err)
	}
}

func keys(t *testing.T, client redis.UniversalClient) []string {
	t.Helper()
	found, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestNoKeyNamesAPerson(t *testing.T) {
	client := dial(t, storetest.StartRedis(t))
	fill(t, newStore(t, client, "", at(start)))
	found := keys(t, client)
	if len(found) < 10 {
		t.Fatalf("only %d keys", len(found))
	}
	for _, key := range found {
		for _, secret := range []string{person, "synthetic", "HMP-1", "offer-1", "token-1", "nonce-1", "credential-1", "operation-", "ending-1"} {
			if strings.Contains(key, secret) {
				t.Errorf("key %q holds %q", key, secret)
			}
		}
	}
}

func TestAnotherIndexKeyFindsNothing(t *testing.T) {
	client := dial(t, storetest.StartRedis(t))
	fill(t, newStore(t, client, "", at(start)))
	other, err := redisstore.New(client, redisstore.Config{IndexKey: make([]byte, 32), Now: at(start)})
	if err != nil {
		t.Fatal(err)
	}
	if held, err := other.CredentialsOf(t.Context(), person); err != nil || len(held) != 0 {
		t.Errorf("%d credentials (%v): the names in keys do not depend on the index key", len(held), err)
	}
}

func TestWhatExpiresIsTidiedUpAndListsAreNot(t *testing.T) {
	client := dial(t, storetest.StartRedis(t))
	fill(t, newStore(t, client, "", at(start)))
	for _, key := range keys(t, client) {
		ttl, err := client.TTL(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		lasting := strings.Contains(key, "{list-1}") && !strings.Contains(key, ":operation:")
		if lasting != (ttl < 0) {
			t.Errorf("key %q has time to live %v", key, ttl)
		}
	}
}

func TestADamagedListIsNeverValid(t *testing.T) {
	ctx := context.Background()
	slot := statuslist.Slot{List: "list-1", Index: 60}
	for _, kind := range []string{"revoked", "list"} {
		t.Run("without "+kind, func(t *testing.T) {
			client := dial(t, storetest.StartRedis(t))
			s := newStore(t, client, "", at(start))
			fill(t, s)
			if err := client.Del(ctx, "justice-wallet:{list-1}:"+kind).Err(); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Revoke(ctx, "o", slot, 0, start); err == nil {
				t.Error("a slot of it was revoked")
			}
			if _, err := s.Head(ctx, "list-1"); err == nil {
				t.Error("a head of it was read")
			}
			if _, err := s.Snapshot(ctx, "list-1"); err == nil {
				t.Error("a snapshot of it was read")
			}
			if err := s.EnsureLists(ctx, []string{"list-1"}, 100); kind == "list" && fault.KindOf(err) != fault.Unavailable {
				t.Errorf("it was made afresh over what is left (%v)", err)
			}
		})
	}
}

func TestALostRevocationIsNoticed(t *testing.T) {
	client := dial(t, storetest.StartRedis(t))
	s := newStore(t, client, "", at(start))
	fill(t, s)
	if err := client.SetBit(t.Context(), "justice-wallet:{list-1}:revoked", 5^7, 0).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Snapshot(t.Context(), "list-1"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestAnEmptiedStoreHasAnotherEpoch(t *testing.T) {
	client := dial(t, storetest.StartRedis(t))
	s := newStore(t, client, "", at(start))
	fill(t, s)
	before, err := s.Snapshot(t.Context(), "list-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureLists(t.Context(), []string{"list-1"}, 100); err != nil {
		t.Fatal(err)
	}
	after, err := s.Snapshot(t.Context(), "list-1")
	if err != nil || after.Epoch == before.Epoch {
		t.Errorf("epoch %q, then %q (%v)", before.Epoch, after.Epoch, err)
	}
}

func TestCheckDurable(t *testing.T) {
	s := newStore(t, dial(t, storetest.StartRedis(t)), "", at(start))
	if err := s.CheckDurable(t.Context()); err != nil {
		t.Errorf("a durable server was refused: %v", err)
	}
	for setting, value := range map[string]string{
		"appendonly": "no", "appendfsync": "everysec", "aof-load-truncated": "yes", "maxmemory-policy": "allkeys-lru",
	} {
		server := storetest.NewRedis(t, "--"+setting, value)
		err := newStore(t, dial(t, server.URL), "", at(start)).CheckDurable(t.Context())
		if err == nil || !strings.Contains(err.Error(), setting) || strings.Count(err.Error(), "want") != 1 {
			t.Errorf("%s %s: %v", setting, value, err)
		}
	}
}

func TestARedisThatIsAwayIsUnavailable(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { client.Close() })
	s := newStore(t, client, "", at(start))
	ctx := t.Context()
	for name, err := range map[string]error{
		"ping":        s.Ping(ctx),
		"durable":     s.CheckDurable(ctx),
		"offer":       s.PutOffer(ctx, testOffer()),
		"open":        second(s.Open(ctx, testCommit(1).Grant)),
		"commit":      s.Commit(ctx, testCommit(1)),
		"credential":  second(s.Credential(ctx, "id")),
		"credentials": second(s.CredentialsOf(ctx, person)),
		"a wallet's":  second(s.CredentialsOfSubject(ctx, subject)),
		"mark":        s.MarkRevoked(ctx, "id", start, "r"),
		"notify":      s.Notify(ctx, subject, "id", "e"),
		"ensure":      s.EnsureLists(ctx, []string{"a"}, 8),
		"next":        second(s.Next(ctx, "o", "a", start, 0)),
		"revoke":      second(s.Revoke(ctx, "o", statuslist.Slot{List: "a"}, 0, start)),
		"head":        second(s.Head(ctx, "a")),
		"snapshot":    second(s.Snapshot(ctx, "a")),
		"restore":     s.Restore(ctx, statuslist.Recovery{List: "a", Epoch: "e", Size: 8}),
		"lease":       second(s.Lease(ctx, "a", "h", time.Second)),
		"publish":     s.SavePublished(ctx, statuslist.Lease{}, statuslist.Published{List: "a"}),
		"published":   second(s.Published(ctx, "a")),
		"version":     second(s.PublishedVersion(ctx, "a")),
		"put session": s.PutSession(ctx, "digest", []byte("sealed"), start),
		"replace it":  s.ReplaceSession(ctx, "digest", []byte("sealed"), start),
		"session":     second(s.Session(ctx, "digest")),
		"drop it":     s.DropSession(ctx, "digest"),
		"try":         third(s.Try(ctx, "name", "operation", 1, start)),
		"untry":       s.Untry(ctx, "name", "operation"),
		"plan":        second(s.PutEnding(ctx, casework.Ending{ID: "e"})),
		"ending":      second(s.Ending(ctx, "e")),
		"swap":        s.SwapEnding(ctx, casework.Ending{ID: "e"}),
		"endings":     second(s.OpenEndings(ctx)),
	} {
		if fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), person) {
			t.Errorf("%s: %v, want unavailable", name, err)
		}
	}
}
