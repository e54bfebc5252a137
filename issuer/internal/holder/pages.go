package holder

import (
	"slices"
	"time"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/ui"
)

// The functions of this file make pages, one each, of what they are given. They decide nothing.

// paragraphs says messages, a paragraph each.
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

// link is a paragraph that is a link.
func link(text, href string) ui.Component { return ui.PHTML(ui.Link(text, href)) }

// call says how to reach a person.
func (d *Door) call(w ui.Words) []ui.Component {
	return []ui.Component{
		ui.H2(w.Say("call.title")),
		ui.P(w.Say("call.number", "phone", d.HelpPhone)),
		ui.P(w.Say("call.relay", "phone", d.HelpPhone)),
		ui.P(w.Say("call.hours")),
		ui.P(w.Say("call.free")),
	}
}

func (d *Door) startPage(w ui.Words) ui.Page {
	return ui.Page{
		Title:     w.Say("start.title"),
		Cacheable: true,
		Content: slices.Concat(
			[]ui.Component{ui.Lead(w.Say("start.lead"))},
			paragraphs(w, "start.use", "start.choice"),
			[]ui.Component{
				ui.Button{Text: w.Say("start.button"), Href: pathSignIn, IsStartButton: true},
				ui.H2(w.Say("start.need")),
				ui.Bullets(says(w, "start.need.phone", "start.need.id", "start.need.time")...),
				ui.H2(w.Say("start.nophone")),
				ui.P(w.Say("start.nophone.text")),
				link(w.Say("start.nophone.link"), pathSignIn+"?to=letter"),
				ui.H2(w.Say("start.back")),
				link(w.Say("start.back.link"), pathSignIn+"?to=documents"),
			}),
	}
}

// sharedPage stands before every sign-in: somebody else may be looking.
func (d *Door) sharedPage(w ui.Words, csrf, to string) ui.Page {
	return ui.Page{
		Title: w.Say("shared.title"), Back: pathStart,
		Content: []ui.Component{ui.Form{Action: pathSignIn, CSRF: csrf, Items: []ui.Component{
			ui.Hidden{Name: "to", Value: to},
			ui.Panel{
				Classes: "govuk-panel--interruption", TitleText: w.Say("shared.title"),
				Html: ui.Join(
					ui.P(w.Say("shared.text")),
					ui.P(w.Say("shared.do")),
					ui.Bullets(says(w, "shared.do.password", "shared.do.signout", "shared.do.close")...),
					ui.P(w.Say("shared.exit")),
				),
				Actions: &ui.PanelActions{Items: []ui.PanelAction{
					{Text: w.Say("shared.continue"), Type: "submit"}, {Text: w.Say("shared.later"), Href: pathStart},
				}},
			},
		}}},
	}
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

// unmatchedPage is one page for every way not to be matched.
func (d *Door) unmatchedPage(w ui.Words, mayTry bool) ui.Page {
	p := ui.Page{Title: w.Say("match.title"), Content: slices.Concat(
		paragraphs(w, "match.text", "match.why"),
		[]ui.Component{ui.Bullets(says(w, "match.why.name", "match.why.birth", "match.why.new")...)},
	)}
	if mayTry {
		p.Content = append(p.Content, ui.P(w.Say("match.again")), ui.Button{Text: w.Say("match.button"), Href: pathSignIn})
	}
	p.Content = append(p.Content, ui.P(w.Say("match.call")))
	p.Content = append(p.Content, d.call(w)...)
	return p
}

// line is one document in a list.
type line struct{ Name, Text, Status, Colour, Link, LinkText string }

func (w lines) rows() []ui.SummaryRow {
	rows := make([]ui.SummaryRow, len(w))
	for i, l := range w {
		rows[i].Key.Text, rows[i].Value.Text = l.Name, l.Text
		if l.Status != "" {
			rows[i].Value.Html = ui.Tag{Text: l.Status, Classes: l.Colour}.HTML()
		}
		if l.Link != "" {
			rows[i].Actions.Items = []ui.Action{{Href: l.Link, Text: l.LinkText, VisuallyHiddenText: l.Name}}
		}
	}
	return rows
}

type lines []line

// documentsView is what "your documents" shows.
type documentsView struct {
	Name              string
	Add, Have, Cannot lines
	Letters           bool
}

func (d *Door) documentsPage(w ui.Words, v documentsView) ui.Page {
	content := []ui.Component{ui.InsetText{Text: w.Say("docs.you", "name", v.Name)}, link(w.Say("docs.you.not"), pathSignOut)}
	if len(v.Add) > 0 {
		content = append(content, ui.H2(w.Say("docs.add")), ui.SummaryList{Rows: v.Add.rows()},
			ui.Button{Text: w.Say("docs.add.button"), Href: pathChoose})
	} else if len(v.Have) == 0 {
		content = append(content, ui.P(w.Say("docs.nothing")), ui.P(w.Say("docs.nothing.ask")))
	}
	if len(v.Have) > 0 {
		content = append(content, ui.H2(w.Say("docs.have")), ui.SummaryList{Rows: v.Have.rows()}, ui.P(w.Say("docs.late")),
			ui.Details{SummaryText: w.Say("docs.lost"), Text: w.Say("docs.lost.text")})
	}
	if len(v.Cannot) > 0 {
		content = append(content, ui.H2(w.Say("docs.not")), ui.SummaryList{Rows: v.Cannot.rows()})
	}
	content = append(content, ui.H2(w.Say("start.nophone")), ui.P(w.Say("start.nophone.text")), link(w.Say("start.nophone.link"), pathLetter))
	content = append(content, d.call(w)...)
	return ui.Page{Title: w.Say("docs.title"), Content: content}
}

// choice is a thing to tick.
type choice struct{ Value, Text, Hint string }

func (d *Door) choosePage(w ui.Words, csrf string, choices []choice, missing bool) ui.Page {
	p := ui.Page{Title: w.Say("choose.title"), Back: pathDocuments}
	boxes := ui.Checkboxes{Name: "document", IDPrefix: "document"}
	boxes.Fieldset = legend(w.Say("choose.title"))
	boxes.Hint = hint(w.Say("choose.hint"))
	for _, c := range choices {
		boxes.Items = append(boxes.Items, ui.Item{Value: c.Value, Text: c.Text, Hint: hint(c.Hint)})
	}
	if missing {
		p.Errors = []ui.FieldError{{Field: "document", Text: w.Say("choose.error")}}
		boxes.ErrorMessage = &ui.ErrorMessage{Text: w.Say("choose.error")}
	}
	p.Content = []ui.Component{ui.Form{Action: pathChoose, CSRF: csrf, Items: []ui.Component{boxes, ui.Button{Text: w.Say("continue")}}}}
	return p
}

// who lists who may ask for something of a document: its holder aside, every purpose one of its elements names.
func who(w ui.Words, doc *document.Document) []string {
	var out []string
	for _, purpose := range []string{"council-housing", "landlord", "employer", "bank", "dwp"} {
		if len(doc.MayAsk(purpose)) > 0 {
			out = append(out, w.Say("purpose."+purpose))
		}
	}
	return out
}

func (d *Door) whoMayAsk(w ui.Words, doc *document.Document) []ui.Component {
	return []ui.Component{ui.H2(w.Say("what.who")), ui.Bullets(who(w, doc)...), ui.P(w.Say("what.who.text"))}
}

// whatPage lists everything a document says, before it is added, and what none ever says.
func (d *Door) whatPage(w ui.Words, csrf, action, name string, o option, again bool) ui.Page {
	var rows []ui.SummaryRow
	for _, s := range d.says(w, o) {
		r := row(s.Name, s.Value)
		if s.English && w.Language() != ui.English {
			r.Value.Html = english(s.Value)
		}
		rows = append(rows, r)
	}
	button := ui.Button{Text: w.Say("what.button"), PreventDoubleClick: new(true)}
	content := []ui.Component{ui.P(w.Say("what.lead")), ui.SummaryList{Rows: rows}, ui.P(w.Say("what.wrong")), ui.Details{
		SummaryText: w.Say("what.never"),
		Html:        ui.Bullets(says(w, "what.never.court", "what.never.where", "what.never.others", "what.never.officer", "what.never.numbers")...).HTML(),
	}}
	content = append(content, d.whoMayAsk(w, o.Doc)...)
	if again {
		content = append(content, ui.P(w.Say("item.again.text")))
		button.Text, button.Classes = w.Say("item.again"), "govuk-button--secondary"
	}
	content = append(content, ui.Form{Action: action, CSRF: csrf, Items: []ui.Component{button}})
	return ui.Page{Title: w.Say("what.title", "name", name), Back: pathDocuments, Content: content}
}

// offerView is an offer that waits for the wallet.
type offerView struct {
	Name, Link, Path string
	Until            time.Time
}

func (d *Door) offerPage(w ui.Words, v offerView) ui.Page {
	byText := ui.Join(
		ui.Numbers(says(w, "offer.text.copy", "offer.text.send", "offer.text.open", "offer.text.app")...),
		copyBox(w.Say("offer.text.label"), v.Link),
	)
	return ui.Page{
		Title: w.Say("offer.title", "name", v.Name), Back: pathDocuments,
		Content: []ui.Component{
			ui.InsetText{Text: w.Say("offer.account")},
			ui.H2(w.Say("offer.same")),
			ui.Button{Text: w.Say("offer.same.button"), Href: v.Link},
			ui.H2(w.Say("offer.other")),
			ui.P(w.Say("offer.other.text")),
			ui.Image{Src: v.Path + "/qr.png", Alt: w.Say("offer.qr"), Width: 320, Height: 320, Classes: "app-qr"},
			ui.Details{SummaryText: w.Say("offer.text"), Html: byText},
			ui.Details{SummaryText: w.Say("offer.helper"), Html: ui.Bullets(says(w, "offer.helper.can", "offer.helper.not")...).HTML()},
			ui.P(w.Say("offer.until", "time", w.Time(v.Until))),
			ui.H2(w.Say("offer.done")),
			ui.Button{Text: w.Say("offer.done.button"), Href: v.Path + "/state", Classes: "govuk-button--secondary"},
		},
	}
}

// again is a form that asks for a new link.
func again(w ui.Words, csrf, action, round string) ui.Component {
	return ui.Form{Action: action, CSRF: csrf, Items: []ui.Component{
		ui.Hidden{Name: "after", Value: round},
		ui.Button{Text: w.Say("offer.again"), PreventDoubleClick: new(true)},
	}}
}

// waitSeconds is how often a page that waits looks again.
const waitSeconds = 5

// waitPage is renewed by its script. Without one it is renewed only for a reader who asked for that, and can stop it: a page
// must not move under someone who reads slowly.
func (d *Door) waitPage(w ui.Words, path string, s stage, watch bool) ui.Page {
	key, more, to := "wait", "wait.watch", "?watch=1"
	if s == stageCollected {
		key = "collected"
	}
	if watch {
		more, to = "wait.stop", ""
	}
	return ui.Page{
		Title: w.Say(key + ".title"), Refresh: waitSeconds, Patient: !watch,
		Content: append(paragraphs(w, key+".text", "wait.nothing"),
			ui.Button{Text: w.Say("wait.check"), Href: path + "/state", Classes: "govuk-button--secondary"},
			withoutScript(link(w.Say(more), path+"/state"+to)),
			link(w.Say("wait.back"), path)),
	}
}

func (d *Door) addedPage(w ui.Words, name string, doc *document.Document, next string) ui.Page {
	content := []ui.Component{
		ui.Panel{TitleText: w.Say("added.title"), Text: w.Say("added.panel", "name", name)},
		ui.H2(w.Say("added.next")),
		ui.Bullets(says(w, "added.next.show", "added.next.update")...),
	}
	content = append(content, d.whoMayAsk(w, doc)...)
	if next != "" {
		content = append(content, ui.Button{Text: w.Say("added.more"), Href: next})
	}
	content = append(content, link(w.Say("added.all"), pathDocuments))
	return ui.Page{Title: w.Say("added.title"), Content: content}
}

// heldView is one document the person has.
type heldView struct {
	Name, Path, Remove string
	Status             status
	Added, Until       time.Time
	Again              bool // they may have another
}

func (d *Door) heldPage(w ui.Words, v heldView) ui.Page {
	rows := []ui.SummaryRow{row(w.Say("status.label"), ""), row(w.Say("status.added"), w.Date(v.Added)), row(w.Say("status.until"), w.Date(v.Until))}
	rows[0].Value.Html = tag(w, v.Status).HTML()
	content := []ui.Component{ui.SummaryList{Rows: rows}}
	switch v.Status {
	case statusActive:
		content = append(content, ui.P(w.Say("docs.late")), ui.Button{Text: w.Say("item.remove"), Href: v.Remove, Classes: "govuk-button--secondary"})
		if v.Again {
			content = append(content, link(w.Say("item.again"), v.Path))
		}
	case statusExpired, statusEnded:
		content = append(content, ui.P(w.Say("status."+string(v.Status)+".text")))
		if v.Again {
			content = append(content, ui.Button{Text: w.Say("item.update"), Href: v.Path})
		}
	}
	return ui.Page{Title: v.Name, Back: pathDocuments, Content: append(content, d.call(w)...)}
}

func tag(w ui.Words, s status) ui.Tag {
	colour := map[status]string{statusActive: "govuk-tag--green", statusEnded: "govuk-tag--grey", statusExpired: "govuk-tag--grey"}
	return ui.Tag{Text: w.Say("status." + string(s)), Classes: colour[s]}
}

func row(key, value string) ui.SummaryRow {
	var r ui.SummaryRow
	r.Key.Text, r.Value.Text = key, value
	return r
}

func (d *Door) removePage(w ui.Words, csrf, action, name string) ui.Page {
	return ui.Page{
		Title: w.Say("remove.title", "name", name), Back: pathDocuments,
		Content: []ui.Component{
			ui.P(w.Say("remove.text")),
			ui.WarningText{Text: w.Say("remove.warning")},
			ui.Form{Action: action, CSRF: csrf, Items: []ui.Component{ui.Button{Text: w.Say("item.remove"), PreventDoubleClick: new(true)}}},
			link(w.Say("remove.keep"), pathDocuments),
		},
	}
}

func (d *Door) removedPage(w ui.Words, name string) ui.Page {
	return ui.Page{Title: w.Say("removed.title", "name", name),
		Content: append(paragraphs(w, "removed.text", "removed.app"), ui.Button{Text: w.Say("added.all"), Href: pathDocuments})}
}

// refreshPage lists what can be updated and what cannot.
func (d *Door) refreshPage(w ui.Words, can, cannot lines) ui.Page {
	if len(can) == 0 && len(cannot) == 0 {
		return d.tell(w, telling{Title: "refresh.none.title", Lines: []string{"refresh.none.text"}, Button: "added.all", Href: pathDocuments})
	}
	if len(can) == 0 {
		p := d.tell(w, telling{Title: "refresh.no.title", Lines: []string{"refresh.no.text"}, Call: true})
		p.Content = append([]ui.Component{ui.SummaryList{Rows: cannot.rows()}}, p.Content...)
		return p
	}
	p := ui.Page{Title: w.Say("refresh.title"), Content: []ui.Component{ui.P(w.Say("refresh.text")), ui.SummaryList{Rows: can.rows()}}}
	if len(cannot) > 0 {
		p.Content = append(p.Content, ui.H2(w.Say("docs.not")), ui.SummaryList{Rows: cannot.rows()})
	}
	p.Content = append(p.Content, d.call(w)...)
	return p
}
