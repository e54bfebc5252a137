package mdoc

import (
	"crypto/sha256"
	"fmt"

	"justice-wallet/pkg/cbor"
)

// Names of the handovers, the first member of each.
const (
	handoverOpenID4VP      = "OpenID4VPHandover"
	handoverOpenID4VPDCAPI = "OpenID4VPDCAPIHandover"
	handoverDCAPI          = "dcapi"
)

// OpenID4VPTranscript returns the encoded SessionTranscript of a presentation by redirect (OpenID4VP 1.0 Appendix
// B.2.6.1):
//
//	SessionTranscript = [null, null, ["OpenID4VPHandover", SHA-256([clientID, nonce, thumbprint / null, responseURI])]]
//
// clientID has its prefix. thumbprint is the SHA-256 JWK thumbprint of the key that the response is encrypted to, nil when
// it is not encrypted.
func OpenID4VPTranscript(clientID, nonce, responseURI string, thumbprint []byte) ([]byte, error) {
	return hashedHandover(handoverOpenID4VP, []any{clientID, nonce, orNull(thumbprint), responseURI})
}

// OpenID4VPDCAPITranscript returns the encoded SessionTranscript of a presentation over the Digital Credentials API
// (OpenID4VP 1.0 Appendix B.2.6.2). origin has no prefix.
func OpenID4VPDCAPITranscript(origin, nonce string, thumbprint []byte) ([]byte, error) {
	return hashedHandover(handoverOpenID4VPDCAPI, []any{origin, nonce, orNull(thumbprint)})
}

// DCAPITranscript returns the encoded SessionTranscript of ISO/IEC TS 18013-7:2025 Annex C, the mdoc's own protocol over
// the same API. encryptionInfo is unpadded base64url, as the page gave it to the browser.
func DCAPITranscript(encryptionInfo, origin string) ([]byte, error) {
	return hashedHandover(handoverDCAPI, []any{encryptionInfo, origin})
}

func hashedHandover(name string, info []any) ([]byte, error) {
	encoded, err := cbor.Encode(info)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", name, err)
	}
	digest := sha256.Sum256(encoded)
	return cbor.Encode([]any{nil, nil, []any{name, digest[:]}})
}

// orNull keeps an absent thumbprint from being written as an empty byte string.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}
