package keystest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strconv"
	"sync"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
)

// HSM is a provider in memory that breaks as it is told. It is guarded as those are that it stands for.
type HSM struct {
	guard *guard.Guard

	mu       sync.Mutex
	held     map[string]*hsmKey // by reference
	trouble  Trouble
	confused bool
}

// Trouble comes before a signature: it may wait, and its error is the HSM's.
type Trouble func(ctx context.Context, p keys.Purpose) error

// NewHSM returns an empty one in good order.
func NewHSM(o guard.Options) *HSM { return &HSM{guard: guard.New(o), held: map[string]*hsmKey{}} }

// Name returns "fake-hsm".
func (h *HSM) Name() string { return "fake-hsm" }

// Break has t come before every signature.
func (h *HSM) Break(t Trouble) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trouble = t
}

// Confuse has it sign with other keys than those it is asked for.
func (h *HSM) Confuse() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.confused = true
}

// Mend ends both.
func (h *HSM) Mend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trouble, h.confused = nil, false
}

// Make implements keys.Provider.
func (h *HSM) Make(ctx context.Context, p keys.Purpose) (crypto.Signer, string, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	h.mu.Lock()
	reference := "slot-" + strconv.Itoa(len(h.held))
	h.held[reference] = &hsmKey{h, p, private, other}
	h.mu.Unlock()
	signer, err := h.Open(ctx, p, reference)
	return signer, reference, err
}

// Open implements keys.Provider.
func (h *HSM) Open(_ context.Context, p keys.Purpose, reference string) (crypto.Signer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k, ok := h.held[reference]
	if !ok || k.purpose != p {
		return nil, errors.New("the HSM has no such key")
	}
	return h.guard.Signer(k), nil
}

type hsmKey struct {
	hsm            *HSM
	purpose        keys.Purpose
	private, other *ecdsa.PrivateKey
}

func (k *hsmKey) Public() *ecdsa.PublicKey { return &k.private.PublicKey }
func (k *hsmKey) Distrust()                {} // it remembers nothing

func (k *hsmKey) SignDigest(ctx context.Context, digest []byte) ([]byte, error) {
	k.hsm.mu.Lock()
	trouble, private := k.hsm.trouble, k.private
	if k.hsm.confused {
		private = k.other
	}
	k.hsm.mu.Unlock()
	if trouble != nil {
		if err := trouble(ctx, k.purpose); err != nil {
			return nil, err
		}
	}
	return ecdsa.SignASN1(rand.Reader, private, digest)
}
