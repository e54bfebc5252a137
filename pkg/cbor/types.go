package cbor

import (
	"fmt"
	"time"
)

// Tag numbers of RFC 8949 §3.4 and RFC 8943 that ISO 18013-5 uses.
const (
	TagDateTime = 0    // tdate
	TagEmbedded = 24   // an encoded CBOR item in a byte string
	TagFullDate = 1004 // full-date
)

// Bytes is a byte string. Unlike []byte it never takes an array of integers (a leniency of the library).
type Bytes []byte

// MarshalCBOR writes a byte string.
func (b Bytes) MarshalCBOR() ([]byte, error) { return Encode([]byte(b)) }

// UnmarshalCBOR reads a byte string.
func (b *Bytes) UnmarshalCBOR(data []byte) error {
	content, err := byteString(data)
	if err != nil {
		return err
	}
	*b = append(Bytes{}, content...)
	return nil
}

// byteString returns the content of the one byte string that data is.
func byteString(data []byte) ([]byte, error) {
	major, n, rest, err := head(data)
	if err != nil {
		return nil, err
	}
	if major != majorBytes || n != uint64(len(rest)) {
		return nil, fmt.Errorf("%w: a byte string is expected", ErrForm)
	}
	return rest, nil
}

// Embedded is #6.24(bstr .cbor item): it holds the encoded inner item, as received.
type Embedded []byte

// Embed encodes v as the content of an embedded item.
func Embed(v any) (Embedded, error) { return Encode(v) }

// MarshalCBOR writes the tag, the byte string's head, and the inner bytes untouched.
func (e Embedded) MarshalCBOR() ([]byte, error) {
	return Encode(Tag{Number: TagEmbedded, Content: []byte(e)})
}

// UnmarshalCBOR reads tag 24 around a byte string. The inner item is checked when it is decoded, not here.
func (e *Embedded) UnmarshalCBOR(data []byte) error {
	content, err := tagged(data, TagEmbedded)
	if err != nil {
		return err
	}
	inner, err := byteString(content)
	if err != nil {
		return err
	}
	*e = append(Embedded{}, inner...)
	return nil
}

// Encoded returns the whole item, tag and head included: the bytes an ISO 18013-5 digest covers (§9.1.2.4).
func (e Embedded) Encoded() []byte {
	b := make([]byte, 0, len(e)+8)
	b = append(b, 0xd8, TagEmbedded)
	b = appendHead(b, majorBytes, uint64(len(e)))
	return append(b, e...)
}

func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major<<5|byte(n))
	case n < 1<<8:
		return append(b, major<<5|24, byte(n))
	case n < 1<<16:
		return append(b, major<<5|25, byte(n>>8), byte(n))
	default:
		return append(b, major<<5|26, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

// tagged returns the content of the item with this tag number that data is.
func tagged(data []byte, number uint64) ([]byte, error) {
	major, n, rest, err := head(data)
	if err != nil {
		return nil, err
	}
	if major != majorTag || n != number {
		return nil, fmt.Errorf("%w: tag %d is expected", ErrForm, number)
	}
	return rest, nil
}

// DateTime is a tdate as ISO 18013-5 §9.1.2.4 narrows it: #6.0(tstr), UTC, no fraction of a second.
type DateTime time.Time

const dateTimeLayout = "2006-01-02T15:04:05Z"

// MarshalCBOR writes tag 0 and YYYY-MM-DDThh:mm:ssZ.
func (t DateTime) MarshalCBOR() ([]byte, error) {
	return Encode(Tag{Number: TagDateTime, Content: time.Time(t).UTC().Format(dateTimeLayout)})
}

// UnmarshalCBOR reads tag 0 and that one spelling.
func (t *DateTime) UnmarshalCBOR(data []byte) error {
	s, err := taggedText(data, TagDateTime)
	if err != nil {
		return err
	}
	v, err := time.Parse(dateTimeLayout, s)
	if err != nil || v.Format(dateTimeLayout) != s {
		return fmt.Errorf("%w: a date and time of the form YYYY-MM-DDThh:mm:ssZ is expected", ErrForm)
	}
	*t = DateTime(v.UTC())
	return nil
}

func taggedText(data []byte, number uint64) (string, error) {
	content, err := tagged(data, number)
	if err != nil {
		return "", err
	}
	var s string
	if err := Decode(content, &s); err != nil {
		return "", err
	}
	return s, nil
}

// BigUint is #6.2(bstr): an unsigned integer of any size, big-endian without leading zeros (RFC 8949 §3.4.3).
type BigUint []byte

// MarshalCBOR writes tag 2 and the bytes.
func (n BigUint) MarshalCBOR() ([]byte, error) {
	return Encode(RawMessage(append([]byte{0xc2}, appendBytes(n)...)))
}

// UnmarshalCBOR reads tag 2 around a byte string that does not begin with zero.
func (n *BigUint) UnmarshalCBOR(data []byte) error {
	content, err := tagged(data, tagBigUint)
	if err != nil {
		return err
	}
	b, err := byteString(content)
	if err != nil {
		return err
	}
	if len(b) > 0 && b[0] == 0 {
		return fmt.Errorf("%w: a number with leading zeros", ErrForm)
	}
	*n = append(BigUint{}, b...)
	return nil
}

const tagBigUint = 2

func appendBytes(b []byte) []byte { return append(appendHead(nil, majorBytes, uint64(len(b))), b...) }
