package issuance

import (
	"context"
	"strconv"

	"justice-wallet/pkg/fault"
)

// EndSignedBy ends everything that a key signed, which somebody else may sign with too. It may be repeated, and should be
// while a document that was under way can still come to exist; it goes on where a failure left it.
func (s *Service) EndSignedBy(ctx context.Context, keyID, actor string) (Tally, error) {
	const page = 500
	var sum Tally
	for after := ""; ; {
		ids, next, err := s.Roll.SignedBy(ctx, keyID, after, page)
		if err != nil {
			return sum, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
		}
		part, err := s.RevokeAll(ctx, RevokeAllRequest{IDs: ids, Reason: ReasonKeyCompromise, Actor: actor, Request: keyID})
		if err != nil {
			return sum, err
		}
		sum = Tally{sum.Ended + part.Ended, sum.Fresh + part.Fresh, sum.Gone + part.Gone, append(sum.Failed, part.Failed...)}
		if next == "" {
			break
		}
		after = next
	}
	if sum.Fresh == 0 {
		return sum, nil
	}
	return sum, s.record(ctx, "key.end", actor, keyID, map[string]string{"documents": strconv.Itoa(sum.Fresh)})
}
