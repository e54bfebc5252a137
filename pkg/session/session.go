// Package session keeps what a browser's visit needs, on the server: the browser holds a random name and nothing else.
//
// Its invariants, each held by a test:
//   - The store sees the SHA-256 of a session's name and sealed bytes: who reads the store can neither take up a session nor
//     read one.
//   - A session that is signed in has a new name: a name planted before signing in is worth nothing after (fixation).
//   - A session ends after a time without use, and after a longer time with it. One that has ended stays ended: a request
//     that was under way when somebody signed out does not bring it back.
//   - A form is taken only from a page of the same session, and from no other site.
//   - What was typed into a form of a session that has ended is given back, to the same browser and page, after signing in.
package session

import (
	"context"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"justice-wallet/pkg/fault"
)

// ErrNotFound is returned by a store that holds no such session, or no longer.
var ErrNotFound = errors.New("no such session")

// Store keeps sealed sessions by the digest of their names. Safe for concurrent use. A session that was put can be read by
// every replica until its time; it need not outlive the store.
type Store interface {
	PutSession(ctx context.Context, digest string, sealed []byte, until time.Time) error
	// ReplaceSession puts a session in the place of one that is there, in one act. ErrNotFound when there is none, or no longer.
	ReplaceSession(ctx context.Context, digest string, sealed []byte, until time.Time) error
	// Session returns ErrNotFound when there is none, or no longer.
	Session(ctx context.Context, digest string) ([]byte, error)
	// DropSession may be repeated.
	DropSession(ctx context.Context, digest string) error
}

// Tries counts what may be tried a few times and no more, each in one act. Safe for concurrent use.
type Tries interface {
	// Try counts operation among the tries of name, unless most are counted already: n is how many are, and counted whether
	// operation is one of them. The same operation again changes nothing. A try that is counted moves on to until the moment
	// at which all of name's are forgotten.
	Try(ctx context.Context, name, operation string, most int, until time.Time) (n int, counted bool, err error)
	// Untry takes one back. It may be repeated.
	Untry(ctx context.Context, name, operation string) error
}

// Codes of this package's faults.
const (
	CodeForm  = "form_expired"    // the form is not of this session: show the page again
	CodeAway  = "session_store"   // the store did not answer
	CodeLarge = "session_too_big" // more was put into a session than it may hold
)

const (
	nameSize    = 32
	maxSealed   = 32 << 10
	stashLife   = 30 * time.Minute
	defaultIdle = 20 * time.Minute
	defaultLife = 12 * time.Hour
	defaultName = "session"
	csrfField   = "_csrf"
)

// Options of a manager. Name, Idle and Life may be zero; the rest is required.
type Options struct {
	// Name is of the cookie ("session"): one for each door, for a browser keeps one cookie of a name for all doors of a host,
	// whatever their ports. A session of one name opens nothing under another.
	Name   string
	Store  Store
	Key    []byte // 32 bytes, secret
	Secure bool   // the service is at https: the cookie is __Host- and Secure
	Now    func() time.Time
	Rand   io.Reader
	Idle   time.Duration // without use (20 minutes)
	Life   time.Duration // with use (12 hours)
}

// Manager opens sessions. Safe for concurrent use.
type Manager struct {
	Options
	seal cipher.AEAD
}

// New returns a manager.
func New(o Options) (*Manager, error) {
	seal, err := chacha20poly1305.NewX(o.Key)
	if err != nil || o.Store == nil || o.Now == nil || o.Rand == nil {
		return nil, errors.Join(errors.New("sessions need a store, a key of 32 bytes, a clock and randomness"), err)
	}
	if o.Name == "" {
		o.Name = defaultName
	}
	if o.Idle == 0 {
		o.Idle = defaultIdle
	}
	if o.Life == 0 {
		o.Life = defaultLife
	}
	return &Manager{o, seal}, nil
}

// Session is one browser's visit, as one request sees it. Not safe for concurrent use. It prints as [redacted].
type Session struct {
	manager *Manager
	name    string // of this session; empty for one that nobody has saved
	old     string // the name it had before Rotate
	expired bool
	held    held
}

// held is what is sealed.
type held struct {
	Began  time.Time                  `json:"began"`
	Used   time.Time                  `json:"used"`
	Secret []byte                     `json:"secret"` // of form tokens
	Values map[string]json.RawMessage `json:"values"`
}

func (*Session) String() string   { return "[redacted]" }
func (*Session) GoString() string { return "[redacted]" }

func (m *Manager) cookieName() string {
	if m.Secure {
		return "__Host-" + m.Name
	}
	return m.Name
}

func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func (m *Manager) random() (string, []byte, error) {
	b := make([]byte, nameSize)
	if _, err := io.ReadFull(m.Rand, b); err != nil {
		return "", nil, fmt.Errorf("make session: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), b, nil
}

// Open returns the session of a request, or a new one. The store's being away is a fault of kind Unavailable: it is never
// taken for a session that is not there.
func (m *Manager) Open(ctx context.Context, r *http.Request) (*Session, error) {
	cookie, err := r.Cookie(m.cookieName())
	if err != nil {
		return m.fresh(false)
	}
	sealed, err := m.Store.Session(ctx, digest(cookie.Value))
	if errors.Is(err, ErrNotFound) {
		return m.fresh(true)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, CodeAway, "", err)
	}
	h, err := m.unseal(cookie.Value, sealed)
	now := m.Now()
	if err != nil || !now.Before(h.Used.Add(m.Idle)) || !now.Before(h.Began.Add(m.Life)) {
		return m.fresh(true)
	}
	return &Session{manager: m, name: cookie.Value, held: h}, nil
}

func (m *Manager) fresh(expired bool) (*Session, error) {
	_, secret, err := m.random()
	if err != nil {
		return nil, err
	}
	return &Session{manager: m, expired: expired, held: held{Began: m.Now(), Secret: secret, Values: map[string]json.RawMessage{}}}, nil
}

// sealedFor is the additional data of a seal: which door's session, and which one.
func (m *Manager) sealedFor(name string) []byte { return []byte(m.Name + " " + digest(name)) }

// unseal opens what Save sealed: nonce, then XChaCha20-Poly1305.
func (m *Manager) unseal(name string, sealed []byte) (held, error) {
	if len(sealed) < m.seal.NonceSize() || len(sealed) > maxSealed {
		return held{}, errors.New("open session: not a sealed session")
	}
	nonce, box := sealed[:m.seal.NonceSize()], sealed[m.seal.NonceSize():]
	plain, err := m.seal.Open(nil, nonce, box, m.sealedFor(name))
	if err != nil {
		return held{}, errors.New("open session: the seal is not ours")
	}
	var h held
	if err := json.Unmarshal(plain, &h); err != nil || h.Values == nil {
		return held{}, errors.New("open session: not a session")
	}
	return h, nil
}

// Expired says that the browser named a session that has ended: it was signed out by time.
func (s *Session) Expired() bool { return s.expired }

// Load fills v with what is kept under key, and says whether there is any.
func (s *Session) Load(key string, v any) bool {
	raw, ok := s.held.Values[key]
	return ok && json.Unmarshal(raw, v) == nil
}

// Get returns the text kept under key, or "".
func (s *Session) Get(key string) string {
	var text string
	s.Load(key, &text)
	return text
}

// Keep keeps v, which encoding/json can write, under key until the session ends.
func (s *Session) Keep(key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep in session: %w", err)
	}
	s.held.Values[key] = raw
	return nil
}

// Delete forgets what is kept under key.
func (s *Session) Delete(key string) { delete(s.held.Values, key) }

// Rotate gives the session a new name, at its next Save, and new form tokens. Call it whenever somebody signs in or out.
func (s *Session) Rotate() error {
	_, secret, err := s.manager.random()
	if err != nil {
		return err
	}
	if s.old == "" {
		s.old = s.name
	}
	s.name, s.held.Secret, s.held.Began = "", secret, s.manager.Now()
	return nil
}

// Save keeps the session, and gives the browser its name. Call it before the answer's first byte. A session that has ended
// since it was opened is not kept: a fault with CodeForm.
func (s *Session) Save(ctx context.Context, w http.ResponseWriter) error {
	m, name, put := s.manager, s.name, s.manager.Store.ReplaceSession
	if name == "" {
		var err error
		if name, _, err = m.random(); err != nil {
			return err
		}
		put = m.Store.PutSession
	}
	s.held.Used = m.Now()
	plain, err := json.Marshal(s.held)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	nonce := make([]byte, m.seal.NonceSize())
	if _, err := io.ReadFull(m.Rand, nonce); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	sealed := m.seal.Seal(nonce, nonce, plain, m.sealedFor(name))
	if len(sealed) > maxSealed {
		return fault.New(fault.TooLarge, CodeLarge, "")
	}
	until := s.held.Used.Add(m.Idle)
	if end := s.held.Began.Add(m.Life); end.Before(until) {
		until = end
	}
	err = put(ctx, digest(name), sealed, until)
	if errors.Is(err, ErrNotFound) {
		return fault.New(fault.Forbidden, CodeForm, "")
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, CodeAway, "", err)
	}
	s.name = name
	if s.old != "" {
		if err := m.Store.DropSession(ctx, digest(s.old)); err != nil {
			return fault.Wrap(fault.Unavailable, CodeAway, "", err)
		}
		s.old = ""
	}
	http.SetCookie(w, m.cookie(s.name, 0))
	return nil
}

func (m *Manager) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: m.cookieName(), Value: value, Path: "/", MaxAge: maxAge, Secure: m.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// End forgets the session, here and in the browser.
func (s *Session) End(ctx context.Context, w http.ResponseWriter) error {
	for _, name := range []string{s.name, s.old} {
		if name == "" {
			continue
		}
		if err := s.manager.Store.DropSession(ctx, digest(name)); err != nil {
			return fault.Wrap(fault.Unavailable, CodeAway, "", err)
		}
	}
	http.SetCookie(w, s.manager.cookie("", -1))
	return nil
}

// CSRF is the token of this session's forms, for the hidden field _csrf.
func (s *Session) CSRF() string {
	mac := hmac.New(sha256.New, s.held.Secret)
	mac.Write([]byte("form"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Check refuses a form that is not of this session or comes from another site. form is r's, read by the caller.
func (s *Session) Check(r *http.Request, form url.Values) error {
	if foreign(r) || subtle.ConstantTimeCompare([]byte(form.Get(csrfField)), []byte(s.CSRF())) != 1 {
		return fault.New(fault.Forbidden, CodeForm, "")
	}
	return nil
}

// foreign holds when the browser says that another site made the request (Fetch Metadata; RFC 6454 §7).
func foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site != "same-origin" && site != "none"
	}
	// Our pages say no-referrer, and so a browser that knows no Fetch Metadata posts their own forms with the origin null
	// (Fetch, "append a request Origin header"): it does not say, and the form's token decides.
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}
