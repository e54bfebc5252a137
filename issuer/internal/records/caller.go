package records

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"unicode/utf8"
)

const maxAnswer = 1 << 20 // bytes

var errUnauthorised = errors.New("status 401")

// caller asks one question over HTTP. It follows no redirect: an access token goes where it was configured to go.
type caller struct{ http http.Client }

func newCaller(transport http.RoundTripper) *caller {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &caller{http.Client{Transport: transport, CheckRedirect: stay}}
}

// call sends request and decodes an answer of status 200. Its errors hold nothing of the URL or of the answer.
func (c *caller) call(request *http.Request, into any) error {
	request.Header.Set("Accept", "application/json")
	answer, err := c.http.Do(request)
	if err != nil {
		return withoutURL(err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read, or is not wanted
	if answer.StatusCode == http.StatusUnauthorized {
		return errUnauthorised
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	if mediaType, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return errors.New("the answer is not JSON")
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return withoutURL(err)
	}
	return decode(body, into)
}

func decode(body []byte, into any) error {
	if len(body) > maxAnswer {
		return fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	// The decoder's own errors quote what they could not read.
	if !utf8.Valid(body) || json.Unmarshal(body, into) != nil {
		return errNonsense
	}
	return nil
}

// withoutURL drops the address that net/http puts into its errors: the licence register wants prison numbers in paths.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// system is one system of record, asked with an access token.
type system struct {
	name   string
	url    string // base
	caller *caller
	tokens *tokens
}

func (s system) get(ctx context.Context, path string, into any) error {
	return s.ask(ctx, http.MethodGet, path, nil, into)
}

func (s system) post(ctx context.Context, path string, question, into any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("encode question: %w", err)
	}
	return s.ask(ctx, http.MethodPost, path, body, into)
}

// ask asks again, once, with a new token when the token is refused: its key may have changed before its time was up.
func (s system) ask(ctx context.Context, method, path string, body []byte, into any) error {
	token, err := s.attempt(ctx, method, path, body, "", into)
	if errors.Is(err, errUnauthorised) && token != "" {
		_, err = s.attempt(ctx, method, path, body, token, into)
	}
	if err != nil {
		return unavailable(s.name, err)
	}
	return nil
}

// attempt asks with any token but refused, and returns the one it used.
func (s system) attempt(ctx context.Context, method, path string, body []byte, refused string, into any) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return "", errors.New("the system's address is not a URL")
	}
	token, err := s.tokens.get(ctx, refused)
	if err != nil {
		return "", fmt.Errorf("get access token: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return token, s.caller.call(request, into)
}
