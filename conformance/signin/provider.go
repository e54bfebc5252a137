package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Account is someone who can sign in.
type Account struct {
	Subject string
	Label   string         // what the page calls them
	Claims  map[string]any // of the ID token and of userinfo, beside sub
}

// Client is a service registered here. Its addresses are compared byte for byte.
type Client struct {
	ID, Secret   string
	RedirectURIs []string
}

// Options of a provider. All are required.
type Options struct {
	Title    string // of its page
	Issuer   func() string
	Accounts []Account
	Clients  []Client
	Now      func() time.Time
	Rand     io.Reader
}

// Provider is an http.Handler, to be mounted at the path of its issuer. Safe for concurrent use.
type Provider struct {
	Options
	key *rsa.PrivateKey
	mux *http.ServeMux

	mu       sync.Mutex
	requests map[string]request
	codes    map[string]grant
	tokens   map[string]grant
	down     bool
	refusal  string
	forge    func(header, claims map[string]any, key *rsa.PrivateKey) string
}

// request is a sign-in that has begun.
type request struct {
	client                        Client
	redirect, state, nonce, proof string
	until                         time.Time
}

// grant is what a code or an access token stands for.
type grant struct {
	request
	account Account
}

const (
	requestLife = 30 * time.Minute
	codeLife    = time.Minute
	tokenLife   = 20 * time.Minute
	maxHeld     = 10000
)

// New returns a provider with a key of its own.
func New(o Options) (*Provider, error) {
	if o.Title == "" || o.Issuer == nil || len(o.Accounts) == 0 || len(o.Clients) == 0 || o.Now == nil || o.Rand == nil {
		return nil, errors.New("a sign-in needs a title, an issuer, accounts, clients, a clock and randomness")
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	p := &Provider{Options: o, key: key, requests: map[string]request{}, codes: map[string]grant{}, tokens: map[string]grant{}, mux: http.NewServeMux()}
	p.mux.HandleFunc("GET /.well-known/openid-configuration", p.getConfiguration)
	p.mux.HandleFunc("GET /.well-known/jwks.json", p.getKeys)
	p.mux.HandleFunc("GET /authorize", p.getAuthorize)
	p.mux.HandleFunc("POST /authorize", p.postAuthorize)
	p.mux.HandleFunc("POST /token", p.postToken)
	p.mux.HandleFunc("GET /userinfo", p.getUserinfo)
	return p, nil
}

// ServeHTTP answers one request.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.isDown() {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	p.mux.ServeHTTP(w, r)
}

// SetDown makes every path answer 503, or ends that.
func (p *Provider) SetDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// Refuse makes every sign-in that begins from now on come back with an error code (OpenID Connect Core §3.1.2.6); empty
// ends that.
func (p *Provider) Refuse(code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal = code
}

// Forge has write make every ID token from now on, of what the good one says and the key that signs it: how a test gets a bad
// one. Nil ends that.
func (p *Provider) Forge(write func(header, claims map[string]any, key *rsa.PrivateKey) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forge = write
}

func (p *Provider) isDown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down
}

func (p *Provider) client(id string) (Client, bool) {
	for _, c := range p.Clients {
		if c.ID == id {
			return c, true
		}
	}
	return Client{}, false
}

// random returns 32 bytes in base64url.
func (p *Provider) random() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := make([]byte, 32)
	if _, err := io.ReadFull(p.Rand, b); err != nil {
		return "", err
	}
	return base64url.EncodeToString(b), nil
}

// put keeps v under a new name until it is taken. What is over its time makes room first.
func put[V any](p *Provider, in map[string]V, v V, until func(V) time.Time) (string, error) {
	name, err := p.random()
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for old, held := range in {
		if !p.Now().Before(until(held)) {
			delete(in, old)
		}
	}
	if len(in) >= maxHeld {
		return "", errors.New("too many sign-ins at once")
	}
	in[name] = v
	return name, nil
}

// take returns what is kept under name, once.
func take[V any](p *Provider, in map[string]V, name string, until func(V) time.Time) (V, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := in[name]
	delete(in, name)
	return v, ok && p.Now().Before(until(v))
}

func requestEnds(r request) time.Time { return r.until }
func grantEnds(g grant) time.Time     { return g.until }
