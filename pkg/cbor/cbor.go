// Package cbor is the one CBOR mode of this project, and the only importer of fxamacker/cbor.
//
// What we write is the core deterministic encoding (RFC 8949 §4.2.1). What we read must be written in one form only:
// definite lengths, shortest heads, valid UTF-8, no duplicate map keys, no floats, no undefined, bounded depth and
// counts, nothing after the item. The order of map keys is free: ISO 18013-5 does not fix it, and real wallets differ.
//
// Because only one form is accepted, the bytes of an embedded item (tag 24) follow from its content: a digest over a
// re-made head is a digest over the bytes received.
package cbor

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Limits of everything we read. A portrait may be 1 MiB (GOV.UK: credential page, photos); no other item comes near.
const (
	MaxBytes = 2 << 20
	MaxDepth = 16
	MaxItems = 4096 // elements of one array
	MaxPairs = 1024 // pairs of one map
)

// RawMessage is one encoded item, kept as received.
type RawMessage = cbor.RawMessage

// Tag is a tag number and its content, for writing.
type Tag = cbor.Tag

// ErrForm means the bytes are not one CBOR item in the one form we accept.
var ErrForm = errors.New("not CBOR in the accepted form")

type modes struct {
	enc cbor.EncMode
	dec cbor.DecMode
}

// mode is fixed at compile time in effect: the options are constants, and both constructors fail only on bad options.
var mode = func() modes {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic("cbor: encoding options: " + err.Error())
	}
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		MaxNestedLevels:   MaxDepth,
		MaxArrayElements:  MaxItems,
		MaxMapPairs:       MaxPairs,
		UTF8:              cbor.UTF8RejectInvalid,
		IntDec:            cbor.IntDecConvertSignedOrFail,
	}.DecMode()
	if err != nil {
		panic("cbor: decoding options: " + err.Error())
	}
	return modes{enc, dec}
}()

// Encode writes v in the core deterministic form.
func Encode(v any) ([]byte, error) { return mode.enc.Marshal(v) }

// Decode reads exactly one item into v. Null is refused everywhere, and so is a tag around the item unless v's own type
// reads it (Embedded, DateTime, RawMessage). Members that v does not name are ignored; DecodeMap ignores none.
//
// The library looks through tags around the members of a struct, too: read such members one by one, as RawMessage.
func Decode(b []byte, v any) error { return decode(b, v, scan{}) }

// DecodeNullable is Decode for the two structures in which an array holds null by definition: a COSE_Sign1 with detached
// payload (RFC 9052 §4.1) and a SessionTranscript (ISO 18013-5 §9.1.5.1). A map value is still never null.
func DecodeNullable(b []byte, v any) error { return decode(b, v, scan{nullInArray: true}) }

func decode(b []byte, v any, s scan) error {
	if err := s.item(b); err != nil {
		return err
	}
	if _, own := v.(cbor.Unmarshaler); !own && b[0]>>5 == majorTag {
		return fmt.Errorf("%w: a tag has no place here", ErrForm) // the library would look through it
	}
	if err := mode.dec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %v", ErrForm, err)
	}
	return nil
}

// DecodeMap reads a map with text keys whose members are exactly those named in want; optional ones may be missing.
func DecodeMap(b []byte, want []string, optional []string) (map[string]RawMessage, error) {
	var m map[string]RawMessage
	if err := DecodeNullable(b, &m); err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(want)+len(optional))
	for _, name := range want {
		known[name] = true
		if _, ok := m[name]; !ok {
			return nil, fmt.Errorf("%w: member %q is missing", ErrForm, name)
		}
	}
	for _, name := range optional {
		known[name] = true
	}
	for name := range m {
		if !known[name] {
			return nil, fmt.Errorf("%w: member %q does not belong", ErrForm, name)
		}
	}
	return m, nil
}
