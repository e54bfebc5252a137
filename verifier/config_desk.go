package verifier

import (
	"errors"
	"strings"

	"justice-wallet/pkg/config"
	"justice-wallet/pkg/ui"
)

// Desk is how organisations sign in to the pages at which they check documents. Whoever signs in has a claim "organisation",
// the id of one in Presentations.Organisations.
type Desk struct {
	SignInIssuer string        // VERIFIER_SIGN_IN_ISSUER: the OpenID provider
	ClientID     string        // VERIFIER_SIGN_IN_CLIENT_ID
	ClientSecret string        // VERIFIER_SIGN_IN_CLIENT_SECRET or VERIFIER_SIGN_IN_CLIENT_SECRET_FILE
	Secret       []byte        // VERIFIER_SECRET: 32 bytes in base64; seals visits, the same in every process
	HelpPhone    string        // VERIFIER_HELP_PHONE: the line for people who cannot go on alone
	Font         ui.FontChoice // PAGES_FONT: arial, or transport on service.gov.uk alone (arial)
}

// readDesk returns nil when VERIFIER_SIGN_IN_ISSUER is not set.
func readDesk(r *config.Reader, asks bool) *Desk {
	if r.String("VERIFIER_SIGN_IN_ISSUER", "") == "" {
		return nil
	}
	if !asks {
		r.Mistake("VERIFIER_SIGN_IN_ISSUER", "needs VERIFIER_URL")
	}
	d := &Desk{
		SignInIssuer: r.URL("VERIFIER_SIGN_IN_ISSUER", ""),
		ClientID:     r.Required("VERIFIER_SIGN_IN_CLIENT_ID"),
		ClientSecret: r.Secret("VERIFIER_SIGN_IN_CLIENT_SECRET"),
		Secret:       r.Bytes32("VERIFIER_SECRET"),
		HelpPhone:    r.Required("VERIFIER_HELP_PHONE"),
		Font:         ui.FontChoice(r.String("PAGES_FONT", string(ui.Arial))),
	}
	if d.Font != ui.Arial && d.Font != ui.Transport {
		r.Mistake("PAGES_FONT", "is neither arial nor transport")
	}
	return d
}

func (d Desk) check() error {
	var missing []string
	for name, ok := range map[string]bool{
		"issuer": d.SignInIssuer != "", "client": d.ClientID != "" && d.ClientSecret != "", "secret": len(d.Secret) == 32, "phone": d.HelpPhone != "",
	} {
		if !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return errors.New("open desk: missing " + strings.Join(missing, ", "))
	}
	return nil
}
