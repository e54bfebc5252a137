package records

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// refreshLead is how long before a token's end a new one is fetched.
const refreshLead = time.Minute

// bearerToken is the syntax of RFC 6750 §2.1: nothing else may reach a header.
var bearerToken = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

const maxToken = 8 << 10 // bytes

// Credentials are what a service shows to HMPPS Auth for an access token (RFC 6749 §4.4).
type Credentials struct {
	TokenURL string
	ClientID string
	Secret   string
}

// tokens keeps one access token for all callers, and lets one of them at a time fetch the next.
type tokens struct {
	credentials Credentials
	caller      *caller
	now         func() time.Time

	turn  chan struct{} // holds one value while someone reads or writes the fields below
	value string
	until time.Time
}

func newTokens(c Credentials, caller *caller, now func() time.Time) *tokens {
	return &tokens{credentials: c, caller: caller, now: now, turn: make(chan struct{}, 1)}
}

// get returns a token that is good for a while yet, and is not refused: the one a system would not take, if any.
func (t *tokens) get(ctx context.Context, refused string) (string, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if t.value == "" || t.value == refused || !t.now().Before(t.until) {
		if err := t.fetch(ctx); err != nil {
			return "", err
		}
	}
	return t.value, nil
}

// fetch asks for a new token. Its caller holds the turn.
func (t *tokens) fetch(ctx context.Context) error {
	t.value = ""
	asked := t.now()
	request, err := t.request(ctx)
	if err != nil {
		return err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"` // seconds
	}
	if err := t.caller.call(request, &answer); err != nil {
		return err
	}
	if len(answer.AccessToken) > maxToken || !bearerToken.MatchString(answer.AccessToken) ||
		!strings.EqualFold(answer.TokenType, "bearer") || answer.ExpiresIn <= 0 || answer.ExpiresIn > 24*60*60 {
		return errNonsense
	}
	life := time.Duration(answer.ExpiresIn) * time.Second
	t.value, t.until = answer.AccessToken, asked.Add(life-min(refreshLead, life/2))
	return nil
}

func (t *tokens) request(ctx context.Context) (*http.Request, error) {
	form := strings.NewReader("grant_type=client_credentials")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.credentials.TokenURL, form)
	if err != nil {
		return nil, errors.New("the token URL is not a URL")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// RFC 6749 §2.3.1: both halves are form-encoded first.
	request.SetBasicAuth(url.QueryEscape(t.credentials.ClientID), url.QueryEscape(t.credentials.Secret))
	return request, nil
}
