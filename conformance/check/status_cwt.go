package check

import (
	"bytes"
	"errors"
	"net/http"

	"justice-wallet/conformance/wallet"
)

// Labels of COSE headers and CWT claims (RFC 9052 §3.1, RFC 9596, RFC 8392 §4; the last two as the draft asks for).
const (
	coseAlg  = int64(1)
	coseKid  = int64(4)
	coseType = int64(16)
	es256    = int64(-7)

	cwtSubject = int64(2)
	cwtExpires = int64(4)
	cwtIssued  = int64(6)
	cwtTTL     = int64(65534)
	cwtList    = int64(65533)
)

var cwtSteps = []string{stepListCWT}

var cwtRules = []rule[*StatusRecord]{
	{"status.cwt.form", "As CWT it is a tagged COSE_Sign1 in strict CBOR", draft + "§5.2", cwtSteps, func(r *StatusRecord) error {
		_, err := r.cwt()
		return err
	}},
	{"status.cwt.header", "Its protected header says ES256 and application/statuslist+cwt", draft + "§5.2", cwtSteps, inCWT(func(_ *StatusRecord, c cwt) error {
		alg, _ := c.protected.Get(coseAlg)  // an absent label is nil, which is no value we accept
		typ, _ := c.protected.Get(coseType) // likewise
		return want(alg == es256 && typ == typeListCWT, "it says another")
	})},
	{"status.cwt.signature", "A published key of its issuer verifies it", draft + "§8.3", []string{stepListCWT, stepListKeys}, inCWT(func(r *StatusRecord, c cwt) error {
		kid, _ := c.unprotected.Get(coseKid) // likewise
		id, _ := kid.([]byte)
		key, err := r.key(string(id))
		if err != nil {
			return err
		}
		message, err := wallet.EncodeCBOR([]any{"Signature1", c.rawProtected, []byte{}, c.payload})
		if err != nil {
			return err
		}
		return wallet.VerifyES256(key, message, c.signature)
	})},
	{"status.cwt.claims", "It names the list's URI, when it was made, until when it is good, and for how long to keep it", draft + "§5.2", cwtSteps, inCWT(func(r *StatusRecord, c cwt) error {
		subject, _ := c.claims.Get(cwtSubject) // likewise
		if subject != r.URI {
			return errors.New("claim 2 is not the list's URI")
		}
		var numbers [3]int64
		for i, label := range []int64{cwtIssued, cwtExpires, cwtTTL} {
			v, _ := c.claims.Get(label) // likewise
			n, ok := v.(int64)
			if !ok {
				return want(false, "claim %d is missing, or no number", label)
			}
			numbers[i] = n
		}
		now := r.Began.Unix()
		return want(numbers[0] <= now && numbers[1] > now && numbers[2] > 0, "it is from the future, has expired, or is not to be kept at all")
	})},
	{"status.cwt.same", "It says what the JWT says", draft + "§5", []string{stepList, stepListCWT}, inCWT(func(r *StatusRecord, c cwt) error {
		t, err := r.jws()
		if err != nil {
			return err
		}
		other, err := tokenEntries(t)
		if err != nil {
			return needs(err)
		}
		v, _ := c.claims.Get(cwtList) // likewise
		list, _ := v.(wallet.Map)
		bits, _ := list.Get("bits") // likewise
		lst, _ := list.Get("lst")   // likewise
		packed, _ := lst.([]byte)
		unpacked, err := inflateZlib(packed)
		if err != nil {
			return err
		}
		return want(bits == int64(other.bits) && bytes.Equal(unpacked, other.packed), "the lists differ")
	})},
}

// cwt is a status list as CWT, taken apart.
type cwt struct {
	protected, unprotected, claims   wallet.Map
	rawProtected, payload, signature []byte
}

func inCWT(holds func(*StatusRecord, cwt) error) func(*StatusRecord) error {
	return func(r *StatusRecord) error {
		c, err := r.cwt()
		if err != nil {
			return needs(err)
		}
		return holds(r, c)
	}
}

const tagSign1 = 18

func (r *StatusRecord) cwt() (c cwt, err error) {
	a, err := r.step(stepListCWT)
	if err != nil {
		return c, needs(err)
	}
	if a.Status != http.StatusOK || !a.isType(typeListCWT) {
		return c, apart("the list is not served as CWT")
	}
	v, err := wallet.DecodeCBOR(a.Body)
	if err != nil {
		return c, err
	}
	tag, _ := v.(wallet.Tag)
	parts, _ := tag.Content.([]any)
	if tag.Number != tagSign1 || len(parts) != 4 {
		return c, errors.New("not a COSE_Sign1 with tag 18")
	}
	var ok [4]bool
	c.rawProtected, ok[0] = parts[0].([]byte)
	c.unprotected, ok[1] = parts[1].(wallet.Map)
	c.payload, ok[2] = parts[2].([]byte)
	c.signature, ok[3] = parts[3].([]byte)
	if ok != [4]bool{true, true, true, true} {
		return c, errors.New("a member of the COSE_Sign1 has the wrong type")
	}
	if c.protected, err = decodeMap(c.rawProtected); err != nil {
		return c, err
	}
	c.claims, err = decodeMap(c.payload)
	return c, err
}

func decodeMap(b []byte) (wallet.Map, error) {
	v, err := wallet.DecodeCBOR(b)
	if err != nil {
		return nil, err
	}
	m, ok := v.(wallet.Map)
	if !ok {
		return nil, errors.New("not a CBOR map")
	}
	return m, nil
}
