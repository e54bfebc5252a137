package cose_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	gocose "github.com/veraison/go-cose"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, key *ecdsa.PrivateKey, payload []byte) []byte {
	t.Helper()
	tbs, err := cose.ToBeSigned(payload)
	if err != nil {
		t.Fatal(err)
	}
	return signMessage(t, key, tbs)
}

func signMessage(t testing.TB, key *ecdsa.PrivateKey, message []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func encode(t testing.TB, s cose.Sign1) []byte {
	t.Helper()
	raw, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSign1RoundTrip(t *testing.T) {
	key, payload := newKey(t), []byte("payload")
	for name, chain := range map[string][][]byte{"no chain": nil, "one": {{1, 2}}, "two": {{1, 2}, {3}}} {
		t.Run(name, func(t *testing.T) {
			raw := encode(t, cose.Sign1{Chain: chain, Payload: payload, Signature: sign(t, key, payload)})
			got, err := cose.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Chain) != len(chain) || !bytes.Equal(got.Payload, payload) {
				t.Errorf("got %+v", got)
			}
			if err := got.Verify(&key.PublicKey, got.Payload); err != nil {
				t.Error(err)
			}
			if err := got.Verify(&newKey(t).PublicKey, got.Payload); !errors.Is(err, cose.ErrSignature) {
				t.Errorf("another key: %v", err)
			}
			if err := got.Verify(&key.PublicKey, []byte("other")); !errors.Is(err, cose.ErrSignature) {
				t.Errorf("another payload: %v", err)
			}
		})
	}
}

func TestDetachedPayload(t *testing.T) {
	key, payload := newKey(t), []byte("not in the message")
	got, err := cose.Decode(encode(t, cose.Sign1{Signature: sign(t, key, payload)}))
	if err != nil {
		t.Fatal(err)
	}
	if got.Payload != nil || got.Verify(&key.PublicKey, payload) != nil {
		t.Errorf("got %+v", got)
	}
}

// An independent library verifies what we write.
func TestPeerVerifies(t *testing.T) {
	key, payload := newKey(t), []byte("payload")
	raw := encode(t, cose.Sign1{Chain: [][]byte{{1, 2}}, Payload: payload, Signature: sign(t, key, payload)})
	var peer gocose.UntaggedSign1Message
	if err := peer.UnmarshalCBOR(raw); err != nil {
		t.Fatal(err)
	}
	verifier, err := gocose.NewVerifier(gocose.AlgorithmES256, &key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.Verify(nil, verifier); err != nil {
		t.Error(err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	sig := make([]byte, 64)
	es256 := []byte{0xa1, 0x01, 0x26}
	cert := []byte{1}
	cases := map[string]any{
		"tagged":                      cbor.Tag{Number: 18, Content: []any{es256, map[int]any{}, []byte{}, sig}},
		"three members":               []any{es256, map[int]any{}, []byte{}},
		"five members":                []any{es256, map[int]any{}, []byte{}, sig, 0},
		"another algorithm":           []any{[]byte{0xa1, 0x01, 0x27}, map[int]any{}, []byte{}, sig},
		"empty protected":             []any{[]byte{}, map[int]any{}, []byte{}, sig},
		"a second protected header":   []any{[]byte{0xa2, 0x01, 0x26, 0x04, 0x41, 0x00}, map[int]any{}, []byte{}, sig},
		"protected as a map":          []any{map[int]any{1: -7}, map[int]any{}, []byte{}, sig},
		"algorithm in unprotected":    []any{es256, map[int]any{1: -7}, []byte{}, sig},
		"chain and something else":    []any{es256, map[int]any{33: cert, 4: cert}, []byte{}, sig},
		"null unprotected":            []any{es256, nil, []byte{}, sig},
		"chain as an array of one":    []any{es256, map[int]any{33: []any{cert}}, []byte{}, sig},
		"chain of five":               []any{es256, map[int]any{33: []any{cert, cert, cert, cert, cert}}, []byte{}, sig},
		"chain as text":               []any{es256, map[int]any{33: "AQ"}, []byte{}, sig},
		"payload as text":             []any{es256, map[int]any{}, "payload", sig},
		"signature of 63 bytes":       []any{es256, map[int]any{}, []byte{}, sig[:63]},
		"signature of 72 bytes (DER)": []any{es256, map[int]any{}, []byte{}, make([]byte, 72)},
		"signature of integers":       []any{es256, map[int]any{}, []byte{}, make([]int, 64)},
		"signature null":              []any{es256, map[int]any{}, []byte{}, nil},
	}
	for name, v := range cases {
		t.Run(name, func(t *testing.T) {
			raw, err := cbor.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cose.Decode(raw); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestKey(t *testing.T) {
	key := newKey(t)
	raw, err := cose.EncodeKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	back, err := cose.DecodeKey(raw)
	if err != nil || !back.Equal(&key.PublicKey) {
		t.Fatalf("%v", err)
	}
	x, y := raw[len(raw)-67:len(raw)-35], raw[len(raw)-32:]
	off := append([]byte{}, y...)
	off[31] ^= 1
	cases := map[string]any{
		"off the curve":     map[int]any{1: 2, -1: 1, -2: x, -3: off},
		"another curve":     map[int]any{1: 2, -1: 2, -2: x, -3: y},
		"another type":      map[int]any{1: 1, -1: 1, -2: x, -3: y},
		"short coordinate":  map[int]any{1: 2, -1: 1, -2: x[1:], -3: y},
		"padded coordinate": map[int]any{1: 2, -1: 1, -2: append([]byte{0}, x...), -3: y},
		"compressed":        map[int]any{1: 2, -1: 1, -2: x, -3: true},
		"private part":      map[int]any{1: 2, -1: 1, -2: x, -3: y, -4: x},
		"key id":            map[int]any{1: 2, -1: 1, -2: x, -3: y, 2: x},
		"a tagged type":     map[int]any{1: cbor.Tag{Number: 24, Content: 2}, -1: 1, -2: x, -3: y},
		"a tagged curve":    map[int]any{1: 2, -1: cbor.Tag{Number: 24, Content: 1}, -2: x, -3: y},
		"infinity":          map[int]any{1: 2, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)},
	}
	for name, v := range cases {
		t.Run(name, func(t *testing.T) {
			raw, err := cbor.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cose.DecodeKey(raw); err == nil {
				t.Error("accepted")
			}
		})
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cose.EncodeKey(&p384.PublicKey); err == nil {
		t.Error("a P-384 key was encoded as P-256")
	}
}

func FuzzDecode(f *testing.F) {
	key := newKey(f)
	f.Add(encode(f, cose.Sign1{Chain: [][]byte{{1}}, Payload: []byte("p"), Signature: sign(f, key, []byte("p"))}))
	f.Add(encode(f, cose.Sign1{Signature: make([]byte, 64)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := cose.Decode(b)
		if err != nil {
			return
		}
		again, err := s.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is written back as %x, %v: two spellings", b, again, err)
		}
	})
}
