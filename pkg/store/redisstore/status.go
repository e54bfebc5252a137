package redisstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"justice-wallet/pkg/statuslist"
)

// A list is these keys with its id for a tag, none of which expires:
//
//	list     hash: size, epoch, next (counter), sequence (revocations), history (a hash over them), until (the last slot's)
//	revoked  bitmap of the slots that ended, bits of each byte as in statuslist.Snapshot
//	ended    hash: the time each ended, by index
//	members  hash: "owed" or "" by the name of each who keeps a journal of it
//	published  hash: the newest signed form
//	lease    hash: who may publish
//
// The bitmap is as long as the list from the first: a short one is a lost one, never a valid one.
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
	answerHeld  = "held"
	answerOther = "other"
	answerOwed  = "owed"
	answerBroke = "broken"
)

var errBroken = unavailable(statuslist.ErrDamaged)

var ensureList = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return '' end
if redis.call('EXISTS', KEYS[2]) > 0 then return 'broken' end
redis.call('SETBIT', KEYS[2], ARGV[4], 0)
redis.call('HSET', KEYS[1], 'size', ARGV[2], 'epoch', ARGV[3], 'next', 0, 'sequence', 0, 'history', '')
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
	_, err := s.word(s.run(ctx, ensureList, s.listKeys(id, "list", "revoked"),
		millis(s.config.Now()), size, hex.EncodeToString(epoch), lastBit(size)))
	return err
}

func lastBit(size int) int { return (size+7)/8*8 - 1 }

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
	case answerHeld:
		return "", statuslist.ErrHeld
	case answerOwed:
		return "", statuslist.ErrOwed
	case answerOther:
		return "", statuslist.ErrEpoch
	case answerBroke:
		return "", errBroken
	}
	return text, nil
}

// A counter that an operation was given is a hash: n, until.
var next = script(listWords + `
local list = redis.call('HMGET', KEYS[1], 'next', 'size', 'owed')
if not list[2] then return 'none' end
local given = redis.call('HMGET', KEYS[2], 'n', 'until')
if live(given[2]) then
	needed(KEYS[1], ARGV[3])
	return given[1]
end
if tonumber(list[3] or 0) > 0 then return 'owed' end
local n = math.max(tonumber(list[1]), tonumber(ARGV[4]))
if n >= tonumber(list[2]) then return 'full' end
redis.call('HSET', KEYS[1], 'next', whole(n + 1))
needed(KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], 'n', whole(n), 'until', ARGV[2])
keep(KEYS[2], ARGV[2])
return whole(n)
`)

// Words that scripts on lists share: needed notes that a list is needed until then, endSlot that one of its slots ended.
const listWords = `
local function whole(n) return string.format('%d', n) end
local function needed(list, at)
	if tonumber(redis.call('HGET', list, 'until') or 0) < tonumber(at) then redis.call('HSET', list, 'until', at) end
end
local function endSlot(list, revoked, ended, index, bit, at)
	if redis.call('HSETNX', ended, index, at) == 0 then return end
	redis.call('SETBIT', revoked, bit, 1)
	local before = redis.call('HGET', list, 'history')
	redis.call('HSET', list, 'history', redis.sha1hex((before or '') .. ' ' .. index))
	redis.call('HINCRBY', list, 'sequence', 1)
end
`

// Next implements statuslist.Slots.
func (s *Store) Next(ctx context.Context, operation, list string, until time.Time, floor int) (int, error) {
	now := s.config.Now()
	keys := []string{s.key(list, "list"), s.key(list, "operation", s.hide("operation", operation))}
	text, err := s.word(s.run(ctx, next, keys, millis(now), millis(now.Add(rememberOperation)), millis(until), floor))
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, errAnswer
	}
	return n, nil
}

// The bitmap is never read before the list's size says that the bit is in it: Redis answers 0 for a bit that is not.
var revoke = script(listWords + `
local list, revoked, ended = unpack(KEYS)
local index, bit, at, counter = unpack(ARGV, 2)
local held = redis.call('HMGET', list, 'size', 'next')
if not held[1] or tonumber(index) < 0 or tonumber(index) >= tonumber(held[1]) then return 'none' end
if redis.call('STRLEN', revoked) ~= math.ceil(tonumber(held[1]) / 8) then return 'broken' end
if tonumber(counter) < 0 or tonumber(counter) >= tonumber(held[2]) then return 'none' end
endSlot(list, revoked, ended, index, bit, at)
return redis.call('HGET', ended, index)
`)

// Revoke implements statuslist.Slots. A slot is revoked once, whatever the operation: the slot itself is what makes a
// repeat harmless.
func (s *Store) Revoke(ctx context.Context, _ string, slot statuslist.Slot, counter int, at time.Time) (time.Time, error) {
	text, err := s.word(s.run(ctx, revoke, s.listKeys(slot.List, "list", "revoked", "ended"),
		millis(s.config.Now()), slot.Index, bitOf(slot.Index), endedAt(at), counter))
	if err != nil {
		return time.Time{}, err
	}
	first, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, errAnswer
	}
	return first, nil
}

// bitOf returns where Redis, which counts the bits of a byte from the most significant, has the bit of an index.
func bitOf(index int) int { return index ^ 7 }

func endedAt(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// A list whose bits do not add up to its sequence has lost some: nothing may be told from what is left.
const headOf = `
local list = redis.call('HMGET', KEYS[1], 'size', 'epoch', 'sequence', 'next', 'history', 'until')
if not list[1] then return false end
if redis.call('BITCOUNT', KEYS[2]) ~= tonumber(list[3]) then return 'broken' end
if redis.call('STRLEN', KEYS[2]) ~= math.ceil(tonumber(list[1]) / 8) then return 'broken' end
list[6] = list[6] or '0'
local names, all, owed = redis.call('HGETALL', KEYS[3]), {}, {}
for i = 1, #names, 2 do
	table.insert(all, names[i])
	if names[i + 1] == 'owed' then table.insert(owed, names[i]) end
end
table.sort(all)
table.sort(owed)
list[7], list[8] = table.concat(all, ' '), table.concat(owed, ' ')
`

var (
	head     = script(headOf + `return list`)
	snapshot = script(headOf + `
list[9] = redis.call('GET', KEYS[2])
return list
`)
)

// Head implements statuslist.Slots.
func (s *Store) Head(ctx context.Context, id string) (statuslist.Head, error) {
	answer, err := s.query(ctx, head, s.listKeys(id, "list", "revoked", "members"), millis(s.config.Now()))
	if err != nil {
		return statuslist.Head{}, err
	}
	held, err := decodeSnapshot(id, answer, 8)
	return held.Head, err
}

// Snapshot implements statuslist.Slots.
func (s *Store) Snapshot(ctx context.Context, id string) (statuslist.Snapshot, error) {
	answer, err := s.query(ctx, snapshot, s.listKeys(id, "list", "revoked", "members"), millis(s.config.Now()))
	if err != nil {
		return statuslist.Snapshot{}, err
	}
	held, err := decodeSnapshot(id, answer, 9)
	if err == nil && len(held.Revoked) != (held.Size+7)/8 {
		return statuslist.Snapshot{}, errBroken
	}
	return held, err
}

func decodeSnapshot(id string, answer any, parts int) (statuslist.Snapshot, error) {
	if answer == nil {
		return statuslist.Snapshot{}, statuslist.ErrNoSlot
	}
	values, ok := answer.([]any)
	if !ok || len(values) != parts {
		return statuslist.Snapshot{}, errBroken
	}
	texts := make([]string, 9)
	for i, v := range values {
		texts[i], _ = v.(string)
	}
	size, errSize := strconv.Atoi(texts[0])
	sequence, errSequence := strconv.ParseUint(texts[2], 10, 64)
	allocated, errAllocated := strconv.Atoi(texts[3])
	until, errUntil := strconv.ParseInt(texts[5], 10, 64)
	if errors.Join(errSize, errSequence, errAllocated, errUntil) != nil || texts[1] == "" {
		return statuslist.Snapshot{}, errBroken
	}
	h := statuslist.Head{
		List: id, Epoch: texts[1], Sequence: sequence, History: texts[4], Size: size, Allocated: allocated, Members: texts[6], Owed: texts[7],
	}
	if until != 0 {
		h.Until = time.UnixMilli(until).UTC()
	}
	return statuslist.Snapshot{Head: h, Revoked: []byte(texts[8])}, nil
}

// What is left of a damaged list is taken up, and its sequence follows from its bits. Whoever restores what was lost owes its
// own part, too, until the last of it is there.
var restore = script(listWords + `
local list, revoked, ended, members = unpack(KEYS)
local epoch, size, last, given, till, member, all, gone, isLost, isLast = unpack(ARGV, 2, 11)
local held = redis.call('HMGET', list, 'epoch', 'size')
if held[1] and (held[1] ~= epoch or held[2] ~= size) then return 'other' end
if not held[1] then redis.call('HSET', list, 'size', size, 'epoch', epoch, 'next', 0, 'history', '') end
if redis.call('STRLEN', revoked) ~= math.ceil(tonumber(size) / 8) then redis.call('SETBIT', revoked, last, 0) end
if tonumber(redis.call('HGET', list, 'next') or 0) < tonumber(given) then redis.call('HSET', list, 'next', given) end
needed(list, till)
for i = 12, #ARGV, 3 do endSlot(list, revoked, ended, ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
redis.call('HSET', list, 'sequence', redis.call('BITCOUNT', revoked))
if member == '' then return '' end
for name in string.gmatch(all, '%S+') do
	if isLost == '1' then redis.call('HSET', members, name, 'owed') else redis.call('HSETNX', members, name, '') end
end
for name in string.gmatch(gone, '%S+') do redis.call('HDEL', members, name) end
if isLast == '1' then redis.call('HSET', members, member, '') end
local owed = 0
for _, word in ipairs(redis.call('HVALS', members)) do
	if word == 'owed' then owed = owed + 1 end
end
redis.call('HSET', list, 'owed', owed)
return ''
`)

// restoreAtOnce is how many endings one script sets: others wait meanwhile.
const restoreAtOnce = 500

// Restore implements statuslist.Slots.
func (s *Store) Restore(ctx context.Context, r statuslist.Recovery) error {
	for _, e := range r.Ended {
		if e.Index < 0 || e.Index >= r.Size {
			return statuslist.ErrNoSlot
		}
	}
	for {
		now := r
		now.Ended = r.Ended[:min(len(r.Ended), restoreAtOnce)]
		isLast := len(now.Ended) == len(r.Ended)
		if err := s.restore(ctx, now, isLast); err != nil || isLast {
			return err
		}
		r.Ended, r.Lost = r.Ended[len(now.Ended):], false // what was lost is known by now
	}
}

func (s *Store) restore(ctx context.Context, r statuslist.Recovery, isLast bool) error {
	until := int64(0)
	if !r.Until.IsZero() {
		until = millis(r.Until)
	}
	args := []any{
		millis(s.config.Now()), r.Epoch, r.Size, lastBit(r.Size), min(r.Allocated, r.Size), until,
		r.Member, strings.Join(r.Members, " "), strings.Join(r.Gone, " "), r.Lost, isLast,
	}
	for _, e := range r.Ended {
		args = append(args, e.Index, bitOf(e.Index), endedAt(e.At))
	}
	_, err := s.word(s.run(ctx, restore, s.listKeys(r.List, "list", "revoked", "ended", "members"), args...))
	return err
}
