// Package openid4vp asks wallets for presentations and judges their answers: by OpenID4VP 1.0, and for an mdoc also in
// ISO 18013-5's own protocols, in person and over the Digital Credentials API.
//
// A check begins with an organisation and a purpose, which fix what is asked. It lives in memory for minutes, is answered
// once, and belongs to the browser that began it. The answer is forgotten with it.
package openid4vp

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/verification"
)

// Paths under the verifier's URL that wallets are sent to. Each is followed by an id.
const (
	RequestPath  = "/openid4vp/requests/"
	ResponsePath = "/openid4vp/responses/"
)

// Flow says how request and answer travel.
type Flow string

const (
	CrossDevice Flow = "cross_device" // the wallet is on another device: a QR code
	SameDevice  Flow = "same_device"  // the wallet sends the browser back
	API         Flow = "dc_api"       // the browser's Digital Credentials API
	MDocAPI     Flow = "dc_api_mdoc"  // the same API in the mdoc's own protocol (ISO/IEC TS 18013-7:2025 Annex C)
	InPerson    Flow = "in_person"    // ISO 18013-5: a front end relays the bytes
)

// Options is what a Service is told. All of it is required.
type Options struct {
	URL      string // of the verifier: an origin, without a trailing slash
	Return   string // path, under URL, that a same-device wallet sends the browser to; the id follows
	Scheme   string // of the wallet's link: "openid4vp://authorize"
	Prefix   string // of the client id: oid4vp.PrefixX509Hash or oid4vp.PrefixX509SANDNS
	Sign     func(message []byte) (raw []byte, err error)
	Chain    []*x509.Certificate // leaf first, without the trust anchor
	Register *purpose.Register
	Verifier *verification.Verifier
	Receipt  func(ctx context.Context, purpose string, outcome verification.Verdict) string // its id; empty: none was made
	Now      func() time.Time
	Rand     io.Reader
}

// Service asks and judges. Safe for concurrent use.
type Service struct {
	options  Options
	clientID string
	origin   string
	sessions *sessions
}

// New returns a service, or every mistake of its options.
func New(o Options) (*Service, error) {
	origin, err := url.Parse(o.URL)
	var mistakes []error
	if err != nil || origin.Host == "" || origin.Path != "" || origin.RawQuery != "" || origin.User != nil {
		mistakes = append(mistakes, errors.New("URL is not an origin"))
	}
	if !strings.HasPrefix(o.Return, "/") || !strings.HasSuffix(o.Return, "/") {
		mistakes = append(mistakes, errors.New("the return path is not between slashes"))
	}
	id, err := clientID(o, origin)
	if err := errors.Join(append(mistakes, err)...); err != nil {
		return nil, fmt.Errorf("start asking wallets: %w", err)
	}
	return &Service{options: o, clientID: id, origin: o.URL, sessions: newSessions(o.Now)}, nil
}

// clientID names the verifier by its certificate, which must be for our host and our key (OpenID4VP 1.0 §5.9.3).
func clientID(o Options, origin *url.URL) (string, error) {
	if len(o.Chain) == 0 {
		return "", errors.New("there is no certificate")
	}
	leaf := o.Chain[0]
	if key, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve.Params().BitSize != 256 {
		return "", errors.New("the certificate's key is not on P-256")
	}
	if now := o.Now(); now.Before(leaf.NotBefore) || !now.Before(leaf.NotAfter) {
		return "", errors.New("the certificate is not valid now")
	}
	// OpenID4VC HAIP 1.0 §5: the leaf is not self-signed, and the trust anchor is not sent.
	if slices.ContainsFunc(o.Chain, func(c *x509.Certificate) bool { return c.CheckSignatureFrom(c) == nil }) {
		return "", errors.New("the chain holds a self-signed certificate")
	}
	switch o.Prefix {
	case oid4vp.PrefixX509Hash:
		digest := sha256.Sum256(leaf.Raw)
		return o.Prefix + base64.RawURLEncoding.EncodeToString(digest[:]), nil
	case oid4vp.PrefixX509SANDNS:
		if origin == nil || !slices.Contains(leaf.DNSNames, origin.Hostname()) {
			return "", errors.New("the certificate does not name the host of the URL")
		}
		return o.Prefix + origin.Hostname(), nil
	}
	return "", fmt.Errorf("there is no client identifier prefix %q", o.Prefix)
}
