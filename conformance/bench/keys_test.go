//go:build pkcs11 && tools

package bench_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/keys"
)

// many is how many sign at once where many do: as many as a provider is asked for at once, unless told otherwise.
const many = 8

// BenchmarkSign is a signature of a document with a key of each provider, checked as every one is before it leaves, beside
// the raw algorithm: by one caller, and by many at once. The two take turns, so that what else the machine does slows both.
func BenchmarkSign(b *testing.B) {
	message := make([]byte, 1<<10)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	algorithm := func() error {
		digest := sha256.Sum256(message)
		_, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
		return err
	}
	for _, kind := range []string{"file", "pkcs11", "kms"} {
		key := keyIn(b, kind)
		sign := func() error {
			_, err := key.Sign(message)
			return err
		}
		b.Run(kind+"/one", func(b *testing.B) { takeTurns(b, 1, sign, algorithm) })
		b.Run(kind+"/many", func(b *testing.B) { takeTurns(b, many, sign, algorithm) })
	}
}

// keyIn returns the document signer of a rig whose keys are in a provider.
func keyIn(b *testing.B, kind string) keys.Key {
	b.Helper()
	r, err := rig.Start(context.Background(), rig.Options{KeysIn: kind})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	})
	key, err := r.Ring.Active(keys.PurposeDocument)
	if err != nil {
		b.Fatal(err)
	}
	return key
}

// takeTurns measures sign and the raw algorithm, each done by so many callers at once.
func takeTurns(b *testing.B, callers int, sign, algorithm func() error) {
	b.Helper()
	var signing, raw time.Duration
	for b.Loop() {
		signing += together(b, callers, sign)
		raw += together(b, callers, algorithm)
	}
	signatures := float64(b.N * callers)
	b.ReportMetric(0, "ns/op") // it would be of both
	b.ReportMetric(float64(signing.Nanoseconds())/signatures, "ns/signature")
	b.ReportMetric(signatures/signing.Seconds(), "signatures/s")
	b.ReportMetric(float64(signing)/float64(raw), "x-raw")
}

// together returns how long callers take to do it once each.
func together(b *testing.B, callers int, do func() error) time.Duration {
	b.Helper()
	var all sync.WaitGroup
	began := time.Now()
	for range callers {
		all.Go(func() {
			if err := do(); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(began)
}
