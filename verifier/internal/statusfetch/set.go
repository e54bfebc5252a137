package statusfetch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/verification"
)

// set is all lists of one issuer, fetched together.
type set struct {
	uris []string // sorted

	mu      sync.Mutex
	fetched time.Time        // when the newest round began; zero before the first
	errs    map[string]error // why a list of the newest round is not held
}

// Refresh fetches every list that is named, whatever its age; one issuer that is slow keeps no other waiting. What fails is
// told to whoever asks for its status.
func (r *Reader) Refresh(ctx context.Context) {
	var all sync.WaitGroup
	for _, issuer := range r.options.Issuers {
		if s := r.sets[issuer.Prefix]; s != nil {
			all.Go(func() { _ = r.round(ctx, issuer, s, func() bool { return false }) })
		}
	}
	all.Wait()
}

// listOfSet returns one list of a set that is fetched whole, or not at all.
func (r *Reader) listOfSet(ctx context.Context, issuer Issuer, uri string) (*held, error) {
	s := r.sets[issuer.Prefix]
	if err := r.round(ctx, issuer, s, func() bool { return r.recent(s) }); err != nil {
		return nil, err
	}
	return r.listOfRound(s, uri)
}

// listOfRound returns one list of the newest round.
func (r *Reader) listOfRound(s *set, uri string) (*held, error) {
	known, err := s.look(uri)
	list, now := r.cache.get(uri), r.options.Now()
	switch {
	case !known:
		return nil, refuse(verification.ReasonStatusUntrusted, errors.New("its issuer does not name the list"))
	case err != nil && !(reasonOf(err) == verification.ReasonStatusUnavailable && list.live(now)):
		return nil, err
	case !list.live(now):
		return nil, refuse(verification.ReasonStatusExpired, nil)
	}
	return list, nil // while it is away, its issuer said how long to rely on it
}

// Whole is one list, as a reader that takes all of them is given it.
type Whole struct {
	URI  string
	List *statuslist.List
}

// All returns every list of every issuer that names its lists, fetched as for any one of them. Those that cannot be had, or
// relied on, are left out.
func (r *Reader) All(ctx context.Context) []Whole {
	var out []Whole
	for _, issuer := range r.options.Issuers {
		s := r.sets[issuer.Prefix]
		if s == nil {
			continue
		}
		_ = r.round(ctx, issuer, s, func() bool { return r.recent(s) }) // what still lives is given, though this failed
		for _, uri := range s.uris {
			if list, err := r.listOfRound(s, uri); err == nil {
				out = append(out, Whole{uri, list.list})
			}
		}
	}
	return out
}

// look says whether the set names uri, and why the newest round did not bring it.
func (s *set) look(uri string) (known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known = slices.BinarySearch(s.uris, uri)
	return known, s.errs[uri]
}

// recent says whether a check may rely on the newest round: with a schedule, on any.
func (r *Reader) recent(s *set) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := r.options.Now().Sub(s.fetched)
	return !s.fetched.IsZero() && (r.options.Scheduled || age >= 0 && age < r.options.MaxAge)
}

// round fetches every list, in the order of their names, unless enough says that this was done. Everyone who waits for it
// shares it.
func (r *Reader) round(ctx context.Context, issuer Issuer, s *set, enough func() bool) error {
	if enough() {
		return nil
	}
	_, err := r.cache.once(ctx, issuer.Prefix, func(ctx context.Context) (*held, error) {
		if !enough() { // or it came between the caller's look and this one
			r.fetchSet(ctx, issuer, s)
		}
		return nil, nil
	})
	return err
}

func (r *Reader) fetchSet(ctx context.Context, issuer Issuer, s *set) {
	began, errs := r.options.Now(), map[string]error{}
	for _, uri := range s.uris {
		if _, err := r.fetch(ctx, issuer, uri); err != nil {
			errs[uri] = err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetched, s.errs = began, errs
}
