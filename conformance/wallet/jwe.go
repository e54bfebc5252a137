package wallet

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// Encrypt writes a compact JWE with ECDH-ES in direct agreement (RFC 7518 §4.6) and AES-GCM: A128GCM, or enc.
func (w *Wallet) Encrypt(to *EncKey, enc string, plaintext []byte) (string, error) {
	size := map[string]int{"": 16, "A128GCM": 16, "A256GCM": 32}[enc]
	if enc == "" {
		enc = "A128GCM"
	}
	public, err := to.Public.ECDH()
	if err != nil || size == 0 {
		return "", fmt.Errorf("encrypt with %q: %v", enc, err)
	}
	ephemeral, err := ecdh.P256().GenerateKey(w.rand)
	if err != nil {
		return "", err
	}
	shared, err := ephemeral.ECDH(public)
	if err != nil {
		return "", err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	point := ephemeral.PublicKey().Bytes()
	header, err := json.Marshal(map[string]any{
		"alg": "ECDH-ES", "enc": enc, "kid": to.ID, "epk": map[string]string{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
	})
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(concatKDF(shared, enc, size))
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	iv := make([]byte, gcm.NonceSize())
	if _, err := io.ReadFull(w.rand, iv); err != nil {
		return "", err
	}
	aad := b64(header)
	sealed := gcm.Seal(nil, iv, plaintext, []byte(aad))
	cut := len(sealed) - gcm.Overhead()
	return aad + ".." + b64(iv) + "." + b64(sealed[:cut]) + "." + b64(sealed[cut:]), nil
}

// concatKDF derives size bytes, at most one hash (NIST SP 800-56A §5.8.1 as RFC 7518 §4.6.2 uses it), without parties.
func concatKDF(shared []byte, enc string, size int) []byte {
	var b []byte
	b = binary.BigEndian.AppendUint32(b, 1)
	b = append(b, shared...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(enc)))
	b = append(b, enc...)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(size*8))
	digest := sha256.Sum256(b)
	return digest[:size]
}
