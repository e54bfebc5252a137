package keys

import (
	"errors"
	"fmt"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
)

// Sign returns the ES256 signature of message: 64 bytes r||s over its SHA-256. Only an active key signs, and a signature
// that does not verify under the public half never leaves.
func (k Key) Sign(message []byte) ([]byte, error) {
	if k.State != StateActive {
		return nil, fault.New(fault.Unavailable, "key_not_active", "the signing key is not active")
	}
	sig, err := es256.Sign(k.Signer, message)
	if errors.Is(err, es256.ErrSignature) {
		return nil, fmt.Errorf("sign with key %s: %w", k.ID, err)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "key_unavailable", "the signing key did not answer", err)
	}
	return sig, nil
}
