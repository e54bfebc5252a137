// Package keys holds the signing keys of an issuing authority: what each is for, the state it is in, and the
// certificates that vouch for it. Private keys never leave their provider; everyone else sees a crypto.Signer.
package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"time"
)

// Purpose is the one thing a key may sign.
type Purpose string

const (
	PurposeOffer      Purpose = "offer"       // pre-authorised codes, status list requests: published in the JWKS
	PurposeCredential Purpose = "credential"  // JWT credentials: published in the did:web document
	PurposeDocument   Purpose = "document"    // mdoc document signer (ISO 18013-5 Annex B.1.4)
	PurposeStatusList Purpose = "status-list" // status list tokens: published in the JWKS
	PurposeLetter     Purpose = "letter"      // letters on paper: published in a JWK set of their own
	PurposeIACA       Purpose = "iaca"        // issuing authority root (ISO 18013-5 Annex B.1.2)
)

// State is where a key is in its life. Exactly one key per purpose is active.
type State string

const (
	StateCreated  State = "created"  // published, not yet used
	StateActive   State = "active"   // signs
	StateInactive State = "inactive" // signs no more, still verifies
	StateRevoked  State = "revoked"  // neither signs nor verifies
)

// Key is one signing key. All keys are ECDSA P-256.
type Key struct {
	ID      string // lower-case hexadecimal SHA-256 of the public key's SubjectPublicKeyInfo
	Purpose Purpose
	State   State
	Created time.Time
	Signer  crypto.Signer
	Chain   []*x509.Certificate // leaf first, trust anchor left out; for PurposeIACA the root alone; empty for JWT keys

	Provider  string // that holds the private half; empty when the key's own file does
	Reference string // by which Provider finds it
}

// Public returns the public half.
func (k Key) Public() *ecdsa.PublicKey {
	p, _ := k.Signer.Public().(*ecdsa.PublicKey)
	return p
}
