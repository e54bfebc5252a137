package rig

import (
	"crypto/rand"
	"fmt"
	"net/http"

	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/signin"
	"justice-wallet/conformance/walletpage"
	"justice-wallet/issuer"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/purpose"
	"justice-wallet/verifier"
)

// Clients of the sign-ins of staff and of organisations, and where people come back to.
const (
	ConsoleClient = "wallet-console"
	DeskClient    = "wallet-desk"
	consoleReturn = "/console/sign-in/return"
	deskReturn    = "/sign-in/return"
	helpPhone     = "020 7946 0000" // a number of Ofcom's for stories
)

// Organisation is the id of the rig's synthetic organisation of a type.
func Organisation(kind string) string { return "synthetic-" + kind }

// console is the service at which staff sign in; none when the rig has no pages.
func (r *Rig) console() []signin.Client {
	if !r.options.Pages {
		return nil
	}
	return []signin.Client{{ID: ConsoleClient, Secret: clientSecret, RedirectURIs: []string{r.IssuerURL + consoleReturn}}}
}

// holder is the issuer's configuration of the person's pages; nil when the rig has no pages.
func (r *Rig) holder() *issuer.Holder {
	if !r.options.Pages {
		return nil
	}
	return &issuer.Holder{
		SignInIssuer: r.OneLoginURL, Origins: []string{r.OneLoginURL},
		IdentityIssuer: onelogin.IdentityIssuer(r.OneLoginURL), IdentityDID: onelogin.IdentityDID(), IdentityKeys: onelogin.IdentityDocument(r.OneLoginURL),
		HelpPhone: helpPhone, ExitURL: "https://www.bbc.co.uk/weather",
	}
}

// desk is the verifier's configuration of the pages for organisations; nil when the rig has no pages.
func (r *Rig) desk() *verifier.Desk {
	if !r.options.Pages {
		return nil
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	return &verifier.Desk{SignInIssuer: r.OrganisationsURL, ClientID: DeskClient, ClientSecret: clientSecret, Secret: secret, HelpPhone: "020 7946 0000"}
}

// caseworkers is the issuer's configuration of the console; nil when the rig has no pages.
func (r *Rig) caseworkers() *issuer.Console {
	if !r.options.Pages {
		return nil
	}
	return &issuer.Console{SignInIssuer: r.HMPPSURL + "/auth/issuer", ClientID: ConsoleClient, ClientSecret: clientSecret, Origins: []string{r.HMPPSURL}}
}

// walletLink is what a link into the wallet begins with: the pages of the simulated wallet, where there are pages.
func (r *Rig) walletLink(path, otherwise string) string {
	if !r.options.Pages {
		return otherwise
	}
	return r.WalletURL + path
}

// startPages makes what only a browser needs: the wallet's pages, and the sign-in of organisations.
func (r *Rig) startPages() (map[string]http.Handler, error) {
	if !r.options.Pages {
		return nil, nil
	}
	var people []walletpage.Person
	for _, a := range onelogin.SyntheticAccounts() {
		people = append(people, walletpage.Person{Name: a.Name, Account: a.WalletSubject})
	}
	r.Wallets = walletpage.New(walletpage.Options{People: people, NewWallet: r.NewWallet, Roots: r.Roots})
	members, err := members()
	if err != nil {
		return nil, err
	}
	r.Organisations, err = signin.New(signin.Options{
		Title: "Stand-in for the sign-in of organisations", Issuer: func() string { return r.OrganisationsURL }, Accounts: members,
		Clients: []signin.Client{{ID: DeskClient, Secret: clientSecret, RedirectURIs: []string{r.VerifierURL + deskReturn}}},
		Now:     r.options.Now, Rand: rand.Reader,
	})
	if err != nil {
		return nil, fmt.Errorf("start sign-in of organisations: %w", err)
	}
	return map[string]http.Handler{"wallet": r.Wallets, "organisations": r.Organisations}, nil
}

// members are one synthetic person at each synthetic organisation, and one at an organisation that the verifier does not know.
func members() ([]signin.Account, error) {
	catalogue, err := document.Shipped()
	if err != nil {
		return nil, err
	}
	register, err := purpose.Shipped(catalogue)
	if err != nil {
		return nil, err
	}
	var all []signin.Account
	for _, o := range register.Organisations() {
		all = append(all, member(o.Type))
	}
	return append(all, member("unknown")), nil
}

func member(kind string) signin.Account {
	return signin.Account{
		Subject: "SYN_" + kind, Label: "Synthetic member of a synthetic " + kind,
		Claims: map[string]any{"name": "Synthetic member", "organisation": Organisation(kind)},
	}
}
