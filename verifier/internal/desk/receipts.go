package desk

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/receipt"
	"justice-wallet/pkg/ui"
)

// GetReceipts asks for the number of a receipt. Whoever has it may see that there was a check, and so nobody signs in.
func (d *Door) GetReceipts(c *gin.Context) error {
	return d.write(c, http.StatusOK, d.receiptsPage(d.words(c), "", ""))
}

var receiptForm = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`)

// misread undoes what Crockford's alphabet leaves out because people misread it.
var misread = strings.NewReplacer(" ", "", "-", "", "I", "1", "L", "1", "O", "0")

// maxTyped is what is shown again of what was typed, in bytes.
const maxTyped = 100

// PostReceipts looks a receipt up. The number is in no address. It changes nothing, and so the form needs no token.
func (d *Door) PostReceipts(c *gin.Context) error {
	form, err := httpserver.ReadForm(c)
	if err != nil {
		return err
	}
	typed, w := form.Get("receipt"), d.words(c)
	if len(typed) > maxTyped {
		typed = strings.ToValidUTF8(typed[:maxTyped], "")
	}
	id := misread.Replace(strings.ToUpper(typed))
	if !receiptForm.MatchString(id) {
		return d.write(c, http.StatusBadRequest, d.receiptsPage(w, typed, "receipts.error.form"))
	}
	found, ok, err := d.Receipts.FindReceipt(c.Request.Context(), id)
	if err != nil {
		return err
	}
	if !ok {
		return d.write(c, http.StatusNotFound, d.receiptsPage(w, typed, "receipts.error.none"))
	}
	return d.write(c, http.StatusOK, d.receiptPage(w, found))
}

func (d *Door) receiptsPage(w ui.Words, typed, mistake string) ui.Page {
	p := ui.Page{Title: w.Say("receipts.title"), LanguagePath: pathReceipts}
	input := ui.Input{
		ID: "receipt", Name: "receipt", Value: typed, Label: ui.Label{Text: w.Say("receipts.label")}, Hint: &ui.Hint{Text: w.Say("receipts.hint")},
		Autocomplete: "off", Spellcheck: new(false), Classes: "govuk-input--width-30",
	}
	if mistake != "" {
		p.Errors = ui.Errors{{Field: "receipt", Text: w.Say(mistake)}}
		input.ErrorMessage = p.Errors.At("receipt")
	}
	p.Content = []ui.Component{ui.P(w.Say("receipts.text")), ui.Form{Action: pathReceipts, Items: []ui.Component{input, ui.Button{Text: w.Say("receipts.button")}}}}
	return p
}

func (d *Door) receiptPage(w ui.Words, r receipt.Receipt) ui.Page {
	title := r.Purpose // of a register that has changed since
	for _, o := range d.Register.Organisations() {
		for _, row := range d.Register.Of(o.Type) {
			if row.ID == r.Purpose {
				title = text(w, row.Title)
			}
		}
	}
	return ui.Page{Title: w.Say("receipt.title"), Back: pathReceipts, LanguagePath: pathReceipts, Content: []ui.Component{
		ui.SummaryList{Rows: []ui.SummaryRow{
			ui.Row(w.Say("receipt.purpose"), title),
			ui.Row(w.Say("receipt.outcome"), w.Say("receipt.outcome."+string(r.Outcome))),
			ui.Row(w.Say("receipt.when"), w.Say("receipt.hour", "time", w.Time(r.Hour), "date", w.Date(r.Hour))),
		}},
		ui.P(w.Say("receipt.all")),
	}}
}
