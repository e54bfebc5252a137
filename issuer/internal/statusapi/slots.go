package statusapi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/faultpoint"
	"justice-wallet/pkg/statuslist"
)

// Allocate implements issuance.Status.
func (s *Service) Allocate(ctx context.Context, operation string, until time.Time) (credential.StatusRef, error) {
	lists, err := s.prepare(ctx)
	if err != nil {
		return credential.StatusRef{}, unavailable(err)
	}
	for _, id := range s.preferred(operation) {
		n, err := s.deps.Slots.Next(ctx, operation, id, until, 0)
		if errors.Is(err, statuslist.ErrFull) {
			continue
		}
		if err != nil {
			return credential.StatusRef{}, unavailable(fmt.Errorf("take a counter: %w", err))
		}
		index, err := lists[id].order.Index(n)
		if err != nil {
			return credential.StatusRef{}, fmt.Errorf("place counter %d: %w", n, err)
		}
		return credential.StatusRef{URI: s.tokenURI(id), Index: index, Bitstring: s.bitstringURI(id)}, nil
	}
	return credential.StatusRef{}, unavailable(statuslist.ErrFull)
}

// preferred returns all open lists, from one on that the operation alone decides: a repeat must come to the same list, and
// nobody without the secret can tell which it is.
func (s *Service) preferred(operation string) []string {
	first := int(binary.BigEndian.Uint64(s.config.derive("choice", []byte(operation))) % uint64(len(s.open)))
	return append(append([]string{}, s.open[first:]...), s.open[:first]...)
}

// Revoke implements issuance.Status. A slot that is not ours or was never given is a fault of kind NotFound.
func (s *Service) Revoke(ctx context.Context, operation string, ref credential.StatusRef) (time.Time, error) {
	id, ok := strings.CutPrefix(ref.URI, s.config.BaseURL+"/t/")
	if !ok || !s.known[id] {
		return time.Time{}, notFound(statuslist.ErrNoSlot)
	}
	lists, err := s.prepare(ctx)
	if err != nil {
		return time.Time{}, unavailable(err)
	}
	counter, err := lists[id].order.Counter(ref.Index)
	if err != nil {
		return time.Time{}, notFound(err)
	}
	slot := statuslist.Slot{List: id, Index: ref.Index}
	first, err := s.deps.Slots.Revoke(ctx, operation, slot, counter, s.deps.Now().UTC().Truncate(time.Second))
	if errors.Is(err, statuslist.ErrNoSlot) {
		return time.Time{}, notFound(err)
	}
	if err == nil {
		err = faultpoint.Hit("revoke.after_ack")
	}
	if err != nil {
		return time.Time{}, unavailable(fmt.Errorf("revoke status slot: %w", err))
	}
	return first, nil
}

// The wire's words: GOV.UK Status List API, 404 and 503.
func notFound(err error) error {
	return fault.Wrap(fault.NotFound, "NOT_FOUND", "Entry not found in status list table", err)
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "TEMPORARILY_UNAVAILABLE", "The status list service is not available. Try again later.", err)
}
