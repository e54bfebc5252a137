// Package verifier is the assembled verifier: it says whether a document may be relied on, over HTTP.
package verifier

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/verification"
	"justice-wallet/pkg/verification/words"
	"justice-wallet/verifier/internal/desk"
	"justice-wallet/verifier/internal/letter"
	"justice-wallet/verifier/internal/openid4vp"
	"justice-wallet/verifier/internal/trust"
)

// Deps is what a verifier does not make itself.
type Deps struct {
	Log       *slog.Logger
	Now       func() time.Time
	Transport http.RoundTripper  // to issuers; nil means one of our own
	Receipts  receipt.Book       // nil means this process's memory
	Sessions  session.Store      // of the desk; nil means this process's memory
	Shared    statuslist.Entries // where the issuer of Config's SharedLists keeps them; needed with it
	Assets    *ui.Assets         // of its pages; nil means those this program was built with
}

// Verifier is an http.Handler.
type Verifier struct {
	server *httpserver.Server
	checks *verification.Verifier
	lists  *lists
	words  *words.Table

	// Of presentations; wallets is nil when the verifier does not ask.
	url           string
	organisations organisations
	wallets       *openid4vp.Service
	receipts      receipt.Book
	desk          *desk.Door // nil when there are no pages
	assets        *ui.Assets
	letters       *letter.Pages // nil when nobody checks letters here
}

// maxBody is ample for the largest document, a photograph of 1 MiB in base64, encrypted and in base64 again.
const maxBody = 3 << 20

// New assembles a verifier. It fetches nothing: an issuer that is away at start is asked when it is needed.
func New(c Config, d Deps) (*Verifier, error) {
	small := fetch.New(fetch.Options{Transport: d.Transport})
	store, err := trust.Open(trust.Source{Read: c.readTrust, Key: c.TrustKey}, trust.Options{Client: small, Now: d.Now, Log: d.Log})
	if err != nil {
		return nil, err
	}
	statuses := newLists(store, c, d, small)
	reader, err := shared(c, d, store, statuses)
	if err != nil {
		return nil, err
	}
	v := &Verifier{
		server: httpserver.New(httpserver.Options{Log: d.Log, Now: d.Now, MaxBody: maxBody, Ready: ready}),
		checks: &verification.Verifier{Trust: store, Status: reader, Now: d.Now},
		lists:  statuses,
	}
	if c.Presentations != nil {
		if err := v.ask(*c.Presentations, d); err != nil {
			return nil, err
		}
	}
	if v.words, err = words.Load(); err != nil {
		return nil, err
	}
	if c.Desk != nil {
		if err := v.openDesk(c, d); err != nil {
			return nil, err
		}
	}
	if c.Letters != nil {
		if v.letters, err = v.openLetters(c, d, store, small, statuses); err != nil {
			return nil, err
		}
	}
	v.routes()
	return v, nil
}

// ask makes the verifier one that asks wallets.
func (v *Verifier) ask(p Presentations, d Deps) error {
	var err error
	if v.organisations, err = parseOrganisations(p.Organisations); err == nil {
		err = v.organisations.known(p.Register)
	}
	if err != nil {
		return fmt.Errorf("read organisations: %w", err)
	}
	if len(p.Chain) == 0 || p.Key == nil || !samePublicKey(p.Key.Public(), p.Chain[0].PublicKey) {
		return errors.New("start asking wallets: the certificate is not the key's")
	}
	v.url, v.receipts = p.URL, d.Receipts
	if v.receipts == nil {
		v.receipts = memstore.New(d.Now)
	}
	v.wallets, err = openid4vp.New(openid4vp.Options{
		URL: p.URL, Return: "/presentations/", Scheme: p.Link, Prefix: p.Prefix, Sign: es256.Signer(p.Key), Chain: p.Chain,
		Register: p.Register, Verifier: v.checks, Now: d.Now, Rand: rand.Reader, Receipt: v.keepReceipt(d),
	})
	return err
}

// keepReceipt makes receipts. A check whose receipt cannot be kept is a check all the same, and says that it has none.
func (v *Verifier) keepReceipt(d Deps) func(context.Context, string, verification.Verdict) string {
	return func(ctx context.Context, purpose string, outcome verification.Verdict) string {
		r, err := receipt.New(rand.Reader, purpose, outcome, d.Now())
		if err == nil {
			err = v.receipts.KeepReceipt(ctx, r)
		}
		if err != nil {
			d.Log.ErrorContext(ctx, "keep receipt", "error", err)
			return ""
		}
		return r.ID
	}
}

func samePublicKey(a, b any) bool {
	key, ok := a.(*ecdsa.PublicKey)
	return ok && key.Equal(b)
}

// ready holds from the start: the verifier keeps nothing, and an issuer that is away is an answer, not a fault of ours.
func ready(context.Context) error { return nil }

// Run fetches the status lists that the trust file names, at once and at every tick, until ctx ends. Ticks are Config's
// StatusMaxAge apart; when that is 0, lists are fetched for each check instead, and Run is not called.
func (v *Verifier) Run(ctx context.Context, ticks <-chan time.Time) { v.lists.run(ctx, ticks) }

// ServeHTTP answers one request.
func (v *Verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.server.ServeHTTP(w, r) }

// Serve answers connections of ln until ctx ends, then finishes what is under way.
func (v *Verifier) Serve(ctx context.Context, ln net.Listener) error { return v.server.Serve(ctx, ln) }
