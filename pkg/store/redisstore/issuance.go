package redisstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"justice-wallet/pkg/issuance"
)

const (
	rememberOperation = 24 * time.Hour
	rememberSpent     = time.Minute // beyond the grant's end
	keepYears         = 1           // a credential's record, beyond the credential's end
)

// names of what belongs to one wallet subject; all have the subject's tag.
func (s *Store) offerKey(subject, id string) string {
	return s.key(s.hide("subject", subject), "offer", s.hide("offer", id))
}

func (s *Store) tokenKey(g issuance.Grant) string {
	return s.key(s.hide("subject", g.Subject), "token", s.hide("token", g.Issuer, g.TokenID))
}

func (s *Store) nonceKey(g issuance.Grant) string {
	return s.key(s.hide("subject", g.Subject), "nonce", s.hide("nonce", g.Issuer, g.Nonce))
}

func (s *Store) holdingKey(subject, configuration string) string {
	return s.key(s.hide("subject", subject), "holding", s.hide("configuration", configuration))
}

func (s *Store) subjectKey(subject string) string {
	return s.key(s.hide("subject", subject), "subject")
}

func (s *Store) credentialKey(subjectTag, id string) string {
	return s.key(subjectTag, "credential", s.hide("credential", id))
}

// An offer is a hash: json, until, and redeemed once it is.
var putOffer = script(`
if live(redis.call('HGET', KEYS[1], 'until')) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'until', ARGV[2], 'json', ARGV[3])
keep(KEYS[1], ARGV[2])
return 1
`)

// PutOffer implements issuance.Offers.
func (s *Store) PutOffer(ctx context.Context, o issuance.Offer) error {
	b, err := json.Marshal(o) // whether it is redeemed is kept beside it
	if err != nil {
		return fmt.Errorf("encode offer: %w", err)
	}
	_, err = s.run(ctx, putOffer, []string{s.offerKey(o.Subject, o.ID)}, millis(s.config.Now()), millis(o.Expires), b)
	return err
}

// A holding is a copy of the newest credential of its configuration, kept so that a grant is opened in one act.
var open = script(`
local offer = redis.call('HMGET', KEYS[1], 'until', 'json', 'redeemed')
if not live(offer[1]) then offer = {false, false, false} end
return {
	offer[2], offer[3],
	redis.call('HMGET', KEYS[2], 'json', 'revoked', 'wallet'),
	live(redis.call('GET', KEYS[3])) and 1 or 0,
	live(redis.call('GET', KEYS[4])) and 1 or 0,
}
`)

// Open implements issuance.Ledger.
func (s *Store) Open(ctx context.Context, g issuance.Grant) (issuance.Opening, error) {
	keys := []string{s.offerKey(g.Subject, g.OfferID), s.holdingKey(g.Subject, g.Configuration), s.tokenKey(g), s.nonceKey(g)}
	answer, err := s.query(ctx, open, keys, millis(s.config.Now()))
	if err != nil {
		return issuance.Opening{}, err
	}
	parts, ok := answer.([]any)
	if !ok || len(parts) != 5 {
		return issuance.Opening{}, errAnswer
	}
	o := issuance.Opening{TokenSpent: parts[3] == int64(1), NonceSpent: parts[4] == int64(1)}
	if o.Offer, err = decodeOffer(parts[0], parts[1]); err != nil {
		return issuance.Opening{}, err
	}
	if o.Holding, err = s.decodeCredential(parts[2]); err != nil {
		return issuance.Opening{}, err
	}
	return o, nil
}

// A token or a nonce that is spent is a string: the time until which it is remembered. So is an operation that is done.
// A subject is a sorted set of their credentials, as a person is, but kept in the same act: it shares their tag.
var commit = script(`
local operation, offer, token, nonce, credential, holding, subject = unpack(KEYS)
local day, refresh, over, id, json, expires, member = unpack(ARGV, 2)
if live(redis.call('GET', operation)) then return '' end
if refresh == '0' then
	local held = redis.call('HMGET', offer, 'until', 'redeemed')
	if not live(held[1]) or held[2] then return 'offer' end
end
if live(redis.call('GET', token)) then return 'token' end
if live(redis.call('GET', nonce)) then return 'nonce' end
if refresh == '0' then redis.call('HSET', offer, 'redeemed', '1') end
for _, key in ipairs({token, nonce}) do
	redis.call('SET', key, over)
	keep(key, over)
end
for _, key in ipairs({credential, holding}) do
	redis.call('DEL', key)
	redis.call('HSET', key, 'id', id, 'json', json)
	keep(key, expires)
end
redis.call('ZREMRANGEBYSCORE', subject, '-inf', now)
redis.call('ZADD', subject, expires, member)
keep(subject, expires)
redis.call('SET', operation, day)
keep(operation, day)
return ''
`)

// Commit implements issuance.Ledger. The credential is indexed before it is there; the index of one that never came to
// be leads nowhere.
func (s *Store) Commit(ctx context.Context, c issuance.Commit) error {
	b, err := json.Marshal(c.Credential)
	if err != nil {
		return fmt.Errorf("encode credential: %w", err)
	}
	tag := s.hide("subject", c.Grant.Subject)
	if err := s.index(ctx, tag, c.Credential); err != nil {
		return err
	}
	keys := []string{
		s.key(tag, "operation", s.hide("operation", c.Operation)),
		s.offerKey(c.Grant.Subject, c.Grant.OfferID),
		s.tokenKey(c.Grant),
		s.nonceKey(c.Grant),
		s.credentialKey(tag, c.Credential.ID),
		s.holdingKey(c.Grant.Subject, c.Grant.Configuration),
		s.subjectKey(c.Grant.Subject),
	}
	now := s.config.Now()
	answer, err := s.run(ctx, commit, keys, millis(now), millis(now.Add(rememberOperation)), c.Grant.Refresh(),
		millis(c.Grant.Expires.Add(rememberSpent)), c.Credential.ID, b, millis(keptUntil(c.Credential)), tag+":"+c.Credential.ID)
	if err != nil {
		return err
	}
	if spent, _ := answer.(string); spent != "" {
		return &issuance.SpentError{What: issuance.Spent(spent)}
	}
	return nil
}

func keptUntil(c issuance.Credential) time.Time { return c.Until.AddDate(keepYears, 0, 0) }
