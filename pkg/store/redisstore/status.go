package redisstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"justice-wallet/pkg/statuslist"
)

// A list is five keys with its id for a tag, none of which expires:
//
//	list     hash: size, epoch, next (counter), sequence (revocations), until (the last slot's)
//	taken    bitmap of the slots in use
//	revoked  bitmap of the slots that ended, bits of each byte as in statuslist.Snapshot
//	ended    hash: the time each ended, by index
//	published  hash: the newest signed form
//
// The bitmaps are as long as the list from the first: a short one is a lost one, never a valid one.
func (s *Store) listKeys(id string, kinds ...string) []string {
	keys := make([]string, len(kinds))
	for i, kind := range kinds {
		keys[i] = s.key(id, kind)
	}
	return keys
}

// Words that scripts answer with.
const (
	answerNone  = "none"
	answerFull  = "full"
	answerStale = "stale"
	answerBroke = "broken"
)

// errBroken means that part of a status list is gone: nothing may be told from what is left.
var errBroken = unavailable(errors.New("a status list in redis is damaged"))

var ensureList = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return '' end
if redis.call('EXISTS', KEYS[2], KEYS[3]) > 0 then return 'broken' end
redis.call('SETBIT', KEYS[2], ARGV[4], 0)
redis.call('SETBIT', KEYS[3], ARGV[4], 0)
redis.call('HSET', KEYS[1], 'size', ARGV[2], 'epoch', ARGV[3], 'next', 0, 'sequence', 0)
return ''
`)

// EnsureLists implements statuslist.Slots.
func (s *Store) EnsureLists(ctx context.Context, ids []string, size int) error {
	if size < 1 {
		return fmt.Errorf("ensure status lists: size %d", size)
	}
	for _, id := range ids {
		if err := s.ensureList(ctx, id, size); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) ensureList(ctx context.Context, id string, size int) error {
	epoch := make([]byte, 16)
	if _, err := io.ReadFull(s.config.Rand, epoch); err != nil {
		return fmt.Errorf("make epoch: %w", err)
	}
	lastBit := (size+7)/8*8 - 1
	_, err := s.word(s.run(ctx, ensureList, s.listKeys(id, "list", "taken", "revoked"),
		millis(s.config.Now()), size, hex.EncodeToString(epoch), lastBit))
	return err
}

// word reads an answer that is a word or the text of a result.
func (s *Store) word(answer any, err error) (string, error) {
	if err != nil {
		return "", err
	}
	text, ok := answer.(string)
	if !ok {
		return "", errAnswer
	}
	switch text {
	case answerNone:
		return "", statuslist.ErrNoSlot
	case answerFull:
		return "", statuslist.ErrFull
	case answerStale:
		return "", statuslist.ErrStale
	case answerBroke:
		return "", errBroken
	}
	return text, nil
}

// A counter that an operation was given is a hash: n, until.
var next = script(`
local given = redis.call('HMGET', KEYS[2], 'n', 'until')
if live(given[2]) then return given[1] end
local list = redis.call('HMGET', KEYS[1], 'next', 'size')
if not list[2] then return 'none' end
if tonumber(list[1]) >= tonumber(list[2]) then return 'full' end
redis.call('HINCRBY', KEYS[1], 'next', 1)
redis.call('HSET', KEYS[2], 'n', list[1], 'until', ARGV[2])
keep(KEYS[2], ARGV[2])
return list[1]
`)

// Next implements statuslist.Slots.
func (s *Store) Next(ctx context.Context, operation, list string) (int, error) {
	now := s.config.Now()
	keys := []string{s.key(list, "list"), s.key(list, "operation", s.hide("operation", operation))}
	text, err := s.word(s.run(ctx, next, keys, millis(now), millis(now.Add(rememberOperation))))
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, errAnswer
	}
	return n, nil
}

var take = script(`
local list = redis.call('HMGET', KEYS[1], 'size', 'until')
local index = tonumber(ARGV[2])
if not list[1] or index < 0 or index >= tonumber(list[1]) then return 'none' end
redis.call('SETBIT', KEYS[2], ARGV[2], 1)
if not list[2] or tonumber(list[2]) < tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], 'until', ARGV[3]) end
return ''
`)

// Take implements statuslist.Slots.
func (s *Store) Take(ctx context.Context, slot statuslist.Slot, until time.Time) error {
	_, err := s.word(s.run(ctx, take, s.listKeys(slot.List, "list", "taken"), millis(s.config.Now()), slot.Index, millis(until)))
	return err
}

// A bitmap is never read before the list's size says that the bit is in it: Redis answers 0 for a bit that is not.
var revoke = script(`
local list, taken, revoked, ended = unpack(KEYS)
local index, bit, at = unpack(ARGV, 2)
local size = tonumber(redis.call('HGET', list, 'size') or 0)
if tonumber(index) < 0 or tonumber(index) >= size then return 'none' end
local bytes = math.ceil(size / 8)
if redis.call('STRLEN', taken) ~= bytes or redis.call('STRLEN', revoked) ~= bytes then return 'broken' end
if redis.call('GETBIT', taken, index) == 0 then return 'none' end
local first = redis.call('HGET', ended, index)
if first then return first end
redis.call('HSET', ended, index, at)
redis.call('SETBIT', revoked, bit, 1)
redis.call('HINCRBY', list, 'sequence', 1)
return at
`)

// Revoke implements statuslist.Slots. A slot is revoked once, whatever the operation: the slot itself is what makes a
// repeat harmless.
func (s *Store) Revoke(ctx context.Context, _ string, slot statuslist.Slot, at time.Time) (time.Time, error) {
	bit := slot.Index ^ 7 // Redis counts the bits of a byte from the most significant
	text, err := s.word(s.run(ctx, revoke, s.listKeys(slot.List, "list", "taken", "revoked", "ended"),
		millis(s.config.Now()), slot.Index, bit, at.UTC().Format(time.RFC3339Nano)))
	if err != nil {
		return time.Time{}, err
	}
	first, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, errAnswer
	}
	return first, nil
}

var snapshot = script(`
local list = redis.call('HMGET', KEYS[1], 'size', 'epoch', 'sequence', 'next')
if not list[1] then return false end
if redis.call('BITCOUNT', KEYS[2]) ~= tonumber(list[3]) then return 'broken' end
list[5] = redis.call('GET', KEYS[2])
return list
`)

// Snapshot implements statuslist.Slots.
func (s *Store) Snapshot(ctx context.Context, id string) (statuslist.Snapshot, error) {
	answer, err := s.run(ctx, snapshot, s.listKeys(id, "list", "revoked"), millis(s.config.Now()))
	if err != nil {
		return statuslist.Snapshot{}, err
	}
	switch answer := answer.(type) {
	case nil:
		return statuslist.Snapshot{}, statuslist.ErrNoSlot
	case []any:
		return decodeSnapshot(id, answer)
	}
	return statuslist.Snapshot{}, errBroken
}

func decodeSnapshot(id string, answer []any) (statuslist.Snapshot, error) {
	var texts [5]string
	if len(answer) != len(texts) {
		return statuslist.Snapshot{}, errBroken
	}
	for i := range texts {
		texts[i], _ = answer[i].(string)
	}
	size, errSize := strconv.Atoi(texts[0])
	sequence, errSequence := strconv.ParseUint(texts[2], 10, 64)
	allocated, errAllocated := strconv.Atoi(texts[3])
	revoked := []byte(texts[4])
	if errors.Join(errSize, errSequence, errAllocated) != nil || texts[1] == "" || len(revoked) != (size+7)/8 {
		return statuslist.Snapshot{}, errBroken
	}
	return statuslist.Snapshot{
		List: id, Epoch: texts[1], Sequence: sequence, Size: size, Allocated: allocated, Revoked: revoked,
	}, nil
}
