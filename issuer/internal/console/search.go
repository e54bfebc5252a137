package console

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/ui"
)

// search is what was asked last, so that the page of its results can be opened again.
type search struct {
	Query casework.Query
	Wider casework.Wider
}

var (
	prisonNumber = regexp.MustCompile(`^[A-Z][0-9]{4}[A-Z]{2}$`)
	crn          = regexp.MustCompile(`^[A-Z][0-9]{6}$`)
)

const maxName = 100

// readSearch reads the form; the texts of what is wrong are keys of messages.
func readSearch(form url.Values) (s search, wrong ui.Errors) {
	number := strings.ToUpper(strings.ReplaceAll(form.Get("number"), " ", ""))
	family, given := strings.TrimSpace(form.Get("family")), strings.TrimSpace(form.Get("given"))
	s.Wider = casework.Wider(form.Get("wider"))
	day, filled := readDate(form, "born")
	byName := family != "" || given != "" || filled
	switch {
	case number == "" && !byName:
		return s, ui.Errors{{Field: "number", Text: "search.wrong.nothing"}}
	case number != "" && byName:
		return s, ui.Errors{{Field: "number", Text: "search.wrong.both"}}
	case prisonNumber.MatchString(number):
		s.Query.PrisonNumber = number
	case crn.MatchString(number):
		s.Query.CRN = number
	case number != "":
		return s, ui.Errors{{Field: "number", Text: "search.wrong.number"}}
	}
	if s.Wider != "" && !slices.Contains(casework.WiderReasons(), s.Wider) {
		wrong = append(wrong, ui.FieldError{Field: "wider", Text: "search.wrong.wider"})
	}
	if !byName {
		return s, wrong
	}
	if family == "" || utf8.RuneCountInString(family) > maxName {
		wrong = append(wrong, ui.FieldError{Field: "family", Text: "search.wrong.family"})
	}
	if utf8.RuneCountInString(given) > maxName {
		wrong = append(wrong, ui.FieldError{Field: "given", Text: "search.wrong.given"})
	}
	if day == (credential.Date{}) {
		wrong = append(wrong, ui.FieldError{Field: "born-day", Text: "search.wrong.born"})
	}
	s.Query.FamilyName, s.Query.GivenName, s.Query.BirthDate = family, given, day
	return s, wrong
}

// readDate reads the three fields of a date. The date is zero when it is none; filled says whether anything was typed.
func readDate(form url.Values, name string) (day credential.Date, filled bool) {
	d, m, y := strings.TrimSpace(form.Get(name+"-day")), strings.TrimSpace(form.Get(name+"-month")), strings.TrimSpace(form.Get(name+"-year"))
	filled = d+m+y != ""
	pad := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	day, err := credential.ParseDate(y + "-" + pad(m) + "-" + pad(d))
	if err != nil || day.Year < 1900 {
		return credential.Date{}, filled
	}
	return day, filled
}

// GetHome is the search.
func (d *Door) GetHome(c *gin.Context, v *visit) error {
	form, err := d.typed(c)
	if err != nil {
		return err
	}
	return d.searchPage(c, v, form, nil)
}

func (d *Door) searchPage(c *gin.Context, v *visit, form url.Values, wrong ui.Errors) error {
	w := d.words(c)
	for i := range wrong {
		wrong[i].Text = w.Say(wrong[i].Text)
	}
	kept, err := d.whoseField(v, whose{Form: "search"})
	if err != nil {
		return err
	}
	input := func(name, hintKey string) ui.Input {
		in := ui.Input{ID: name, Name: name, Value: form.Get(name), Label: ui.Label{Text: w.Say("search." + name)}, ErrorMessage: wrong.At(name), Autocomplete: "off", Spellcheck: new(false)}
		if hintKey != "" {
			in.Hint = &ui.Hint{Text: w.Say(hintKey)}
		}
		return in
	}
	items := []ui.Component{
		kept,
		ui.H2(w.Say("search.bynumber")), input("number", "search.number.hint"),
		ui.H2(w.Say("search.byname")), input("family", ""), input("given", "search.given.hint"),
		dateInput(w, "born", w.Say("search.born"), w.Say("search.born.hint"), form, wrong.At("born-day")),
		ui.Radios{
			Name: "wider", Value: form.Get("wider"), ErrorMessage: wrong.At("wider"), Hint: &ui.Hint{Text: w.Say("search.wider.hint")},
			Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: w.Say("search.wider"), Classes: "govuk-fieldset__legend--m"}}, Items: widerItems(w, form.Get("wider") == ""),
		},
		ui.Button{Text: w.Say("search.button")},
	}
	content := []ui.Component{ui.Form{Action: pathHome, CSRF: d.csrf(c), Items: items}}
	late, err := d.lateBanner(c, v, w)
	if err != nil {
		return err
	}
	if late != nil {
		content = append([]ui.Component{late}, content...)
	}
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("search.title"), Errors: wrong, LanguagePath: pathHome, Content: content})
}

func widerItems(w ui.Words, own bool) []ui.Item {
	items := []ui.Item{{Value: "", Text: w.Say("search.own"), Checked: new(own)}}
	for _, r := range casework.WiderReasons() {
		items = append(items, ui.Item{Value: string(r), Text: w.Say("wider." + string(r))})
	}
	return items
}

func dateInput(w ui.Words, name, legend, hint string, form url.Values, wrong *ui.ErrorMessage) ui.Component {
	part := func(p, width string) ui.DateItem {
		return ui.DateItem{ID: name + "-" + p, Name: name + "-" + p, Label: w.Say("common." + p), Value: form.Get(name + "-" + p), Inputmode: "numeric", Classes: "govuk-input--width-" + width}
	}
	return ui.DateInput{
		ID: name, Items: []ui.DateItem{part("day", "2"), part("month", "2"), part("year", "4")}, Hint: &ui.Hint{Text: hint}, ErrorMessage: wrong,
		Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: legend, Classes: "govuk-fieldset__legend--s"}},
	}
}

// PostHome keeps the question in the visit, so that no address holds it.
func (d *Door) PostHome(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	s, wrong := readSearch(form)
	if len(wrong) > 0 {
		return d.searchPage(c, v, form, wrong)
	}
	v.Query = &s
	if err := d.keep(c, v); err != nil {
		return err
	}
	return redirect(c, pathResults)
}

// GetResults asks again, each time.
func (d *Door) GetResults(c *gin.Context, v *visit) error {
	if v.Query == nil {
		return redirect(c, pathHome)
	}
	ctx, w := c.Request.Context(), d.words(c)
	found, err := d.Casework.Find(ctx, v.Staff, v.Query.Query, v.Query.Wider)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("noaccess.title"), Back: pathHome, Content: []ui.Component{ui.P(w.Say("noaccess.text"))}})
	}
	content := []ui.Component{ui.P(w.Count("results.caption", len(found)))}
	for _, one := range found {
		live, err := d.Casework.LiveOf(ctx, one)
		if err != nil {
			return err
		}
		v.know(one.PrisonNumber, v.Query.Wider)
		content = append(content, card(ui.Link(one.Name, v.personPath(one.PrisonNumber)),
			ui.Row(w.Say("results.born"), d.date(w, one.BirthDate)), ui.Row(w.Say("results.team"), one.TeamName), ui.Row(w.Say("results.live"), strconv.Itoa(live))))
	}
	if err := d.keep(c, v); err != nil {
		return err
	}
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("results.title"), Back: pathHome, Wide: true, Content: content})
}

// card is one of several things found: its link, and what is known of it. A table of as much would not fit a phone.
func card(link template.HTML, rows ...ui.SummaryRow) ui.Component {
	return ui.SummaryList{Card: &ui.SummaryCard{Title: &ui.CardTitle{Html: link}}, Rows: rows}
}

func (d *Door) date(w ui.Words, day credential.Date) string { return w.Date(day.Time(d.London)) }
