package console

import (
	"html/template"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/ui"
)

// about reads the person an address speaks of, anew, and only after the audit has it.
func (d *Door) about(c *gin.Context, v *visit, part string) (known, casework.View, error) {
	k, err := v.person(c.Param("person"))
	if err != nil {
		return k, casework.View{}, err
	}
	view, err := d.Casework.View(c.Request.Context(), v.Staff, k.Person, k.Wider, part)
	return k, view, err
}

// frame is the head of every page about a person, and the way between them.
func (d *Door) frame(w ui.Words, v *visit, view casework.View, active string) []ui.Component {
	who := view.Case
	identity := ui.IdentityBar{Title: ui.Cell{Html: ui.Strong(who.Name) + template.HTML(template.HTMLEscapeString(
		" – "+w.Say("person.born", "date", d.date(w, who.BirthDate))+" – "+w.Say("person.numbers", "number", who.PrisonNumber, "crn", or(who.CRN, w.Say("person.nocrn")))))}} // escaped
	sub := ui.SubNavigation{}
	for _, part := range []string{"documents", "timeline", "licence", "approvals"} {
		href := v.personPath(who.PrisonNumber)
		if part != "documents" {
			href += "/" + part
		}
		sub.Items = append(sub.Items, ui.SubNavigationItem{Text: w.Say("person." + part), Href: href, Active: part == active})
	}
	return []ui.Component{identity, sub}
}

func or(given, usual string) string {
	if given == "" {
		return usual
	}
	return given
}

// typeName is what the document is called on its card.
func (d *Door) typeName(w ui.Words, name string) string {
	for _, doc := range d.Documents {
		if doc.Type == name {
			if w.Language() == ui.Cymraeg {
				return doc.Card.Name.CY
			}
			return doc.Card.Name.EN
		}
	}
	return w.Say("documents.other")
}

func (d *Door) state(w ui.Words, c issuance.Credential) (string, string) {
	switch {
	case !c.Revoked.IsZero():
		return w.Say("state.ended", "date", w.Date(c.Revoked), "reason", d.reason(w, issuance.Reason(c.Reason))), "govuk-tag--grey"
	case !d.Now().Before(c.Until):
		return w.Say("state.expired", "date", w.Date(c.Until)), "govuk-tag--grey"
	}
	return w.Say("state.live", "date", w.Date(c.Until)), "govuk-tag--green"
}

func (d *Door) reason(w ui.Words, r issuance.Reason) string {
	if key := "reason." + string(r); w.Has(key) {
		return w.Say(key)
	}
	return w.Say("reason.other")
}

// GetPerson is the documents of a person.
func (d *Door) GetPerson(c *gin.Context, v *visit) error {
	k, view, err := d.about(c, v, "documents")
	if err != nil {
		return err
	}
	w := d.words(c)
	base := v.personPath(k.Person)
	content := d.frame(w, v, view, "documents")
	if hint := d.suggestion(c, v, w, base, view); hint != nil {
		content = append(content, hint)
	}
	content = append(content, ui.H1(w.Count("documents.title", view.Live(d.Now()))))
	if len(view.Documents) == 0 {
		content = append(content, ui.P(w.Say("documents.none")))
	}
	for i, cred := range slices.Backward(view.Documents) {
		content = append(content, d.card(w, v, base, cred, i))
	}
	var buttons []ui.Component
	if v.Staff.Can(casework.RoleIssue) {
		buttons = append(buttons, ui.Button{Text: w.Say("documents.give"), Href: base + "/offer"})
		if d.Letters != nil {
			buttons = append(buttons, ui.SecondaryButton(w.Say("documents.letter"), base+"/letter"))
		}
	}
	if v.Staff.Can(casework.RoleRevoke) && view.Live(d.Now()) > 0 {
		buttons = append(buttons, ui.SecondaryButton(w.Say("documents.endlicence"), base+"/end/"+v.handle("what", whatLicence)),
			ui.SecondaryButton(w.Say("documents.endall"), base+"/end/"+v.handle("what", whatPerson)))
	}
	if len(buttons) > 0 {
		content = append(content, ui.ButtonGroup{Items: buttons})
	}
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("person.documents"), Back: pathResults, Wide: true, Content: content})
}

func (d *Door) card(w ui.Words, v *visit, base string, cred issuance.Credential, n int) ui.Component {
	text, colour := d.state(w, cred)
	card := ui.SummaryList{
		Card: &ui.SummaryCard{Title: &ui.CardTitle{Text: d.typeName(w, cred.DocumentType)}},
		Rows: []ui.SummaryRow{
			ui.RowHTML(w.Say("documents.state"), ui.Tag{Text: text, Classes: colour + " govuk-!-width-full"}.HTML()),
			ui.Row(w.Say("documents.number"), cred.DocumentNumber),
			ui.Row(w.Say("documents.issued"), w.Date(cred.Issued)),
			ui.Row(w.Say("documents.wallet"), w.Say("wallet."+walletWord(cred))),
		},
	}
	if casework.Stands(cred, d.Now()) && v.Staff.Can(casework.RoleRevoke) {
		card.Card.Actions.Items = []ui.Action{{Text: w.Say("documents.end"), Href: base + "/end/" + v.handle("what", whatDocument+cred.ID), VisuallyHiddenText: cred.DocumentNumber}}
	}
	return card
}

func walletWord(cred issuance.Credential) string {
	if cred.Format == issuance.FormatLetter {
		return "paper"
	}
	return or(walletWords[cred.Wallet], "none")
}

var walletWords = map[string]string{"credential_accepted": "accepted", "credential_deleted": "deleted", "credential_failure": "failure"}

// GetTimeline is the life of a person's documents.
func (d *Door) GetTimeline(c *gin.Context, v *visit) error {
	_, view, err := d.about(c, v, "timeline")
	if err != nil {
		return err
	}
	w := d.words(c)
	content := append(d.frame(w, v, view, "timeline"), ui.H1(w.Say("timeline.title")))
	life := d.Casework.Timeline(c.Request.Context(), view)
	if len(life) == 0 {
		content = append(content, ui.P(w.Say("documents.none")))
		return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("timeline.title"), Back: pathResults, Wide: true, Content: content})
	}
	line := ui.Timeline{}
	for _, h := range life {
		kind := string(h.Kind)
		if h.Kind == casework.HappenedIssued && slices.ContainsFunc(view.Documents, func(one issuance.Credential) bool {
			return one.ID == h.Document && one.Format == issuance.FormatLetter
		}) {
			kind = "PRINTED"
		}
		item := ui.TimelineItem{Label: w.Say("happened." + kind), At: h.At, Text: d.typeName(w, h.DocumentType)}
		if h.Reason != "" {
			item.Text += " – " + d.reason(w, h.Reason)
		}
		if h.At.IsZero() {
			item.At, item.When = d.Now(), w.Say("timeline.notime")
		}
		line.Items = append(line.Items, item)
	}
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("timeline.title"), Back: pathResults, Wide: true, Content: append(content, line)})
}

// GetLicence says what the licence register says, and no more than the documents of the licence rest on.
func (d *Door) GetLicence(c *gin.Context, v *visit) error {
	k, view, err := d.about(c, v, "licence")
	if err != nil {
		return err
	}
	facts, err := d.Records.Facts(c.Request.Context(), casework.SourceLicence, issuance.Record{Person: k.Person})
	if err != nil {
		return err
	}
	w := d.words(c)
	yes := func(name string) string {
		switch facts[name] {
		case true:
			return w.Say("licence.yes")
		case false:
			return w.Say("licence.no")
		}
		return w.Say("licence.unknown")
	}
	day := func(name string) string {
		if date, ok := facts[name].(credential.Date); ok {
			return d.date(w, date)
		}
		return w.Say("licence.unknown")
	}
	text := func(name string) string {
		s, _ := facts[name].(string)
		return or(s, w.Say("licence.unknown"))
	}
	content := append(d.frame(w, v, view, "licence"), ui.H1(w.Say("licence.title")), ui.SummaryList{Rows: []ui.SummaryRow{
		ui.Row(w.Say("licence.active"), yes("licence_active")), ui.Row(w.Say("licence.current"), yes("licence_current")),
		ui.Row(w.Say("licence.start"), day("licence_start_date")), ui.Row(w.Say("licence.end"), day("licence_end_date")),
		ui.Row(w.Say("licence.region"), text("supervising_region")), ui.Row(w.Say("licence.phone"), text("contact_team_phone")),
	}})
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("licence.title"), Back: pathResults, Wide: true, Content: content})
}
