package console

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

// Paths of the pages.
const (
	pathHome    = "/console"
	pathSignIn  = "/console/sign-in"
	pathSignOut = "/console/sign-out"
	pathResults = "/console/results"
	pathPeople  = "/console/people/"
	pathBatch   = "/console/batch"
	pathQueue   = "/console/queue"
	pathEndings = "/console/endings/"
	pathLetters = "/console/letters"
)

const (
	keyVisit   = "visit"
	keyAttempt = "sign-in"
	ginSession = "console.session"

	mostKnown  = 60 // people of one visit
	mostDrafts = 10

	fieldWhose = "_whose" // seals whose form it is, for the case that the session ends over it
)

// visit is what a session remembers of a member of staff between requests. It is sealed in the store.
type visit struct {
	Staff  casework.Staff
	Name   string
	Seed   []byte // makes the names that stand in addresses
	Known  []known
	Query  *search
	Drafts map[string]draft
	Paper  []printed
}

// known is a person this visit has found, and may name.
type known struct {
	Person string
	Wider  casework.Wider
}

// draft is an ending that is being prepared.
type draft struct {
	Request casework.Request
}

// handle is the name by which an address speaks of something: it means nothing outside this visit.
func (v *visit) handle(kind, what string) string {
	return base64.RawURLEncoding.EncodeToString(v.derive(kind, what)[:16])
}

func (v *visit) derive(kind, what string) []byte {
	mac := hmac.New(sha256.New, v.Seed)
	mac.Write([]byte(kind + "\x00" + what))
	return mac.Sum(nil)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// know adds a person to those this visit may name.
func (v *visit) know(person string, wider casework.Wider) {
	v.Known = slices.DeleteFunc(v.Known, func(k known) bool { return k.Person == person })
	v.Known = append(v.Known, known{person, wider})
	if len(v.Known) > mostKnown {
		v.Known = v.Known[len(v.Known)-mostKnown:]
	}
}

func (v *visit) person(handle string) (known, error) {
	for _, k := range v.Known {
		if same(v.handle("person", k.Person), handle) {
			return k, nil
		}
	}
	return known{}, fault.New(fault.NotFound, casework.CodeNoAccess, "")
}

func (v *visit) personPath(person string) string { return pathPeople + v.handle("person", person) }

// open returns the session of a request, once.
func (d *Door) open(c *gin.Context) (*session.Session, error) {
	if s, ok := c.Get(ginSession); ok {
		return s.(*session.Session), nil
	}
	s, err := d.Sessions.Open(c.Request.Context(), c.Request)
	if err == nil {
		c.Set(ginSession, s)
	}
	return s, err
}

func visitOf(s *session.Session) *visit {
	var v visit
	if !s.Load(keyVisit, &v) || v.Staff.Username == "" {
		return nil
	}
	return &v
}

// Page is a page for someone who is signed in.
type Page func(c *gin.Context, v *visit) error

// SignedIn answers with page those who have the role it needs (none, where the decision itself asks), and leads others to
// sign in.
func (d *Door) SignedIn(role string, page Page) httpserver.Handler {
	return func(c *gin.Context) error {
		s, err := d.open(c)
		if err != nil {
			return err
		}
		v := visitOf(s)
		if v == nil {
			return d.signedOut(c, s)
		}
		if role != "" && !v.Staff.Can(role) {
			return fault.New(fault.Forbidden, casework.CodeRole, "")
		}
		return page(c, v)
	}
}

// signedOut keeps what was typed, and leads to the sign-in.
func (d *Door) signedOut(c *gin.Context, s *session.Session) error {
	if c.Request.Method == http.MethodPost {
		form, err := httpserver.ReadForm(c)
		if err != nil {
			return err
		}
		if err := errors.Join(s.Stash(c.Request.URL.Path, form), s.Save(c.Request.Context(), c.Writer)); err != nil {
			return err
		}
		return redirect(c, pathSignIn+"?kept=yes")
	}
	return redirect(c, pathSignIn)
}

// keep keeps the visit. Call it before the answer's first byte.
func (d *Door) keep(c *gin.Context, v *visit) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	return errors.Join(s.Keep(keyVisit, v), s.Save(c.Request.Context(), c.Writer))
}

// form reads a form, and refuses one that is not of this session.
func (d *Door) form(c *gin.Context) (url.Values, error) {
	form, err := httpserver.ReadForm(c)
	if err != nil {
		return nil, err
	}
	s, err := d.open(c)
	if err != nil {
		return nil, err
	}
	return form, s.Check(c.Request, form)
}

func (d *Door) csrf(c *gin.Context) string {
	s, err := d.open(c)
	if err != nil {
		return "" // a form without its token is refused
	}
	return s.CSRF()
}

// typed is what the page at this address is to be filled with: what the session before ended over, or nothing.
func (d *Door) typed(c *gin.Context) (url.Values, error) {
	s, err := d.open(c)
	if err != nil {
		return nil, err
	}
	form, ok := s.Unstash(c.Request.URL.Path)
	if !ok {
		return url.Values{}, nil
	}
	return form, s.Save(c.Request.Context(), c.Writer)
}

// whose says which form it is about whom.
type whose struct {
	Person string
	Wider  casework.Wider
	Form   string // "end", "offer", "letter" or "approval"
	What   string // of an ending: see target
}

// whoseField seals w for the one who is signed in.
func (d *Door) whoseField(v *visit, w whose) (ui.Hidden, error) {
	nonce := make([]byte, d.seal.NonceSize())
	if _, err := io.ReadFull(d.Rand, nonce); err != nil {
		return ui.Hidden{}, fmt.Errorf("seal form: %w", err)
	}
	plain, err := json.Marshal(w)
	if err != nil {
		return ui.Hidden{}, fmt.Errorf("seal form: %w", err)
	}
	sealed := d.seal.Seal(nonce, nonce, plain, []byte(v.Staff.Username))
	return ui.Hidden{Name: fieldWhose, Value: base64.RawURLEncoding.EncodeToString(sealed)}, nil
}

// unseal opens what whoseField sealed, for the same member of staff alone.
func (d *Door) unseal(v *visit, text string) (whose, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) < d.seal.NonceSize() {
		return whose{}, false
	}
	plain, err := d.seal.Open(nil, sealed[:d.seal.NonceSize()], sealed[d.seal.NonceSize():], []byte(v.Staff.Username))
	var w whose
	if err != nil || json.Unmarshal(plain, &w) != nil {
		return whose{}, false
	}
	return w, true
}

// restore says where the form belongs that the session before ended over, and keeps it for that page. A form that somebody
// else typed is forgotten.
func (d *Door) restore(s *session.Session, v *visit) (string, error) {
	path := s.Stashed()
	form, ok := s.Unstash(path)
	if path == "" || !ok {
		return pathHome, nil
	}
	w, mine := d.unseal(v, form.Get(fieldWhose))
	if !mine {
		return pathHome, nil
	}
	form.Del(fieldWhose)
	to := pathHome
	if w.Form == "batch" {
		to = pathBatch
	}
	if w.Person != "" {
		v.know(w.Person, w.Wider)
		to = v.personPath(w.Person) + "/" + w.Form
		if w.What != "" {
			to += "/" + v.handle("what", w.What)
		}
	}
	return to, s.Stash(to, form)
}

func (d *Door) newID() (string, error) {
	id, err := uuid.NewRandomFromReader(d.Rand)
	if err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	return id.String(), nil
}

func (d *Door) words(c *gin.Context) ui.Words { return d.Shell.Words(c.Request) }

// write sends a page; v is nil where nobody is signed in.
func (d *Door) write(c *gin.Context, v *visit, status int, p ui.Page) error {
	w := d.words(c)
	if v != nil {
		p.Nav = []ui.NavItem{{Text: w.Say("nav.search"), Href: pathHome}}
		if v.Staff.Can(casework.RoleRevoke) {
			p.Nav = append(p.Nav, ui.NavItem{Text: w.Say("nav.batch"), Href: pathBatch})
		}
		if v.Staff.Can(casework.RoleApprove) {
			p.Nav = append(p.Nav, ui.NavItem{Text: w.Say("nav.queue"), Href: pathQueue})
		}
		if d.Letters != nil && v.Staff.Can(casework.RoleIssue) {
			p.Nav = append(p.Nav, ui.NavItem{Text: w.Say("nav.letters"), Href: pathLetters})
		}
		p.SignOut = pathSignOut
	}
	return d.Shell.Write(c.Writer, c.Request, status, p)
}

func redirect(c *gin.Context, to string) error {
	ui.Redirect(c.Writer, c.Request, to)
	return nil
}

// ErrorPage says what an error means to staff.
func (d *Door) ErrorPage(c *gin.Context, status int, err error) {
	key := "broken"
	switch code := fault.CodeOf(err); {
	case code == session.CodeForm:
		key = "stale"
	case code == casework.CodeRole:
		key = "role"
	case code == casework.CodeSame:
		key = "same"
	case code == casework.CodeTooLate:
		key = "late"
	case code == casework.CodeLapsed:
		key = "lapsed"
	case code == casework.CodeChanged:
		key = "changed"
	case code == casework.CodeNothing:
		key = "nothing"
	case code == issuance.CodeLetterReplaced || code == issuance.CodeLetterGone:
		key = "letterover"
	case code == issuance.CodeLetterTooLong || code == issuance.CodeNoSuchLetter:
		key = "letterlong"
	case code == casework.CodeNoAccess || errors.Is(err, issuance.ErrNotFound):
		key = "noaccess"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		key = "notfound"
	case status == http.StatusServiceUnavailable:
		key = "away"
	}
	w := d.words(c)
	var v *visit
	if s, opened := d.open(c); opened == nil {
		v = visitOf(s)
	}
	page := ui.Page{Title: w.Say(key + ".title"), Content: []ui.Component{ui.P(w.Say(key + ".text")), ui.SecondaryButton(w.Say("nav.search"), pathHome)}, LanguagePath: pathHome}
	if d.write(c, v, status, page) != nil { // the frame itself is wrong
		c.String(http.StatusInternalServerError, "Sorry, there is a problem. Mae'n ddrwg gennym, mae problem.")
	}
}
