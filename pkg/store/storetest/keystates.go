package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"justice-wallet/keys"
)

func decided(n int) keys.Status {
	return keys.Status{
		State: keys.StateCreated, Activates: start.Add(time.Hour), Retires: start.AddDate(1, 0, 0),
		Changed: start.Add(time.Duration(n) * time.Second), By: "synthetic",
	}
}

func (f fixture) keyStates(t *testing.T) keys.Book {
	t.Helper()
	b, err := f.KeyStates(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var keyStatePromises = map[string]func(*testing.T, fixture){
	"a store begins with no book of keys": func(t *testing.T, f fixture) {
		if b := f.keyStates(t); b.Version != 0 || len(b.Keys) != 0 {
			t.Errorf("%+v", b)
		}
	},
	"the book of keys comes back as it was put, a version on": func(t *testing.T, f fixture) {
		put := keys.Book{Keys: map[string]keys.Status{"a": decided(1), "b": {State: keys.StateRevoked, Reason: keys.ReasonCompromised, Changed: start, By: "x"}}}
		if err := f.SwapKeyStates(f.ctx, put); err != nil {
			t.Fatal(err)
		}
		f.clock.set(start.AddDate(30, 0, 0)) // it never expires
		if got := f.keyStates(t); got.Version != 1 || !got.Same(put) {
			t.Errorf("%+v", got)
		}
	},
	"a swap of another version is a conflict, and changes nothing": func(t *testing.T, f fixture) {
		first := keys.Book{Keys: map[string]keys.Status{"a": decided(1)}}
		if err := f.SwapKeyStates(f.ctx, first); err != nil {
			t.Fatal(err)
		}
		for _, version := range []int64{0, 2} {
			other := keys.Book{Version: version, Keys: map[string]keys.Status{"a": decided(2)}}
			if err := f.SwapKeyStates(f.ctx, other); !errors.Is(err, keys.ErrConflict) {
				t.Errorf("version %d: %v, want a conflict", version, err)
			}
		}
		if got := f.keyStates(t); got.Version != 1 || !got.Same(first) {
			t.Errorf("%+v", got)
		}
	},
	"a swap whose answer was lost succeeds again, and does nothing more": func(t *testing.T, f fixture) {
		put := keys.Book{Keys: map[string]keys.Status{"a": decided(1)}}
		for range 2 {
			if err := f.SwapKeyStates(f.ctx, put); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.keyStates(t); got.Version != 1 {
			t.Errorf("version %d, want 1", got.Version)
		}
	},
	"of fifty swaps at once one is first": func(t *testing.T, f fixture) {
		errs := atOnce(50, func(i int) error {
			return f.SwapKeyStates(f.ctx, keys.Book{Keys: map[string]keys.Status{fmt.Sprint(i): decided(i)}})
		})
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won++
				if _, ok := f.keyStates(t).Keys[fmt.Sprint(i)]; !ok {
					t.Error("what was acknowledged is not there")
				}
			case !errors.Is(err, keys.ErrConflict):
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d were first", won)
		}
	},
}
