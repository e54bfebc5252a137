package sdjwt

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/jose"
)

// FormatName is the format's name in OpenID4VCI and OpenID4VP.
const FormatName = "dc+sd-jwt"

// Credential is an SD-JWT VC as a document. Its members are read from what its issuer signed in the clear, never from a
// disclosure; nothing it says may be believed before Verify, with a key that the caller knows to be Issuer's. It prints as
// [redacted].
type Credential struct {
	Issuer   string
	KeyID    string // kid of the issuer's JWT; may be empty
	Type     string // vct
	Validity credential.Validity
	Status   *credential.StatusRef // nil when it has none

	// Elements are what it says of its holder once Verify has passed: every claim but the registered ones, in the order of
	// their names, with an empty namespace, the value a string, bool, int64, []any or map[string]any.
	Elements []credential.Element

	presentation *Presentation
	verified     *Verified
}

// OpenCredential reads an SD-JWT VC and checks what can be before its issuer's key is known.
func OpenCredential(compact string) (*Credential, error) {
	p, err := Parse(compact)
	if err != nil {
		return nil, err
	}
	token, err := jose.Parse(p.issuer, jose.Expect{Type: TypeVC, Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: MaxBytes})
	if err != nil {
		return nil, &Error{ReasonMalformed, "the issuer's JWT cannot be read", err}
	}
	payload, err := token.UnverifiedClaims()
	if err != nil {
		return nil, &Error{ReasonMalformed, "the issuer's JWT cannot be read", err}
	}
	c := &Credential{KeyID: token.Header().KeyID, presentation: p}
	if err := c.read(payload); err != nil {
		return nil, &Error{ReasonMalformed, "a claim is missing or of the wrong form", err}
	}
	return c, nil
}

// Verify checks that key signed the document, and that each disclosure is one it signed. The error is an *Error.
func (c *Credential) Verify(ctx context.Context, key *ecdsa.PublicKey) error {
	source := jose.KeyFunc(func(context.Context, jose.Header) (crypto.PublicKey, error) { return key, nil })
	verified, err := c.presentation.Verify(ctx, TypeVC, source)
	if err != nil {
		return err
	}
	if err := verified.CheckVC(); err != nil {
		return err
	}
	if c.Elements, err = elements(verified.Claims); err != nil {
		return &Error{ReasonDisclosure, "a value that no document states", err}
	}
	c.verified = verified
	return nil
}

// VerifyHolder is VerifyBinding of a document that passed Verify.
func (c *Credential) VerifyHolder(b Binding) error {
	if c.verified == nil || !c.verified.Bound() || !c.verified.Signed.Has("cnf") || b.Nonce == "" || b.Audience == "" {
		return &Error{ReasonBinding, "nothing binds it, or there is nothing to bind it to", ErrUnbound}
	}
	return c.verified.VerifyBinding(b)
}

func (c *Credential) read(p jose.Claims) error {
	var err error
	if c.Issuer, err = p.String("iss"); err != nil {
		return err
	}
	if c.Type, err = p.String("vct"); err != nil {
		return err
	}
	if c.Issuer == "" || c.Type == "" {
		return errors.New("iss or vct is empty")
	}
	if c.Validity, err = readValidity(p); err != nil {
		return err
	}
	c.Status, err = readStatus(p)
	return err
}

// readValidity demands iat and exp, which the draft leaves optional: a document that never ends could not be let go of.
func readValidity(p jose.Claims) (credential.Validity, error) {
	issued, errIssued := p.Time("iat")
	until, errUntil := p.Time("exp")
	v := credential.Validity{Signed: issued, From: issued, Until: until}
	if err := errors.Join(errIssued, errUntil); err != nil {
		return v, err
	}
	var err error
	if p.Has("nbf") {
		v.From, err = p.Time("nbf")
	}
	for _, t := range []*time.Time{&v.Signed, &v.From, &v.Until} {
		*t = t.Truncate(time.Second)
	}
	return v, err
}

// readStatus reads status.status_list (draft-ietf-oauth-status-list-20 §6.2). Another kind of status is one we cannot ask
// about, and so refuse.
func readStatus(p jose.Claims) (*credential.StatusRef, error) {
	if !p.Has("status") {
		return nil, nil
	}
	status, err := p.Object("status")
	if err != nil {
		return nil, err
	}
	list, err := status.Object("status_list")
	if err != nil || len(status.Names()) != 1 {
		return nil, errors.New("status is not of one status list")
	}
	uri, errURI := list.String("uri")
	index, errIndex := list.Int("idx")
	if err := errors.Join(errURI, errIndex); err != nil {
		return nil, err
	}
	if uri == "" || index < 0 || index > maxIndex {
		return nil, errors.New("status has no URI, or no index that a list can have")
	}
	return &credential.StatusRef{URI: uri, Index: int(index)}, nil
}

const maxIndex = 1<<31 - 1

// registered are the claims about the document itself; CheckVC has seen to it that a holder can leave out none of them.
func registered() []string { return append(never(), "iat") }

func elements(claims map[string]any) ([]credential.Element, error) {
	var out []credential.Element
	for name, v := range claims {
		if slices.Contains(registered(), name) {
			continue
		}
		value, err := plain(v)
		if err != nil {
			return nil, err
		}
		out = append(out, credential.Element{Name: name, Value: value})
	}
	slices.SortFunc(out, func(a, b credential.Element) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// plain turns JSON's numbers into whole ones, which is all that a document states.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case string, bool:
		return v, nil
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return nil, errors.New("a number is not a whole one") // the cause would quote it
		}
		return n, nil
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			var err error
			if out[i], err = plain(item); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			var err error
			if out[name], err = plain(item); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, errors.New("a value is null")
}

func (Credential) String() string       { return "[redacted]" }
func (Credential) GoString() string     { return "[redacted]" }
func (Credential) LogValue() slog.Value { return slog.StringValue("[redacted]") }
