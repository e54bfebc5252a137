package govuk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oid4vci"
)

// authorise turns the bearer token of a request into a grant. Every refusal is 401 invalid_token; a token service whose
// keys cannot be had is 503.
func (p *Profile) authorise(c *gin.Context) (issuance.Grant, error) {
	token, err := httpserver.Bearer(c)
	if err != nil {
		return issuance.Grant{}, err
	}
	grant, err := p.grant(c.Request.Context(), token)
	if err != nil && fault.KindOf(err) != fault.Unavailable {
		return issuance.Grant{}, fault.Wrap(fault.Unauthorized, issuance.CodeInvalidToken, "", err)
	}
	return grant, err
}

// grant verifies an access token: signature, type, and each claim GOV.UK's credential page lists. iat, nbf, client_id and
// scope are not in it (harness: createAccessToken).
func (p *Profile) grant(ctx context.Context, token string) (issuance.Grant, error) {
	expect := jose.Expect{Type: oid4vci.TypeAccessToken, Algorithms: []jose.Algorithm{jose.ES256}}
	verified, err := jose.Verify(ctx, token, expect, p.ServerKeys)
	if err != nil {
		return issuance.Grant{}, err
	}
	claims := verified.Claims
	g := issuance.Grant{Issuer: p.AuthServer}
	for name, want := range map[string]string{"iss": p.AuthServer, "aud": p.SelfURL} {
		if got, err := claims.String(name); err != nil || got != want {
			return g, fmt.Errorf("access token: %s is not the expected one", name)
		}
	}
	for name, to := range map[string]*string{"sub": &g.Subject, "jti": &g.TokenID, "c_nonce": &g.Nonce} {
		if *to, err = claims.String(name); err != nil || *to == "" || len(*to) > maxIdentifier {
			return g, fmt.Errorf("access token: %s is missing, empty or too long", name)
		}
	}
	if g.Expires, err = claims.Time("exp"); err != nil || !p.Now().Before(g.Expires) {
		return g, fmt.Errorf("access token: expired, or no exp")
	}
	if err := begun(claims, p.Now()); err != nil {
		return g, fmt.Errorf("access token: %w", err)
	}
	if g.Configuration, err = only(claims, "credential_configuration_ids"); err != nil {
		return g, err
	}
	if claims.Has("credential_identifiers") { // absent: a refresh (GOV.UK: in-app refresh page)
		g.OfferID, err = only(claims, "credential_identifiers")
	}
	return g, err
}

// begun refuses a token before its nbf, if it has one (RFC 7519 §4.1.5): GOV.UK's have none.
func begun(claims jose.Claims, now time.Time) error {
	if !claims.Has("nbf") {
		return nil
	}
	if from, err := claims.Time("nbf"); err != nil || now.Before(from) {
		return errors.New("not valid yet")
	}
	return nil
}

// maxIdentifier bounds every identifier that becomes part of a key in the store.
const maxIdentifier = 256

// only returns the single member of an array of texts.
func only(claims jose.Claims, name string) (string, error) {
	list, err := claims.Strings(name)
	if err != nil || len(list) != 1 || list[0] == "" || len(list[0]) > maxIdentifier {
		return "", fmt.Errorf("access token: %s does not hold exactly one identifier", name)
	}
	return list[0], nil
}
