//go:build redis

package statusapi_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	kzlib "github.com/klauspost/compress/zlib"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/keys"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/durable"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

// make bench-status: each beside what the raw work costs on the same machine in the same run, as a ratio.

// bench is the service as it is in earnest: a real Redis that syncs every write, and a journal before it.
type bench struct {
	*statusapi.Service
	store *redisstore.Store
	id    string // of the one list
	size  int
}

type benchRing struct{ key keys.Key }

func (r benchRing) Active(p keys.Purpose) (keys.Key, error) {
	key := r.key
	key.Purpose = p
	return key, nil
}

func newBench(b *testing.B, size int) *bench {
	b.Helper()
	client, err := redisstore.Dial(storetest.StartRedis(b))
	must(b, err)
	b.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(client, redisstore.Config{IndexKey: make([]byte, 32), Now: time.Now})
	must(b, err)
	log := slog.New(slog.DiscardHandler)
	lists, err := durable.Open(durable.Options{Store: store, Path: filepath.Join(b.TempDir(), "journal"), Now: time.Now, Log: log})
	must(b, err)
	b.Cleanup(func() { _ = lists.Close() })
	key, err := keys.NewKey(keys.PurposeStatusList, time.Now())
	must(b, err)
	key.State = keys.StateActive
	c := config()
	c.Size = size
	s, err := statusapi.New(c, statusapi.Deps{Slots: lists, Publications: store, Keys: benchRing{key}, Now: time.Now, Rand: rand.Reader, Log: log})
	must(b, err)
	uri := statusapi.URIs(c)[0]
	return &bench{Service: s, store: store, id: uri[strings.LastIndex(uri, "/")+1:], size: size}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

const million = 1_000_000

// raw is how long one round of work takes, of as many as fit into some tenths of a second.
func raw(b *testing.B, work func()) time.Duration {
	b.Helper()
	began, n := time.Now(), 0
	for time.Since(began) < 300*time.Millisecond {
		work()
		n++
	}
	return time.Since(began) / time.Duration(n)
}

// beside reports b's time per operation as a multiple of floor.
func beside(b *testing.B, floor time.Duration, unit string) {
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor), unit)
}

// write is one round trip to Redis with a write that it syncs.
func (s *bench) write(b *testing.B) func() {
	slot := statuslist.Published{List: "raw", Issued: time.Now()}
	lease, err := s.store.Lease(b.Context(), "raw", "raw", time.Hour)
	must(b, err)
	return func() { must(b, s.store.SavePublished(context.Background(), lease, slot)) }
}

// syncLine is one line appended to a file, and synced.
func syncLine(b *testing.B) func() {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	must(b, err)
	b.Cleanup(func() { _ = f.Close() })
	line := make([]byte, 100)
	return func() {
		_, err := f.Write(line)
		must(b, err)
		must(b, f.Sync())
	}
}

// BenchmarkStatusAllocate needs one write of Redis and one of the journal.
func BenchmarkStatusAllocate(b *testing.B) {
	s := newBench(b, million)
	must(b, s.Publish(b.Context()))
	floor, until := raw(b, s.write(b))+raw(b, syncLine(b)), time.Now().AddDate(0, 6, 0)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if _, err := s.Allocate(context.Background(), fmt.Sprint(n), until); err != nil {
			b.Fatal(err)
		}
	}
	beside(b, floor, "x-raw")
}

// BenchmarkStatusRevoke needs the same.
func BenchmarkStatusRevoke(b *testing.B) {
	s := newBench(b, million)
	must(b, s.Publish(b.Context()))
	floor, until := raw(b, s.write(b))+raw(b, syncLine(b)), time.Now().AddDate(0, 6, 0)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		ref, err := s.Allocate(context.Background(), fmt.Sprint(n), until)
		must(b, err)
		b.StartTimer()
		if _, err := s.Revoke(context.Background(), "r"+fmt.Sprint(n), ref); err != nil {
			b.Fatal(err)
		}
	}
	beside(b, floor, "x-raw")
}

// fill ends permille of the entries, at random, as a journal restores them.
func (s *bench) fill(b *testing.B, permille int) {
	b.Helper()
	must(b, s.Publish(b.Context())) // makes the list
	head, err := s.store.Head(b.Context(), s.id)
	must(b, err)
	chance := mathrand.New(mathrand.NewPCG(1, 1))
	recovery := statuslist.Recovery{List: s.id, Epoch: head.Epoch, Size: s.size, Allocated: s.size / 2, Until: time.Now().AddDate(1, 0, 0)}
	for range s.size * permille / 1000 {
		recovery.Ended = append(recovery.Ended, statuslist.Ended{Index: chance.IntN(s.size), At: time.Now()})
	}
	must(b, s.store.Restore(b.Context(), recovery))
	must(b, s.Publish(b.Context()))
}

// BenchmarkStatusRebuild is what a tick does with a list in which something ended: read, write it in three forms, sign each,
// read each back, swap. Beside it: one deflate of the list, as it is done and at the standard library's best, and one
// signature.
func BenchmarkStatusRebuild(b *testing.B) {
	for _, permille := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("%.1f%%", float64(permille)/10), func(b *testing.B) {
			s := newBench(b, million)
			s.fill(b, permille)
			deflate, standard, sign := s.deflate(b)
			until, n := time.Now().AddDate(0, 6, 0), 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				n++
				ref, err := s.Allocate(context.Background(), fmt.Sprint("rebuild", n), until)
				must(b, err)
				_, err = s.Revoke(context.Background(), fmt.Sprint("r", n), ref)
				must(b, err)
				b.StartTimer()
				if err := s.Publish(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			beside(b, deflate, "x-deflate")
			beside(b, standard, "x-best-deflate")
			beside(b, sign, "x-sign")
		})
	}
}

// deflate returns what it costs to compress the list as it is, and to sign once.
func (s *bench) deflate(b *testing.B) (used, standard, sign time.Duration) {
	held, err := s.store.Snapshot(b.Context(), s.id)
	must(b, err)
	l, err := statuslist.New(2, held.Size)
	must(b, err)
	packed := make([]byte, (held.Size+3)/4)
	for i := range held.Size {
		if held.Revoked[i/8]>>(i%8)&1 == 1 {
			packed[i/4] |= 1 << (i % 4 * 2)
			must(b, l.Set(i, statuslist.Invalid))
		}
	}
	used = raw(b, func() {
		w, err := kzlib.NewWriterLevel(io.Discard, 7)
		must(b, err)
		_, err = w.Write(packed)
		must(b, err)
		must(b, w.Close())
	})
	standard = raw(b, func() {
		w, err := zlib.NewWriterLevel(io.Discard, zlib.BestCompression)
		must(b, err)
		_, err = w.Write(packed)
		must(b, err)
		must(b, w.Close())
	})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(b, err)
	digest := sha256.Sum256(packed)
	sign = raw(b, func() {
		r, _, err := ecdsa.Sign(rand.Reader, key, digest[:])
		must(b, err)
		if r.Cmp(new(big.Int)) == 0 {
			b.Fatal("no signature")
		}
	})
	return used, standard, sign
}

// BenchmarkStatusServe is a list of a million entries, 1 % ended, over the handler: whole, and to one who has it. Beside it,
// copying the token.
func BenchmarkStatusServe(b *testing.B) {
	gin.SetMode(gin.ReleaseMode)
	s := newBench(b, million)
	s.fill(b, 10)
	first := s.serve(b, "")
	body := first.Body.Bytes()
	floor := raw(b, func() { must(b, second(io.Copy(io.Discard, bytes.NewReader(bytes.Clone(body))))) })
	for name, c := range map[string]struct {
		tag  string
		want int
	}{"200": {"", http.StatusOK}, "304": {first.Header().Get("ETag"), http.StatusNotModified}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := s.serve(b, c.tag); w.Code != c.want {
					b.Fatal(w.Code)
				}
			}
			beside(b, floor, "x-copy")
		})
	}
}

func second[T any](_ T, err error) error { return err }

func (s *bench) serve(b *testing.B, tag string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest(http.MethodGet, "/t/"+s.id, nil)
	if tag != "" {
		c.Request.Header.Set("If-None-Match", tag)
	}
	c.Params = gin.Params{{Key: "id", Value: s.id}}
	must(b, s.GetToken(c))
	c.Writer.WriteHeaderNow()
	return w
}

// BenchmarkStatusGrowth shows what an allocation and a look at a list that did not change take of memory as a list grows:
// the same.
func BenchmarkStatusGrowth(b *testing.B) {
	for _, size := range []int{131_072, million} {
		b.Run(fmt.Sprintf("tick/%d", size), func(b *testing.B) {
			s := newBench(b, size)
			s.fill(b, 10)
			b.ReportAllocs()
			for b.Loop() {
				must(b, s.Publish(context.Background()))
			}
		})
	}
}
