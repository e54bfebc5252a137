package storetest

import (
	"testing"
	"time"

	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/verification"
)

func syntheticReceipt(id string) receipt.Receipt {
	return receipt.Receipt{ID: id, Purpose: "bank", Outcome: verification.NotValid, Hour: start.Truncate(time.Hour)}
}

func (f fixture) find(t *testing.T, id string) (receipt.Receipt, bool) {
	t.Helper()
	r, ok, err := f.FindReceipt(f.ctx, id)
	if err != nil {
		t.Fatalf("find receipt: %v", err)
	}
	return r, ok
}

var receiptPromises = map[string]func(*testing.T, fixture){
	"a receipt is found as it was kept": func(t *testing.T, f fixture) {
		want := syntheticReceipt("A")
		for range 2 { // the same again changes nothing
			if err := f.KeepReceipt(f.ctx, want); err != nil {
				t.Fatalf("keep receipt: %v", err)
			}
		}
		if got, ok := f.find(t, "A"); !ok || got != want {
			t.Errorf("%+v, %t, want %+v", got, ok, want)
		}
		if _, ok := f.find(t, "B"); ok {
			t.Error("found a receipt that nobody kept")
		}
	},
	"a receipt is kept for thirty days from its hour": func(t *testing.T, f fixture) {
		r := syntheticReceipt("A")
		if err := f.KeepReceipt(f.ctx, r); err != nil {
			t.Fatalf("keep receipt: %v", err)
		}
		f.clock.set(r.Hour.Add(receipt.Keep - time.Millisecond))
		if _, ok := f.find(t, "A"); !ok {
			t.Error("gone before its time")
		}
		f.clock.set(r.Hour.Add(receipt.Keep))
		if _, ok := f.find(t, "A"); ok {
			t.Error("kept beyond its time")
		}
	},
}
