package issuance

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/fault"
)

// RevokeAllRequest ends many credentials for one reason.
type RevokeAllRequest struct {
	IDs     []string // each once; memory grows with them, so a caller takes some at a time
	Reason  Reason
	Actor   string
	Request string // whose part this is, for the audit
}

// Tally is what became of the credentials of a RevokeAllRequest: each is in one of Ended, Gone and Failed.
type Tally struct {
	Ended  int      // they stand no more
	Fresh  int      // those of them that this call ended
	Gone   int      // there was nothing to end: expired, or kept no more
	Failed []string // ids whose place the status list does not know: they are not marked, and may be tried again
}

// RevokeAll ends credentials for good. It may be repeated: what has ended stays ended, with its first time and reason, and is
// not recorded again. An error may leave some of them ended: repeating the call ends the rest.
func (s *Service) RevokeAll(ctx context.Context, r RevokeAllRequest) (Tally, error) {
	if _, ok := reasons()[r.Reason]; !ok {
		return Tally{}, fault.New(fault.Invalid, codeUnknownReason, "there is no such reason")
	}
	found, err := s.Roll.Credentials(ctx, r.IDs)
	if err != nil {
		return Tally{}, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
	}
	now := s.Now()
	stand := slices.DeleteFunc(slices.Clone(found), func(c Credential) bool { return !c.Revoked.IsZero() || !now.Before(c.Until) })
	before := len(slices.DeleteFunc(found, func(c Credential) bool { return c.Revoked.IsZero() }))
	if err := s.recordAll(ctx, stand, r); err != nil {
		return Tally{}, err
	}
	ends, failed, err := s.endAll(ctx, stand, r)
	if marked := s.Roll.MarkAllRevoked(ctx, ends); marked != nil {
		err = errors.Join(err, fault.Wrap(fault.Unavailable, codeStoreAway, "", marked))
	}
	if err != nil {
		return Tally{}, err
	}
	return Tally{Ended: before + len(ends), Fresh: len(ends), Gone: len(r.IDs) - before - len(stand), Failed: failed}, nil
}

func (s *Service) recordAll(ctx context.Context, all []Credential, r RevokeAllRequest) error {
	events := make([]audit.Event, len(all))
	for i, c := range all {
		events[i] = revocation(c.ID, r.Actor, r.Reason, r.Request, s.Now())
	}
	if len(events) == 0 {
		return nil
	}
	if err := audit.RecordAll(ctx, s.Audit, events); err != nil {
		return fault.Wrap(fault.Unavailable, codeAuditAway, "", err)
	}
	return nil
}

func revocation(id, actor string, reason Reason, request string, now time.Time) audit.Event {
	details := map[string]string{"reason": string(reason)}
	if request != "" {
		details["request"] = request
	}
	return audit.Event{What: "credential.revoke", Who: actor, Subject: id, When: now, Details: details}
}

// atOnce is how many places end at the same time: a store that waits for its disk, or a service far away, answers many for
// the price of one.
const atOnce = 32

// endAll ends the places of all, and returns those that ended and those that the status list does not know.
func (s *Service) endAll(ctx context.Context, all []Credential, r RevokeAllRequest) (ends []End, failed []string, err error) {
	var next atomic.Int64
	var mu sync.Mutex // held for the results
	var done sync.WaitGroup
	for range min(atOnce, len(all)) {
		done.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				c := all[i]
				at, e := s.Status.Revoke(ctx, "revoke-"+c.ID, c.Status)
				mu.Lock()
				switch {
				case e == nil:
					ends = append(ends, End{c.ID, at, string(r.Reason)})
				case slices.Contains([]fault.Kind{fault.NotFound, fault.Forbidden, fault.Invalid}, fault.KindOf(e)):
					failed = append(failed, c.ID)
				case err == nil:
					err = fault.Wrap(fault.Unavailable, codeStatusAway, "", e)
				}
				stop := err != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	done.Wait()
	return ends, failed, err
}
