package jose_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"justice-wallet/pkg/jose"
)

// The raw benchmarks are the floor: compare within one run.

var benchClaims = map[string]any{"iss": "https://issuer.example", "aud": "https://token.example", "exp": 1893456000, "jti": "b7f0"}

func BenchmarkSign(b *testing.B) {
	sign, h := signer(testKey(b, 1)), jose.Header{Algorithm: jose.ES256, Type: "at+jwt", KeyID: "k1"}
	for b.Loop() {
		if _, err := jose.Sign(sign, h, benchClaims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignRaw(b *testing.B) {
	key, digest := testKey(b, 1), sha256.Sum256([]byte("message"))
	for b.Loop() {
		if _, _, err := ecdsa.Sign(rand.Reader, key, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	token, err := jose.Sign(signer(testKey(b, 1)), jose.Header{Algorithm: jose.ES256, Type: "at+jwt", KeyID: "k1"}, benchClaims)
	if err != nil {
		b.Fatal(err)
	}
	keys := only(&testKey(b, 1).PublicKey)
	for b.Loop() {
		if _, err := jose.Verify(ctx, token, testType, keys); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyRaw(b *testing.B) {
	key, digest := testKey(b, 1), sha256.Sum256([]byte("message"))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !ecdsa.Verify(&key.PublicKey, digest[:], r, s) {
			b.Fatal("refused")
		}
	}
}
