// Package document holds what may be issued, as data: one file per document type says what it states, for how long, to
// whom it may be shown, and when it must not be issued. A file is checked whole before anything starts; adding a
// document is adding a file.
//
// The package evaluates a document's own data (Decide, Fill, Period); it knows no format, no wire and no store.
package document

import (
	"time"
)

// Document is one document type.
type Document struct {
	Type        string // "uk.gov.justice.prisonrelease.1"
	Conformance bool   // served only when conformance documents are enabled
	Source      string // which system of record holds its facts: a name known to the records port
	Card        Card
	MDoc        *MDocForm // nil when it has no mdoc form
	JWT         *JWTForm  // nil when it has no JWT form
	Validity    Rule
	Refuse      []Refusal
	Elements    []Element

	file   string
	london *time.Location
}

// Text is words for people, in both languages. Welsh is a draft until a translator has seen it.
type Text struct {
	EN string `yaml:"en"`
	CY string `yaml:"cy"`
}

// Card is how a wallet shows the document.
type Card struct {
	Name        Text
	Description Text
	Background  string // #rrggbb
	TextColour  string // #rrggbb
}

// MDocForm is the document as ISO/IEC 18013-5 mdoc.
type MDocForm struct {
	Configuration string // credential configuration id
	DocType       string
}

// JWTForm is the document as a W3C verifiable credential, secured as a JWT.
type JWTForm struct {
	Configuration string
	Type          string // the second value of the credential's type
}

// Rule is how long one issue of the document lasts.
type Rule struct {
	For         time.Duration // validUntil = issue + For, cut by every fact in NeverAfter
	RefreshLead time.Duration // expectedUpdate = validUntil - RefreshLead; when that is not after issue: half of what is left
	NeverAfter  []string      // names of date facts: validUntil is never after the end of that day in London
	StatusTTL   time.Duration // how long a reader may rely on a status list that holds it
}

// Refusal is one reason not to issue: it applies unless the named fact equals one of In. A missing fact refuses.
type Refusal struct {
	Code   string // reason code, for staff and audit: "recalled"
	Unless string // fact name
	In     []any  // allowed values: strings, bools or integers
}

// Sensitivity orders elements by the harm their disclosure can do.
type Sensitivity string

const (
	Low      Sensitivity = "low"
	Medium   Sensitivity = "medium"
	High     Sensitivity = "high"
	VeryHigh Sensitivity = "very-high"
)

// Kind is the type of an element's value.
type Kind string

const (
	KindText     Kind = "text"
	KindBool     Kind = "bool"
	KindInteger  Kind = "integer"
	KindDate     Kind = "full-date" // CBOR tag 1004
	KindDateTime Kind = "tdate"     // CBOR tag 0
	KindJPEG     Kind = "jpeg"      // bstr; base64 in JSON
	KindList     Kind = "list"
	KindObject   Kind = "object"
)

// Shape is what a value must look like.
type Shape struct {
	Kind      Kind
	MaxLength int      // of text, in characters; of jpeg, in bytes; of a list, in items
	Enum      []string // the only texts allowed
	Items     *Shape   // of a list
	Members   []Member // of an object
}

// Member is one member of an object.
type Member struct {
	Name     string
	Optional bool
	Shape    Shape
}

// Element is one fact the document may state.
type Element struct {
	Namespace   string // of the mdoc form; empty in a document with a JWT form only
	Name        string
	Shape       Shape
	Optional    bool // cardinality 0..1: left out when its fact is missing
	Sensitivity Sensitivity
	Display     Text
	Purposes    []string // ids of the purposes that may ask for it
	Fact        string   // taken from this fact of the record; or
	Const       any      // this value always; or
	Make        Made     // made at issue

	line int
}

// Made names a value the issuer makes at issue.
type Made string

const (
	MadeNumber     Made = "document_number" // random, per credential: never the prison number
	MadeIssueDate  Made = "issue_date"      // today in London
	MadeExpiryDate Made = "expiry_date"     // the day in London on which the validity ends
)
