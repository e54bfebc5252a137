package suite_test

import (
	"context"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/format/mdoc"
)

// A document ends with its signer's certificate, however long its kind may last; and when that has ended, there is none.
func TestNoDocumentOutlivesItsSigner(t *testing.T) {
	clock := &stepped{at: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	r := start(t, rig.Options{Now: clock.now})
	driver := rig.OfferRequest{DocumentType: "org.iso.18013.5.1.mDL", Format: "mdoc", Record: "synthetic-driver"}
	collect := func() *mdoc.IssuerSigned {
		t.Helper()
		h, err := newWallet(t, r).Collect(context.Background(), offer(t, r, driver))
		if err != nil {
			t.Fatal(err)
		}
		opened, err := mdoc.OpenBase64(h.Raw)
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	first := collect()
	life := first.MSO.Validity.Until.Sub(first.MSO.Validity.Signed)
	ends := first.Chain[0].NotAfter
	clock.add(ends.Add(-life / 2).Sub(clock.now()))
	if late := collect(); !late.MSO.Validity.Until.Equal(ends) || life < 24*time.Hour {
		t.Errorf("a document of %v until %v, its signer until %v", life, late.MSO.Validity.Until, ends)
	}
	clock.add(life)
	link := offer(t, r, driver)
	if _, err := newWallet(t, r).Collect(context.Background(), link); err == nil {
		t.Error("an expired signer signed")
	}
}
