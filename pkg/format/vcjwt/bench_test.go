package vcjwt_test

import (
	"testing"

	"justice-wallet/pkg/format/vcjwt"
)

func BenchmarkIssue(b *testing.B) {
	d, s, f, key := testDocument(), statement(b), newFormat(), signingKey(b, 1)
	for b.Loop() {
		draft, err := f.Draft(d, s, key)
		if err != nil {
			b.Fatal(err)
		}
		message, err := draft.ToBeSigned()
		if err != nil {
			b.Fatal(err)
		}
		signature, err := key.Sign(message)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := draft.Seal(signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenAndVerify(b *testing.B) {
	compact, pub := issue(b, testDocument(), statement(b)), &privateKey(b, 1).PublicKey
	for b.Loop() {
		c, err := vcjwt.Open(compact)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Verify(pub); err != nil {
			b.Fatal(err)
		}
	}
}
