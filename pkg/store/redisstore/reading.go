package redisstore

import (
	"context"

	"justice-wallet/pkg/statuslist"
)

// Redis answers 0 for a bit of a key that is not there, or past its end: what the bit is worth comes with it. The script
// writes nothing, and is sent as one that must not: a user who may only read can run it (EVAL_RO, Redis 7).
var entry = script(headOf + `
if tonumber(ARGV[2]) < 0 or tonumber(ARGV[2]) >= tonumber(list[1]) then return false end
list[9] = tostring(redis.call('GETBIT', KEYS[2], ARGV[3]))
return list
`)

// Entry implements statuslist.Entries.
func (s *Store) Entry(ctx context.Context, list string, index int) (statuslist.Entry, error) {
	if index < 0 {
		return statuslist.Entry{}, statuslist.ErrNoSlot
	}
	answer, err := result(entry.RunRO(ctx, s.client, s.listKeys(list, "list", "revoked", "members"), millis(s.config.Now()), index, bitOf(index)).Result())
	if err != nil {
		return statuslist.Entry{}, err
	}
	held, err := decodeSnapshot(list, answer, 9)
	return statuslist.Entry{Head: held.Head, Revoked: string(held.Revoked) == "1"}, err
}
