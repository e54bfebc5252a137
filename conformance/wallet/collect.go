package wallet

import (
	"context"
	"errors"
	"fmt"
)

// Collect does all that follows a person's tap on an offer link: it redeems the code, proves its key, asks for the
// credential, judges it and tells the issuer.
//
// A refusal is a *RefusedError. When the credential fails the wallet's own checks the issuer is told credential_failure
// and nothing is held. When only the notification of acceptance fails, both the credential and the error are returned.
func (w *Wallet) Collect(ctx context.Context, link string) (*Held, error) {
	offer, err := ParseOffer(link)
	if err != nil {
		return nil, err
	}
	return w.obtain(ctx, offer.Issuer, offer.Configuration, func(endpoint string) (Tokens, error) {
		return w.Token(ctx, endpoint, CodeGrant(offer.Code))
	})
}

// Refresh asks for a new copy of h, for the same device key, and judges it as Collect does. It writes the new refresh
// token into h as soon as there is one, for the old one is then spent. A refusal is a *RefusedError.
func (w *Wallet) Refresh(ctx context.Context, h *Held) (*Held, error) {
	if h.RefreshToken == "" {
		return nil, errors.New("held document has no refresh token")
	}
	return w.obtain(ctx, h.Issuer, h.Configuration, func(endpoint string) (Tokens, error) {
		t, err := w.Token(ctx, endpoint, RefreshGrant(h.RefreshToken))
		if err == nil && t.Refresh != "" {
			h.RefreshToken = t.Refresh
		}
		return t, err
	})
}

// obtain gets one credential with the tokens that tokens fetches.
func (w *Wallet) obtain(ctx context.Context, issuer, id string, tokens func(endpoint string) (Tokens, error)) (*Held, error) {
	m, err := w.Discover(ctx, issuer)
	if err != nil {
		return nil, err
	}
	c, ok := m.configurations[id]
	if !ok {
		return nil, errors.New("issuer's metadata does not know the configuration")
	}
	endpoint, err := w.TokenEndpoint(ctx, m.AuthorizationServers[0])
	if err != nil {
		return nil, err
	}
	t, err := tokens(endpoint)
	if err != nil {
		return nil, err
	}
	got, err := w.requestIssued(ctx, m, t.Access)
	if err != nil {
		return nil, err
	}
	return w.judge(ctx, m, c, t, got)
}

// judge checks what the issuer gave and tells it the outcome.
func (w *Wallet) judge(ctx context.Context, m *Metadata, c configuration, t Tokens, got issued) (*Held, error) {
	h, err := w.open(ctx, m, c, got.credential)
	if err != nil {
		err = fmt.Errorf("check credential: %w", err)
		return nil, errors.Join(err, w.report(ctx, m, t, got, EventFailure))
	}
	h.Issuer, h.Configuration, h.Format = m.Issuer, c.id, c.format
	h.NotificationID, h.RefreshToken = got.notificationID, t.Refresh
	return h, w.report(ctx, m, t, got, EventAccepted)
}

// report notifies an issuer that takes notifications.
func (w *Wallet) report(ctx context.Context, m *Metadata, t Tokens, got issued, event string) error {
	if m.NotificationEndpoint == "" {
		return nil
	}
	if err := w.Notify(ctx, m.NotificationEndpoint, t.Access, got.notificationID, event); err != nil {
		return fmt.Errorf("notify issuer: %w", err)
	}
	return nil
}

func (w *Wallet) open(ctx context.Context, m *Metadata, c configuration, raw string) (*Held, error) {
	if c.format == FormatJWT {
		keys, err := w.assertionKeys(ctx, m.Issuer)
		if err != nil {
			return nil, fmt.Errorf("DID document: %w", err)
		}
		return w.openJWT(raw, m.Issuer, c, keys)
	}
	roots, err := w.roots(ctx, m.IACAs)
	if err != nil {
		return nil, fmt.Errorf("IACAs: %w", err)
	}
	return w.openMDoc(raw, c, roots)
}
