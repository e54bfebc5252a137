package hostile_test

import (
	"bytes"
	"testing"

	"justice-wallet/conformance/rig"
)

// TestAnMDocOfTheForgeIsValid is what makes the refusals worth something.
func TestAnMDocOfTheForgeIsValid(t *testing.T) {
	b := newBench(t, rig.Options{})
	if outcome := b.bare(b.forge.mdoc().issuerSigned()); outcome != "valid" {
		t.Error(outcome)
	}
}

// encodings are mdocs in CBOR that a strict reader does not take.
func encodings() []hostile {
	const malformed = "not_valid malformed"
	const twice = "fxamacker/cbor v2.10: a struct takes the first of two equal keys, a map the last; RFC 8949 §5.6"
	const indefinite = "RFC 8949 §4.2.1: one length, known before it is read"
	const shortest = "RFC 8949 §4.2.1: one spelling of a number"
	const tags = "RFC 8949 §3.4: a tag says what follows, and is held to it"
	const types = "RFC 8949: one type for each member; fxamacker/cbor turns one into another"
	item0 := func(edit func([]byte) []byte) func(*bench, *mdoc) {
		return func(_ *bench, m *mdoc) { m.items[0] = edit(m.items[0]) }
	}
	value := func(v []byte) func(*bench, *mdoc) {
		return func(_ *bench, m *mdoc) { m.items[0] = item(0, "family_name", v) }
	}
	mso := func(edit func([]byte) []byte) func(*bench, *mdoc) { return func(_ *bench, m *mdoc) { m.mso = edit } }
	whole := func(edit func([]byte) []byte) func(*bench, *mdoc) {
		return func(_ *bench, m *mdoc) { m.whole = edit }
	}
	more := func(pairs ...[]byte) func([]byte) []byte { // adds members to a short map
		return func(b []byte) []byte { return join([]byte{b[0] + byte(len(pairs)/2)}, b[1:], join(pairs...)) }
	}
	endless := func(b []byte) []byte { return join([]byte{b[0]&0xe0 | 31}, b[1:], []byte{0xff}) }
	return []hostile{
		spoilt("issuerAuth twice", whole(more(text("issuerAuth"), array())), malformed, twice),
		spoilt("nameSpaces twice", whole(more(text("nameSpaces"), mapping())), malformed, twice),
		spoilt("docType twice in the MSO", mso(more(text("docType"), text("another"))), malformed, twice),
		spoilt("elementValue twice", item0(more(text("elementValue"), text("Another"))), malformed, twice),
		spoilt("a key twice, once in a longer spelling", mso(more(join([]byte{0x78, 7}, []byte("docType")), text("another"))), malformed, twice),
		spoilt("alg twice in the protected header", func(_ *bench, m *mdoc) { m.protected = mapping(number(1), number(-7), number(1), number(-7)) }, malformed, twice),
		spoilt("alg in both headers", func(b *bench, m *mdoc) {
			m.unprotected = mapping(number(33), bytestring(b.forge.ds.Raw), number(1), number(-7))
		}, malformed, "RFC 9052 §3: a label stands in one header"),
		spoilt("a digest twice", func(_ *bench, m *mdoc) {
			m.digests = func(d map[int][]byte) []byte {
				return mapping(number(0), bytestring(d[0]), number(0), bytestring(d[1]), number(1), bytestring(d[1]))
			}
		}, malformed, twice),
		spoilt("idx twice in the status", func(b *bench, m *mdoc) {
			m.status = mapping(text("status_list"), mapping(text("idx"), number(1), text("uri"), text(b.forge.publish()), text("idx"), number(2)))
		}, malformed, twice),
		spoilt("a key in another case", mso(replaceOnce(text("version"), text("VERSION"))), malformed, "fxamacker/cbor v2.10: VERSION fills version"),

		spoilt("an MSO of indefinite length", mso(endless), malformed, indefinite),
		spoilt("an item of indefinite length", item0(endless), malformed, indefinite),
		spoilt("a value of indefinite length", value(join([]byte{0x7f}, text("For"), text("ged"), []byte{0xff})), malformed, indefinite),
		spoilt("a list of indefinite length", value(join([]byte{0x9f}, text("Forged"), []byte{0xff})), malformed, indefinite),
		spoilt("a break that ends nothing", value([]byte{0xff}), malformed, "RFC 8949 §3.2.1"),
		spoilt("an indefinite length that never ends", whole(func(b []byte) []byte { return join([]byte{0xbf}, b[1:]) }), malformed, "RFC 8949 §3.2.1"),

		spoilt("a digestID in two bytes", func(_ *bench, m *mdoc) { m.items[0] = itemWith([]byte{0x18, 0}, 16, "family_name", text("Forged")) }, malformed, shortest),
		spoilt("a digestID in nine bytes", func(_ *bench, m *mdoc) {
			m.items[0] = itemWith([]byte{0x1b, 0, 0, 0, 0, 0, 0, 0, 0}, 16, "family_name", text("Forged"))
		}, malformed, shortest),
		spoilt("a length in nine bytes", value(join([]byte{0x7b, 0, 0, 0, 0, 0, 0, 0, 6}, []byte("Forged"))), malformed, shortest),
		spoilt("an MSO whose map is counted in two bytes", mso(func(b []byte) []byte { return join([]byte{0xb8, b[0] & 31}, b[1:]) }), malformed, shortest),
		spoilt("alg in two bytes", func(_ *bench, m *mdoc) { m.protected = mapping(number(1), []byte{0x38, 6}) }, malformed, shortest),

		spoilt("an item that is no tag 24", func(_ *bench, m *mdoc) { m.tagged = bytestring }, malformed, "ISO 18013-5 §8.3.2.1.2.2"),
		spoilt("an item tagged twice", func(_ *bench, m *mdoc) { m.tagged = func(b []byte) []byte { return tag(24, embedded(b)) } }, malformed, tags),
		spoilt("tag 24 over text", func(_ *bench, m *mdoc) { m.tagged = func(b []byte) []byte { return tag(24, text("item")) } }, malformed, tags),
		spoilt("tag 24 over what is no CBOR", func(_ *bench, m *mdoc) { m.tagged = func(b []byte) []byte { return embedded([]byte{0x1c}) } }, malformed, tags),
		spoilt("an MSO that is not embedded", func(_ *bench, m *mdoc) { m.payload = func(mso []byte) []byte { return mso } }, malformed, "ISO 18013-5 §9.1.2.4: MobileSecurityObjectBytes"),
		spoilt("a tagged COSE_Sign1", func(_ *bench, m *mdoc) {
			m.auth = func(p, u, payload, s []byte) []byte { return tag(18, array(p, u, payload, s)) }
		}, malformed, "ISO 18013-5 §9.1.2.4: untagged, as GOV.UK's harness has it"),
		spoilt("a COSE_Mac0", func(_ *bench, m *mdoc) {
			m.auth = func(p, u, payload, s []byte) []byte { return tag(17, array(p, u, payload, s)) }
		}, malformed, "RFC 9052 §6.2: a MAC is no signature"),
		spoilt("the whole with its self-describing tag", whole(func(b []byte) []byte { return tag(55799, b) }), malformed, "RFC 8949 §3.4.6"),
		spoilt("a date that is a number", func(_ *bench, m *mdoc) {
			m.validity = mapping(text("signed"), tag(0, number(1)), text("validFrom"), tag(0, number(1)), text("validUntil"), tag(0, number(1)))
		}, malformed, tags),
		spoilt("a date that is not a number at all", func(_ *bench, m *mdoc) {
			nan := tag(1, []byte{0xf9, 0x7e, 0x00})
			m.validity = mapping(text("signed"), nan, text("validFrom"), nan, text("validUntil"), nan)
		}, malformed, "fxamacker/cbor v2.10: tag 1 over NaN is the year 1, without an error"),
		spoilt("a date of tag 1", func(_ *bench, m *mdoc) {
			m.validity = mapping(text("signed"), tag(1, number(1)), text("validFrom"), tag(1, number(1)), text("validUntil"), tag(1, head(0, 1<<40)))
		}, malformed, "ISO 18013-5 §9.1.2.4: tdate"),
		spoilt("a bignum for a digestID", func(_ *bench, m *mdoc) {
			m.items[0] = itemWith(tag(2, bytestring([]byte{0})), 16, "family_name", text("Forged"))
		}, malformed, "RFC 8949 §3.4.3: a number that is a string of bytes"),
		spoilt("tags a thousand deep", value(join(bytes.Repeat([]byte{0xc6}, 1000), text("Forged"))), malformed, "fxamacker/cbor: depth; DAG-CBOR GO-2026-5073"),

		spoilt("arrays a thousand deep", value(join(bytes.Repeat([]byte{0x81}, 1000), []byte{0x80})), malformed, "DAG-CBOR GO-2026-5684: the stack ends"),
		spoilt("maps thirty deep", value(join(bytes.Repeat([]byte{0xa1, 0x61, 'x'}, 30), []byte{0xf6})), malformed, "our own bound of 16 levels"),
		spoilt("a whole document of nothing but depth", whole(func([]byte) []byte { return bytes.Repeat([]byte{0x81}, 40000) }), malformed, "DAG-CBOR GO-2026-5684: the stack ends"),
		spoilt("an array that says it has 2^63 members", value(head(4, 1<<63)), malformed, "CVE-2020-15111 and its kind: memory for what is only claimed"),
		spoilt("text that says it has four gigabytes", value(head(3, 1<<32)), malformed, "memory for what is only claimed"),
		spoilt("bytes that say they have 2^64-1", value(head(2, 1<<64-1)), malformed, "a length that wraps round"),
		spoilt("a map that says it has 2^62 pairs", value(head(5, 1<<62)), malformed, "memory for what is only claimed"),
		spoilt("an array of 5000 members", value(join(head(4, 5000), bytes.Repeat([]byte{0}, 5000))), malformed, "our own bound of 4096 members"),
		spoilt("a map of 2000 pairs", value(join(head(5, 2000), manyPairs(2000))), malformed, "our own bound of 1024 pairs"),
		spoilt("bytes after the end", whole(func(b []byte) []byte { return append(b, 0) }), malformed, "RFC 8949 §5.1: one item"),
		spoilt("a second document after the end", whole(func(b []byte) []byte { return append(b, b...) }), malformed, "RFC 8949 §5.1: one item"),
		spoilt("cut short", whole(func(b []byte) []byte { return b[:len(b)-1] }), malformed, "RFC 8949 §5.1"),
		spoilt("nothing", whole(func([]byte) []byte { return nil }), "400 invalid_request", "RFC 8949 §5.1"),

		spoilt("text that is not UTF-8", value(join(head(3, 2), []byte{0xff, 0xfe})), malformed, "RFC 8949 §3.1"),
		spoilt("text with half a character", value(join(head(3, 3), []byte{0xed, 0xa0, 0x80})), malformed, "RFC 3629 §3: no surrogates in UTF-8"),
		spoilt("an overlong slash", value(join(head(3, 2), []byte{0xc0, 0xaf})), malformed, "RFC 3629 §3: one spelling"),
		spoilt("a value of undefined", value([]byte{0xf7}), malformed, "no element of ours is undefined"),
		spoilt("a value of a simple value nobody has assigned", value([]byte{0xf8, 0x20}), malformed, "RFC 8949 §3.3"),
		spoilt("a simple value in two bytes that fits one", value([]byte{0xf8, 0x15}), malformed, "RFC 8949 §3.3: not well formed"),
		spoilt("a reserved length", value([]byte{0x1c}), malformed, "RFC 8949 §3: 28 to 30 are reserved"),
		spoilt("a digestID that is text", func(_ *bench, m *mdoc) { m.items[0] = itemWith(text("0"), 16, "family_name", text("Forged")) }, malformed, types),
		spoilt("a digestID below zero", func(_ *bench, m *mdoc) { m.items[0] = itemWith(number(-1), 16, "family_name", text("Forged")) }, malformed, "ISO 18013-5 §9.1.2.4"),
		spoilt("a digestID of 2^31", func(_ *bench, m *mdoc) { m.items[0] = itemWith(head(0, 1<<31), 16, "family_name", text("Forged")) }, malformed, "ISO 18013-5 §9.1.2.4: below 2^31"),
		spoilt("random that is a list of numbers", item0(func(b []byte) []byte {
			i := bytes.Index(b, text("elementIdentifier")) - 17
			return join(b[:i], array(bytes.Split(bytes.Repeat([]byte{1}, 16), nil)...), b[i+17:])
		}), malformed, "fxamacker/cbor v2.10: a list of numbers becomes bytes"),
		spoilt("an element whose name is null", item0(replaceOnce(text("family_name"), []byte{0xf6})), malformed, "fxamacker/cbor v2.10: null becomes empty text"),
		spoilt("a salt of 15 bytes", func(_ *bench, m *mdoc) { m.items[0] = itemWith(number(0), 15, "family_name", text("Forged")) }, malformed, "ISO 18013-5 §9.1.2.5: 16 at least, or the value can be guessed"),
		spoilt("a salt of thirty thousand bytes", func(_ *bench, m *mdoc) { m.items[0] = itemWith(number(0), 30000, "family_name", text("Forged")) }, malformed, "our own bound"),
		spoilt("a member of an item that nobody knows", item0(more(text("admin"), []byte{0xf5})), malformed, "ISO 18013-5 §8.3.2.1.2.2: four members"),
		spoilt("a member of the MSO that nobody knows", mso(more(text("admin"), []byte{0xf5})), malformed, "ISO 18013-5 §9.1.2.4"),
		spoilt("a member of IssuerSigned that nobody knows", whole(more(text("errors"), mapping())), malformed, "ISO 18013-5 §8.3.2.1.2.2"),
		spoilt("a version of tomorrow", mso(replaceOnce(text("1.0"), text("9.0"))), malformed, "ISO 18013-5 §9.1.2.4: 1.0"),
		spoilt("a digest algorithm that is broken", mso(replaceOnce(text("SHA-256"), text("SHA-1"))), malformed, "ISO 18013-5 Table 21; collisions of SHA-1"),
		spoilt("no digest algorithm to speak of", mso(replaceOnce(text("SHA-256"), text(""))), malformed, "ISO 18013-5 Table 21"),
		spoilt("a digest that is cut short", func(_ *bench, m *mdoc) {
			m.digests = func(d map[int][]byte) []byte {
				return mapping(number(0), bytestring(d[0][:16]), number(1), bytestring(d[1]))
			}
		}, malformed, "a comparison of as many bytes as there are"),
		spoilt("a digest of nothing", func(_ *bench, m *mdoc) {
			m.digests = func(d map[int][]byte) []byte { return mapping(number(0), bytestring(nil), number(1), bytestring(d[1])) }
		}, malformed, "a comparison of as many bytes as there are"),
		spoilt("no namespace", whole(func(b []byte) []byte {
			return mapping(text("nameSpaces"), mapping(), text("issuerAuth"), b[bytes.Index(b, text("issuerAuth"))+len(text("issuerAuth")):])
		}), malformed, "ISO 18013-5 §8.3.2.1.2.2: one namespace at least"),
		spoilt("the same element under two digests", func(_ *bench, m *mdoc) {
			m.items = [][]byte{item(0, "family_name", text("Forged")), item(1, "family_name", text("Another"))}
		}, malformed, "which of the two is shown?"),
		spoilt("the same digestID under two elements", func(_ *bench, m *mdoc) { m.items[1] = item(0, "given_name", text("Another")) }, malformed, "ISO 18013-5 §9.1.2.4: unique"),
	}
}

func manyPairs(n int) []byte {
	var out []byte
	for i := range n {
		out = append(out, join(number(i), []byte{0})...)
	}
	return out
}

// tampered are documents whose bytes are well formed, and not those that were signed.
func tampered() []hostile {
	const digest, signature = "not_valid digest", "not_valid signature"
	after := func(old, new []byte) func(*bench, *mdoc) {
		return func(_ *bench, m *mdoc) { m.whole = replaceOnce(old, new) }
	}
	alg := func(n int) func(*bench, *mdoc) {
		return func(_ *bench, m *mdoc) { m.protected = mapping(number(1), number(n)) }
	}
	const algorithms = "RFC 9053: one algorithm for a key, from a list of ours"
	return []hostile{
		spoilt("another name", after(text("Forged"), text("Farged")), digest, "eudi-web-verifier#140: shown all the same"),
		spoilt("another docType in the MSO", after(text("docType"), text("docTypo")), "not_valid malformed", "ISO 18013-5 §9.3.1"),
		spoilt("an element the issuer never signed", func(_ *bench, m *mdoc) {
			m.digests = func(d map[int][]byte) []byte { return mapping(number(0), bytestring(d[0])) }
		}, digest, "ISO 18013-5 §9.3.1 step 3: a digest for every element"),
		spoilt("digests of another namespace", func(_ *bench, m *mdoc) {
			m.mso = replaceOnce(join(text("valueDigests"), head(5, 1), text(release)), join(text("valueDigests"), head(5, 1), text("elsewhere")))
		}, "not_valid", "ISO 18013-5 §9.3.1 step 3"),
		spoilt("two digests that have changed places", func(_ *bench, m *mdoc) {
			m.digests = func(d map[int][]byte) []byte {
				return mapping(number(0), bytestring(d[1]), number(1), bytestring(d[0]))
			}
		}, digest, "ISO 18013-5 §9.3.1 step 3"),
		spoilt("a bit of the signature", func(_ *bench, m *mdoc) {
			m.auth = func(p, u, payload, s []byte) []byte { s[10] ^= 1; return array(p, u, payload, s) }
		}, signature, "ISO 18013-5 §9.3.1 step 2"),
		spoilt("no signature", func(_ *bench, m *mdoc) {
			m.auth = func(p, u, payload, _ []byte) []byte { return array(p, u, payload, bytestring(nil)) }
		}, "not_valid", "cosign GO-2026-5694: what cannot be read was taken for good"),
		spoilt("a signature of zeros", func(_ *bench, m *mdoc) {
			m.auth = func(p, u, payload, _ []byte) []byte { return array(p, u, payload, bytestring(make([]byte, 64))) }
		}, signature, "CVE-2022-21449: psychic signatures"),
		spoilt("a detached payload", func(_ *bench, m *mdoc) {
			m.auth = func(p, u, _, s []byte) []byte { return array(p, u, []byte{0xf6}, s) }
		}, "not_valid malformed", "RFC 9052 §4.1: nothing was signed"),
		spoilt("another key's signature", func(_ *bench, m *mdoc) { m.key = stranger() }, signature, "ISO 18013-5 §9.3.1 step 2"),
		spoilt("alg ES384 on P-256", alg(-35), "not_valid", algorithms),
		spoilt("alg ES512 on P-256", alg(-36), "not_valid", algorithms),
		spoilt("alg EdDSA on P-256", alg(-8), "not_valid", algorithms),
		spoilt("alg HMAC", alg(5), "not_valid malformed", algorithms),
		spoilt("alg ES256K", alg(-47), "not_valid malformed", algorithms),
		spoilt("alg RS1", alg(-65535), "not_valid malformed", algorithms),
		spoilt("alg none", alg(0), "not_valid malformed", algorithms),
		spoilt("no alg", func(_ *bench, m *mdoc) { m.protected = mapping() }, "not_valid malformed", algorithms),
		spoilt("alg that is text", func(_ *bench, m *mdoc) { m.protected = mapping(number(1), text("ES256")) }, "not_valid malformed", algorithms),
		spoilt("alg that nobody signed", func(b *bench, m *mdoc) {
			m.protected = mapping()
			m.unprotected = mapping(number(33), bytestring(b.forge.ds.Raw), number(1), number(-7))
		}, "not_valid malformed", "RFC 9052 §3.1: alg is protected"),
		spoilt("crit in the protected header", func(_ *bench, m *mdoc) {
			m.protected = mapping(number(1), number(-7), number(2), array(number(99)), number(99), number(1))
		}, "not_valid malformed", "RFC 9052 §3.1: what is critical and not understood is refused"),
		spoilt("a protected header that is no map", func(_ *bench, m *mdoc) { m.protected = array() }, "not_valid malformed", "RFC 9052 §3"),
		spoilt("a kid in the unprotected header", func(b *bench, m *mdoc) {
			m.unprotected = mapping(number(33), bytestring(b.forge.ds.Raw), number(4), bytestring([]byte("other")))
		}, "not_valid malformed", "GOV.UK's harness: x5chain alone"),
		spoilt("a device key that is not on the curve", func(_ *bench, m *mdoc) {
			m.deviceKey = mapping(number(1), number(2), number(-1), number(1), number(-2), bytestring(make([]byte, 32)), number(-3), bytestring(make([]byte, 32)))
		}, "not_valid malformed", "SEC 1 §3.2.2; jwx v2.1.7 takes such a JWK"),
		spoilt("a device key whose y is a sign", func(_ *bench, m *mdoc) {
			m.deviceKey = mapping(number(1), number(2), number(-1), number(1), number(-2), bytestring(make([]byte, 32)), number(-3), []byte{0xf5})
		}, "not_valid malformed", "GOV.UK's harness: x and y, 32 bytes each"),
		spoilt("a device key with its private half", func(b *bench, m *mdoc) {
			k := coseKey(&b.forge.holder.PublicKey)
			m.deviceKey = join([]byte{k[0] + 1}, k[1:], number(-4), bytestring(make([]byte, 32)))
		}, "not_valid malformed", "RFC 9053 §7.1.1: a secret in a document"),
		spoilt("a symmetric device key", func(_ *bench, m *mdoc) {
			m.deviceKey = mapping(number(1), number(4), number(-1), bytestring(make([]byte, 32)))
		}, "not_valid malformed", "RFC 9053 §7.3: everybody could be the holder"),
	}
}
