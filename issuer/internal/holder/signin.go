package holder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/session"
)

// mostTries is how often one visit, and one account within a day, may try to be matched before a person must help.
const (
	mostTries     = 3
	rememberTries = 24 * time.Hour
)

// GetSignIn warns whoever is not alone with this device, before anything is shown.
func (d *Door) GetSignIn(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	to := c.Query("to")
	if _, ok := aims[to]; !ok {
		to = "documents"
	}
	if v := visitOf(s); v != nil && v.Person != "" {
		return redirect(c, aims[to])
	}
	if err := s.Save(c.Request.Context(), c.Writer); err != nil {
		return err
	}
	return d.write(c, nil, http.StatusOK, d.sharedPage(d.words(c), s.CSRF(), to))
}

// PostSignIn leads to GOV.UK One Login.
func (d *Door) PostSignIn(c *gin.Context) error {
	form, err := httpserver.ReadForm(c)
	if err != nil {
		return err
	}
	s, err := d.open(c)
	if err != nil {
		return err
	}
	to := form.Get("to")
	if _, ok := aims[to]; !ok {
		to = "documents"
	}
	if s.Check(c.Request, form) != nil {
		return redirect(c, pathSignIn+"?to="+to) // the page was open too long
	}
	address, attempt, err := d.SignIn.Begin(c.Request.Context(), string(d.words(c).Language()))
	if fault.KindOf(err) == fault.Unavailable {
		return d.signInAway(c)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(s.Keep(keyAttempt, attempt), s.Keep(keyTo, to), s.Save(c.Request.Context(), c.Writer)); err != nil {
		return err
	}
	return redirect(c, address)
}

// What a sign-in can end in, other than an account. Every other error but one of kind Unavailable means: start again.
var (
	ErrCancelled  = errors.New("the person chose not to sign in")
	ErrUnverified = errors.New("who the person is was not verified")
)

// Account is who signed in.
type Account struct {
	Subject  string // sub: pairwise, ours alone
	Wallet   string // wallet_subject_id
	Identity Identity
}

// SignIn is GOV.UK One Login.
type SignIn interface {
	// Begin returns the address to send a reader of language to, and what Finish must be given of this attempt.
	Begin(ctx context.Context, language string) (address string, attempt []byte, err error)

	// Finish returns who came back with query, if this attempt sent them. An attempt is good for one Finish.
	Finish(ctx context.Context, attempt []byte, query url.Values) (Account, error)
}

// GetReturn is where GOV.UK One Login sends the person back to.
func (d *Door) GetReturn(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	var attempt []byte
	if !s.Load(keyAttempt, &attempt) {
		if v := visitOf(s); v != nil { // the page was opened again, after signing in
			return redirect(c, pathDocuments)
		}
		return d.signInAgain(c)
	}
	s.Delete(keyAttempt)
	if err := s.Save(c.Request.Context(), c.Writer); err != nil { // before it is used: an attempt is good for once
		return err
	}
	account, err := d.SignIn.Finish(c.Request.Context(), attempt, c.Request.URL.Query())
	switch {
	case errors.Is(err, ErrCancelled):
		return d.write(c, nil, http.StatusOK, d.tell(d.words(c), telling{Title: "cancelled.title", Lines: []string{"cancelled.text"}, Button: "signin", Href: pathSignIn}))
	case errors.Is(err, ErrUnverified):
		return d.write(c, nil, http.StatusOK, d.tell(d.words(c), telling{
			Title: "unverified.title", Lines: []string{"unverified.text", "unverified.help"}, Button: "signin", Href: pathSignIn, Call: true}))
	case fault.KindOf(err) == fault.Unavailable:
		return d.signInAway(c)
	case err != nil:
		return d.signInAgain(c)
	}
	return d.arrive(c, s, account)
}

func (d *Door) signInAway(c *gin.Context) error {
	return d.write(c, nil, http.StatusServiceUnavailable, d.tell(d.words(c), telling{
		Title: "signin.away.title", Lines: []string{"signin.away.text"}, Button: "match.button", Href: pathSignIn, Call: true}))
}

func (d *Door) signInAgain(c *gin.Context) error {
	return d.write(c, nil, http.StatusOK, d.tell(d.words(c), telling{
		Title: "signin.again.title", Lines: []string{"signin.again.text"}, Button: "signin", Href: pathSignIn}))
}

// arrive begins the visit of whoever signed in: matched, or not.
func (d *Door) arrive(c *gin.Context, s *session.Session, a Account) error {
	ctx := c.Request.Context()
	v, err := d.begin(a)
	if err != nil {
		return err
	}
	if before := visitOf(s); before != nil {
		v.Tries = before.Tries
	}
	if err := d.match(ctx, v, a.Identity); err != nil {
		return err
	}
	to := pathDocuments
	if v.Person != "" {
		to = aims[s.Get(keyTo)]
		if d.restore(s, v) {
			to = pathAddress
		}
	}
	s.Delete(keyTo)
	if err := s.Rotate(); err != nil {
		return err
	}
	if err := d.save(c, v); err != nil {
		return err
	}
	return redirect(c, to)
}

// match finds the visit's record, and counts the try unless it did: before, so that of many at once no more are tried than
// may be. A record that is closed or under review counts as none; a try that nobody answered does not count.
func (d *Door) match(ctx context.Context, v *visit, i Identity) error {
	if v.Tries >= mostTries {
		return nil
	}
	name, try := d.triesName(v.Account), v.handle("try", "")
	tries, mayTry, err := d.Tries.Try(ctx, name, try, mostTries, d.Now().Add(rememberTries))
	if err != nil {
		return fault.Wrap(fault.Unavailable, session.CodeAway, "", err)
	}
	if !mayTry {
		v.Tries = mostTries
		return nil
	}
	person, err := d.Records.Match(ctx, i)
	if err == nil {
		_, err = d.options(ctx, person)
	}
	if errors.Is(err, issuance.ErrNotFound) || errors.Is(err, errClosed) {
		v.Tries = max(v.Tries+1, tries)
		return nil
	}
	if back := d.Tries.Untry(context.WithoutCancel(ctx), name, try); back != nil {
		err = errors.Join(err, fault.Wrap(fault.Unavailable, session.CodeAway, "", back))
	}
	if err != nil {
		return err
	}
	v.Person, v.Tries = person, 0
	return nil
}

// triesName tells nothing of the account.
func (d *Door) triesName(account string) string {
	mac := hmac.New(sha256.New, d.Secret)
	mac.Write([]byte("tries\x00" + account))
	return hex.EncodeToString(mac.Sum(nil))
}
