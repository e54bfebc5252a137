// Package fault is the one vocabulary of errors that a caller may act on.
//
// An error that leaves a room carries a Kind (what the caller can do about it), a Code (a word of the wire, such as
// "invalid_proof"), a Message that anyone may read, and a cause that only the log may read. An error without a Fault in
// its chain is Internal, and tells a client nothing.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what the caller of a failed operation can do about it.
type Kind int

const (
	Internal     Kind = iota // our mistake: nothing the caller can do
	Invalid                  // the request is wrong: do not repeat it unchanged
	Unauthorized             // the caller did not prove who they are
	Forbidden                // the caller may not do this
	NotFound                 // there is no such thing, or the caller may not know of it
	Conflict                 // the thing has changed, or is being changed, by another
	TooLarge                 // the request is over a limit
	Unavailable              // a part we need is away: repeat the same request later
)

var kindNames = [...]string{"internal", "invalid", "unauthorized", "forbidden", "not found", "conflict", "too large", "unavailable"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind(%d)", int(k))
	}
	return kindNames[k]
}

// Error is a failure with a public face (Kind, Code, Message) and a private cause.
//
// Message never holds personal data. Err may, and so is written only where the log redacts.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Err     error

	Private bool // Code says something of a person: it is for the caller and the audit, and in no log
}

func (e *Error) Error() string {
	s := e.Code
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// New returns a fault with no deeper cause.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Wrap returns a fault caused by err.
func Wrap(kind Kind, code, message string, err error) *Error {
	return &Error{Kind: kind, Code: code, Message: message, Err: err}
}

// KindOf returns the kind of the outermost fault in err's chain, or Internal.
func KindOf(err error) Kind {
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// CodeOf returns the code of the outermost fault in err's chain, or "".
func CodeOf(err error) string {
	var f *Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}
