// Package holder is the pages of the person whose documents they are: sign in, be matched to a record, see what each
// document says, put it on a phone, see and end what was given, or ask for a letter.
//
// Its invariants, each held by a test:
//   - A person is matched on a verified identity alone, to exactly one record. Nobody is ever shown a choice of people, and
//     no page tells no match, several, and a record that is closed or under review apart.
//   - What a page says of a document was read from the systems of record for that page. None of it is kept in a session.
//   - However often a form is sent, one visit has at most one offer of a document that can be collected.
//   - No address of a page holds anything about a person, a record or a credential: its names mean nothing outside the
//     visit.
//   - No page says why a document was ended, nor gives a reason that only one cause can have when that cause is for a person
//     to tell.
package holder

import (
	"context"
	_ "embed"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

//go:embed messages.yaml
var messages []byte

// Config is what the pages are told.
type Config struct {
	HelpPhone string // for people who cannot go on alone
	ExitURL   string // where "exit this page" leads
	Secret    []byte // 32 bytes: makes marks and names that tell nothing
}

// Identity is who GOV.UK One Login verified the person to be. It is used once, to find the record. It prints as [redacted].
type Identity struct {
	GivenNames []string // none, where the person has one name
	FamilyName string
	BirthDate  credential.Date
}

func (Identity) String() string       { return "[redacted]" }
func (Identity) GoString() string     { return "[redacted]" }
func (Identity) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// name is what to call the person.
func (i Identity) name() string {
	return strings.Join(append(slices.Clone(i.GivenNames), i.FamilyName), " ")
}

// Records finds a person, and says what there is about them.
type Records interface {
	issuance.Records

	// Match returns the one record of a verified identity, or issuance.ErrNotFound when there is none, or more than one.
	Match(ctx context.Context, i Identity) (person string, err error)

	// Items returns the items of a source about a person: one empty item where the person alone says enough.
	Items(ctx context.Context, source, person string) ([]string, error)
}

// Offers makes a document ready for a wallet, once the document's own rules allow it.
type Offers interface {
	// Link returns the link that opens the offer in the wallet. The same request.ID twice is one offer.
	Link(ctx context.Context, request issuance.OfferRequest) (string, issuance.Offer, error)
}

// Ledger says what became of an offer.
type Ledger interface {
	Open(ctx context.Context, g issuance.Grant) (issuance.Opening, error)
}

// Register says what was issued to a wallet.
type Register interface {
	CredentialsOfSubject(ctx context.Context, subject string) ([]issuance.Credential, error)
}

// Endings ends documents.
type Endings interface {
	Revoke(ctx context.Context, r issuance.RevokeRequest) ([]issuance.Ended, error)
}

// Letter is a person's wish for a document on paper.
type Letter struct {
	ID       string // of the wish: the same form sent twice is one
	Kind     letter.Kind
	Record   issuance.Record
	Large    bool
	Language ui.Language
	Address  []string // empty: it is collected at a probation office
}

// Letters takes wishes for letters. The letter itself is decided on, and made, when an officer prints it.
type Letters interface {
	Request(ctx context.Context, l Letter) error
}

// Deps is what the pages lean on. Letters may be nil: people are then sent to their probation office.
type Deps struct {
	Shell     *ui.Shell
	Sessions  *session.Manager
	Tries     session.Tries // to be matched
	SignIn    SignIn
	Records   Records
	Documents []*document.Document // those people may have
	Offers    Offers
	Ledger    Ledger
	Register  Register
	Endings   Endings
	Letters   Letters
	Now       func() time.Time
	Rand      io.Reader
	London    *time.Location
}

// Door answers the person. Safe for concurrent use.
type Door struct {
	Config
	Deps
}

// New returns the pages.
func New(config Config, deps Deps) *Door { return &Door{config, deps} }

// NewShell makes the frame of the pages. signIn are the origins that signing in leads through.
func NewShell(assets *ui.Assets, words *ui.Messages, signIn []string) (*ui.Shell, error) {
	return ui.NewShell(ui.ShellOptions{
		Assets: assets, Messages: words, ServiceKey: "service.name", ServiceURL: pathStart, Phase: "beta", FormActions: signIn, ExitURL: pathExit,
		FooterLinks: append(ui.StandardFooter("/accessibility", "/privacy", "/cookies"), ui.FooterKey{Key: "nav.help", Href: pathHelp}),
	})
}

// Messages is the words of the pages, in both languages.
func Messages() []byte { return messages }

// actor is who the audit says has asked: the person, by no name.
const actor = "holder"
