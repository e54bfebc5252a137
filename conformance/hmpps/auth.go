package hmpps

import (
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	keyID     = "stand-in-hmpps-auth"
	tokenLife = 20 * time.Minute
)

var base64url = base64.RawURLEncoding

// accessClaims is what an access token of HMPPS Auth says.
type accessClaims struct {
	Issuer      string   `json:"iss"`
	Subject     string   `json:"sub"`
	User        string   `json:"user_name,omitempty"` // on whose behalf the client asks
	ClientID    string   `json:"client_id"`
	Audience    string   `json:"aud"`
	Authorities []string `json:"authorities"`
	IssuedAt    int64    `json:"iat"`
	Expires     int64    `json:"exp"`
	ID          string   `json:"jti"`
	GrantType   string   `json:"grant_type"`
}

// postToken is the client credentials grant (RFC 6749 §4.4). As HMPPS Auth has it, a client may name the user on whose behalf
// it asks (username): the token is then of that user, with the client's roles.
func (s *Server) postToken(w http.ResponseWriter, r *http.Request) {
	if s.isDown(w) {
		return
	}
	client, ok := s.client(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="auth"`)
		reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	if r.PostFormValue("grant_type") != "client_credentials" {
		reply(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	token, err := s.mint(client, r.PostFormValue("username"))
	if err != nil {
		reply(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	reply(w, http.StatusOK, map[string]any{
		"access_token": token, "token_type": "bearer", "expires_in": int(tokenLife / time.Second), "scope": "read",
	})
}

// client finds who asks, by Basic authentication (RFC 6749 §2.3.1: both halves are form-encoded first).
func (s *Server) client(r *http.Request) (Client, bool) {
	user, password, ok := r.BasicAuth()
	id, idErr := url.QueryUnescape(user)
	secret, secretErr := url.QueryUnescape(password)
	if !ok || idErr != nil || secretErr != nil {
		return Client{}, false
	}
	for _, c := range s.clients {
		if c.ID == id && subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1 {
			return c, true
		}
	}
	return Client{}, false
}

func (s *Server) mint(c Client, user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := make([]byte, 16)
	if _, err := io.ReadFull(s.random, id); err != nil {
		return "", err
	}
	now := s.now()
	return s.sign(accessClaims{
		Issuer: s.issuer, Subject: cmp.Or(user, c.ID), User: user, ClientID: c.ID, Audience: c.ID, Authorities: c.Roles, ID: hex.EncodeToString(id),
		IssuedAt: now.Unix(), Expires: now.Add(tokenLife).Unix(), GrantType: "client_credentials",
	})
}

func (s *Server) sign(claims accessClaims) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	header := `{"alg":"RS256","kid":"` + keyID + `","typ":"JWT"}`
	input := base64url.EncodeToString([]byte(header)) + "." + base64url.EncodeToString(payload)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	return input + "." + base64url.EncodeToString(signature), err
}

// Key returns the key that signs tokens and its kid, for a test that signs what this server never would.
func (s *Server) Key() (*rsa.PrivateKey, string) { return s.key, keyID }

func (s *Server) getKeys(w http.ResponseWriter, _ *http.Request) {
	if s.isDown(w) {
		return
	}
	public := s.key.PublicKey
	reply(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": base64url.EncodeToString(public.N.Bytes()),
		"e": base64url.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}}})
}

// authorised lets a request through that bears a token of ours with role.
func (s *Server) authorised(role string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.isDown(w) {
			return
		}
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims, err := s.verify(token)
		if err != nil || !bearer {
			w.Header().Set("WWW-Authenticate", "Bearer")
			reply(w, http.StatusUnauthorized, map[string]any{"status": http.StatusUnauthorized})
			return
		}
		if !slices.Contains(claims.Authorities, role) {
			reply(w, http.StatusForbidden, map[string]any{"status": http.StatusForbidden})
			return
		}
		next(w, r)
	})
}

// verify accepts only what sign made, and not past its time.
func (s *Server) verify(token string) (accessClaims, error) {
	input, encoded, ok := cutLast(token, ".")
	signature, err := base64url.DecodeString(encoded)
	if !ok || err != nil {
		return accessClaims{}, errors.New("not a token")
	}
	digest := sha256.Sum256([]byte(input))
	if err := rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, digest[:], signature); err != nil {
		return accessClaims{}, err
	}
	_, body, _ := strings.Cut(input, ".") // we signed it: it has the form sign gave it
	payload, err := base64url.DecodeString(body)
	if err != nil {
		return accessClaims{}, err
	}
	var claims accessClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		return accessClaims{}, err
	}
	if s.now().Unix() >= claims.Expires {
		return accessClaims{}, errors.New("expired")
	}
	return claims, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
