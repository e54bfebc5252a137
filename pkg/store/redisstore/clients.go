package redisstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"justice-wallet/pkg/statuslist"
)

// A request is a hash: expires, busy (until when it is somebody's to answer), until, and list and index once it is answered.
var (
	beginRequest = script(`
local expires, busy, over = unpack(ARGV, 2)
local held = redis.call('HMGET', KEYS[1], 'until', 'expires', 'busy', 'list', 'index')
if live(held[1]) then
	if held[2] ~= expires then return 'changed' end
	if held[4] then return {held[4], held[5]} end
	if live(held[3]) then return 'busy' end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'expires', expires, 'busy', busy, 'until', over)
keep(KEYS[1], over)
return ''
`)
	finishRequest = script(`
if not live(redis.call('HGET', KEYS[1], 'until')) then return 'none' end
if redis.call('HSETNX', KEYS[1], 'list', ARGV[2]) == 1 then
	redis.call('HSET', KEYS[1], 'index', ARGV[3], 'until', ARGV[4])
	keep(KEYS[1], ARGV[4])
end
return ''
`)
)

// A slot that a client holds is a hash: client, until, and ended once it is.
var (
	giveSlot = script(`
if live(redis.call('HGET', KEYS[1], 'until')) then return '' end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'client', ARGV[2], 'until', ARGV[3])
keep(KEYS[1], ARGV[3])
return ''
`)
	slotHolder = script(`
local held = redis.call('HMGET', KEYS[1], 'until', 'client', 'ended')
if not live(held[1]) then return 'none' end
return {held[2], held[3] or ''}
`)
	noteEnded = script(`
if not live(redis.call('HGET', KEYS[1], 'until')) then return 'none' end
redis.call('HSETNX', KEYS[1], 'ended', ARGV[2])
return ''
`)
)

func (s *Store) requestKey(r statuslist.Request) string {
	return s.key(s.hide("status request", r.Client, r.ID), "request")
}

func (s *Store) holderKey(slot statuslist.Slot) string {
	return s.key(s.hide("status slot", slot.List, strconv.Itoa(slot.Index)), "holder")
}

// Begin implements statuslist.Clients.
func (s *Store) Begin(ctx context.Context, r statuslist.Request) (*statuslist.Slot, error) {
	now := s.config.Now()
	answer, err := s.run(ctx, beginRequest, []string{s.requestKey(r)}, millis(now), millis(r.Expires),
		millis(now.Add(statuslist.RequestHold)), millis(now.Add(statuslist.RequestWindow)))
	switch {
	case err != nil:
		return nil, err
	case answer == "changed":
		return nil, statuslist.ErrChanged
	case answer == "busy":
		return nil, statuslist.ErrBusy
	case answer == "":
		return nil, nil
	}
	list, text, err := pair(answer)
	if err != nil {
		return nil, err
	}
	index, err := strconv.Atoi(text)
	if err != nil {
		return nil, errAnswer
	}
	return &statuslist.Slot{List: list, Index: index}, nil
}

// pair reads an answer of two texts.
func pair(answer any) (first, second string, err error) {
	texts, ok := answer.([]any)
	if !ok || len(texts) != 2 {
		return "", "", errAnswer
	}
	first, ok1 := texts[0].(string)
	second, ok2 := texts[1].(string)
	if !ok1 || !ok2 {
		return "", "", errAnswer
	}
	return first, second, nil
}

// Finish implements statuslist.Clients.
func (s *Store) Finish(ctx context.Context, r statuslist.Request, slot statuslist.Slot) error {
	now := s.config.Now()
	_, err := s.word(s.run(ctx, finishRequest, []string{s.requestKey(r)}, millis(now), slot.List, slot.Index,
		millis(now.Add(statuslist.RequestWindow))))
	return err
}

// Give implements statuslist.Clients.
func (s *Store) Give(ctx context.Context, slot statuslist.Slot, client string, until time.Time) error {
	_, err := s.word(s.run(ctx, giveSlot, []string{s.holderKey(slot)}, millis(s.config.Now()), client, millis(until.AddDate(keepYears, 0, 0))))
	return err
}

// Holder implements statuslist.Clients.
func (s *Store) Holder(ctx context.Context, slot statuslist.Slot) (statuslist.Holder, error) {
	answer, err := s.query(ctx, slotHolder, []string{s.holderKey(slot)}, millis(s.config.Now()))
	if err != nil {
		return statuslist.Holder{}, err
	}
	if answer == answerNone {
		return statuslist.Holder{}, statuslist.ErrNoSlot
	}
	client, ended, err := pair(answer)
	if err != nil {
		return statuslist.Holder{}, err
	}
	h := statuslist.Holder{Client: client}
	if ended != "" {
		if h.Ended, err = time.Parse(time.RFC3339Nano, ended); err != nil {
			return statuslist.Holder{}, errors.Join(errAnswer, err)
		}
	}
	return h, nil
}

// NoteEnded implements statuslist.Clients.
func (s *Store) NoteEnded(ctx context.Context, slot statuslist.Slot, at time.Time) error {
	_, err := s.word(s.run(ctx, noteEnded, []string{s.holderKey(slot)}, millis(s.config.Now()), at.UTC().Format(time.RFC3339Nano)))
	return err
}
