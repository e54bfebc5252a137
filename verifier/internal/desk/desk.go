// Package desk is the pages of organisations that check documents: sign in, say why, see what will and will not be shown,
// let the person's wallet answer, and read the result.
//
// Its invariants, each held by a test:
//   - What is asked comes from the purpose register alone: the organisation's type fixes its purposes, a purpose fixes the
//     question. A form can name a purpose and nothing else; one of another type begins nothing.
//   - A result is seen by the visit that began the check and by nobody else: another meets the page of a check that never was.
//   - What a wallet answered is held in memory, for fifteen minutes from the beginning of the check, and nowhere else. What
//     stays is a receipt without a person.
//   - However often a form is sent, it begins one check.
//   - No page says why a document ended. No address holds anything about a person.
package desk

import (
	_ "embed"
	"io"
	"time"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/verification/words"
	"justice-wallet/verifier/internal/openid4vp"
)

//go:embed messages.yaml
var messages []byte

// Messages is the words of the pages, in both languages.
func Messages() []byte { return messages }

// Checks asks wallets and judges their answers. An openid4vp.Service does.
type Checks interface {
	Start(in openid4vp.Start) (openid4vp.Started, error)
	Result(id, secret, responseCode string) (openid4vp.State, error)
}

// Organisation is whoever asks.
type Organisation struct {
	ID, Name string
	Type     string // of the purpose register
}

// Deps is what the pages lean on. All of it is required.
type Deps struct {
	Shell         *ui.Shell
	Sessions      *session.Manager
	SignIn        SignIn
	Organisations func(id string) (Organisation, bool)
	Register      *purpose.Register
	Documents     *document.Catalogue
	Checks        Checks
	Receipts      receipt.Book
	Words         *words.Table
	HelpPhone     string
	Letters       bool // letters on paper are checked here, too
	Now           func() time.Time
	Rand          io.Reader

	// Tick returns a channel that asks the stream of a waiting page to look again, and what stops it.
	Tick func() (<-chan time.Time, func())
}

// Door answers organisations. Safe for concurrent use.
type Door struct {
	Deps
	book *book
}

// New returns the pages.
func New(d Deps) *Door { return &Door{d, newBook(d.Now)} }

// NewShell makes the frame of the pages.
func NewShell(assets *ui.Assets, m *ui.Messages) (*ui.Shell, error) {
	return ui.NewShell(ui.ShellOptions{
		Assets: assets, Messages: m, ServiceKey: "desk.name", ServiceURL: pathStart, Phase: "beta",
		FooterLinks: ui.StandardFooter("/accessibility", "/privacy", "/cookies"),
	})
}

// EverySecond is Tick in earnest.
func EverySecond() (<-chan time.Time, func()) {
	t := time.NewTicker(time.Second)
	return t.C, t.Stop
}
