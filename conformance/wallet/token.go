package wallet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Tokens are what the authorisation server gave.
type Tokens struct{ Access, Refresh string }

// CodeGrant is the token request that redeems a pre-authorised code.
func CodeGrant(code string) url.Values {
	return url.Values{"grant_type": {preAuthorisedGrant}, "pre-authorized_code": {code}}
}

// RefreshGrant is the token request that spends a refresh token.
func RefreshGrant(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// TokenEndpoint asks an authorisation server where its token endpoint is (RFC 8414).
func (w *Wallet) TokenEndpoint(ctx context.Context, server string) (string, error) {
	o, err := w.getObject(ctx, server+"/.well-known/oauth-authorization-server")
	if err != nil {
		return "", err
	}
	// RFC 8414 §3.3: otherwise one server could speak for another.
	if o["issuer"] != server {
		return "", errors.New("authorisation server metadata is another server's")
	}
	endpoint, err := o.text("token_endpoint")
	if err != nil {
		return "", err
	}
	return endpoint, checkURL(endpoint)
}

// Token asks for tokens, in the name of the app's session. A refusal is a *RefusedError.
func (w *Wallet) Token(ctx context.Context, endpoint string, form url.Values) (Tokens, error) {
	r, err := w.send(ctx, http.MethodPost, endpoint, map[string]string{
		"Content-Type":  "application/x-www-form-urlencoded",
		"Accept":        "application/json",
		"Authorization": "Bearer " + w.session,
	}, []byte(form.Encode()))
	if err != nil {
		return Tokens{}, err
	}
	if r.status != http.StatusOK || !r.isType("application/json") {
		return Tokens{}, r.refusal()
	}
	o, err := decodeObject(r.body)
	if err != nil {
		return Tokens{}, fmt.Errorf("read token answer: %w", err)
	}
	return readTokens(o)
}

func readTokens(o object) (t Tokens, err error) {
	if o["token_type"] != "Bearer" {
		return t, errors.New("token_type is not Bearer")
	}
	if t.Access, err = o.text("access_token"); err != nil {
		return t, err
	}
	t.Refresh, err = o.maybeText("refresh_token")
	return t, err
}

// AccessNonce reads the c_nonce that GOV.UK's authorisation server puts in an access token.
func AccessNonce(access string) (string, error) {
	t, err := parseToken(access)
	if err != nil {
		return "", fmt.Errorf("read access token: %w", err)
	}
	return t.claims.text("c_nonce")
}
