//go:build !pkcs11

package pkcs11

import "errors"

// New refuses: there is no C library in this program.
func New(Options) (Provider, error) {
	return nil, errors.New("this program was built without PKCS#11: build it with cgo and -tags pkcs11")
}
