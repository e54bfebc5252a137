package wallet

import "encoding/base64"

// PrivateJWK is the device key as a private JWK, for another wallet to take this one's place in a test.
func (w *Wallet) PrivateJWK() (map[string]string, error) {
	point, err := w.key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	d, err := w.key.Bytes()
	if err != nil {
		return nil, err
	}
	enc := base64.RawURLEncoding.EncodeToString
	return map[string]string{"kty": "EC", "crv": "P-256", "x": enc(point[1:33]), "y": enc(point[33:]), "d": enc(d)}, nil
}
