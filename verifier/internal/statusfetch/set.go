package statusfetch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/verification"
)

// set is all lists of one issuer, fetched together.
type set struct {
	mu      sync.Mutex
	uris    []string
	fetched time.Time
	errs    map[string]error // why a list of the newest round is not held
}

// listOfSet returns one list of a set that is fetched whole, or not at all.
func (r *Reader) listOfSet(ctx context.Context, issuer Issuer, uri string) (*held, error) {
	s := r.sets[issuer.Prefix]
	if err := r.round(ctx, issuer, s); err != nil {
		if old := r.cache.get(uri); reasonOf(err) == verification.ReasonStatusUnavailable && old.live(r.options.Now()) {
			return old, nil // its issuer said how long to rely on it
		}
		return nil, err
	}
	return r.listOfRound(s, uri)
}

// listOfRound returns one list of the newest round.
func (r *Reader) listOfRound(s *set, uri string) (*held, error) {
	known, err := s.look(uri)
	list := r.cache.get(uri)
	switch {
	case !known:
		return nil, refuse(verification.ReasonStatusUntrusted, errors.New("its issuer does not name the list"))
	case err != nil && !(reasonOf(err) == verification.ReasonStatusUnavailable && list.live(r.options.Now())):
		return nil, err
	case !list.live(r.options.Now()):
		return nil, refuse(verification.ReasonStatusExpired, nil)
	}
	return list, nil
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
		if issuer.Aggregation == "" {
			continue
		}
		s := r.sets[issuer.Prefix]
		_ = r.round(ctx, issuer, s) // the names are then those of an earlier round, and what of it still lives is given
		for _, uri := range s.names() {
			if list, err := r.listOfRound(s, uri); err == nil {
				out = append(out, Whole{uri, list.list})
			}
		}
	}
	return out
}

func (s *set) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uris
}

// look says whether the set names uri, and why the newest round did not bring it.
func (s *set) look(uri string) (known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.uris, uri), s.errs[uri]
}

func (s *set) young(now time.Time, maxAge time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := now.Sub(s.fetched)
	return s.uris != nil && age >= 0 && age < maxAge
}

// round fetches the names and then every list, in the order of their names, unless that was done a moment ago. Everyone
// who waits for it shares it.
func (r *Reader) round(ctx context.Context, issuer Issuer, s *set) error {
	if s.young(r.options.Now(), r.options.MaxAge) {
		return nil
	}
	_, err := r.cache.once(ctx, issuer.Aggregation, func(ctx context.Context) (*held, error) {
		if s.young(r.options.Now(), r.options.MaxAge) {
			return nil, nil // it came between the caller's look and this one
		}
		return nil, r.fetchSet(ctx, issuer, s)
	})
	return err
}

func (r *Reader) fetchSet(ctx context.Context, issuer Issuer, s *set) error {
	began := r.options.Now()
	response, err := r.options.Client.Get(ctx, issuer.Aggregation, "application/json")
	if err != nil {
		return refuse(verification.ReasonStatusUnavailable, err)
	}
	uris, err := r.readAggregation(response.Body, issuer)
	if err != nil {
		return refuse(verification.ReasonStatusMalformed, err)
	}
	errs := map[string]error{}
	for _, uri := range uris {
		if _, err := r.fetch(ctx, issuer, uri); err != nil {
			errs[uri] = err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uris, s.fetched, s.errs = uris, began, errs
	return nil
}

// readAggregation reads {"status_lists": [uri, ...]}: lists of this issuer alone, each once.
func (r *Reader) readAggregation(body []byte, issuer Issuer) ([]string, error) {
	object, err := jose.ParseClaims(body)
	if err != nil {
		return nil, err
	}
	uris, err := object.Strings("status_lists")
	if err != nil {
		return nil, err
	}
	slices.Sort(uris)
	if len(uris) == 0 || len(uris) > maxLists || len(slices.Compact(slices.Clone(uris))) != len(uris) {
		return nil, errors.New("no list, too many, or one twice")
	}
	for _, uri := range uris {
		if of, ok := r.issuerOf(uri); !ok || of.Prefix != issuer.Prefix {
			return nil, errors.New("a list that is not this issuer's")
		}
	}
	return uris, nil
}
