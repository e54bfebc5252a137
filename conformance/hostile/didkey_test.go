package hostile_test

import (
	"bytes"
	"math/big"
	"strings"
)

// Multicodecs, as unsigned varints.
var (
	p256Pub      = []byte{0x80, 0x24}
	p384Pub      = []byte{0x81, 0x24}
	secp256k1Pub = []byte{0xe7, 0x01}
	ed25519Pub   = []byte{0xed, 0x01}
	x25519Pub    = []byte{0xec, 0x01}
	rsaPub       = []byte{0x85, 0x24}
	p256Priv     = []byte{0x86, 0x26}
)

// base58 is base58-btc, the multibase z.
func base58(b []byte) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	n, base, digit, out := new(big.Int).SetBytes(b), big.NewInt(58), new(big.Int), ""
	for n.Sign() > 0 {
		n.DivMod(n, base, digit)
		out = string(alphabet[digit.Int64()]) + out
	}
	return strings.Repeat("1", len(b)-len(bytes.TrimLeft(b, "\x00"))) + out
}

func didOf(codec, key []byte) string { return "did:key:z" + base58(append(bytes.Clone(codec), key...)) }

// didTrick spells the holder's key in another way, or names another. compressed is the holder's point, 33 bytes.
type didTrick struct {
	name string
	do   func(compressed []byte, good string) string
	from string
}

func didTricks() []didTrick {
	const point = "SEC 1 §2.3.4; GOV.UK and did:key §3.1.3.2: a compressed point of P-256 that is on the curve"
	const one = "did:key §3.1: one spelling, or a holder has two names"
	fixed := func(did string) func([]byte, string) string { return func([]byte, string) string { return did } }
	prefixed := func(prefix byte) func([]byte, string) string {
		return func(c []byte, _ string) string { return didOf(p256Pub, append([]byte{prefix}, c[1:]...)) }
	}
	of := func(codec []byte, size int) func([]byte, string) string {
		return func([]byte, string) string { return didOf(codec, bytes.Repeat([]byte{2}, size)) }
	}
	return []didTrick{
		{"an x that no point has", fixed(didOf(p256Pub, append([]byte{2}, append(make([]byte, 31), 1)...))), point},
		{"an x beyond the field", fixed(didOf(p256Pub, append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...))), point},
		{"the point at infinity", fixed(didOf(p256Pub, []byte{0})), "SEC 1 §2.3.3: infinity is one zero byte; any signature holds under it"},
		{"the point at infinity, at full length", fixed(didOf(p256Pub, make([]byte, 33))), point},
		{"prefix 04 before a compressed point", prefixed(4), point},
		{"prefix 05", prefixed(5), point},
		{"prefix 07, as in the published bad vector", prefixed(7), "w3c-ccg/did-key-spec test vectors"},
		{"an uncompressed point", func(c []byte, _ string) string { return didOf(p256Pub, append([]byte{4}, make([]byte, 64)...)) }, point},
		{"a point cut short", func(c []byte, _ string) string { return didOf(p256Pub, c[:32]) }, point},
		{"a byte after the point", func(c []byte, _ string) string { return didOf(p256Pub, append(bytes.Clone(c), 0)) }, one},
		{"P-384", of(p384Pub, 49), "GOV.UK: P-256 alone"},
		{"secp256k1", of(secp256k1Pub, 33), "GOV.UK: P-256 alone; the same length, another curve"},
		{"Ed25519", of(ed25519Pub, 32), "GOV.UK: P-256 alone"},
		{"X25519", of(x25519Pub, 32), "a key that signs nothing"},
		{"RSA", of(rsaPub, 270), "GOV.UK: P-256 alone"},
		{"a private key's multicodec", of(p256Priv, 33), "multicodec: a private key in a name"},
		{"no multicodec", func(c []byte, _ string) string { return didOf(nil, c) }, "did:key §3.1"},
		{"a multicodec in two spellings", func(c []byte, _ string) string { return didOf([]byte{0x80, 0xa4, 0x00}, c) }, "multiformats: varints are minimal; " + one},
		{"zeros before it", func(c []byte, good string) string { return strings.Replace(good, ":z", ":z1", 1) }, one},
		{"another multibase", func(c []byte, _ string) string { return "did:key:u" + b64(append(bytes.Clone(p256Pub), c...)) }, "did:key §3.1: base58-btc"},
		{"letters that base58 leaves out", func(_ []byte, good string) string { return good[:len(good)-2] + "0O" }, "base58-btc has no 0, O, I and l"},
		{"in capitals", func(_ []byte, good string) string { return strings.Replace(good, "did:key", "DID:KEY", 1) }, "DID Core §3.1: lower case"},
		{"with another's fragment", func(_ []byte, good string) string { return good + "#zDnaelse" }, "GOV.UK: bare; OID4VCI: the fragment is the key again"},
		{"with a query", func(_ []byte, good string) string { return good + "?versionId=1" }, "DID Core §3.2: a URL, and no DID"},
		{"with a path", func(_ []byte, good string) string { return good + "/key" }, "DID Core §3.2: a URL, and no DID"},
		{"did:web", fixed("did:web:elsewhere.example"), "a key that somebody else can change"},
		{"did:jwk", fixed("did:jwk:" + b64([]byte(`{"kty":"EC"}`))), "a method that nobody allowed"},
		{"nothing", fixed("did:key:z"), "an empty key"},
		{"a very long one", fixed("did:key:z" + strings.Repeat("z", 400)), "base58 costs the square of its length"},
		{"ending in a blank", func(_ []byte, good string) string { return good + " " }, one},
	}
}

// didKeys sends each as the kid of a proof, whose signature is the holder's own, and as the holder of a credential.
func didKeys() []hostile {
	var out []hostile
	for _, k := range didTricks() {
		out = append(out, hostile{"kid of a proof: " + k.name, func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			spoilt := r.proof.with(map[string]any{"kid": k.do(compressed(&r.proof), b.wallet.DIDKey())}, nil)
			return func() string { return r.send(r.token.compact(), spoilt.compact()) }
		}, "400 invalid_proof", k.from}, hostile{"holder of a credential: " + k.name, func(b *bench) func() string {
			good := b.forge.credential(b.forge.publish())
			holder := jws{key: b.forge.holder}
			did := k.do(compressed(&holder), good.claims["sub"].(string))
			subject := map[string]any{"id": did, "document_number": "FORGED1"}
			return func() string {
				return b.verify(map[string]any{"vcJwt": good.with(nil, map[string]any{"sub": did, "credentialSubject": subject}).compact()})
			}
		}, "not_valid malformed", k.from})
	}
	return out
}

// compressed is the point of the public key, 33 bytes.
func compressed(j *jws) []byte {
	point := uncompressed(j)
	return append([]byte{2 + point[64]&1}, point[1:33]...)
}
