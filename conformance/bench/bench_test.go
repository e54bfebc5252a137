// Package bench_test measures the main job beside the raw cryptography it needs, and reports the ratio: on a shared
// machine, only the ratio says anything.
package bench_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
)

const (
	account = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheBench00000000000000000"
	release = "uk.gov.justice.prisonrelease.1"
)

// raw returns how long signs signatures and verifies verifications on P-256 take.
func raw(b *testing.B, signs, verifies int) time.Duration {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte("x"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	const rounds = 200
	began := time.Now()
	for range rounds {
		for range signs {
			if _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
		for range verifies {
			if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
				b.Fatal("does not verify")
			}
		}
	}
	return time.Since(began) / rounds
}

// beside reports b's time per operation as a multiple of floor.
func beside(b *testing.B, floor time.Duration) {
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor), "x-raw")
}

func start(b *testing.B) *rig.Rig {
	b.Helper()
	r, err := rig.Start(context.Background(), rig.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	})
	return r
}

// BenchmarkCollect is a whole collection over HTTP: offer, token, proof, credential, the wallet's own checks and the
// notification. The issuer alone needs 2 verifications and 1 signature of it; everything, wallet and stand-ins too, runs
// on the same machine.
func BenchmarkCollect(b *testing.B) {
	r, ctx := start(b), context.Background()
	w, err := r.NewWallet(ctx, account)
	if err != nil {
		b.Fatal(err)
	}
	floor := raw(b, 1, 2)
	for b.Loop() {
		link, err := r.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: "A0001SY", WalletSubject: account})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Collect(ctx, link); err != nil {
			b.Fatal(err)
		}
	}
	beside(b, floor)
}

// BenchmarkVerify is POST /verify of an mdoc, its status list fetched each time: 3 verifications (MSO, certificate, list).
func BenchmarkVerify(b *testing.B) {
	r, ctx := start(b), context.Background()
	w, err := r.NewWallet(ctx, account)
	if err != nil {
		b.Fatal(err)
	}
	link, err := r.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: "A0001SY", WalletSubject: account})
	if err != nil {
		b.Fatal(err)
	}
	h, err := w.Collect(ctx, link)
	if err != nil {
		b.Fatal(err)
	}
	floor := raw(b, 0, 3)
	for b.Loop() {
		result, err := r.Verify(ctx, map[string]any{"issuerSigned": h.Raw})
		if err != nil || result.Verdict != "valid" {
			b.Fatal(result, err)
		}
	}
	beside(b, floor)
}

// BenchmarkPublish is one revocation and the publication of its list of 131,072 entries, in both forms: 2 signatures.
func BenchmarkPublish(b *testing.B) {
	r, ctx := start(b), context.Background()
	w, err := r.NewWallet(ctx, account)
	if err != nil {
		b.Fatal(err)
	}
	floor := raw(b, 2, 2)
	for b.Loop() {
		b.StopTimer()
		link, err := r.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: "A0001SY", WalletSubject: account})
		if err != nil {
			b.Fatal(err)
		}
		h, err := w.Collect(ctx, link)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := r.RevokeOne(ctx, h.NotificationID, "DETAILS_WRONG"); err != nil {
			b.Fatal(err)
		}
	}
	beside(b, floor)
}
