// Package verification decides whether a document may be relied on.
//
// It runs seven named checks in one fixed order and stops at the first that did not pass, so that nothing is asked of
// anyone on the word of a document nobody has vouched for. Whatever could not be found out is Unknown, never Passed.
package verification

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"justice-wallet/pkg/credential"
)

// Verdict is the answer to a check of a document.
type Verdict string

const (
	Valid         Verdict = "valid"           // every check that applies passed
	NotValid      Verdict = "not_valid"       // a check failed
	CouldNotCheck Verdict = "could_not_check" // no check failed, but one has no answer
)

// Name is the name of a check.
type Name string

// The checks, in the order they run.
const (
	Format          Name = "format"           // the bytes are one document, in its one form
	IssuerSignature Name = "issuer_signature" // whoever signed it signed all that it says
	Trust           Name = "trust"            // the signer may issue this type of document
	ValidityPeriod  Name = "validity"         // it may be relied on now
	HolderBinding   Name = "holder_binding"   // its holder presented it, to us, now
	RequestMatch    Name = "request_match"    // it is what was asked for
	Status          Name = "status"           // its issuer has not ended it
)

// Outcome is how a check ended.
type Outcome string

const (
	Passed   Outcome = "passed"
	Failed   Outcome = "failed"
	Unknown  Outcome = "unknown"
	NotAsked Outcome = "not_asked" // HolderBinding of a bare document; RequestMatch when nothing was asked
)

// Check is one check and how it ended. Reason is empty when it passed. Evidence holds no personal data.
type Check struct {
	Name     Name
	Outcome  Outcome
	Reason   Reason
	Evidence map[string]string
}

// Scope says what was checked.
type Scope string

const (
	ScopeDocument     Scope = "document"     // a bare document: nothing is known of who holds it
	ScopePresentation Scope = "presentation" // a document in the hands of its holder
)

// Result is all that is found out about one document.
type Result struct {
	Verdict      Verdict
	DocumentType string // mdoc docType or JWT type; empty until Trust has passed
	Scope        Scope
	Checks       []Check              // all seven, in order
	Elements     []credential.Element // empty unless the verdict is Valid; only those asked for, when any were named
}

// Reason is why the verdict is not Valid: the reason of the one check that ended the examination. Empty when it is.
func (r Result) Reason() Reason {
	for _, c := range r.Checks {
		if verdictOf(c.Outcome) != Valid {
			return c.Reason
		}
	}
	return ""
}

// ElementName names one element. Namespace is empty in a JWT.
type ElementName struct{ Namespace, Name string }

// Asked is what the relying party asked for. The zero value asks for nothing in particular.
type Asked struct {
	DocumentType string        // empty: any
	Elements     []ElementName // that must be there
	Optional     []ElementName // that may be there
	Values       []Value       // that some of Elements must have
}

// Value says which texts an element may state for the document to be what was asked for.
type Value struct {
	Element ElementName
	AnyOf   []string
}

func (a Asked) nothing() bool { return a.DocumentType == "" && a.unnamed() }

// unnamed says that no element was named, and so every one may be shown.
func (a Asked) unnamed() bool { return len(a.Elements) == 0 && len(a.Optional) == 0 }

// shows says whether e was asked for.
func (a Asked) shows(e credential.Element) bool {
	name := ElementName{e.Namespace, e.Name}
	return a.unnamed() || slices.Contains(a.Elements, name) || slices.Contains(a.Optional, name)
}

var (
	// ErrIssuerUntrusted is returned by TrustStore.IssuerKey for an issuer the store does not hold.
	ErrIssuerUntrusted = errors.New("issuer is not trusted")

	// ErrTrustStale is returned by a TrustStore whose list is out of date: nobody is believed on the word of it.
	ErrTrustStale = errors.New("the trust list is out of date")

	// ErrKeyUnknown is returned by TrustStore.IssuerKey when the issuer answered, and does not publish the key.
	ErrKeyUnknown = errors.New("issuer does not publish the key")
)

// Root is one issuing authority.
type Root struct {
	Certificate *x509.Certificate
	CRL         *x509.RevocationList // of its own signature; nil: it publishes none that we were given
	Revoked     bool                 // taken back: nothing that chains to it alone is believed
}

// TrustStore knows whom to believe. Safe for concurrent use.
type TrustStore interface {
	// Roots returns the issuing authorities (ISO 18013-5 Annex B.1.2) trusted to vouch for documents of docType, none when
	// nobody is, or ErrTrustStale.
	Roots(docType string) ([]Root, error)

	// Revoked says whether a document signer's certificate has been taken back.
	Revoked(c *x509.Certificate) bool

	// IssuerKey returns the key keyID of a trusted issuer of JWT credentials, ErrIssuerUntrusted, ErrKeyUnknown or ErrTrustStale. Any
	// other error means that it could not be found out.
	IssuerKey(ctx context.Context, issuer, keyID string) (*ecdsa.PublicKey, error)
}

// StatusReading is one entry of a status list that a trusted list issuer signed.
type StatusReading struct {
	Value       int // as the list holds it; draft-ietf-oauth-status-list §7.1
	ListIssued  time.Time
	ListExpires time.Time
	ListRead    time.Time // when the list's host last gave it, or said that it still stands
	Source      string    // host the list came from
	Store       string    // what the store that is read beside the list said; empty when none is, or none was needed
}

// StatusReader reads status lists. Safe for concurrent use.
type StatusReader interface {
	// Status reads ref's entry. An error that is a *StatusError says why there is no reading.
	Status(ctx context.Context, ref credential.StatusRef) (StatusReading, error)
}

// StatusError is why the status of a document could not be read.
type StatusError struct {
	Reason Reason
	Err    error     // may be nil
	Latest time.Time // when the latest list that is held was issued; zero: there is none
}

func (e *StatusError) Error() string {
	if e.Err == nil {
		return string(e.Reason)
	}
	return string(e.Reason) + ": " + e.Err.Error()
}

func (e *StatusError) Unwrap() error { return e.Err }

// Verifier checks documents. Safe for concurrent use.
type Verifier struct {
	Trust  TrustStore
	Status StatusReader
	Now    func() time.Time
}
