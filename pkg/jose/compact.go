package jose

import (
	"crypto/ecdsa"
	"encoding/base64"
	"slices"
	"strings"
)

// strict refuses padding, whitespace and non-zero trailing bits, so that every token has one spelling (RFC 7515 §2).
var strict = base64.RawURLEncoding.Strict()

// Token is a token of the right shape whose signature nobody has checked yet.
type Token struct {
	compact   string
	header    Header
	embedded  *ecdsa.PublicKey
	payload   []byte
	signature []byte
}

// Header returns what the token says about itself. It is unverified.
func (t *Token) Header() Header { return t.header }

// UnverifiedClaims decodes the payload before anyone has checked the signature. It is for a caller who must learn from
// the token which trusted key to check it with; nothing else it says may be acted on.
func (t *Token) UnverifiedClaims() (Claims, error) { return ParseClaims(t.payload) }

// EmbeddedKey returns the key that the header brought, or nil. It is P-256 and public; nobody vouches for it. Only a token
// parsed with Expect.EmbeddedKey can have one.
func (t *Token) EmbeddedKey() *ecdsa.PublicKey { return t.embedded }

// Parse reads the compact serialisation of a token the caller expects. The error is an *Error.
func Parse(compact string, e Expect) (*Token, error) {
	parts, err := split(compact, e.maxBytes())
	if err != nil {
		return nil, err
	}
	h, embedded, err := parseHeader(parts[0], e.EmbeddedKey)
	if err != nil {
		return nil, err
	}
	if err := e.check(h); err != nil {
		return nil, err
	}
	if !validSignatureLength(h.Algorithm, len(parts[2])) {
		return nil, refuse(ReasonMalformed, "signature has a length its algorithm cannot make")
	}
	return &Token{compact: compact, header: h, embedded: embedded, payload: parts[1], signature: parts[2]}, nil
}

// Peek returns the header and the payload of a compact serialisation before anyone has judged either. It is for a service
// that must say which part of a token is wrong, word for word; nothing they say may be acted on. The error is an *Error.
func Peek(compact string, maxBytes int) (header, payload Claims, err error) {
	parts, err := split(compact, maxBytes)
	if err != nil {
		return Claims{}, Claims{}, err
	}
	if header, err = ParseClaims(parts[0]); err != nil {
		return Claims{}, Claims{}, err
	}
	payload, err = ParseClaims(parts[1])
	return header, payload, err
}

func (e Expect) maxBytes() int {
	if e.MaxBytes == 0 {
		return DefaultMaxBytes
	}
	return e.MaxBytes
}

// split returns header, payload and signature, decoded.
func split(compact string, limit int) ([3][]byte, error) {
	var parts [3][]byte
	if len(compact) > limit {
		return parts, refuse(ReasonMalformed, "longer than the limit")
	}
	texts := strings.Split(compact, ".")
	if len(texts) != len(parts) {
		return parts, refuse(ReasonMalformed, "not three parts")
	}
	for i, text := range texts {
		b, err := decodeSegment(text)
		if err != nil {
			return parts, err
		}
		parts[i] = b
	}
	return parts, nil
}

func decodeSegment(text string) ([]byte, error) {
	// encoding/base64 skips line feeds and carriage returns even in strict mode.
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return nil, refuse(ReasonMalformed, "empty part or line break")
	}
	b, err := strict.DecodeString(text)
	if err != nil {
		return nil, refuse(ReasonMalformed, "not unpadded base64url")
	}
	return b, nil
}

// maxHeaderValue is enough for a DID URL of a did:key, with room to spare.
const maxHeaderValue = 512

// parseHeader returns the key of jwk, too, where the caller lets a header have one.
func parseHeader(b []byte, mayEmbed bool) (Header, *ecdsa.PublicKey, error) {
	members, err := parseObject(b)
	if err != nil {
		return Header{}, nil, refuse(ReasonHeader, err.Error())
	}
	var embedded *ecdsa.PublicKey
	if jwk, ok := members["jwk"]; ok && mayEmbed {
		if embedded, err = parseEmbedded(jwk); err != nil {
			return Header{}, nil, err
		}
		delete(members, "jwk")
	}
	var h Header
	for name, value := range members {
		text, ok := value.(string)
		if !ok || !isVisible(text) || !h.set(name, text) {
			// jwk, jku, x5c, x5u would bring a key; crit and b64 would change the rules (RFC 7515 §4.1.11).
			return Header{}, nil, refuse(ReasonHeader, "a member other than alg, typ, cty and kid, or one that is no plain text")
		}
	}
	if h.Algorithm == "" {
		return Header{}, nil, refuse(ReasonHeader, "no alg")
	}
	if embedded != nil && h.KeyID != "" {
		return Header{}, nil, refuse(ReasonHeader, "both jwk and kid")
	}
	return h, embedded, nil
}

// parseEmbedded reads jwk, a P-256 public key (RFC 7515 §4.1.3).
func parseEmbedded(jwk any) (*ecdsa.PublicKey, error) {
	members, ok := jwk.(map[string]any)
	if !ok {
		return nil, refuse(ReasonHeader, "jwk is not an object")
	}
	key, err := parseJWK(members)
	if err != nil {
		return nil, err
	}
	pub, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return nil, refuse(ReasonKey, "jwk is not for ES256 signatures")
	}
	return pub, nil
}

// set returns false when a header may not have the member.
func (h *Header) set(name, value string) bool {
	switch name {
	case "alg":
		h.Algorithm = Algorithm(value)
	case "typ":
		h.Type = value
	case "cty":
		h.ContentType = value
	case "kid":
		h.KeyID = value
	default:
		return false
	}
	return true
}

// isVisible says whether s is 1 to maxHeaderValue visible ASCII characters: safe in a log line and in a comparison.
func isVisible(s string) bool {
	if s == "" || len(s) > maxHeaderValue {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}

func (e Expect) check(h Header) error {
	if h.Type != e.Type {
		return refuse(ReasonType, "typ is not the expected one")
	}
	if h.ContentType != e.ContentType {
		return refuse(ReasonType, "cty is not the expected one")
	}
	if !slices.Contains(e.Algorithms, h.Algorithm) {
		return refuse(ReasonAlgorithm, "alg is not allowed here")
	}
	return nil
}

func validSignatureLength(a Algorithm, n int) bool {
	switch a {
	case ES256:
		return n == 64 // RFC 7518 §3.4
	case RS256:
		return n >= minRSABits/8 && n <= maxRSABits/8
	}
	return false
}
