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
	PurposeReader     Purpose = "reader"      // requests to wallets: OID4VP, reader authentication (ISO 18013-5 Annex B.1.7)
	PurposeReaderRoot Purpose = "reader-root" // vouches for readers (ISO 18013-5 Annex B.1.6)
)

// profiles is every purpose, and what its certificate must be; none when it needs none.
func profiles() map[Purpose]Profile {
	return map[Purpose]Profile{
		PurposeOffer: "", PurposeCredential: "", PurposeStatusList: "", PurposeLetter: "",
		PurposeDocument: ProfileDocumentSigner, PurposeIACA: ProfileIACA, PurposeReader: ProfileReader, PurposeReaderRoot: ProfileReaderRoot,
	}
}

// parents is which root vouches for the keys of a purpose.
func parents() map[Purpose]Purpose {
	return map[Purpose]Purpose{PurposeDocument: PurposeIACA, PurposeStatusList: PurposeIACA, PurposeReader: PurposeReaderRoot}
}

// State is where a key is in its life. At most one key per purpose is active, and exactly one of those that are needed.
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
	State   State  // in a ring: as it stands; outside: as it was made
	Status  Status // as it was decided; empty: nothing was, and State holds
	Created time.Time
	Signer  crypto.Signer
	Chain   []*x509.Certificate // leaf first, trust anchor left out; for PurposeIACA the root alone; empty for JWT keys

	Provider  string // that holds the private half; empty when the key's own file does
	Reference string // by which Provider finds it
}

// decided returns what was decided about the key or, when nothing was, how it was made.
func (k Key) decided() Status {
	if k.Status.State != "" {
		return k.Status
	}
	s := Status{State: k.State, Changed: k.Created}
	if s.State == StateRevoked {
		s.Reason = ReasonCeased // of a file from before there were reasons
	}
	return s
}

// Public returns the public half.
func (k Key) Public() *ecdsa.PublicKey {
	p, _ := k.Signer.Public().(*ecdsa.PublicKey)
	return p
}
