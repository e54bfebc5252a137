package wallet

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const maxReply = 4 << 20

// RefusedError is an answer that is not the success hoped for.
type RefusedError struct {
	Status int    // HTTP status
	Code   string // the OAuth or OpenID4VCI error word, from the body or WWW-Authenticate; may be empty
}

func (e *RefusedError) Error() string { return fmt.Sprintf("refused: %d %s", e.Status, e.Code) }

// reply is a whole HTTP answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (w *Wallet) send(ctx context.Context, method, target string, header map[string]string, body []byte) (*reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := w.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	defer res.Body.Close() // read to the end below; a close error tells nothing more
	b, err := io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(b) > maxReply {
		return nil, errors.New("answer is too large")
	}
	return &reply{res.StatusCode, res.Header, b}, nil
}

// get fetches a document of one media type.
func (w *Wallet) get(ctx context.Context, target, mediaType string) ([]byte, error) {
	r, err := w.send(ctx, http.MethodGet, target, map[string]string{"Accept": mediaType}, nil)
	if err != nil {
		return nil, err
	}
	if r.status != http.StatusOK {
		return nil, fmt.Errorf("get %s: %w", target, r.refusal())
	}
	if !r.isType(mediaType) {
		return nil, fmt.Errorf("get %s: content type is not %s", target, mediaType)
	}
	return r.body, nil
}

func (w *Wallet) getObject(ctx context.Context, target string) (object, error) {
	b, err := w.get(ctx, target, "application/json")
	if err != nil {
		return nil, err
	}
	o, err := decodeObject(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", target, err)
	}
	return o, nil
}

// verifyWithKeySet verifies t with the key its kid names in the JWKS at target.
func (w *Wallet) verifyWithKeySet(ctx context.Context, t *token, target string) error {
	set, err := w.getObject(ctx, target)
	if err != nil {
		return err
	}
	list, err := set.objects("keys")
	if err != nil {
		return err
	}
	key, err := keyByID(list, t.header["kid"])
	if err != nil {
		return err
	}
	return t.verify(key)
}

func keyByID(list []object, kid any) (*ecdsa.PublicKey, error) {
	for _, jwk := range list {
		if kid != nil && jwk["kid"] == kid {
			return jwkKey(jwk)
		}
	}
	return nil, errors.New("no key has this kid")
}

func (r *reply) isType(want string) bool {
	got, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	return err == nil && got == want
}

var bearerError = regexp.MustCompile(`\berror="([^"]*)"`)

// refusal reads the error word out of an answer.
func (r *reply) refusal() *RefusedError {
	out := &RefusedError{Status: r.status}
	if o, err := decodeObject(r.body); err == nil {
		out.Code, _ = o["error"].(string) // no word is no word
	}
	if m := bearerError.FindStringSubmatch(r.header.Get("WWW-Authenticate")); out.Code == "" && m != nil {
		out.Code = m[1]
	}
	return out
}

// checkURL wants an absolute http or https URL without user, query or fragment.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.User != nil || strings.ContainsAny(s, "?#") {
		return errors.New("not a plain absolute URL")
	}
	return nil
}
