package seal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"justice-wallet/pkg/seal"
)

func box(t *testing.T, key byte) *seal.Box {
	t.Helper()
	b, err := seal.New(bytes.Repeat([]byte{key}, 32), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpensUnderItsNameAndKeyAlone(t *testing.T) {
	b := box(t, 1)
	sealed, err := b.Seal("name", []byte("Siân Llŷr"))
	if err != nil || bytes.Contains(sealed, []byte("Llŷr")) {
		t.Fatalf("%v, or it can be read", err)
	}
	if plain, err := b.Open("name", sealed); err != nil || string(plain) != "Siân Llŷr" {
		t.Errorf("%q %v", plain, err)
	}
	if again, err := b.Seal("name", []byte("Siân Llŷr")); err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealed alike twice (%v)", err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for what, open := range map[string]func() ([]byte, error){
		"another name":  func() ([]byte, error) { return b.Open("other", sealed) },
		"another key":   func() ([]byte, error) { return box(t, 2).Open("name", sealed) },
		"a changed bit": func() ([]byte, error) { return b.Open("name", changed) },
		"too little":    func() ([]byte, error) { return b.Open("name", sealed[:5]) },
	} {
		if _, err := open(); !errors.Is(err, seal.ErrSeal) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := seal.New([]byte("short"), rand.Reader); err == nil {
		t.Error("a short key was taken")
	}
}
