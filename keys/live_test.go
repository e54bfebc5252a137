package keys_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/store/memstore"
)

// authorityAt is a directory of keys with a clock that the test moves.
type authorityAt struct {
	dir   *keys.Dir
	path  string
	vault vault // holds the keys: to seal one takes a tenth of a second
	all   map[keys.Purpose]keys.Key

	mu  sync.Mutex
	now time.Time
}

func (a *authorityAt) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *authorityAt) set(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = at
}

func newAuthority(t *testing.T) *authorityAt {
	t.Helper()
	a := &authorityAt{all: map[keys.Purpose]keys.Key{}, vault: vault{map[string]held{}}, now: now}
	a.dir, a.path = vaultDir(t, a.vault)
	for _, k := range generate(t) {
		a.all[k.Purpose] = a.save(t, k)
	}
	return a
}

func (a *authorityAt) save(t *testing.T, k keys.Key) keys.Key {
	t.Helper()
	k.Provider, k.Reference = a.vault.Name(), k.ID
	a.vault.held[k.ID] = held{k.Purpose, k.Signer}
	if err := a.dir.Save(k); err != nil {
		t.Fatal(err)
	}
	return k
}

// add saves a new key of a purpose, and decides that it is active from an instant.
func (a *authorityAt) add(t *testing.T, p keys.Purpose, activates time.Time) keys.Key {
	t.Helper()
	k, err := keys.NewKey(p, a.clock())
	if p == keys.PurposeDocument {
		k, err = keys.NewSigner(authority, a.all[keys.PurposeIACA], a.clock())
	}
	if err != nil {
		t.Fatal(err)
	}
	k = a.save(t, k)
	a.decide(t, k, keys.Status{State: keys.StateCreated, Activates: activates})
	return k
}

func (a *authorityAt) decide(t *testing.T, k keys.Key, s keys.Status) {
	t.Helper()
	s.Changed, s.By = a.clock(), "synthetic"
	err := a.dir.Decide(func(b *keys.Book) error { return b.Set(k.ID, keys.Status{State: k.State}, s) })
	if err != nil {
		t.Fatal(err)
	}
}

// events remembers what was recorded.
type events struct {
	mu   sync.Mutex
	all  []audit.Event
	fail error
}

func (e *events) Record(_ context.Context, event audit.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
	return e.fail
}

func (a *authorityAt) live(t *testing.T, books keys.Books, log *events) *keys.Live {
	t.Helper()
	l, err := keys.OpenLive(t.Context(), keys.LiveOptions{Source: a.dir, Books: books, Audit: log, Now: a.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func reload(t *testing.T, l *keys.Live) {
	t.Helper()
	if err := l.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wantActive(t *testing.T, r keys.Keyring, want keys.Key) {
	t.Helper()
	k, err := r.Active(want.Purpose)
	if err != nil || k.ID != want.ID {
		t.Fatalf("active is %s (%v), want %s", k.ID, err, want.ID)
	}
	if _, err := k.Sign([]byte("message")); err != nil {
		t.Fatal(err)
	}
}

func wantNone(t *testing.T, r keys.Keyring, p keys.Purpose, why string) {
	t.Helper()
	k, err := r.Active(p)
	if err == nil || fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), why) {
		t.Fatalf("active is %s (%v), want none: %s", k.ID, err, why)
	}
}

func states(r keys.Keyring, list ...keys.Key) string {
	var out []string
	for _, k := range list {
		k, _ = r.ByID(k.ID)
		out = append(out, string(k.State))
	}
	return strings.Join(out, " ")
}

// A key is published, then active from its instant, and the one before it verifies until it retires: by the clock alone.
func TestAKeyIsActiveFromItsInstant(t *testing.T) {
	a := newAuthority(t)
	log := &events{}
	l := a.live(t, memstore.New(a.clock), log)
	old := a.all[keys.PurposeCredential]
	next := a.add(t, keys.PurposeCredential, now.Add(time.Hour))
	a.decide(t, old, keys.Status{State: keys.StateActive, Retires: now.Add(48 * time.Hour)})
	wantActive(t, l, old)
	if _, ok := l.ByID(next.ID); ok {
		t.Fatal("a key is there before it was read")
	}
	reload(t, l)
	for _, step := range []struct {
		at                time.Duration
		states, published string
	}{
		{0, "active created", next.ID + " " + old.ID},
		{time.Hour - 1, "active created", next.ID + " " + old.ID},
		{time.Hour, "inactive active", next.ID + " " + old.ID},
		{48*time.Hour - 1, "inactive active", next.ID + " " + old.ID},
		{48 * time.Hour, "inactive active", next.ID},
	} {
		a.set(now.Add(step.at))
		if got := states(l, old, next); got != step.states {
			t.Errorf("after %v: %s, want %s", step.at, got, step.states)
		}
		var ids []string
		for _, m := range keys.DIDDocument(l, "did:web:x").VerificationMethod {
			ids = append(ids, m.Key.KeyID)
		}
		if got := sortedJoin(ids); got != sortedJoin(strings.Fields(step.published)) {
			t.Errorf("after %v: %s is published, want %s", step.at, got, step.published)
		}
	}
	wantActive(t, l, next)

	// What the clock did is written down at the next reload, once, however often the log was away before.
	log.fail = errors.New("the log is away")
	if err := l.Reload(t.Context()); !errors.Is(err, log.fail) {
		t.Errorf("a log that is away: %v", err)
	}
	log.fail, log.all = nil, nil
	reload(t, l)
	reload(t, l)
	var told []string
	for _, e := range log.all {
		told = append(told, e.Subject+" "+e.Details["state"])
	}
	if want := []string{old.ID + " inactive", next.ID + " active"}; sortedJoin(told) != sortedJoin(want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// What one replica learns all know after their next reload, though the directory of each is a copy of its own.
func TestReplicasAgreeOnARevokedKey(t *testing.T) {
	one, two := newAuthority(t), newAuthority(t)
	for p, k := range two.all { // the same keys in both
		if err := os.Remove(filepath.Join(two.path, k.ID+".key.json")); err != nil {
			t.Fatal(err)
		}
		two.save(t, one.all[p])
	}
	shared, log := memstore.New(one.clock), &events{}
	first, second := one.live(t, shared, &events{}), two.live(t, shared, log)
	k := one.all[keys.PurposeDocument]
	wantActive(t, second, k)
	one.decide(t, k, keys.Status{State: keys.StateRevoked, Reason: keys.ReasonCompromised})
	reload(t, first)
	wantNone(t, first, keys.PurposeDocument, "")
	reload(t, second)
	wantNone(t, second, keys.PurposeDocument, "")
	last := log.all[len(log.all)-1]
	if last.What != "key.state" || last.Subject != k.ID || last.Who != "synthetic" || last.Details["state"] != "revoked" || last.Details["reason"] != "compromised" {
		t.Errorf("audit record %+v", last)
	}
	// A book that is put back, or decides otherwise since, brings nothing back; nor one that was lost: the store remembers.
	two.set(now.Add(time.Minute))
	two.decide(t, k, keys.Status{State: keys.StateActive, Retires: now.Add(time.Hour)})
	for _, l := range []*keys.Live{second, first} {
		reload(t, l)
		wantNone(t, l, keys.PurposeDocument, "")
	}
	if err := os.Remove(filepath.Join(one.path, "states.json")); err != nil {
		t.Fatal(err)
	}
	reload(t, first)
	wantNone(t, first, keys.PurposeDocument, "")
}

// awayBooks is a store that does not answer while away is set.
type awayBooks struct {
	keys.Books
	away error
}

func (b *awayBooks) KeyStates(ctx context.Context) (keys.Book, error) {
	if b.away != nil {
		return keys.Book{}, b.away
	}
	return b.Books.KeyStates(ctx)
}

func TestAFailedReloadKeepsTheRing(t *testing.T) {
	a := newAuthority(t)
	books := &awayBooks{Books: memstore.New(a.clock)}
	l := a.live(t, books, &events{})
	k := a.all[keys.PurposeOffer]
	file := filepath.Join(a.path, k.ID+".key.json")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a truncated file: %v", err)
	}
	wantActive(t, l, k)

	// A key that was taken back is taken back all the same.
	other := a.all[keys.PurposeCredential]
	a.decide(t, other, keys.Status{State: keys.StateRevoked, Reason: keys.ReasonSuperseded})
	if err := l.Reload(t.Context()); err == nil {
		t.Error("the damage is forgotten")
	}
	wantNone(t, l, keys.PurposeCredential, "")

	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	books.away = errors.New("the store is away")
	if err := l.Reload(t.Context()); !errors.Is(err, books.away) {
		t.Errorf("a store that is away: %v", err)
	}
	wantActive(t, l, k)
	books.away = nil
	reload(t, l)
	wantActive(t, l, k)
}

// Two who decided apart from one another on two keys have decided nothing that a service would sign by.
func TestTwoActiveKeysAreRefused(t *testing.T) {
	a := newAuthority(t)
	store := memstore.New(a.clock)
	l := a.live(t, store, &events{})
	old := a.all[keys.PurposeOffer]
	second := a.add(t, keys.PurposeOffer, time.Time{})
	a.decide(t, second, keys.Status{State: keys.StateActive})
	if err := l.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "second active key for offer") {
		t.Errorf("two active keys: %v", err)
	}
	wantActive(t, l, old)
	a.decide(t, old, keys.Status{State: keys.StateInactive})
	reload(t, l)
	wantActive(t, l, second)

	b := newAuthority(t)
	for range 2 {
		b.add(t, keys.PurposeOffer, now.Add(time.Hour))
	}
	if _, err := b.dir.Ring(now); err == nil || !strings.Contains(err.Error(), "a second offer key that becomes active") {
		t.Errorf("two keys of one instant: %v", err)
	}
}

func TestAClockThatJumps(t *testing.T) {
	a := newAuthority(t)
	l := a.live(t, memstore.New(a.clock), &events{})
	old, next := a.all[keys.PurposeDocument], a.add(t, keys.PurposeDocument, now.Add(time.Hour))
	reload(t, l)
	a.set(now.Add(2 * time.Hour))
	wantActive(t, l, next)
	a.set(now.Add(30 * time.Minute)) // behind the start of the key in use
	wantNone(t, l, keys.PurposeDocument, "clock went back")
	reload(t, l)
	wantNone(t, l, keys.PurposeDocument, "clock went back")
	wantActive(t, l, a.all[keys.PurposeOffer])
	a.set(now.Add(-time.Hour)) // before any certificate
	wantNone(t, l, keys.PurposeDocument, "")
	a.set(now.Add(400 * 24 * time.Hour))
	wantActive(t, l, next)
	a.set(now.Add(456 * 24 * time.Hour))
	wantNone(t, l, keys.PurposeDocument, "expired")
	wantActive(t, l, a.all[keys.PurposeOffer])
	a.set(now.Add(3 * time.Hour)) // the clock was mended: nothing is lost
	wantActive(t, l, next)
	if got := states(l, old, next); got != "inactive active" {
		t.Errorf("%s", got)
	}
}

// A key that took another's place and was then revoked does not bring the other back.
func TestARevokedKeyIsNotReplacedByTheOneBefore(t *testing.T) {
	a := newAuthority(t)
	l := a.live(t, memstore.New(a.clock), &events{})
	old, next := a.all[keys.PurposeOffer], a.add(t, keys.PurposeOffer, now.Add(time.Hour))
	a.set(now.Add(2 * time.Hour))
	a.decide(t, next, keys.Status{State: keys.StateRevoked, Reason: keys.ReasonCompromised, Activates: now.Add(time.Hour)})
	reload(t, l)
	wantNone(t, l, keys.PurposeOffer, "")
	if got := states(l, old, next); got != "inactive revoked" {
		t.Errorf("%s", got)
	}
	third := a.add(t, keys.PurposeOffer, now.Add(2*time.Hour))
	reload(t, l)
	wantActive(t, l, third)

	// One that was revoked before its time came never took a place.
	b := newAuthority(t)
	never := b.add(t, keys.PurposeOffer, now.Add(time.Hour))
	b.decide(t, never, keys.Status{State: keys.StateRevoked, Reason: keys.ReasonCeased, Activates: now.Add(time.Hour)})
	b.set(now.Add(2 * time.Hour))
	r, err := b.dir.Ring(b.clock())
	if err != nil {
		t.Fatal(err)
	}
	wantActive(t, r, b.all[keys.PurposeOffer])
}

func TestOnlyLegalTransitions(t *testing.T) {
	at := func(s keys.State) keys.Status {
		status := keys.Status{State: s, Changed: now, By: "synthetic"}
		if s == keys.StateRevoked {
			status.Reason = keys.ReasonCompromised
		}
		return status
	}
	all := []keys.State{keys.StateCreated, keys.StateActive, keys.StateInactive, keys.StateRevoked}
	legal := map[string]bool{
		"created created": true, "created active": true, "created revoked": true, "active active": true, "active inactive": true,
		"active revoked": true, "inactive inactive": true, "inactive revoked": true,
	}
	for _, from := range all {
		for _, to := range all {
			var b keys.Book
			err := b.Set("k", at(from), at(to))
			if (err == nil) != legal[string(from)+" "+string(to)] {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if _, kept := b.Keys["k"]; kept != (err == nil) {
				t.Errorf("%s to %s: kept %v", from, to, kept)
			}
		}
	}
	for name, s := range map[string]keys.Status{
		"a state of its own":           {State: "asleep"},
		"revoked without a reason":     {State: keys.StateRevoked},
		"a reason, and not revoked":    {State: keys.StateActive, Reason: keys.ReasonCompromised},
		"another reason":               {State: keys.StateRevoked, Reason: "lost"},
		"retired before it was active": {State: keys.StateCreated, Activates: now.Add(time.Hour), Retires: now},
	} {
		var b keys.Book
		if err := b.Set("k", at(keys.StateCreated), s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestTheBookRefused(t *testing.T) {
	a := newAuthority(t)
	a.decide(t, a.all[keys.PurposeOffer], keys.Status{State: keys.StateActive, Retires: now.Add(time.Hour)})
	path := filepath.Join(a.path, "states.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"empty":           "",
		"truncated":       string(whole[:len(whole)/2]),
		"a second object": string(whole) + "{}",
		"another member":  strings.Replace(string(whole), `"version"`, `"extra": 1, "version"`, 1),
		"no version":      strings.Replace(string(whole), `"version": 1`, `"version": 0`, 1),
		"another state":   strings.Replace(string(whole), `"active"`, `"awake"`, 1),
		"too long":        strings.Repeat(" ", 1<<20) + string(whole),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := a.dir.Ring(now); err == nil || !strings.Contains(err.Error(), "states.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two commands at once do not decide past one another, and a decision that fails changes nothing.
func TestDecisionsAreMadeOneByOne(t *testing.T) {
	a := newAuthority(t)
	k := a.all[keys.PurposeOffer]
	err := a.dir.Decide(func(*keys.Book) error {
		return a.dir.Decide(func(*keys.Book) error { return nil })
	})
	if err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("a decision within a decision: %v", err)
	}
	if b, err := a.dir.Book(); err != nil || b.Version != 0 {
		t.Errorf("%v: %+v", err, b)
	}
	a.decide(t, k, keys.Status{State: keys.StateInactive})
	if b, err := a.dir.Book(); err != nil || b.Version != 1 || b.Keys[k.ID].State != keys.StateInactive {
		t.Errorf("%v: %+v", err, b)
	}
}

func TestASignerUnderAnotherRootIsRefused(t *testing.T) {
	all, other := generate(t), generate(t)
	all[0] = other[0] // another root of the same name
	if _, err := keys.NewRing(now, all...); err == nil || !strings.Contains(err.Error(), "under no root") {
		t.Errorf("got %v", err)
	}
	all = generate(t)
	all[0].State = keys.StateRevoked
	if _, err := keys.NewRing(now, all...); err == nil || !strings.Contains(err.Error(), "under no root") {
		t.Errorf("a revoked root: %v", err)
	}
}

// A root that signs no more is listed for as long as what its signers signed can be valid.
func TestRootsStillNeeded(t *testing.T) {
	all := generate(t)
	root, signer := &all[0], &all[1]
	root.State = keys.StateInactive
	listed := func(at time.Time, all ...keys.Key) int {
		t.Helper()
		r, err := keys.NewRing(at, all...)
		if r == nil {
			t.Fatal(err)
		}
		return len(keys.IACAs(r).Data)
	}
	if n := listed(now, all...); n != 1 {
		t.Errorf("%d roots while there is a signer", n)
	}
	if n := listed(signer.Chain[0].NotAfter.Add(time.Second), all...); n != 0 {
		t.Errorf("%d roots after its signer's end", n)
	}
	signer.State = keys.StateRevoked
	if n := listed(now, all...); n != 0 {
		t.Errorf("%d roots when its signer is revoked", n)
	}
}
