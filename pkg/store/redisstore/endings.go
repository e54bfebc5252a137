package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/issuance"
)

// An ending is a hash: json, version and until. The open ones are a sorted set of ids, by the time they are kept until:
// written before an ending, and tidied after it, so that it may name too many and never too few.
var (
	putOpen = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
keep(KEYS[1], ARGV[3])
return ''
`)
	putEnding = script(`
local kept = redis.call('HMGET', KEYS[1], 'json', 'until')
if kept[1] and live(kept[2]) then return kept[1] end
redis.call('HSET', KEYS[1], 'json', ARGV[2], 'version', 1, 'until', ARGV[3])
keep(KEYS[1], ARGV[3])
return ARGV[2]
`)
	swapEnding = script(`
local kept = redis.call('HMGET', KEYS[1], 'json', 'version', 'until')
if not kept[1] or not live(kept[3]) then return 'none' end
if tonumber(kept[2]) == tonumber(ARGV[2]) + 1 and kept[1] == ARGV[3] then return 'ok' end
if tonumber(kept[2]) ~= tonumber(ARGV[2]) then return 'conflict' end
redis.call('HSET', KEYS[1], 'json', ARGV[3], 'version', tonumber(ARGV[2]) + 1)
return 'ok'
`)
)

func (s *Store) endingKey(id string) string { return s.key(s.hide("ending", id), "ending") }
func (s *Store) openKey() string            { return s.key("endings", "open") }

func endingUntil(e casework.Ending) time.Time { return e.Created.Add(casework.KeepEnding) }

// PutEnding implements casework.Endings.
func (s *Store) PutEnding(ctx context.Context, e casework.Ending) (casework.Ending, error) {
	e.Version = 1
	text, err := json.Marshal(e)
	if err != nil {
		return casework.Ending{}, fmt.Errorf("encode ending: %w", err)
	}
	now, until := millis(s.config.Now()), millis(endingUntil(e))
	if e.State.Open() {
		if _, err := s.run(ctx, putOpen, []string{s.openKey()}, now, e.ID, until); err != nil {
			return casework.Ending{}, err
		}
	}
	kept, err := s.run(ctx, putEnding, []string{s.endingKey(e.ID)}, now, text, until)
	if err != nil {
		return casework.Ending{}, err
	}
	return decodeEnding(kept)
}

func decodeEnding(answer any) (casework.Ending, error) {
	text, ok := answer.(string)
	var e casework.Ending
	if !ok || json.Unmarshal([]byte(text), &e) != nil {
		return casework.Ending{}, errAnswer // the cause would quote the record
	}
	return e, nil
}

// Ending implements casework.Endings.
func (s *Store) Ending(ctx context.Context, id string) (casework.Ending, error) {
	text, err := s.kept(ctx, s.endingKey(id))
	if err != nil {
		return casework.Ending{}, err
	}
	return decodeEnding(text)
}

// SwapEnding implements casework.Endings.
func (s *Store) SwapEnding(ctx context.Context, e casework.Ending) error {
	version := e.Version
	e.Version++
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode ending: %w", err)
	}
	answer, err := s.run(ctx, swapEnding, []string{s.endingKey(e.ID)}, millis(s.config.Now()), version, text)
	switch {
	case err != nil:
		return err
	case answer == "none":
		return issuance.ErrNotFound
	case answer == "conflict":
		return casework.ErrConflict
	case answer != "ok":
		return errAnswer
	}
	if e.State.Open() {
		return nil
	}
	return s.tidyOpen(ctx, e.ID)
}

func (s *Store) tidyOpen(ctx context.Context, id string) error {
	if err := s.client.ZRem(ctx, s.openKey(), id).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// OpenEndings implements casework.Endings.
func (s *Store) OpenEndings(ctx context.Context) ([]casework.Ending, error) {
	later := &redis.ZRangeBy{Min: "(" + strconv.FormatInt(millis(s.config.Now()), 10), Max: "+inf"}
	ids, err := s.client.ZRangeByScore(ctx, s.openKey(), later).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	var open []casework.Ending
	for _, id := range ids {
		e, err := s.Ending(ctx, id)
		if errors.Is(err, issuance.ErrNotFound) {
			continue // it is about to be put, or never was
		}
		if err != nil {
			return nil, err
		}
		if !e.State.Open() {
			if err := s.tidyOpen(ctx, id); err != nil {
				return nil, err
			}
			continue
		}
		open = append(open, e)
	}
	slices.SortFunc(open, func(a, b casework.Ending) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return open, nil
}

// A page of a set is a hash: json and until.
var putSetPage = script(`
redis.call('HSET', KEYS[1], 'json', ARGV[2], 'until', ARGV[3])
keep(KEYS[1], ARGV[3])
return ''
`)

func (s *Store) setKey(set string, page int) string {
	return s.key(s.hide("set", set, strconv.Itoa(page)), "set")
}

// PutSetPage implements casework.Sets.
func (s *Store) PutSetPage(ctx context.Context, set string, page int, credentials []string) error {
	text, err := json.Marshal(credentials)
	if err != nil {
		return fmt.Errorf("encode page of a set: %w", err)
	}
	now := s.config.Now()
	_, err = s.run(ctx, putSetPage, []string{s.setKey(set, page)}, millis(now), text, millis(now.Add(casework.KeepEnding)))
	return err
}

// SetPage implements casework.Sets.
func (s *Store) SetPage(ctx context.Context, set string, page int) ([]string, error) {
	text, err := s.kept(ctx, s.setKey(set, page))
	if err != nil {
		return nil, err
	}
	var credentials []string
	if err := json.Unmarshal([]byte(text), &credentials); err != nil {
		return nil, errAnswer
	}
	return credentials, nil
}

// kept returns the json of a hash that has not passed its until, or issuance.ErrNotFound.
func (s *Store) kept(ctx context.Context, key string) (string, error) {
	fields, err := s.client.HMGet(ctx, key, "json", "until").Result()
	if err != nil {
		return "", unavailable(err)
	}
	end, ok := fields[1].(string)
	if !ok {
		return "", issuance.ErrNotFound
	}
	at, err := strconv.ParseInt(end, 10, 64)
	text, ok := fields[0].(string)
	if err != nil || !ok {
		return "", errAnswer
	}
	if millis(s.config.Now()) >= at {
		return "", issuance.ErrNotFound
	}
	return text, nil
}
