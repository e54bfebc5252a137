package verification_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/verification"
)

// Whatever a document holds and whatever is asked, by whatever road it comes: a result holds nothing that was not asked
// for and nothing that the document does not say; and it is valid only when all that was required is there.
func TestNoResponseAddsAnElement(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2)) // fixed, so that a failing case fails again
	var universe []verification.ElementName
	for i := range 8 {
		universe = append(universe, verification.ElementName{Namespace: docType, Name: fmt.Sprintf("element_%d", i)})
	}
	some := func() []verification.ElementName {
		return slices.DeleteFunc(slices.Clone(universe), func(verification.ElementName) bool { return draw.IntN(2) == 0 })
	}
	valid := 0
	for round := range 200 {
		held, asked := some(), verification.Asked{DocumentType: docType, Elements: some(), Optional: some()}
		if len(held) == 0 {
			continue
		}
		w := newWorld(t)
		w.statement.Elements = nil
		for _, e := range held {
			w.statement.Elements = append(w.statement.Elements, credential.Element{Namespace: e.Namespace, Name: e.Name, Value: true})
		}
		session := verification.Session{Transcript: transcript}
		for road, r := range map[string]verification.Result{
			"bare":      w.verifier().VerifyMDoc(context.Background(), w.mdoc(), asked),
			"presented": w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), session, asked),
			"among":     w.verifier().VerifyDocument(context.Background(), w.presented(), session, asked),
		} {
			complete := !slices.ContainsFunc(asked.Elements, func(e verification.ElementName) bool { return !slices.Contains(held, e) })
			if (r.Verdict == verification.Valid) != complete {
				t.Errorf("round %d, %s: verdict %s, complete %t", round, road, r.Verdict, complete)
			}
			if complete {
				valid++
			}
			unnamed := len(asked.Elements)+len(asked.Optional) == 0
			for _, e := range r.Elements {
				name := verification.ElementName{Namespace: e.Namespace, Name: e.Name}
				if !slices.Contains(held, name) || !unnamed && !slices.Contains(asked.Elements, name) && !slices.Contains(asked.Optional, name) {
					t.Errorf("round %d, %s: shows %s", round, road, e.Name)
				}
			}
		}
	}
	if valid < 20 {
		t.Errorf("only %d valid results were looked at", valid)
	}
}
