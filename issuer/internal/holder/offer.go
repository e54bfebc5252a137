package holder

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// PostDocument makes an offer of one document, or finds the one that waits.
func (d *Door) PostDocument(c *gin.Context, v *visit) error {
	if _, err := d.form(c); err != nil {
		return err
	}
	options, err := d.options(c.Request.Context(), v.Person)
	if err != nil {
		return d.closed(c, err)
	}
	o, ok := findOption(options, v, c.Param("id"))
	if !ok {
		return d.elsewhere(c, v)
	}
	name := v.handle(kindOffer, o.key())
	last, made := v.Offers[name]
	if made {
		st, err := d.stage(c.Request.Context(), v, last)
		if err != nil {
			return err
		}
		if st == stageOpen {
			return redirect(c, pathOffers+"/"+name)
		}
		return d.makeOffer(c, v, o, last.Round+1)
	}
	return d.makeOffer(c, v, o, 0)
}

// PostOffer asks for a new link. The form says which link it follows: sent twice, it makes one.
func (d *Door) PostOffer(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	name := c.Param("id")
	last, ok := v.Offers[name]
	if !ok {
		return d.elsewhere(c, v)
	}
	if form.Get("after") != strconv.Itoa(last.Round) {
		return redirect(c, pathOffers+"/"+name) // this form was sent before
	}
	options, err := d.options(c.Request.Context(), v.Person)
	if err != nil {
		return d.closed(c, err)
	}
	i := slices.IndexFunc(options, func(o option) bool { return same(v.handle(kindOffer, o.key()), name) })
	if i < 0 {
		return d.elsewhere(c, v)
	}
	return d.makeOffer(c, v, options[i], last.Round+1)
}

func (d *Door) makeOffer(c *gin.Context, v *visit, o option, round int) error {
	before, err := d.Ledger.Open(c.Request.Context(), issuance.Grant{Subject: v.Wallet, Configuration: o.configuration()})
	if err != nil {
		return err
	}
	link, offer, err := d.Offers.Link(c.Request.Context(), issuance.OfferRequest{
		Configuration: o.configuration(), Record: o.Record, Subject: v.Wallet, Actor: actor, ID: v.offerID(o, round),
	})
	if fault.KindOf(err) == fault.Forbidden { // the records changed since the page was made
		o.Code = fault.CodeOf(err)
		return d.write(c, v, http.StatusOK, d.cannotPage(d.words(c), o))
	}
	if err != nil {
		return err
	}
	r := ready{
		Round: round, ID: offer.ID, Configuration: offer.Configuration, Type: o.Doc.Type, Item: o.Record.Item,
		Link: link, Created: offer.Created, Expires: offer.Expires,
	}
	if before.Holding != nil {
		r.Held = before.Holding.ID
	}
	name := v.handle(kindOffer, o.key())
	if v.Offers == nil {
		v.Offers = map[string]ready{}
	}
	v.Offers[name] = r
	v.Queue = slices.DeleteFunc(v.Queue, func(q string) bool { return q == v.handle(kindOption, o.key()) })
	if err := d.save(c, v); err != nil {
		return err
	}
	return redirect(c, pathOffers+"/"+name)
}

// offerNamed returns the offer of the address, its document and how far it has come.
func (d *Door) offerNamed(c *gin.Context, v *visit) (ready, *document.Document, stage, error) {
	r, ok := v.Offers[c.Param("id")]
	if !ok {
		return ready{}, nil, "", nil
	}
	i := slices.IndexFunc(d.Documents, func(doc *document.Document) bool { return doc.Type == r.Type })
	if i < 0 {
		return ready{}, nil, "", nil
	}
	s, err := d.stage(c.Request.Context(), v, r)
	return r, d.Documents[i], s, err
}

// GetOffer shows the link and the code, while they work.
func (d *Door) GetOffer(c *gin.Context, v *visit) error {
	r, doc, s, err := d.offerNamed(c, v)
	if err != nil {
		return err
	}
	path := pathOffers + "/" + c.Param("id")
	switch {
	case doc == nil:
		return d.elsewhere(c, v)
	case s != stageOpen:
		return redirect(c, path+"/state")
	}
	w := d.words(c)
	name := named(w, option{Doc: doc, Record: issuance.Record{Item: r.Item}})
	return d.write(c, v, http.StatusOK, d.offerPage(w, offerView{Name: name, Link: r.Link, Path: path, Until: r.Expires}))
}

// GetQR draws the code of an offer that works. It is bound to the visit, and stored nowhere.
func (d *Door) GetQR(c *gin.Context, v *visit) error {
	r, doc, s, err := d.offerNamed(c, v)
	if err != nil {
		return err
	}
	if doc == nil || s != stageOpen {
		return fault.New(fault.NotFound, "not_found", "")
	}
	png, err := govuk.QR(r.Link)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "image/png", png)
	return nil
}

// GetState says what became of an offer, from the register.
func (d *Door) GetState(c *gin.Context, v *visit) error {
	r, doc, s, err := d.offerNamed(c, v)
	if err != nil {
		return err
	}
	if doc == nil {
		return d.elsewhere(c, v)
	}
	w, path := d.words(c), pathOffers+"/"+c.Param("id")
	name := named(w, option{Doc: doc, Record: issuance.Record{Item: r.Item}})
	page := d.waitPage(w, path, s, c.Query("watch") != "")
	switch s {
	case stageAdded:
		next := ""
		if len(v.Queue) > 0 {
			next = pathDocuments + "/" + v.Queue[0]
		}
		page = d.addedPage(w, name, doc, next)
	case stageDeclined:
		page = d.tell(w, telling{Title: "declined.title", Lines: []string{"declined.text"}, Button: "added.all", Href: pathDocuments})
	case stageExpired, stageProblem:
		t := telling{Title: "expired.title", Lines: []string{"expired.text"}}
		if s == stageProblem {
			t = telling{Title: "problem.phone.title", Lines: []string{"problem.phone.text", "problem.phone.update"}}
		}
		page = d.tell(w, t)
		page.Content = append(page.Content, again(w, d.csrf(c), path, strconv.Itoa(r.Round)))
	}
	return d.write(c, v, http.StatusOK, page)
}
