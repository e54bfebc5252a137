package desk

import (
	"html/template"
	"slices"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/ui"
	"justice-wallet/verifier/internal/openid4vp"
)

// The functions of this file make pages, one each, of what they are given. They decide nothing.

func paragraphs(w ui.Words, keys ...string) []ui.Component {
	out := make([]ui.Component, len(keys))
	for i, key := range keys {
		out[i] = ui.P(w.Say(key))
	}
	return out
}

func says(w ui.Words, keys ...string) []string {
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = w.Say(key)
	}
	return out
}

func link(text, href string) ui.Component { return ui.PHTML(ui.Link(text, href)) }

// call says how to reach a person.
func (d *Door) call(w ui.Words) []ui.Component {
	return []ui.Component{
		ui.H2(w.Say("call.title")), ui.P(w.Say("call.number", "phone", d.HelpPhone)), ui.P(w.Say("call.relay", "phone", d.HelpPhone)), ui.P(w.Say("call.hours")),
	}
}

// startPage says whom the service is for, and whom it is not for (V1).
func (d *Door) startPage(w ui.Words) ui.Page {
	return ui.Page{
		Title: w.Say("start.title"), Cacheable: true,
		Content: slices.Concat(
			[]ui.Component{
				ui.Lead(w.Say("start.lead")),
				ui.P(w.Say("start.for")),
				ui.Bullets(says(w, "start.for.council", "start.for.landlord", "start.for.employer", "start.for.bank", "start.for.dwp")...),
				ui.WarningText{Text: w.Say("start.dvs"), IconFallbackText: w.Say("common.warning")},
				ui.P(w.Say("start.dvs.more")),
				ui.Button{Text: w.Say("start.button"), Href: pathSignIn, IsStartButton: true},
				ui.H2(w.Say("start.not")),
				ui.Bullets(says(w, "start.not.employer", "start.not.record", "start.not.police", "start.not.public")...),
				ui.P(w.Say("start.not.must")),
			},
			d.letters(w),
			d.call(w)),
	}
}

// letters leads to where a letter is checked, if that is here.
func (d *Door) letters(w ui.Words) []ui.Component {
	if !d.Letters {
		return nil
	}
	return []ui.Component{ui.H2(w.Say("start.letter")), ui.P(w.Say("start.letter.text")), link(w.Say("start.letter.link"), pathLetter)}
}

// telling is a page that tells one thing and offers one next step.
type telling struct {
	Title  string
	Lines  []string // message keys
	Button string   // message key; none when empty
	Href   string
	Call   bool // say how to reach a person
}

func (d *Door) tell(w ui.Words, t telling) ui.Page {
	p := ui.Page{Title: w.Say(t.Title), Content: paragraphs(w, t.Lines...)}
	if t.Button != "" {
		p.Content = append(p.Content, ui.Button{Text: w.Say(t.Button), Href: t.Href})
	}
	if t.Call {
		p.Content = append(p.Content, d.call(w)...)
	}
	return p
}

// unknownPage is for somebody of an organisation that is not on the list.
func (d *Door) unknownPage(w ui.Words) ui.Page {
	return d.tell(w, telling{Title: "unknown.title", Lines: []string{"unknown.text", "unknown.next"}, Button: "unknown.button", Href: pathSignOut, Call: true})
}

func (d *Door) purposePage(w ui.Words, csrf string, rows []purpose.Row, chosen string, missing bool) ui.Page {
	p := ui.Page{Title: w.Say("purpose.title"), Back: pathStart}
	radios := ui.Radios{Name: "purpose", IDPrefix: "purpose", Value: chosen, Hint: &ui.Hint{Text: w.Say("purpose.hint")}}
	radios.Fieldset = &ui.Fieldset{Legend: ui.Legend{Text: w.Say("purpose.title"), IsPageHeading: true, Classes: "govuk-fieldset__legend--l"}}
	for _, row := range rows {
		radios.Items = append(radios.Items, ui.Item{Value: row.ID, Text: text(w, row.Title)})
	}
	radios.Items = append(radios.Items, ui.Item{Divider: w.Say("or")}, ui.Item{Value: otherPurpose, Text: w.Say("purpose.other")})
	if missing {
		p.Errors = ui.Errors{{Field: "purpose", Text: w.Say("purpose.error")}}
		radios.ErrorMessage = p.Errors.At("purpose")
	}
	p.Content = []ui.Component{ui.Form{Action: pathPurpose, CSRF: csrf, Items: []ui.Component{radios, ui.Button{Text: w.Say("common.continue")}}}}
	return p
}

// laws are, by the type of an organisation, the law that keeps a question from being asked.
var laws = map[string]string{
	"employer": "https://www.legislation.gov.uk/ukpga/2018/12/section/184",
	"police":   "https://www.legislation.gov.uk/ukpga/2018/12/section/37",
}

const lawOfAll = "https://www.legislation.gov.uk/eur/2016/679/article/5"

func (d *Door) refusedPage(w ui.Words, kind string) ui.Page {
	key, law := "refused.law", lawOfAll
	if own, ok := laws[kind]; ok {
		key, law = "refused.law."+kind, own
	}
	return ui.Page{Title: w.Say("refused.title"), Back: pathPurpose, Content: append([]ui.Component{
		ui.P(w.Say(key)), link(w.Say("refused.link"), law), ui.P(w.Say("refused.nothing")),
	}, d.call(w)...)}
}

// asked is one document of a question, as a page lists it.
type asked struct {
	Name     string
	Required bool
	Elements []string
}

// question lists what a query asks, once for all the formats of a document.
func (d *Door) question(w ui.Words, q purpose.Query) []asked {
	var out []asked
	seen := map[int]bool{}
	for _, a := range q.Asks() {
		if seen[a.Group] {
			continue
		}
		seen[a.Group] = true
		one := asked{Name: d.nameOf(w, a.Document), Required: a.Required}
		for _, e := range a.Elements {
			name := text(w, e.Display)
			if e.Optional {
				name = w.Say("ask.optional", "name", name)
			}
			one.Elements = append(one.Elements, name)
		}
		out = append(out, one)
	}
	return out
}

// nameOf is the name on a document's card: neutral, for a card may be seen over a shoulder.
func (d *Door) nameOf(w ui.Words, documentType string) string {
	doc, ok := d.Documents.ByType(documentType)
	if !ok {
		return documentType
	}
	return text(w, doc.Card.Name)
}

// columns puts two lists of parts side by side.
func columns(left, right []ui.Component) ui.Component {
	const half = `<div class="govuk-grid-column-one-half">`
	return ui.Raw(`<div class="govuk-grid-row">` + half + ui.Join(left...) + template.HTML(`</div>`+half) + ui.Join(right...) + `</div></div>`)
}

// askPage shows, before anything is asked, what will be seen and what will not (V3).
func (d *Door) askPage(w ui.Words, csrf, once string, row purpose.Row, q purpose.Query) ui.Page {
	will := []ui.Component{ui.H2(w.Say("ask.will"))}
	for _, a := range d.question(w, q) {
		note := "ask.needed"
		if !a.Required {
			note = "ask.extra"
		}
		will = append(will, ui.H3(a.Name), ui.P(w.Say(note)), ui.Bullets(a.Elements...))
	}
	not := []ui.Component{
		ui.H2(w.Say("ask.not")), ui.P(w.Say("ask.never", "never", text(w, row.Never))), ui.Bullets(says(w, "ask.not.rest", "ask.not.why", "ask.not.more")...),
	}
	form := ui.Form{Action: pathAsk, CSRF: csrf, Items: []ui.Component{
		ui.Hidden{Name: "purpose", Value: row.ID}, ui.Hidden{Name: "once", Value: once},
		ui.ButtonGroup{Items: []ui.Component{
			ui.Button{Text: w.Say("ask.code"), Name: "how", Value: "code"},
			ui.Button{Text: w.Say("ask.here"), Name: "how", Value: "here", Classes: "govuk-button--secondary"},
		}},
	}}
	return ui.Page{
		Title: w.Say("ask.title"), Back: pathPurpose, Wide: true,
		Content: []ui.Component{
			ui.Lead(w.Say("ask.purpose", "purpose", text(w, row.Title))), columns(will, not),
			ui.H2(w.Say("ask.consent")), ui.Bullets(says(w, "ask.consent.sees", "ask.consent.no", "ask.consent.hold", "ask.consent.fixed")...), form,
		},
	}
}

// waitSeconds is how often a page that waits looks again, where there is no script.
const waitSeconds = 5

// showPage waits for the wallet: a code for a phone, or a link on the same one (V4). It is renewed by its script; without one
// only for a reader who asked for that, and can stop it (WCAG 2.2 SC 2.2.1).
func (d *Door) showPage(w ui.Words, c *check, watch bool) ui.Page {
	path := ReturnPath + c.ID
	more, to := "show.watch", "?watch=1"
	if watch {
		more, to = "show.unwatch", ""
	}
	wait := []ui.Component{
		ui.Section{ID: "wait", Live: true, Data: ui.Attributes{"data-events": path + "/events"}, Items: []ui.Component{ui.P(w.Say("show.waiting"))}},
		ui.P(w.Say("show.until", "time", w.Time(c.Expires))),
		ui.SecondaryButton(w.Say("show.look"), path),
		ui.Raw("<noscript>" + link(w.Say(more), path+to).HTML() + "</noscript>"),
		link(w.Say("show.stop"), askPath(c.Purpose)),
	}
	p := ui.Page{Refresh: waitSeconds, Patient: !watch, Scripts: []string{"wait.js"}, Back: askPath(c.Purpose)}
	if c.Flow == openid4vp.SameDevice {
		p.Title = w.Say("here.title")
		p.Content = append([]ui.Component{ui.P(w.Say("here.text")), ui.Button{Text: w.Say("here.button"), Href: c.Link}, ui.P(w.Say("here.back"))}, wait...)
		return p
	}
	byText := ui.Join(
		ui.P(w.Say("show.text.lead")), ui.Numbers(says(w, "show.text.copy", "show.text.send", "show.text.open")...),
		ui.Textarea{ID: "link", Name: "link", Value: c.Link, Rows: 5, Label: ui.Label{Text: w.Say("show.text.label")}, Spellcheck: new(false), Attributes: ui.Attributes{"readonly": "readonly"}},
	)
	p.Title = w.Say("show.title")
	p.Content = slices.Concat(
		[]ui.Component{
			ui.Numbers(says(w, "show.step.ask", "show.step.scan", "show.step.choose")...),
			ui.Image{Src: path + "/qr.png", Alt: w.Say("show.qr"), Width: 320, Height: 320, Classes: "app-qr"},
			ui.Details{SummaryText: w.Say("show.text"), Html: byText},
		}, wait)
	return p
}

func (d *Door) timedOutPage(w ui.Words, c *check) ui.Page {
	return ui.Page{Title: w.Say("timeout.title"), Content: append(
		append(paragraphs(w, "timeout.text", "timeout.why"), ui.Bullets(says(w, "timeout.why.phone", "timeout.why.none", "timeout.why.time")...)),
		ui.P(w.Say("timeout.hold")), ui.Button{Text: w.Say("timeout.button"), Href: askPath(c.Purpose)})}
}

// documentOf finds a document of the catalogue; one without elements where there is none.
func (d *Door) documentOf(documentType string) *document.Document {
	if doc, ok := d.Documents.ByType(documentType); ok {
		return doc
	}
	return &document.Document{}
}
