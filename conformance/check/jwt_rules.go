package check

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// jwtCredential is one JWT credential, and what it is held against.
type jwtCredential struct {
	r   *IssuerRecord
	raw string
	err error // there is none
}

func (r *IssuerRecord) jwtCredential(step string) *jwtCredential {
	raw, err := r.credential(step)
	return &jwtCredential{r, raw, err}
}

func (r *IssuerRecord) judgeJWTs() []Finding {
	var out []Finding
	for _, step := range []string{stepIssue, stepRefresh} {
		steps := func([]string) []Exchange { return r.exchanges([]string{step, stepDID}) }
		out = append(out, judge(jwtRules, step, r.jwtCredential(step), steps)...)
	}
	return out
}

func (c *jwtCredential) jws() (*wallet.JWS, error) {
	if c.err != nil {
		return nil, c.err
	}
	return wallet.ParseJWS(c.raw)
}

// verified says whether a key of the issuer's DID document signed the credential.
func (c *jwtCredential) verified() error {
	t, err := c.jws()
	if err != nil {
		return needs(err)
	}
	o, err := c.r.document(stepDID)
	if err != nil {
		return needs(err)
	}
	for _, jwk := range publicKeys(o) {
		if jwk["kid"] == t.Header["kid"] {
			key, err := wallet.JWKKey(jwk)
			if err != nil {
				return needs(err)
			}
			return t.Verify(key)
		}
	}
	return errors.New("no key of the DID document has its kid")
}

// status is the entry that the credential names.
func (c *jwtCredential) status() (uri string, idx int64, err error) {
	t, err := c.jws()
	if err != nil {
		return "", 0, needs(err)
	}
	if _, stated := t.Claims["status"]; !stated {
		return "", 0, apart("it names none")
	}
	status := object(t.Claims, "status")
	list := object(status, "status_list")
	idx, err = seconds(list, "idx")
	if err != nil {
		return "", 0, err
	}
	return text(list, "uri"), idx, want(idx >= 0 && !notURL(text(list, "uri")), "it is no index of a list")
}

// credentialKeyID is what the harness accepts: small letters, and no percent sign.
var credentialKeyID = regexp.MustCompile(`^did:web:[a-z0-9.#\-_:]+$`)

const credentialsContext = "https://www.w3.org/ns/credentials/v2"

var jwtRules = []rule[*jwtCredential]{
	{"jwt.form", "The credential is a compact JWS in canonical base64url, without duplicate members", "H: isValidCredential (jwt); RFC 7515 §7.1, RFC 8259 §4", nil, func(c *jwtCredential) error {
		_, err := c.jws()
		return err
	}},
	{"jwt.header", "Its header is exactly alg ES256, typ vc+jwt, cty vc and kid", "H: header schema", nil, inJWT(func(_ *jwtCredential, t *wallet.JWS) error {
		return want(len(t.Header) == 4 && t.Header["alg"] == "ES256" && t.Header["typ"] == "vc+jwt" && t.Header["cty"] == "vc" && text(t.Header, "kid") != "", "it is another")
	})},
	{"jwt.kid", "kid is a did:web URL in small letters without a percent sign", "H: header schema", nil, inJWT(func(_ *jwtCredential, t *wallet.JWS) error {
		return want(credentialKeyID.MatchString(text(t.Header, "kid")), "it is another")
	})},
	{"jwt.signature", "A key of the DID document verifies it", "H: isValidCredential (jwt)", nil, func(c *jwtCredential) error { return c.verified() }},
	{"jwt.issuer", "iss and issuer are both the issuer", "H: payload schema; that they agree is unchecked by H", nil, inJWT(func(c *jwtCredential, t *wallet.JWS) error {
		return want(t.Claims["iss"] == c.r.URL && t.Claims["issuer"] == c.r.URL, "one is another")
	})},
	{"jwt.subject", "sub and credentialSubject.id are both the did:key of the proof", "H: isValidCredential (jwt); that they agree is unchecked by H", nil, inJWT(func(c *jwtCredential, t *wallet.JWS) error {
		did, err := wallet.DIDKey(c.r.Device)
		if err != nil {
			return needs(err)
		}
		return want(t.Claims["sub"] == did && subject(t)["id"] == did, "one is another")
	})},
	{"jwt.context", "Its first context is credentials v2, and none is there twice", "H: payload schema; D: @context", nil, inJWT(func(_ *jwtCredential, t *wallet.JWS) error {
		list, err := texts(t.Claims, "@context")
		if err != nil {
			return err
		}
		return want(list[0] == credentialsContext && distinct(list), "it is not")
	})},
	{"jwt.type", "Its types are the metadata's, VerifiableCredential first", "D: type; that they are the metadata's is unchecked by H", nil, inJWT(func(c *jwtCredential, t *wallet.JWS) error {
		list, err := texts(t.Claims, "type")
		if err != nil {
			return err
		}
		configuration, err := c.r.configuration()
		if err != nil {
			return err
		}
		definition := object(configuration, "credential_definition")
		types, err := texts(definition, "type")
		if err != nil {
			return needs(err)
		}
		return want(list[0] == "VerifiableCredential" && distinct(list) && sameSet(list, types), "they are others")
	})},
	{"jwt.times", "validUntil, validFrom and expectedUpdate are UTC in whole seconds", "H: payload schema", nil, inJWT(func(_ *jwtCredential, t *wallet.JWS) error {
		for _, name := range []string{"validUntil", "validFrom", "expectedUpdate"} {
			if _, stated := t.Claims[name]; !stated && name != "validUntil" {
				continue
			}
			if _, err := wholeSecond(text(t.Claims, name)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})},
	{"jwt.valid-now", "It is valid now, and ends in the future", "H: isValidCredential (jwt)", nil, inJWT(func(c *jwtCredential, t *wallet.JWS) error {
		until, err := wholeSecond(text(t.Claims, "validUntil"))
		if err != nil {
			return needs(err)
		}
		from, err := fromOf(t)
		if err != nil {
			return needs(err)
		}
		return want(!from.After(c.r.Began.Add(clockSkew)) && until.After(c.r.Began), "valid from %s to %s", from, until)
	})},
	{"jwt.numbers", "iat, nbf and exp are numbers, in the past or at the end of the document", "H: payload schema; RFC 7519 §2; exp against validUntil is unchecked by H", nil, inJWT(func(c *jwtCredential, t *wallet.JWS) error {
		for _, name := range []string{"iat", "nbf", "exp"} {
			if _, stated := t.Claims[name]; !stated {
				continue
			}
			n, err := seconds(t.Claims, name)
			if err != nil {
				return err
			}
			if name != "exp" && n > c.r.Began.Add(clockSkew).Unix() {
				return fmt.Errorf("%s is in the future", name)
			}
			until, err := wholeSecond(text(t.Claims, "validUntil"))
			if name == "exp" && err == nil && n != until.Unix() {
				return errors.New("exp is not validUntil")
			}
		}
		return nil
	})},
	{"jwt.validity-days", "It is valid for no longer than its metadata says", "D: metadata (unchecked by H)", nil, inJWT(func(c *jwtCredential, t *wallet.JWS) error {
		until, err := wholeSecond(text(t.Claims, "validUntil"))
		if err != nil {
			return needs(err)
		}
		from, err := fromOf(t)
		if err != nil {
			return needs(err)
		}
		if from.IsZero() || from.After(c.r.Began.Add(clockSkew)) {
			from = c.r.Began
		}
		return c.r.withinDays(until.Sub(from))
	})},
	{"jwt.expected-update", "An expected update is before the end", "H: isValidCredential (jwt)", nil, inJWT(func(_ *jwtCredential, t *wallet.JWS) error {
		if _, stated := t.Claims["expectedUpdate"]; !stated {
			return apart("none is named")
		}
		update, errUpdate := wholeSecond(text(t.Claims, "expectedUpdate"))
		until, errUntil := wholeSecond(text(t.Claims, "validUntil"))
		if err := errors.Join(errUpdate, errUntil); err != nil {
			return needs(err)
		}
		return want(!update.After(until), "it is after it")
	})},
	{"jwt.elements", "It has every mandatory element of its metadata, and none that is not in it", "D: credential subject; here for any document, by its metadata", nil, inSubject(complete)},
	{"jwt.types-of-elements", "Every element is of the type its metadata announces", "D: credential subject; here for any document, by its metadata", nil, inSubject(typed)},
	{"jwt.status", "A status that it names is an index of a list", draft + "§6.2 (unchecked by H)", nil, func(c *jwtCredential) error {
		_, _, err := c.status()
		return err
	}},
}

func inJWT(holds func(*jwtCredential, *wallet.JWS) error) func(*jwtCredential) error {
	return func(c *jwtCredential) error {
		t, err := c.jws()
		if err != nil {
			return needs(err)
		}
		return holds(c, t)
	}
}

func inSubject(holds func(configuration map[string]any, elements []element) error) func(*jwtCredential) error {
	return inJWT(func(c *jwtCredential, t *wallet.JWS) error {
		configuration, err := c.r.configuration()
		if err != nil {
			return err
		}
		var elements []element
		for name, v := range subject(t) {
			if name != "id" {
				elements = append(elements, element{[2]string{"credentialSubject", name}, v})
			}
		}
		slices.SortFunc(elements, func(a, b element) int { return strings.Compare(a.path[1], b.path[1]) })
		return holds(configuration, elements)
	})
}

// fromOf is validFrom, zero when it is not stated.
func fromOf(t *wallet.JWS) (time.Time, error) {
	if _, stated := t.Claims["validFrom"]; !stated {
		return time.Time{}, nil
	}
	return wholeSecond(text(t.Claims, "validFrom"))
}

func distinct(list []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(list)))) == len(list)
}
