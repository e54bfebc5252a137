package statusapi_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/memstore"
)

const (
	base = "https://status.example"
	did  = "did:web:issuer.example"
	size = 131072
)

var start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

var _ issuance.Status = (*statusapi.Service)(nil)

// rig is a service over a store and keys that a test can break.
type rig struct {
	*statusapi.Service
	store  *store
	signer *signer
	key    keys.Key
	at     atomic.Pointer[time.Time]
	log    bytes.Buffer
}

func newRig(t *testing.T, change ...func(*statusapi.Config)) *rig {
	t.Helper()
	r := &rig{}
	r.set(start)
	r.store = &store{Store: memstore.New(r.now)}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r.signer = &signer{Signer: private}
	r.key = keys.Key{ID: "key-1", State: keys.StateActive, Signer: r.signer}
	r.Service = r.again(t, change...)
	return r
}

// again makes a service over the same store and keys, as after a restart.
func (r *rig) again(t *testing.T, change ...func(*statusapi.Config)) *statusapi.Service {
	t.Helper()
	c := config()
	for _, f := range change {
		f(&c)
	}
	s, err := statusapi.New(c, statusapi.Deps{
		Slots: r.store, Publications: r.store, Keys: r, Now: r.now, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func config() statusapi.Config {
	return statusapi.Config{
		BaseURL: base, DID: did, Lists: 1, Size: size, TTL: 15 * time.Minute, Life: time.Hour, Lease: time.Minute, Secret: bytes.Repeat([]byte{5}, 32),
	}
}

func (r *rig) now() time.Time             { return *r.at.Load() }
func (r *rig) set(at time.Time)           { r.at.Store(&at) }
func lists(n int) func(*statusapi.Config) { return func(c *statusapi.Config) { c.Lists = n } }

// Active implements statusapi.Keys: the credential key has another id than the status list key.
func (r *rig) Active(p keys.Purpose) (keys.Key, error) {
	key := r.key
	key.Purpose = p
	key.ID = string(p) + "-" + key.ID
	return key, nil
}

// signer can be made to fail, or to sign with a key that is not the one it shows.
type signer struct {
	crypto.Signer
	broken error
	wrong  crypto.Signer
}

func (s *signer) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	if s.wrong != nil {
		return s.wrong.Sign(r, digest, o)
	}
	return s.Signer.Sign(r, digest, o)
}

// store can be made to fail, to be full, or to go back to the past.
type store struct {
	*memstore.Store
	away error
	full map[string]bool
	past *statuslist.Snapshot
	lost bool                  // the publications
	back *statuslist.Published // the store went back to this one, until another is saved

	fetched atomic.Int32 // publications
	looks   atomic.Int32 // at heads
}

// hook is a signer that does something before it signs.
type hook struct {
	crypto.Signer
	before func()
}

func (h hook) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	h.before()
	return h.Signer.Sign(r, digest, o)
}

func (s *store) Next(ctx context.Context, operation, list string, until time.Time, floor int) (int, error) {
	if s.full[list] {
		return 0, statuslist.ErrFull
	}
	return s.Store.Next(ctx, operation, list, until, floor)
}

func (s *store) Head(ctx context.Context, list string) (statuslist.Head, error) {
	s.looks.Add(1)
	held, err := s.Snapshot(ctx, list)
	return held.Head, err
}

func (s *store) Snapshot(ctx context.Context, list string) (statuslist.Snapshot, error) {
	if s.past != nil {
		return *s.past, nil
	}
	return s.Store.Snapshot(ctx, list)
}

func (s *store) Published(ctx context.Context, list string) (statuslist.Published, error) {
	s.fetched.Add(1)
	if s.away != nil {
		return statuslist.Published{}, s.away
	}
	if s.lost {
		return statuslist.Published{}, statuslist.ErrNoSlot
	}
	if s.back != nil && s.back.List == list {
		return *s.back, nil
	}
	return s.Store.Published(ctx, list)
}

func (s *store) PublishedVersion(ctx context.Context, list string) (statuslist.Version, error) {
	p, err := s.Published(ctx, list)
	s.fetched.Add(-1)
	return p.Version(), err
}

func (s *store) SavePublished(ctx context.Context, l statuslist.Lease, p statuslist.Published) error {
	if s.lost {
		return nil // as a store would that holds nothing newer
	}
	s.back = nil
	return s.Store.SavePublished(ctx, l, p)
}

// save puts a publication into the store, as another publisher would that took its turn; then it is over.
func (r *rig) save(t *testing.T, p statuslist.Published) {
	t.Helper()
	now := r.now()
	r.set(now.AddDate(1, 0, 0)) // whoever has the lease has lost it by then
	l, err := r.store.Lease(t.Context(), p.List, "another", -time.Second)
	if err == nil {
		err = r.store.Store.SavePublished(t.Context(), l, p)
	}
	r.set(now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.Lease(t.Context(), p.List, "another", -time.Hour); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) allocate(t *testing.T, operation string) credential.StatusRef {
	t.Helper()
	ref, err := r.Allocate(t.Context(), operation, start.AddDate(0, 1, 0))
	if err != nil {
		t.Fatalf("allocate: %v", err)
	}
	return ref
}

func (r *rig) revoke(t *testing.T, ref credential.StatusRef) time.Time {
	t.Helper()
	first, err := r.Revoke(t.Context(), "revoke", ref)
	if err != nil {
		t.Fatalf("revoke: %v", err)
	}
	return first
}

func (r *rig) publish(t *testing.T) {
	t.Helper()
	if err := r.Publish(t.Context()); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

// published returns what the store holds of the list ref is in.
func (r *rig) published(t *testing.T, ref credential.StatusRef) statuslist.Published {
	t.Helper()
	p, err := r.store.Store.Published(t.Context(), ref.URI[len(base+"/t/"):])
	if err != nil {
		t.Fatalf("published: %v", err)
	}
	return p
}

// open verifies a token with the rig's key and returns its header and claims.
func (r *rig) open(t *testing.T, signed string, e jose.Expect) (jose.Header, jose.Claims) {
	t.Helper()
	e.Algorithms, e.MaxBytes = []jose.Algorithm{jose.ES256}, 1<<20
	token, err := jose.Parse(signed, e)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := token.Verify(r.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return token.Header(), claims
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Errorf("got %v, want a fault of kind %v", err, want)
	}
}

var errBroken = errors.New("broken")

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*statusapi.Config){
		"a final slash":        func(c *statusapi.Config) { c.BaseURL = base + "/" },
		"a query":              func(c *statusapi.Config) { c.BaseURL = base + "?a" },
		"a fragment":           func(c *statusapi.Config) { c.BaseURL = base + "#" },
		"a user":               func(c *statusapi.Config) { c.BaseURL = "https://a@b" },
		"another scheme":       func(c *statusapi.Config) { c.BaseURL = "ftp://status.example" },
		"no host":              func(c *statusapi.Config) { c.BaseURL = "https:///t" },
		"no DID":               func(c *statusapi.Config) { c.DID = "issuer.example" },
		"no list":              func(c *statusapi.Config) { c.Lists = 0 },
		"no open list":         func(c *statusapi.Config) { c.Closed = 1 },
		"fewer than no list":   func(c *statusapi.Config) { c.Closed = -1 },
		"a small list":         func(c *statusapi.Config) { c.Size = size - 1 },
		"a huge list":          func(c *statusapi.Config) { c.Size = statuslist.MaxEntries + 1 },
		"no time to live":      func(c *statusapi.Config) { c.TTL = 0 },
		"a life under the ttl": func(c *statusapi.Config) { c.Life = c.TTL - 1 },
		"no lease":             func(c *statusapi.Config) { c.Lease = 0 },
		"a short secret":       func(c *statusapi.Config) { c.Secret = c.Secret[1:] },
	} {
		c := config()
		change(&c)
		if _, err := statusapi.New(c, statusapi.Deps{}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestTheSecretIsNotInAnError(t *testing.T) {
	c := config()
	c.Secret = []byte("hush")
	if _, err := statusapi.New(c, statusapi.Deps{}); err == nil || bytes.Contains([]byte(fmt.Sprint(err)), c.Secret) {
		t.Errorf("got %v", err)
	}
}
