package redisstore

import (
	"context"
	"strconv"
	"time"

	"justice-wallet/pkg/session"
)

// A session is a hash: sealed, and until. The store cannot open it, and its name says nothing.
var putSession = script(`
redis.call('HSET', KEYS[1], 'sealed', ARGV[3], 'until', ARGV[2])
keep(KEYS[1], ARGV[2])
return ''
`)

// PutSession implements session.Store.
func (s *Store) PutSession(ctx context.Context, digest string, sealed []byte, until time.Time) error {
	_, err := s.run(ctx, putSession, []string{s.key(digest, "session")}, millis(s.config.Now()), millis(until), sealed)
	return err
}

// An answer that is lost is asked for again: the session is then still there, and the same is put once more.
var replaceSession = script(`
if not live(redis.call('HGET', KEYS[1], 'until')) then return 'none' end
redis.call('HSET', KEYS[1], 'sealed', ARGV[3], 'until', ARGV[2])
keep(KEYS[1], ARGV[2])
return ''
`)

// ReplaceSession implements session.Store.
func (s *Store) ReplaceSession(ctx context.Context, digest string, sealed []byte, until time.Time) error {
	answer, err := s.run(ctx, replaceSession, []string{s.key(digest, "session")}, millis(s.config.Now()), millis(until), sealed)
	switch {
	case err != nil:
		return err
	case answer == "none":
		return session.ErrNotFound
	}
	return nil
}

// Session implements session.Store.
func (s *Store) Session(ctx context.Context, digest string) ([]byte, error) {
	fields, err := s.client.HMGet(ctx, s.key(digest, "session"), "sealed", "until").Result()
	if err != nil {
		return nil, unavailable(err)
	}
	sealed, ok := fields[0].(string)
	end, ok2 := fields[1].(string)
	if !ok || !ok2 {
		return nil, session.ErrNotFound
	}
	at, err := strconv.ParseInt(end, 10, 64)
	if err != nil {
		return nil, errAnswer
	}
	if millis(s.config.Now()) >= at {
		return nil, session.ErrNotFound
	}
	return []byte(sealed), nil
}

// DropSession implements session.Store.
func (s *Store) DropSession(ctx context.Context, digest string) error {
	if err := s.client.Del(ctx, s.key(digest, "session")).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}
