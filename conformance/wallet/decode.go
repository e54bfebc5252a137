package wallet

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
)

// The wallet's decoders, for the judges that look at each part by itself.

// JWS is a compact JWS taken apart. Numbers of its header and claims are json.Number.
type JWS struct {
	Header, Claims map[string]any
	token          *token
}

// ParseJWS takes a compact JWS of two JSON objects apart. It verifies nothing.
func ParseJWS(s string) (*JWS, error) {
	t, err := parseToken(s)
	if err != nil {
		return nil, err
	}
	return &JWS{plain(t.header).(map[string]any), plain(t.claims).(map[string]any), t}, nil
}

// Verify checks an ES256 signature.
func (j *JWS) Verify(key *ecdsa.PublicKey) error { return j.token.verify(key) }

// SignJWS writes a compact ES256 JWS of whatever it is given.
func SignJWS(rand io.Reader, key *ecdsa.PrivateKey, header, claims map[string]any) (string, error) {
	return signToken(rand, key, header, claims)
}

// SignES256 returns r||s over message, 32 bytes each.
func SignES256(rand io.Reader, key *ecdsa.PrivateKey, message []byte) ([]byte, error) {
	return signES256(rand, key, message)
}

// VerifyES256 checks r||s over message.
func VerifyES256(key *ecdsa.PublicKey, message, signature []byte) error {
	return verifyES256(key, message, signature)
}

// DecodeJSON reads one JSON object without duplicate members, and nothing after it. Numbers are json.Number.
func DecodeJSON(b []byte) (map[string]any, error) {
	o, err := decodeObject(b)
	if err != nil {
		return nil, err
	}
	return plain(o).(map[string]any), nil
}

// JWKKey reads the public key of an EC P-256 JWK.
func JWKKey(jwk map[string]any) (*ecdsa.PublicKey, error) { return jwkKey(object(jwk)) }

// COSEKey reads the public key of an EC2 P-256 COSE_Key of exactly four members.
func COSEKey(v any) (*ecdsa.PublicKey, error) { return coseKey(v) }

// ParseIssuerSigned reads an mdoc, unpadded base64url of IssuerSigned, and holds it against itself: the signature against the
// key of its own certificate, every item against its digest. Whose certificate that is, and the times, it leaves alone.
func ParseIssuerSigned(raw string) (*Held, error) {
	doc, err := parseIssuerSigned(raw)
	if err != nil {
		return nil, err
	}
	leaf, err := signerCertificate(doc.auth.unprotected)
	if err != nil {
		return nil, err
	}
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("the signer's key is not of an elliptic curve")
	}
	if err := doc.auth.verify(key, doc.auth.payload); err != nil {
		return nil, err
	}
	mso, err := parseMSO(doc.auth.payload)
	if err != nil {
		return nil, fmt.Errorf("mobile security object: %w", err)
	}
	return &Held{Raw: raw, DocType: mso.docType, Elements: doc.elements(), Status: mso.status,
		ValidUntil: mso.validity.until, ExpectedUpdate: mso.validity.expectedUpdate}, checkDigests(doc.spaces, mso)
}

// DecodeBase64URL reads unpadded base64url in its one canonical spelling.
func DecodeBase64URL(s string) ([]byte, error) { return decodeBase64URL(s) }

// Allows says whether v, as DecodeCBOR or DecodeJSON gives it, is of the type that metadata announces for an element of
// namespace, or of credentialSubject. Every value is of the empty type.
func Allows(namespace, valueType string, v any) bool {
	if namespace == subjectPath {
		namespace = ""
	}
	return claim{namespace: namespace, valueType: valueType}.allows(v)
}
