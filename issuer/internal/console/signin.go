package console

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/ui"
)

// roles are those the console knows: without one there is nothing here to do.
var roles = []string{casework.RoleView, casework.RoleIssue, casework.RoleRevoke, casework.RoleApprove}

// GetSignIn offers to sign in.
func (d *Door) GetSignIn(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	if visitOf(s) != nil {
		return redirect(c, pathHome)
	}
	if err := s.Save(c.Request.Context(), c.Writer); err != nil {
		return err
	}
	w := d.words(c)
	content := []ui.Component{ui.Lead(w.Say("signin.lead"))}
	if s.Stashed() != "" {
		content = append([]ui.Component{ui.InsetText{Text: w.Say("signin.kept")}}, content...)
	}
	content = append(content, ui.Form{Action: pathSignIn, CSRF: s.CSRF(), Items: []ui.Component{ui.Button{Text: w.Say("signin.button")}}})
	return d.write(c, nil, http.StatusOK, ui.Page{Title: w.Say("signin.title"), Content: content})
}

// PostSignIn leads to HMPPS Auth.
func (d *Door) PostSignIn(c *gin.Context) error {
	if _, err := d.form(c); err != nil {
		return err
	}
	s, err := d.open(c)
	if err != nil {
		return err
	}
	address, pending, err := d.SignIn.Begin(c.Request.Context(), nil)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Keep(keyAttempt, pending), s.Save(c.Request.Context(), c.Writer)); err != nil {
		return err
	}
	return redirect(c, address)
}

// GetReturn is where HMPPS Auth sends staff back to.
func (d *Door) GetReturn(c *gin.Context) error {
	ctx := c.Request.Context()
	s, err := d.open(c)
	if err != nil {
		return err
	}
	var pending oidc.Pending
	if !s.Load(keyAttempt, &pending) {
		return redirect(c, pathHome) // the page was opened again, after signing in, or by itself
	}
	s.Delete(keyAttempt)
	if err := s.Save(ctx, c.Writer); err != nil { // before it is used: an attempt is good for once
		return err
	}
	identity, err := d.SignIn.Finish(ctx, c.Request.URL.Query(), pending)
	if fault.KindOf(err) == fault.Unavailable {
		return err
	}
	w := d.words(c)
	if err != nil {
		return d.write(c, nil, http.StatusOK, ui.Page{Title: w.Say("again.title"), LanguagePath: pathSignIn, Content: []ui.Component{
			ui.P(w.Say("again.text")), ui.Button{Text: w.Say("signin.button"), Href: pathSignIn},
		}})
	}
	v := &visit{Name: identity.String("name"), Seed: make([]byte, 32), Staff: casework.Staff{
		Username: identity.Subject, Roles: ours(identity.Strings("authorities")), Teams: identity.Strings("teams"),
	}}
	if len(v.Staff.Roles) == 0 {
		return d.write(c, nil, http.StatusForbidden, ui.Page{Title: w.Say("norole.title"), LanguagePath: pathSignIn, Content: []ui.Component{ui.P(w.Say("norole.text"))}})
	}
	return d.arrive(c, v)
}

func ours(authorities []string) []string {
	return slices.DeleteFunc(authorities, func(role string) bool { return !slices.Contains(roles, role) })
}

// arrive begins the visit of whoever signed in, where they had got to.
func (d *Door) arrive(c *gin.Context, v *visit) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	if _, err := io.ReadFull(d.Rand, v.Seed); err != nil {
		return err
	}
	to, err := d.restore(s, v)
	if err != nil {
		return err
	}
	if err := s.Rotate(); err != nil {
		return err
	}
	if err := d.keep(c, v); err != nil {
		return err
	}
	return redirect(c, to)
}

// GetSignOut ends the visit.
func (d *Door) GetSignOut(c *gin.Context) error {
	s, err := d.open(c)
	if err != nil {
		return err
	}
	if err := s.End(c.Request.Context(), c.Writer); err != nil {
		return err
	}
	w := d.words(c)
	return d.write(c, nil, http.StatusOK, ui.Page{Title: w.Say("signedout.title"), Content: []ui.Component{
		ui.P(w.Say("signedout.text")), ui.Button{Text: w.Say("signin.button"), Href: pathSignIn},
	}})
}
