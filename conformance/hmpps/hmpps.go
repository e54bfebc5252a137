// Package hmpps stands in for HMPPS Auth and for the systems of record of HM Prison and Probation Service, with synthetic
// people who cover every way a licence can begin, change and end.
//
// It answers in the shapes of the real systems, asks for their roles, and shares no code with what it helps to judge.
// The answers of /identity, /supervision, /duty-to-refer and /approvals have no public form to follow and are ours.
package hmpps

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"justice-wallet/conformance/signin"
)

// Roles that the systems ask for.
const (
	RolePrisonerSearch = "ROLE_PRISONER_SEARCH"
	RoleViewLicences   = "ROLE_VIEW_LICENCES"
	RoleWalletRecords  = "ROLE_WALLET_CREDENTIALS__RECORDS" // person record, supervision, duty to refer, approvals, facts
)

// Client is a service registered with HMPPS Auth.
type Client struct {
	ID     string
	Secret string
	Roles  []string
}

// Options of a stand-in. All but Console are required.
type Options struct {
	Now     func() time.Time
	Rand    io.Reader
	Clients []Client
	Console []signin.Client // services at which staff sign in
}

// Server is the stand-in: an http.Handler, safe for concurrent use.
type Server struct {
	now     func() time.Time
	clients []Client
	key     *rsa.PrivateKey
	london  *time.Location
	mux     *http.ServeMux
	signIn  *signin.Provider // of staff; nil when no service has them sign in

	mu     sync.Mutex // held for the fields below, and for every record in people
	random io.Reader
	issuer string
	people []*person
	down   bool
}

// New returns a stand-in whose people are as at o.Now. Call SetIssuer once its address is known.
func New(o Options) (*Server, error) {
	if o.Now == nil || o.Rand == nil || len(o.Clients) == 0 {
		return nil, errors.New("a clock, randomness and at least one client are needed")
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("load London's time: %w", err)
	}
	people, err := loadPeople(o.Now().In(london))
	if err != nil {
		return nil, err
	}
	// crypto/rsa takes no randomness but the system's.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	s := &Server{now: o.Now, random: o.Rand, clients: o.Clients, key: key, london: london, people: people}
	if len(o.Console) > 0 {
		if s.signIn, err = s.staffSignIn(o.Console); err != nil {
			return nil, err
		}
	}
	s.mux = s.routes()
	return s, nil
}

// SetIssuer tells the stand-in its own base URL, without a trailing slash. Tokens name it as their issuer.
func (s *Server) SetIssuer(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issuer = base + issuerPath
}

// issuerPath is where HMPPS Auth is, as an OpenID provider.
const issuerPath = "/auth/issuer"

// Issuer is the issuer of tokens, and of staff's sign-ins.
func (s *Server) Issuer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issuer
}

// SetDown makes every path but the controls answer 503, or ends that.
func (s *Server) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	if s.signIn != nil {
		s.signIn.SetDown(down)
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /auth/oauth/token", s.postToken)
	mux.HandleFunc("GET /auth/.well-known/jwks.json", s.getKeys)

	if s.signIn != nil {
		mux.Handle(issuerPath+"/", http.StripPrefix(issuerPath, s.signIn))
	}

	data := func(pattern, role string, h http.HandlerFunc) { mux.Handle(pattern, s.authorised(role, h)) }
	data("POST /prisoner-search/prisoner-numbers", RolePrisonerSearch, s.postPrisonerNumbers)
	data("POST /match-prisoners", RolePrisonerSearch, s.postMatchPrisoners)
	data("POST /cases/search", RoleWalletRecords, s.postCases)
	data("GET /public/licence-summaries/prison-number/{number}", RoleViewLicences, s.getLicenceSummaries)
	data("GET /public/licences/id/{id}", RoleViewLicences, s.getLicence)
	data("POST /identity/search", RoleWalletRecords, s.search(identityOf))
	data("POST /supervision/search", RoleWalletRecords, s.search(supervisionOf))
	data("POST /duty-to-refer/search", RoleWalletRecords, s.search(dutyToReferOf))
	data("POST /approvals/search", RoleWalletRecords, s.search(approvalOf))
	data("POST /approvals/list", RoleWalletRecords, s.postApprovals)
	data("POST /approvals/record", RoleWalletRecords, s.postApproval)
	data("POST /approvals/withdraw", RoleWalletRecords, s.postWithdrawal)
	data("POST /facts", RoleWalletRecords, s.postFacts)

	mux.HandleFunc("GET /stand-in/people", s.getPeople)
	mux.HandleFunc("POST /stand-in/people/{key}/{action}", s.postAction)
	mux.HandleFunc("POST /stand-in/down", func(w http.ResponseWriter, _ *http.Request) { s.SetDown(true) })
	mux.HandleFunc("POST /stand-in/up", func(w http.ResponseWriter, _ *http.Request) { s.SetDown(false) })
	return mux
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	s.mux.ServeHTTP(w, r)
}

// isDown says whether the systems are away, and if so answers.
func (s *Server) isDown(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		http.Error(w, "away", http.StatusServiceUnavailable)
	}
	return s.down
}

func reply(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "cannot encode", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // the client has gone: nobody is left to tell
}
