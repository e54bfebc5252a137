package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/statuslist"
)

// A publication is a hash: sequence, revoked, issued, json.
var savePublished = script(`
local held = redis.call('HMGET', KEYS[1], 'sequence', 'revoked', 'issued')
for i = 1, 3 do
	if held[i] and tonumber(ARGV[i + 1]) < tonumber(held[i]) then return 'stale' end
end
redis.call('HSET', KEYS[1], 'sequence', ARGV[2], 'revoked', ARGV[3], 'issued', ARGV[4], 'json', ARGV[5])
return ''
`)

// SavePublished implements statuslist.Publications.
func (s *Store) SavePublished(ctx context.Context, p statuslist.Published) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode publication: %w", err)
	}
	_, err = s.word(s.run(ctx, savePublished, s.listKeys(p.List, "published"),
		millis(s.config.Now()), p.Sequence, p.Revoked, millis(p.Issued), b))
	return err
}

// Published implements statuslist.Publications.
func (s *Store) Published(ctx context.Context, list string) (statuslist.Published, error) {
	text, err := s.client.HGet(ctx, s.key(list, "published"), "json").Bytes()
	if errors.Is(err, redis.Nil) {
		return statuslist.Published{}, statuslist.ErrNoSlot
	}
	if err != nil {
		return statuslist.Published{}, unavailable(err)
	}
	var p statuslist.Published
	if err := json.Unmarshal(text, &p); err != nil {
		return statuslist.Published{}, errAnswer
	}
	return p, nil
}
