package jose

import "crypto/ecdsa"

// EncryptionKeyOf makes an EncryptionKey of a published private key.
func EncryptionKeyOf(private *ecdsa.PrivateKey, kid string) (*EncryptionKey, error) {
	return encryptionKey(private, kid)
}
