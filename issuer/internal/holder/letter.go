package holder

import (
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/ui"
)

// letterForm is what a person has answered so far: one question a page.
type letterForm struct {
	Letter  string // name of the letter
	How     string
	Print   string
	Address address
}

// Answers of the letter's questions.
const (
	byCollect = "collect"
	byPost    = "post"
	byUnsafe  = "unsafe" // it is not safe to post: it is collected
	plain     = "plain"
	large     = "large"
)

// question is one page with radios.
type question struct {
	Step, Title, Error string
	Lead               string
	Choices            []choice
}

// paper is one letter that a person may have now: a document, for one kind of reader.
type paper struct {
	option
	Kind letter.Kind
}

// papers are all of them.
func (d *Door) papers(c *gin.Context, v *visit) ([]paper, error) {
	options, err := d.options(c.Request.Context(), v.Person)
	var out []paper
	for _, o := range options {
		for _, kind := range letter.KindsOf(o.Doc.Type) {
			if o.allowed() {
				out = append(out, paper{o, kind})
			}
		}
	}
	return out, err
}

// letterName is the name of a letter in a form. An account has the same in every visit, so that a form outlives one.
func (d *Door) letterName(v *visit, p paper) string {
	return d.mark("letter", v.Account, p.key(), string(p.Kind))
}

func (d *Door) findPaper(all []paper, v *visit, name string) (paper, bool) {
	i := slices.IndexFunc(all, func(p paper) bool { return same(d.letterName(v, p), name) })
	if i < 0 {
		return paper{}, false
	}
	return all[i], true
}

// questions are those of the letter, but the address. Which letter is asked only of someone with a choice.
func (d *Door) questions(w ui.Words, v *visit, papers []paper) []question {
	var out []question
	if len(papers) > 1 {
		q := question{Step: "letter", Title: w.Say("letter.document"), Error: w.Say("letter.document.error")}
		for _, p := range papers {
			q.Choices = append(q.Choices, choice{Value: d.letterName(v, p), Text: w.Say("letter.for." + string(p.Kind)), Hint: named(w, p.option)})
		}
		out = append(out, q)
	}
	return append(out,
		question{Step: "print", Title: w.Say("letter.print"), Error: w.Say("letter.print.error"), Choices: []choice{
			{Value: plain, Text: w.Say("letter.print.plain")}, {Value: large, Text: w.Say("letter.print.large")},
		}},
		question{Step: "how", Title: w.Say("letter.title"), Error: w.Say("letter.error"), Lead: w.Say("letter.lead"), Choices: []choice{
			{Value: byCollect, Text: w.Say("letter.collect"), Hint: w.Say("letter.collect.hint")},
			{Value: byPost, Text: w.Say("letter.post"), Hint: w.Say("letter.post.hint")},
			{Value: byUnsafe, Text: w.Say("letter.unsafe"), Hint: w.Say("letter.unsafe.hint")},
		}},
	)
}

// answer returns where a step's answer is kept.
func (l *letterForm) answer(step string) *string {
	switch step {
	case "letter":
		return &l.Letter
	case "print":
		return &l.Print
	}
	return &l.How
}

// GetLetter begins: the first question.
func (d *Door) GetLetter(c *gin.Context, v *visit) error {
	papers, err := d.papers(c, v)
	if err != nil {
		return d.closed(c, err)
	}
	w := d.words(c)
	if d.Letters == nil || len(papers) == 0 {
		return d.write(c, v, http.StatusOK, d.tell(w, telling{Title: "letter.away.title", Lines: []string{"letter.away.text"}, Call: true}))
	}
	return redirect(c, pathLetter+"/"+d.questions(w, v, papers)[0].Step)
}

// GetLetterStep asks one question of the letter.
func (d *Door) GetLetterStep(c *gin.Context, v *visit) error {
	switch c.Param("step") {
	case "address":
		return d.write(c, v, http.StatusOK, d.addressPage(d.words(c), d.addressForm(c, v), v.Letter.Address, nil))
	case "done":
		return d.write(c, v, http.StatusOK, d.letteredPage(d.words(c), v.Letter.How == byPost))
	}
	return d.askStep(c, v, http.StatusOK, false)
}

func (d *Door) askStep(c *gin.Context, v *visit, code int, missing bool) error {
	papers, err := d.papers(c, v)
	if err != nil {
		return d.closed(c, err)
	}
	w := d.words(c)
	all := d.questions(w, v, papers)
	i := slices.IndexFunc(all, func(q question) bool { return q.Step == c.Param("step") })
	if i < 0 {
		return redirect(c, pathLetter)
	}
	back := pathDocuments
	if i > 0 {
		back = pathLetter + "/" + all[i-1].Step
	}
	return d.write(c, v, code, d.questionPage(w, d.csrf(c), all[i], *v.Letter.answer(all[i].Step), back, missing))
}

// PostLetterStep takes one answer, and goes on.
func (d *Door) PostLetterStep(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	if c.Param("step") == "address" {
		return d.postAddress(c, v, form)
	}
	papers, err := d.papers(c, v)
	if err != nil {
		return d.closed(c, err)
	}
	all := d.questions(d.words(c), v, papers)
	i := slices.IndexFunc(all, func(q question) bool { return q.Step == c.Param("step") })
	if i < 0 {
		return redirect(c, pathLetter)
	}
	chosen := form.Get("answer")
	if !slices.ContainsFunc(all[i].Choices, func(o choice) bool { return o.Value == chosen }) {
		return d.askStep(c, v, http.StatusBadRequest, true)
	}
	*v.Letter.answer(all[i].Step) = chosen
	if err := d.save(c, v); err != nil {
		return err
	}
	switch {
	case i+1 < len(all):
		return redirect(c, pathLetter+"/"+all[i+1].Step)
	case chosen == byPost:
		return redirect(c, pathAddress)
	}
	return d.requestLetter(c, v, nil)
}

// address is where a letter goes.
type address struct{ Line1, Line2, Town, Postcode string }

// postcode has the form of a postcode of the United Kingdom, spaces and case aside.
var postcode = regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}$`)

func readAddress(form url.Values) address {
	return address{
		Line1: strings.TrimSpace(form.Get("line1")), Line2: strings.TrimSpace(form.Get("line2")),
		Town: strings.TrimSpace(form.Get("town")), Postcode: strings.TrimSpace(form.Get("postcode")),
	}
}

// lines returns the address as it is printed.
func (a address) lines() []string {
	all := []string{a.Line1, a.Line2, a.Town, strings.ToUpper(a.Postcode)}
	return slices.DeleteFunc(all, func(l string) bool { return l == "" })
}

// mistakes says what is wrong with an address, by field.
func (a address) mistakes(w ui.Words) []ui.FieldError {
	const longest = 100
	long := func(s string) bool { return utf8.RuneCountInString(s) > longest || strings.ContainsAny(s, "\r\n") }
	var out []ui.FieldError
	for _, f := range []struct {
		field string
		wrong bool
	}{
		{"line1", a.Line1 == "" || long(a.Line1)}, {"line2", long(a.Line2)}, {"town", a.Town == "" || long(a.Town)},
		{"postcode", !postcode.MatchString(strings.ToUpper(a.Postcode))},
	} {
		if f.wrong {
			out = append(out, ui.FieldError{Field: f.field, Text: w.Say("address." + f.field + ".error")})
		}
	}
	return out
}

func (d *Door) postAddress(c *gin.Context, v *visit, form url.Values) error {
	if v.Letter.How != byPost { // no address is taken from someone it is not safe to write to
		return redirect(c, pathLetter)
	}
	w, a := d.words(c), readAddress(form)
	if mistakes := a.mistakes(w); len(mistakes) > 0 {
		return d.write(c, v, http.StatusBadRequest, d.addressPage(w, d.addressForm(c, v), a, mistakes))
	}
	v.Letter.Address = a
	return d.requestLetter(c, v, a.lines())
}

// addressForm is the form without its fields. It carries what is needed to go on, should the session end over it.
func (d *Door) addressForm(c *gin.Context, v *visit) ui.Form {
	return ui.Form{Action: pathAddress, CSRF: d.csrf(c), Items: []ui.Component{
		ui.Hidden{Name: "who", Value: d.mark("who", v.Account)}, ui.Hidden{Name: "letter", Value: v.Letter.Letter}, ui.Hidden{Name: "print", Value: v.Letter.Print},
	}}
}

// requestLetter hands the wish on. What the letter may say is decided again when it is printed.
func (d *Door) requestLetter(c *gin.Context, v *visit, to []string) error {
	papers, err := d.papers(c, v)
	if err != nil {
		return d.closed(c, err)
	}
	p, ok := d.findPaper(papers, v, v.Letter.Letter)
	if len(papers) == 1 {
		p, ok = papers[0], true
	}
	if d.Letters == nil || !ok || v.Letter.Print == "" { // something is still to be asked: what was answered is kept
		return errors.Join(d.save(c, v), redirect(c, pathLetter))
	}
	err = d.Letters.Request(c.Request.Context(), Letter{
		ID:   hex.EncodeToString(v.derive("letter", strings.Join(slices.Concat(to, []string{p.key(), string(p.Kind), v.Letter.Print}), "\x00"))[:16]),
		Kind: p.Kind, Record: p.Record, Large: v.Letter.Print == large,
		Language: d.words(c).Language(), Address: to,
	})
	if err != nil {
		return err
	}
	v.Letter.Address = address{}
	return errors.Join(d.save(c, v), redirect(c, pathLetter+"/done"))
}

func (d *Door) questionPage(w ui.Words, csrf string, q question, answer, back string, missing bool) ui.Page {
	p := ui.Page{Title: q.Title, Back: back}
	radios := ui.Radios{Name: "answer", IDPrefix: "answer", Value: answer, Fieldset: legend(q.Title), Hint: hint(q.Lead)}
	for _, c := range q.Choices {
		radios.Items = append(radios.Items, ui.Item{Value: c.Value, Text: c.Text, Hint: hint(c.Hint)})
	}
	if missing {
		p.Errors = []ui.FieldError{{Field: "answer", Text: q.Error}}
		radios.ErrorMessage = &ui.ErrorMessage{Text: q.Error}
	}
	p.Content = []ui.Component{ui.Form{Action: pathLetter + "/" + q.Step, CSRF: csrf, Items: []ui.Component{radios, ui.Button{Text: w.Say("continue")}}}}
	return p
}

func (d *Door) addressPage(w ui.Words, form ui.Form, a address, mistakes []ui.FieldError) ui.Page {
	field := func(name, value, autocomplete, classes string) ui.Component {
		in := ui.Input{ID: name, Name: name, Value: value, Autocomplete: autocomplete, Classes: classes}
		in.Label.Text = w.Say("address." + name)
		for _, m := range mistakes {
			if m.Field == name {
				in.ErrorMessage = &ui.ErrorMessage{Text: m.Text}
			}
		}
		return in
	}
	form.Items = append(form.Items,
		field("line1", a.Line1, "address-line1", ""),
		field("line2", a.Line2, "address-line2", ""),
		field("town", a.Town, "address-level2", "govuk-!-width-two-thirds"),
		field("postcode", a.Postcode, "postal-code", "govuk-input--width-10"),
		ui.Button{Text: w.Say("address.button"), PreventDoubleClick: new(true)},
	)
	return ui.Page{Title: w.Say("address.title"), Back: pathLetter + "/how", Errors: mistakes, Content: []ui.Component{form}}
}

func (d *Door) letteredPage(w ui.Words, posted bool) ui.Page {
	how := "lettered.collect"
	if posted {
		how = "lettered.post"
	}
	return ui.Page{Title: w.Say("lettered.title"), Content: append([]ui.Component{
		ui.Panel{TitleText: w.Say("lettered.title")}, ui.H2(w.Say("added.next")), ui.P(w.Say(how)), ui.P(w.Say("lettered.id")),
		link(w.Say("added.all"), pathDocuments),
	}, d.call(w)...)}
}
