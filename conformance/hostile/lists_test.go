package hostile_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/vical"
)

const (
	mediaJWT = "application/statuslist+jwt"
	mediaCWT = "application/statuslist+cwt"
)

// listed is a good credential whose status list is what answer serves at its address.
func listed(name string, answer func(f *forge, uri string) http.HandlerFunc, want, from string) hostile {
	return hostile{name, func(b *bench) func() string {
		uri := b.forge.fresh()
		b.forge.handle(b.forge.path(uri), answer(b.forge, uri))
		credential := b.forge.credential(uri).compact()
		return func() string { return b.verify(map[string]any{"vcJwt": credential}) }
	}, want, from}
}

// served answers with one body.
func served(mediaType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(body) // who asked may have gone
	}
}

// jwtList is a list as JWT, truly signed, with other claims.
func jwtList(name string, claims func(uri string) map[string]any, want, from string) hostile {
	return listed("JWT: "+name, func(f *forge, uri string) http.HandlerFunc {
		return served(mediaJWT, []byte(f.list(uri).with(nil, claims(uri)).compact()))
	}, want, from)
}

// withList is one whose status_list is v.
func withList(name string, v any, want, from string) hostile {
	return jwtList(name, func(string) map[string]any { return map[string]any{"status_list": v} }, want, from)
}

func member(name string, v any) func(string) map[string]any {
	return func(string) map[string]any { return map[string]any{name: v} }
}

// cwt is a list as CWT of the forge, in parts.
type cwt struct {
	protected, unprotected []byte
	claims                 [][]byte
	wrap                   func(parts ...[]byte) []byte
}

func (f *forge) cwt(uri string) *cwt {
	now := time.Now().Unix()
	return &cwt{
		protected:   mapping(number(1), number(-7), number(16), text(mediaCWT)),
		unprotected: mapping(number(4), bytestring([]byte(listKID))),
		claims: [][]byte{number(2), text(uri), number(4), number(int(now + 3600)), number(6), number(int(now - 60)),
			number(65534), number(60), number(65533), mapping(text("bits"), number(1), text("lst"), bytestring(deflate(make([]byte, 2))))},
		wrap: func(parts ...[]byte) []byte { return tag(18, array(parts...)) },
	}
}

func (f *forge) seal(c *cwt) []byte {
	payload := mapping(c.claims...)
	return c.wrap(bytestring(c.protected), c.unprotected, bytestring(payload), bytestring(signCOSE(f.lists, c.protected, payload)))
}

// cwtList is a list as CWT that is good but for one thing.
func cwtList(name string, spoil func(c *cwt), want, from string) hostile {
	return listed("CWT: "+name, func(f *forge, uri string) http.HandlerFunc {
		c := f.cwt(uri)
		spoil(c)
		return served(mediaCWT, f.seal(c))
	}, want, from)
}

// claim changes one claim of a CWT; nil takes it away.
func claim(label int, value []byte) func(*cwt) {
	return func(c *cwt) {
		for i := 0; i < len(c.claims); i += 2 {
			if bytes.Equal(c.claims[i], number(label)) {
				if value == nil {
					c.claims = append(c.claims[:i:i], c.claims[i+2:]...)
				} else {
					c.claims[i+1] = value
				}
				return
			}
		}
	}
}

func statusLists() []hostile {
	const unknown, malformed = "could_not_check status_", "could_not_check status_malformed"
	const draft = "draft-ietf-oauth-status-list-20 "
	good := map[string]any{"bits": 1, "lst": b64(deflate(make([]byte, 2)))}
	lst := func(l string) map[string]any { return map[string]any{"bits": 1, "lst": l} }
	bits := func(n any) map[string]any { return map[string]any{"bits": n, "lst": good["lst"]} }
	return []hostile{
		jwtList("of another address", member("sub", "https://elsewhere.example/t/1"), "could_not_check status_subject", draft+"§8.3: sub is the address"),
		jwtList("of an address in another spelling", func(uri string) map[string]any { return map[string]any{"sub": uri + "/"} }, "could_not_check status_subject", draft+"§8.3: compared as it stands"),
		jwtList("of two addresses", func(uri string) map[string]any { return map[string]any{"sub": []string{uri}} }, malformed, "RFC 7519 §4.1.2: sub is one text"),
		jwtList("without sub", member("sub", absent), malformed, draft+"§5.1"),
		jwtList("without status_list", member("status_list", absent), malformed, "kya-os-mcp#21: a missing list was taken for a good one"),
		withList("status_list that is null", nil, malformed, "kya-os-mcp#21"),
		withList("status_list that is empty", map[string]any{}, malformed, draft+"§4.2"),
		withList("no lst", map[string]any{"bits": 1}, malformed, draft+"§4.2"),
		withList("an empty lst", lst(""), malformed, "an empty list says nothing bad of anyone"),
		withList("a list of no entries", lst(b64(deflate(nil))), malformed, draft+"§4.1; TBD ssi-sdk#107"),
		withList("a list that ends before the entry", map[string]any{"bits": 8, "lst": b64(deflate(make([]byte, 1)))}, "could_not_check status_index", draft+"§8.3: out of bounds is refused; GETBIT past the end says 0"),
		withList("bits of 3", bits(3), malformed, draft+"§4.1: 1, 2, 4 or 8"),
		withList("bits of 0", bits(0), malformed, "division by nothing"),
		withList("bits below zero", bits(-1), malformed, draft+"§4.1"),
		withList("bits of 2^40", bits(1<<40), malformed, draft+"§4.1"),
		withList("bits that are text", bits("1"), malformed, draft+"§4.2: an integer"),
		withList("lst in the other base64", lst(b64std(deflate([]byte{0xfb, 0xff, 0xfe}))+"="), malformed, "crs-backend: plain base64"),
		withList("lst with a line break", lst(b64(deflate(make([]byte, 2)))[:4]+"\n"+b64(deflate(make([]byte, 2)))[4:]), malformed, "RFC 4648 §3.3"),
		withList("lst of gzip", lst(b64(gzipped(make([]byte, 2)))), malformed, draft+"§4.1: zlib; heka#97"),
		withList("lst that is not compressed", lst(b64(make([]byte, 20))), malformed, draft+"§4.1"),
		withList("lst cut short", lst(b64(deflate(make([]byte, 200))[:8])), malformed, "an early end is no end"),
		withList("lst whose checksum is wrong", lst(b64(spoilLast(deflate(make([]byte, 2))))), malformed, "RFC 1950 §2.2: Adler-32"),
		withList("lst with bytes after it", lst(b64(append(deflate(make([]byte, 2)), 0))), malformed, "RFC 1950: one stream"),
		withList("two streams in one lst", lst(b64(append(deflate([]byte{2, 0}), deflate([]byte{0, 0})...))), malformed, "RFC 1950: one stream"),
		withList("lst with a dictionary of its own", lst(b64(withDictionary())), malformed, "RFC 1950 §2.2: no dictionary is agreed"),
		withList("a status nobody has defined", map[string]any{"bits": 4, "lst": b64(deflate([]byte{0x50, 0}))}, "not_valid status_unsupported", draft+"§7.1: unknown is not valid"),
		withList("suspended", map[string]any{"bits": 2, "lst": b64(deflate([]byte{8, 0}))}, "not_valid status_unsupported", draft+"§7.1"),
		withList("ended", map[string]any{"bits": 1, "lst": b64(deflate([]byte{2, 0}))}, "not_valid status_invalid", draft+"§7.1"),

		jwtList("that has expired", member("exp", time.Now().Add(-time.Hour).Unix()), "could_not_check status_expired", draft+"§8.3: a list of yesterday hides who ended today"),
		jwtList("without exp", member("exp", absent), malformed, "our own rule: a list that never ends could be replayed for ever"),
		jwtList("with exp as text", member("exp", fmt.Sprint(time.Now().Add(time.Hour).Unix())), malformed, "RFC 7519 §2: a number"),
		jwtList("with exp in milliseconds", member("exp", time.Now().Add(time.Hour).UnixMilli()), malformed, "RFC 7519 §2: seconds"),
		jwtList("issued tomorrow", member("iat", time.Now().Add(24*time.Hour).Unix()), "could_not_check status_issued_in_future", draft+"§8.3"),
		jwtList("without iat", member("iat", absent), malformed, draft+"§5.1"),
		jwtList("with a ttl below zero", member("ttl", -1), malformed, draft+"§5.1: positive"),
		jwtList("with a ttl of nothing", member("ttl", 0), malformed, draft+"§5.1: positive"),
		jwtList("with a ttl as text", member("ttl", "3600"), malformed, "GOV.UK's pages; draft §5.1: a number"),
		jwtList("with a ttl that is no whole number", member("ttl", 1.5), malformed, draft+"§5.1"),

		cwtList("without its tag", func(c *cwt) { c.wrap = array }, malformed, draft+"§5.2: COSE_Sign1_Tagged"),
		cwtList("with the tag of a CWT", func(c *cwt) { c.wrap = func(p ...[]byte) []byte { return tag(61, tag(18, array(p...))) } }, malformed, draft+"§5.2: never tag 61"),
		cwtList("with the tag of a MAC", func(c *cwt) { c.wrap = func(p ...[]byte) []byte { return tag(17, array(p...)) } }, malformed, "RFC 9052 §6.2"),
		cwtList("of another type", func(c *cwt) { c.protected = mapping(number(1), number(-7), number(16), text("application/cwt")) }, "could_not_check status_type", draft+"§5.2"),
		cwtList("of no type", func(c *cwt) { c.protected = mapping(number(1), number(-7)) }, "could_not_check status_type", draft+"§5.2"),
		cwtList("whose type nobody signed", func(c *cwt) {
			c.protected = mapping(number(1), number(-7))
			c.unprotected = mapping(number(16), text(mediaCWT))
		}, unknown, "RFC 9596 §2: protected"),
		cwtList("signed with ES384", func(c *cwt) { c.protected = mapping(number(1), number(-35), number(16), text(mediaCWT)) }, "could_not_check status_algorithm", "RFC 9053 §2.1"),
		cwtList("signed with HMAC", func(c *cwt) { c.protected = mapping(number(1), number(5), number(16), text(mediaCWT)) }, "could_not_check status_algorithm", "RFC 9053 §3.1"),
		cwtList("without alg", func(c *cwt) { c.protected = mapping(number(16), text(mediaCWT)) }, "could_not_check status_algorithm", "RFC 9052 §3.1"),
		cwtList("of an unknown key", func(c *cwt) { c.unprotected = mapping(number(4), bytestring([]byte("unknown"))) }, "could_not_check status_key_unknown", "RFC 9052 §3.1: kid"),
		cwtList("that brings its key", func(c *cwt) {
			c.unprotected = mapping(number(4), bytestring([]byte(listKID)), number(33), bytestring(selfSigned(stranger()).Raw))
		}, malformed, "RFC 9360 §2: a key of the message's own"),
		cwtList("of another address", claim(2, text("https://elsewhere.example/t/1")), "could_not_check status_subject", draft+"§8.3"),
		cwtList("without an address", claim(2, nil), malformed, draft+"§5.2"),
		cwtList("that has expired", claim(4, number(1000)), "could_not_check status_expired", draft+"§8.3"),
		cwtList("without exp", claim(4, nil), malformed, "our own rule: a list that never ends could be replayed for ever"),
		cwtList("with exp as text", claim(4, text("9999999999")), malformed, "RFC 8392 §2: a number"),
		cwtList("with exp that is not a number", claim(4, []byte{0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0}), malformed, "fxamacker/cbor: NaN"),
		cwtList("issued tomorrow", claim(6, number(int(time.Now().Add(24*time.Hour).Unix()))), "could_not_check status_issued_in_future", draft+"§8.3"),
		cwtList("with a ttl below zero", claim(65534, number(-5)), malformed, draft+"§5.2"),
		cwtList("without a list", claim(65533, nil), malformed, "kya-os-mcp#21"),
		cwtList("whose lst is text", claim(65533, mapping(text("bits"), number(1), text("lst"), text("eNpjYAAAAAIAAQ"))), malformed, draft+"§4.3: bytes"),
		cwtList("with a claim twice", func(c *cwt) { c.claims = append(c.claims, number(2), text("https://elsewhere.example")) }, malformed, "RFC 8949 §5.6"),
		cwtList("with bytes after it", func(c *cwt) {
			c.wrap = func(p ...[]byte) []byte { return append(tag(18, array(p...)), 0) }
		}, malformed, "RFC 8949 §5.1"),
		listed("a CWT that is called a JWT", func(f *forge, uri string) http.HandlerFunc { return served(mediaJWT, f.seal(f.cwt(uri))) }, malformed, "one reading for one name"),
		listed("a JWT that is called a CWT", func(f *forge, uri string) http.HandlerFunc { return served(mediaCWT, []byte(f.list(uri).compact())) }, malformed, "one reading for one name"),
		listed("a list of another issuer's key", func(f *forge, uri string) http.HandlerFunc {
			l := f.list(uri)
			l.key = f.issuer
			return served(mediaJWT, []byte(l.compact()))
		}, "could_not_check status_signature", "credo-ts#2831: who signs documents does not sign lists"),
		listed("a credential in the place of a list", func(f *forge, uri string) http.HandlerFunc {
			return served(mediaJWT, []byte(f.credential(uri).compact()))
		}, "could_not_check status_type", "RFC 8725 §3.12: one kind of token for another"),
	}
}

// bombs are small, and unfold into much.
func bombs() []hostile {
	const malformed = "could_not_check status_malformed"
	const from = "w3c/vc-bitstring-status-list#208, swiyu#22: a small list that unfolds into memory"
	zeros := func(n int) []byte { return packed(n, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }) }
	bomb := func(name string, n int) hostile {
		return withList(name, map[string]any{"bits": 1, "lst": b64(zeros(n))}, malformed, from)
	}
	return []hostile{
		bomb("64 MiB of zeros in 64 KiB", 64<<20),
		bomb("just over the most that a list may have", statuslist.MaxEntries/8+1),
		withList("eight bits to an entry, over the most", map[string]any{"bits": 8, "lst": b64(zeros(statuslist.MaxEntries + 1))}, malformed, from),
		cwtList("64 MiB of zeros in 64 KiB", claim(65533, mapping(text("bits"), number(1), text("lst"), bytestring(zeros(64<<20)))), malformed, from),
		listed("a body of gzip that nobody asked for", func(f *forge, uri string) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", mediaJWT)
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(gzipped([]byte(f.list(uri).compact())))
			}
		}, "could_not_check status_unavailable", "RFC 9110 §8.4: we ask for identity"),
		listed("a body that never ends", func(*forge, string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", mediaJWT)
				for r.Context().Err() == nil {
					if _, err := w.Write(bytes.Repeat([]byte("A"), 32<<10)); err != nil {
						return
					}
				}
			}
		}, "could_not_check status_unavailable", "fulcio CVE-2025-66506's kin: reading to the end of what has none"),
		listed("headers that never end", func(*forge, string) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				for i := range 2000 {
					w.Header().Set(fmt.Sprintf("X-Hostile-%d", i), strings.Repeat("h", 100))
				}
				w.WriteHeader(http.StatusOK)
			}
		}, "could_not_check status_unavailable", "net/http CVE-2023-45288's kin: headers are bounded, too"),
		parser("a bitstring of 64 MiB in 64 KiB", func() error {
			_, err := statuslist.DecodeBitstring("u"+b64(packed(64<<20, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })), 1, 0)
			return err
		}, from),
		parser("a bitstring of two gzip members", func() error {
			_, err := statuslist.DecodeBitstring("u"+b64(append(gzipped(make([]byte, 2)), gzipped(make([]byte, 2))...)), 1, 0)
			return err
		}, "RFC 1952 §2.2: members follow one another, and the second is not looked at"),
		parser("a bitstring in plain base64", func() error { _, err := statuslist.DecodeBitstring(b64(gzipped(make([]byte, 2))), 1, 0); return err }, "crs-backend: no multibase"),
		parser("a bitstring of zlib", func() error {
			_, err := statuslist.DecodeBitstring("u"+b64(deflate(make([]byte, 2))), 1, 0)
			return err
		}, "W3C Bitstring Status List §3.3: gzip"),
	}
}

// parser is a case of one parser of ours, given bytes from outside.
func parser(name string, parse func() error, from string) hostile {
	return hostile{"parser: " + name, func(*bench) func() string {
		return func() string {
			if parse() == nil {
				return "accepted"
			}
			return "refused"
		}
	}, "refused", from}
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// packed is n zeros, compressed.
func packed(n int, open func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	z, block := open(&out), make([]byte, 1<<16)
	for n > 0 {
		k := min(n, len(block))
		if _, err := z.Write(block[:k]); err != nil {
			panic(err)
		}
		n -= k
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func spoilLast(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}

// withDictionary is a stream that needs one (RFC 1950 §2.2, FDICT).
func withDictionary() []byte {
	var out bytes.Buffer
	z, err := zlib.NewWriterLevelDict(&out, 9, []byte("a dictionary"))
	if err != nil {
		panic(err)
	}
	if _, err := z.Write(make([]byte, 2)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// TestTheForgeIsBelieved is what makes the refusals worth something: the same lists, keys, chains and presentations, unspoilt,
// are taken.
func TestTheForgeIsBelieved(t *testing.T) {
	b := newBench(t, rig.Options{})
	for _, c := range []hostile{
		jwtList("good", func(string) map[string]any { return nil }, "valid", "control"),
		cwtList("good", func(*cwt) {}, "valid", "control"),
		chained("good", ofRoot(func(*x509.Certificate) {}), "valid", "control"),
		twinPresentation("good", func(_ *bench, one []byte) []byte { return array(one) }, "valid", "control"),
		hostileDID("good", func(b *bench) any { return didDocument(didMethod("good", &b.forge.issuer.PublicKey)) }, "good", "control"),
		spoiltSD("good", func(s *sdJWT) string { return s.text() }, "valid", "control"),
		boundSD("good", nil, nil, func(text string) string { return text }, "valid"),
		hostileKeys("good", func(b *bench) any { return map[string]any{"keys": []any{publicJWK(listKID, &b.forge.lists.PublicKey)}} }, "control"),
	} {
		b.t = t
		if outcome := c.make(b)(); outcome != "valid" {
			t.Errorf("%s: %s", c.name, outcome)
		}
	}
	roots := newVICAL()
	if _, err := vical.Open(roots.raw(), []*x509.Certificate{roots.anchor}, time.Now()); err != nil {
		t.Error(err)
	}
}
