//go:build redis

package redisstore_test

import (
	"errors"
	"strings"
	"testing"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

// A verifier that shares the Redis needs to read three keys of a list, and may do nothing else (docs/running.md).
func TestEntryIsReadByAUserWhoMayOnlyRead(t *testing.T) {
	url := storetest.StartRedis(t)
	client := dial(t, url)
	fill(t, newStore(t, client, "", at(start)))
	err := client.Do(t.Context(), "ACL", "SETUSER", "verifier", "on", ">synthetic", "resetkeys", "resetchannels", "-@all",
		"%R~justice-wallet:*:list", "%R~justice-wallet:*:revoked", "%R~justice-wallet:*:members", "+eval_ro", "+evalsha_ro", "+hmget", "+hgetall", "+strlen", "+bitcount", "+getbit", "+hello").Err()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := redisstore.New(dial(t, strings.Replace(url, "redis://", "redis://verifier:synthetic@", 1)), redisstore.Config{IndexKey: make([]byte, 32), Now: at(start)})
	if err != nil {
		t.Fatal(err)
	}
	for index, revoked := range map[int]bool{5: true, 60: false} {
		if got, err := reader.Entry(t.Context(), "list-1", index); err != nil || got.Revoked != revoked || got.Sequence != 1 {
			t.Errorf("entry %d: %+v, %v", index, got, err)
		}
	}
	if err := reader.EnsureLists(t.Context(), []string{"list-2"}, 100); err == nil {
		t.Error("it could write")
	}
	if _, err := reader.Published(t.Context(), "list-1"); err == nil {
		t.Error("it could read more")
	}
}

func TestAnEntryOfADamagedListIsNone(t *testing.T) {
	for damage, want := range map[string]error{"bit": statuslist.ErrDamaged, "revoked": statuslist.ErrDamaged, "list": statuslist.ErrNoSlot} {
		t.Run(damage, func(t *testing.T) {
			client := dial(t, storetest.StartRedis(t))
			s := newStore(t, client, "", at(start))
			fill(t, s)
			err := client.SetBit(t.Context(), "justice-wallet:{list-1}:revoked", 5^7, 0).Err()
			if damage != "bit" {
				err = client.Del(t.Context(), "justice-wallet:{list-1}:"+damage).Err()
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Entry(t.Context(), "list-1", 60); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
}

func TestAnEntryOfARedisThatIsAway(t *testing.T) {
	s := newStore(t, dial(t, "redis://127.0.0.1:1"), "", at(start)) // where nobody listens
	if _, err := s.Entry(t.Context(), "list-1", 60); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}
