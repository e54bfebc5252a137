package listwatch

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// token is a status list token (draft-ietf-oauth-status-list-20 §5.1).
type token struct {
	Subject  string    `json:"sub"`
	IssuedAt int64     `json:"iat"`
	Expires  int64     `json:"exp"`
	TTL      int64     `json:"ttl"`
	List     listClaim `json:"status_list"`

	header struct {
		Algorithm string   `json:"alg"`
		Type      string   `json:"typ"`
		KeyID     string   `json:"kid"`
		Critical  []string `json:"crit"`
	}
	signed    []byte // header.payload, as received
	signature []byte
}

type listClaim struct {
	Bits int    `json:"bits"`
	List string `json:"lst"`
}

// skew is by how much the publisher's clock may be ahead of ours.
const skew = 10 * time.Second

// parseToken takes a compact JWS apart (RFC 7515 §7.1). It verifies nothing.
func parseToken(text []byte) (token, error) {
	var t token
	parts := bytes.Split(text, []byte("."))
	if len(parts) != 3 {
		return t, wrong(KindMalformed, "not a compact JWS")
	}
	var raw [3][]byte
	for i, part := range parts {
		b, err := base64url(string(part))
		if err != nil {
			return t, wrong(KindMalformed, "not base64url")
		}
		raw[i] = b
	}
	if decode(raw[0], &t.header) != nil || decode(raw[1], &t) != nil {
		return t, wrong(KindMalformed, "not JSON, a member twice, or one of the wrong form")
	}
	t.signed, t.signature = text[:len(parts[0])+1+len(parts[1])], raw[2]
	return t, nil
}

// base64url reads the one canonical spelling.
func base64url(s string) ([]byte, error) {
	for _, c := range s {
		if c == '\r' || c == '\n' { // which the decoder would skip
			return nil, errors.New("line break")
		}
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

// decode reads one JSON object and nothing after it, with no member twice: readers would differ on which one counts.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if err := distinct(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return json.Unmarshal(b, v)
}

const maxDepth = 8

// distinct walks one value.
func distinct(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil || depth > maxDepth {
		return errors.New("not JSON, or too deep")
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			text, _ := name.(string)
			if err != nil || seen[text] {
				return errors.New("a member twice")
			}
			seen[text] = true
		}
		if err := distinct(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// check looks at everything in the token but its signature and its list.
func (t token) check(uri string, now time.Time, renewal float64) error {
	issued, expires := time.Unix(t.IssuedAt, 0), time.Unix(t.Expires, 0)
	switch {
	case t.IssuedAt <= 0 || t.Expires <= t.IssuedAt || t.TTL <= 0:
		return wrong(KindMalformed, "iat, exp or ttl is missing, or not positive")
	case t.Subject != uri:
		return wrong(KindSubject, "sub is not the list's address")
	case now.Add(skew).Before(issued):
		return wrong(KindFuture, "iat is still to come")
	case !now.Before(expires):
		return wrong(KindExpired, "exp has passed")
	case now.Sub(issued) > time.Duration(renewal*float64(expires.Sub(issued))):
		return wrong(KindStale, "it should have been renewed by now")
	}
	return nil
}
