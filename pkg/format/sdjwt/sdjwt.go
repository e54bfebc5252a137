// Package sdjwt reads SD-JWTs (RFC 9901) in compact serialisation: claims that their issuer signed as digests and their
// holder discloses one by one, with the proof that the holder's key is at hand.
//
// Its invariants, each held by a test:
//   - Nothing is believed before the issuer's signature is right under the key the caller trusts.
//   - Every disclosure is used exactly once. One that no digest names, that two name, or that says what the issuer had said
//     already, refuses the whole.
//   - What Verify returns holds no _sd, no _sd_alg and no "..." member.
//   - A key binding proves the presentation it stands on, for one verifier and one nonce, and nothing else.
package sdjwt

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"justice-wallet/pkg/jose"
)

// Limits of a presentation.
const (
	MaxBytes       = 256 << 10
	maxDisclosures = 256
	maxDepth       = 16
)

// Types of the JWTs of an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc §3.1; RFC 9901 §4.3).
const (
	TypeVC         = "dc+sd-jwt"
	TypeKeyBinding = "kb+jwt"
)

// Reason says what is wrong.
type Reason string

const (
	ReasonMalformed  Reason = "malformed"   // not one SD-JWT in compact serialisation, or too large
	ReasonIssuer     Reason = "issuer"      // the issuer's JWT is not to be believed
	ReasonDigests    Reason = "digests"     // _sd, _sd_alg or "..." is of the wrong form, or a digest stands twice
	ReasonDisclosure Reason = "disclosure"  // one is malformed, nobody's, or over a claim that is there
	ReasonBinding    Reason = "key_binding" // it is missing, or not of this holder, verifier, nonce or presentation
)

// Error is why a presentation was refused. It quotes nothing of it.
type Error struct {
	Reason Reason
	Detail string
	Err    error
}

func (e *Error) Error() string {
	s := "sd-jwt: " + string(e.Reason) + ": " + e.Detail
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Why a key binding is refused, within an *Error. Another is of another key or presentation.
var (
	ErrUnbound  = errors.New("not bound")
	ErrAudience = errors.New("another audience")
	ErrNonce    = errors.New("another nonce")
	ErrTime     = errors.New("another time")
)

func refuse(r Reason, detail string) *Error { return &Error{Reason: r, Detail: detail} }

// Presentation is an SD-JWT in its parts. Nothing of it is verified.
type Presentation struct {
	issuer      string
	disclosures []string
	bound       string // all that a key binding signs: everything up to and including the last tilde
	binding     string // empty when there is none
}

// Parse takes a presentation apart (RFC 9901 §4): the issuer's JWT, disclosures, and perhaps a key binding, with a tilde
// after each but the last.
func Parse(s string) (*Presentation, error) {
	if len(s) > MaxBytes {
		return nil, refuse(ReasonMalformed, "longer than the limit")
	}
	parts := strings.Split(s, "~")
	n := len(parts)
	if n < 2 || n-2 > maxDisclosures || parts[0] == "" {
		return nil, refuse(ReasonMalformed, "not an issuer's JWT, disclosures and a last tilde")
	}
	for _, d := range parts[1 : n-1] {
		if d == "" {
			return nil, refuse(ReasonMalformed, "an empty disclosure")
		}
	}
	// Without its last tilde, the last disclosure would be taken for a key binding that nobody looks at.
	if parts[n-1] != "" && strings.Count(parts[n-1], ".") != 2 {
		return nil, refuse(ReasonMalformed, "what follows the last tilde is no JWT")
	}
	return &Presentation{issuer: parts[0], disclosures: parts[1 : n-1], bound: s[:len(s)-len(parts[n-1])], binding: parts[n-1]}, nil
}

// Bound says whether there is a key binding. It is not yet verified.
func (p *Presentation) Bound() bool { return p.binding != "" }

// Verified is what the issuer says and the holder disclosed. It prints as [redacted].
type Verified struct {
	Header jose.Header
	Claims map[string]any // as encoding/json decodes them, numbers as json.Number
	Signed jose.Claims    // as signed, before anything was disclosed: what is here nobody could withhold

	presentation *Presentation
}

func (Verified) String() string   { return "[redacted]" }
func (Verified) GoString() string { return "[redacted]" }

// Verify checks the issuer's signature, of typ typ and by a key of keys, and puts the disclosures in their places
// (RFC 9901 §7.1). Times, issuer and status are the caller's. The error is an *Error.
func (p *Presentation) Verify(ctx context.Context, typ string, keys jose.KeySource) (*Verified, error) {
	expect := jose.Expect{Type: typ, Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: MaxBytes}
	token, err := jose.Verify(ctx, p.issuer, expect, keys)
	if err != nil {
		return nil, &Error{ReasonIssuer, "the issuer's JWT is refused", err}
	}
	payload, err := object(token.Claims.Raw())
	if err != nil {
		return nil, &Error{ReasonIssuer, "its payload is no object", err}
	}
	if alg, ok := payload["_sd_alg"]; ok && alg != "sha-256" {
		return nil, refuse(ReasonDigests, "_sd_alg is not sha-256")
	}
	delete(payload, "_sd_alg")
	o, err := open(p.disclosures)
	if err != nil {
		return nil, err
	}
	if err := o.object(payload, 0); err != nil {
		return nil, err
	}
	if o.used != len(p.disclosures) {
		return nil, refuse(ReasonDisclosure, "one that no digest names")
	}
	return &Verified{token.Header, payload, token.Claims, p}, nil
}

func object(raw []byte) (map[string]any, error) {
	var out map[string]any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	err := d.Decode(&out)
	return out, err
}

// disclosure is one, decoded: [salt, value] in an array, [salt, name, value] in an object (RFC 9901 §4.2).
type disclosure struct {
	name    string
	element bool
	value   any
}

// opener puts disclosures in their places.
type opener struct {
	byDigest map[string]disclosure
	seen     map[string]bool // every digest met, whether or not it is disclosed
	used     int
}

func open(encoded []string) (*opener, error) {
	o := &opener{map[string]disclosure{}, map[string]bool{}, 0}
	for _, text := range encoded {
		d, err := parseDisclosure(text)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(text))
		o.byDigest[base64.RawURLEncoding.EncodeToString(sum[:])] = d // one that stands twice is used once, and so too many
	}
	return o, nil
}

func parseDisclosure(text string) (disclosure, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return disclosure{}, refuse(ReasonDisclosure, "not unpadded base64url")
	}
	// As a member of an object the array meets the one strict reader of JSON: no member twice, nothing after it.
	wrapped, err := jose.ParseClaims([]byte(`{"d":` + string(raw) + `}`))
	if err != nil || len(wrapped.Names()) != 1 {
		return disclosure{}, refuse(ReasonDisclosure, "no strict JSON")
	}
	value, _ := wrapped.Value("d")
	parts, ok := value.([]any)
	if !ok || len(parts) != 2 && len(parts) != 3 {
		return disclosure{}, refuse(ReasonDisclosure, "not an array of two or three")
	}
	if _, ok := parts[0].(string); !ok {
		return disclosure{}, refuse(ReasonDisclosure, "its salt is no text")
	}
	if len(parts) == 2 {
		return disclosure{element: true, value: parts[1]}, nil
	}
	name, ok := parts[1].(string)
	if !ok || name == "_sd" || name == "..." || name == "_sd_alg" {
		return disclosure{}, refuse(ReasonDisclosure, "its name is no name of a claim")
	}
	return disclosure{name: name, value: parts[2]}, nil
}

// take returns the disclosure of a digest, if there is one. A digest may stand once.
func (o *opener) take(digest any, element bool) (disclosure, bool, error) {
	text, ok := digest.(string)
	if !ok || o.seen[text] {
		return disclosure{}, false, refuse(ReasonDigests, "a digest that is no text, or stands twice")
	}
	o.seen[text] = true
	d, ok := o.byDigest[text]
	if !ok {
		return disclosure{}, false, nil
	}
	if d.element != element {
		return disclosure{}, false, refuse(ReasonDisclosure, "one of an element where a member is, or the other way round")
	}
	o.used++
	return d, true, nil
}

// object discloses into m, and into what is in it (RFC 9901 §7.1, step 3).
func (o *opener) object(m map[string]any, depth int) error {
	if depth > maxDepth {
		return refuse(ReasonDigests, "nested too deeply")
	}
	if _, ok := m["..."]; ok {
		return refuse(ReasonDigests, `a "..." that is no element of an array`)
	}
	if _, ok := m["_sd_alg"]; ok { // RFC 9901 §4.1.1: at the top alone
		return refuse(ReasonDigests, "an _sd_alg within")
	}
	digests, ok := m["_sd"].([]any)
	if _, there := m["_sd"]; there && !ok {
		return refuse(ReasonDigests, "_sd is no array")
	}
	delete(m, "_sd")
	for _, digest := range digests {
		d, ok, err := o.take(digest, false)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if _, there := m[d.name]; there {
			return refuse(ReasonDisclosure, "one over a claim that is there")
		}
		m[d.name] = d.value
	}
	for name, value := range m {
		opened, err := o.value(value, depth+1)
		if err != nil {
			return err
		}
		m[name] = opened
	}
	return nil
}

func (o *opener) value(v any, depth int) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return v, o.object(v, depth)
	case []any:
		return o.array(v, depth)
	}
	return v, nil
}

// array leaves out elements that are not disclosed.
func (o *opener) array(elements []any, depth int) ([]any, error) {
	if depth > maxDepth {
		return nil, refuse(ReasonDigests, "nested too deeply")
	}
	out := []any{}
	for _, element := range elements {
		if m, ok := element.(map[string]any); ok {
			if digest, there := m["..."]; there {
				if len(m) != 1 {
					return nil, refuse(ReasonDigests, `a "..." that is not alone`)
				}
				d, disclosed, err := o.take(digest, true)
				if err != nil {
					return nil, err
				}
				if !disclosed {
					continue
				}
				element = d.value
			}
		}
		opened, err := o.value(element, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, opened)
	}
	return out, nil
}

// Bound says whether there is a key binding, which only VerifyBinding can tell a good one.
func (v *Verified) Bound() bool { return v.presentation.Bound() }

// Binding is what a key binding must be for.
type Binding struct {
	Audience string
	Nonce    string
	Now      time.Time
	MaxAge   time.Duration // of iat; what is more than a minute ahead is refused, too
}

const clockSkew = time.Minute

// VerifyBinding checks that the holder's key, cnf of what the issuer signed, made this presentation for b (RFC 9901 §7.3).
// There is no presentation without one that passes here. The error is an *Error.
func (v *Verified) VerifyBinding(b Binding) error {
	if !v.presentation.Bound() {
		return refuse(ReasonBinding, "there is none")
	}
	confirmation, err := v.Signed.Object("cnf")
	if err != nil {
		return refuse(ReasonBinding, "the issuer names no key")
	}
	jwk, err := confirmation.Object("jwk")
	if err != nil {
		return refuse(ReasonBinding, "the issuer names no key")
	}
	key, err := jose.ParsePublicJWK(jwk.Raw())
	if err != nil {
		return &Error{ReasonBinding, "the holder's key is none of ours", err}
	}
	token, err := jose.Parse(v.presentation.binding, jose.Expect{Type: TypeKeyBinding, Algorithms: []jose.Algorithm{jose.ES256}})
	if err != nil {
		return &Error{ReasonBinding, "it is no key binding", err}
	}
	claims, err := token.Verify(key)
	if err != nil {
		return &Error{ReasonBinding, "it is not of the holder's key", err}
	}
	return v.presentation.boundTo(b, claims)
}

func (p *Presentation) boundTo(b Binding, claims jose.Claims) error {
	audience, err1 := claims.String("aud")
	nonce, err2 := claims.String("nonce")
	issued, err3 := claims.Time("iat")
	digest, err4 := claims.String("sd_hash")
	sum := sha256.Sum256([]byte(p.bound))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	switch {
	case errors.Join(err1, err2, err3, err4) != nil:
		return refuse(ReasonBinding, "aud, nonce, iat or sd_hash is missing")
	case audience != b.Audience:
		return &Error{ReasonBinding, "it is for another verifier", ErrAudience}
	case subtle.ConstantTimeCompare([]byte(nonce), []byte(b.Nonce)) != 1:
		return &Error{ReasonBinding, "it is for another request", ErrNonce}
	case digest != want:
		return refuse(ReasonBinding, "it is for another presentation")
	case issued.After(b.Now.Add(clockSkew)) || issued.Before(b.Now.Add(-b.MaxAge)):
		return &Error{ReasonBinding, "it was not made now", ErrTime}
	}
	return current(claims, b.Now)
}

// current holds a key binding to the times it may name itself (RFC 7519 §4.1.4 and §4.1.5).
func current(claims jose.Claims, now time.Time) error {
	for name, wrong := range map[string]func(time.Time) bool{
		"exp": func(at time.Time) bool { return !now.Before(at) },
		"nbf": func(at time.Time) bool { return now.Add(clockSkew).Before(at) },
	} {
		if !claims.Has(name) {
			continue
		}
		if at, err := claims.Time(name); err != nil || wrong(at) {
			return &Error{ReasonBinding, name + " does not hold now", ErrTime}
		}
	}
	return nil
}

// never are the claims of an SD-JWT VC that a holder may not be able to withhold (draft-ietf-oauth-sd-jwt-vc §3.2.2.2).
func never() []string { return []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"} }

// CheckVC checks what a verified SD-JWT must be, beside its typ, to be an SD-JWT VC: it has a vct, and shows openly all that
// must be open.
func (v *Verified) CheckVC() error {
	if vct, err := v.Signed.String("vct"); err != nil || vct == "" {
		return refuse(ReasonIssuer, "no vct")
	}
	for _, name := range never() {
		if _, disclosed := v.Claims[name]; disclosed && !v.Signed.Has(name) {
			return refuse(ReasonDisclosure, fmt.Sprintf("%s was disclosed, and must be open", name))
		}
	}
	return nil
}
