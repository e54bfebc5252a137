package desk

import (
	"html/template"
	"maps"
	"slices"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/verification"
	"justice-wallet/pkg/verification/words"
	"justice-wallet/verifier/internal/openid4vp"
)

// Classes of outcomes that say more than their words in the table.
const (
	classValid   words.Class = "valid"
	classNotYet  words.Class = "not-yet"
	classUnknown words.Class = "status-unknown"
)

func (d *Door) say(w ui.Words, v verification.Verdict, r verification.Reason) (words.Words, error) {
	return d.Words.For(v, r, words.Lang(w.Language()))
}

// resultPage says how a check ended: heading, what it means, what to do, and only then what was asked for (V5). The heading
// has a mark and words, in no colour that means anything; whatever a document is not, it looks the same.
func (d *Door) resultPage(w ui.Words, who caller, c *check, a *openid4vp.Answer) (ui.Page, error) {
	said, err := d.say(w, a.Verdict, a.Why())
	if err != nil {
		return ui.Page{}, err
	}
	content := []ui.Component{outcome(w, said), ui.P(said.Body)}
	content = append(content, d.more(w, said.Class, a)...)
	content = append(content, ui.P(w.Say("result.checked", "time", w.Time(a.At), "date", w.Date(a.At))))
	if said.Draft {
		content = append(content, ui.P(w.Say("result.draft")))
	}
	documents, err := d.shown(w, who, c, a)
	if err != nil {
		return ui.Page{}, err
	}
	content = append(content, documents...)
	content = append(content, ui.Button{Text: w.Say("result.new"), Href: pathPurpose}, d.details(w, said, a))
	return ui.Page{Title: said.Heading, Content: append(content, d.nothingKept(w, a)...)}, nil
}

// outcome is the heading with its mark.
func outcome(w ui.Words, said words.Words) ui.Component {
	mark, alt := "!", w.Say("result.mark.other")
	if said.Class == classValid {
		mark, alt = "✓", w.Say("result.mark.valid")
	}
	return ui.Raw(`<div class="app-outcome" role="alert"><span class="app-outcome__mark" aria-hidden="true">` + template.HTML(mark) + `</span>` +
		`<span class="govuk-visually-hidden">` + template.HTML(template.HTMLEscapeString(alt)) + `</span>` + ui.H1(said.Heading).HTML() + `</div>`)
}

// more is what the page knows of a time that the table does not.
func (d *Door) more(w ui.Words, class words.Class, a *openid4vp.Answer) []ui.Component {
	switch class {
	case classNotYet:
		if at, ok := evidence(a, verification.ValidityPeriod, "from"); ok {
			return []ui.Component{ui.P(w.Say("result.starts", "date", w.Date(at)))}
		}
	case classUnknown:
		call := ui.P(w.Say("result.again", "phone", d.HelpPhone))
		if at, ok := evidence(a, verification.Status, "listIssued"); ok {
			return []ui.Component{ui.P(w.Say("result.list", "time", w.Time(at), "date", w.Date(at))), call}
		}
		return []ui.Component{ui.P(w.Say("result.nolist")), call}
	}
	return nil
}

// evidence reads a time from the check that decided.
func evidence(a *openid4vp.Answer, name verification.Name, key string) (time.Time, bool) {
	for _, document := range a.Documents {
		if !document.Needed || document.Result.Verdict != a.Verdict {
			continue
		}
		for _, one := range document.Result.Checks {
			if one.Name == name {
				at, err := time.Parse(time.RFC3339, one.Evidence[key])
				return at, err == nil && !at.IsZero()
			}
		}
	}
	return time.Time{}, false
}

// shown lists what was asked for and shared, and nothing else: an element that the purpose does not name is on no page. Of
// an answer that is not valid as a whole, nothing is shown.
func (d *Door) shown(w ui.Words, who caller, c *check, a *openid4vp.Answer) ([]ui.Component, error) {
	if a.Verdict != verification.Valid {
		return nil, nil
	}
	query, _ := d.Register.Query(who.Organisation.Type, c.Purpose) // one that is no longer allowed asks for nothing, and so shows nothing
	asks := query.Asks()
	var out []ui.Component
	for _, document := range a.Documents {
		i := slices.IndexFunc(asks, func(ask purpose.Ask) bool { return ask.ID == document.ID })
		if i < 0 {
			continue
		}
		out = append(out, ui.H2(d.nameOf(w, document.Document)))
		if document.Result.Verdict != verification.Valid {
			said, err := d.say(w, document.Result.Verdict, document.Result.Reason())
			if err != nil {
				return nil, err
			}
			out = append(out, ui.P(said.Heading+"."), ui.P(said.Body))
			continue
		}
		out = append(out, ui.SummaryList{Rows: d.rows(w, asks[i], document)})
	}
	return out, nil
}

func (d *Door) rows(w ui.Words, ask purpose.Ask, document openid4vp.Document) []ui.SummaryRow {
	doc := d.documentOf(document.Document)
	var rows []ui.SummaryRow
	for _, e := range ask.Elements {
		i := slices.IndexFunc(document.Result.Elements, func(s credential.Element) bool { return s.Namespace == e.Namespace && s.Name == e.Name })
		if i < 0 {
			continue // not every document has it, and that it is missing means nothing
		}
		given := document.Result.Elements[i]
		rows = append(rows, ui.RowHTML(text(w, e.Display), value(w, element(doc, given), given.Value)))
	}
	return rows
}

// details are the two levels behind the words: for a trained checker, and for whoever mends a system.
func (d *Door) details(w ui.Words, said words.Words, a *openid4vp.Answer) ui.Component {
	professional := said.Professional
	if professional == "" {
		professional = w.Say("detail.valid")
	}
	inner := []ui.Component{}
	if said.Engineer != "" {
		inner = append(inner, ui.P(said.Engineer))
	}
	if why := a.Why(); why != "" {
		inner = append(inner, ui.PHTML(w.HTML("detail.reason", "reason", code(string(why)))))
	}
	for _, document := range a.Documents {
		inner = append(inner, checksList(w, d.nameOf(w, document.Document), document.Result.Checks))
	}
	if len(a.Documents) == 0 {
		inner = append(inner, ui.P(w.Say("detail.none")))
	}
	return ui.Details{SummaryText: w.Say("detail.professional"), Html: w.Join(
		ui.P(professional), ui.Details{SummaryText: w.Say("detail.engineer"), Html: w.Join(inner...)})}
}

// code marks a word of machines, which is the same in every language.
func code(s string) template.HTML {
	return template.HTML(`<code class="app-identifier" lang="en">` + template.HTMLEscapeString(s) + `</code>`) // escaped
}

// checksList is every check of a document, in order, with its outcome and its evidence. A table would not fit a phone.
func checksList(w ui.Words, name string, checks []verification.Check) ui.Component {
	var list ui.SummaryList
	for _, one := range checks {
		said := template.HTML(template.HTMLEscapeString(w.Say("outcome." + string(one.Outcome)))) // escaped
		if one.Reason != "" {
			said += "<br>" + code(string(one.Reason))
		}
		for _, key := range slices.Sorted(maps.Keys(one.Evidence)) {
			said += "<br>" + code(key+": "+one.Evidence[key])
		}
		list.Rows = append(list.Rows, ui.RowHTML(w.Say("check."+string(one.Name)), said))
	}
	return ui.Raw(ui.Join(ui.PHTML(ui.Strong(name)), list))
}

// nothingKept says what stays.
func (d *Door) nothingKept(w ui.Words, a *openid4vp.Answer) []ui.Component {
	out := []ui.Component{ui.H2(w.Say("kept.title")), ui.P(w.Say("kept.text"))}
	if a.Receipt == "" {
		return append(out, ui.P(w.Say("kept.noreceipt")))
	}
	return append(out, ui.PHTML(w.HTML("kept.receipt", "receipt", template.HTML(`<strong class="app-identifier">`+template.HTMLEscapeString(a.Receipt)+`</strong>`))))
}
