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
}

func (Account) String() string       { return "[redacted]" }
func (Account) GoString() string     { return "[redacted]" }
func (Account) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// SyntheticAccounts are people who do not exist.
func SyntheticAccounts() []Account {
	return []Account{
		{"Alex Example (synthetic)", "alex@example.test", "urn:fdc:gov.uk:2022:SYNTHETIC-alex-000000000000000000000000000", "urn:fdc:wallet.account.gov.uk:2024:SYNTHETIC-alex-0000000000000000000000000000"},
		{"Bronwen Enghraifft (synthetic)", "bronwen@example.test", "urn:fdc:gov.uk:2022:SYNTHETIC-bronwen-000000000000000000000000", "urn:fdc:wallet.account.gov.uk:2024:SYNTHETIC-bronwen-0000000000000000000000000"},
		{"Casey Sample (synthetic)", "casey@example.test", "urn:fdc:gov.uk:2022:SYNTHETIC-casey-00000000000000000000000000", "urn:fdc:wallet.account.gov.uk:2024:SYNTHETIC-casey-000000000000000000000000000"},
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
	writeJSON(w, http.StatusOK, map[string]any{
		"sub":               account.Subject,
		"email":             account.Email,
		"email_verified":    true,
		"wallet_subject_id": account.WalletSubject,
	})
}
