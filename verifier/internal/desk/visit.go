package desk

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
	"justice-wallet/verifier/internal/openid4vp"
)

// Paths of the pages.
const (
	pathStart    = "/"
	pathSignIn   = "/sign-in"
	pathSignOut  = "/sign-out"
	pathPurpose  = "/purpose"
	pathAsk      = "/ask"
	pathReceipts = "/receipts"
	pathLetter   = "/letter"
)

// ReturnPath is where a wallet on the same device sends the browser back to; the id of the check follows.
const ReturnPath = "/checks/"

const (
	keyVisit   = "visit"
	keyPending = "sign-in"
	ginSession = "desk.session"
)

// touchEvery is how often the pages of a visit put off its end.
const touchEvery = time.Minute

// visit is what a session remembers: for whom somebody asks, and a random name for what is under way.
type visit struct {
	ID           string
	Organisation string
	Touched      time.Time
}

// caller is a visit whose organisation is known.
type caller struct {
	visit
	Organisation Organisation
}

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

func visitOf(s *session.Session) (visit, bool) {
	var v visit
	return v, s.Load(keyVisit, &v) && v.ID != ""
}

// random returns 32 random bytes in base64url.
func (d *Door) random() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(d.Rand, b); err != nil {
		return "", fmt.Errorf("make a random name: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Page is a page for someone of a known organisation.
type Page func(c *gin.Context, who caller) error

// SignedIn answers with page, or else with what someone who is not signed in, or of no known organisation, must know. The
// organisation is looked up for every page: one that was taken off the list may ask for nothing more.
func (d *Door) SignedIn(page Page) httpserver.Handler {
	return func(c *gin.Context) error {
		s, err := d.open(c)
		if err != nil {
			return err
		}
		v, ok := visitOf(s)
		if !ok {
			return d.signedOut(c, s)
		}
		o, ok := d.Organisations(v.Organisation)
		if !ok {
			return d.write(c, http.StatusForbidden, d.unknownPage(d.words(c)))
		}
		if c.Request.Method == http.MethodGet && !d.Now().Before(v.Touched.Add(touchEvery)) {
			if err := d.save(c, s, v); err != nil {
				return err
			}
		}
		return page(c, caller{v, o})
	}
}

func (d *Door) save(c *gin.Context, s *session.Session, v visit) error {
	v.Touched = d.Now()
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

// signedOut answers someone whose session is over, or who never had one. What they chose is given back after signing in.
func (d *Door) signedOut(c *gin.Context, s *session.Session) error {
	posted := c.Request.Method == http.MethodPost
	if !posted && !s.Expired() {
		return redirect(c, pathStart)
	}
	if posted {
		form, err := httpserver.ReadForm(c)
		if err != nil {
			return err
		}
		kept := url.Values{"purpose": {known(d, form.Get("purpose"))}}
		if err := errors.Join(s.Stash(c.FullPath(), kept), s.Save(c.Request.Context(), c.Writer)); err != nil {
			return err
		}
	}
	return d.write(c, http.StatusOK, d.tell(d.words(c), telling{Title: "ended.title", Lines: []string{"ended.text"}, Button: "desk.signin", Href: pathSignIn}))
}

// known is the id of a purpose that the register has, or nothing: what was sent is kept in no other form.
func known(d *Door, id string) string {
	for _, o := range d.Register.Organisations() {
		for _, row := range d.Register.Of(o.Type) {
			if row.ID == id {
				return id
			}
		}
	}
	return ""
}

// ErrorPage tells what an error means to whoever is at the desk.
func (d *Door) ErrorPage(c *gin.Context, status int, err error) {
	t := telling{Title: "broken.title", Lines: []string{"broken.text"}, Call: true}
	switch {
	case fault.CodeOf(err) == session.CodeForm:
		t = telling{Title: "stale.title", Lines: []string{"stale.text"}, Button: "result.new", Href: pathPurpose}
	case fault.CodeOf(err) == openid4vp.CodeBusy:
		t = telling{Title: "busy.title", Lines: []string{"busy.text"}, Call: true}
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		t = telling{Title: "notfound.title", Lines: []string{"notfound.text"}, Button: "notfound.link", Href: pathStart}
	case status == http.StatusServiceUnavailable:
		t = telling{Title: "away.title", Lines: []string{"away.text"}, Call: true}
	}
	if d.write(c, status, d.tell(d.words(c), t)) != nil { // the frame itself is wrong
		c.String(http.StatusInternalServerError, "Sorry, there is a problem. Mae'n ddrwg gennym, mae problem.")
	}
}

func (d *Door) words(c *gin.Context) ui.Words { return d.Shell.Words(c.Request) }

// write sends a page, with the navigation of whoever is signed in.
func (d *Door) write(c *gin.Context, status int, p ui.Page) error {
	w := d.words(c)
	p.Nav = []ui.NavItem{{Text: w.Say("nav.check"), Href: pathPurpose}, {Text: w.Say("nav.receipts"), Href: pathReceipts}}
	if d.Letters {
		p.Nav = append(p.Nav, ui.NavItem{Text: w.Say("nav.letter"), Href: pathLetter})
	}
	if s, err := d.open(c); err == nil {
		if _, in := visitOf(s); in {
			p.SignOut = pathSignOut
		}
	}
	return d.Shell.Write(c.Writer, c.Request, status, p)
}

func redirect(c *gin.Context, to string) error {
	ui.Redirect(c.Writer, c.Request, to)
	return nil
}
