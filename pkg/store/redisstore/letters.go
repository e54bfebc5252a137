package redisstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/issuance"
)

// names of letters; all have the tag of the letter's subject, under which its credential is kept too.
func (s *Store) letterKey(tag, id string) string {
	return s.key(tag, "letter", s.hide("credential", id))
}
func (s *Store) newestKey(tag string, c issuance.Credential) string {
	return s.key(tag, "newest", s.hide("series", c.Configuration, c.Record.Person, c.Record.Item))
}

// A letter is its credential, a hash of sealed and until, and, for all of its series, a string: the id of the newest.
var commitLetter = script(`
local credential, letter, newest = unpack(KEYS)
local id, json, expires, sealed, until_ = unpack(ARGV, 2)
if redis.call('HGET', credential, 'id') ~= id then
	redis.call('HSET', credential, 'id', id, 'json', json)
	keep(credential, expires)
	redis.call('HSET', letter, 'sealed', sealed, 'until', until_)
	keep(letter, until_)
	redis.call('SET', newest, id)
	keep(newest, expires)
end
return ''
`)

// CommitLetter implements issuance.LetterBook. As with Commit, the credential is indexed before it is there. What it
// returns is read after it: a letter that became the newest in between is the newest.
func (s *Store) CommitLetter(ctx context.Context, c issuance.LetterCommit) (issuance.LetterKept, error) {
	b, err := json.Marshal(c.Credential)
	if err != nil {
		return issuance.LetterKept{}, fmt.Errorf("encode credential: %w", err)
	}
	tag := s.hide("subject", c.Credential.Subject)
	if err := s.index(ctx, tag, c.Credential); err != nil {
		return issuance.LetterKept{}, err
	}
	keys := []string{s.credentialKey(tag, c.Credential.ID), s.letterKey(tag, c.Credential.ID), s.newestKey(tag, c.Credential)}
	_, err = s.run(ctx, commitLetter, keys, millis(s.config.Now()), c.Credential.ID, b, millis(keptUntil(c.Credential)), c.Sealed, millis(c.Until))
	if err != nil {
		return issuance.LetterKept{}, err
	}
	return s.Letter(ctx, c.Credential.ID)
}

// Letter implements issuance.LetterBook.
func (s *Store) Letter(ctx context.Context, id string) (issuance.LetterKept, error) {
	c, err := s.Credential(ctx, id)
	if err == nil && c.Format != issuance.FormatLetter {
		err = issuance.ErrNotFound
	}
	if err != nil {
		return issuance.LetterKept{}, err
	}
	tag := s.hide("subject", c.Subject)
	kept := issuance.LetterKept{Credential: c}
	if kept.Newest, err = s.client.Get(ctx, s.newestKey(tag, c)).Result(); err != nil {
		return issuance.LetterKept{}, unavailable(err) // one that is not there is a store that lost it
	}
	kept.Sealed, err = s.sealed(ctx, s.letterKey(tag, id))
	return kept, err
}

// sealed returns what a hash of sealed and until holds, or nil after its time.
func (s *Store) sealed(ctx context.Context, key string) ([]byte, error) {
	fields, err := s.client.HMGet(ctx, key, "sealed", "until").Result()
	if err != nil {
		return nil, unavailable(err)
	}
	sealed, ok := fields[0].(string)
	end, ok2 := fields[1].(string)
	if !ok || !ok2 {
		return nil, nil
	}
	at, err := strconv.ParseInt(end, 10, 64)
	if err != nil {
		return nil, errAnswer
	}
	if millis(s.config.Now()) >= at {
		return nil, nil
	}
	return []byte(sealed), nil
}

// wishTag holds all wishes together: there are as many as officers have still to print.
const wishTag = "wishes"

func (s *Store) wishKey(id string) string { return s.key(wishTag, "wish", s.hide("wish", id)) }
func (s *Store) wishesKey() string        { return s.key(wishTag, "wishes") }

// A wish is a hash: id, sealed, until and asked. Those that wait are a sorted set of their keys' ids by when they were asked.
var putWish = script(`
if live(redis.call('HGET', KEYS[1], 'until')) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'until', ARGV[3], 'asked', ARGV[4], 'sealed', ARGV[5])
keep(KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
keep(KEYS[2], ARGV[3])
return 1
`)

// PutWish implements issuance.LetterWishes.
func (s *Store) PutWish(ctx context.Context, w issuance.LetterWish, until time.Time) error {
	_, err := s.run(ctx, putWish, []string{s.wishKey(w.ID), s.wishesKey()}, millis(s.config.Now()), w.ID, millis(until), millis(w.Asked), w.Sealed)
	return err
}

// Wishes implements issuance.LetterWishes. Members of one score are in the order of their names.
func (s *Store) Wishes(ctx context.Context, after issuance.LetterWish, limit int) ([]issuance.LetterWish, error) {
	const page = 100
	span := &redis.ZRangeBy{Min: "-inf", Max: "+inf", Count: page}
	if after.ID != "" {
		span.Min = strconv.FormatInt(millis(after.Asked), 10)
	}
	var found []issuance.LetterWish
	for len(found) < limit {
		ids, err := s.client.ZRangeByScoreWithScores(ctx, s.wishesKey(), span).Result()
		if err != nil {
			return nil, unavailable(err)
		}
		for _, z := range ids {
			w, err := s.wish(ctx, z)
			if err != nil {
				return nil, err
			}
			past := w.Asked.After(after.Asked) || w.ID > after.ID
			if past && w.Sealed != nil && len(found) < limit {
				found = append(found, w)
			}
		}
		if len(ids) < page {
			break
		}
		span.Offset += page
	}
	return found, nil
}

// wish reads one member of the set. One whose time is over has nothing in it.
func (s *Store) wish(ctx context.Context, z redis.Z) (issuance.LetterWish, error) {
	id, ok := z.Member.(string)
	if !ok {
		return issuance.LetterWish{}, errAnswer
	}
	sealed, err := s.sealed(ctx, s.wishKey(id))
	return issuance.LetterWish{ID: id, Asked: time.UnixMilli(int64(z.Score)).UTC(), Sealed: sealed}, err
}

var dropWish = script(`
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
`)

// DropWish implements issuance.LetterWishes.
func (s *Store) DropWish(ctx context.Context, id string) error {
	_, err := s.run(ctx, dropWish, []string{s.wishKey(id), s.wishesKey()}, millis(s.config.Now()), id)
	return err
}
