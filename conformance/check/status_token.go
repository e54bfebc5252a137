package check

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// herd is the least number of entries among which a document can hide: the size of GOV.UK's own lists.
const herd = 100_000

// reader is a rule's function over the list's JWS.
func reader(holds func(r *StatusRecord, t *wallet.JWS) error) func(*StatusRecord) error {
	return func(r *StatusRecord) error {
		t, err := r.jws()
		if err != nil {
			return err
		}
		return holds(r, t)
	}
}

var listSteps = []string{stepList}

// draft is the specification of token status lists.
const draft = "draft-ietf-oauth-status-list-20 "

var tokenListRules = []rule[*StatusRecord]{
	{"status.answer", "A list is answered with 200 and its media type", draft + "§8.1", listSteps, func(r *StatusRecord) error { return r.answered(typeListJWT) }},
	{"status.form", "It is a compact JWS in canonical base64url, without duplicate members", "RFC 7515 §7.1, RFC 8259 §4", listSteps, (*StatusRecord).isJWS},
	{"status.typ", "Its typ is statuslist+jwt", draft + "§5.1", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		return want(t.Header["typ"] == "statuslist+jwt", "typ is %q", printable(text(t.Header, "typ"), 40))
	})},
	{"status.algorithm", "It is signed with ES256", "GOV.UK: status list contract", listSteps, reader(es256Only)},
	{"status.header", "Its header brings no key and nothing critical", "RFC 8725 §3.10, RFC 7515 §4.1.11", listSteps, reader(noKeys)},
	{"status.signature", "A published key of its issuer verifies it", draft + "§8.3", []string{stepList, stepListKeys}, reader(verified)},
	{"status.issuer", "iss is where the list is", "GOV.UK: status list contract", listSteps, reader(func(r *StatusRecord, t *wallet.JWS) error {
		iss := strings.TrimSuffix(text(t.Claims, "iss"), "/")
		return want(iss != "" && origin(iss) == origin(r.URI), "iss is on another host")
	})},
	{"status.subject", "sub is the list's own URI", draft + "§5.1, §8.3", listSteps, reader(func(r *StatusRecord, t *wallet.JWS) error {
		return want(t.Claims["sub"] == r.URI, "sub is another")
	})},
	{"status.issued", "iat is a number, and not in the future", draft + "§5.1", listSteps, reader(func(r *StatusRecord, t *wallet.JWS) error {
		iat, err := seconds(t.Claims, "iat")
		if err != nil {
			return err
		}
		return want(iat <= r.Began.Unix(), "it is in the future")
	})},
	{"status.expires", "exp is a number, and in the future", "GOV.UK: status list contract; " + draft + "§5.1", listSteps, reader(func(r *StatusRecord, t *wallet.JWS) error {
		exp, err := seconds(t.Claims, "exp")
		if err != nil {
			return err
		}
		return want(exp > r.Began.Unix(), "it has passed")
	})},
	{"status.ttl", "ttl is a positive number of seconds", "GOV.UK: status list contract; " + draft + "§5.1", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		ttl, err := seconds(t.Claims, "ttl")
		if err != nil {
			return err
		}
		return want(ttl > 0, "it is not positive")
	})},
	{"status.bits", "An entry has 1, 2, 4 or 8 bits", draft + "§4.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		_, err := bitsOf(t)
		return err
	})},
	{"status.list", "lst is base64url of one zlib stream, of at most 4 MiB", draft + "§4.2", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		_, err := packedList(t)
		return err
	})},
	{"status.values", "Every entry is valid or invalid: GOV.UK uses no other value", "GOV.UK: status list contract", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		e, err := tokenEntries(t)
		if err != nil {
			return needs(err)
		}
		return e.onlyTwoValues()
	})},
	{"status.entry", "The entry of a valid document is there, and valid", draft + "§8.3", listSteps, func(r *StatusRecord) error {
		if r.Index < 0 {
			return apart("no entry was named")
		}
		t, err := r.jws()
		if err != nil {
			return err
		}
		e, err := tokenEntries(t)
		if err != nil {
			return needs(err)
		}
		return e.valid(r.Index)
	}},
	{"status.privacy.size", "At least 100,000 entries hide the one that is looked up", draft + "§12.1; GOV.UK: lists of 100 000", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		e, err := tokenEntries(t)
		if err != nil {
			return needs(err)
		}
		return want(e.len() >= herd, "it has %d", e.len())
	})},
	{"status.privacy.claims", "It says nothing but what a list needs, and names no aggregation", "GOV.UK: status list contract; " + draft + "§12", listSteps, reader(func(_ *StatusRecord, t *wallet.JWS) error {
		if err := onlyMembers(t.Claims, "iss sub iat exp ttl status_list"); err != nil {
			return err
		}
		list := object(t.Claims, "status_list")
		return onlyMembers(list, "bits lst")
	})},
}

func (r *StatusRecord) answered(mediaType string) error {
	a, err := r.step(stepList)
	if err != nil {
		return err
	}
	return want(a.Status == http.StatusOK && a.isType(mediaType), "%s", a.words())
}

func (r *StatusRecord) isJWS() error {
	a, err := r.step(stepList)
	if err != nil {
		return needs(err)
	}
	if a.Status != http.StatusOK {
		return unknown("there is no list")
	}
	_, err = wallet.ParseJWS(string(a.Body))
	return err
}

func es256Only(_ *StatusRecord, t *wallet.JWS) error {
	return want(t.Header["alg"] == "ES256", "alg is %q", printable(text(t.Header, "alg"), 20))
}

func noKeys(_ *StatusRecord, t *wallet.JWS) error {
	for _, name := range []string{"jwk", "jku", "x5u", "crit"} {
		if _, ok := t.Header[name]; ok {
			return errors.New("it has " + name)
		}
	}
	return nil
}

func verified(r *StatusRecord, t *wallet.JWS) error {
	if t.Header["alg"] != "ES256" {
		return unknown("it is not signed with ES256")
	}
	key, err := r.key(text(t.Header, "kid"))
	if err != nil {
		return err
	}
	return t.Verify(key)
}

func bitsOf(t *wallet.JWS) (int, error) {
	list, ok := t.Claims["status_list"].(map[string]any)
	if !ok {
		return 0, errors.New("status_list is missing")
	}
	bits, err := seconds(list, "bits")
	if err != nil {
		return 0, err
	}
	return int(bits), want(slices.Contains([]int64{1, 2, 4, 8}, bits), "it has %d", bits)
}

func packedList(t *wallet.JWS) ([]byte, error) {
	list, ok := t.Claims["status_list"].(map[string]any)
	if !ok {
		return nil, unknown("status_list is missing")
	}
	raw, err := wallet.DecodeBase64URL(text(list, "lst"))
	if err != nil {
		return nil, err
	}
	return inflateZlib(raw)
}

func tokenEntries(t *wallet.JWS) (entries, error) {
	bits, err := bitsOf(t)
	if err != nil {
		return entries{}, err
	}
	packed, err := packedList(t)
	return entries{bits, packed, true}, err
}

func (e entries) onlyTwoValues() error {
	for i := range e.len() {
		if v := e.at(i); v > 1 {
			return want(false, "an entry is %d", v)
		}
	}
	return nil
}

func (e entries) valid(i int) error {
	if i >= e.len() {
		return errors.New("the list is too short for it")
	}
	return want(e.at(i) == 0, "it is %d", e.at(i))
}

// life is how long the list may be kept, and until when.
func (r *StatusRecord) life() (ttl time.Duration, until time.Time, err error) {
	t, err := r.jws()
	if err != nil {
		return 0, time.Time{}, err
	}
	if hasType(t.Claims, "BitstringStatusListCredential") {
		return bitstringLife(t)
	}
	s, err := seconds(t.Claims, "ttl")
	if err != nil {
		return 0, time.Time{}, needs(err)
	}
	exp, err := seconds(t.Claims, "exp")
	return time.Duration(s) * time.Second, time.Unix(exp, 0), needs(err)
}
