package wallet

import "crypto/ecdsa"

// What published vectors test, and the wallet does not otherwise show.
var (
	DeviceAuthentication = deviceAuthentication
	EncodedCBOR          = encoded
)

// VerifySign1 verifies a decoded COSE_Sign1 over its own payload.
func VerifySign1(v any, key *ecdsa.PublicKey) error {
	s, err := parseSign1(v)
	if err != nil {
		return err
	}
	return s.verify(key, s.payload)
}
