package desk

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/session"
)

// claimOrganisation names, among what the provider says of somebody, the id of their organisation.
const claimOrganisation = "organisation"

// SignIn is the provider at which organisations sign in. An oidc.Client is one.
type SignIn interface {
	Begin(ctx context.Context, params map[string]string) (string, oidc.Pending, error)
	Finish(ctx context.Context, query url.Values, pending oidc.Pending) (oidc.Identity, error)
}

// GetSignIn leads to the provider.
func (d *Door) GetSignIn(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	if _, in := visitOf(s); in {
		return redirect(c, pathPurpose)
	}
	address, pending, err := d.SignIn.Begin(c.Request.Context(), map[string]string{"ui_locales": string(d.words(c).Language())})
	if fault.KindOf(err) == fault.Unavailable {
		return d.signInAway(c)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(s.Keep(keyPending, pending), s.Save(c.Request.Context(), c.Writer)); err != nil {
		return err
	}
	return redirect(c, address)
}

// GetReturn is where the provider sends people back to.
func (d *Door) GetReturn(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	var pending oidc.Pending
	if !s.Load(keyPending, &pending) {
		if _, in := visitOf(s); in { // the page was opened again, after signing in
			return redirect(c, pathPurpose)
		}
		return d.signInAgain(c)
	}
	s.Delete(keyPending)
	if err := s.Save(c.Request.Context(), c.Writer); err != nil { // before it is used: an attempt is good for once
		return err
	}
	who, err := d.SignIn.Finish(c.Request.Context(), c.Request.URL.Query(), pending)
	switch {
	case fault.CodeOf(err) == oidc.CodeCancelled:
		return d.write(c, http.StatusOK, d.tell(d.words(c), telling{Title: "cancelled.title", Lines: []string{"cancelled.text"}, Button: "desk.signin", Href: pathSignIn}))
	case fault.KindOf(err) == fault.Unavailable:
		return d.signInAway(c)
	case err != nil:
		return d.signInAgain(c)
	}
	return d.arrive(c, s, who.String(claimOrganisation))
}

// arrive begins a visit. One of an organisation that nobody knows is none.
func (d *Door) arrive(c *gin.Context, s *session.Session, organisation string) error {
	if _, ok := d.Organisations(organisation); !ok {
		return d.write(c, http.StatusForbidden, d.unknownPage(d.words(c)))
	}
	id, err := d.random()
	if err != nil {
		return err
	}
	to := pathPurpose
	if s.Stashed() == pathAsk {
		to = pathAsk
	}
	if err := s.Rotate(); err != nil {
		return err
	}
	if err := d.save(c, s, visit{ID: id, Organisation: organisation}); err != nil {
		return err
	}
	return redirect(c, to)
}

func (d *Door) signInAway(c *gin.Context) error {
	return d.write(c, http.StatusServiceUnavailable, d.tell(d.words(c), telling{
		Title: "signin.away.title", Lines: []string{"signin.away.text"}, Button: "try", Href: pathSignIn, Call: true}))
}

func (d *Door) signInAgain(c *gin.Context) error {
	return d.write(c, http.StatusOK, d.tell(d.words(c), telling{
		Title: "signin.again.title", Lines: []string{"signin.again.text"}, Button: "desk.signin", Href: pathSignIn}))
}

// GetSignOut ends the visit, and forgets what it began.
func (d *Door) GetSignOut(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	if v, in := visitOf(s); in {
		d.book.forget(v.ID)
	}
	if err := s.End(c.Request.Context(), c.Writer); err != nil {
		return err
	}
	s.Delete(keyVisit)
	return d.write(c, http.StatusOK, d.tell(d.words(c), telling{
		Title: "signedout.title", Lines: []string{"signedout.text"}, Button: "desk.signin", Href: pathSignIn}))
}
