package wallet

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"
)

// mobileSecurityObject is what an mdoc's issuer signs (ISO 18013-5 §9.1.2.4), in the shape GOV.UK Wallet takes: seven
// members, status among them.
type mobileSecurityObject struct {
	docType    string
	digests    map[string]map[int64][]byte
	authorised []string // namespaces the device key may sign for
	deviceKey  *ecdsa.PublicKey
	validity   validity
	status     StatusRef
}

// validity is an MSO's ValidityInfo. expectedUpdate is zero when there is none.
type validity struct{ signed, from, until, expectedUpdate time.Time }

// parseMSO reads the payload of an issuerAuth: #6.24(bstr .cbor MobileSecurityObject).
func parseMSO(payload []byte) (*mobileSecurityObject, error) {
	v, err := DecodeCBOR(payload)
	if err != nil {
		return nil, err
	}
	inner, err := unwrapEncoded(v)
	if err != nil {
		return nil, err
	}
	if v, err = DecodeCBOR(inner); err != nil {
		return nil, err
	}
	m, err := members(v, []string{"version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo", "status"})
	if err != nil {
		return nil, err
	}
	if m["version"] != "1.0" || m["digestAlgorithm"] != "SHA-256" {
		return nil, errors.New("version is not 1.0 or digest algorithm is not SHA-256")
	}
	return readMSO(m)
}

func readMSO(m object) (o *mobileSecurityObject, err error) {
	o = &mobileSecurityObject{}
	if o.docType, err = m.text("docType"); err != nil {
		return nil, err
	}
	if o.digests, err = parseDigests(m["valueDigests"]); err != nil {
		return nil, fmt.Errorf("valueDigests: %w", err)
	}
	if err = o.readDeviceKeyInfo(m["deviceKeyInfo"]); err != nil {
		return nil, fmt.Errorf("deviceKeyInfo: %w", err)
	}
	if o.validity, err = parseValidity(m["validityInfo"]); err != nil {
		return nil, fmt.Errorf("validityInfo: %w", err)
	}
	if o.status, err = parseMDocStatus(m["status"]); err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	return o, nil
}

func parseDigests(v any) (map[string]map[int64][]byte, error) {
	spaces, ok := v.(Map)
	if !ok {
		return nil, errors.New("not a map")
	}
	out := map[string]map[int64][]byte{}
	for _, e := range spaces {
		name, okName := e.Key.(string)
		ids, okIDs := e.Value.(Map)
		if !okName || !okIDs || len(ids) == 0 {
			return nil, errors.New("a namespace is not a name with digests")
		}
		digests, err := parseDigestIDs(ids)
		if err != nil {
			return nil, err
		}
		out[name] = digests
	}
	return out, nil
}

func parseDigestIDs(ids Map) (map[int64][]byte, error) {
	out := map[int64][]byte{}
	for _, e := range ids {
		id, okID := e.Key.(int64)
		digest, okDigest := e.Value.([]byte)
		if !okID || id < 0 || id >= maxDigestID || !okDigest || len(digest) != 32 {
			return nil, errors.New("not a digestID with a SHA-256 digest")
		}
		out[id] = digest
	}
	return out, nil
}

func (o *mobileSecurityObject) readDeviceKeyInfo(v any) error {
	info, err := members(v, []string{"deviceKey", "keyAuthorizations"})
	if err != nil {
		return err
	}
	if o.deviceKey, err = coseKey(info["deviceKey"]); err != nil {
		return err
	}
	auth, err := members(info["keyAuthorizations"], []string{"nameSpaces"})
	if err != nil {
		return err
	}
	o.authorised, err = auth.texts("nameSpaces")
	return err
}

func parseValidity(v any) (out validity, err error) {
	m, err := members(v, []string{"signed", "validFrom", "validUntil"}, "expectedUpdate")
	if err != nil {
		return out, err
	}
	times := map[string]*time.Time{"signed": &out.signed, "validFrom": &out.from, "validUntil": &out.until, "expectedUpdate": &out.expectedUpdate}
	for name, v := range m {
		if *times[name], err = parseDateTime(v); err != nil {
			return out, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

// parseDateTime reads a tdate: tag 0, UTC, whole seconds (ISO 18013-5 §9.1.2.4).
func parseDateTime(v any) (time.Time, error) {
	t, ok := v.(Tag)
	s, okText := t.Content.(string)
	if !ok || !okText || t.Number != tagDateTime {
		return time.Time{}, errors.New("not tag 0 of text")
	}
	return parseInstant(s)
}

const instantLayout = "2006-01-02T15:04:05Z"

// parseInstant reads YYYY-MM-DDTHH:MM:SSZ and nothing else.
func parseInstant(s string) (time.Time, error) {
	at, err := time.Parse(instantLayout, s)
	if err != nil || len(s) != len(instantLayout) {
		return time.Time{}, errors.New("not a time of the form YYYY-MM-DDTHH:MM:SSZ")
	}
	return at, nil
}

func parseMDocStatus(v any) (StatusRef, error) {
	m, err := members(v, []string{"status_list"})
	if err != nil {
		return StatusRef{}, err
	}
	list, err := members(m["status_list"], []string{"idx", "uri"})
	if err != nil {
		return StatusRef{}, err
	}
	idx, okIdx := list["idx"].(int64)
	uri, okURI := list["uri"].(string)
	if !okIdx || !okURI {
		return StatusRef{}, errors.New("not an index and a URI")
	}
	return newStatusRef(uri, idx)
}
