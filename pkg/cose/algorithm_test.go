package cose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"

	gocose "github.com/veraison/go-cose"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

func ecKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func edKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// peerSign has an independent library make the untagged structure.
func peerSign(t testing.TB, a cose.Algorithm, key crypto.Signer, payload []byte) []byte {
	t.Helper()
	m := gocose.UntaggedSign1Message{Payload: payload}
	m.Headers.Protected = gocose.ProtectedHeader{gocose.HeaderLabelAlgorithm: gocose.Algorithm(a)}
	signer, err := gocose.NewSigner(gocose.Algorithm(a), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Sign(rand.Reader, nil, signer); err != nil {
		t.Fatal(err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEveryAlgorithm(t *testing.T) {
	all := map[cose.Algorithm]crypto.Signer{
		cose.ES256: ecKey(t, elliptic.P256()), cose.ES384: ecKey(t, elliptic.P384()), cose.ES512: ecKey(t, elliptic.P521()), cose.EdDSA: edKey(t),
	}
	payload := []byte("payload")
	for a, key := range all {
		raw := peerSign(t, a, key, payload)
		got, err := cose.Decode(raw, a)
		if err != nil {
			t.Fatalf("%d: %v", a, err)
		}
		if got.Algorithm != a || got.Verify(key.Public(), payload) != nil {
			t.Errorf("%d: does not verify", a)
		}
		if again := encode(t, *got); string(again) != string(raw) {
			t.Errorf("%d: written back otherwise", a)
		}
		for other, wrong := range all {
			if other == a {
				continue
			}
			if _, err := cose.Decode(raw, other); err == nil {
				t.Errorf("%d: read where only %d is allowed", a, other)
			}
			if err := got.Verify(wrong.Public(), payload); !errors.Is(err, cose.ErrSignature) {
				t.Errorf("%d verifies under the key of %d: %v", a, other, err)
			}
		}
		for i := range got.Signature {
			got.Signature[i] ^= 1
			if got.Verify(key.Public(), payload) == nil {
				t.Errorf("%d: verifies with byte %d changed", a, i)
			}
			got.Signature[i] ^= 1
		}
	}
}

// A signature on another curve can have the right length: ES256 is P-256's alone.
func TestCurveIsTheAlgorithms(t *testing.T) {
	key := ecKey(t, elliptic.P224()).(*ecdsa.PrivateKey)
	payload := []byte("payload")
	got := cose.Sign1{Signature: sign(t, key, payload)}
	if err := got.Verify(key.Public(), payload); !errors.Is(err, cose.ErrSignature) {
		t.Errorf("ES256 verifies under a key on P-224: %v", err)
	}
}

// The names of RFC 9864 stand for the same signatures; the name is signed with the rest.
func TestFullySpecifiedAlgorithms(t *testing.T) {
	ec, ed, payload := ecKey(t, elliptic.P256()).(*ecdsa.PrivateKey), edKey(t), []byte("payload")
	for _, c := range []struct {
		a, old cose.Algorithm
		sign   func(message []byte) []byte
		public crypto.PublicKey
	}{
		{cose.ESP256, cose.ES256, func(message []byte) []byte { return signMessage(t, ec, message) }, ec.Public()},
		{cose.Ed25519, cose.EdDSA, func(message []byte) []byte { return ed25519.Sign(ed, message) }, ed.Public()},
	} {
		message, err := cose.ToBeSignedWith(c.a, payload)
		if err != nil {
			t.Fatal(err)
		}
		s := cose.Sign1{Algorithm: c.a, Payload: payload, Signature: c.sign(message)}
		raw := encode(t, s)
		got, err := cose.Decode(raw, c.a)
		if err != nil || got.Verify(c.public, payload) != nil {
			t.Errorf("%d: %v", c.a, err)
		}
		if _, err := cose.Decode(raw, c.old); err == nil {
			t.Errorf("%d is read where only %d is allowed", c.a, c.old)
		}
		if s.Algorithm = c.old; s.Verify(c.public, payload) == nil {
			t.Errorf("a signature of %d verifies as %d", c.a, c.old)
		}
	}
}

func TestUnknownAlgorithm(t *testing.T) {
	if _, err := (cose.Sign1{Algorithm: -37, Signature: make([]byte, 64)}).Encode(); err == nil {
		t.Error("PS256 was encoded")
	}
	if (cose.Sign1{Algorithm: -37, Signature: make([]byte, 64)}).Verify(edKey(t).Public(), nil) == nil {
		t.Error("PS256 verifies")
	}
	if _, err := cose.ToBeSignedWith(-37, nil); err == nil {
		t.Error("a Sig_structure for PS256")
	}
}

func TestEd25519Key(t *testing.T) {
	pub := edKey(t).Public().(ed25519.PublicKey)
	raw, err := cose.EncodeEd25519(pub)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := cose.DecodePublicKey(raw); err != nil || !pub.Equal(back) {
		t.Errorf("%v, %v", back, err)
	}
	if _, err := cose.EncodeEd25519(pub[1:]); err == nil {
		t.Error("31 bytes were encoded")
	}
	x := []byte(pub)
	for name, v := range map[string]any{
		"EC2":         map[int]any{1: 2, -1: 6, -2: x},
		"X25519":      map[int]any{1: 1, -1: 4, -2: x},
		"short":       map[int]any{1: 1, -1: 6, -2: x[1:]},
		"private too": map[int]any{1: 1, -1: 6, -2: x, -4: x},
		"key id":      map[int]any{1: 1, -1: 6, -2: x, 2: x},
		"no curve":    map[int]any{1: 1, -2: x, 2: x},
		"not a map":   []any{1, 6, x},
	} {
		encoded, err := cbor.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cose.DecodePublicKey(encoded); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMac0(t *testing.T) {
	key, payload := []byte("0123456789abcdef0123456789abcdef"), []byte("detached")
	tag, err := cose.MAC(key, payload)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cose.Mac0{Tag: tag}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := cose.DecodeMac0(raw)
	if err != nil || got.Verify(key, payload) != nil {
		t.Fatalf("%v", err)
	}
	for name, err := range map[string]error{
		"another key": got.Verify(append([]byte{1}, key[1:]...), payload), "another payload": got.Verify(key, nil),
		"a short tag": cose.Mac0{Tag: tag[:16]}.Verify(key, payload),
	} {
		if !errors.Is(err, cose.ErrMAC) {
			t.Errorf("%s: %v", name, err)
		}
	}
	empty, err := cose.MAC(nil, payload)
	if err != nil || (cose.Mac0{Tag: empty}).Verify(nil, payload) == nil {
		t.Error("an empty key authenticates")
	}
}

func TestDecodeMac0Refuses(t *testing.T) {
	tag, header := make([]byte, 32), []byte{0xa1, 0x01, 0x05}
	for name, v := range map[string]any{
		"tagged":             cbor.Tag{Number: 17, Content: []any{header, map[int]any{}, nil, tag}},
		"a payload":          []any{header, map[int]any{}, []byte{}, tag},
		"HMAC 256/64":        []any{[]byte{0xa1, 0x01, 0x04}, map[int]any{}, nil, tag},
		"a signature":        []any{[]byte{0xa1, 0x01, 0x26}, map[int]any{}, nil, tag},
		"an unprotected kid": []any{header, map[int]any{4: tag}, nil, tag},
		"a short tag":        []any{header, map[int]any{}, nil, tag[1:]},
		"three members":      []any{header, map[int]any{}, nil},
	} {
		raw, err := cbor.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cose.DecodeMac0(raw); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := (cose.Mac0{Tag: tag[1:]}).Encode(); err == nil {
		t.Error("a short tag was encoded")
	}
}

func TestDecodeDetached(t *testing.T) {
	key, payload := ecKey(t, elliptic.P256()).(*ecdsa.PrivateKey), []byte("not in the message")
	header, signature := []byte{0xa1, 0x01, 0x26}, sign(t, key, payload)
	for name, c := range map[string]struct {
		v  any
		ok bool
	}{
		"nothing else":     {[]any{header, map[int]any{}, nil, signature}, true},
		"a kid":            {[]any{header, map[int]any{4: []byte("device")}, nil, signature}, true},
		"a kid of text":    {[]any{header, map[int]any{4: "device"}, nil, signature}, false},
		"a kid and more":   {[]any{header, map[int]any{4: []byte("d"), 5: []byte("d")}, nil, signature}, false},
		"certificates":     {[]any{header, map[int]any{33: []byte("d")}, nil, signature}, false},
		"a payload":        {[]any{header, map[int]any{}, payload, signature}, false},
		"an empty payload": {[]any{header, map[int]any{}, []byte{}, signature}, false},
		"EdDSA":            {[]any{[]byte{0xa1, 0x01, 0x27}, map[int]any{}, nil, signature}, false},
	} {
		raw, err := cbor.Encode(c.v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := cose.DecodeDetached(raw)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if c.ok && got.Verify(key.Public(), payload) != nil {
			t.Errorf("%s: does not verify", name)
		}
	}
}
