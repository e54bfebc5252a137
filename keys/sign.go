package keys

import (
	"crypto"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
)

// Sign returns the ES256 signature of message: 64 bytes r||s over its SHA-256. Only an active key signs, and a signature
// that does not verify under the public half never leaves. A provider that does not answer, or answers wrongly, is a fault
// of kind Unavailable: nothing was signed, and the same request may be repeated.
func (k Key) Sign(message []byte) ([]byte, error) {
	if k.State != StateActive {
		return nil, fault.New(fault.Unavailable, "key_not_active", "the signing key is not active")
	}
	sig, err := es256.Sign(k.Signer, message)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "key_unavailable", "the signing key did not answer", err)
	}
	return sig, nil
}

// listSigner is a signer that keeps a place for status lists.
type listSigner interface{ ForLists() crypto.Signer }

// ForLists returns the key to sign status lists with: however many documents wait for its provider, lists do not wait
// behind them.
func (k Key) ForLists() Key {
	if s, ok := k.Signer.(listSigner); ok {
		k.Signer = s.ForLists()
	}
	return k
}
