package wallet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Options are what a wallet is given. All are required.
type Options struct {
	HTTP    *http.Client
	Rand    io.Reader
	Now     func() time.Time
	Account string // the wallet subject identifier of the person signed in
	Session string // the app's session with One Login, as a bearer token
}

// Wallet is one app on one device: one device key, one person signed in. Safe for concurrent use.
type Wallet struct {
	http    *http.Client
	rand    io.Reader
	now     func() time.Time
	account string
	session string
	key     *ecdsa.PrivateKey
	did     string
}

// New returns a wallet with a fresh P-256 device key.
func New(o Options) (*Wallet, error) {
	if o.HTTP == nil || o.Rand == nil || o.Now == nil || o.Account == "" || o.Session == "" {
		return nil, errors.New("wallet: every option is required")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), o.Rand)
	if err != nil {
		return nil, fmt.Errorf("make device key: %w", err)
	}
	did, err := DIDKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	client := *o.HTTP
	client.CheckRedirect = refuseRedirect
	return &Wallet{&client, o.Rand, o.Now, o.Account, o.Session, key, did}, nil
}

// refuseRedirect keeps tokens with the party they are for.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// DIDKey returns the device key as did:key, without a fragment.
func (w *Wallet) DIDKey() string { return w.did }

// PublicKey returns the device key.
func (w *Wallet) PublicKey() *ecdsa.PublicKey { return &w.key.PublicKey }

// Account returns the wallet subject identifier of the person signed in.
func (w *Wallet) Account() string { return w.account }

// Held is one document in the wallet. It prints as [redacted].
type Held struct {
	Issuer         string
	Configuration  string
	Format         string   // FormatMDoc or FormatJWT
	Raw            string   // as received: base64url of IssuerSigned, or a compact JWS
	DocType        string   // mdoc only
	Types          []string // JWT only
	Elements       []Element
	Status         StatusRef // zero for a JWT that names no status list
	ValidUntil     time.Time
	ExpectedUpdate time.Time // zero when the document names none
	NotificationID string    // empty when the issuer takes no notifications
	RefreshToken   string
}

// Credential formats, by their names on the wire.
const (
	FormatMDoc = "mso_mdoc"
	FormatJWT  = "jwt_vc_json"
)

// Element is one fact a document states.
type Element struct {
	Namespace string // mdoc only
	Name      string
	Value     any // of an mdoc: as DecodeCBOR gives it; of a JWT: as encoding/json gives it, numbers as json.Number
}

// StatusRef is one entry of a token status list.
type StatusRef struct {
	URI   string
	Index int
}

const redacted = "[redacted]"

func (Held) String() string          { return redacted }
func (Held) GoString() string        { return redacted }
func (Held) LogValue() slog.Value    { return slog.StringValue(redacted) }
func (Element) String() string       { return redacted }
func (Element) GoString() string     { return redacted }
func (Element) LogValue() slog.Value { return slog.StringValue(redacted) }
