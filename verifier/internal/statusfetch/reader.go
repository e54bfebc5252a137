// Package statusfetch reads token status lists (draft-ietf-oauth-status-list-20) over HTTP, of list issuers the trust
// file names and of nobody else.
//
// A list that cannot be had, or is not exactly what it should be, is an error with a reason of its own, never a status.
package statusfetch

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statustoken"
	"justice-wallet/pkg/verification"
)

// Issuer is one trusted issuer of status lists.
type Issuer struct {
	Prefix string         // URL, ends in "/"; every list is this and one plain path segment
	Keys   jose.KeySource // that sign its lists

	// Aggregation is the URL that names all its lists (draft-ietf-oauth-status-list-20 §9.3). With it, whoever runs the
	// lists learns nothing from what is fetched: every list is, whichever document is checked. Without it, one is.
	Aggregation string
}

// Options are all required.
type Options struct {
	Issuers []Issuer
	Client  Getter
	Now     func() time.Time
	MaxAge  time.Duration // after this a list is asked for again; if that fails it is used until its ttl or exp has passed
}

// Getter is what the reader needs of a fetch.Client.
type Getter interface {
	Get(ctx context.Context, address, accept string) (*fetch.Response, error)
}

// MaxBytes is how large a body the Getter should let through.
const MaxBytes = maxToken

// Reader is a verification.StatusReader. Safe for concurrent use.
type Reader struct {
	options Options
	cache   cache
	sets    map[string]*set // by the prefix of their issuer
}

// New returns a reader. Nothing is fetched before the first status is asked for.
func New(o Options) *Reader {
	r := &Reader{options: o, cache: newCache(), sets: map[string]*set{}}
	for _, issuer := range o.Issuers {
		if issuer.Aggregation != "" {
			r.sets[issuer.Prefix] = &set{}
		}
	}
	return r
}

// Status reads the entry of ref. The error is a *verification.StatusError.
func (r *Reader) Status(ctx context.Context, ref credential.StatusRef) (verification.StatusReading, error) {
	issuer, ok := r.issuerOf(ref.URI)
	if !ok {
		return verification.StatusReading{}, refuse(verification.ReasonStatusUntrusted, nil)
	}
	find := r.list
	if issuer.Aggregation != "" {
		find = r.listOfSet
	}
	list, err := find(ctx, issuer, ref.URI)
	if err != nil {
		return verification.StatusReading{}, r.dated(err, ref.URI)
	}
	value, err := list.list.Get(ref.Index)
	if err != nil {
		return verification.StatusReading{}, refuse(verification.ReasonStatusIndex, err)
	}
	return verification.StatusReading{Value: int(value), ListIssued: list.issued, ListExpires: list.expires, Source: issuer.Prefix}, nil
}

// dated adds to why a list could not be had of what time the one is that was had before.
func (r *Reader) dated(err error, uri string) error {
	var e *verification.StatusError
	if old := r.cache.get(uri); old != nil && errors.As(err, &e) {
		return &verification.StatusError{Reason: e.Reason, Err: e.Err, Latest: old.issued}
	}
	return err
}

// segment is the last part of a list's URI: nothing that could lead to another path, a query or another host.
var segment = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func (r *Reader) issuerOf(uri string) (Issuer, bool) {
	for _, issuer := range r.options.Issuers {
		if rest, ok := strings.CutPrefix(uri, issuer.Prefix); ok && segment.MatchString(rest) {
			return issuer, true
		}
	}
	return Issuer{}, false
}

// list returns the list at uri, from the cache while it is young.
func (r *Reader) list(ctx context.Context, issuer Issuer, uri string) (*held, error) {
	old := r.cache.get(uri)
	if r.young(old) {
		return old, nil
	}
	list, err := r.cache.once(ctx, uri, func(ctx context.Context) (*held, error) { return r.fetch(ctx, issuer, uri) })
	if err != nil && reasonOf(err) == verification.ReasonStatusUnavailable && old.live(r.options.Now()) {
		return old, nil // its issuer said how long to rely on it
	}
	return list, err
}

// young says whether the list need not be asked for again.
func (r *Reader) young(h *held) bool {
	now := r.options.Now()
	return h.live(now) && now.Sub(h.fetched) < r.options.MaxAge
}

// accepted are the forms that are read. Whichever it is must pass as what its Content-Type says it is: one that says nothing
// is a JWT.
const accepted = statustoken.MediaType + ", application/statuslist+jwt"

func (r *Reader) fetch(ctx context.Context, issuer Issuer, uri string) (*held, error) {
	if h := r.cache.get(uri); r.young(h) {
		return h, nil // it came between the caller's look and this one
	}
	response, err := r.options.Client.Get(ctx, uri, accepted)
	if err != nil {
		return nil, refuse(verification.ReasonStatusUnavailable, err)
	}
	now := r.options.Now()
	verify := verifyToken
	if response.ContentType == statustoken.MediaType {
		verify = verifyCWT
	}
	list, err := verify(ctx, response.Body, uri, issuer.Keys, now)
	if err != nil {
		return nil, err
	}
	return r.cache.put(uri, list, now), nil
}
