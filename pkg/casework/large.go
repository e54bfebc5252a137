package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

const (
	MaxLarge = 100_000 // documents of a large batch
	pageSize = 500     // documents that a large ending takes at a time: all that it holds in memory
)

// Bulk is how far a large ending is: one whose documents are too many to stand in it. They stand in a set of pages or, of a
// key, in the register. It goes over them once to end them, and once to see them in the published list. Of a key, it then
// goes over them again, until there is none left that stands: the key may have signed until it was known to be lost.
type Bulk struct {
	Set    string // hexadecimal SHA-256 of the ids: the name of the kept set; empty for a key
	Pages  int    // of the set
	Total  int    // documents, when it was planned
	Next   string // where it goes on: a page's number, or an id; empty at the start
	Looks  bool   // it looks for them in the published list
	Looked bool   // it has seen all there
	Pass   Tally  // of the pass that is under way
	Last   Tally  // of the last whole pass
	Seen   int    // in the published list
}

// Tally counts documents: those that have ended, those of them that a pass ended, those of which there was nothing to end, and
// those whose place the status list does not know.
type Tally struct{ Ended, Fresh, Gone, Failed int }

// Progress is the furthest that a pass has come.
func (b Bulk) Progress() Tally {
	if b.Last.Ended+b.Last.Gone+b.Last.Failed > b.Pass.Ended+b.Pass.Gone+b.Pass.Failed {
		return b.Last
	}
	return b.Pass
}

// Large says whether e is a large ending.
func (e Ending) Large() bool { return e.Bulk != Bulk{} }

// Count is the number of documents.
func (e Ending) Count() int { return len(e.Targets) + e.Bulk.Total }

// Sets keeps the sets of documents of large endings. Safe for concurrent use. What was acknowledged outlives the store's
// process, as its configuration says.
type Sets interface {
	// PutSetPage keeps page n of a set for KeepEnding from now. The same page again is kept for as long from then.
	PutSetPage(ctx context.Context, set string, page int, credentials []string) error

	// SetPage returns a page, or issuance.ErrNotFound.
	SetPage(ctx context.Context, set string, page int) ([]string, error)
}

func (r Request) checkLarge() error {
	if err := r.checkWords(); err != nil {
		return err
	}
	const maxID = 128
	long := func(id string) bool { return id == "" || len(id) > maxID || strings.ContainsAny(id, " \n") }
	switch {
	case r.Person != "":
		return invalid("a large ending is of no one person")
	case r.Scope == ScopeKey && (len(r.Batch) != 0 || long(r.Item)):
		return invalid("name one key")
	case r.Scope == ScopeBatch && (r.Item != "" || len(r.Batch) == 0 || len(r.Batch) > MaxLarge || slices.ContainsFunc(r.Batch, long)):
		return invalid(fmt.Sprintf("a batch is of 1 to %d documents", MaxLarge))
	case r.Scope != ScopeKey && r.Scope != ScopeBatch:
		return invalid("a large ending is of a batch, or of a key")
	}
	return nil
}

// PlanLarge makes an ending of up to MaxLarge documents, or of all that a key signed. It awaits a second person. The same id
// again returns what was planned first.
func (s *Service) PlanLarge(ctx context.Context, staff Staff, r Request) (Ending, error) {
	if err := staff.must(RoleRevoke); err != nil {
		return Ending{}, err
	}
	if err := r.checkLarge(); err != nil {
		return Ending{}, err
	}
	if kept, err := s.Endings.Ending(ctx, r.ID); err == nil {
		return s.own(kept, staff)
	} else if !errors.Is(err, issuance.ErrNotFound) {
		return Ending{}, away(err)
	}
	e := Ending{ID: r.ID, By: staff.Username, Reason: r.Reason, Note: r.Note, Scope: r.Scope, Item: r.Item, Created: s.Now().UTC(), State: StateAwaiting}
	ids := slices.Compact(slices.Sorted(slices.Values(r.Batch)))
	var err error
	if e.Bulk, err = s.bulk(ctx, r.Item, ids); err != nil {
		return Ending{}, err
	}
	if err := s.audit(ctx, "ending.plan", staff, e); err != nil {
		return Ending{}, err
	}
	kept, err := s.keep(ctx, e, ids)
	if err != nil {
		return Ending{}, err
	}
	return s.own(kept, staff)
}

// EndSignedBy ends all that a key signed, because the key was revoked in a ceremony of its own: nobody else is asked. It is
// one ending for a key, however often it is called.
func (s *Service) EndSignedBy(ctx context.Context, keyID, actor string) (Ending, error) {
	sum := sha256.Sum256([]byte("all that the key signed\x00" + keyID))
	id := "key-" + hex.EncodeToString(sum[:16])
	kept, err := s.Endings.Ending(ctx, id)
	if err == nil || !errors.Is(err, issuance.ErrNotFound) {
		return kept, err
	}
	now := s.Now().UTC()
	e := Ending{ID: id, By: actor, Reason: issuance.ReasonKeyCompromise, Scope: ScopeKey, Item: keyID, Created: now, State: StatePlanned, Runs: now}
	if e.Bulk, err = s.bulk(ctx, keyID, nil); err != nil {
		return Ending{}, err
	}
	if err := s.audit(ctx, "ending.plan", Staff{Username: actor}, e); err != nil {
		return Ending{}, err
	}
	return s.keep(ctx, e, nil)
}

// bulk describes the set of ids or, when there are none, of what key signed.
func (s *Service) bulk(ctx context.Context, key string, ids []string) (Bulk, error) {
	if len(ids) > 0 {
		sum := sha256.Sum256([]byte(strings.Join(ids, "\n")))
		return Bulk{Set: hex.EncodeToString(sum[:]), Pages: (len(ids) + pageSize - 1) / pageSize, Total: len(ids)}, nil
	}
	var b Bulk
	for after := ""; ; {
		page, next, err := s.Roll.SignedBy(ctx, key, after, pageSize)
		if err != nil {
			return Bulk{}, away(err)
		}
		if b.Total += len(page); next == "" {
			break
		}
		after = next
	}
	if b.Total == 0 {
		return Bulk{}, fault.New(fault.NotFound, CodeNothing, "the key signed no document")
	}
	return b, nil
}

// keep keeps the set first: no ending is without its set. A set is named by what is in it, so that nobody can change it.
func (s *Service) keep(ctx context.Context, e Ending, ids []string) (Ending, error) {
	page := 0
	for ids := range slices.Chunk(ids, pageSize) {
		if err := s.Sets.PutSetPage(ctx, e.Bulk.Set, page, ids); err != nil {
			return Ending{}, away(err)
		}
		page++
	}
	kept, err := s.Endings.PutEnding(ctx, e)
	if err != nil {
		return Ending{}, away(err)
	}
	return kept, nil
}

// WorkLarge takes every large ending that is open as far as it can go now. What was done is kept page by page: after a crash it
// goes on with the page it was at, and what has ended of that is left as it is.
func (s *Service) WorkLarge(ctx context.Context) error { return s.work(ctx, Ending.Large) }

// runLarge takes pages until one must wait.
func (s *Service) runLarge(ctx context.Context, e Ending) error {
	for e.State == StateRunning {
		ids, next, err := s.page(ctx, e)
		if err != nil {
			return err
		}
		take := s.endPage
		if e.Bulk.Looks {
			take = s.lookAtPage
		}
		ok, err := take(ctx, &e, ids)
		if err != nil || !ok {
			return err
		}
		if e.Bulk.Next = next; next == "" {
			s.endPass(&e)
		}
		if err := s.Endings.SwapEnding(ctx, e); err != nil {
			return err
		}
		e.Version++
		if next == "" && e.Bulk.Last.Failed > 0 && !e.Bulk.Looks {
			return fmt.Errorf("%d documents are in no status list that is known", e.Bulk.Last.Failed) // the next tick tries again
		}
	}
	return nil
}

func (s *Service) page(ctx context.Context, e Ending) (ids []string, next string, err error) {
	if e.Scope == ScopeKey {
		return s.Roll.SignedBy(ctx, e.Item, e.Bulk.Next, pageSize)
	}
	n := 0
	if e.Bulk.Next != "" {
		if n, err = strconv.Atoi(e.Bulk.Next); err != nil {
			return nil, "", fmt.Errorf("read where a large ending goes on: %w", err)
		}
	}
	if ids, err = s.Sets.SetPage(ctx, e.Bulk.Set, n); err != nil {
		return nil, "", fmt.Errorf("read a page of a large ending: %w", err)
	}
	if n+1 < e.Bulk.Pages {
		next = strconv.Itoa(n + 1)
	}
	return ids, next, nil
}

// endPage ends a page's documents.
func (s *Service) endPage(ctx context.Context, e *Ending, ids []string) (bool, error) {
	t, err := s.Revoker.RevokeAll(ctx, issuance.RevokeAllRequest{IDs: ids, Reason: e.Reason, Actor: e.By, Request: e.ID})
	if err != nil {
		return false, err
	}
	for _, id := range t.Failed {
		s.Log.ErrorContext(ctx, "a document's place is in no status list that is known", slog.String("ending", e.ID), slog.String("credential", id))
	}
	p := &e.Bulk.Pass
	p.Ended, p.Fresh, p.Gone, p.Failed = p.Ended+t.Ended, p.Fresh+t.Fresh, p.Gone+t.Gone, p.Failed+len(t.Failed)
	return true, nil
}

// lookAtPage says whether the published list shows that all of a page have ended.
func (s *Service) lookAtPage(ctx context.Context, e *Ending, ids []string) (bool, error) {
	all, err := s.Roll.Credentials(ctx, ids)
	if err != nil {
		return false, err
	}
	ended := slices.DeleteFunc(all, func(c issuance.Credential) bool { return c.Revoked.IsZero() || !s.Now().Before(c.Until) })
	for _, c := range ended {
		if seen, err := s.Published.Ended(ctx, c.Status); err != nil || !seen {
			return false, err
		}
	}
	e.Bulk.Seen += len(ended)
	return true, nil
}

// endPass decides what comes after the last page.
func (s *Service) endPass(e *Ending) {
	b := &e.Bulk
	if b.Looks {
		b.Looks, b.Looked = false, true
		if e.Scope != ScopeKey {
			e.State = StateDone
		}
		return
	}
	b.Last, b.Pass = b.Pass, Tally{}
	switch {
	case b.Last.Failed > 0: // again
	case e.Scope == ScopeKey && b.Last.Fresh > 0: // again, until none is left
		b.Looked = false
	case b.Looked:
		e.State = StateDone
	default:
		b.Looks, b.Seen = true, 0
	}
}
