package own

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"

	"justice-wallet/conformance/wallet"
)

// entries are the bits of the list: sixteen, of which the fourth has ended.
var entries = []byte{0b00001000, 0}

// squeeze compresses b. It is written in one block without compression, so that every version of the library writes the same.
func squeeze(b []byte, open func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	z := open(&out)
	if _, err := z.Write(b); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func deflate(b []byte) []byte {
	return squeeze(b, func(w io.Writer) io.WriteCloser {
		z, err := zlib.NewWriterLevel(w, zlib.NoCompression)
		if err != nil {
			panic(err) // the level exists
		}
		return z
	})
}

func gzipped(b []byte) []byte {
	return squeeze(b, func(w io.Writer) io.WriteCloser {
		z, err := gzip.NewWriterLevel(w, gzip.NoCompression)
		if err != nil {
			panic(err)
		}
		return z
	})
}

func lst(bits any, packed []byte) map[string]any {
	return map[string]any{"status_list": map[string]any{"bits": bits, "lst": b64(packed)}}
}

func (w *workshop) statusLists() (File, error) {
	credential, err := w.compact(w.credential())
	f := File{
		Name: "statuslist_jwt.json", About: "Status list tokens as JWT (draft-ietf-oauth-status-list-20), served at " + List + " as application/statuslist+jwt. The outcome is of the credential beside them: entry 1.",
		With: map[string]any{"vcJwt": credential},
	}
	if err != nil {
		return f, err
	}
	good := token{key: "list", header: map[string]any{"alg": "ES256", "typ": "statuslist+jwt", "kid": "list"}, claims: map[string]any{
		"sub": List, "iss": Issuer, "iat": Now.Unix() - 60, "exp": Now.Unix() + 3600, "ttl": 900, "status_list": map[string]any{"bits": 1, "lst": b64(deflate(entries))},
	}}
	const malformed = "could_not_check status_malformed"
	all := append([]variant{
		{name: "good", outcome: "valid"},
		{name: "in which the entry has ended", claims: lst(1, deflate([]byte{0b10, 0})), outcome: "not_valid status_invalid", why: "draft §7.1"},
		{name: "in which the entry of two bits has ended", claims: lst(2, deflate([]byte{0b0100, 0})), outcome: "not_valid status_invalid", why: "draft §7.1: least significant bits first"},
		{name: "in which the entry is suspended", claims: lst(2, deflate([]byte{0b1000, 0})), outcome: "not_valid status_unsupported", why: "neither valid nor invalid is not valid"},
		{name: "of another address", claims: map[string]any{"sub": Issuer + "/t/2"}, outcome: "could_not_check status_subject", why: "draft §8.3"},
		{name: "over", claims: map[string]any{"exp": Now.Unix()}, outcome: "could_not_check status_expired", why: "draft §8.3"},
		{name: "without an end", claims: map[string]any{"exp": nil}, outcome: malformed, why: "our own rule: it could be replayed for ever"},
		{name: "issued tomorrow", claims: map[string]any{"iat": Now.Unix() + 86400}, outcome: "could_not_check status_issued_in_future", why: "draft §8.3"},
		{name: "a ttl as text", claims: map[string]any{"ttl": "900"}, outcome: malformed, why: "draft §5.1: a number"},
		{name: "that ends before the entry", claims: lst(8, deflate([]byte{0})), outcome: "could_not_check status_index", why: "draft §8.3: out of bounds is refused"},
		{name: "of three bits", claims: lst(3, deflate(entries)), outcome: malformed, why: "draft §4.1: 1, 2, 4 or 8"},
		{name: "of gzip", claims: lst(1, gzipped(entries)), outcome: malformed, why: "draft §4.1: zlib"},
		{name: "with bytes after the list", claims: lst(1, append(deflate(entries), 0)), outcome: malformed, why: "RFC 1950: one stream"},
		{name: "with a wrong checksum", claims: lst(1, spoilLast(deflate(entries))), outcome: malformed, why: "RFC 1950 §2.2"},
		{name: "without a list", claims: map[string]any{"status_list": nil}, outcome: malformed, why: "no list is not a good one"},
	}, tokenTricks("could_not_check status_")...)
	f.Cases, err = w.variants(good, "token", all)
	return f, err
}

func spoilLast(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}

func (w *workshop) statusCWTs() (File, error) {
	credential, err := w.compact(w.credential())
	f := File{
		Name: "statuslist_cwt.json", About: "Status list tokens as CWT (draft-ietf-oauth-status-list-20 §5.2), served at " + List + " as application/statuslist+cwt, in unpadded base64url. The outcome is of the credential beside them: entry 1.",
		With: map[string]any{"vcJwt": credential},
	}
	if err != nil {
		return f, err
	}
	const malformed = "could_not_check status_malformed"
	typed := wallet.Map{{Key: 1, Value: -7}, {Key: 16, Value: "application/statuslist+cwt"}}
	for _, c := range []struct {
		name, outcome, why string
		tags               []uint64
		protected          wallet.Map
		kid, subject, key  string
		expires            any
		bits               int
		list               []byte
	}{
		{name: "good", outcome: "valid"},
		{name: "in which the entry has ended", list: []byte{0b10, 0}, outcome: "not_valid status_invalid", why: "draft §7.1"},
		{name: "without its tag", tags: []uint64{}, outcome: malformed, why: "draft §5.2: COSE_Sign1_Tagged"},
		{name: "with the tag of a CWT", tags: []uint64{61, 18}, outcome: malformed, why: "draft §5.2: never tag 61"},
		{name: "with the tag of a MAC", tags: []uint64{17}, outcome: malformed, why: "RFC 9052 §6.2"},
		{name: "of another type", protected: wallet.Map{{Key: 1, Value: -7}, {Key: 16, Value: "application/cwt"}}, outcome: "could_not_check status_type", why: "draft §5.2"},
		{name: "of no type", protected: wallet.Map{{Key: 1, Value: -7}}, outcome: "could_not_check status_type", why: "draft §5.2"},
		{name: "of another algorithm", protected: wallet.Map{{Key: 1, Value: -35}, {Key: 16, Value: "application/statuslist+cwt"}}, outcome: "could_not_check status_algorithm", why: "RFC 9053 §2.1"},
		{name: "of an unknown key", kid: "other", outcome: "could_not_check status_key_unknown", why: "RFC 9052 §3.1: kid"},
		{name: "signed by another key", key: "stranger", outcome: "could_not_check status_signature", why: "RFC 9052 §4.4"},
		{name: "of another address", subject: Issuer + "/t/2", outcome: "could_not_check status_subject", why: "draft §8.3"},
		{name: "over", expires: Now.Unix(), outcome: "could_not_check status_expired", why: "draft §8.3"},
		{name: "an end as text", expires: "1798016400", outcome: malformed, why: "RFC 8392 §2"},
		{name: "of three bits", bits: 3, outcome: malformed, why: "draft §4.1"},
	} {
		kid, subject, key, bits, list := "list", List, "list", 1, entries
		if c.kid != "" {
			kid = c.kid
		}
		if c.subject != "" {
			subject = c.subject
		}
		if c.key != "" {
			key = c.key
		}
		if c.bits != 0 {
			bits = c.bits
		}
		if c.list != nil {
			list = c.list
		}
		if c.expires == nil {
			c.expires = Now.Unix() + 3600
		}
		if c.protected == nil {
			c.protected = typed
		}
		if c.tags == nil {
			c.tags = []uint64{18}
		}
		payload := encode(wallet.Map{{Key: 2, Value: subject}, {Key: 4, Value: c.expires}, {Key: 6, Value: Now.Unix() - 60}, {Key: 65534, Value: 900},
			{Key: 65533, Value: wallet.Map{{Key: "bits", Value: bits}, {Key: "lst", Value: deflate(list)}}}})
		signed, err := w.sign1(key, encode(c.protected), wallet.Map{{Key: 4, Value: []byte(kid)}}, payload, false)
		if err != nil {
			return f, fmt.Errorf("%s: %w", c.name, err)
		}
		var token any = signed
		for i := len(c.tags) - 1; i >= 0; i-- {
			token = wallet.Tag{Number: c.tags[i], Content: token}
		}
		f.Cases = append(f.Cases, Case{c.name, map[string]string{"token": b64(encode(token))}, c.outcome, c.why})
	}
	return f, nil
}

func (w *workshop) bitstrings() (File, error) {
	f := File{Name: "bitstring.json", About: "encodedList of W3C Bitstring Status List 1.0: sixteen entries of one bit, the most significant bit first; entry 4 has ended."}
	packed := []byte{0b00001000, 0}
	for _, c := range []Case{
		{Name: "good", Input: map[string]string{"encodedList": "u" + b64(gzipped(packed))}, Outcome: "accepted"},
		{Name: "without its multibase", Input: map[string]string{"encodedList": b64(gzipped(packed))}, Outcome: "refused", Why: "§2.2: multibase u"},
		{Name: "of zlib", Input: map[string]string{"encodedList": "u" + b64(deflate(packed))}, Outcome: "refused", Why: "§3.3: gzip"},
		{Name: "with padding", Input: map[string]string{"encodedList": "u" + b64(gzipped(packed)) + "="}, Outcome: "refused", Why: "multibase u has none"},
		{Name: "of two members", Input: map[string]string{"encodedList": "u" + b64(append(gzipped(packed), gzipped(packed)...))}, Outcome: "refused", Why: "RFC 1952 §2.2: the second would not be looked at"},
		{Name: "with a wrong checksum", Input: map[string]string{"encodedList": "u" + b64(spoilLast(gzipped(packed)))}, Outcome: "refused", Why: "RFC 1952 §2.3"},
		{Name: "cut short", Input: map[string]string{"encodedList": "u" + b64(gzipped(packed)[:12])}, Outcome: "refused", Why: "RFC 1952"},
		{Name: "empty", Input: map[string]string{"encodedList": "u" + b64(gzipped(nil))}, Outcome: "refused", Why: "a list of nobody says nothing of anyone"},
	} {
		f.Cases = append(f.Cases, c)
	}
	return f, nil
}

// letterKID is the id of the letters' key: the SHA-256 of its SubjectPublicKeyInfo.
func (w *workshop) letterKID() []byte {
	spki, err := x509.MarshalPKIXPublicKey(&w.keys["letter"].PublicKey)
	if err != nil {
		panic(err) // a key of P-256 has one
	}
	sum := sha256.Sum256(spki)
	return sum[:]
}

func (w *workshop) letterJWK() map[string]any {
	jwk := w.jwk("letter")
	jwk["kid"] = hex.EncodeToString(w.letterKID())
	return jwk
}

// letters are what the QR code of a letter on paper holds (docs/letters.md).
func (w *workshop) letters() (File, error) {
	f := File{Name: "letter.json", About: "Tokens of letters on paper (docs/letters.md), of kind release. Accepted: genuine, at the time of this file."}
	typ := "application/vnd.uk.gov.justice.letter+cose"
	good := wallet.Map{
		{Key: 1, Value: Issuer}, {Key: 2, Value: "release"}, {Key: 3, Value: "23456789BCDF"}, {Key: 4, Value: Now.Unix() + 86400}, {Key: 5, Value: []any{List, 1}}, {Key: 6, Value: Now.Unix() - 60},
		{Key: 7, Value: []any{"Synthetic", "", true, "2026-11-02"}},
	}
	with := func(label int, value any) wallet.Map {
		out := append(wallet.Map{}, good...)
		out[label-1].Value = value
		return out
	}
	for _, c := range []struct {
		name, outcome, why string
		claims             wallet.Map
		typ, key           string
		change             func([]byte) []byte
		tail               string
	}{
		{name: "good", outcome: "accepted"},
		{name: "signed by another key", key: "stranger", outcome: "refused", why: "the letters' own keys alone"},
		{name: "of another type", typ: "application/cose", outcome: "refused", why: "RFC 9596: the signature of another thing"},
		{name: "of a kind that never was", claims: with(2, "pardon"), outcome: "refused", why: "docs/letters.md: kinds"},
		{name: "with a code of vowels", claims: with(3, "AEIOUAEIOUAE"), outcome: "refused", why: "docs/letters.md: the alphabet of codes"},
		{name: "of a month and more", claims: with(4, Now.Unix()+40*86400), outcome: "refused", why: "28 days at most"},
		{name: "that says less than its kind", claims: with(7, []any{"Synthetic", "", true}), outcome: "refused", why: "the form's elements, in order"},
		{name: "that says no", claims: with(7, []any{"Synthetic", "", false, "2026-11-02"}), outcome: "refused", why: "absence says nothing, and so does no letter"},
		{name: "with a name that turns round", claims: with(7, []any{"Syn\u202ethetic", "", true, "2026-11-02"}), outcome: "refused", why: "no control characters"},
		{name: "with a day that is none", claims: with(7, []any{"Synthetic", "", true, "2026-02-30"}), outcome: "refused", why: "RFC 3339 §5.7"},
		{name: "with bytes after it", change: func(b []byte) []byte { return append(b, 0) }, outcome: "refused", why: "one encoding"},
		{name: "with padding", tail: "=", outcome: "refused", why: "one encoding"},
	} {
		claims, key := c.claims, "letter"
		if claims == nil {
			claims = good
		}
		if c.key != "" {
			key = c.key
		}
		if c.typ == "" {
			c.typ = typ
		}
		signed, err := w.sign1(key, encode(wallet.Map{{Key: 1, Value: -7}, {Key: 4, Value: w.letterKID()}, {Key: 16, Value: c.typ}}), wallet.Map{}, encode(claims), false)
		if err != nil {
			return f, fmt.Errorf("%s: %w", c.name, err)
		}
		raw := encode(signed)
		if c.change != nil {
			raw = c.change(raw)
		}
		f.Cases = append(f.Cases, Case{c.name, map[string]string{"letter": b64(raw) + c.tail}, c.outcome, c.why})
	}
	return f, nil
}
