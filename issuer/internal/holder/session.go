package holder

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

// Paths of the pages.
const (
	pathStart     = "/"
	pathSignIn    = "/sign-in"
	pathSignOut   = "/sign-out"
	pathExit      = "/exit"
	pathDocuments = "/documents"
	pathChoose    = "/documents/choose"
	pathOffers    = "/offers"
	pathRemove    = "/remove"
	pathRefresh   = "/refresh"
	pathLetter    = "/letter"
	pathAddress   = "/letter/address"
	pathHelp      = "/help"
)

// What a session keeps, and under what a request's session is found.
const (
	keyVisit   = "visit"
	keyAttempt = "sign-in"
	keyTo      = "to"
	ginSession = "holder.session"
)

// touchEvery is how often the pages of a visit put off its end: each save may lose what another tab saves at that moment.
const touchEvery = time.Minute

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

// visit returns what a session remembers; nil when nobody is signed in.
func visitOf(s *session.Session) *visit {
	var v visit
	if !s.Load(keyVisit, &v) || v.Account == "" {
		return nil
	}
	return &v
}

// Page is a page for someone who is signed in and matched.
type Page func(c *gin.Context, v *visit) error

// SignedIn answers with page, or else with what someone who is not signed in, or not matched, must know.
func (d *Door) SignedIn(page Page) httpserver.Handler {
	return func(c *gin.Context) error {
		s, err := d.open(c)
		if err != nil {
			return err
		}
		v := visitOf(s)
		if v == nil {
			return d.signedOut(c, s)
		}
		if v.Person == "" {
			return d.write(c, v, http.StatusOK, d.unmatchedPage(d.words(c), v.Tries < mostTries))
		}
		if c.Request.Method == http.MethodGet && !d.Now().Before(v.Touched.Add(touchEvery)) {
			if err := d.save(c, v); err != nil {
				return err
			}
		}
		return page(c, v)
	}
}

// save keeps the visit.
func (d *Door) save(c *gin.Context, v *visit) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
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

// signedOut answers someone whose session is over, or who never had one. What they typed into the address of a letter is
// kept for them: see restore.
func (d *Door) signedOut(c *gin.Context, s *session.Session) error {
	to := pathSignIn + "?to=" + aim(c.Request.URL.Path)
	posted := c.Request.Method == http.MethodPost
	if !posted && !s.Expired() {
		return redirect(c, to)
	}
	t := telling{Title: "ended.title", Lines: []string{"ended.text"}, Button: "signin", Href: to}
	if posted && c.Request.URL.Path == pathAddress {
		form, err := httpserver.ReadForm(c)
		if err != nil {
			return err
		}
		if err := errors.Join(s.Stash(pathAddress, form), s.Save(c.Request.Context(), c.Writer)); err != nil {
			return err
		}
		t.Lines = append(t.Lines, "ended.kept")
	}
	return d.write(c, nil, http.StatusOK, d.tell(d.words(c), t))
}

// aims are the places a sign-in can lead to.
var aims = map[string]string{"documents": pathDocuments, "letter": pathLetter, "refresh": pathRefresh}

// aim says to which of them a path belongs.
func aim(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if _, ok := aims[first]; ok {
		return first
	}
	return "documents"
}

// mark stands, in a form, for what it is made of, and tells nothing of it: it is the same in every visit.
func (d *Door) mark(of ...string) string {
	mac := hmac.New(sha256.New, d.Secret)
	mac.Write([]byte("mark\x00" + strings.Join(of, "\x00")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// restore gives back to the person who typed it, and to nobody who signs in after them, the address a session ended over.
func (d *Door) restore(s *session.Session, v *visit) (restored bool) {
	form, ok := s.Unstash(pathAddress)
	if !ok || !same(form.Get("who"), d.mark("who", v.Account)) {
		return false
	}
	v.Letter = letterForm{Letter: form.Get("letter"), How: byPost, Print: form.Get("print"), Address: readAddress(form)}
	return true
}

// begin returns a visit with names of its own.
func (d *Door) begin(a Account) (*visit, error) {
	seed := make([]byte, 32)
	if _, err := io.ReadFull(d.Rand, seed); err != nil {
		return nil, fmt.Errorf("begin visit: %w", err)
	}
	return &visit{Account: a.Subject, Wallet: a.Wallet, Name: a.Identity.name(), Seed: seed}, nil
}

// GetSignOut ends the visit.
func (d *Door) GetSignOut(c *gin.Context) error {
	if err := d.end(c); err != nil {
		return err
	}
	return d.write(c, nil, http.StatusOK, d.tell(d.words(c), telling{
		Title: "signedout.title", Lines: []string{"signedout.text", "signedout.shared"}, Button: "signin", Href: pathSignIn,
	}))
}

// GetExit ends the visit and leads away from here, fast. Where the store is away the browser is led away all the same.
func (d *Door) GetExit(c *gin.Context) error {
	_ = d.end(c) // there is no time to tell: the session ends by itself
	c.Header("Cache-Control", "no-store")
	c.Header("Referrer-Policy", "no-referrer")
	c.Redirect(http.StatusSeeOther, d.ExitURL)
	return nil
}

func (d *Door) end(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	return s.End(c.Request.Context(), c.Writer)
}

// elsewhere answers for a name in an address that means nothing in this visit: another person's, or another visit's.
func (d *Door) elsewhere(c *gin.Context, v *visit) error {
	return d.write(c, v, http.StatusNotFound, d.tell(d.words(c), telling{
		Title: "elsewhere.title", Lines: []string{"elsewhere.text"}, Button: "added.all", Href: pathDocuments,
	}))
}

// ErrorPage tells what an error means to a person, who can do no more than go on or come back.
func (d *Door) ErrorPage(c *gin.Context, status int, err error) {
	t := telling{Title: "broken.title", Lines: []string{"broken.text"}, Call: true}
	switch {
	case fault.CodeOf(err) == session.CodeForm:
		t = telling{Title: "stale.title", Lines: []string{"stale.text"}, Button: "added.all", Href: pathDocuments}
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		t = telling{Title: "notfound.title", Lines: []string{"notfound.text"}, Button: "notfound.link", Href: pathStart}
	case status == http.StatusServiceUnavailable:
		t = telling{Title: "away.title", Lines: []string{"away.text"}, Call: true}
	}
	if d.write(c, nil, status, d.tell(d.words(c), t)) != nil { // the frame itself is wrong
		c.String(http.StatusInternalServerError, "Sorry, there is a problem. Mae'n ddrwg gennym, mae problem.")
	}
}

func (d *Door) words(c *gin.Context) ui.Words { return d.Shell.Words(c.Request) }

// write sends a page. Every page but the start can be left by "exit this page"; v is nil where nobody is known.
func (d *Door) write(c *gin.Context, v *visit, status int, p ui.Page) error {
	w := d.words(c)
	p.ExitThisPage = true
	if v != nil {
		p.Nav = []ui.NavItem{{Text: w.Say("nav.documents"), Href: pathDocuments}, {Text: w.Say("nav.letter"), Href: pathLetter}, {Text: w.Say("nav.help"), Href: pathHelp}}
		p.SignOut = pathSignOut
	}
	return d.Shell.Write(c.Writer, c.Request, status, p)
}

func redirect(c *gin.Context, to string) error {
	ui.Redirect(c.Writer, c.Request, to)
	return nil
}
