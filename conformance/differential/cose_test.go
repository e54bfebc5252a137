package differential_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	fx "github.com/fxamacker/cbor/v2"
	gocose "github.com/veraison/go-cose"

	"justice-wallet/pkg/cose"
)

// odditiesOfCOSE are the signatures that go-cose verifies and we refuse to read. All of them are made by the key.
var odditiesOfCOSE = map[string]string{
	"tagged":             "ISO 18013-5 §9.1.2.4 and RFC 9360 name COSE_Sign1 without its tag",
	"another spelling":   "one form of each item (pkg/cbor): what is odd in the whole is listed there",
	"protected header":   "exactly {1: algorithm}, in one spelling: no crit, no key and no certificate that we would have to understand",
	"unprotected header": "empty or x5chain alone: what nobody signed is not for us to act on",
	"chain":              "RFC 9360 §2: one certificate is no array; at most four",
}

// TestCOSE holds that a COSE_Sign1 that we verify is verified by go-cose, with the same payload.
func TestCOSE(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := gocose.NewVerifier(gocose.AlgorithmES256, &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	met, accepted := seen{}, 0
	rounds(t, func(_ int, in inputs) {
		raw := in.sign1(t, private)
		ours, err := ourSign1(raw, &private.PublicKey)
		theirs, theirErr := theirSign1(raw, verifier)
		switch {
		case err == nil && theirErr != nil:
			t.Errorf("%x: we verify it, go-cose says %v", raw, theirErr)
		case err == nil && !bytes.Equal(ours, theirs):
			t.Errorf("%x: we read %x, go-cose reads %x", raw, ours, theirs)
		case err == nil:
			accepted++
		case theirErr == nil:
			met[oddSign1(raw)]++
		}
	})
	if accepted < 100 {
		t.Errorf("only %d inputs were accepted: nothing was compared", accepted)
	}
	met.listed(t, odditiesOfCOSE)
}

func ourSign1(raw []byte, key *ecdsa.PublicKey) ([]byte, error) {
	s, err := cose.Decode(raw)
	if err != nil {
		return nil, err
	}
	if s.Payload == nil {
		return nil, errors.New("the payload is not there")
	}
	return s.Payload, s.Verify(key, s.Payload)
}

func theirSign1(raw []byte, verifier gocose.Verifier) ([]byte, error) {
	var message gocose.Sign1Message
	if bytes.HasPrefix(raw, []byte{0xd2}) {
		if err := message.UnmarshalCBOR(raw); err != nil {
			return nil, err
		}
		return message.Payload, message.Verify(nil, verifier)
	}
	var untagged gocose.UntaggedSign1Message
	if err := untagged.UnmarshalCBOR(raw); err != nil {
		return nil, err
	}
	message = gocose.Sign1Message(untagged)
	return message.Payload, message.Verify(nil, verifier)
}

// oddSign1 says what is odd about a COSE_Sign1, the first of the list.
func oddSign1(raw []byte) string {
	if bytes.HasPrefix(raw, []byte{0xd2}) {
		return "tagged"
	}
	if odd, _ := oddities(raw); len(odd) > 0 {
		return "another spelling"
	}
	var parts []fx.RawMessage
	if err := fx.Unmarshal(raw, &parts); err != nil || len(parts) != 4 {
		return "no array of four"
	}
	var protected []byte
	if err := fx.Unmarshal(parts[0], &protected); err != nil || !bytes.Equal(protected, []byte{0xa1, 1, 0x26}) {
		return "protected header"
	}
	var header map[int64]fx.RawMessage
	if err := fx.Unmarshal(parts[1], &header); err != nil || len(header) > 1 || (len(header) == 1 && header[33] == nil) {
		return "unprotected header"
	}
	if header[33] != nil {
		return "chain"
	}
	return "nothing that is known"
}

// sign1 writes a COSE_Sign1 whose signature is right for what its parts say, whatever they say; now and then it is bent.
func (in inputs) sign1(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	protected := pick(in, plain, plain, plain, []byte{0xa1, 1, 0x26},
		[]byte{0xa1, 0x18, 1, 0x26}, []byte{0xbf, 1, 0x26, 0xff}, []byte{0xa1, 1, 0x38, 6}, []byte{}, []byte{0xa0}, []byte{0xa2, 1, 0x26, 4, 0x41, 7},
		[]byte{0xa2, 1, 0x26, 2, 0x81, 4}, []byte{0xa2, 1, 0x26, 1, 0x26}, []byte{0xa1, 1, 0x65, 'E', 'S', '2', '5', '6'}, []byte{0xa1, 1, 0x38, 0x22}, []byte{0xa2, 1, 0x26, 3, 0x18, 42})
	payload := pick(in, []byte{}, []byte("payload"), []byte{0xd8, 24, 0x41, 0xa0}, bytes.Repeat([]byte{7}, 300))
	out := slices.Concat(pick(in, []byte{0x84}, []byte{0x84}, []byte{0x84}, []byte{0x84}, []byte{0xd2, 0x84}, []byte{0x98, 4}, []byte{0xd8, 18, 0x84}),
		in.head(2, uint64(len(protected)), protected), in.unprotected(), in.head(2, uint64(len(payload)), payload), []byte{0x58, 64}, signSign1(t, key, protected, payload))
	if in.one(4) {
		return in.bend(out)
	}
	return out
}

var plain = []byte{0xa1, 1, 0x26}

func (in inputs) unprotected() []byte {
	return pick(in, []byte{0xa0}, []byte{0xa0}, []byte{0xa0}, []byte{0xa1, 0x18, 33, 0x42, 0x30, 0}, []byte{0xa1, 0x18, 33, 0x82, 0x41, 1, 0x41, 2}, []byte{0xa1, 0x18, 33, 0x81, 0x41, 1},
		[]byte{0xa1, 4, 0x41, 7}, []byte{0xa1, 1, 0x26}, []byte{0xa2, 0x18, 33, 0x41, 1, 4, 0x41, 7}, []byte{0xa1, 0x18, 33, 0x85, 0x41, 1, 0x41, 2, 0x41, 3, 0x41, 4, 0x41, 5},
		[]byte{0xa1, 0x61, 'x', 0}, []byte{0xbf, 0xff}, []byte{0xa1, 0x19, 0, 33, 0x41, 1})
}

// signSign1 signs the Sig_structure of RFC 9052 §4.4, written here by hand.
func signSign1(t *testing.T, key *ecdsa.PrivateKey, protected, payload []byte) []byte {
	t.Helper()
	if len(protected) == 1 && protected[0] == 0xa0 {
		protected = nil // RFC 9052 §4.4: an empty header is an empty string, whichever way it was sent
	}
	structure, err := fx.Marshal([]any{"Signature1", append([]byte{}, protected...), []byte{}, payload})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(structure)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32)))
}
