package wallet

import (
	"errors"
	"strings"
)

// PresentJWT wraps h in a verifiable presentation for one verifier and one request, signed by the device key
// (VC-JOSE-COSE §3.1.2; the credential travels as an EnvelopedVerifiableCredential, VCDM 2.0 §4.13).
func (w *Wallet) PresentJWT(h *Held, nonce, audience string, mutate ...Mutate) (string, error) {
	if h.Format != FormatJWT {
		return "", errors.New("held document is not a JWT")
	}
	header := map[string]any{"alg": es256, "typ": "vp+jwt", "cty": "vp", "kid": w.did + "#" + strings.TrimPrefix(w.did, "did:key:")}
	claims := map[string]any{
		"@context": []string{credentialsContext},
		"type":     []string{"VerifiablePresentation"},
		"iss":      w.did,
		"holder":   w.did,
		"aud":      audience,
		"nonce":    nonce,
		"iat":      w.now().Unix(),
		"verifiableCredential": []any{map[string]any{
			"@context": credentialsContext,
			"id":       "data:application/vc+jwt," + h.Raw,
			"type":     "EnvelopedVerifiableCredential",
		}},
	}
	for _, m := range mutate {
		m(header, claims)
	}
	return signToken(w.rand, w.key, header, claims)
}
