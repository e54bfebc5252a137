// Package redisstore keeps offers, credentials and status lists in Redis. It is the only importer of go-redis, and the
// only place that knows a key name, a time to live or a script.
//
// Every change is one script, and the same change sent twice has one effect: a client that lost an answer sends again.
// All keys of a script share a hash tag, so that it runs on Redis Cluster too: the keyed hash of the wallet subject, or
// the status list's id. No key name holds anything about a person; where one must be found by it, the name holds an
// HMAC.
//
// When something ends is decided by the times stored with it and the caller's clock. Redis's own expiry only tidies up.
package redisstore

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/fault"
)

// Config says how a Store names and times what it keeps.
type Config struct {
	Prefix   string           // of every key; "" means "justice-wallet"
	IndexKey []byte           // 32 bytes, secret: hides the names in keys; what it named is lost with it
	Now      func() time.Time // the clock that everything expires by
	Rand     io.Reader        // for the epochs of lists; nil means crypto/rand

	Replicas    int           // how many replicas must have a change before it is acknowledged
	ReplicaWait time.Duration // how long they have for it; 0 means a second
}

// Store implements issuance.Offers, Ledger, Register, Roll, LetterBook and LetterWishes, statuslist.Slots, Publications and
// Clients, receipt.Book, session.Store, casework.Endings and Sets, and keys.Books. An error of Redis is a fault of kind Unavailable: the same call may be
// made again.
type Store struct {
	client redis.UniversalClient
	config Config
}

// New returns a store on client, which should come from Dial.
func New(client redis.UniversalClient, c Config) (*Store, error) {
	if len(c.IndexKey) != sha256.Size {
		return nil, fmt.Errorf("make store: index key of %d bytes: want %d", len(c.IndexKey), sha256.Size)
	}
	if c.ReplicaWait == 0 {
		c.ReplicaWait = time.Second
	}
	if c.Replicas < 0 {
		return nil, errors.New("make store: fewer than no replicas")
	}
	if c.Now == nil {
		return nil, errors.New("make store: no clock")
	}
	if c.Prefix == "" {
		c.Prefix = "justice-wallet"
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	return &Store{client: client, config: c}, nil
}

// key names one thing: tag decides where on a cluster it lies, kind what it is.
func (s *Store) key(tag, kind string, names ...string) string {
	return strings.Join(append([]string{s.config.Prefix, "{" + tag + "}", kind}, names...), ":")
}

// hide returns the name by which values are found: an HMAC, 128 bits of it, in hexadecimal.
func (s *Store) hide(kind string, values ...string) string {
	mac := hmac.New(sha256.New, s.config.IndexKey)
	fmt.Fprintf(mac, "%q", append([]string{kind}, values...)) // quoted, so that no two lists are written alike
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// run runs a script that changes something. It succeeds once the change is as durable as Config asks.
func (s *Store) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (any, error) {
	if s.config.Replicas == 0 {
		return s.query(ctx, script, keys, args...)
	}
	return result(s.replicate(ctx, script, keys, args))
}

// query runs a script by its hash, and sends it whole only to a server that does not know it.
func (s *Store) query(ctx context.Context, script *redis.Script, keys []string, args ...any) (any, error) {
	return result(script.Run(ctx, s.client, keys, args...).Result())
}

func result(answer any, err error) (any, error) {
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return answer, nil
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "temporarily_unavailable", "The service is not available. Try again later.", err)
}

// millis is how scripts know times: a whole number that Lua holds exactly.
func millis(t time.Time) int64 { return t.UnixMilli() }

// script compiles a script with the words they share.
//
// live says whether a time, in milliseconds, is still to come for the caller, whose clock is always the first argument.
// keep asks Redis to hold a key until that time, and an hour more because clocks differ; it never shortens.
func script(body string) *redis.Script {
	return redis.NewScript(`
local now = tonumber(ARGV[1])
local function live(at) return at and tonumber(at) > now end
local function keep(key, at)
	local ttl = math.max(tonumber(at) - now, 0) + 3600000
	if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, ttl) end
end
` + body)
}
