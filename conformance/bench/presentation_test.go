//go:build interop

package bench_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/verification"
)

// believer trusts one root, and finds every document in force: what is measured is the verifier, not the network.
type believer struct{ root *x509.Certificate }

func (b believer) Roots(string) ([]verification.Root, error) {
	return []verification.Root{{Certificate: b.root}}, nil
}
func (believer) Revoked(*x509.Certificate) bool { return false }
func (believer) IssuerKey(context.Context, string, string) (*ecdsa.PublicKey, error) {
	return nil, verification.ErrIssuerUntrusted
}
func (believer) Status(context.Context, credential.StatusRef) (verification.StatusReading, error) {
	return verification.StatusReading{ListIssued: time.Now().Add(-time.Minute), ListExpires: time.Now().Add(time.Hour)}, nil
}

// shown is a presentation of every element of a release confirmation, its transcript and its issuer's root.
func shown(b *testing.B) (response, transcript []byte, root *x509.Certificate) {
	b.Helper()
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
	var elements [][2]string
	for _, e := range h.Elements {
		elements = append(elements, [2]string{e.Namespace, e.Name})
	}
	transcript = wallet.OID4VPTranscript("x509_hash:bench", "a-nonce-of-the-bench", "https://verifier.example/r", nil)
	if response, err = w.PresentMDoc(h, elements, transcript); err != nil {
		b.Fatal(err)
	}
	key, err := r.Ring.Active(keys.PurposeIACA)
	if err != nil {
		b.Fatal(err)
	}
	return response, transcript, key.Chain[0]
}

// BenchmarkPresentation is a presentation verified end to end, its status at hand: 3 verifications (certificate, MSO,
// device). Beside it, in the same run, stands a peer in its own language.
func BenchmarkPresentation(b *testing.B) {
	response, transcript, root := shown(b)
	floor := raw(b, 0, 3)
	b.Run("justice-wallet", func(b *testing.B) {
		v := &verification.Verifier{Trust: believer{root}, Status: believer{}, Now: time.Now}
		for b.Loop() {
			result := v.VerifyDeviceResponse(context.Background(), response, verification.Session{Transcript: transcript}, verification.Asked{DocumentType: release})
			if result.Verdict != verification.Valid {
				b.Fatalf("%s %s", result.Verdict, result.Reason())
			}
		}
		beside(b, floor)
	})
	b.Run("owf-mdoc", func(b *testing.B) { peer(b, floor, response, transcript, root) })
}

// peer has @owf/mdoc verify the same bytes; one operation here is one of its own.
func peer(b *testing.B, floor time.Duration, response, transcript []byte, root *x509.Certificate) {
	enc := base64.RawURLEncoding.EncodeToString
	const rounds = 300
	task, err := json.Marshal(map[string]any{"response": enc(response), "transcript": enc(transcript), "root": enc(root.Raw), "rounds": rounds})
	if err != nil {
		b.Fatal(err)
	}
	command := exec.Command("node", "bench.mjs")
	command.Dir, command.Stdin = "../interop", bytes.NewReader(task)
	out, err := command.Output()
	if err != nil {
		b.Fatal(err)
	}
	var answer struct {
		Nanoseconds float64
		Error       string
	}
	if err := json.Unmarshal(out, &answer); err != nil || answer.Nanoseconds == 0 {
		b.Fatalf("%v: %s", err, out)
	}
	b.ReportMetric(0, "ns/op") // the process took it, not this loop
	b.ReportMetric(answer.Nanoseconds/float64(floor), "x-raw")
}
