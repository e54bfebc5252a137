package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/statuslist"
)

// A lease is a hash: holder, fence, until. Its time is Redis's own, so that it does not matter how the clocks of those who
// want it differ.
var takeLease = script(`
local clock = redis.call('TIME')
local time = clock[1] * 1000 + math.floor(clock[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'holder', 'fence', 'until')
if held[1] and held[1] ~= ARGV[2] and tonumber(held[3]) > time then return 'held' end
local fence = tonumber(held[2] or 0)
if held[1] ~= ARGV[2] then fence = fence + 1 end
redis.call('HSET', KEYS[1], 'holder', ARGV[2], 'fence', string.format('%d', fence), 'until', string.format('%d', time + tonumber(ARGV[3])))
return string.format('%d', fence)
`)

// Lease implements statuslist.Publications.
func (s *Store) Lease(ctx context.Context, list, holder string, life time.Duration) (statuslist.Lease, error) {
	text, err := s.word(s.run(ctx, takeLease, s.listKeys(list, "lease"), millis(s.config.Now()), holder, life.Milliseconds()))
	if err != nil {
		return statuslist.Lease{}, err
	}
	fence, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return statuslist.Lease{}, errAnswer
	}
	return statuslist.Lease{Holder: holder, Fence: fence}, nil
}

// A publication is a hash: sequence, revoked, issued, json.
var savePublished = script(`
local lease = redis.call('HMGET', KEYS[2], 'holder', 'fence')
if lease[1] ~= ARGV[5] or lease[2] ~= ARGV[6] then return 'stale' end
local held = redis.call('HMGET', KEYS[1], 'sequence', 'revoked', 'issued')
for i = 1, 3 do
	if held[i] and tonumber(ARGV[i + 1]) < tonumber(held[i]) then return 'stale' end
end
redis.call('HSET', KEYS[1], 'sequence', ARGV[2], 'revoked', ARGV[3], 'issued', ARGV[4], 'json', ARGV[7])
return ''
`)

// SavePublished implements statuslist.Publications.
func (s *Store) SavePublished(ctx context.Context, l statuslist.Lease, p statuslist.Published) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode publication: %w", err)
	}
	_, err = s.word(s.run(ctx, savePublished, s.listKeys(p.List, "published", "lease"),
		millis(s.config.Now()), p.Sequence, p.Revoked, millis(p.Issued), l.Holder, l.Fence, b))
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

// PublishedVersion implements statuslist.Publications.
func (s *Store) PublishedVersion(ctx context.Context, list string) (statuslist.Version, error) {
	fields, err := s.client.HMGet(ctx, s.key(list, "published"), "sequence", "issued").Result()
	if err != nil {
		return statuslist.Version{}, unavailable(err)
	}
	sequence, ok1 := fields[0].(string)
	issued, ok2 := fields[1].(string)
	if !ok1 || !ok2 {
		return statuslist.Version{}, statuslist.ErrNoSlot
	}
	n, err1 := strconv.ParseUint(sequence, 10, 64)
	at, err2 := strconv.ParseInt(issued, 10, 64)
	if errors.Join(err1, err2) != nil {
		return statuslist.Version{}, errAnswer
	}
	return statuslist.Version{Sequence: n, Issued: time.UnixMilli(at).UTC()}, nil
}
