package onelogin

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what the stand-in is given. Accounts alone may be left out.
type Options struct {
	URL      string // its own identifier, without a trailing slash
	Now      func() time.Time
	Rand     io.Reader
	Issuers  []Issuer
	HTTP     *http.Client // fetches the issuers' key sets
	Accounts []Account    // who may sign in; SyntheticAccounts when empty
}

// Issuer is one registered service: a credential issuer, and a client of the sign-in.
type Issuer struct {
	URL      string // its credential issuer identifier; its keys are at URL/.well-known/jwks.json
	ClientID string
}

// Server is the stand-in. Safe for concurrent use.
type Server struct {
	url      string
	now      func() time.Time
	issuers  []Issuer
	http     *http.Client
	accounts []Account
	random   *randomness
	signer   atomic.Pointer[signingKey]
	identity *signingKey // of core identities
	down     atomic.Bool
	refusal  atomic.Pointer[string] // the error code of sign-ins; nil when they go on
	mux      *http.ServeMux

	requests   shelf[authRequest]  // sign-ins begun, by id
	codes      shelf[codeGrant]    // authorisation codes
	logins     shelf[codeGrant]    // opaque access tokens for /userinfo
	sessions   shelf[string]       // wallet app sessions: wallet subject identifier
	refreshes  shelf[refreshGrant] // refresh tokens
	redeemed   shelf[struct{}]     // pre-authorised codes that were redeemed
	assertions shelf[struct{}]     // client assertions that were used
}

// New returns a stand-in with a fresh signing key.
func New(o Options) (*Server, error) {
	if o.Now == nil || o.Rand == nil || o.HTTP == nil {
		return nil, errors.New("onelogin: Now, Rand and HTTP are required")
	}
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || strings.HasSuffix(o.URL, "/") {
		return nil, errors.New("onelogin: URL is not an absolute URL without trailing slash")
	}
	if len(o.Accounts) == 0 {
		o.Accounts = SyntheticAccounts()
	}
	random := &randomness{source: o.Rand}
	key, err := newSigningKey(random, firstKeyID)
	if err != nil {
		return nil, err
	}
	identity, err := newSigningKey(random, identityDID+"#stand-in")
	if err != nil {
		return nil, err
	}
	s := &Server{identity: identity, url: o.URL, now: o.Now, issuers: o.Issuers, http: o.HTTP, accounts: o.Accounts, random: random}
	s.signer.Store(key)
	s.routes()
	return s, nil
}

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /.well-known/jwks.json", s.serveKeys)
	s.mux.HandleFunc("GET /.well-known/oauth-authorization-server", s.serveMetadata)
	s.mux.HandleFunc("GET /.well-known/openid-configuration", s.serveMetadata)
	s.mux.HandleFunc("GET /authorize", s.serveAuthorize)
	s.mux.HandleFunc("POST /authorize/confirm", s.serveConfirm)
	s.mux.HandleFunc("POST /token", s.serveToken)
	s.mux.HandleFunc("GET /userinfo", s.serveUserinfo)
	s.mux.HandleFunc("GET "+identityPath+"/.well-known/did.json", s.serveIdentityKeys)
	s.mux.HandleFunc("POST /stand-in/session", s.serveSession)
}

// ServeHTTP answers 503 to everything while the stand-in is down.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.down.Load() {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	w.Header().Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, r)
}

// SetDown takes the whole service away, or brings it back.
func (s *Server) SetDown(down bool) { s.down.Store(down) }

// Refuse makes every sign-in that begins from now on come back with an error code (OpenID Connect Core §3.1.2.6), such as
// login_required or temporarily_unavailable; empty ends that.
func (s *Server) Refuse(code string) {
	if code == "" {
		s.refusal.Store(nil)
		return
	}
	s.refusal.Store(&code)
}

const maxBody = 64 << 10

// randomness serves many requests from one source.
type randomness struct {
	mu     sync.Mutex
	source io.Reader
}

func (r *randomness) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return io.ReadFull(r.source, b)
}
