// Package govuk speaks GOV.UK Wallet's profile of OID4VCI: it turns the wallet's messages into requests issuance can
// decide, and its answers into the wire. The wire is GOV.UK's documentation and test harness; where they disagree, and
// what we do, is in docs/divergences.md.
package govuk

import (
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
)

// walletIssuer is the iss of every proof GOV.UK Wallet makes (GOV.UK: credential page, proof payload).
const walletIssuer = "urn:fdc:gov:uk:wallet"

// Config is what the profile is told.
type Config struct {
	SelfURL        string // the credential issuer identifier, no trailing slash; links are never built from Host
	AuthServer     string // issuer identifier of GOV.UK One Login's token service
	ClientID       string // our client id at GOV.UK One Login
	WalletURL      string // where an offer link leads: "https://mobile.account.gov.uk/wallet/add"
	RefreshJourney string // web page on which a document can be renewed by hand
	CodeLife       time.Duration
}

// Deps is what the profile leans on.
type Deps struct {
	Issuance   *issuance.Service
	Documents  []*document.Document // those served
	Formats    []issuance.Format
	Ring       keys.Keyring
	ServerKeys jose.KeySource // of the authorisation server
	Now        func() time.Time
}

// Profile answers GOV.UK Wallet. Safe for concurrent use.
type Profile struct {
	Config
	Deps
}

// New returns the profile.
func New(config Config, deps Deps) *Profile { return &Profile{config, deps} }
