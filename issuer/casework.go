package issuer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"justice-wallet/issuer/internal/console"
	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/issuer/internal/records"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

// cases is the directory as casework asks it.
type cases struct{ *records.Directory }

func (c cases) Find(ctx context.Context, q casework.Query) ([]casework.Case, error) {
	found, err := c.Directory.Find(ctx, records.Query(q))
	out := make([]casework.Case, len(found))
	for i, f := range found {
		out[i] = casework.Case{
			PrisonNumber: f.PrisonNumber, CRN: f.CRN, Name: strings.TrimSpace(f.GivenNames + " " + f.FamilyName), BirthDate: f.BirthDate,
			Team: f.Team, TeamName: f.TeamName, Restricted: f.Restricted,
		}
	}
	return out, err
}

// approvals is the record of approvals as casework keeps it.
type approvals struct{ *records.Approvals }

func (a approvals) PutApproval(ctx context.Context, one casework.Approval) error {
	return a.Put(ctx, records.Approval{
		Reference: one.Reference, PrisonNumber: one.Person, Type: string(one.Kind), Subject: one.What, ApprovedOn: one.ApprovedOn,
		ValidUntil: one.Until, Conditions: one.Conditions, TeamPhone: one.TeamPhone,
	})
}

func (a approvals) WithdrawApproval(ctx context.Context, person, reference string) error {
	return a.Withdraw(ctx, person, reference)
}

func (a approvals) ApprovalsOf(ctx context.Context, person string) ([]casework.Approval, error) {
	found, err := a.Of(ctx, person)
	out := make([]casework.Approval, len(found))
	for i, f := range found {
		out[i] = casework.Approval{
			Reference: f.Reference, Person: f.PrisonNumber, Kind: casework.Kind(f.Type), What: f.Subject, ApprovedOn: f.ApprovedOn,
			Until: f.ValidUntil, Conditions: f.Conditions, TeamPhone: f.TeamPhone, Withdrawn: f.Withdrawn,
		}
	}
	return out, err
}

func newApprovals(c Config, d Deps) (*records.Approvals, error) {
	if c.Records.File != "" {
		return records.NewFileApprovals(peopleFile(c, d))
	}
	return records.NewHMPPSApprovals(hmpps(c, d))
}

// newCasework assembles what staff may do.
func newCasework(c Config, d Deps, service *issuance.Service, documents *document.Catalogue, london *time.Location) (*casework.Service, error) {
	directory, err := newDirectory(c, d)
	if err != nil {
		return nil, err
	}
	kept, err := newApprovals(c, d)
	if err != nil {
		return nil, err
	}
	return casework.New(casework.Deps{
		Cases: cases{directory}, Register: d.Store, Endings: d.Store, Sets: d.Store, Roll: d.Store, Approvals: approvals{kept}, Revoker: service, Published: newPublished(c, d),
		Documents: documents, Audit: d.Audit, Key: c.derive("casework audit"), Now: d.Now, London: london, Log: d.Log,
	}), nil
}

// newConsole assembles the pages of caseworkers.
func newConsole(c Config, d Deps, assets *ui.Assets, p parts) (*console.Door, error) {
	sessions, err := session.New(session.Options{
		Name: "console", Store: d.Store, Key: c.derive("console sessions"), Secure: strings.HasPrefix(c.SelfURL, "https://"), Now: d.Now, Rand: d.Rand,
	})
	if err != nil {
		return nil, err
	}
	signIn, err := oidc.New(oidc.Options{
		Issuer: c.Console.SignInIssuer, ClientID: c.Console.ClientID, Secret: c.Console.ClientSecret, RedirectURL: c.SelfURL + "/console/sign-in/return",
		Algorithms: []string{string(jose.RS256), string(jose.ES256)}, Now: d.Now, Rand: d.Rand,
	})
	if err != nil {
		return nil, err
	}
	words, err := ui.ParseMessages(console.Messages())
	if err != nil {
		return nil, err
	}
	shell, err := console.NewShell(assets, words, c.Console.Origins)
	if err != nil {
		return nil, fmt.Errorf("CONSOLE_SIGN_IN_ORIGINS: %w", err)
	}
	onPaper, err := newPrinting(c, d, assets, sessions, p.documents, p.paper)
	if err != nil {
		return nil, err
	}
	return console.New(console.Deps{
		Shell: shell, Sessions: sessions, SignIn: signIn, Casework: p.work, Records: p.source, Documents: p.documents.All(false), Offers: p.profile, QR: govuk.QR,
		Now: d.Now, Rand: d.Rand, London: p.london, StartURL: c.SelfURL + "/", Secret: c.derive("console"),
		Letters: onPaper,
	})
}
