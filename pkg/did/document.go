package did

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"justice-wallet/pkg/jose"
)

const (
	maxDocumentBytes = 64 << 10
	maxMethods       = 64
	methodType       = "JsonWebKey2020"
)

// Document is a did:web document as GOV.UK Wallet reads it at /.well-known/did.json.
type Document struct {
	Context            []string `json:"@context"`
	ID                 string   `json:"id"`
	VerificationMethod []Method `json:"verificationMethod"`
	AssertionMethod    []string `json:"assertionMethod"` // ids of the methods that may sign credentials
}

// Method is one key of a Document.
type Method struct {
	ID           string         `json:"id"` // the DID, "#" and the key id
	Type         string         `json:"type"`
	Controller   string         `json:"controller"`
	PublicKeyJWK jose.PublicJWK `json:"publicKeyJwk"`
}

// contexts returns the two values of @context, in order (GOV.UK: did.json).
func contexts() []string {
	return []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"}
}

// NewDocument writes the document of did. Each key needs a key id; use is left out and alg is ES256, as the wallet
// demands, and every key may sign: the wallet refuses a document in which one may not.
func NewDocument(did string, keys []jose.PublicJWK) Document {
	d := Document{Context: contexts(), ID: did, VerificationMethod: []Method{}, AssertionMethod: []string{}}
	for _, key := range keys {
		key.Use, key.Algorithm = "", string(jose.ES256)
		id := did + "#" + key.KeyID
		d.VerificationMethod = append(d.VerificationMethod, Method{ID: id, Type: methodType, Controller: did, PublicKeyJWK: key})
		d.AssertionMethod = append(d.AssertionMethod, id)
	}
	return d
}

// Key returns the key a credential names in kid, a DID URL. A method that assertionMethod does not list signs nothing.
func (d Document) Key(kid string) (*ecdsa.PublicKey, error) {
	if !slices.Contains(d.AssertionMethod, kid) {
		return nil, errors.New("find key: not among the assertion methods")
	}
	for _, m := range d.VerificationMethod {
		if m.ID == kid {
			return m.key()
		}
	}
	return nil, errors.New("find key: no such verification method")
}

// ParseDocument reads the document of did, up to 64 KiB and 64 methods. Every member is required, and no other allowed.
func ParseDocument(b []byte, did string) (Document, error) {
	if len(b) > maxDocumentBytes {
		return Document{}, errors.New("read DID document: longer than the limit")
	}
	c, err := jose.ParseClaims(b)
	if err != nil {
		return Document{}, fmt.Errorf("read DID document: %w", err)
	}
	if err := checkMembers(c); err != nil {
		return Document{}, fmt.Errorf("read DID document: %w", err)
	}
	var d Document
	if err := c.Decode(&d); err != nil {
		return Document{}, fmt.Errorf("read DID document: %w", err)
	}
	if err := d.check(did); err != nil {
		return Document{}, fmt.Errorf("read DID document: %w", err)
	}
	return d, nil
}

// checkMembers looks at names only: Decode looks at the types of values.
func checkMembers(c jose.Claims) error {
	if !exactly(c.Names(), "@context", "id", "verificationMethod", "assertionMethod") {
		return errors.New("its members are not the four of a did:web document")
	}
	methods, _ := c.Value("verificationMethod")
	items, _ := methods.([]any)
	if len(items) > maxMethods {
		return errors.New("too many verification methods")
	}
	for _, item := range items {
		method, _ := item.(map[string]any)
		if !exactly(slices.Collect(maps.Keys(method)), "id", "type", "controller", "publicKeyJwk") {
			return errors.New("the members of a verification method are not the four expected")
		}
		jwk, _ := method["publicKeyJwk"].(map[string]any)
		if !exactly(slices.Collect(maps.Keys(jwk)), "kty", "kid", "crv", "x", "y", "alg") {
			return errors.New("the members of a publicKeyJwk are not the six expected")
		}
	}
	return nil
}

func exactly(got []string, want ...string) bool {
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(got, want)
}

func (d Document) check(did string) error {
	if !slices.Equal(d.Context, contexts()) {
		return errors.New("@context is not the two expected values")
	}
	if d.ID != did {
		return errors.New("it is the document of another DID")
	}
	ids := map[string]bool{}
	for _, m := range d.VerificationMethod {
		if err := m.check(did); err != nil {
			return err
		}
		if ids[m.ID] {
			return errors.New("two verification methods have one id")
		}
		ids[m.ID] = true
	}
	for _, id := range d.AssertionMethod {
		if !ids[id] {
			return errors.New("an assertion method is no verification method")
		}
	}
	return nil
}

func (m Method) check(did string) error {
	if m.Type != methodType || m.Controller != did || m.PublicKeyJWK.KeyID == "" || m.ID != did+"#"+m.PublicKeyJWK.KeyID {
		return errors.New("type, controller or id of a verification method is not the expected one")
	}
	_, err := m.key()
	return err
}

func (m Method) key() (*ecdsa.PublicKey, error) {
	b, err := json.Marshal(m.PublicKeyJWK)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	key, err := jose.ParsePublicJWK(b)
	if err != nil {
		return nil, err
	}
	pub, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("read key: not a P-256 key")
	}
	return pub, nil
}
