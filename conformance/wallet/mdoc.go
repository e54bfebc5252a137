package wallet

import (
	"errors"
	"fmt"
)

const (
	minRandom   = 16      // ISO 18013-5 §9.1.2.5
	maxDigestID = 1 << 31 // ISO 18013-5 §9.1.2.4: smaller than this
)

// issuerSigned is an mdoc as an issuer gives it out (ISO 18013-5 §8.3.2.1.2.2).
type issuerSigned struct {
	spaces []itemSpace
	auth   *sign1
	raw    any // the COSE_Sign1 as decoded, to be passed on unchanged
}

// itemSpace is one namespace and its items.
type itemSpace struct {
	name  string
	items []signedItem
}

// signedItem is one IssuerSignedItem.
type signedItem struct {
	digestID int64
	random   []byte
	name     string
	value    any
	tagged   Tag // #6.24(bstr), as received: what the digest is over
}

// parseIssuerSigned reads unpadded base64url of strict CBOR with exactly the members nameSpaces and issuerAuth.
func parseIssuerSigned(raw string) (*issuerSigned, error) {
	if len(raw) > maxCBORBytes {
		return nil, errors.New("mdoc is too large")
	}
	b, err := decodeBase64URL(raw)
	if err != nil {
		return nil, err
	}
	v, err := DecodeCBOR(b)
	if err != nil {
		return nil, err
	}
	m, err := members(v, []string{"nameSpaces", "issuerAuth"})
	if err != nil {
		return nil, fmt.Errorf("IssuerSigned: %w", err)
	}
	out := &issuerSigned{raw: m["issuerAuth"]}
	if out.auth, err = parseSign1(out.raw); err != nil {
		return nil, fmt.Errorf("issuerAuth: %w", err)
	}
	out.spaces, err = parseSpaces(m["nameSpaces"])
	return out, err
}

func parseSpaces(v any) ([]itemSpace, error) {
	m, ok := v.(Map)
	if !ok || len(m) == 0 {
		return nil, errors.New("nameSpaces is not a map with entries")
	}
	var out []itemSpace
	for _, e := range m {
		name, okName := e.Key.(string)
		list, okList := e.Value.([]any)
		if !okName || !okList || len(list) == 0 {
			return nil, errors.New("a namespace is not a name with a list of items")
		}
		items, err := parseItems(list)
		if err != nil {
			return nil, fmt.Errorf("namespace %s: %w", name, err)
		}
		out = append(out, itemSpace{name, items})
	}
	return out, nil
}

func parseItems(list []any) ([]signedItem, error) {
	items := make([]signedItem, len(list))
	ids, names := map[int64]bool{}, map[string]bool{}
	for i, v := range list {
		item, err := parseItem(v)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		if ids[item.digestID] || names[item.name] {
			return nil, fmt.Errorf("item %d repeats a digestID or an element", i)
		}
		ids[item.digestID], names[item.name] = true, true
		items[i] = item
	}
	return items, nil
}

func parseItem(v any) (signedItem, error) {
	inner, err := unwrapEncoded(v)
	if err != nil {
		return signedItem{}, err
	}
	content, err := DecodeCBOR(inner)
	if err != nil {
		return signedItem{}, err
	}
	m, err := members(content, []string{"digestID", "random", "elementIdentifier", "elementValue"})
	if err != nil {
		return signedItem{}, err
	}
	item := signedItem{value: m["elementValue"], tagged: v.(Tag)}
	var okID, okRandom, okName bool
	item.digestID, okID = m["digestID"].(int64)
	item.random, okRandom = m["random"].([]byte)
	item.name, okName = m["elementIdentifier"].(string)
	switch {
	case !okID || item.digestID < 0 || item.digestID >= maxDigestID:
		return item, errors.New("digestID is out of range")
	case !okRandom || len(item.random) < minRandom:
		return item, errors.New("random is shorter than 16 bytes")
	case !okName || item.name == "":
		return item, errors.New("elementIdentifier is not a name")
	}
	return item, nil
}

// members reads a map with exactly the text keys required, and perhaps those optional.
func members(v any, required []string, optional ...string) (object, error) {
	m, ok := v.(Map)
	if !ok {
		return nil, errors.New("not a map")
	}
	o := object{}
	for _, e := range m {
		name, ok := e.Key.(string)
		if !ok {
			return nil, errors.New("a key is not text")
		}
		o[name] = e.Value
	}
	return o, o.only(required, optional...)
}

// elements lists what the mdoc states.
func (s *issuerSigned) elements() []Element {
	var out []Element
	for _, space := range s.spaces {
		for _, item := range space.items {
			out = append(out, Element{space.name, item.name, item.value})
		}
	}
	return out
}
