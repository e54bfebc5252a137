// Package listwatch watches published status lists from outside, as a stranger would, and says what is wrong with them.
//
// It shares no code with those who publish: it takes tokens, keys and lists apart by itself, with the standard library
// alone. It believes only the keys it was pinned to. What it saw before is in a file, so that a list that goes back is
// seen across restarts of both sides.
//
// It reads the JWT form alone; the CWT and the bitstring credential are made from the same snapshot.
package listwatch

import "time"

// Kind is what is wrong with a list.
type Kind string

// Kinds, in the order in which they are looked for.
const (
	KindAddress     Kind = "address"      // not a plain http or https URL: nothing was asked
	KindUnavailable Kind = "unavailable"  // no whole answer with status 200
	KindTooLarge    Kind = "too_large"    // the answer is over its bound
	KindContentType Kind = "content_type" // not application/statuslist+jwt: a page of some proxy, perhaps
	KindEncoding    Kind = "encoding"     // compressed though nobody asked, or not opened by undoing what it says
	KindCaching     Kind = "caching"      // no strong ETag, no Last-Modified, or a Cache-Control that outlives ttl or exp
	KindConditional Kind = "conditional"  // 304 to what never was, or no 304 to what still is
	KindMalformed   Kind = "malformed"    // not a compact JWS, not JSON, or a member of the wrong form
	KindType        Kind = "type"         // typ is not statuslist+jwt
	KindAlgorithm   Kind = "algorithm"    // not ES256
	KindKeys        Kind = "keys"         // the pinned keys could not be had
	KindKey         Kind = "key"          // signed by a key that is not pinned
	KindSignature   Kind = "signature"    // does not verify
	KindSubject     Kind = "subject"      // the token is of another list
	KindFuture      Kind = "future"       // iat is still to come
	KindExpired     Kind = "expired"      // exp has passed
	KindStale       Kind = "stale"        // live, but should have been renewed by now
	KindSize        Kind = "size"         // the list has another number of entries, or bits, than before
	KindRolledBack  Kind = "rolled_back"  // older than the one seen before
	KindUndone      Kind = "undone"       // an entry that was not valid is valid again, or has another value
)

// Alarm is one thing that is wrong with one list.
type Alarm struct {
	List   string    `json:"list"` // its URL
	Kind   Kind      `json:"alarm"`
	Detail string    `json:"detail,omitempty"` // quotes nothing of an answer
	At     time.Time `json:"at"`
}

// problem is an alarm before it is known whose.
type problem struct {
	kind   Kind
	detail string
}

func (p *problem) Error() string { return string(p.kind) + ": " + p.detail }

func wrong(kind Kind, detail string) error { return &problem{kind, detail} }
