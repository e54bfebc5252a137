package wallet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// subjectPath begins the path of every claim of a JWT credential.
const subjectPath = "credentialSubject"

// claim is one element as the issuer's metadata announces it.
type claim struct {
	namespace, name string
	mandatory       bool
	valueType       string // empty when the metadata does not say
}

// readClaims reads credential_metadata.claims, which GOV.UK Wallet needs in order to show a document.
func readClaims(o object) ([]claim, error) {
	meta, err := o.child("credential_metadata")
	if err != nil {
		return nil, err
	}
	list, err := meta.objects("claims")
	if err != nil {
		return nil, err
	}
	out := make([]claim, len(list))
	for i, o := range list {
		if out[i], err = readClaim(o); err != nil {
			return nil, fmt.Errorf("claim %d: %w", i, err)
		}
	}
	return out, nil
}

func readClaim(o object) (claim, error) {
	path, ok := o["path"].([]any)
	if !ok || len(path) != 2 {
		return claim{}, errors.New("path is not two names")
	}
	namespace, okNamespace := path[0].(string)
	name, okName := path[1].(string)
	mandatory, okMandatory := o["mandatory"].(bool)
	if _, stated := o["mandatory"]; !okNamespace || !okName || stated && !okMandatory {
		return claim{}, errors.New("path or mandatory has the wrong type")
	}
	if namespace == subjectPath {
		namespace = ""
	}
	valueType, err := o.maybeText("value_type")
	return claim{namespace, name, mandatory, valueType}, err
}

// checkElements refuses an element the metadata does not announce, one of another type, and a missing mandatory one.
func (c configuration) checkElements(elements []Element) error {
	announced := map[[2]string]claim{}
	for _, cl := range c.claims {
		announced[[2]string{cl.namespace, cl.name}] = cl
	}
	for _, e := range elements {
		key := [2]string{e.Namespace, e.Name}
		cl, ok := announced[key]
		if !ok {
			return fmt.Errorf("element %s is not in the metadata, or comes twice", e.Name)
		}
		if !cl.allows(e.Value) {
			return fmt.Errorf("element %s is not of type %s", e.Name, cl.valueType)
		}
		delete(announced, key)
	}
	for _, missing := range announced {
		if missing.mandatory {
			return fmt.Errorf("mandatory element %s is missing", missing.name)
		}
	}
	return nil
}

// allows says whether v, from CBOR or JSON, is of the claim's type.
func (c claim) allows(v any) bool {
	switch v := v.(type) {
	case string:
		return c.allowsText(v)
	case bool:
		return c.is("bool")
	case int64, json.Number:
		return c.is("integer")
	case []byte:
		return c.is("jpeg") && isJPEG(v)
	case []any:
		return c.is("list")
	case Map, object, map[string]any:
		return c.is("object")
	case Tag:
		return c.allowsTag(v)
	}
	return false
}

func (c claim) is(kind string) bool { return c.valueType == kind || c.valueType == "" }

// allowsText: in JSON dates, times and pictures are strings too; in an mdoc a namespace is named, and text is text.
func (c claim) allowsText(s string) bool {
	if c.is("string") || c.valueType == "text" {
		return true
	}
	if c.namespace != "" {
		return false
	}
	switch c.valueType {
	case "full-date":
		return isDate(s)
	case "tdate":
		_, err := parseInstant(s)
		return err == nil
	}
	return c.valueType == "jpeg"
}

func (c claim) allowsTag(t Tag) bool {
	s, isText := t.Content.(string)
	switch {
	case !isText:
		return false
	case t.Number == tagFullDate:
		return c.is("full-date") && isDate(s)
	case t.Number == tagDateTime:
		_, err := parseInstant(s)
		return c.is("tdate") && err == nil
	}
	return false
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// isJPEG wants what GOV.UK's test harness wants of a portrait: start of image, an APP0, APP14 or quantisation marker, end.
func isJPEG(b []byte) bool {
	return len(b) > 6 && bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff}) &&
		bytes.IndexByte([]byte{0xe0, 0xee, 0xdb}, b[3]) >= 0 && bytes.HasSuffix(b, []byte{0xff, 0xd9})
}
