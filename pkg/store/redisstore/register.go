package redisstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/issuance"
)

// errAnswer means that Redis holds something this package did not write.
var errAnswer = errors.New("redis gave an answer of the wrong shape")

func (s *Store) ownerKey(id string) string { return s.key(s.hide("credential", id), "owner") }
func (s *Store) signedKey(keyID string) string {
	return s.key(s.hide("signing key", keyID), "signed")
}

func (s *Store) personKey(person string) string {
	return s.key(s.hide("person", person), "person")
}

// An owner is a string: the tag of the subject under which a credential is kept.
var putOwner = script(`
redis.call('SET', KEYS[1], ARGV[2])
keep(KEYS[1], ARGV[3])
return 1
`)

// A person is a sorted set of their credentials, as "tag:id", by the time they are kept until. So is a key of what it signed,
// as "id".
var putPerson = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
keep(KEYS[1], ARGV[3])
return 1
`)

// index makes a credential findable by its id, its person and the key that signed it, none of which shares the subject's tag.
func (s *Store) index(ctx context.Context, tag string, c issuance.Credential) error {
	now, until := millis(s.config.Now()), millis(keptUntil(c))
	if _, err := s.run(ctx, putOwner, []string{s.ownerKey(c.ID)}, now, tag, until); err != nil {
		return err
	}
	if _, err := s.run(ctx, putPerson, []string{s.personKey(c.Record.Person)}, now, tag+":"+c.ID, until); err != nil {
		return err
	}
	_, err := s.run(ctx, putPerson, []string{s.signedKey(c.KeyID)}, now, c.ID, until)
	return err
}

// Credential implements issuance.Register.
func (s *Store) Credential(ctx context.Context, id string) (issuance.Credential, error) {
	tag, err := s.client.Get(ctx, s.ownerKey(id)).Result()
	if errors.Is(err, redis.Nil) {
		return issuance.Credential{}, issuance.ErrNotFound
	}
	if err != nil {
		return issuance.Credential{}, unavailable(err)
	}
	return s.credential(ctx, tag, id)
}

func (s *Store) credential(ctx context.Context, tag, id string) (issuance.Credential, error) {
	fields, err := s.client.HMGet(ctx, s.credentialKey(tag, id), "json", "revoked", "wallet").Result()
	if err != nil {
		return issuance.Credential{}, unavailable(err)
	}
	c, err := s.decodeCredential(fields)
	if err != nil {
		return issuance.Credential{}, err
	}
	if c == nil {
		return issuance.Credential{}, issuance.ErrNotFound
	}
	return *c, nil
}

// CredentialsOf implements issuance.Register.
func (s *Store) CredentialsOf(ctx context.Context, person string) ([]issuance.Credential, error) {
	return s.oldestFirst(ctx, s.personKey(person))
}

// CredentialsOfSubject implements issuance.Register.
func (s *Store) CredentialsOfSubject(ctx context.Context, subject string) ([]issuance.Credential, error) {
	return s.oldestFirst(ctx, s.subjectKey(subject))
}

// oldestFirst returns the credentials that the sorted set at key names, as "tag:id".
func (s *Store) oldestFirst(ctx context.Context, key string) ([]issuance.Credential, error) {
	members, err := s.client.ZRange(ctx, key, 0, -1).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	var found []issuance.Credential
	for _, member := range members {
		tag, id, _ := strings.Cut(member, ":")
		c, err := s.credential(ctx, tag, id)
		if errors.Is(err, issuance.ErrNotFound) {
			continue // its commit was refused, or its year is over
		}
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	slices.SortFunc(found, func(a, b issuance.Credential) int {
		return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

// A change to a credential is made to its record, and to the holding while that is a copy of it.
var (
	markRevoked = change(`redis.call('HSETNX', key, 'revoked', ARGV[3])`)
	notify      = change(`redis.call('HSET', key, 'wallet', ARGV[3])`)
)

func change(edit string) *redis.Script {
	return script(`
local function edit(key)
	if redis.call('HGET', key, 'id') ~= ARGV[2] then return 0 end
	` + edit + `
	return 1
end
local found = edit(KEYS[1])
edit(KEYS[2])
return found
`)
}

// ending is how the end of a credential is kept.
type ending struct {
	At     time.Time
	Reason string
}

// MarkRevoked implements issuance.Register.
func (s *Store) MarkRevoked(ctx context.Context, id string, at time.Time, reason string) error {
	c, err := s.Credential(ctx, id)
	if err != nil {
		return err
	}
	b, err := json.Marshal(ending{at, reason})
	if err != nil {
		return fmt.Errorf("encode revocation: %w", err)
	}
	return s.change(ctx, markRevoked, c, b)
}

// Notify implements issuance.Register.
func (s *Store) Notify(ctx context.Context, subject, id, event string) error {
	c, err := s.Credential(ctx, id)
	if err != nil {
		return err
	}
	if c.Subject != subject {
		return issuance.ErrNotFound
	}
	return s.change(ctx, notify, c, event)
}

func (s *Store) change(ctx context.Context, script *redis.Script, c issuance.Credential, value any) error {
	tag := s.hide("subject", c.Subject)
	keys := []string{s.credentialKey(tag, c.ID), s.holdingKey(c.Subject, c.Configuration)}
	found, err := s.run(ctx, script, keys, millis(s.config.Now()), c.ID, value)
	if err == nil && found != int64(1) {
		return issuance.ErrNotFound
	}
	return err
}

func decodeOffer(record, redeemed any) (*issuance.Offer, error) {
	text, ok := record.(string)
	if !ok {
		return nil, nil
	}
	var o issuance.Offer
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return nil, errAnswer // the cause would quote the record
	}
	o.Redeemed = redeemed != nil
	return &o, nil
}

// decodeCredential reads the fields json, revoked and wallet; nil means that there is none, or its year is over.
func (s *Store) decodeCredential(answer any) (*issuance.Credential, error) {
	fields, ok := answer.([]any)
	if !ok || len(fields) != 3 {
		return nil, errAnswer
	}
	text, ok := fields[0].(string)
	if !ok {
		return nil, nil
	}
	var c issuance.Credential
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return nil, errAnswer // the cause would quote the record
	}
	if !s.config.Now().Before(keptUntil(c)) {
		return nil, nil
	}
	c.Wallet, _ = fields[2].(string)
	if revoked, ok := fields[1].(string); ok {
		var e ending
		if err := json.Unmarshal([]byte(revoked), &e); err != nil {
			return nil, errAnswer
		}
		c.Revoked, c.Reason = e.At, e.Reason
	}
	return &c, nil
}
