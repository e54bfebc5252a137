package jose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// SigningInput returns the bytes to be signed: the header and the payload in base64url, with a dot between
// (RFC 7515 §5.1). A payload of type []byte is taken as it is; any other is written as JSON. Only ES256 is written.
func SigningInput(h Header, payload any) ([]byte, error) { return signingInput(h, h, payload) }

// signingInput writes header, which is h or h with more.
func signingInput(h Header, more, payload any) ([]byte, error) {
	if h.Algorithm != ES256 {
		return nil, errors.New("write token header: only ES256 signs")
	}
	header, err := encode(more)
	if err != nil {
		return nil, fmt.Errorf("write token header: %w", err)
	}
	body, err := encodePayload(payload)
	if err != nil {
		return nil, fmt.Errorf("write token payload: %w", err)
	}
	input := strict.AppendEncode(nil, header)
	input = append(input, '.')
	return strict.AppendEncode(input, body), nil
}

// Assemble joins what was signed and its ES256 signature, 64 bytes r||s, into the compact serialisation.
func Assemble(input, rawSig []byte) (string, error) {
	if !validSignatureLength(ES256, len(rawSig)) {
		return "", errors.New("assemble token: signature is not 64 bytes")
	}
	out := append(bytes.Clone(input), '.')
	return string(strict.AppendEncode(out, rawSig)), nil
}

// Sign writes a token. sign hashes the message with SHA-256 and returns an ECDSA P-256 signature, 64 bytes r||s.
func Sign(sign func(message []byte) (raw []byte, err error), h Header, payload any) (string, error) {
	input, err := SigningInput(h, payload)
	if err != nil {
		return "", err
	}
	raw, err := sign(input)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return Assemble(input, raw)
}

// SignWithChain writes a token whose header brings certificates in x5c, DER, leaf first (RFC 7515 §4.1.6). Parse refuses
// such tokens: we write them for wallets that know our root, and read none.
func SignWithChain(sign func(message []byte) (raw []byte, err error), h Header, chain [][]byte, payload any) (string, error) {
	if len(chain) == 0 {
		return "", errors.New("write token header: no certificate")
	}
	input, err := signingInput(h, struct {
		Header
		Chain [][]byte `json:"x5c"` // encoding/json writes []byte in standard base64, as x5c wants
	}{h, chain}, payload)
	if err != nil {
		return "", err
	}
	raw, err := sign(input)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return Assemble(input, raw)
}

func encodePayload(payload any) ([]byte, error) {
	if b, ok := payload.([]byte); ok {
		return b, nil
	}
	return encode(payload)
}

// encode writes JSON without the HTML escapes, which the wire has no use for.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
