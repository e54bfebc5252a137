// Package statusclient asks the GOV.UK Status List Service, or another that keeps its contract, for places in status lists,
// and ends them.
//
// It holds to these:
//   - One operation is one request to the service, however often it is sent: the request's id is derived from the operation,
//     and the service answers a request that comes again as it did the first time.
//   - An answer is taken only when it is one: a place in a list under the address we were told, and nothing like it.
//   - What the service does not answer is a fault of kind Unavailable: nothing was spent for it here.
package statusclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
)

// Keys gives the key that signs for a purpose now.
type Keys interface {
	Active(keys.Purpose) (keys.Key, error)
}

// Options says which service is asked, and how. Transport and Wait may be nil.
type Options struct {
	ServiceURL string // where requests go, without a slash at the end
	ListsURL   string // what the lists' addresses begin with, without a slash at the end
	ClientID   string // ours there
	Keys       Keys
	Now        func() time.Time
	Transport  http.RoundTripper
	Wait       func(context.Context, time.Duration) error // between attempts; nil means by the clock on the wall
}

// Client implements issuance.Status. Safe for concurrent use.
type Client struct {
	options Options
	http    http.Client
}

// New checks o. It asks nobody.
func New(o Options) (*Client, error) {
	for _, address := range []string{o.ServiceURL, o.ListsURL} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" ||
			strings.ContainsAny(address, "?#") || strings.HasSuffix(address, "/") {
			return nil, errors.New("make status client: an address is not an http URL without query, fragment or final slash")
		}
	}
	if o.ClientID == "" {
		return nil, errors.New("make status client: no client id")
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return &Client{options: o, http: http.Client{
		Transport: o.Transport, Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// issueClaims and revokeClaims are the contract's (GOV.UK Status List Service). Times are seconds.
type issueClaims struct {
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"`
	ID       string `json:"jti"`
	Expires  int64  `json:"statusExpiry"`
}

type revokeClaims struct {
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"`
	ID       string `json:"jti"`
	Index    int    `json:"idx"`
	URI      string `json:"uri"`
}

// requestIDs is the name space of the ids of requests (RFC 9562 §5.5).
var requestIDs = uuid.MustParse("8a1f6a0e-6f6c-5d0a-9d63-5d5b9a3c1f42")

// requestID is the same for the same operation, and the operation cannot be told from it.
func requestID(what, operation string) string {
	return uuid.NewSHA1(requestIDs, []byte(what+"\x00"+operation)).String()
}

// Allocate implements issuance.Status. The reference has no bitstring: the service keeps lists of that kind apart, under
// addresses and indices of their own, and says nothing of them.
func (c *Client) Allocate(ctx context.Context, operation string, until time.Time) (credential.StatusRef, error) {
	now := c.options.Now()
	expires := until.Truncate(time.Second)
	if expires.Before(until) {
		expires = expires.Add(time.Second) // never before the document ends
	}
	if !expires.After(now) || expires.After(now.AddDate(1, 0, 0)) {
		return credential.StatusRef{}, fault.New(fault.Invalid, codeRefused, "the status list service keeps places for at most a year")
	}
	answer, err := c.send(ctx, "/issue", http.StatusOK, issueClaims{
		Issuer: c.options.ClientID, IssuedAt: now.Unix(), ID: requestID("issue", operation), Expires: expires.Unix(),
	})
	if err != nil {
		return credential.StatusRef{}, err
	}
	return c.place(answer)
}

var listID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (c *Client) place(answer jose.Claims) (credential.StatusRef, error) {
	index, err := answer.Int("idx")
	if err != nil || index < 0 || index >= statuslist.MaxEntries {
		return credential.StatusRef{}, unavailable(errors.New("the answer has no index of a list"))
	}
	uri, err := answer.String("uri")
	id, ours := strings.CutPrefix(uri, c.options.ListsURL+"/t/")
	if err != nil || !ours || !listID.MatchString(id) {
		return credential.StatusRef{}, unavailable(errors.New("the answer names no token status list under the configured address"))
	}
	return credential.StatusRef{URI: uri, Index: int(index)}, nil
}

// Revoke implements issuance.Status. A place that the service does not know is a fault of kind NotFound.
func (c *Client) Revoke(ctx context.Context, operation string, ref credential.StatusRef) (time.Time, error) {
	now := c.options.Now()
	answer, err := c.send(ctx, "/revoke", http.StatusAccepted, revokeClaims{
		Issuer: c.options.ClientID, IssuedAt: now.Unix(), ID: requestID("revoke", operation), Index: ref.Index, URI: ref.URI,
	})
	if err != nil {
		return time.Time{}, err
	}
	return revokedAt(answer, now)
}

// A time that is this many seconds would be in the year 5138: it is milliseconds, which GOV.UK's stand-in of its own service
// answers with, where the contract says seconds.
const milliseconds = 100_000_000_000

func revokedAt(answer jose.Claims, now time.Time) (time.Time, error) {
	n, err := answer.Int("revokedAt")
	at := time.Unix(n, 0).UTC()
	if n >= milliseconds {
		at = time.UnixMilli(n).UTC().Truncate(time.Second)
	}
	if err != nil || n <= 0 || at.After(now.Add(maxAhead)) {
		return time.Time{}, unavailable(errors.New("the answer does not say when the place ended"))
	}
	return at, nil
}

// maxAhead is how far the service's clock may be ahead of ours.
const maxAhead = 5 * time.Minute

// Codes of this package's faults.
const (
	codeRefused = "status_refused"
	codeAway    = "status_unavailable"
)

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, codeAway, "", fmt.Errorf("status list service: %w", err))
}
