// Package fetch gets small signed things (key sets, DID documents, status lists) from addresses the caller trusts.
//
// One request, one answer: no redirect is followed, no cookie kept, no compressed body opened, and neither size nor time
// is left to the other side. What cannot be had is a fault of kind Unavailable, and says nothing of the body.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"justice-wallet/pkg/fault"
)

const (
	defaultTimeout  = 5 * time.Second
	defaultMaxBytes = 64 << 10
	maxHeaderBytes  = 16 << 10
)

// Options may be the zero value.
type Options struct {
	Timeout   time.Duration     // for a whole request, body included; 0 means 5 s
	MaxBytes  int64             // of a body; 0 means 64 KiB
	Transport http.RoundTripper // nil means one of our own
}

// Client is safe for concurrent use.
type Client struct {
	http     http.Client
	maxBytes int64
}

// Response is an answer with status 200 or, when only a change was asked for, 304.
type Response struct {
	Status      int
	ContentType string // media type in lower case, without parameters; empty when absent or malformed
	Body        []byte
	Header      http.Header
}

// New returns a client.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{http: http.Client{Transport: o.Transport, Timeout: o.Timeout, CheckRedirect: stay}, maxBytes: o.MaxBytes}
}

func newTransport() *http.Transport {
	return &http.Transport{
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
	}
}

// Get fetches address, an absolute http or https URL, asking for the media type accept. Whatever keeps it from a whole
// answer with status 200 is a fault of kind Unavailable; an address it may not fetch is a fault of kind Invalid.
func (c *Client) Get(ctx context.Context, address, accept string) (*Response, error) {
	return c.GetChange(ctx, address, accept, "")
}

// GetChange is Get for one who holds what came with the entity tag (RFC 9110 §13.1.2): while it stands, the answer has
// status 304 and no body. An empty tag, or one that is none, asks for the whole.
func (c *Client) GetChange(ctx context.Context, address, accept, tag string) (*Response, error) {
	u, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, invalid("address cannot be requested")
	}
	request.Header.Set("Accept", accept)
	held := entityTag.MatchString(tag)
	if held {
		request.Header.Set("If-None-Match", tag)
	}
	request.Header.Set("Accept-Encoding", "identity") // a small answer that unfolds into a large one is a trick
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, unavailable(u, withoutAddress(err))
	}
	defer func() { _ = answer.Body.Close() }() // nothing is lost: the body was read or is not wanted
	if held && answer.StatusCode == http.StatusNotModified {
		return &Response{Status: answer.StatusCode, Header: answer.Header}, nil
	}
	return c.read(u, answer)
}

// entityTag is one that may be sent back, weak or strong, of a length that does no harm.
var entityTag = regexp.MustCompile(`^(W/)?"[!#-~]{0,256}"$`)

func (c *Client) read(u *url.URL, answer *http.Response) (*Response, error) {
	if answer.StatusCode != http.StatusOK {
		return nil, unavailable(u, fmt.Errorf("status %d", answer.StatusCode))
	}
	if e := answer.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, unavailable(u, errors.New("the body is encoded"))
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, c.maxBytes+1))
	if err != nil {
		return nil, unavailable(u, fmt.Errorf("read body: %w", err))
	}
	if int64(len(body)) > c.maxBytes {
		return nil, unavailable(u, errors.New("the body is longer than the limit"))
	}
	mediaType, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	return &Response{Status: answer.StatusCode, ContentType: mediaType, Body: body, Header: answer.Header}, nil
}

func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, invalid("address is not an absolute http or https URL")
	}
	return u, nil
}

func invalid(message string) error { return fault.New(fault.Invalid, "fetch_address", message) }

func unavailable(u *url.URL, err error) error {
	return fault.Wrap(fault.Unavailable, "fetch_failed", "could not fetch from "+u.Host, err)
}

// withoutAddress drops the path and query that net/http puts into its errors.
func withoutAddress(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
