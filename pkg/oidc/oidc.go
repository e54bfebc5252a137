// Package oidc signs people in at an OpenID provider: the relying party of OpenID Connect Core 1.0, the authorisation code
// flow with PKCE (RFC 7636), state, nonce and, where the provider says so, the issuer in the answer (RFC 9207).
//
// The provider is configured, never found in a message. It is asked about itself when it is first needed, so that a service
// starts while the provider is away. Its answers are bounded, and it is not followed elsewhere.
package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"justice-wallet/pkg/fault"
)

// Codes of this package's faults.
const (
	CodeAway      = "sign_in_away"      // the provider did not answer: try again later
	CodeCancelled = "sign_in_cancelled" // the person said no at the provider
	CodeAgain     = "sign_in_again"     // this sign-in cannot go on: begin another
	CodeRefused   = "sign_in_refused"   // the provider's answer is not to be believed
)

// Options of a client. Issuer, ClientID, RedirectURL, Algorithms, Now, Rand and one of Secret and Assert are required.
type Options struct {
	Issuer      string
	ClientID    string
	RedirectURL string
	Scopes      []string          // beside openid
	Params      map[string]string // more parameters of the authorisation request
	Algorithms  []string          // an ID token may be signed with

	Secret string // client_secret_basic
	// Assert signs the claims of a client assertion (private_key_jwt, OpenID Connect Core §9) into a compact JWS.
	Assert func(claims map[string]any) (string, error)

	UserInfo  bool // ask userinfo, too
	Transport http.RoundTripper
	Now       func() time.Time
	Rand      io.Reader
}

// Client signs people in at one provider. Safe for concurrent use.
type Client struct {
	Options
	http   *http.Client
	flight singleflight.Group // of asking the provider about itself

	mu    sync.Mutex // held for known
	known *provider
}

// provider is what it says of itself.
type provider struct {
	*oidc.Provider
	says struct {
		Issuer bool `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
	}
}

// Pending is a sign-in that has begun. Keep it in the person's session, and nowhere else.
type Pending struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
}

// Identity is who signed in. Claims are those of the ID token, and those of userinfo over them.
type Identity struct {
	Subject string
	Claims  map[string]json.RawMessage
}

// String returns the claim of a name, or "" when there is none or it is no string.
func (i Identity) String(name string) string {
	var text string
	if json.Unmarshal(i.Claims[name], &text) != nil {
		return ""
	}
	return text
}

// Strings returns the claim of a name, or nil when there is none or it is no list of strings.
func (i Identity) Strings(name string) []string {
	var list []string
	if json.Unmarshal(i.Claims[name], &list) != nil {
		return nil
	}
	return list
}

const (
	timeout   = 10 * time.Second
	maxAnswer = 1 << 20
	tokenSize = 32
)

// New returns a client. It asks nobody anything.
func New(o Options) (*Client, error) {
	var mistakes []error
	for name, value := range map[string]string{"issuer": o.Issuer, "client id": o.ClientID, "redirect URL": o.RedirectURL} {
		if value == "" {
			mistakes = append(mistakes, fmt.Errorf("sign-in: no %s", name))
		}
	}
	if len(o.Algorithms) == 0 || o.Now == nil || o.Rand == nil || (o.Secret == "") == (o.Assert == nil) {
		mistakes = append(mistakes, errors.New("sign-in: want algorithms, a clock, randomness, and one way to authenticate"))
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	client := &http.Client{
		Transport: bounded{o.Transport}, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{Options: o, http: client}, errors.Join(mistakes...)
}

// bounded ends answers that go on too long.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}

// discover asks the provider about itself, until it has once answered. Those who ask at the same time wait for one answer:
// in turn, the last would wait for as many time-outs as there are others.
func (c *Client) discover(ctx context.Context) (*provider, error) {
	c.mu.Lock()
	known := c.known
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// One person's hanging up must not fail the others; the client's time-out bounds the request.
	detached := context.WithoutCancel(ctx)
	done := c.flight.DoChan("", func() (any, error) { return c.ask(detached) })
	select {
	case result := <-done:
		if result.Err != nil {
			return nil, fault.Wrap(fault.Unavailable, CodeAway, "", result.Err)
		}
		return result.Val.(*provider), nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, CodeAway, "", ctx.Err())
	}
}

func (c *Client) ask(ctx context.Context) (*provider, error) {
	about, err := oidc.NewProvider(oidc.ClientContext(ctx, c.http), c.Issuer)
	if err != nil {
		return nil, err
	}
	p := &provider{Provider: about}
	if err := about.Claims(&p.says); err != nil {
		return nil, fmt.Errorf("read what the provider says of itself: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = p
	return p, nil
}

func (c *Client) config(p *provider) oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if c.Assert != nil {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.Secret, Endpoint: endpoint, RedirectURL: c.RedirectURL, Scopes: append([]string{oidc.ScopeOpenID}, c.Scopes...),
	}
}

func (c *Client) random() (string, error) {
	b := make([]byte, tokenSize)
	if _, err := io.ReadFull(c.Rand, b); err != nil {
		return "", fmt.Errorf("begin sign-in: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Begin returns where to send the person, and what to keep until they are back.
func (c *Client) Begin(ctx context.Context, params map[string]string) (string, Pending, error) {
	provider, err := c.discover(ctx)
	if err != nil {
		return "", Pending{}, err
	}
	var p Pending
	for _, field := range []*string{&p.State, &p.Nonce, &p.Verifier} {
		if *field, err = c.random(); err != nil {
			return "", Pending{}, err
		}
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(p.Nonce), oauth2.S256ChallengeOption(p.Verifier)}
	for _, more := range []map[string]string{c.Params, params} {
		for name, value := range more {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	config := c.config(provider)
	return config.AuthCodeURL(p.State, options...), p, nil
}

// Finish ends a sign-in with the query of the address the person came back to. pending is of their own session, and is to
// be forgotten first: one answer ends it, whatever the answer.
func (c *Client) Finish(ctx context.Context, query url.Values, pending Pending) (Identity, error) {
	if pending.State == "" || len(query["state"]) != 1 || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(pending.State)) != 1 {
		return Identity{}, fault.New(fault.Forbidden, CodeAgain, "")
	}
	if named := query["iss"]; len(named) > 1 || len(named) == 1 && named[0] != c.Issuer { // RFC 9207 §2.4
		return Identity{}, fault.New(fault.Forbidden, CodeRefused, "")
	}
	if err := answer(query); err != nil {
		return Identity{}, err
	}
	provider, err := c.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if provider.says.Issuer && !query.Has("iss") { // RFC 9207 §2.4
		return Identity{}, fault.New(fault.Forbidden, CodeRefused, "")
	}
	ctx = oidc.ClientContext(ctx, c.http)
	tokens, err := c.redeem(ctx, provider, query.Get("code"), pending.Verifier)
	if err != nil {
		return Identity{}, err
	}
	identity, err := c.identify(ctx, provider, tokens, pending.Nonce)
	if err != nil || !c.UserInfo {
		return identity, err
	}
	return c.userinfo(ctx, provider, tokens, identity)
}

// answer reads the provider's error, if it is one (OpenID Connect Core §3.1.2.6).
func answer(query url.Values) error {
	switch code := query.Get("error"); {
	case code == "" && len(query["code"]) == 1 && query.Get("code") != "":
		return nil
	case code == "access_denied":
		return fault.New(fault.Forbidden, CodeCancelled, "")
	case slices.Contains([]string{"temporarily_unavailable", "server_error"}, code):
		return fault.New(fault.Unavailable, CodeAway, "")
	}
	return fault.New(fault.Forbidden, CodeAgain, "")
}

func (c *Client) redeem(ctx context.Context, provider *provider, code, verifier string) (*oauth2.Token, error) {
	config := c.config(provider)
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(verifier)}
	if c.Assert != nil {
		assertion, err := c.assertion(config.Endpoint.TokenURL)
		if err != nil {
			return nil, err
		}
		options = append(options, oauth2.SetAuthURLParam("client_assertion", assertion),
			oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
	}
	tokens, err := config.Exchange(ctx, code, options...)
	var refused *oauth2.RetrieveError
	switch {
	case err == nil:
		return tokens, nil
	case errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError && refused.ErrorCode == "invalid_grant":
		return nil, fault.New(fault.Forbidden, CodeAgain, "") // a code that is over, or was used
	}
	return nil, fault.New(fault.Unavailable, CodeAway, "") // the cause may quote what was sent, and is not kept
}

// assertion is private_key_jwt (OpenID Connect Core §9; RFC 7523 §3).
func (c *Client) assertion(audience string) (string, error) {
	id, err := c.random()
	if err != nil {
		return "", err
	}
	now := c.Now()
	compact, err := c.Assert(map[string]any{
		"iss": c.ClientID, "sub": c.ClientID, "aud": audience, "jti": id, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	})
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, CodeAway, "", err)
	}
	return compact, nil
}

// compact is the one serialisation of an ID token (OpenID Connect Core §2). The library takes the JSON one as well, with a header
// around it that nobody signed.
var compact = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

func (c *Client) identify(ctx context.Context, provider *provider, tokens *oauth2.Token, nonce string) (Identity, error) {
	raw, _ := tokens.Extra("id_token").(string) // "" is not compact
	if !compact.MatchString(raw) {
		return Identity{}, fault.Wrap(fault.Forbidden, CodeRefused, "", errors.New("the ID token is not in compact serialisation"))
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: c.ClientID, SupportedSigningAlgs: c.Algorithms, Now: c.Now})
	token, err := verifier.Verify(ctx, raw)
	switch {
	case err != nil:
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		err = errors.New("the nonce is another sign-in's")
	case len(token.Audience) != 1:
		err = errors.New("it is for several")
	case token.AccessTokenHash != "":
		err = token.VerifyAccessToken(tokens.AccessToken)
	}
	if err != nil {
		return Identity{}, fault.Wrap(fault.Forbidden, CodeRefused, "", err)
	}
	identity := Identity{Subject: token.Subject, Claims: map[string]json.RawMessage{}}
	if err := token.Claims(&identity.Claims); err != nil || identity.Subject == "" {
		return Identity{}, fault.Wrap(fault.Forbidden, CodeRefused, "", errors.Join(errors.New("it names nobody"), err))
	}
	return identity, nil
}

// userinfo adds what the provider says of the person, who must be the one of the ID token (OpenID Connect Core §5.3.2).
func (c *Client) userinfo(ctx context.Context, provider *provider, tokens *oauth2.Token, identity Identity) (Identity, error) {
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return Identity{}, fault.New(fault.Unavailable, CodeAway, "")
	}
	var claims map[string]json.RawMessage
	if err := info.Claims(&claims); err != nil || info.Subject != identity.Subject {
		return Identity{}, fault.Wrap(fault.Forbidden, CodeRefused, "", errors.Join(errors.New("userinfo is of another person"), err))
	}
	for name, value := range claims {
		identity.Claims[name] = value
	}
	return identity, nil
}
