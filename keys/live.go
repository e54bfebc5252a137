package keys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/audit"
)

// Source is where the keys are, and what was decided about them there: a Dir.
type Source interface {
	Keys() ([]Key, error)
	Book() (Book, error)
}

// LiveOptions are what a live ring is made of. None may be nil.
type LiveOptions struct {
	Source Source
	Books  Books // what every process shares
	Audit  audit.Recorder
	Now    func() time.Time
	Log    *slog.Logger
}

// Live is the keys of a service that runs: they change without its being started again. Safe for concurrent use.
//
// At every Reload it learns what was decided in its own directory and by all who share its books, and tells them what they
// do not know. What it learned first it never forgets: of two decisions about a key, the one further on in its life holds.
// So a key that one process calls revoked is used by no other after its next Reload; who cannot reach the books keeps the
// ring it has, and since nothing is issued without the store that holds the books, signs nothing that counts.
//
// Between two Reloads it answers by the clock. A clock that goes back behind the start of the key in use is refused, rather
// than the key before it brought back.
type Live struct {
	LiveOptions

	reloading sync.Mutex     // held for a whole Reload
	told      map[string]Key // as last written down, by id

	mu      sync.Mutex
	keys    []Key
	ring    *Ring
	from    time.Time             // ring is good from here,
	until   time.Time             // and to before here; zero: for ever
	started map[Purpose]time.Time // when the newest key that was ever in use here became active
}

// OpenLive reads the keys. Mistakes in them are errors; books that cannot be reached are told to the log, and asked at the
// next Reload.
func OpenLive(ctx context.Context, o LiveOptions) (*Live, error) {
	l := &Live{LiveOptions: o, started: map[Purpose]time.Time{}}
	all, err := l.Source.Keys()
	if err != nil {
		return nil, err
	}
	if _, err := NewRing(l.Now(), all...); err != nil {
		return nil, err
	}
	l.take(all)
	l.told = l.ring.keys
	if err := l.Reload(ctx); err != nil {
		l.Log.ErrorContext(ctx, "agree on keys", "error", err)
	}
	return l, nil
}

// Run reloads at every tick until ctx ends. A failure is logged, and tried again at the next tick.
func (l *Live) Run(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if err := l.Reload(ctx); err != nil {
			l.Log.ErrorContext(ctx, "reload keys", "error", err)
		}
	}
}

// Reload reads the keys again, and agrees with the others on their states. Keys that cannot be read change nothing but their
// states; books that cannot be reached, or keys that do not go together, change nothing at all.
func (l *Live) Reload(ctx context.Context) error {
	l.reloading.Lock()
	defer l.reloading.Unlock()
	all, failed := l.Source.Keys()
	if failed != nil {
		failed = fmt.Errorf("the keys stay as they were: %w", failed)
		all = l.held()
	}
	own, err := l.Source.Book()
	if err != nil {
		own = Book{} // it is in failed already, and the shared one knows more
	}
	book, err := l.agree(ctx, own)
	if err != nil {
		return errors.Join(failed, err)
	}
	for i := range all {
		if s, ok := book.Keys[all[i].ID]; ok {
			all[i].Status = s
		}
	}
	if err := checkAll(all); err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(failed, l.tell(ctx, all), l.missing(book, all))
}

func (l *Live) held() []Key {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.keys)
}

// agree brings the shared book and own together, and returns what both say.
func (l *Live) agree(ctx context.Context, own Book) (Book, error) {
	const tries = 5
	for range tries {
		shared, err := l.Books.KeyStates(ctx)
		if err != nil {
			return Book{}, err
		}
		if err := shared.check(); err != nil {
			return Book{}, fmt.Errorf("the shared book: %w", err)
		}
		both := shared.merge(own)
		if both.Same(shared) {
			return both, nil
		}
		err = l.Books.SwapKeyStates(ctx, both)
		if err == nil || !errors.Is(err, ErrConflict) {
			return both, err
		}
	}
	return Book{}, ErrConflict
}

// tell goes by what is known now, and writes down what has changed, by a decision or by the clock. An audit log that is away
// must not keep a key in use: what could not be written down is written at the next Reload.
func (l *Live) tell(ctx context.Context, all []Key) error {
	l.take(all)
	told := map[string]Key{}
	var failed []error
	for _, k := range l.current().All() {
		was, known := l.told[k.ID]
		if known && was.State == k.State && was.Status.equal(k.Status) {
			told[k.ID] = k
			continue
		}
		event := audit.Event{What: "key.state", When: l.Now(), Who: k.decided().By, Subject: k.ID, Details: map[string]string{
			"purpose": string(k.Purpose), "state": string(k.State), "reason": string(k.decided().Reason),
		}}
		if err := l.Audit.Record(ctx, event); err != nil {
			failed = append(failed, err)
			continue
		}
		told[k.ID] = k
	}
	l.told = told
	return errors.Join(failed...)
}

// missing names the keys in use that this process does not have.
func (l *Live) missing(b Book, all []Key) error {
	for id, s := range b.Keys {
		has := slices.ContainsFunc(all, func(k Key) bool { return k.ID == id })
		if !has && (s.State == StateActive || s.State == StateCreated && !s.Activates.IsZero()) {
			return fmt.Errorf("key %s is in use elsewhere, and is not here", id)
		}
	}
	return nil
}

func (l *Live) take(all []Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = all
	l.settle(l.Now())
}

// current returns the ring as it stands now.
func (l *Live) current() *Ring {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if now.Before(l.from) || !l.until.IsZero() && !now.Before(l.until) {
		l.settle(now)
	}
	return l.ring
}

// settle works out the ring of now; the caller holds the mutex.
func (l *Live) settle(now time.Time) {
	l.ring = standing(now, l.keys)
	l.from, l.until = span(now, l.keys)
	for p, k := range l.ring.active {
		switch start := k.decided().Activates; {
		case start.Before(l.started[p]):
			delete(l.ring.active, p)
			l.ring.absent[p] = errors.New("the clock went back: a newer key was in use already")
		default:
			l.started[p] = start
		}
	}
}

// span returns the instants around now between which nothing changes by itself.
func span(now time.Time, keys []Key) (from, until time.Time) {
	for _, k := range keys {
		instants := []time.Time{k.decided().Activates, k.decided().Retires}
		if len(k.Chain) > 0 {
			instants = append(instants, k.Chain[0].NotBefore, k.Chain[0].NotAfter.Add(1)) // valid at its last instant
		}
		for _, at := range instants {
			switch {
			case at.IsZero():
			case at.After(now) && (until.IsZero() || at.Before(until)):
				until = at
			case !at.After(now) && at.After(from):
				from = at
			}
		}
	}
	return from, until
}

// Active implements Keyring.
func (l *Live) Active(p Purpose) (Key, error) { return l.current().Active(p) }

// ByID implements Keyring.
func (l *Live) ByID(id string) (Key, bool) { return l.current().ByID(id) }

// All implements Keyring.
func (l *Live) All() []Key { return l.current().All() }

// Published implements Keyring.
func (l *Live) Published(p Purpose) []Key { return l.current().Published(p) }
