package holder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
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

// match finds the visit's record, or counts a try. A record that is closed or under review counts as none.
func (d *Door) match(ctx context.Context, v *visit, i Identity) error {
	tries, err := d.tries(ctx, v.Account)
	if err != nil {
		return err
	}
	if v.Tries = max(v.Tries, tries); v.Tries >= mostTries {
		return nil
	}
	person, err := d.Records.Match(ctx, i)
	if err == nil {
		_, err = d.options(ctx, person)
	}
	switch {
	case errors.Is(err, issuance.ErrNotFound), errors.Is(err, errClosed):
		v.Tries++
		return d.keepTries(ctx, v.Account, v.Tries)
	case err != nil:
		return err
	}
	v.Person, v.Tries = person, 0
	return nil
}

// tries returns how often an account was not matched within a day.
func (d *Door) tries(ctx context.Context, account string) (int, error) {
	kept, err := d.Store.Session(ctx, d.triesKey(account))
	if errors.Is(err, session.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fault.Wrap(fault.Unavailable, session.CodeAway, "", err)
	}
	n, err := strconv.Atoi(string(kept))
	if err != nil {
		return mostTries, nil // nobody else writes here: never fail open
	}
	return n, nil
}

func (d *Door) keepTries(ctx context.Context, account string, n int) error {
	err := d.Store.PutSession(ctx, d.triesKey(account), []byte(strconv.Itoa(n)), d.Now().Add(rememberTries))
	if err != nil {
		return fault.Wrap(fault.Unavailable, session.CodeAway, "", err)
	}
	return nil
}

// triesKey has the form of a session's digest, and tells nothing of the account.
func (d *Door) triesKey(account string) string {
	mac := hmac.New(sha256.New, d.Secret)
	mac.Write([]byte("tries\x00" + account))
	return hex.EncodeToString(mac.Sum(nil))
}
