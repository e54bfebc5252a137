// Package seal hides what a store keeps from whoever reads the store: XChaCha20-Poly1305 with a random nonce, bound to the
// name under which it is kept.
package seal

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrSeal means that the bytes are not what this key sealed under this name.
var ErrSeal = errors.New("the seal is not ours")

// Box seals and opens. Safe for concurrent use if its randomness is.
type Box struct {
	aead cipher.AEAD
	rand io.Reader
}

// New returns a box with a secret key of 32 bytes.
func New(key []byte, rand io.Reader) (*Box, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || rand == nil {
		return nil, errors.Join(errors.New("a seal needs a key of 32 bytes and randomness"), err)
	}
	return &Box{aead, rand}, nil
}

// Seal returns nonce and ciphertext.
func (b *Box) Seal(name string, plain []byte) ([]byte, error) {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	if _, err := io.ReadFull(b.rand, nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return b.aead.Seal(nonce, nonce, plain, []byte(name)), nil
}

// Open returns what was sealed under name, or ErrSeal.
func (b *Box) Open(name string, sealed []byte) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(sealed) < n {
		return nil, ErrSeal
	}
	plain, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(name))
	if err != nil {
		return nil, ErrSeal
	}
	return plain, nil
}
