package desk

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/purpose"
	"justice-wallet/verifier/internal/openid4vp"
)

// otherPurpose is the choice of those who find none of theirs.
const otherPurpose = "other"

// keep is how long the answer to a check can be read, from its beginning.
const keep = openid4vp.Kept

// GetPurpose asks why (V2). Police have no purpose: a stop-and-show would be coercive (domain: who may ask what).
func (d *Door) GetPurpose(c *gin.Context, who caller) error {
	rows := d.Register.Of(who.Organisation.Type)
	if len(rows) == 0 {
		return d.refused(c, who)
	}
	s, err := d.open(c)
	if err != nil {
		return err
	}
	form, back := s.Unstash(pathPurpose)
	if back {
		if err := d.save(c, s, who.visit); err != nil {
			return err
		}
	}
	return d.write(c, http.StatusOK, d.purposePage(d.words(c), d.csrf(c), rows, form.Get("purpose"), false))
}

// PostPurpose takes the reason, which is one of the register's for this type of organisation.
func (d *Door) PostPurpose(c *gin.Context, who caller) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	chosen := form.Get("purpose")
	if chosen == "" {
		return d.write(c, http.StatusBadRequest, d.purposePage(d.words(c), d.csrf(c), d.Register.Of(who.Organisation.Type), "", true))
	}
	if _, ok := d.row(who, chosen); !ok {
		return d.refused(c, who)
	}
	return redirect(c, askPath(chosen))
}

func askPath(id string) string { return pathAsk + "?" + url.Values{"purpose": {id}}.Encode() }

func (d *Door) row(who caller, id string) (purpose.Row, bool) {
	rows := d.Register.Of(who.Organisation.Type)
	i := slices.IndexFunc(rows, func(r purpose.Row) bool { return r.ID == id })
	if i < 0 {
		return purpose.Row{}, false
	}
	return rows[i], true
}

// refused says that the law lets nobody ask for everything. Nothing was begun.
func (d *Door) refused(c *gin.Context, who caller) error {
	return d.write(c, http.StatusForbidden, d.refusedPage(d.words(c), who.Organisation.Type))
}

// GetAsk shows what will be seen and what will not (V3).
func (d *Door) GetAsk(c *gin.Context, who caller) error {
	chosen := c.Query("purpose")
	if chosen == "" {
		s, err := d.open(c)
		if err != nil {
			return err
		}
		form, _ := s.Unstash(pathAsk)
		if chosen = form.Get("purpose"); chosen == "" {
			return redirect(c, pathPurpose)
		}
		if err := d.save(c, s, who.visit); err != nil {
			return err
		}
		return redirect(c, askPath(chosen))
	}
	row, ok := d.row(who, chosen)
	query, allowed := d.Register.Query(who.Organisation.Type, chosen)
	if !ok || !allowed {
		return d.refused(c, who)
	}
	once, err := d.random()
	if err != nil {
		return err
	}
	return d.write(c, http.StatusOK, d.askPage(d.words(c), d.csrf(c), once, row, query))
}

var onceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// PostAsk begins a check. The same form twice begins one.
func (d *Door) PostAsk(c *gin.Context, who caller) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	flow, ok := map[string]openid4vp.Flow{"code": openid4vp.CrossDevice, "here": openid4vp.SameDevice}[form.Get("how")]
	if !ok || !onceForm.MatchString(form.Get("once")) {
		return fault.New(fault.Invalid, "invalid_request", "not a form of ours")
	}
	begun, err := d.book.begin(who.ID, form.Get("once"), func() (*check, error) {
		started, err := d.Checks.Start(openid4vp.Start{
			Organisation: who.Organisation.Type, Purpose: form.Get("purpose"), Flow: flow, Keep: true, Return: ReturnPath,
		})
		if err != nil {
			return nil, err
		}
		return &check{
			ID: started.ID, Secret: started.Secret, Link: started.Link, Purpose: form.Get("purpose"), Flow: flow,
			Expires: started.Expires, Ends: d.Now().Add(keep),
		}, nil
	})
	if fault.CodeOf(err) == openid4vp.CodePurpose {
		return d.refused(c, who)
	}
	if err != nil {
		return err
	}
	return redirect(c, ReturnPath+begun.ID)
}
