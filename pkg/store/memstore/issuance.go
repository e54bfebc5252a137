package memstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"justice-wallet/pkg/issuance"
)

// PutOffer implements issuance.Offers.
func (s *Store) PutOffer(_ context.Context, o issuance.Offer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, name := s.now(), owned{subject: o.Subject, what: "offer", name: o.ID}
	if s.offers.has(name, now) {
		return nil
	}
	o.Redeemed = false
	s.offers.put(name, o, now, o.Expires)
	return nil
}

// Open implements issuance.Ledger.
func (s *Store) Open(_ context.Context, g issuance.Grant) (issuance.Opening, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	o := issuance.Opening{
		TokenSpent: s.spent.has(tokenOf(g), now),
		NonceSpent: s.spent.has(nonceOf(g), now),
	}
	if offer, ok := s.offers.get(offerOf(g), now); ok {
		o.Offer = &offer
	}
	if holding, ok := s.credentials.get(s.holdings[holdingOf(g)], now); ok {
		o.Holding = &holding
	}
	return o, nil
}

// Commit implements issuance.Ledger.
func (s *Store) Commit(_ context.Context, c issuance.Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.committed.has(c.Operation, now) {
		return nil
	}
	offer, err := s.unspent(c.Grant, now)
	if err != nil {
		return err
	}
	if !c.Grant.Refresh() {
		offer.Redeemed = true
		s.offers.put(offerOf(c.Grant), offer, now, offer.Expires)
	}
	over := c.Grant.Expires.Add(rememberSpent)
	s.spent.put(tokenOf(c.Grant), true, now, over)
	s.spent.put(nonceOf(c.Grant), true, now, over)
	s.credentials.put(c.Credential.ID, c.Credential, now, c.Credential.Until.AddDate(keepYears, 0, 0))
	s.holdings[holdingOf(c.Grant)] = c.Credential.ID
	s.committed.put(c.Operation, true, now, now.Add(rememberOperation))
	return nil
}

// unspent returns the grant's offer, or the first thing it has spent.
func (s *Store) unspent(g issuance.Grant, now time.Time) (issuance.Offer, error) {
	offer, ok := s.offers.get(offerOf(g), now)
	switch {
	case !g.Refresh() && (!ok || offer.Redeemed):
		return offer, &issuance.SpentError{What: issuance.SpentOffer}
	case s.spent.has(tokenOf(g), now):
		return offer, &issuance.SpentError{What: issuance.SpentToken}
	case s.spent.has(nonceOf(g), now):
		return offer, &issuance.SpentError{What: issuance.SpentNonce}
	}
	return offer, nil
}

func offerOf(g issuance.Grant) owned { return owned{g.Subject, "offer", g.OfferID, ""} }
func tokenOf(g issuance.Grant) owned { return owned{g.Subject, "token", g.TokenID, g.Issuer} }
func nonceOf(g issuance.Grant) owned { return owned{g.Subject, "nonce", g.Nonce, g.Issuer} }
func holdingOf(g issuance.Grant) owned {
	return owned{subject: g.Subject, what: "holding", name: g.Configuration}
}

// Credential implements issuance.Register.
func (s *Store) Credential(_ context.Context, id string) (issuance.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.credentials.get(id, s.now())
	if !ok {
		return issuance.Credential{}, issuance.ErrNotFound
	}
	return c, nil
}

// CredentialsOf implements issuance.Register.
func (s *Store) CredentialsOf(_ context.Context, person string) ([]issuance.Credential, error) {
	return s.oldestFirst(func(c issuance.Credential) bool { return c.Record.Person == person }), nil
}

// CredentialsOfSubject implements issuance.Register.
func (s *Store) CredentialsOfSubject(_ context.Context, subject string) ([]issuance.Credential, error) {
	return s.oldestFirst(func(c issuance.Credential) bool { return c.Subject == subject }), nil
}

func (s *Store) oldestFirst(wanted func(issuance.Credential) bool) []issuance.Credential {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []issuance.Credential
	for id := range s.credentials.things {
		if c, ok := s.credentials.get(id, s.now()); ok && wanted(c) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b issuance.Credential) int {
		return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// MarkRevoked implements issuance.Register.
func (s *Store) MarkRevoked(_ context.Context, id string, at time.Time, reason string) error {
	return s.change(id, func(c *issuance.Credential) bool {
		if c.Revoked.IsZero() {
			c.Revoked, c.Reason = at, reason
		}
		return true
	})
}

// Notify implements issuance.Register.
func (s *Store) Notify(_ context.Context, subject, id, event string) error {
	return s.change(id, func(c *issuance.Credential) bool {
		if c.Subject != subject {
			return false
		}
		c.Wallet = event
		return true
	})
}

// change applies edit to one credential; when edit refuses, it is as if there were none.
func (s *Store) change(id string, edit func(*issuance.Credential) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.credentials.get(id, s.now())
	if !ok || !edit(&c) {
		return issuance.ErrNotFound
	}
	s.credentials.put(id, c, s.now(), c.Until.AddDate(keepYears, 0, 0))
	return nil
}
