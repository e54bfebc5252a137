package hostile_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// bent is one door's token, truly signed, with other claims.
func bent(d door, name string, claims map[string]any, from string) hostile {
	return hostile{d.name + ": " + name, func(b *bench) func() string {
		good, send := d.open(b)
		token := good.with(nil, claims).compact()
		return func() string { return send(token) }
	}, d.refuses, from}
}

// doorOf is the door of that name.
func doorOf(name string) door {
	for _, d := range doors() {
		if strings.HasPrefix(d.name, name) {
			return d
		}
	}
	panic("there is no door " + name)
}

// expired are tokens and documents of another time.
func expired() []hostile {
	const seconds, over = "RFC 7519 §2: seconds since 1970, a number; jwx v2.1.7 takes the rest", "RFC 7519 §4.1.4; zitadel GO-2026-5391"
	now := time.Now()
	var out []hostile
	for _, name := range []string{"access token at /credential", "access token at /notification", "staff token", "status list"} {
		d := doorOf(name)
		out = append(out,
			bent(d, "over for an hour", map[string]any{"exp": now.Add(-time.Hour).Unix()}, over),
			bent(d, "over this very second", map[string]any{"exp": now.Unix()}, over),
			bent(d, "without an end", map[string]any{"exp": absent}, over),
			bent(d, "an end that is null", map[string]any{"exp": nil}, seconds),
			bent(d, "an end that is text", map[string]any{"exp": fmt.Sprint(now.Add(time.Hour).Unix())}, seconds),
			bent(d, "an end in milliseconds", map[string]any{"exp": now.Add(time.Hour).UnixMilli()}, seconds),
			bent(d, "an end below zero", map[string]any{"exp": -1}, seconds),
			bent(d, "an end beyond all numbers", map[string]any{"exp": json.RawMessage("1e999")}, "encoding/json: a number that no float holds"),
			bent(d, "an end that is a list", map[string]any{"exp": []int64{now.Add(time.Hour).Unix()}}, seconds),
			bent(d, "an end that is true", map[string]any{"exp": true}, seconds),
		)
	}
	proof := doorOf("proof")
	out = append(out,
		bent(proof, "made before its offer", map[string]any{"iat": now.Add(-24 * time.Hour).Unix()}, "GOV.UK: iat after the pre-authorised code was made"),
		bent(proof, "made tomorrow", map[string]any{"iat": now.Add(24 * time.Hour).Unix()}, "OID4VCI Appendix F.4: iat within a window"),
		bent(proof, "made in milliseconds", map[string]any{"iat": now.UnixMilli()}, "GOV.UK's own example; the text says seconds"),
		bent(proof, "without iat", map[string]any{"iat": absent}, "OID4VCI Appendix F.1"),
		bent(proof, "iat that is text", map[string]any{"iat": fmt.Sprint(now.Unix())}, seconds),
		bent(proof, "with an end that is over", map[string]any{"exp": now.Add(-time.Minute).Unix()}, over),
		bent(proof, "with an end that is text", map[string]any{"exp": "9999999999"}, seconds),
	)
	credential := doorOf("JWT credential")
	moment := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	life := func(from, until time.Time) map[string]any {
		return map[string]any{"iat": from.Unix(), "nbf": from.Unix(), "exp": until.Unix(), "validFrom": moment(from), "validUntil": moment(until)}
	}
	out = append(out,
		bent(credential, "over for an hour", life(now.Add(-48*time.Hour), now.Add(-time.Hour)), over),
		bent(credential, "not yet begun", life(now.Add(time.Hour), now.Add(48*time.Hour)), "RFC 7519 §4.1.5"),
		bent(credential, "over before it begins", life(now.Add(-time.Hour), now.Add(-2*time.Hour)), "VCDM 2.0 §4.9"),
		bent(credential, "two ends", map[string]any{"validUntil": moment(now.AddDate(10, 0, 0))}, "VC-JOSE-COSE §3: exp and validUntil agree"),
		bent(credential, "two beginnings", map[string]any{"nbf": now.Add(-30 * time.Minute).Unix()}, "VC-JOSE-COSE §3: nbf and validFrom agree"),
		bent(credential, "a time with a fraction", map[string]any{"validUntil": "2099-01-01T00:00:00.5Z"}, "GOV.UK: YYYY-MM-DDTHH:MM:SSZ"),
		bent(credential, "a time in another zone", map[string]any{"validUntil": "2099-01-01T00:00:00+01:00"}, "GOV.UK: Z"),
		bent(credential, "a day that is none", map[string]any{"validUntil": "2099-02-30T00:00:00Z"}, "RFC 3339 §5.7"),
		bent(credential, "exp as text", map[string]any{"exp": fmt.Sprint(now.AddDate(0, 0, 30).Unix())}, "GOV.UK's own example; "+seconds),
	)
	of := func(signed, from, until time.Time) func(*bench, *mdoc) {
		return func(_ *bench, m *mdoc) { m.validity = validity(signed, from, until) }
	}
	hour, year := time.Hour, 365*24*time.Hour
	badDate := func(s string) func(*bench, *mdoc) {
		return func(_ *bench, m *mdoc) {
			m.validity = mapping(text("signed"), tag(0, text(s)), text("validFrom"), tag(0, text(s)), text("validUntil"), tag(0, text("2099-01-01T00:00:00Z")))
		}
	}
	return append(out,
		spoilt("mdoc: over", of(now.Add(-2*hour), now.Add(-2*hour), now.Add(-hour)), "not_valid expired", "ISO 18013-5 §9.3.1 step 5"),
		spoilt("mdoc: not yet begun", of(now.Add(-hour), now.Add(hour), now.Add(2*hour)), "not_valid not_yet_valid", "ISO 18013-5 §9.3.1 step 5"),
		spoilt("mdoc: over before it begins", of(now.Add(-hour), now.Add(-hour), now.Add(-2*hour)), "not_valid validity_inconsistent", "ISO 18013-5 §9.1.2.4"),
		spoilt("mdoc: begun before it was signed", of(now.Add(-hour), now.Add(-2*hour), now.Add(hour)), "not_valid validity_inconsistent", "ISO 18013-5 §9.1.2.4"),
		spoilt("mdoc: signed tomorrow", of(now.Add(24*hour), now.Add(24*hour), now.Add(48*hour)), "not_valid", "ISO 18013-5 §9.3.1 step 5"),
		spoilt("mdoc: signed after its signer's time", of(now.Add(2*year), now.Add(2*year), now.Add(3*year)), "not_valid", "auth0-lab/mdl#17"),
		spoilt("mdoc: a time with a fraction", badDate("2026-01-01T00:00:00.1Z"), "not_valid malformed", "ISO 18013-5 §9.1.2.4: no fraction"),
		spoilt("mdoc: a time in another zone", badDate("2026-01-01T00:00:00+00:00"), "not_valid malformed", "ISO 18013-5 §9.1.2.4: UTC"),
		spoilt("mdoc: a leap second", badDate("2016-12-31T23:59:60Z"), "not_valid malformed", "RFC 3339 §5.6"),
		spoilt("mdoc: a day that is none", badDate("2026-02-30T00:00:00Z"), "not_valid malformed", "RFC 3339 §5.7"),
		spoilt("mdoc: the year 0", badDate("0000-01-01T00:00:00Z"), "not_valid", "a zero time that is taken for none"),
		spoilt("mdoc: no validUntil", func(_ *bench, m *mdoc) {
			m.validity = mapping(text("signed"), moment18013(now), text("validFrom"), moment18013(now))
		}, "not_valid malformed", "ISO 18013-5 §9.1.2.4"),
	)
}

func moment18013(t time.Time) []byte { return tag(0, text(t.UTC().Format("2006-01-02T15:04:05Z"))) }

// integers are numbers at the edge of what a number can be.
func integers() []hostile {
	const jsonNumbers = "RFC 8259 §6; RFC 7493 §2.2: whole numbers below 2^53"
	const bounds = "draft-ietf-oauth-status-list-20 §8.3: out of bounds is refused; inji-certify#638"
	credential := doorOf("JWT credential")
	at := func(name string, idx any, want, from string) hostile {
		h := hostile{"index of a JWT credential: " + name, func(b *bench) func() string {
			good, send := credential.open(b)
			uri := good.claims["status"].(map[string]any)["status_list"].(map[string]any)["uri"]
			token := good.with(nil, map[string]any{"status": map[string]any{"status_list": map[string]any{"idx": idx, "uri": uri}}}).compact()
			return func() string { return send(token) }
		}, want, from}
		return h
	}
	mdocAt := func(name string, idx []byte, want, from string) hostile {
		return spoilt("index of an mdoc: "+name, func(b *bench, m *mdoc) {
			m.status = mapping(text("status_list"), mapping(text("idx"), idx, text("uri"), text(b.forge.publish())))
		}, want, from)
	}
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	const outside, malformed = "could_not_check status_index", "not_valid malformed"
	out := []hostile{
		at("just past the end", 16, outside, bounds),
		at("2^31-1", math.MaxInt32, outside, bounds),
		at("2^32, which is 0 in 32 bits", 1<<32, outside, jsonNumbers),
		at("2^53+1", raw("9007199254740993"), outside, jsonNumbers),
		at("2^63", raw("9223372036854775808"), malformed, jsonNumbers),
		at("2^64+1, which is 1 in 64 bits", raw("18446744073709551617"), malformed, jsonNumbers),
		at("below zero", -1, "", bounds),
		at("below zero by 2^63", raw("-9223372036854775808"), "", bounds),
		at("a fraction", 0.5, malformed, jsonNumbers),
		at("one, written as a fraction", raw("1.0"), malformed, "one spelling of a number"),
		at("one, written with an exponent", raw("1e0"), malformed, "one spelling of a number"),
		at("beyond all numbers", raw("1e999"), malformed, jsonNumbers),
		at("text", "1", malformed, "draft-ietf-oauth-status-list-20 §6.2: a number; the bitstring's index is text"),
		at("null", nil, "", "crs-backend: no index became index 0"),
		at("a list", []int{1}, malformed, jsonNumbers),
		at("true", true, malformed, jsonNumbers),
		mdocAt("just past the end", number(16), outside, bounds),
		mdocAt("2^31-1", head(0, math.MaxInt32), outside, bounds),
		mdocAt("2^31", head(0, 1<<31), malformed, "no list is as long; the same bound for each format"),
		mdocAt("2^32, which is 0 in 32 bits", head(0, 1<<32), malformed, "RFC 8949 §3.1: 64 bits"),
		mdocAt("2^64-1", head(0, 1<<64-1), malformed, "RFC 8949 §3.1: 64 bits"),
		mdocAt("below zero", number(-1), malformed, bounds),
		mdocAt("below zero by 2^64", head(1, 1<<64-1), malformed, "RFC 8949 §3.1: below what an int64 holds"),
		mdocAt("a float", []byte{0xf9, 0x3c, 0x00}, malformed, "RFC 8949 §3.3: a float that is whole"),
		mdocAt("text", text("1"), malformed, "draft-ietf-oauth-status-list-20 §6.3"),
	}
	for i := range out {
		if out[i].want == "" {
			out[i].want = "not_valid"
		}
	}
	return out
}
