//go:build pkcs11

package pkcs11

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/ThalesGroup/crypto11"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
)

// key implements guard.Remote for one key of the token.
type key struct {
	token   *Token
	purpose keys.Purpose
	id      []byte
	public  *ecdsa.PublicKey
}

func (k *key) Public() *ecdsa.PublicKey { return k.public }

// Distrust gives up the login: a handle that leads to another key is not kept.
func (k *key) Distrust() {
	if l := k.token.current(); l != nil {
		k.token.giveUp(l)
	}
}

// SignDigest cannot be stopped once it has reached the token's library.
func (k *key) SignDigest(ctx context.Context, digest []byte) ([]byte, error) {
	l, err := k.token.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	signer, err := l.find(k)
	if err != nil {
		k.token.giveUp(l)
		return nil, err
	}
	if !k.public.Equal(signer.Public()) {
		return nil, fmt.Errorf("%w: the token's key of this id is another key", guard.ErrUnfit)
	}
	signature, err := signer.Sign(rand.Reader, digest, crypto.SHA256)
	if err != nil {
		k.token.giveUp(l)
		return nil, fmt.Errorf("sign in token: %w", err)
	}
	return signature, nil
}

// ask returns the public half as the token has it.
func (k *key) ask(ctx context.Context) (*ecdsa.PublicKey, error) {
	l, err := k.token.connect(ctx)
	if err != nil {
		return nil, err
	}
	signer, err := l.find(k)
	if err != nil {
		k.token.giveUp(l)
		return nil, err
	}
	public, ok := signer.Public().(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("the token's key of this id is no ECDSA key")
	}
	return public, nil
}

// find returns the one key of k's id, made for k's purpose, that cannot leave the token.
func (l *login) find(k *key) (crypto11.Signer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if signer, ok := l.found[string(k.id)+" "+string(k.purpose)]; ok {
		return signer, nil
	}
	all, err := l.context.FindKeyPairs(k.id, label(k.purpose))
	if err != nil {
		return nil, fmt.Errorf("find key in token: %w", err)
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("%w: the token holds %d keys of this id made for %s, want one", guard.ErrUnfit, len(all), k.purpose)
	}
	if err := l.checkKept(all[0]); err != nil {
		return nil, err
	}
	l.found[string(k.id)+" "+string(k.purpose)] = all[0]
	return all[0], nil
}

// checkKept refuses a key whose private half the token would give away.
func (l *login) checkKept(signer crypto11.Signer) error {
	held, err := l.context.GetAttributes(signer, []crypto11.AttributeType{crypto11.CkaSensitive, crypto11.CkaExtractable})
	if err != nil {
		return fmt.Errorf("read attributes of key in token: %w", err)
	}
	yes, no := []byte{1}, []byte{0}
	if s, e := held[crypto11.CkaSensitive], held[crypto11.CkaExtractable]; s == nil || e == nil || !bytes.Equal(s.Value, yes) || !bytes.Equal(e.Value, no) {
		return fmt.Errorf("%w: the token would give the private half of this key away", guard.ErrUnfit)
	}
	return nil
}
