package console

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/ui"
)

// GetApprovals lists what was approved.
func (d *Door) GetApprovals(c *gin.Context, v *visit) error {
	k, view, err := d.about(c, v, "approvals")
	if err != nil {
		return err
	}
	all, err := d.Casework.ApprovalsOf(c.Request.Context(), v.Staff, view)
	if err != nil {
		return err
	}
	w := d.words(c)
	base := v.personPath(k.Person)
	content := append(d.frame(w, v, view, "approvals"), ui.H1(w.Say("approvals.title")))
	if len(all) == 0 {
		content = append(content, ui.P(w.Say("approvals.none")))
	}
	for _, a := range all {
		content = append(content, d.approvalCard(w, v, base, a))
	}
	if v.Staff.Can(casework.RoleIssue) {
		content = append(content, ui.Button{Text: w.Say("approvals.new"), Href: base + "/approval"})
	}
	return d.write(c, v, http.StatusOK, ui.Page{Title: w.Say("approvals.title"), Back: pathResults, Wide: true, Content: content})
}

func (d *Door) approvalCard(w ui.Words, v *visit, base string, a casework.Approval) ui.Component {
	state := w.Say("approvals.stands")
	if a.Withdrawn {
		state = w.Say("approvals.withdrawn")
	}
	card := ui.SummaryList{
		Card: &ui.SummaryCard{Title: &ui.CardTitle{Text: kindName(w, a.Kind) + " – " + a.Reference}},
		Rows: []ui.SummaryRow{
			ui.Row(w.Say("approval.what"), or(a.What, w.Say("licence.unknown"))), ui.Row(w.Say("approvals.on"), d.day(w, a.ApprovedOn)), ui.Row(w.Say("approval.until"), d.day(w, a.Until)),
			ui.Row(w.Say("documents.state"), state),
		},
	}
	if !a.Withdrawn && v.Staff.Can(casework.RoleRevoke) {
		card.Card.Actions.Items = []ui.Action{{Text: w.Say("approvals.withdraw"), Href: base + "/end/" + v.handle("what", whatApproval+a.Reference), VisuallyHiddenText: a.Reference}}
	}
	return card
}

func kindName(w ui.Words, k casework.Kind) string {
	if key := "kind." + string(k); w.Has(key) {
		return w.Say(key)
	}
	return w.Say("licence.unknown")
}

// GetApproval asks what is approved.
func (d *Door) GetApproval(c *gin.Context, v *visit) error {
	form, err := d.typed(c)
	if err != nil {
		return err
	}
	k, view, err := d.about(c, v, "approval")
	if err != nil {
		return err
	}
	return d.approvalPage(c, v, k, view, form, nil)
}

func (d *Door) approvalPage(c *gin.Context, v *visit, k known, view casework.View, form url.Values, wrong ui.Errors) error {
	w := d.words(c)
	base := v.personPath(k.Person)
	sealed, err := d.whoseField(v, whose{Person: k.Person, Wider: k.Wider, Form: "approval"})
	if err != nil {
		return err
	}
	id := form.Get("id")
	if id == "" {
		if id, err = d.newID(); err != nil {
			return err
		}
	}
	legend := func(key string) *ui.Fieldset {
		return &ui.Fieldset{Legend: ui.Legend{Text: w.Say(key), Classes: "govuk-fieldset__legend--m"}}
	}
	conditions := ui.Checkboxes{Name: "conditions", Values: form["conditions"], Fieldset: legend("approval.conditions"), Hint: &ui.Hint{Text: w.Say("approval.conditions.hint")}, ErrorMessage: wrong.At("conditions")}
	for _, one := range casework.Conditions() {
		conditions.Items = append(conditions.Items, ui.Item{Value: one, Text: w.Say("condition." + one)})
	}
	items := []ui.Component{
		sealed, ui.Hidden{Name: "id", Value: id},
		ui.Radios{Name: "kind", Value: form.Get("kind"), Fieldset: legend("approval.kind"), ErrorMessage: wrong.At("kind"), Items: []ui.Item{
			{Value: string(casework.Accommodation), Text: w.Say("kind.ACCOMMODATION")}, {Value: string(casework.Work), Text: w.Say("kind.WORK")},
		}},
		ui.Input{Name: "what", Value: form.Get("what"), Label: ui.Label{Text: w.Say("approval.what")}, Hint: &ui.Hint{Text: w.Say("approval.what.hint")}, ErrorMessage: wrong.At("what"), Autocomplete: "off"},
		dateInput(w, "until", w.Say("approval.until"), w.Say("approval.until.hint"), form, wrong.At("until-day")),
		conditions,
		ui.Input{Name: "phone", Value: form.Get("phone"), Type: "tel", Label: ui.Label{Text: w.Say("approval.phone")}, ErrorMessage: wrong.At("phone"), Autocomplete: "off", Classes: "govuk-input--width-20"},
		ui.Button{Text: w.Say("approval.button"), PreventDoubleClick: new(true)},
	}
	return d.write(c, v, http.StatusOK, ui.Page{
		Title: w.Say("approval.title"), Back: base + "/approvals", Errors: wrong, LanguagePath: base + "/approval",
		Content: []ui.Component{ui.P(w.Say("approval.for", "name", view.Case.Name)), ui.Form{Action: base + "/approval", CSRF: d.csrf(c), Items: items}},
	})
}

// PostApproval issues the approval. Sent twice, it is one: its reference was made with the form.
func (d *Door) PostApproval(c *gin.Context, v *visit) error {
	form, err := d.form(c)
	if err != nil {
		return err
	}
	k, view, err := d.about(c, v, "approval")
	if err != nil {
		return err
	}
	until, _ := readDate(form, "until")
	a := casework.Approval{
		Reference: v.reference(k.Person, form.Get("id")), Person: k.Person, Kind: casework.Kind(form.Get("kind")), What: form.Get("what"), Until: until,
		Conditions: form["conditions"], TeamPhone: form.Get("phone"),
	}
	if wrong := approvalMistakes(d.words(c), a, d.Casework.Today()); len(wrong) > 0 {
		return d.approvalPage(c, v, k, view, form, wrong)
	}
	if _, err := d.Casework.IssueApproval(c.Request.Context(), v.Staff, a); err != nil {
		return err
	}
	return redirect(c, v.personPath(k.Person)+"/approvals")
}

func approvalMistakes(w ui.Words, a casework.Approval, today credential.Date) (wrong ui.Errors) {
	fields := map[string]string{casework.FieldUntil: "until-day"}
	for _, name := range a.Mistakes(today) {
		wrong = append(wrong, ui.FieldError{Field: or(fields[name], name), Text: w.Say("approval.wrong." + name)})
	}
	return wrong
}

// reference names an approval. It depends on the visit, the person and the form alone: a form sent twice is one approval.
func (v *visit) reference(person, id string) string {
	return "APR-" + strings.ToUpper(hex.EncodeToString(v.derive("approval", person+"\x00"+id)[:8]))
}

func (d *Door) day(w ui.Words, day credential.Date) string {
	if day == (credential.Date{}) {
		return w.Say("licence.unknown")
	}
	return d.date(w, day)
}
