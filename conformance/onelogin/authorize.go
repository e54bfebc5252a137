package onelogin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	requestLife = 30 * time.Minute
	codeLife    = time.Minute
	loginLife   = 3 * time.Minute
	idTokenLife = 2 * time.Minute
)

var (
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)        // RFC 7636 §4.2, S256
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9\-._~]{43,128}$`) // RFC 7636 §4.1
)

// authRequest is a sign-in that has begun.
type authRequest struct {
	clientID, redirectURI, state, nonce, challenge string
	identity                                       bool // the core identity was asked for, at the level that has one
}

// codeGrant is what an authorisation code stands for.
type codeGrant struct {
	authRequest
	account Account
}

// serveAuthorize begins a sign-in (OpenID Connect Core §3.1.2): it lists who may sign in.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	client, ok := s.client(q.Get("client_id"))
	if !ok || !client.owns(q.Get("redirect_uri")) {
		// RFC 6749 §4.1.2.1: never redirect to an address that is not the client's.
		writePage(w, http.StatusBadRequest, problemPage, nil)
		return
	}
	in := authRequest{client.ClientID, q.Get("redirect_uri"), q.Get("state"), q.Get("nonce"), q.Get("code_challenge"), asksIdentity(q)}
	if code := checkAuthorize(q); code != "" {
		in.redirect(w, r, "error", code)
		return
	}
	if code := s.refusal.Load(); code != nil {
		in.redirect(w, r, "error", *code)
		return
	}
	id, err := s.random.token()
	if err != nil {
		in.redirect(w, r, "error", "server_error")
		return
	}
	s.requests.put(s.now(), id, in, s.now().Add(requestLife))
	writePage(w, http.StatusOK, signInPage, signIn{id, s.accounts})
}

// checkAuthorize returns the error word for a bad request, or "".
func checkAuthorize(q url.Values) string {
	for _, values := range q {
		if len(values) != 1 {
			return "invalid_request"
		}
	}
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type"
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		return "invalid_scope"
	case q.Get("state") == "" || q.Get("nonce") == "":
		return "invalid_request"
	case q.Get("code_challenge_method") != "S256" || !challengeForm.MatchString(q.Get("code_challenge")):
		return "invalid_request"
	}
	return ""
}

// serveConfirm ends a sign-in with the person's choice.
func (s *Server) serveConfirm(w http.ResponseWriter, r *http.Request) {
	in, ok := s.requests.take(s.now(), r.PostFormValue("request"))
	if !ok {
		writePage(w, http.StatusBadRequest, problemPage, nil)
		return
	}
	i := slices.IndexFunc(s.accounts, func(a Account) bool { return a.Subject == r.PostFormValue("account") })
	if i < 0 {
		in.redirect(w, r, "error", "access_denied")
		return
	}
	code, err := s.random.token()
	if err != nil {
		in.redirect(w, r, "error", "server_error")
		return
	}
	s.codes.put(s.now(), code, codeGrant{in, s.accounts[i]}, s.now().Add(codeLife))
	in.redirect(w, r, "code", code)
}

func (in authRequest) redirect(w http.ResponseWriter, r *http.Request, name, value string) {
	u, err := url.Parse(in.redirectURI)
	if err != nil {
		writePage(w, http.StatusBadRequest, problemPage, nil)
		return
	}
	q := u.Query()
	q.Set(name, value)
	if in.state != "" {
		q.Set("state", in.state)
	}
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

// owns says whether an address is on the client's own service.
func (i Issuer) owns(redirect string) bool {
	u, err := url.Parse(redirect)
	return err == nil && u.Fragment == "" && u.User == nil && strings.HasPrefix(redirect, i.URL+"/")
}

// grantCode redeems an authorisation code (RFC 6749 §4.1.3) with PKCE (RFC 7636 §4.6).
func (s *Server) grantCode(ctx context.Context, form url.Values) (map[string]any, *refusal) {
	client, refused := s.authenticate(ctx, form)
	if refused != nil {
		return nil, refused
	}
	g, ok := s.codes.take(s.now(), form.Get("code"))
	verifier := form.Get("code_verifier")
	digest := sha256.Sum256([]byte(verifier))
	if !ok || g.clientID != client.ClientID || g.redirectURI != form.Get("redirect_uri") ||
		!verifierForm.MatchString(verifier) || base64.RawURLEncoding.EncodeToString(digest[:]) != g.challenge {
		return nil, errGrant
	}
	return s.answerLogin(g)
}

func (s *Server) answerLogin(g codeGrant) (map[string]any, *refusal) {
	now := s.now()
	access, err := s.random.token()
	if err != nil {
		return nil, errServer
	}
	key := s.signer.Load()
	id, err := key.sign(s.random, map[string]any{"alg": "ES256", "kid": key.kid, "typ": "JWT"}, map[string]any{
		"iss": s.url, "sub": g.account.Subject, "aud": g.clientID, "nonce": g.nonce, "vot": "Cl.Cm",
		"iat": now.Unix(), "auth_time": now.Unix(), "exp": now.Add(idTokenLife).Unix(),
	})
	if err != nil {
		return nil, errServer
	}
	s.logins.put(now, access, g, now.Add(loginLife))
	return map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(loginLife.Seconds()), "id_token": id,
	}, nil
}
