package console

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/ui"
)

// choice is one document that can be offered.
type choice struct {
	Document      *document.Document
	Configuration string
	Item          string
	Text          string
}

// choices lists the documents there could be for a person. Whether they may have one is decided when it is offered.
func (d *Door) choices(c *gin.Context, w ui.Words, person string) ([]choice, error) {
	var out []choice
	for _, doc := range d.Documents {
		if doc.MDoc == nil {
			continue
		}
		items, err := d.Records.Items(c.Request.Context(), doc.Source, person)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			text := d.typeName(w, doc.Type)
			if item != "" {
				text += " – " + item
			}
			out = append(out, choice{doc, doc.MDoc.Configuration, item, text})
		}
	}
	return out, nil
}

// wallet is the wallet a person last had a document in, or "": the person alone can tell us of one, by signing in.
func wallet(v casework.View) string {
	for _, one := range slices.Backward(v.Documents) {
		if one.Format != issuance.FormatLetter { // paper has no wallet
			return one.Subject
		}
	}
	return ""
}

// GetOffer asks which document to give.
func (d *Door) GetOffer(c *gin.Context, v *visit) error {
	form, err := d.typed(c)
	if err != nil {
		return err
	}
	k, view, err := d.about(c, v, "offer")
	if err != nil {
		return err
	}
	return d.offerPage(c, v, k, view, form, nil)
}

func (d *Door) offerPage(c *gin.Context, v *visit, k known, view casework.View, form url.Values, wrong ui.Errors) error {
	w := d.words(c)
	base := v.personPath(k.Person)
	p := ui.Page{Title: w.Say("offer.title"), Back: base, Errors: wrong, LanguagePath: base + "/offer"}
	if wallet(view) == "" {
		p.Content = []ui.Component{ui.P(w.Say("offer.nowallet")), ui.P(w.Say("offer.start")), ui.PHTML(ui.Link(d.StartURL, d.StartURL))}
		return d.write(c, v, http.StatusOK, p)
	}
	list, err := d.choices(c, w, k.Person)
	if err != nil {
		return err
	}
	sealed, err := d.whoseField(v, whose{Person: k.Person, Wider: k.Wider, Form: "offer"})
	if err != nil {
		return err
	}
	id, err := d.newID()
	if err != nil {
		return err
	}
	radios := ui.Radios{
		Name: "document", Value: form.Get("document"), ErrorMessage: wrong.At("document"), Hint: &ui.Hint{Text: w.Say("offer.hint")},
		Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: w.Say("offer.which"), Classes: "govuk-fieldset__legend--m"}},
	}
	for _, one := range list {
		radios.Items = append(radios.Items, ui.Item{Value: v.handle("offer", one.Configuration+one.Item), Text: one.Text})
	}
	p.Content = []ui.Component{ui.Form{Action: base + "/offer", CSRF: d.csrf(c), Items: []ui.Component{
		sealed, ui.Hidden{Name: "id", Value: id}, radios, ui.Button{Text: w.Say("offer.button"), PreventDoubleClick: new(true)},
	}}}
	return d.write(c, v, http.StatusOK, p)
}

// PostOffer makes the offer, and shows how the person collects it. Sent twice, it is one offer.
func (d *Door) PostOffer(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	k, view, err := d.about(c, v, "offer")
	if err != nil {
		return err
	}
	w := d.words(c)
	list, err := d.choices(c, w, k.Person)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(one choice) bool {
		return same(v.handle("offer", one.Configuration+one.Item), form.Get("document"))
	})
	if i < 0 || wallet(view) == "" {
		return d.offerPage(c, v, k, view, form, ui.Errors{{Field: "document", Text: w.Say("offer.wrong")}})
	}
	if len(form.Get("id")) != len("00000000-0000-4000-8000-000000000000") {
		return fault.New(fault.Invalid, casework.CodeInvalid, "")
	}
	link, offer, err := d.Offers.Link(c.Request.Context(), issuance.OfferRequest{
		Configuration: list[i].Configuration, Record: issuance.Record{Person: k.Person, Item: list[i].Item}, Subject: wallet(view),
		Actor: v.Staff.Username, ID: v.offerID(form.Get("id")),
	})
	if fault.KindOf(err) == fault.Forbidden {
		return d.offerPage(c, v, k, view, form, ui.Errors{{Field: "document", Text: w.Say("offer.refused")}})
	}
	if err != nil {
		return err
	}
	png, err := d.QR(link)
	if err != nil {
		return err
	}
	base := v.personPath(k.Person)
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("offered.title"), Back: base, LanguagePath: base, Content: []ui.Component{
		ui.P(w.Say("offered.text", "document", list[i].Text, "time", w.Time(offer.Expires))),
		ui.Image{Src: "data:image/png;base64," + base64.StdEncoding.EncodeToString(png), Alt: w.Say("offered.qr"), Width: 300, Height: 300},
		ui.Textarea{ID: "link", Name: "link", Value: link, Rows: 6, Label: ui.Label{Text: w.Say("offered.link")}, Spellcheck: new(false), Attributes: ui.Attributes{"readonly": "readonly"}},
		ui.SecondaryButton(w.Say("ending.back"), base),
	}})
}

// offerID is of this visit alone: an id that somebody else saw makes no offer of theirs out of ours.
func (v *visit) offerID(id string) string {
	made, _ := uuid.FromBytes(v.derive("offer-id", id)[:16]) // 16 bytes are never refused
	return made.String()
}
