package es256_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"math/big"
	"testing"

	"justice-wallet/pkg/es256"
)

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSign(t *testing.T) {
	key, message := newKey(t), []byte("message")
	for range 300 { // one r or s in 128 begins with a zero byte
		sig, err := es256.Signer(key)(message)
		if err != nil || len(sig) != 64 {
			t.Fatalf("%d bytes, %v", len(sig), err)
		}
		digest := sha256.Sum256(message)
		if !ecdsa.Verify(&key.PublicKey, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
			t.Fatal("does not verify")
		}
	}
}

// provider answers with what it is told to.
type provider struct {
	crypto.Signer
	sig []byte
	err error
}

func (p provider) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return p.sig, p.err }

func TestSignRefuses(t *testing.T) {
	key, away := newKey(t), errors.New("away")
	digest := sha256.Sum256([]byte("another message"))
	other, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := es256.Sign(provider{key, other, nil}, []byte("message")); !errors.Is(err, es256.ErrSignature) {
		t.Errorf("another message's signature: %v", err)
	}
	if _, err := es256.Sign(provider{key, []byte{1}, nil}, []byte("message")); !errors.Is(err, es256.ErrSignature) {
		t.Errorf("no signature at all: %v", err)
	}
	if _, err := es256.Sign(provider{key, nil, away}, []byte("message")); !errors.Is(err, away) {
		t.Errorf("a provider that is away: %v", err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{edwards, wide} {
		if _, err := es256.Sign(key, []byte("message")); err == nil {
			t.Errorf("%T signed", key)
		}
	}
}
