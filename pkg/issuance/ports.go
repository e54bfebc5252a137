package issuance

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"log/slog"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
)

// ErrNotFound is returned by a port when there is no such thing, or it belongs to another person.
var ErrNotFound = errors.New("not found")

// SpentError is returned by Ledger.Commit when something a credential costs was spent before.
type SpentError struct{ What Spent }

func (e *SpentError) Error() string { return string(e.What) + " already used" }

// Spent names what may be used once only.
type Spent string

const (
	SpentOffer Spent = "offer"
	SpentToken Spent = "token"
	SpentNonce Spent = "nonce"
)

// Record names what a document rests on: a person in a system of record and, where a person can have several things of
// the kind (approvals), which one. It prints as [redacted].
type Record struct {
	Person string // prison number, or the source's own key
	Item   string // empty when the person alone says enough
}

func (Record) String() string       { return "[redacted]" }
func (Record) GoString() string     { return "[redacted]" }
func (Record) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Grant is what an authorisation server lets a wallet do, once its access token has been verified.
type Grant struct {
	Issuer        string // of the authorisation server
	TokenID       string // jti
	Subject       string // the wallet subject identifier
	Configuration string // credential configuration id
	OfferID       string // credential identifier of the offer; empty for a refresh
	Nonce         string // c_nonce
	Expires       time.Time
}

// Refresh says whether the grant asks for a new copy of something already held.
func (g Grant) Refresh() bool { return g.OfferID == "" }

// Offer is a promise to one wallet subject that one document may be collected once.
type Offer struct {
	ID            string // credential_identifiers[0] of the pre-authorised code: random, unguessable
	Configuration string
	Subject       string
	Record        Record
	Created       time.Time
	Expires       time.Time
	Redeemed      bool // set by the store when a Commit spent it
}

// Credential is our record of one issued document. It holds no element of it.
type Credential struct {
	ID             string // also the notification_id: random UUID
	Configuration  string
	DocumentType   string
	Format         string
	DocumentNumber string
	Record         Record
	Subject        string
	Status         credential.StatusRef
	KeyID          string
	Issued         time.Time
	Until          time.Time
	ExpectedUpdate time.Time
	Wallet         string    // the last notification event from the wallet; empty before the first
	Revoked        time.Time // zero while it stands
	Reason         string    // why it was revoked: for staff only
}

// Opening is all that the ledger knows about a grant, read in one act.
type Opening struct {
	Offer      *Offer      // the offer named by the grant, if it is this subject's and has not expired
	Holding    *Credential // the newest credential this subject was issued for this configuration
	TokenSpent bool
	NonceSpent bool
}

// Commit is the one act by which a credential comes to exist.
type Commit struct {
	Operation  string // random per request: the same operation twice has one effect and one answer
	Grant      Grant
	Credential Credential
}

// Offers keeps offers. Safe for concurrent use. What PutOffer acknowledged is durable as the store is configured to be.
type Offers interface {
	// PutOffer keeps o until o.Expires. Putting the same offer again changes nothing.
	PutOffer(ctx context.Context, o Offer) error
}

// Ledger decides, in single acts, what has been spent and what was issued. Safe for concurrent use.
type Ledger interface {
	// Open reads everything that bears on g. A missing offer or holding is a nil pointer, not an error.
	Open(ctx context.Context, g Grant) (Opening, error)

	// Commit spends the grant's token id, its nonce and (unless it is a refresh) its offer, and records the credential,
	// or does none of it and returns a *SpentError, checked in the order offer, token, nonce. An offer that is missing,
	// expired or another subject's counts as spent. Repeating an operation that succeeded succeeds again, and does
	// nothing more. Token id and nonce are remembered until the grant expires, and a minute over.
	Commit(ctx context.Context, c Commit) error
}

// Register finds and ends what was issued. Safe for concurrent use.
type Register interface {
	// Credential returns one issued credential by id, or ErrNotFound.
	Credential(ctx context.Context, id string) (Credential, error)

	// CredentialsOf returns every credential issued about person, oldest first; none is not an error.
	CredentialsOf(ctx context.Context, person string) ([]Credential, error)

	// CredentialsOfSubject returns every credential issued to a wallet subject, oldest first; none is not an error.
	CredentialsOfSubject(ctx context.Context, subject string) ([]Credential, error)

	// MarkRevoked notes that a credential has ended. The first reason and time stand; repeating changes nothing.
	MarkRevoked(ctx context.Context, id string, at time.Time, reason string) error

	// Notify notes the wallet's event on the credential if it is subject's; otherwise ErrNotFound. Repeatable.
	Notify(ctx context.Context, subject, id, event string) error
}

// Roll reads and ends what was issued, many at a time. Safe for concurrent use.
type Roll interface {
	// Credentials returns those of ids that are kept, in no order.
	Credentials(ctx context.Context, ids []string) ([]Credential, error)

	// SignedBy returns the ids of up to limit credentials that a key signed, in an order that stays, from the first after the
	// id after on; "" is before all. next goes on from there, and is "" after the last page. A credential is listed before it
	// is committed: an id may lead nowhere.
	SignedBy(ctx context.Context, keyID, after string, limit int) (ids []string, next string, err error)

	// MarkAllRevoked is MarkRevoked for each; one that is not kept is left out. An error may leave some of them marked:
	// repeating the call marks the rest.
	MarkAllRevoked(ctx context.Context, ends []End) error
}

// End is when and why one credential ended.
type End struct {
	ID     string
	At     time.Time
	Reason string
}

// Status gives out and ends status slots.
type Status interface {
	// Allocate returns a slot never given before, valid until at least until. The same operation gets the same slot.
	Allocate(ctx context.Context, operation string, until time.Time) (credential.StatusRef, error)

	// Revoke ends the slot for good and returns when it first ended. Repeatable.
	Revoke(ctx context.Context, operation string, ref credential.StatusRef) (time.Time, error)
}

// Records asks the systems of record about one person, now.
type Records interface {
	// Facts returns what source says about r, or ErrNotFound. No answer is cached: entitlement is decided again at every
	// issue. A source that does not answer is a fault of kind Unavailable.
	Facts(ctx context.Context, source string, r Record) (credential.Facts, error)
}

// Format writes one kind of credential. It never holds a key that can sign: only what was linted reaches one.
type Format interface {
	// Name is the format's wire name, "mso_mdoc" or "jwt_vc_json".
	Name() string

	// Purpose says which of the issuer's keys signs it.
	Purpose() keys.Purpose

	// Describe says how d looks in this format. ok is false when d has no such form.
	Describe(d *document.Document) (desc credential.Description, ok bool)

	// Draft writes s in full, all but the signature, for key to sign.
	Draft(d *document.Document, s credential.Statement, key keys.Key) (Draft, error)
}

// Draft is a credential that lacks only its signature.
type Draft interface {
	// Reopen decodes the very bytes that are to be signed, and says what they state.
	Reopen() (credential.Statement, error)

	// ToBeSigned is the message the key signs (ES256: the key hashes it with SHA-256).
	ToBeSigned() ([]byte, error)

	// Seal adds the signature, 64 bytes r||s, and returns the credential as the wire carries it. It refuses a signature
	// that does not verify.
	Seal(signature []byte) (string, error)
}

// Request is a verified request for a credential.
type Request struct {
	Grant       Grant
	Holder      *ecdsa.PublicKey // from the wallet's proof of possession
	ProofNonce  string
	ProofIssued time.Time
}
