// Package pkcs11 holds keys in a token: a hardware security module, or SoftHSM2 in tests.
//
// A key is made in the token and marked never to leave it; one that could leave is refused. Its label names its purpose, so
// that no key signs for another. The token may go away and come back: whatever fails is given up, and the next signature
// logs in again, at most once a second. A PIN that the token refuses is never tried twice: tokens lock.
//
// The package talks to a C library, and is built with the tag pkcs11 and cgo; without, New says so.
package pkcs11

import (
	"fmt"
	"io"
	"time"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
)

// Name is how key files name this provider.
const Name = "pkcs11"

// Options say where the token is.
type Options struct {
	Module string // path of the token's PKCS#11 library
	Token  string // the token's label
	PIN    string // of its user
	Bounds guard.Options
	Now    func() time.Time
}

// Provider is a keys.Provider that can log out of its token. A process has one for a library at a time.
type Provider interface {
	keys.Provider
	io.Closer
}

// ErrRefused says that the token refused the PIN: it is not tried again.
var ErrRefused = fmt.Errorf("%w: the token refuses the PIN", guard.ErrUnfit)

// retryAfter is the least time between two attempts to log in.
const retryAfter = time.Second

// label binds a key to its purpose.
func label(p keys.Purpose) []byte { return []byte("justice-wallet " + string(p)) }
