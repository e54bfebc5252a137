package jose

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"io"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwe"
)

// Algorithms of an encrypted response (RFC 7518 §4.6 and §5.3): ECDH-ES in direct agreement, on P-256.
const (
	ECDHES  = "ECDH-ES"
	A128GCM = "A128GCM"
	A256GCM = "A256GCM"
)

// Lengths of AES-GCM (RFC 7518 §5.3).
const (
	gcmNonce = 12
	gcmTag   = 16
)

// EncryptionKey is a P-256 key that others encrypt to. It prints as [redacted].
type EncryptionKey struct {
	private *ecdsa.PrivateKey
	public  PublicJWK
}

// NewEncryptionKey makes a key from random, for one request and its response. Its kid is its thumbprint in base64url.
func NewEncryptionKey(random io.Reader) (*EncryptionKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return nil, &Error{Reason: ReasonKey, Detail: "cannot make a key", Err: err}
	}
	thumbprint := Thumbprint(&private.PublicKey)
	return encryptionKey(private, strict.EncodeToString(thumbprint[:]))
}

func encryptionKey(private *ecdsa.PrivateKey, kid string) (*EncryptionKey, error) {
	public, err := NewPublicJWK(&private.PublicKey, kid)
	if err != nil {
		return nil, &Error{Reason: ReasonKey, Detail: "not a key on P-256", Err: err}
	}
	public.Use, public.Algorithm = "enc", ECDHES
	return &EncryptionKey{private, public}, nil
}

// Public returns the key with kid, use and alg (OpenID4VP 1.0 §5.1).
func (k *EncryptionKey) Public() PublicJWK { return k.public }

// Thumbprint is the SHA-256 of RFC 7638, 32 bytes.
func (k *EncryptionKey) Thumbprint() []byte {
	t := Thumbprint(&k.private.PublicKey)
	return t[:]
}

// String prints [redacted].
func (*EncryptionKey) String() string { return "[redacted]" }

// GoString prints [redacted].
func (*EncryptionKey) GoString() string { return "[redacted]" }

// Decrypt returns the plaintext of a JWE of up to limit bytes, in compact serialisation (RFC 7516 §7.1), encrypted to k
// with ECDH-ES and A128GCM or A256GCM. Its header holds alg, enc, kid and epk, and perhaps apu, apv, typ and cty; kid is
// k's. The error is an *Error.
func (k *EncryptionKey) Decrypt(compact string, limit int) ([]byte, error) {
	if len(compact) > limit {
		return nil, refuse(ReasonMalformed, "longer than the limit")
	}
	if err := k.checkForm(compact); err != nil {
		return nil, err
	}
	plaintext, err := jwe.Decrypt([]byte(compact), jwe.WithKey(jwa.ECDH_ES, k.private))
	if err != nil {
		return nil, refuse(ReasonSignature, "does not decrypt") // the library's words may quote the message
	}
	return plaintext, nil
}

// checkForm takes one spelling of the five parts before the library sees them.
func (k *EncryptionKey) checkForm(compact string) error {
	parts := strings.Split(compact, ".")
	if len(parts) != 5 || parts[1] != "" {
		return refuse(ReasonMalformed, "not five parts, or an encrypted key where the key is agreed directly")
	}
	lengths := map[int]int{2: gcmNonce, 4: gcmTag}
	for _, i := range []int{0, 2, 3, 4} {
		b, err := decodeSegment(parts[i])
		if err != nil {
			return err
		}
		if want, fixed := lengths[i]; fixed && len(b) != want {
			return refuse(ReasonMalformed, "a nonce or tag of the wrong length")
		}
		if i == 0 {
			if err := k.checkHeader(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *EncryptionKey) checkHeader(b []byte) error {
	h, err := ParseClaims(b)
	if err != nil {
		return refuse(ReasonHeader, "not one strict JSON object")
	}
	for _, name := range h.Names() {
		switch name {
		case "alg", "enc", "kid", "epk", "apu", "apv", "typ", "cty":
		default: // zip would change the plaintext, crit the rules, jwk and x5c the key
			return refuse(ReasonHeader, "a member that an encrypted response does not have")
		}
	}
	text := func(name string) string { s, _ := h.String(name); return s }
	switch {
	case text("alg") != ECDHES || (text("enc") != A128GCM && text("enc") != A256GCM):
		return refuse(ReasonAlgorithm, "not ECDH-ES with A128GCM or A256GCM")
	case text("kid") != k.public.KeyID:
		return refuse(ReasonKey, "encrypted to another key")
	}
	return checkEphemeral(h)
}

// checkEphemeral wants a point on P-256: another curve's would give the key away bit by bit.
func checkEphemeral(h Claims) error {
	epk, err := h.Object("epk")
	if err != nil {
		return refuse(ReasonHeader, "epk is not an object")
	}
	if crv, _ := epk.String("crv"); crv != "P-256" {
		return refuse(ReasonHeader, "epk is not on P-256")
	}
	key, err := parseJWK(epk.members)
	if err != nil || key == nil {
		return refuse(ReasonHeader, "epk is not a public key on P-256")
	}
	return nil
}
