package keys

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Reference is how a provider finds a key of its own again: "NAME public=POINT", where POINT is the uncompressed point in
// base64url. With the public half beside the name, a service starts while the provider is away. It is no secret, and no
// proof: the id in the key's file is the hash of the public half, and what does not verify under it never leaves.
type Reference struct {
	Name   string           // the provider's own, without a space: "alias/document-signer"
	Public *ecdsa.PublicKey // nil in a reference that is a name alone: the provider must be asked
}

const publicMark = " public="

func (r Reference) String() string {
	if r.Public == nil {
		return r.Name
	}
	point, err := r.Public.Bytes()
	if err != nil {
		return r.Name // not a key on a curve: its name is all that can be said
	}
	return r.Name + publicMark + base64.RawURLEncoding.EncodeToString(point)
}

// ParseReference reads what String wrote, or a name alone.
func ParseReference(text string) (Reference, error) {
	name, encoded, marked := strings.Cut(text, publicMark)
	if name == "" || strings.ContainsAny(name, " \t\r\n") {
		return Reference{}, errors.New("a key's reference has no name, or a space in it")
	}
	if !marked {
		return Reference{Name: name}, nil
	}
	point, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") { // which encoding/base64 skips
		return Reference{}, errors.New("a key's reference has a public half that is not base64url")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return Reference{}, errors.New("a key's reference has a public half that is no point of P-256")
	}
	return Reference{Name: name, Public: public}, nil
}

// AdoptKey takes up a key that others made in a provider, by the provider's name for it, in the state created.
func AdoptKey(ctx context.Context, from Provider, p Purpose, name string, now time.Time) (Key, error) {
	signer, err := from.Open(ctx, p, name)
	if err != nil {
		return Key{}, fmt.Errorf("adopt %s key of %s: %w", p, from.Name(), err)
	}
	k, err := newKey(p, signer, now)
	k.Provider, k.Reference = from.Name(), Reference{name, k.Public()}.String()
	return k, err
}
