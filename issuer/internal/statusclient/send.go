package statusclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
)

const (
	timeout   = 3 * time.Second // of one attempt
	deadline  = 9 * time.Second // of all: a wallet waits
	attempts  = 6
	firstWait = 200 * time.Millisecond // doubled each time: longer, in all, than a service holds a request it has given up
	maxAnswer = 4 << 10
)

// send signs claims once and posts the token until the service has answered, so that every attempt is the same request.
func (c *Client) send(ctx context.Context, path string, want int, claims any) (jose.Claims, error) {
	key, err := c.options.Keys.Active(keys.PurposeOffer) // GOV.UK: the key set of the issuer holds the keys of these requests
	if err != nil {
		return jose.Claims{}, err
	}
	token, err := jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: "JWT", KeyID: key.ID}, claims)
	if err != nil {
		return jose.Claims{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	var failed error
	for n := range attempts {
		if n > 0 {
			if err := c.options.Wait(ctx, firstWait<<(n-1)); err != nil {
				return jose.Claims{}, unavailable(errors.Join(err, failed))
			}
		}
		answer, err := c.post(ctx, path, want, token)
		if err == nil || !again(err) {
			return answer, err
		}
		failed = err
	}
	return jose.Claims{}, failed
}

// again says whether the same request may fare better: the contract's 409, 500 and 503, and no answer at all.
func again(err error) bool {
	return slices.Contains([]fault.Kind{fault.Conflict, fault.Unavailable}, fault.KindOf(err))
}

func (c *Client) post(ctx context.Context, path string, want int, token string) (jose.Claims, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.ServiceURL+path, strings.NewReader(token))
	if err != nil {
		return jose.Claims{}, fmt.Errorf("make status request: %w", err)
	}
	request.Header.Set("Content-Type", "application/jwt")
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return jose.Claims{}, unavailable(withoutAddress(err))
	}
	defer func() { _ = response.Body.Close() }() // nothing is lost: the body was read or is not wanted
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return jose.Claims{}, unavailable(fmt.Errorf("read answer: %w", err))
	}
	answer, err := parse(response.Header.Get("Content-Type"), body)
	if response.StatusCode != want {
		return jose.Claims{}, refusal(response.StatusCode, answer)
	}
	if err != nil {
		return jose.Claims{}, unavailable(err)
	}
	return answer, nil
}

func parse(contentType string, body []byte) (jose.Claims, error) {
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" || len(body) > maxAnswer {
		return jose.Claims{}, errors.New("the answer is not JSON, or too long")
	}
	return jose.ParseClaims(body)
}

// words are what the contract's error_description is made of. Anything else could be part of what was sent.
var words = regexp.MustCompile(`^[A-Za-z ,./'-]{1,160}$`)

// refusal makes a fault of an answer. Its words are for the log.
func refusal(status int, answer jose.Claims) error {
	cause := fmt.Errorf("status list service answered %d", status)
	if description, err := answer.String("error_description"); err == nil && words.MatchString(description) {
		cause = fmt.Errorf("%w: %s", cause, description)
	}
	kind, known := map[int]fault.Kind{
		http.StatusBadRequest: fault.Invalid, http.StatusUnauthorized: fault.Unauthorized, http.StatusForbidden: fault.Forbidden,
		http.StatusNotFound: fault.NotFound, http.StatusConflict: fault.Conflict,
	}[status]
	if !known {
		return fault.Wrap(fault.Unavailable, codeAway, "", cause)
	}
	return fault.Wrap(kind, codeRefused, "", cause)
}

// withoutAddress drops the address that net/http puts into its errors.
func withoutAddress(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newTransport() *http.Transport {
	return &http.Transport{
		DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, MaxIdleConnsPerHost: 32, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
	}
}
