package signin

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const keyID = "stand-in-sign-in"

var base64url = base64.RawURLEncoding

// postToken redeems a code, once (RFC 6749 §4.1.3).
func (p *Provider) postToken(w http.ResponseWriter, r *http.Request) {
	client, ok := p.authenticated(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	if r.PostFormValue("grant_type") != "authorization_code" {
		reply(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
		return
	}
	g, ok := take(p, p.codes, r.PostFormValue("code"), grantEnds)
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || g.client.ID != client.ID || g.redirect != r.PostFormValue("redirect_uri") || g.proof != base64url.EncodeToString(proof[:]) {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	g.until = p.Now().Add(tokenLife)
	access, err := put(p, p.tokens, g, grantEnds)
	if err != nil {
		reply(w, http.StatusInternalServerError, map[string]any{"error": "server_error"})
		return
	}
	id, err := p.sign(p.idToken(g, access))
	if err != nil {
		reply(w, http.StatusInternalServerError, map[string]any{"error": "server_error"})
		return
	}
	reply(w, http.StatusOK, map[string]any{"access_token": access, "id_token": id, "token_type": "Bearer", "expires_in": int(tokenLife / time.Second)})
}

// authenticated finds the client by Basic authentication (RFC 6749 §2.3.1: both halves are form-encoded first).
func (p *Provider) authenticated(r *http.Request) (Client, bool) {
	user, password, ok := r.BasicAuth()
	id, idErr := url.QueryUnescape(user)
	secret, secretErr := url.QueryUnescape(password)
	client, known := p.client(id)
	return client, ok && known && idErr == nil && secretErr == nil && subtle.ConstantTimeCompare([]byte(client.Secret), []byte(secret)) == 1
}

// idToken is OpenID Connect Core §2, with at_hash (§3.1.3.6).
func (p *Provider) idToken(g grant, access string) map[string]any {
	digest := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": p.Issuer(), "sub": g.account.Subject, "aud": g.client.ID, "nonce": g.nonce, "at_hash": base64url.EncodeToString(digest[:16]),
		"iat": p.Now().Unix(), "auth_time": p.Now().Unix(), "exp": g.until.Unix(),
	}
	for name, value := range g.account.Claims {
		claims[name] = value
	}
	return claims
}

func (p *Provider) sign(claims map[string]any) (string, error) {
	p.mu.Lock()
	forge := p.forge
	p.mu.Unlock()
	if forge != nil {
		return forge(map[string]any{"alg": "RS256", "kid": keyID, "typ": "JWT"}, claims, p.key), nil
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	input := base64url.EncodeToString([]byte(`{"alg":"RS256","kid":"`+keyID+`","typ":"JWT"}`)) + "." + base64url.EncodeToString(payload)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA256, digest[:])
	return input + "." + base64url.EncodeToString(signature), err
}

// getUserinfo says who an access token stands for (OpenID Connect Core §5.3).
func (p *Provider) getUserinfo(w http.ResponseWriter, r *http.Request) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	g, ok := p.tokens[token]
	p.mu.Unlock()
	if !bearer || !ok || !p.Now().Before(g.until) {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	claims := map[string]any{"sub": g.account.Subject}
	for name, value := range g.account.Claims {
		claims[name] = value
	}
	reply(w, http.StatusOK, claims)
}

func (p *Provider) getKeys(w http.ResponseWriter, _ *http.Request) {
	public := p.key.PublicKey
	reply(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": base64url.EncodeToString(public.N.Bytes()), "e": base64url.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}}})
}

// getConfiguration is OpenID Connect Discovery §4.
func (p *Provider) getConfiguration(w http.ResponseWriter, _ *http.Request) {
	issuer := p.Issuer()
	reply(w, http.StatusOK, map[string]any{
		"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
		"userinfo_endpoint": issuer + "/userinfo", "jwks_uri": issuer + "/.well-known/jwks.json",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "scopes_supported": []string{"openid", "profile"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
		"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true,
	})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone; there is no one to tell
}
