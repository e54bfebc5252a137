package onelogin

import (
	"net/http"
	"time"
)

const (
	accessLife  = 180 * time.Second
	refreshLife = 365 * 24 * time.Hour
)

// Mutate changes a token's header or claims before it is signed: how a test gets a bad token.
type Mutate func(header, claims map[string]any)

// AccessClaims say what an access token is for.
type AccessClaims struct {
	Subject       string // wallet subject identifier
	Issuer        string // the credential issuer: aud
	Configuration string
	Identifier    string // credential identifier of the offer; empty for a refresh
	Nonce         string // c_nonce; fresh when empty
}

// MintAccessToken signs an access token as GOV.UK's test harness does: neither iat, nbf, client_id nor scope.
func (s *Server) MintAccessToken(a AccessClaims, mutate ...Mutate) (string, error) {
	id, err := s.random.uuid()
	if err != nil {
		return "", err
	}
	if a.Nonce == "" {
		if a.Nonce, err = s.random.uuid(); err != nil {
			return "", err
		}
	}
	key := s.signer.Load()
	header := map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
	claims := map[string]any{
		"sub": a.Subject, "iss": s.url, "aud": a.Issuer, "jti": id, "c_nonce": a.Nonce,
		"exp":                          s.now().Add(accessLife).Unix(),
		"credential_configuration_ids": []string{a.Configuration},
	}
	if a.Identifier != "" {
		claims["credential_identifiers"] = []string{a.Identifier}
	}
	for _, m := range mutate {
		m(header, claims)
	}
	return key.sign(s.random, header, claims)
}

// refreshGrant is what a refresh token stands for.
type refreshGrant struct{ subject, issuer, configuration string }

// answerTokens mints an access token and the refresh token that follows it.
func (s *Server) answerTokens(a AccessClaims) (map[string]any, *refusal) {
	access, err := s.MintAccessToken(a)
	if err != nil {
		return nil, errServer
	}
	refresh, err := s.random.token()
	if err != nil {
		return nil, errServer
	}
	now := s.now()
	s.refreshes.put(now, refresh, refreshGrant{a.Subject, a.Issuer, a.Configuration}, now.Add(refreshLife))
	return map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(accessLife.Seconds()), "refresh_token": refresh,
	}, nil
}

// grantRefresh spends a refresh token. The access token it gives names no credential identifier.
func (s *Server) grantRefresh(form map[string][]string) (map[string]any, *refusal) {
	if len(form["refresh_token"]) != 1 {
		return nil, errRequest
	}
	g, ok := s.refreshes.take(s.now(), form["refresh_token"][0])
	if !ok {
		return nil, errGrant
	}
	return s.answerTokens(AccessClaims{Subject: g.subject, Issuer: g.issuer, Configuration: g.configuration})
}

// serveMetadata describes the service, as RFC 8414 and as OpenID Connect Discovery.
func (s *Server) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                s.url,
		"authorization_endpoint":                s.url + "/authorize",
		"token_endpoint":                        s.url + "/token",
		"userinfo_endpoint":                     s.url + "/userinfo",
		"jwks_uri":                              s.url + "/.well-known/jwks.json",
		"scopes_supported":                      []string{"openid", "email", "wallet-subject-id"},
		"response_types_supported":              []string{"code"},
		"grant_types_supported":                 []string{"authorization_code", preAuthorisedGrant, "refresh_token"},
		"subject_types_supported":               []string{"pairwise"},
		"claims_supported":                      []string{"sub", "email", "email_verified", "wallet_subject_id"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt", "none"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"ES256"},
		"id_token_signing_alg_values_supported":            []string{"ES256"},
		"pre-authorized_grant_anonymous_access_supported":  true,
	})
}
