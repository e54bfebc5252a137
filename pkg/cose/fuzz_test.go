package cose_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"testing"

	"justice-wallet/pkg/cose"
)

// same fails when what was read is not written back as it was: it would have two spellings.
func same(t *testing.T, raw, again []byte, err error) {
	t.Helper()
	if err != nil || !bytes.Equal(again, raw) {
		t.Errorf("%x is written back as %x (%v)", raw, again, err)
	}
}

func FuzzDecodeTyped(f *testing.F) {
	good, err := cose.Typed{Type: "application/example", KeyID: []byte("key"), Payload: []byte("p"), Signature: make([]byte, 64)}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if typed, err := cose.DecodeTyped(raw, "application/example"); err == nil {
			again, err := typed.Encode()
			same(t, raw, again, err)
		}
	})
}

func FuzzDecodeMac0(f *testing.F) {
	good, err := cose.Mac0{Tag: make([]byte, 32)}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m, err := cose.DecodeMac0(raw); err == nil {
			again, err := m.Encode()
			same(t, raw, again, err)
		}
	})
}

func FuzzDecodeDetached(f *testing.F) {
	f.Add([]byte{0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0xf6, 0x58, 0x40})
	f.Add(append([]byte{0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0xf6, 0x58, 0x40}, make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := cose.DecodeDetached(raw); err == nil && s.Payload != nil {
			t.Errorf("%x has a payload of its own", raw)
		}
	})
}

func FuzzDecodePublicKey(f *testing.F) {
	good, err := cose.EncodeKey(&newKey(f).PublicKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	other, err := cose.EncodeEd25519(make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(other)
	f.Fuzz(func(t *testing.T, raw []byte) {
		key, err := cose.DecodePublicKey(raw)
		if err != nil {
			return
		}
		switch key := key.(type) {
		case *ecdsa.PublicKey:
			if again, err := cose.DecodeKey(raw); err != nil || !again.Equal(key) {
				t.Errorf("%x is two keys (%v)", raw, err)
			}
		case ed25519.PublicKey:
			if _, err := cose.DecodeKey(raw); err == nil {
				t.Errorf("%x is a key on P-256, too", raw)
			}
		default:
			t.Errorf("%x is a %T", raw, key)
		}
	})
}
