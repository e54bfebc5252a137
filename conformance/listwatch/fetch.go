package listwatch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	mediaType = "application/statuslist+jwt"

	// maxBody is ample for a list of 1,048,576 entries of eight bits, though it does not compress.
	maxBody = 2 << 20

	requestTimeout = 10 * time.Second
)

// client asks each thing once, follows no redirect, keeps no cookie and opens no compression.
func newClient(t http.RoundTripper) *http.Client {
	if t == nil {
		t = &http.Transport{DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, IdleConnTimeout: time.Minute}
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Transport: t, Timeout: requestTimeout, CheckRedirect: stay}
}

// answer is a whole answer, its body within bounds.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *Watcher) get(ctx context.Context, address string, header map[string]string) (answer, error) {
	if !plainAddress(address) {
		return answer{}, wrong(KindAddress, "not a plain http or https URL")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, wrong(KindAddress, "cannot be requested")
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := w.http.Do(request)
	if err != nil {
		return answer{}, wrong(KindUnavailable, "no answer")
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its bound
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if len(body) > maxBody {
		return answer{}, wrong(KindTooLarge, "the body is over its bound")
	}
	if err != nil {
		return answer{}, wrong(KindUnavailable, "the answer ends early, or never")
	}
	return answer{response.StatusCode, response.Header, body}, nil
}

func plainAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && !strings.ContainsAny(address, "?#")
}

// neverWas is an entity tag that no list has: whoever answers 304 to it would hide every change.
const neverWas = `"listwatch-never-was"`

// fetchList asks for a list as it is now, uncompressed.
func (w *Watcher) fetchList(ctx context.Context, uri string) (answer, error) {
	a, err := w.get(ctx, uri, map[string]string{"Accept": mediaType, "Accept-Encoding": "identity", "If-None-Match": neverWas})
	switch {
	case err != nil:
		return a, err
	case a.status == http.StatusNotModified:
		return a, wrong(KindConditional, "304 to an entity tag that never was")
	case a.status != http.StatusOK:
		return a, wrong(KindUnavailable, "status "+http.StatusText(a.status))
	}
	if got, _, err := mime.ParseMediaType(a.header.Get("Content-Type")); err != nil || got != mediaType {
		return a, wrong(KindContentType, "not "+mediaType)
	}
	if e := a.header.Get("Content-Encoding"); e != "" && e != "identity" {
		return a, wrong(KindEncoding, "encoded though nobody asked")
	}
	return a, nil
}

// checkConditional asks again with the entity tag of a: a 304 without a body, or a newer list with another tag.
func (w *Watcher) checkConditional(ctx context.Context, uri string, a answer) error {
	tag := a.header.Get("ETag")
	if tag == "" {
		return nil // which has an alarm of its own
	}
	again, err := w.get(ctx, uri, map[string]string{"Accept": mediaType, "Accept-Encoding": "identity", "If-None-Match": tag})
	switch {
	case err != nil:
		return err
	case again.status == http.StatusNotModified && len(again.body) == 0:
		return nil
	case again.status == http.StatusOK && again.header.Get("ETag") != tag && !bytes.Equal(again.body, a.body):
		return nil // it was renewed between the two
	case again.status != http.StatusNotModified && again.status != http.StatusOK:
		return wrong(KindUnavailable, "status "+http.StatusText(again.status)+" when it is asked again")
	}
	return wrong(KindConditional, "no 304 to the entity tag it gave")
}

// checkCompressed asks for the list as most clients do: undoing what Content-Encoding says, once, must give a token.
func (w *Watcher) checkCompressed(ctx context.Context, uri string) error {
	a, err := w.get(ctx, uri, map[string]string{"Accept": mediaType, "Accept-Encoding": "gzip"})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return wrong(KindUnavailable, "status "+http.StatusText(a.status)+" when gzip is welcome")
	}
	text := a.body
	switch a.header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		if text, err = gunzip(text); err != nil {
			return wrong(KindEncoding, "not the gzip it says it is")
		}
	default:
		return wrong(KindEncoding, "encoded otherwise than asked")
	}
	if _, err := parseToken(text); err != nil {
		return wrong(KindEncoding, "no token when what it says of its encoding is undone")
	}
	return nil
}

func gunzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxBody+1))
	if err == nil && len(text) > maxBody {
		err = errors.New("over its bound")
	}
	return text, err
}
