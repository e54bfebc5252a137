package onelogin

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"time"
)

// Account is one synthetic person. It prints as [redacted].
type Account struct {
	Name          string // as the sign-in page lists it
	Email         string
	Subject       string // sub: pairwise
	WalletSubject string // wallet_subject_id

	// Who they were verified to be; all empty when they have not proven their identity.
	GivenNames []string
	FamilyName string
	BirthDate  string // YYYY-MM-DD
}

func (Account) String() string       { return "[redacted]" }
func (Account) GoString() string     { return "[redacted]" }
func (Account) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// SyntheticAccounts are people who do not exist. Most are the people of the stand-in for HMPPS, as an identity service
// would write their names.
func SyntheticAccounts() []Account {
	const birthday = "1987-05-12"
	return []Account{
		synthetic("alex", "Alex Example", []string{"Michael", "John"}, "Example", birthday),
		synthetic("bronwen", "Bronwen Enghraifft", []string{"Sian"}, "Llyr", birthday),
		synthetic("casey", "Casey Sample (identity not proven)", nil, "", ""),
		synthetic("synthia", "Synthia Ashdown", []string{"Synthia"}, "Ashdown", "1990-02-28"),
		synthetic("birchall", "Synthia Birchall", []string{"Synthia"}, "Birchall", "1979-11-30"),
		synthetic("orla", "Orla O\u2019Neill", []string{"Orla"}, "O\u2019Neill", birthday),
		synthetic("sukarno", "Sukarno (one name)", nil, "Sukarno", birthday),
		synthetic("longname", "A name of 100 characters", []string{"Synthia"},
			"Featherstonehaugh-Cholmondeley-Featherstonehaugh-Cholmondeley-Featherstonehaugh-Cholmondeley-Feather", birthday),
		synthetic("twin", "Alex Orchard (one of two)", []string{"Alex"}, "Orchard", "1991-03-03"),
		synthetic("quinton", "Synthia Quinton (an approved address)", []string{"Synthia"}, "Quinton", birthday),
		synthetic("radley", "Synthia Radley (an approved job)", []string{"Synthia"}, "Radley", birthday),
		synthetic("jarrow", "Synthia Jarrow (nothing to give)", []string{"Synthia"}, "Jarrow", birthday),
		synthetic("marwood", "Synthia Marwood (a record that is closed)", []string{"Synthia"}, "Marwood", birthday),
		synthetic("norwood", "Synthia Norwood (a record under review)", []string{"Synthia"}, "Norwood", birthday),
		synthetic("stranger", "Sam Stranger (no record)", []string{"Sam"}, "Stranger", birthday),
	}
}

// synthetic makes an account whose identifiers have the forms of GOV.UK One Login, with word in them.
func synthetic(word, name string, given []string, family, birth string) Account {
	const pairwise, wallet, fill = "urn:fdc:gov.uk:2022:", "urn:fdc:wallet.account.gov.uk:2024:", "0000000000000000000000000000000000000000000"
	id := "SYNTHETIC-" + word + "-"
	id += fill[len(id):]
	return Account{
		Name: name + " (synthetic)", Email: word + "@example.test", Subject: pairwise + id, WalletSubject: wallet + id,
		GivenNames: given, FamilyName: family, BirthDate: birth,
	}
}

// walletSubject is the form GOV.UK's example issuer demands.
var walletSubject = regexp.MustCompile(`^urn:fdc:wallet\.account\.gov\.uk:2024:[a-zA-Z0-9_-]{43}$`)

const sessionLife = 24 * time.Hour

// serveSession signs the wallet app in: {"wallet_subject_id"} -> {"session"}, a bearer token for /token. It stands in
// for the app's own sign-in, which is not public.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request) {
	var in struct {
		WalletSubject string `json:"wallet_subject_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !walletSubject.MatchString(in.WalletSubject) {
		writeRefusal(w, &refusal{http.StatusBadRequest, "invalid_request"})
		return
	}
	session, err := s.random.token()
	if err != nil {
		writeRefusal(w, errServer)
		return
	}
	now := s.now()
	s.sessions.put(now, session, in.WalletSubject, now.Add(sessionLife))
	writeJSON(w, http.StatusOK, map[string]string{"session": session})
}

// serveUserinfo answers who signed in (OpenID Connect Core §5.3).
func (s *Server) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	account, ok := s.logins.get(s.now(), bearer(r))
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeRefusal(w, &refusal{http.StatusUnauthorized, "invalid_token"})
		return
	}
	info := map[string]any{
		"sub":               account.account.Subject,
		"email":             account.account.Email,
		"email_verified":    true,
		"wallet_subject_id": account.account.WalletSubject,
	}
	if account.identity && account.account.BirthDate != "" {
		claim, err := s.coreIdentity(account)
		if err != nil {
			writeRefusal(w, errServer)
			return
		}
		info[coreIdentityClaim] = claim
	}
	writeJSON(w, http.StatusOK, info)
}
