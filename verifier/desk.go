package verifier

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/ui"
	"justice-wallet/verifier/internal/desk"
)

// openDesk assembles the pages for organisations. They lean on the same service as the API; only the sign-in is their own.
func (v *Verifier) openDesk(c Config, d Deps) error {
	if v.wallets == nil {
		return errors.New("open desk: the verifier does not ask wallets")
	}
	if err := c.Desk.check(); err != nil {
		return err
	}
	shell, err := v.openShell(c, d)
	if err != nil {
		return err
	}
	store := d.Sessions
	if store == nil {
		store = memstore.New(d.Now)
	}
	sessions, err := session.New(session.Options{
		Name: "desk", Store: store, Key: c.Desk.Secret, Secure: strings.HasPrefix(v.url, "https://"), Now: d.Now, Rand: rand.Reader,
	})
	if err != nil {
		return err
	}
	client, err := oidc.New(oidc.Options{
		Issuer: c.Desk.SignInIssuer, ClientID: c.Desk.ClientID, Secret: c.Desk.ClientSecret, RedirectURL: v.url + "/sign-in/return",
		Algorithms: []string{"RS256", "PS256", string(jose.ES256)}, Now: d.Now, Rand: rand.Reader,
	})
	if err != nil {
		return err
	}
	catalogue, err := document.Shipped()
	if err != nil {
		return err
	}
	v.desk = desk.New(desk.Deps{
		Shell: shell, Sessions: sessions, SignIn: client, Organisations: v.organisation, Register: c.Presentations.Register, Documents: catalogue,
		Checks: v.wallets, Receipts: v.receipts, Words: v.words, HelpPhone: c.Desk.HelpPhone, Letters: c.Letters != nil, Now: d.Now, Rand: rand.Reader, Tick: desk.EverySecond,
	})
	return nil
}

func (v *Verifier) openShell(c Config, d Deps) (*ui.Shell, error) {
	v.assets = d.Assets
	if v.assets == nil {
		var err error
		if v.assets, err = ui.OpenAssetsIn(c.Desk.Font); err != nil {
			return nil, err
		}
	}
	m, err := ui.ParseMessages(desk.Messages())
	if err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	return desk.NewShell(v.assets, m)
}

func (v *Verifier) organisation(id string) (desk.Organisation, bool) {
	o, ok := v.organisations.byID(id)
	return desk.Organisation{ID: o.ID, Name: o.Name, Type: o.Type}, ok
}
