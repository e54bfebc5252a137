//go:build pkcs11

package pkcs11

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
)

// Token implements Provider. Safe for concurrent use.
type Token struct {
	options Options
	guard   *guard.Guard

	mu      sync.Mutex
	login   *login    // nil while the token is away
	closing *login    // given up, and perhaps still ending
	tried   time.Time // when a login was last tried
	failed  error     // what came of it
}

// New returns the provider of a token. It does not look for the token, which may come later.
func New(o Options) (Provider, error) {
	if o.Module == "" || o.Token == "" || o.PIN == "" || o.Now == nil {
		return nil, errors.New("pkcs11: want a library, a token's label, its PIN and a clock")
	}
	return &Token{options: o, guard: guard.New(o.Bounds)}, nil
}

// Close logs out. A call under way is waited for. The provider can be used again: it logs in again.
func (t *Token) Close() error {
	if l := t.current(); l != nil {
		t.giveUp(l)
		<-l.closed
	}
	return nil
}

// current returns the login there is, or nil.
func (t *Token) current() *login {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.login
}

// Name returns "pkcs11".
func (t *Token) Name() string { return Name }

// Make makes a key in the token.
func (t *Token) Make(ctx context.Context, p keys.Purpose) (crypto.Signer, string, error) {
	l, err := t.connect(ctx)
	if err != nil {
		return nil, "", err
	}
	id := uuid.New()
	made, err := l.context.GenerateECDSAKeyPairWithLabel(id[:], label(p), elliptic.P256())
	if err != nil {
		t.giveUp(l)
		return nil, "", fmt.Errorf("make key in token: %w", err)
	}
	public, ok := made.Public().(*ecdsa.PublicKey)
	if !ok {
		return nil, "", errors.New("make key in token: it made no ECDSA key")
	}
	reference := keys.Reference{Name: "id=" + hex.EncodeToString(id[:]), Public: public}
	signer, err := t.Open(ctx, p, reference.String())
	return signer, reference.String(), err
}

// Open returns the key whose id (CKA_ID) is in the reference: "id=" and hexadecimal. It asks the token nothing when the
// public half is there, too: what is wrong with the key is found before it first signs.
func (t *Token) Open(ctx context.Context, p keys.Purpose, reference string) (crypto.Signer, error) {
	r, err := keys.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	encoded, marked := strings.CutPrefix(r.Name, "id=")
	id, err := hex.DecodeString(encoded)
	if !marked || err != nil || len(id) == 0 {
		return nil, errors.New("the reference of a token's key is not id= and hexadecimal")
	}
	k := &key{token: t, purpose: p, id: id, public: r.Public}
	if k.public == nil {
		if k.public, err = k.ask(ctx); err != nil {
			return nil, err
		}
	}
	return t.guard.Signer(k), nil
}
