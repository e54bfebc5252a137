package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"justice-wallet/keys"
)

// The book of keys is a hash: json and version. It is small, and never expires. It holds ids and states, and nothing of a
// private key.
var swapKeyStates = script(`
local kept = redis.call('HMGET', KEYS[1], 'json', 'version')
local version = tonumber(kept[2] or 0)
if version == tonumber(ARGV[2]) + 1 and kept[1] == ARGV[3] then return 'ok' end
if version ~= tonumber(ARGV[2]) then return 'conflict' end
redis.call('HSET', KEYS[1], 'json', ARGV[3], 'version', version + 1)
return 'ok'
`)

func (s *Store) keyStatesKey() string { return s.key("keys", "states") }

// KeyStates implements keys.Books.
func (s *Store) KeyStates(ctx context.Context) (keys.Book, error) {
	text, err := s.client.HGet(ctx, s.keyStatesKey(), "json").Bytes()
	if errors.Is(err, redis.Nil) {
		return keys.Book{}, nil
	}
	if err != nil {
		return keys.Book{}, unavailable(err)
	}
	var b keys.Book
	if json.Unmarshal(text, &b) != nil {
		return keys.Book{}, errAnswer
	}
	return b, nil
}

// SwapKeyStates implements keys.Books.
func (s *Store) SwapKeyStates(ctx context.Context, b keys.Book) error {
	version := b.Version
	b.Version++
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode states of keys: %w", err)
	}
	answer, err := s.run(ctx, swapKeyStates, []string{s.keyStatesKey()}, millis(s.config.Now()), version, text)
	switch {
	case err != nil:
		return err
	case answer == "conflict":
		return keys.ErrConflict
	case answer != "ok":
		return errAnswer
	}
	return nil
}
