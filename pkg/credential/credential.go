// Package credential holds the words every other room uses to speak of a document about a person: the facts it rests
// on, the statement it makes, the slot its status lives in. It knows no format, no wire and no store.
//
// Everything here that holds personal data prints as [redacted].
package credential

import (
	"crypto/ecdsa"
	"fmt"
	"log/slog"
	"time"
)

// Facts is what the systems of record say about one record, by fact name. Values are those Element allows.
type Facts map[string]any

// Element is one fact as a document states it.
//
// Value is one of: string, bool, int64, []byte, Date, time.Time (UTC, whole seconds), []any of these, or
// map[string]any of these.
type Element struct {
	Namespace string
	Name      string
	Value     any
}

// Statement is what one document says: the whole content of a credential before a format writes it, and what a format
// gives back when it opens one.
type Statement struct {
	DocumentType string
	Elements     []Element
	Validity     Validity
	Status       StatusRef
	Holder       *ecdsa.PublicKey // P-256; the key of the wallet's proof
}

// Validity is the time a document may be relied on. All times are UTC in whole seconds.
type Validity struct {
	Signed         time.Time
	From           time.Time
	Until          time.Time
	ExpectedUpdate time.Time // when a wallet should ask for a new one; zero means never
}

// StatusRef names the one bit of public news about a document: its slot in a status list.
type StatusRef struct {
	URI       string // of the token status list
	Index     int
	Bitstring string // URI of the same list as a W3C bitstring; empty when the service offers none
}

// Date is a calendar day, without a time or a zone (RFC 8943; ISO 18013-5 full-date).
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day t falls on in t's location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD and nothing else.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || len(s) != len(time.DateOnly) {
		return Date{}, fmt.Errorf("not a date of the form YYYY-MM-DD")
	}
	return DateOf(t), nil
}

// String returns YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Time returns the first instant of the day in loc.
func (d Date) Time(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// Before says whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.Time(time.UTC).Before(o.Time(time.UTC)) }

// Description is one document in one format, as a profile publishes it in its metadata.
type Description struct {
	Configuration  string
	Format         string   // "mso_mdoc" or "jwt_vc_json"
	DocType        string   // mso_mdoc only
	Types          []string // jwt_vc_json only: VerifiableCredential first
	BindingMethods []string // "cose_key", "did:key"
	Claims         []Claim
}

// Claim is one element, as metadata describes it.
type Claim struct {
	Path      []string // mdoc: namespace, element; JWT: credentialSubject, name
	Mandatory bool
	ValueType string // "string", "full-date", "jpeg" and the other document.Kind words
	NameEN    string
	NameCY    string
}

const redacted = "[redacted]"

func (Facts) String() string           { return redacted }
func (Facts) GoString() string         { return redacted }
func (Facts) LogValue() slog.Value     { return slog.StringValue(redacted) }
func (e Element) String() string       { return e.Namespace + "/" + e.Name + "=" + redacted }
func (e Element) GoString() string     { return e.String() }
func (e Element) LogValue() slog.Value { return slog.StringValue(e.String()) }
func (Statement) String() string       { return redacted }
func (Statement) GoString() string     { return redacted }
func (Statement) LogValue() slog.Value { return slog.StringValue(redacted) }
