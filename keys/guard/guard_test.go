package guard_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"justice-wallet/keys/guard"
)

// remote is a provider's key that does as it is told.
type remote struct {
	private *ecdsa.PrivateKey
	say     func(ctx context.Context, digest []byte) ([]byte, error)

	underWay, most, distrusted atomic.Int64
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &remote{private: private}
	r.say = r.sign
	return r
}

func (r *remote) Public() *ecdsa.PublicKey { return &r.private.PublicKey }
func (r *remote) Distrust()                { r.distrusted.Add(1) }

func (r *remote) sign(_ context.Context, digest []byte) ([]byte, error) {
	return ecdsa.SignASN1(rand.Reader, r.private, digest)
}

func (r *remote) SignDigest(ctx context.Context, digest []byte) ([]byte, error) {
	n := r.underWay.Add(1)
	defer r.underWay.Add(-1)
	for most := r.most.Load(); n > most && !r.most.CompareAndSwap(most, n); most = r.most.Load() {
	}
	return r.say(ctx, digest)
}

// stall has the remote hang, deaf to its context, until the returned function is called.
func (r *remote) stall() (end func()) {
	released := make(chan struct{})
	r.say = func(ctx context.Context, digest []byte) ([]byte, error) {
		<-released
		return r.sign(ctx, digest)
	}
	return sync.OnceFunc(func() { close(released) })
}

var message = sha256.Sum256([]byte("message"))

func sign(s crypto.Signer) error {
	_, err := s.Sign(rand.Reader, message[:], crypto.SHA256)
	return err
}

func TestAGuardedKeySigns(t *testing.T) {
	r := newRemote(t)
	s := guard.New(guard.Defaults()).Signer(r)
	for name, signer := range map[string]crypto.Signer{"documents": s, "lists": s.ForLists()} {
		signature, err := signer.Sign(rand.Reader, message[:], crypto.SHA256)
		if err != nil || !ecdsa.VerifyASN1(signer.Public().(*ecdsa.PublicKey), message[:], signature) {
			t.Error(name, err)
		}
		if _, err := signer.Sign(rand.Reader, message[:], crypto.SHA512_256); err == nil {
			t.Error(name, "signed a digest that is not a SHA-256")
		}
		if _, err := signer.Sign(rand.Reader, message[:31], crypto.SHA256); err == nil {
			t.Error(name, "signed a digest cut short")
		}
	}
}

func TestAWrongSignatureNeverLeaves(t *testing.T) {
	r, other := newRemote(t), newRemote(t)
	r.say = other.sign
	s := guard.New(guard.Defaults()).Signer(r)
	signature, err := s.Sign(rand.Reader, message[:], crypto.SHA256)
	if !errors.Is(err, guard.ErrSignature) || signature != nil {
		t.Errorf("another key's signature: %x, %v", signature, err)
	}
	if r.distrusted.Load() != 1 {
		t.Error("the remote was not told")
	}
	r.say = r.sign
	if err := sign(s); err != nil {
		t.Error("after it mended:", err)
	}
}

func TestTheProvidersErrorIsPassedOn(t *testing.T) {
	r, away := newRemote(t), errors.New("away")
	r.say = func(context.Context, []byte) ([]byte, error) { return nil, away }
	if err := sign(guard.New(guard.Defaults()).Signer(r)); !errors.Is(err, away) {
		t.Error(err)
	}
}

// reliability.md F13: a stall of 60 s, with more callers than the queue has room for.
func TestAStallIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := guard.Options{Parallel: 4, Queue: 64, Deadline: 2 * time.Second}
		r := newRemote(t)
		end := r.stall()
		s := guard.New(o).Signer(r)
		start := time.Now()
		var late, busy atomic.Int64
		var done sync.WaitGroup
		for range 200 {
			done.Go(func() {
				switch err := sign(s); {
				case errors.Is(err, guard.ErrBusy) && time.Since(start) == 0:
					busy.Add(1)
				case errors.Is(err, guard.ErrLate) && time.Since(start) == o.Deadline:
					late.Add(1)
				default:
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		}
		done.Wait()
		if late.Load() != 68 || busy.Load() != 132 {
			t.Errorf("%d waited, %d were sent away at once; want 68 and 132", late.Load(), busy.Load())
		}
		if err := sign(s); !errors.Is(err, guard.ErrLate) {
			t.Error("while it still hangs:", err)
		}
		if r.most.Load() != 4 {
			t.Errorf("%d calls were under way at once, want 4", r.most.Load())
		}
		end()
		synctest.Wait()
		if err := sign(s); err != nil {
			t.Error("after it returned:", err)
		}
		if r.underWay.Load() != 0 {
			t.Error("calls are left behind")
		}
	})
}

func TestAStalledQueueDoesNotHoldListsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		documents, lists := newRemote(t), newRemote(t)
		g := guard.New(guard.Options{Parallel: 1, Queue: 1, Deadline: time.Second})
		end := documents.stall()
		defer end()
		var done sync.WaitGroup
		for range 5 {
			done.Go(func() { _ = sign(g.Signer(documents)) })
		}
		synctest.Wait()
		start := time.Now()
		if err := sign(g.Signer(lists)); !errors.Is(err, guard.ErrBusy) {
			t.Error("in the queue of documents:", err)
		}
		if err := sign(g.Signer(lists).ForLists()); err != nil || time.Since(start) != 0 {
			t.Errorf("in the place of lists, after %v: %v", time.Since(start), err)
		}
		done.Wait()
	})
}

// A provider that hears its context frees its place at the deadline.
func TestACallIsToldOfItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		r.say = func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if err := sign(guard.New(guard.Defaults()).Signer(r)); err == nil {
			t.Error("signed")
		}
		synctest.Wait()
		if r.underWay.Load() != 0 {
			t.Error("the call goes on")
		}
	})
}
