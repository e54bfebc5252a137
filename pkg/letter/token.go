package letter

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/credential"
)

// Type is the typ of a token's protected header (RFC 9596). No other signature of ours has it.
const Type = "application/vnd.uk.gov.justice.letter+cose"

// Limits of a token. What we write fits, with the address of the page that checks it, a QR code of version 25 at level M
// (997 bytes; ISO/IEC 18004 table 7); what we read may be no longer than that page has ever to take.
const (
	MaxBytes = 1024                 // of a token that is read
	MaxText  = (MaxBytes*4 + 2) / 3 // of its base64url
	MaxLink  = 997                  // of the address in a QR code
)

// Errors of tokens.
var (
	ErrMalformed = errors.New("not a letter's token in its one form")
	ErrSignature = cose.ErrSignature
	ErrTooLong   = errors.New("the letter says more than its QR code can hold")
)

// Labels of the payload. CDDL:
//
//	letter = {
//	  1: tstr,               ; issuer
//	  2: tstr,               ; kind
//	  3: tstr .size 12,      ; code
//	  4: uint,               ; expires, seconds since 1970
//	  5: [tstr, uint],       ; status list, index
//	  6: uint,               ; issued, seconds since 1970
//	  7: [+ tstr / true]     ; the form's elements in its order; a day as YYYY-MM-DD; "" where an optional one is absent
//	}
const (
	labelIssuer = iota + 1
	labelKind
	labelCode
	labelExpires
	labelStatus
	labelIssued
	labelElements
)

// strict takes no padding and no spare bits.
var strict = base64.RawURLEncoding.Strict()

// Draft is a token that lacks its signature. It was re-opened, and found to say what the letter says.
type Draft struct {
	letter Letter
	typed  cose.Typed
}

// NewDraft writes l for the key with this id, lower-case hexadecimal of 32 bytes, to sign.
func NewDraft(l Letter, keyID string) (*Draft, error) {
	kid, err := hex.DecodeString(keyID)
	if err != nil || hex.EncodeToString(kid) != keyID || len(kid) != 32 {
		return nil, errors.New("draft letter: the key id is not a SHA-256")
	}
	l.Issued, l.Expires, l.Status.Bitstring = l.Issued.UTC(), l.Expires.UTC(), ""
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("draft letter: %w", err)
	}
	payload, err := encode(l)
	if err != nil {
		return nil, fmt.Errorf("draft letter: %w", err)
	}
	got, err := decode(payload)
	if err != nil || !reflect.DeepEqual(*got, l) {
		return nil, errors.New("draft letter: what was written does not say what was decided")
	}
	return &Draft{l, cose.Typed{Type: Type, KeyID: kid, Payload: payload}}, nil
}

// ToBeSigned is the message that the key signs with ES256.
func (d *Draft) ToBeSigned() ([]byte, error) { return d.typed.ToBeSigned() }

// Seal adds the signature, and returns the token as text. It refuses a signature that pub did not make.
func (d *Draft) Seal(signature []byte, pub *ecdsa.PublicKey) (string, error) {
	signed := d.typed
	signed.Signature = signature
	if err := signed.Verify(pub); err != nil {
		return "", fmt.Errorf("seal letter: %w", err)
	}
	raw, err := signed.Encode()
	if err != nil {
		return "", fmt.Errorf("seal letter: %w", err)
	}
	if len(raw) > MaxBytes {
		return "", ErrTooLong
	}
	return strict.EncodeToString(raw), nil
}

// Link is what the QR code holds: page is the address of the page that checks letters. The token is in the fragment,
// which a browser sends to nobody (RFC 9110 §4.2.5).
func Link(page, token string) (string, error) {
	link := page + "#" + token
	if len(link) > MaxLink {
		return "", ErrTooLong
	}
	return link, nil
}

// Token is a token that was read. Nothing it says may be believed before Verify.
type Token struct {
	letter Letter
	typed  *cose.Typed
}

// Parse reads the text of a token.
func Parse(text string) (*Token, error) {
	if len(text) > MaxText {
		return nil, ErrMalformed
	}
	raw, err := strict.DecodeString(text)
	if err != nil || len(raw) > MaxBytes || strict.EncodeToString(raw) != text { // the decoder skips line breaks
		return nil, ErrMalformed
	}
	typed, err := cose.DecodeTyped(raw, Type)
	if err != nil || len(typed.KeyID) != 32 {
		return nil, ErrMalformed
	}
	l, err := decode(typed.Payload)
	if err != nil {
		return nil, ErrMalformed
	}
	return &Token{*l, typed}, nil
}

// Issuer and KeyID say who claims to have signed.
func (t *Token) Issuer() string { return t.letter.Issuer }

// KeyID is lower-case hexadecimal.
func (t *Token) KeyID() string { return hex.EncodeToString(t.typed.KeyID) }

// Verify returns what the token says, if pub signed it.
func (t *Token) Verify(pub *ecdsa.PublicKey) (Letter, error) {
	if err := t.typed.Verify(pub); err != nil {
		return Letter{}, ErrSignature
	}
	return t.letter, nil
}

func encode(l Letter) ([]byte, error) {
	form, _ := FormOf(l.Kind)
	values := make([]any, 0, len(form.Elements))
	for _, e := range form.Elements {
		switch v := l.Value(e.Name).(type) {
		case nil:
			values = append(values, "")
		case credential.Date:
			values = append(values, v.String())
		default:
			values = append(values, v)
		}
	}
	return cbor.Encode(map[int]any{
		labelIssuer: l.Issuer, labelKind: string(l.Kind), labelCode: l.Code,
		labelExpires: l.Expires.Unix(), labelIssued: l.Issued.Unix(),
		labelStatus: []any{l.Status.URI, l.Status.Index}, labelElements: values,
	})
}

// decode reads a payload, and refuses one that is not the one encoding of what it says.
func decode(payload []byte) (*Letter, error) {
	var w map[int]cbor.RawMessage
	if err := cbor.Decode(payload, &w); err != nil {
		return nil, err
	}
	var l Letter
	var kind string
	var status, values []cbor.RawMessage
	var issued, expires int64
	for label, into := range map[int]any{
		labelIssuer: &l.Issuer, labelKind: &kind, labelCode: &l.Code, labelExpires: &expires, labelStatus: &status,
		labelIssued: &issued, labelElements: &values,
	} {
		if err := cbor.Decode(w[label], into); err != nil {
			return nil, err
		}
	}
	l.Kind, l.Issued, l.Expires = Kind(kind), time.Unix(issued, 0).UTC(), time.Unix(expires, 0).UTC()
	if len(status) != 2 {
		return nil, ErrMalformed
	}
	if err := errors.Join(cbor.Decode(status[0], &l.Status.URI), cbor.Decode(status[1], &l.Status.Index)); err != nil {
		return nil, err
	}
	form, _ := FormOf(l.Kind)
	var err error
	if l.Elements, err = form.decode(values); err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	if again, err := encode(l); err != nil || !bytes.Equal(again, payload) {
		return nil, ErrMalformed
	}
	return &l, nil
}

func (f Form) decode(values []cbor.RawMessage) ([]credential.Element, error) {
	if len(values) != len(f.Elements) {
		return nil, ErrMalformed
	}
	var out []credential.Element
	for i, e := range f.Elements {
		v, err := e.decode(values[i])
		if err != nil {
			return nil, err
		}
		if v != nil {
			out = append(out, credential.Element{Namespace: e.Namespace, Name: e.Name, Value: v})
		}
	}
	return out, nil
}

func (e Element) decode(raw cbor.RawMessage) (any, error) {
	if e.Shape == True {
		var b bool
		err := cbor.Decode(raw, &b)
		return b, err
	}
	var text string
	if err := cbor.Decode(raw, &text); err != nil {
		return nil, err
	}
	if text == "" {
		return nil, nil
	}
	if e.Shape == Day {
		return credential.ParseDate(text)
	}
	return text, nil
}
