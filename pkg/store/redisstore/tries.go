package redisstore

import (
	"context"
	"time"
)

// Tries of one name are a hash: until, and a field for each operation.
var (
	try = script(`
if not live(redis.call('HGET', KEYS[1], 'until')) then redis.call('DEL', KEYS[1]) end
local field, n = 'op ' .. ARGV[2], math.max(redis.call('HLEN', KEYS[1]) - 1, 0)
if redis.call('HEXISTS', KEYS[1], field) == 1 then return {n, 1} end
if n >= tonumber(ARGV[3]) then return {n, 0} end
redis.call('HSET', KEYS[1], 'until', ARGV[4], field, 1)
keep(KEYS[1], ARGV[4])
return {n + 1, 1}
`)
	untry = script(`
redis.call('HDEL', KEYS[1], 'op ' .. ARGV[2])
return ''
`)
)

func (s *Store) triesKey(name string) string { return s.key(s.hide("tries", name), "tries") }

// Try implements session.Tries.
func (s *Store) Try(ctx context.Context, name, operation string, most int, until time.Time) (n int, counted bool, err error) {
	answer, err := s.run(ctx, try, []string{s.triesKey(name)}, millis(s.config.Now()), operation, most, millis(until))
	if err != nil {
		return 0, false, err
	}
	parts, _ := answer.([]any)
	if len(parts) != 2 {
		return 0, false, errAnswer
	}
	total, ok := parts[0].(int64)
	one, ok2 := parts[1].(int64)
	if !ok || !ok2 {
		return 0, false, errAnswer
	}
	return int(total), one == 1, nil
}

// Untry implements session.Tries.
func (s *Store) Untry(ctx context.Context, name, operation string) error {
	_, err := s.run(ctx, untry, []string{s.triesKey(name)}, millis(s.config.Now()), operation)
	return err
}
