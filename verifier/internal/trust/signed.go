package trust

import (
	"crypto/ecdsa"
	"errors"
	"fmt"

	"justice-wallet/pkg/jose"
)

// TypeSigned is typ of a signed trust file.
const TypeSigned = "trust-list+jwt"

// Read reads a trust file: plain JSON when key is nil, and otherwise a compact JWS of typ trust-list+jwt that key has made
// with ES256, whose payload is the file with its version and nextUpdate.
func Read(content []byte, key *ecdsa.PublicKey) (*File, error) {
	if key == nil {
		return ParseFile(content)
	}
	for len(content) > 0 && content[len(content)-1] == '\n' {
		content = content[:len(content)-1]
	}
	token, err := jose.Parse(string(content), jose.Expect{Type: TypeSigned, Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: 2 * maxFile})
	if err != nil {
		return nil, fmt.Errorf("read trust file: %w", err)
	}
	claims, err := token.Verify(key)
	if err != nil {
		return nil, fmt.Errorf("read trust file: %w", err)
	}
	f, err := ParseFile(claims.Raw())
	if err != nil {
		return nil, err
	}
	if f.Version <= 0 || f.NextUpdate == nil {
		return nil, errors.New("read trust file: a signed one needs version and nextUpdate")
	}
	return f, nil
}
