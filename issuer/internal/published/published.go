// Package published reads the status lists that our documents stand in as everybody else does: over HTTP, at the address
// that stands in the documents, with the keys that are published. What it says has ended, a verifier is told too.
package published

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
)

// MaxBytes is how large a list the Getter should let through.
const MaxBytes = 512 << 10

// defaultFresh is less than the tick of our own publication.
const defaultFresh = 2 * time.Second

// Getter is what the reader needs of a fetch.Client.
type Getter interface {
	Get(ctx context.Context, address, accept string) (*fetch.Response, error)
}

// Options are all required but Fresh.
type Options struct {
	Prefix string // of the addresses of the lists, ends in "/"
	Keys   jose.KeySource
	Client Getter
	Now    func() time.Time
	Fresh  time.Duration // how long a list is looked at before it is asked for again; 0 means 2 s
}

// Reader reads lists. Safe for concurrent use.
type Reader struct {
	options Options

	mu    sync.Mutex // held for the field below
	lists map[string]list
}

type list struct {
	*statuslist.List
	fetched time.Time
}

// New returns a reader. It fetches nothing.
func New(o Options) *Reader {
	if o.Fresh == 0 {
		o.Fresh = defaultFresh
	}
	return &Reader{options: o, lists: map[string]list{}}
}

// Ended says whether the published list says that ref has ended. A list that cannot be had, or is not to be believed, is a
// fault of kind Unavailable.
func (r *Reader) Ended(ctx context.Context, ref credential.StatusRef) (bool, error) {
	if id, ok := strings.CutPrefix(ref.URI, r.options.Prefix); !ok || id == "" || strings.ContainsAny(id, "/?#") {
		return false, errors.New("read published list: the document's list is not one of ours")
	}
	l, err := r.list(ctx, ref.URI)
	if err != nil {
		return false, fault.Wrap(fault.Unavailable, "published_list", "", err)
	}
	value, err := l.Get(ref.Index)
	if err != nil {
		return false, fault.Wrap(fault.Unavailable, "published_list", "", err)
	}
	return value != 0, nil
}

func (r *Reader) list(ctx context.Context, uri string) (*statuslist.List, error) {
	now := r.options.Now()
	r.mu.Lock()
	held, ok := r.lists[uri]
	r.mu.Unlock()
	if age := now.Sub(held.fetched); ok && age >= 0 && age < r.options.Fresh {
		return held.List, nil
	}
	response, err := r.options.Client.Get(ctx, uri, "application/statuslist+jwt")
	if err != nil {
		return nil, err
	}
	l, err := r.verify(ctx, string(response.Body), uri, now)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lists[uri] = list{l, now}
	return l, nil
}

// verify reads a status list token (draft-ietf-oauth-status-list-20 §8.3).
func (r *Reader) verify(ctx context.Context, compact, uri string, now time.Time) (*statuslist.List, error) {
	expect := jose.Expect{Type: "statuslist+jwt", Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: MaxBytes}
	verified, err := jose.Verify(ctx, compact, expect, r.options.Keys)
	if err != nil {
		return nil, err
	}
	subject, err1 := verified.Claims.String("sub")
	expires, err2 := verified.Claims.Time("exp")
	object, err3 := verified.Claims.Object("status_list")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if subject != uri || !now.Before(expires) {
		return nil, errors.New("read published list: it is another list, or has expired")
	}
	var claim statuslist.Claim
	if err := object.Decode(&claim); err != nil {
		return nil, fmt.Errorf("read published list: %w", err)
	}
	return statuslist.DecodeToken(claim, statuslist.MaxEntries)
}
