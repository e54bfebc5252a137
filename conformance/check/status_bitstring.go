package check

import (
	"errors"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// w3c is the specification of bitstring status lists.
const w3c = "W3C Bitstring Status List v1.0 "

// minBitstring is the least number of entries (§2.2: 16 KiB at one bit).
const minBitstring = 131_072

var bitstringRules = []rule[*StatusRecord]{
	{"bitstring.answer", "A list credential is answered with 200 and its media type", "W3C VC-JOSE-COSE §6.1.1", listSteps, func(r *StatusRecord) error { return r.answered(typeBitstring) }},
	{"bitstring.form", "It is a compact JWS in canonical base64url, without duplicate members", "RFC 7515 §7.1, RFC 8259 §4", listSteps, (*StatusRecord).isJWS},
	{"bitstring.typ", "Its typ is vc+jwt, and its cty vc", "W3C VC-JOSE-COSE §3.1.1", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		cty, stated := t.Header["cty"]
		return want(t.Header["typ"] == "vc+jwt" && (!stated || cty == "vc"), "typ is %q", printable(text(t.Header, "typ"), 40))
	})},
	{"bitstring.algorithm", "It is signed with ES256", "GOV.UK: status list contract", listSteps, reader(es256Only)},
	{"bitstring.header", "Its header brings no key and nothing critical", "RFC 8725 §3.10, RFC 7515 §4.1.11", listSteps, reader(noKeys)},
	{"bitstring.signature", "A published key of its issuer verifies it", "W3C VC-JOSE-COSE §3.1.1", []string{stepList, stepListKeys}, reader(verified)},
	{"bitstring.type", "It is a BitstringStatusListCredential about a BitstringStatusList", w3c + "§2.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		ok := hasType(t.Claims, "VerifiableCredential") && hasType(t.Claims, "BitstringStatusListCredential") && text(subject(t), "type") == "BitstringStatusList"
		return want(ok, "a type is missing")
	})},
	{"bitstring.id", "Its id is the list's own URI", w3c + "§2.2", listSteps, reader(func(r *StatusRecord, t *wallet.JWS) error {
		return want(t.Claims["id"] == r.URI, "it is another")
	})},
	{"bitstring.issuer", "It has an issuer, whose key signed it", w3c + "§2.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		iss := text(t.Claims, "issuer")
		return want(iss != "" && strings.HasPrefix(text(t.Header, "kid"), iss+"#"), "kid is not of the issuer")
	})},
	{"bitstring.validity", "It is valid now", w3c + "§2.2", listSteps, reader(func(r *StatusRecord, t *wallet.JWS) error {
		from, err := instant(t.Claims, "validFrom")
		if err != nil {
			return err
		}
		until, err := instant(t.Claims, "validUntil")
		if err != nil {
			return err
		}
		return want(!from.After(r.Began) && until.After(r.Began), "it is from the future, or has passed")
	})},
	{"bitstring.ttl", "ttl is a positive number of milliseconds", w3c + "§2.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		ttl, err := seconds(subject(t), "ttl")
		if err != nil {
			return err
		}
		return want(ttl >= 1000, "%d is no time to keep a list", ttl)
	})},
	{"bitstring.purpose", "It has a purpose", w3c + "§2.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		return want(text(subject(t), "statusPurpose") != "", "it has none")
	})},
	{"bitstring.list", "encodedList is multibase base64url of one GZIP stream, of at most 4 MiB", w3c + "§2.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		_, err := bitstringEntries(t)
		return err
	})},
	{"bitstring.values", "Every entry is valid or invalid: GOV.UK uses no other value", "GOV.UK: status list contract", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		e, err := bitstringEntries(t)
		if err != nil {
			return needs(err)
		}
		return e.onlyTwoValues()
	})},
	{"bitstring.entry", "The entry of a valid document is there, and valid", w3c + "§3.2", listSteps, func(r *StatusRecord) error {
		if r.Index < 0 {
			return apart("no entry was named")
		}
		t, err := r.jws()
		if err != nil {
			return err
		}
		e, err := bitstringEntries(t)
		if err != nil {
			return needs(err)
		}
		return e.valid(r.Index)
	}},
	{"bitstring.privacy.size", "At least 131,072 entries hide the one that is looked up", w3c + "§2.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		e, err := bitstringEntries(t)
		if err != nil {
			return needs(err)
		}
		return want(e.len() >= minBitstring, "it has %d", e.len())
	})},
}

// subject is the credentialSubject, empty when there is none.
func subject(t *wallet.JWS) map[string]any {
	o := object(t.Claims, "credentialSubject")
	return o
}

func bitstringEntries(t *wallet.JWS) (entries, error) {
	list, ok := strings.CutPrefix(text(subject(t), "encodedList"), "u") // multibase: base64url without padding
	if !ok {
		return entries{}, errors.New("it is not multibase base64url")
	}
	raw, err := wallet.DecodeBase64URL(list)
	if err != nil {
		return entries{}, err
	}
	packed, err := inflateGZIP(raw)
	if err != nil {
		return entries{}, err
	}
	bits := int64(1)
	if _, stated := subject(t)["statusSize"]; stated {
		if bits, err = seconds(subject(t), "statusSize"); err != nil {
			return entries{}, err
		}
	}
	if bits != 1 && bits != 2 && bits != 4 && bits != 8 {
		return entries{}, errors.New("statusSize is not 1, 2, 4 or 8")
	}
	return entries{int(bits), packed, false}, nil
}

func bitstringLife(t *wallet.JWS) (time.Duration, time.Time, error) {
	ttl, err := seconds(subject(t), "ttl")
	if err != nil {
		return 0, time.Time{}, needs(err)
	}
	until, err := instant(t.Claims, "validUntil")
	return time.Duration(ttl) * time.Millisecond, until, needs(err)
}

// instant reads a member that must be an RFC 3339 time.
func instant(o map[string]any, name string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text(o, name))
	return at, want(err == nil, "%s is missing, or no time", name)
}
