package issuer

import (
	"context"
	"fmt"
	"strings"

	"justice-wallet/issuer/internal/coreidentity"
	"justice-wallet/issuer/internal/holder"
	"justice-wallet/issuer/internal/records"
	"justice-wallet/keys"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

// openAssets returns the styles and scripts that every door for people shares.
func openAssets(c Config, d Deps) (*ui.Assets, error) {
	if d.Assets != nil {
		return d.Assets, nil
	}
	return ui.OpenAssetsIn(c.Font)
}

// person is the records as the person's pages ask them: whoever is matched, and what there is about them.
type person struct {
	*records.Records
	*records.Directory
}

func (p person) Match(ctx context.Context, i holder.Identity) (string, error) {
	return p.Directory.Match(ctx, records.Identity(i))
}

// newHolder assembles the person's pages.
func newHolder(c Config, d Deps, assets *ui.Assets, p parts) (*holder.Door, error) {
	directory, err := newDirectory(c, d)
	if err != nil {
		return nil, err
	}
	signIn, err := newOneLogin(c, d)
	if err != nil {
		return nil, err
	}
	sessions, err := session.New(session.Options{
		Store: d.Store, Key: c.derive("holder sessions"), Secure: strings.HasPrefix(c.SelfURL, "https://"), Now: d.Now, Rand: d.Rand,
	})
	if err != nil {
		return nil, err
	}
	words, err := ui.ParseMessages(holder.Messages())
	if err != nil {
		return nil, err
	}
	shell, err := holder.NewShell(assets, words, c.Holder.Origins)
	if err != nil {
		return nil, fmt.Errorf("HOLDER_SIGN_IN_ORIGINS: %w", err)
	}
	var onPaper holder.Letters
	if p.paper != nil {
		onPaper = wishes{p.paper}
	}
	return holder.New(
		holder.Config{HelpPhone: c.Holder.HelpPhone, ExitURL: c.Holder.ExitURL, Secret: c.derive("holder")},
		holder.Deps{
			Shell: shell, Sessions: sessions, Tries: d.Store, SignIn: signIn, Records: person{p.source, directory}, Documents: p.documents.All(false),
			Offers: p.profile, Ledger: d.Store, Register: d.Store, Endings: p.service, Letters: onPaper, Now: d.Now, Rand: d.Rand, London: p.london,
		}), nil
}

// newOneLogin signs people in at GOV.UK One Login. The assertion is signed by the key of offers: its public half is in our
// key set, where GOV.UK One Login looks for it.
func newOneLogin(c Config, d Deps) (holder.OneLogin, error) {
	client, err := oidc.New(oidc.Options{
		Issuer: c.Holder.SignInIssuer, ClientID: c.ClientID, RedirectURL: c.SelfURL + "/sign-in/return",
		Algorithms: []string{string(jose.ES256)}, UserInfo: true, Now: d.Now, Rand: d.Rand,
		Assert: func(claims map[string]any) (string, error) {
			key, err := d.Ring.Active(keys.PurposeOffer)
			if err != nil {
				return "", err
			}
			return jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: "JWT", KeyID: key.ID}, claims)
		},
	})
	return holder.OneLogin{Client: client, Identity: coreidentity.New(coreidentity.Options{
		Issuer: c.Holder.IdentityIssuer, DID: c.Holder.IdentityDID, Document: c.Holder.IdentityKeys, ClientID: c.ClientID,
		Client: fetch.New(fetch.Options{}), Now: d.Now,
	})}, err
}
