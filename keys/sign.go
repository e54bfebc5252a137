package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"math/big"

	"justice-wallet/pkg/fault"
)

// Sign returns the ES256 signature of message: 64 bytes r||s over its SHA-256. Only an active key signs, and a signature
// that does not verify under the public half never leaves.
func (k Key) Sign(message []byte) ([]byte, error) {
	if k.State != StateActive {
		return nil, fault.New(fault.Unavailable, "key_not_active", "the signing key is not active")
	}
	digest := sha256.Sum256(message)
	der, err := k.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "key_unavailable", "the signing key did not answer", err)
	}
	var sig struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &sig); err != nil || len(rest) != 0 || !ecdsa.Verify(k.Public(), digest[:], sig.R, sig.S) {
		return nil, fmt.Errorf("sign with key %s: the provider's signature does not verify", k.ID)
	}
	out := make([]byte, 64)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}
