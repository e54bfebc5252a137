package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/issuance"
)

// Credentials implements issuance.Roll, in two round trips.
func (s *Store) Credentials(ctx context.Context, ids []string) ([]issuance.Credential, error) {
	tags, err := s.owners(ctx, ids)
	if err != nil {
		return nil, err
	}
	pipe := s.client.Pipeline()
	var records []*redis.SliceCmd
	for id, tag := range tags {
		records = append(records, pipe.HMGet(ctx, s.credentialKey(tag, id), "json", "revoked", "wallet"))
	}
	if err := send(ctx, pipe); err != nil {
		return nil, err
	}
	found := make([]issuance.Credential, 0, len(records))
	for _, record := range records {
		c, err := s.decodeCredential(any(record.Val()))
		if err != nil {
			return nil, err
		}
		if c != nil {
			found = append(found, *c)
		}
	}
	return found, nil
}

// owners returns the tags under which credentials are kept, by id, of those that are known.
func (s *Store) owners(ctx context.Context, ids []string) (map[string]string, error) {
	pipe := s.client.Pipeline()
	asked := map[string]*redis.StringCmd{}
	for _, id := range ids {
		asked[id] = pipe.Get(ctx, s.ownerKey(id))
	}
	if err := send(ctx, pipe); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for id, answer := range asked {
		if tag := answer.Val(); tag != "" {
			tags[id] = tag
		}
	}
	return tags, nil
}

// send sends what is in pipe, if anything. That a key is missing is no error.
func send(ctx context.Context, pipe redis.Pipeliner) error {
	if pipe.Len() == 0 {
		return nil
	}
	answers, err := pipe.Exec(ctx)
	if err == nil || errors.Is(err, redis.Nil) { // the first error of many: others may be of another kind
		for _, answer := range answers {
			if err = answer.Err(); err != nil && !errors.Is(err, redis.Nil) {
				return unavailable(err)
			}
		}
		return nil
	}
	return unavailable(err)
}

var signedBy = script(`
local from = 0
if ARGV[2] ~= '' then
	local rank = redis.call('ZRANK', KEYS[1], ARGV[2])
	if rank then from = rank + 1 end -- what is gone had the earliest time, and so had all that was before it
end
return redis.call('ZRANGE', KEYS[1], from, from + tonumber(ARGV[3]) - 1)
`)

// SignedBy implements issuance.Roll.
func (s *Store) SignedBy(ctx context.Context, keyID, after string, limit int) ([]string, string, error) {
	answer, err := s.run(ctx, signedBy, []string{s.signedKey(keyID)}, millis(s.config.Now()), after, limit)
	if err != nil {
		return nil, "", err
	}
	members, ok := answer.([]any)
	if !ok {
		return nil, "", errAnswer
	}
	ids := make([]string, len(members))
	for i, member := range members {
		if ids[i], ok = member.(string); !ok {
			return nil, "", errAnswer
		}
	}
	if len(ids) < limit {
		return ids, "", nil
	}
	return ids, ids[len(ids)-1], nil
}

// MarkAllRevoked implements issuance.Roll. The credentials are read for the configuration, which names the holding.
func (s *Store) MarkAllRevoked(ctx context.Context, ends []issuance.End) error {
	byID := map[string]issuance.End{}
	ids := make([]string, len(ends))
	for i, e := range ends {
		ids[i], byID[e.ID] = e.ID, e
	}
	found, err := s.Credentials(ctx, ids)
	if err != nil {
		return err
	}
	pipe := s.client.Pipeline()
	for _, c := range found {
		e := byID[c.ID]
		b, err := json.Marshal(ending{e.At, e.Reason})
		if err != nil {
			return fmt.Errorf("encode revocation: %w", err)
		}
		tag := s.hide("subject", c.Subject)
		markRevoked.Eval(ctx, pipe, []string{s.credentialKey(tag, c.ID), s.holdingKey(c.Subject, c.Configuration)}, millis(s.config.Now()), c.ID, b)
	}
	return send(ctx, pipe)
}
