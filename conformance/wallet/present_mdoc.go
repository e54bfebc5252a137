package wallet

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// PresentMDoc answers a verifier with the chosen elements (namespace, name) of h, each exactly as the issuer gave it,
// signed by the device key for this session only: an ISO 18013-5 §8.3.2.1.2.2 DeviceResponse.
func (w *Wallet) PresentMDoc(h *Held, elements [][2]string, sessionTranscript []byte) ([]byte, error) {
	return w.present(h, elements, sessionTranscript, nil)
}

// present has device make DeviceSigned; by signature when it is nil.
func (w *Wallet) present(h *Held, elements [][2]string, sessionTranscript []byte, device func(docType string) (Map, error)) ([]byte, error) {
	if h.Format != FormatMDoc {
		return nil, errors.New("held document is not an mdoc")
	}
	doc, err := parseIssuerSigned(h.Raw)
	if err != nil {
		return nil, err
	}
	chosen, err := doc.choose(elements)
	if err != nil {
		return nil, err
	}
	if device == nil {
		device = func(docType string) (Map, error) { return w.signDevice(docType, sessionTranscript) }
	}
	deviceSigned, err := device(h.DocType)
	if err != nil {
		return nil, err
	}
	return EncodeCBOR(Map{
		{"version", "1.0"},
		{"documents", []any{Map{
			{"docType", h.DocType},
			{"issuerSigned", Map{{"nameSpaces", chosen}, {"issuerAuth", doc.raw}}},
			{"deviceSigned", deviceSigned},
		}}},
		{"status", 0},
	})
}

// choose returns the chosen items by namespace, in the order the issuer gave them.
func (s *issuerSigned) choose(elements [][2]string) (Map, error) {
	wanted := map[[2]string]bool{}
	for _, e := range elements {
		wanted[e] = true
	}
	out := Map{}
	for _, space := range s.spaces {
		var items []any
		for _, item := range space.items {
			if key := [2]string{space.name, item.name}; wanted[key] {
				items = append(items, item.tagged)
				delete(wanted, key)
			}
		}
		if len(items) > 0 {
			out = append(out, Entry{space.name, items})
		}
	}
	if len(wanted) != 0 {
		return nil, errors.New("an element asked for is not in the document")
	}
	return out, nil
}

// signDevice makes DeviceSigned without device-signed elements.
func (w *Wallet) signDevice(docType string, transcript []byte) (Map, error) {
	spaces, err := encoded(Map{})
	if err != nil {
		return nil, err
	}
	payload, err := deviceAuthentication(transcript, docType, spaces)
	if err != nil {
		return nil, err
	}
	signature, err := signDetached(w.rand, w.key, payload)
	if err != nil {
		return nil, err
	}
	return Map{{"nameSpaces", spaces}, {"deviceAuth", Map{{"deviceSignature", signature}}}}, nil
}

// deviceAuthentication is DeviceAuthenticationBytes (ISO 18013-5 §9.1.3.4).
func deviceAuthentication(transcript []byte, docType string, spaces Tag) ([]byte, error) {
	session, err := DecodeCBOR(transcript)
	if err != nil {
		return nil, fmt.Errorf("read session transcript: %w", err)
	}
	t, err := encoded([]any{"DeviceAuthentication", session, docType, spaces})
	if err != nil {
		return nil, err
	}
	return EncodeCBOR(t)
}

// OID4VPTranscript is the SessionTranscript of an answer by redirect (OpenID4VP 1.0 Appendix B.2.6.1), as CBOR.
// jwkThumbprint is the RFC 7638 SHA-256 thumbprint of the key the answer is encrypted to; nil when it is not encrypted.
func OID4VPTranscript(clientID, nonce, responseURI string, jwkThumbprint []byte) []byte {
	var thumbprint any
	if jwkThumbprint != nil {
		thumbprint = jwkThumbprint
	}
	info := mustEncode([]any{clientID, nonce, thumbprint, responseURI})
	digest := sha256.Sum256(info)
	return mustEncode([]any{nil, nil, []any{"OpenID4VPHandover", digest[:]}})
}

// mustEncode encodes values of types that always encode.
func mustEncode(v []any) []byte {
	b, err := EncodeCBOR(v)
	if err != nil {
		panic("wallet: " + err.Error()) // a mistake in this package, never in input
	}
	return b
}
