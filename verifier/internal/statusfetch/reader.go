// Package statusfetch reads token status lists (draft-ietf-oauth-status-list-20) over HTTP, of list issuers the trust
// file names and of nobody else.
//
// It holds to these:
//   - A list that cannot be had, or is not exactly what it should be, is an error with a reason of its own, never a status.
//   - Of an issuer whose lists are named, every list is fetched or none, and with a schedule never because of a check: what
//     is asked, and when, tells nobody what is checked.
//   - A list is relied on until its ttl has passed since its host last gave it, or its exp, whichever is sooner.
package statusfetch

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
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

	// Lists are the URIs of all its lists, each of the Prefix. With them, whoever runs the lists learns nothing from what is
	// fetched: every list is, whichever document is checked. Without them, one is.
	Lists []string
}

// Options are all required but Scheduled.
type Options struct {
	Issuers []Issuer
	Client  Getter
	Now     func() time.Time
	MaxAge  time.Duration // after this a list is asked for again; if that fails it is used until its ttl or exp has passed

	// Scheduled says that somebody calls Refresh every MaxAge: then no check fetches a list that is named, but for the very
	// first, which may come before the schedule does.
	Scheduled bool
}

// Getter is what the reader needs of a fetch.Client.
type Getter interface {
	GetChange(ctx context.Context, address, accept, tag string) (*fetch.Response, error)
}

// MaxBytes is how large a body the Getter should let through.
const MaxBytes = maxToken

// Reader is a verification.StatusReader. Safe for concurrent use.
type Reader struct {
	options Options
	cache   cache
	sets    map[string]*set // by the prefix of their issuer
}

// New returns a reader. Nothing is fetched before the first status is asked for, or the first Refresh.
func New(o Options) *Reader {
	r := &Reader{options: o, cache: newCache(), sets: map[string]*set{}}
	for _, issuer := range o.Issuers {
		if len(issuer.Lists) > 0 {
			r.sets[issuer.Prefix] = &set{uris: slices.Sorted(slices.Values(issuer.Lists))}
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
	if r.sets[issuer.Prefix] != nil {
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
	return verification.StatusReading{
		Value: int(value), ListIssued: list.issued, ListExpires: list.expires, ListRead: list.fetched, Source: issuer.Prefix,
	}, nil
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
	list, err := r.cache.once(ctx, uri, func(ctx context.Context) (*held, error) {
		if h := r.cache.get(uri); r.young(h) {
			return h, nil // it came between the caller's look and this one
		}
		return r.fetch(ctx, issuer, uri)
	})
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

// fetch asks for a list, or whether the one that is held still stands. One that does is verified again: a key may have been
// withdrawn since.
func (r *Reader) fetch(ctx context.Context, issuer Issuer, uri string) (*held, error) {
	given, old := token{}, r.cache.get(uri)
	if old != nil {
		given = old.token
	}
	response, err := r.options.Client.GetChange(ctx, uri, accepted, given.tag)
	if err != nil {
		return nil, refuse(verification.ReasonStatusUnavailable, err)
	}
	if response.Status != http.StatusNotModified {
		given = token{response.Body, response.ContentType, response.Header.Get("ETag")}
	}
	now := r.options.Now()
	verify := verifyToken
	if given.mediaType == statustoken.MediaType {
		verify = verifyCWT
	}
	list, err := verify(ctx, given.body, uri, issuer.Keys, now)
	if err != nil {
		return nil, err
	}
	list.token = given
	return r.cache.put(uri, list, now), nil
}
