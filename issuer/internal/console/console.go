// Package console is the pages of the caseworker: find a person, see the life of each document, give one, end one, end many
// with a second person, approve a place or a job.
//
// Its invariants, each held by a test:
//   - Nobody is shown who was not named in the audit first; what may not be known and what does not exist look alike.
//   - No address holds a number, a name or the name of a document: it holds a name that means nothing in another's visit.
//   - Every form is of its own session; a form that is sent twice does once what it asks.
//   - A wish for a letter leaves the list only after the letter is made and can be printed.
//   - What was typed into a form of a session that ended is given back to the one who typed it, and to nobody else.
package console

import (
	"context"
	"crypto/cipher"
	_ "embed"
	"errors"
	"io"
	"net/url"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"justice-wallet/issuer/internal/letters"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

//go:embed messages.yaml
var messages []byte

// Messages is the words of the pages, in both languages.
func Messages() []byte { return messages }

// SignIn is HMPPS Auth, an OpenID provider whose ID token carries the claims name, authorities and teams.
type SignIn interface {
	Begin(ctx context.Context, params map[string]string) (string, oidc.Pending, error)
	Finish(ctx context.Context, query url.Values, pending oidc.Pending) (oidc.Identity, error)
}

// Records says what there is about a person.
type Records interface {
	issuance.Records

	// Items returns the items of a source about a person: one empty item where the person alone says enough.
	Items(ctx context.Context, source, person string) ([]string, error)
}

// Offers makes a document ready for a wallet. The same request.ID twice is one offer.
type Offers interface {
	Link(ctx context.Context, request issuance.OfferRequest) (string, issuance.Offer, error)
}

// Letters are letters on paper: who waits for one, and how it is printed in a visit.
type Letters struct {
	Service *letters.Service
	Pages   *letters.Pages // of the same sessions
}

// Deps is what the pages lean on. None may be nil but Letters.
type Deps struct {
	Shell     *ui.Shell
	Sessions  *session.Manager
	SignIn    SignIn
	Casework  *casework.Service
	Records   Records
	Documents []*document.Document // those people may have
	Offers    Offers
	QR        func(link string) ([]byte, error)
	Now       func() time.Time
	Rand      io.Reader
	London    *time.Location
	StartURL  string   // where the person signs in themself
	Secret    []byte   // 32 bytes: seals whose form it was
	Letters   *Letters // nil: there are none
}

// Door answers staff. Safe for concurrent use.
type Door struct {
	Deps
	seal cipher.AEAD
}

// New returns the pages.
func New(deps Deps) (*Door, error) {
	seal, err := chacha20poly1305.NewX(deps.Secret)
	if err != nil {
		return nil, errors.New("the console needs a secret of 32 bytes")
	}
	return &Door{deps, seal}, nil
}

// NewShell makes the frame of the pages. signIn are the origins that signing in leads through.
func NewShell(assets *ui.Assets, words *ui.Messages, signIn []string) (*ui.Shell, error) {
	return ui.NewShell(ui.ShellOptions{
		Assets: assets, Messages: words, ServiceKey: "service.name", ServiceURL: pathHome, MoJ: true, Phase: "beta", FormActions: signIn,
	})
}
