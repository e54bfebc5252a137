package verifier

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/purpose"
)

// Organisation is one organisation that may ask. Its type fixes its purposes; it proves itself with a key of its own.
type Organisation struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type"`      // of the purpose register
	KeySHA256 string `json:"keySha256"` // lower-case hexadecimal: the key itself is held by nobody but them
}

// minKey is how long a key is at least, in characters: 32 random bytes in base64url are 43.
const minKey = 32

type organisations []Organisation

// parseOrganisations reads {"organisations": [...]}. The error names every mistake.
func parseOrganisations(content []byte) (organisations, error) {
	object, err := jose.ParseClaims(content)
	if err != nil {
		return nil, errors.New("not one JSON object")
	}
	var file struct {
		Organisations organisations `json:"organisations"`
	}
	if err := object.DecodeOnly(&file); err != nil {
		return nil, err
	}
	return file.Organisations, file.Organisations.check()
}

func (all organisations) check() error {
	var mistakes []error
	seen := map[string]bool{}
	if len(all) == 0 {
		mistakes = append(mistakes, errors.New("it names nobody"))
	}
	for i, o := range all {
		digest, err := hex.DecodeString(o.KeySHA256)
		if err != nil || len(digest) != sha256.Size || strings.ToLower(o.KeySHA256) != o.KeySHA256 {
			mistakes = append(mistakes, fmt.Errorf("organisations[%d]: keySha256 is not 64 lower-case hexadecimal digits", i))
		}
		if o.ID == "" || o.Name == "" || o.Type == "" || seen["id "+o.ID] || seen["key "+o.KeySHA256] {
			mistakes = append(mistakes, fmt.Errorf("organisations[%d]: id, name or type is missing, or its id or key stands twice", i))
		}
		seen["id "+o.ID], seen["key "+o.KeySHA256] = true, true
	}
	return errors.Join(mistakes...)
}

// known wants every type to be one of the register.
func (all organisations) known(r *purpose.Register) error {
	var mistakes []error
	for i, o := range all {
		if !r.HasOrganisation(o.Type) {
			mistakes = append(mistakes, fmt.Errorf("organisations[%d]: the purpose register has no type %q", i, o.Type))
		}
	}
	return errors.Join(mistakes...)
}

// byID returns the organisation of an id.
func (all organisations) byID(id string) (Organisation, bool) {
	i := slices.IndexFunc(all, func(o Organisation) bool { return o.ID == id })
	if i < 0 {
		return Organisation{}, false
	}
	return all[i], true
}

// find returns whose key this is. It looks at every one, so that the time tells nothing.
func (all organisations) find(key string) (Organisation, error) {
	digest := sha256.Sum256([]byte(key))
	want := hex.EncodeToString(digest[:])
	found := -1
	for i, o := range all {
		if subtle.ConstantTimeCompare([]byte(o.KeySHA256), []byte(want)) == 1 {
			found = i
		}
	}
	if found < 0 || len(key) < minKey {
		return Organisation{}, fault.New(fault.Unauthorized, "invalid_token", "")
	}
	return all[found], nil
}
