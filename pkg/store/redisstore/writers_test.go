//go:build redis

package redisstore_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/storetest"
)

// Sixteen writers, each with a connection of its own, end neighbouring slots, of which eight share a byte; each slot is ended
// once more by the writer of the next.
func TestNoneOfManyNeighboursIsLost(t *testing.T) {
	const writers = 16
	size := operations / 2
	url := storetest.StartRedis(t)
	client := dial(t, url)
	s := newStore(t, client, "", at(start))
	all := statuslist.Recovery{List: "list-1", Epoch: "e", Size: size, Allocated: size}
	if err := s.Restore(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	for w := range writers {
		own := newStore(t, dial(t, url).(*redis.Client), "", at(start))
		done.Go(func() {
			for i := w; i < size+1; i += writers {
				for _, index := range []int{i, i - 1} {
					if index < 0 || index == size {
						continue
					}
					slot := statuslist.Slot{List: "list-1", Index: index}
					if _, err := own.Revoke(t.Context(), fmt.Sprint(w, i), slot, index, start); err != nil {
						t.Errorf("slot %d: %v", index, err)
						return
					}
				}
			}
		})
	}
	done.Wait()
	got, err := s.Snapshot(t.Context(), "list-1")
	if err != nil || got.Sequence != uint64(size) {
		t.Fatalf("sequence %d, want %d (%v)", got.Sequence, size, err)
	}
	for i := range size {
		if got.Revoked[i/8]>>(i%8)&1 == 0 {
			t.Fatalf("slot %d is lost", i)
		}
	}
}
