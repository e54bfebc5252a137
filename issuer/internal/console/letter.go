package console

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"justice-wallet/issuer/internal/letters"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/ui"
)

const (
	mostRows  = 50  // of the list
	mostAsked = 500 // wishes whose person is looked up for one page
	mostPaper = 10  // letters of one visit that can be printed again
)

// printed is a letter that this visit may print. Whose it is, is asked anew whenever the page is opened.
type printed struct {
	Handle string
	Wish   string // by its handle; empty when nobody waited for it
	About  known
}

// waiting is a wish of somebody whom the officer may know of.
type waiting struct {
	letters.Wish
	Case casework.Case
}

// waiting lists the wishes of the officer's own teams that come after one, which its handle names; after none, or one that
// waits no more, from the first. Each person on it stands in the audit first. When there may be more, next names the last
// that was looked at.
func (d *Door) waiting(c *gin.Context, v *visit, after string) (own []waiting, next string, err error) {
	var asked int
	var last string
	past := after == ""
	for w, err := range d.Letters.Service.Waiting(c.Request.Context()) {
		if err != nil {
			return nil, "", err
		}
		handle := v.handle("wish", w.ID)
		if !past {
			past = same(handle, after)
			continue
		}
		if len(own) == mostRows || asked == mostAsked {
			return own, last, nil
		}
		one, ok, err := d.Casework.Own(c.Request.Context(), v.Staff, w.Record.Person, "letters")
		if err != nil {
			return nil, "", err
		}
		if ok {
			own = append(own, waiting{w, one})
		}
		asked, last = asked+1, handle
	}
	if !past {
		return d.waiting(c, v, "")
	}
	return own, "", nil
}

// GetLetters is the list of letters to print.
func (d *Door) GetLetters(c *gin.Context, v *visit) error {
	own, next, err := d.waiting(c, v, c.Query("after"))
	if err != nil {
		return err
	}
	w := d.words(c)
	page := ui.Page{Title: w.Say("letters.title"), Wide: true, LanguagePath: pathLetters}
	if len(own) > 0 {
		page.Content = d.lettersList(c, w, v, own)
	} else if next == "" {
		page.Content = []ui.Component{ui.P(w.Say("letters.none"))}
	}
	if next != "" {
		page.Content = append(page.Content, ui.P(w.Say("letters.more")), ui.PHTML(ui.Link(w.Say("letters.next"), pathLetters+"?after="+next)))
	}
	return d.write(c, v, http.StatusOK, page)
}

// lettersList has a card for each: a table of as many columns does not fit a phone.
func (d *Door) lettersList(c *gin.Context, w ui.Words, v *visit, own []waiting) []ui.Component {
	list := []ui.Component{ui.P(w.Count("letters.caption", len(own)))}
	csrf := d.csrf(c)
	for _, one := range own {
		how := "letters.collect"
		if len(one.Address) > 0 {
			how = "letters.post"
		}
		list = append(list, card(template.HTML(template.HTMLEscapeString(one.Case.Name)), // escaped
			ui.Row(w.Say("letters.kind"), w.Say("letter.for."+string(one.Kind))), ui.Row(w.Say("letters.how"), w.Say(how)), ui.Row(w.Say("letters.asked"), w.Date(one.Asked)),
			ui.RowHTML(w.Say("letters.paper"), printButton(w, v, csrf, one))))
	}
	return list
}

func printButton(w ui.Words, v *visit, csrf string, one waiting) template.HTML {
	return w.Join(ui.Form{Action: pathLetters, CSRF: csrf, Items: []ui.Component{
		ui.Hidden{Name: "wish", Value: v.handle("wish", one.ID)},
		ui.Button{
			Text: w.Say("letters.print"), Classes: "govuk-button--secondary govuk-!-margin-bottom-0", PreventDoubleClick: new(true),
			Attributes: ui.Attributes{"aria-label": w.Say("letters.print") + " " + w.Say("letters.print.for", "name", one.Case.Name)},
		},
	}})
}

// PostLetters makes the letter somebody waits for, and shows it. Sent twice, it is one letter.
func (d *Door) PostLetters(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	wish, err := d.wish(c, v, form.Get("wish"))
	if err != nil {
		return err
	}
	if wish == nil {
		return redirect(c, v.paperOf(form.Get("wish")))
	}
	if _, err := d.Casework.View(c.Request.Context(), v.Staff, wish.Record.Person, "", "letter"); err != nil {
		return err
	}
	if form.Get("off") != "" {
		if err := d.Letters.Service.Done(c.Request.Context(), wish.ID, v.Staff.Username); err != nil {
			return err
		}
		return redirect(c, pathLetters)
	}
	made, err := d.makeWish(c, v, *wish)
	if fault.KindOf(err) == fault.Forbidden {
		return d.refusedWish(c, v, form.Get("wish"))
	}
	if err != nil {
		return err
	}
	to, err := d.print(c, v, printed{Wish: form.Get("wish"), About: known{Person: wish.Record.Person}}, letters.Printing{
		ID: made.ID, Large: wish.Large, Language: wish.Language, Address: wish.Address, Back: pathLetters,
	})
	if err != nil {
		return err
	}
	// The letter is made and this visit can print it: before that, whatever broke, the wish must wait on.
	if err := d.Letters.Service.Done(c.Request.Context(), wish.ID, v.Staff.Username); err != nil {
		return err
	}
	return redirect(c, to)
}

// wish finds one that waits by its handle; nil when it waits no more.
func (d *Door) wish(c *gin.Context, v *visit, handle string) (*letters.Wish, error) {
	for w, err := range d.Letters.Service.Waiting(c.Request.Context()) {
		if err != nil {
			return nil, err
		}
		if same(v.handle("wish", w.ID), handle) {
			return &w, nil
		}
	}
	return nil, nil
}

// refusedWish says that there is no letter now, and lets the officer take the wish off the list: a record that does not allow
// it today may do so tomorrow, so that is for them to say.
func (d *Door) refusedWish(c *gin.Context, v *visit, handle string) error {
	w := d.words(c)
	return d.write(c, v, http.StatusForbidden, ui.Page{
		Title: w.Say("refusedwish.title"), Back: pathLetters, LanguagePath: pathLetters, Content: []ui.Component{
			ui.P(w.Say("refusedwish.text")),
			ui.Form{Action: pathLetters, CSRF: d.csrf(c), Items: []ui.Component{
				ui.Hidden{Name: "wish", Value: handle}, ui.Hidden{Name: "off", Value: "yes"},
				ui.Button{Text: w.Say("refusedwish.off"), Classes: "govuk-button--secondary", PreventDoubleClick: new(true)},
			}},
		},
	})
}

// makeWish makes the letter of a wish. Whoever prints it, and however often, it is one letter: its operation comes from the
// wish, which is random. Only if that letter can be printed no more is another made, once in a visit.
func (d *Door) makeWish(c *gin.Context, v *visit, wish letters.Wish) (issuance.IssuedLetter, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "wish %q %d", wish.ID, wish.Asked.UnixNano()))
	r := issuance.LetterRequest{Record: wish.Record, Kind: wish.Kind, Operation: hex.EncodeToString(sum[:]), Actor: v.Staff.Username}
	made, err := d.Letters.Service.Issue(c.Request.Context(), r)
	if code := fault.CodeOf(err); code == issuance.CodeLetterGone || code == issuance.CodeLetterReplaced {
		r.Operation = v.operation(r.Operation)
		return d.Letters.Service.Issue(c.Request.Context(), r)
	}
	return made, err
}

// operation names the making of one letter in this visit.
func (v *visit) operation(what string) string { return hex.EncodeToString(v.derive("letter", what)) }

// print lets the visit print a letter, durably, and returns the address it is printed at.
func (d *Door) print(c *gin.Context, v *visit, one printed, what letters.Printing) (string, error) {
	s, err := d.open(c)
	if err != nil {
		return "", err
	}
	if one.Handle, err = d.Letters.Pages.Grant(s, what); err != nil {
		return "", err
	}
	v.Paper = append(v.Paper, one)
	if len(v.Paper) > mostPaper {
		v.Paper = v.Paper[len(v.Paper)-mostPaper:]
	}
	return pathLetters + "/" + one.Handle, d.keep(c, v)
}

// paperOf is where a wish that waits no more was printed in this visit, or the list.
func (v *visit) paperOf(wish string) string {
	for _, one := range slices.Backward(v.Paper) {
		if one.Wish != "" && same(one.Wish, wish) {
			return pathLetters + "/" + one.Handle
		}
	}
	return pathLetters
}

func (v *visit) printed(handle string) (printed, error) {
	for _, one := range v.Paper {
		if same(one.Handle, handle) {
			return one, nil
		}
	}
	return printed{}, fault.New(fault.NotFound, issuance.CodeLetterGone, "")
}

// GetPrinted is the letter on A4.
func (d *Door) GetPrinted(c *gin.Context, v *visit) error {
	one, err := v.printed(c.Param("handle"))
	if err != nil {
		return err
	}
	if _, err := d.Casework.View(c.Request.Context(), v.Staff, one.About.Person, one.About.Wider, "letter"); err != nil {
		return err
	}
	return d.Letters.Pages.Get(c)
}

// GetPrintedCode is a part of that page, which the audit has.
func (d *Door) GetPrintedCode(c *gin.Context, v *visit) error {
	if _, err := v.printed(c.Param("handle")); err != nil {
		return err
	}
	return d.Letters.Pages.GetCode(c)
}

// paper is one letter there could be about a person.
type paper struct {
	Kind letter.Kind
	Item string
	Text string
}

func (p paper) name(v *visit) string { return v.handle("letter", string(p.Kind)+"\x00"+p.Item) }

// papers lists them. Whether the person may have one is decided when it is made.
func (d *Door) papers(c *gin.Context, w ui.Words, person string) ([]paper, error) {
	var out []paper
	for _, doc := range d.Documents {
		kinds := letter.KindsOf(doc.Type)
		if len(kinds) == 0 {
			continue
		}
		items, err := d.Records.Items(c.Request.Context(), doc.Source, person)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			for _, kind := range kinds {
				text := w.Say("letter.for." + string(kind))
				if item != "" {
					text += " – " + item
				}
				out = append(out, paper{kind, item, text})
			}
		}
	}
	return out, nil
}

// GetLetter asks which letter to print for a person.
func (d *Door) GetLetter(c *gin.Context, v *visit) error {
	form, err := d.typed(c)
	if err != nil {
		return err
	}
	k, _, err := d.about(c, v, "letter")
	if err != nil {
		return err
	}
	all, err := d.papers(c, d.words(c), k.Person)
	if err != nil {
		return err
	}
	return d.letterPage(c, v, k, all, form, nil)
}

func (d *Door) letterPage(c *gin.Context, v *visit, k known, all []paper, form url.Values, wrong ui.Errors) error {
	w := d.words(c)
	base := v.personPath(k.Person)
	page := ui.Page{Title: w.Say("letter.title"), Back: base, Errors: wrong, LanguagePath: base + "/letter"}
	if len(all) == 0 {
		page.Content = []ui.Component{ui.P(w.Say("letter.none"))}
		return d.write(c, v, http.StatusOK, page)
	}
	sealed, err := d.whoseField(v, whose{Person: k.Person, Wider: k.Wider, Form: "letter"})
	if err != nil {
		return err
	}
	id := form.Get("id")
	if id == "" {
		if id, err = d.newID(); err != nil {
			return err
		}
	}
	radios := func(name, legend string, items ...ui.Item) ui.Component {
		return ui.Radios{
			Name: name, Value: form.Get(name), ErrorMessage: wrong.At(name), Items: items,
			Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: w.Say(legend), Classes: "govuk-fieldset__legend--m"}},
		}
	}
	var which []ui.Item
	for _, one := range all {
		which = append(which, ui.Item{Value: one.name(v), Text: one.Text})
	}
	page.Content = []ui.Component{ui.P(w.Say("letter.lead")), ui.Form{Action: base + "/letter", CSRF: d.csrf(c), Items: []ui.Component{
		sealed, ui.Hidden{Name: "id", Value: id},
		radios("letter", "letter.which", which...),
		radios("size", "letter.size", ui.Item{Value: "plain", Text: w.Say("letter.size.plain")}, ui.Item{Value: "large", Text: w.Say("letter.size.large")}),
		radios("language", "letter.language", ui.Item{Value: "en", Text: w.Say("letter.language.en")}, ui.Item{Value: "cy", Text: w.Say("letter.language.cy")}),
		ui.Button{Text: w.Say("letter.button"), PreventDoubleClick: new(true)},
	}}}
	return d.write(c, v, http.StatusOK, page)
}

// PostLetter makes the letter, and shows it. Sent twice, it is one letter.
func (d *Door) PostLetter(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	k, _, err := d.about(c, v, "letter")
	if err != nil {
		return err
	}
	w := d.words(c)
	all, err := d.papers(c, w, k.Person)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(one paper) bool { return same(one.name(v), form.Get("letter")) })
	language, known := ui.ParseLanguage(form.Get("language"))
	size := form.Get("size")
	var wrong ui.Errors
	for _, f := range []struct {
		field string
		bad   bool
	}{{"letter", i < 0}, {"size", size != "plain" && size != "large"}, {"language", !known}} {
		if f.bad {
			wrong = append(wrong, ui.FieldError{Field: f.field, Text: w.Say("letter.wrong." + f.field)})
		}
	}
	if len(wrong) > 0 {
		return d.letterPage(c, v, k, all, form, wrong)
	}
	if len(form.Get("id")) != len("00000000-0000-4000-8000-000000000000") {
		return fault.New(fault.Invalid, casework.CodeInvalid, "")
	}
	made, err := d.Letters.Service.Issue(c.Request.Context(), issuance.LetterRequest{
		Record: issuance.Record{Person: k.Person, Item: all[i].Item}, Kind: all[i].Kind, Operation: v.operation(form.Get("id")), Actor: v.Staff.Username,
	})
	if fault.KindOf(err) == fault.Forbidden {
		return d.letterPage(c, v, k, all, form, ui.Errors{{Field: "letter", Text: w.Say("letter.refused")}})
	}
	if err != nil {
		return err
	}
	to, err := d.print(c, v, printed{About: k}, letters.Printing{ID: made.ID, Large: size == "large", Language: language, Back: v.personPath(k.Person)})
	if err != nil {
		return err
	}
	return redirect(c, to)
}
