package letter

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/ui"
)

//go:embed messages.yaml
var messages []byte

// Messages are the words of the pages.
func Messages() (*ui.Messages, error) { return ui.ParseMessages(messages) }

// Paths of the pages.
const (
	Path       = "/letter"
	CheckPath  = "/letter/check"
	KeysPath   = "/letter/keys"
	StatusPath = "/letter/status"
)

// List is a status list, whole.
type List struct {
	URI  string
	List *statuslist.List
}

// Lists are all status lists there are, whichever letter is checked. Those that cannot be had are left out.
type Lists interface {
	Lists(ctx context.Context) []List
}

// Options are all required.
type Options struct {
	Checker Checker
	Lists   Lists
	Assets  *ui.Assets
	Phone   string // the line that confirms a letter by its code
}

// Pages check letters. Safe for concurrent use.
type Pages struct {
	Options
	shell *ui.Shell
}

// New returns pages.
func New(o Options) (*Pages, error) {
	if o.Checker.Keys == nil || o.Checker.Status == nil || o.Checker.Now == nil || o.Lists == nil || o.Phone == "" {
		return nil, errors.New("checking letters needs keys, status, a clock, lists and a phone line")
	}
	m, err := Messages()
	if err != nil {
		return nil, err
	}
	shell, err := ui.NewShell(ui.ShellOptions{Assets: o.Assets, Messages: m, ServiceKey: "service", ServiceURL: Path})
	if err != nil {
		return nil, err
	}
	return &Pages{o, shell}, nil
}

// Get is the page that a letter's code opens. It holds nothing of the letter.
func (p *Pages) Get(c *gin.Context) error {
	return p.ask(c, http.StatusOK, nil)
}

func (p *Pages) ask(c *gin.Context, status int, mistakes ui.Errors) error {
	w := p.shell.Words(c.Request)
	words, err := json.Marshal(p.script(w))
	if err != nil {
		return fmt.Errorf("write words: %w", err)
	}
	form := ui.Form{Action: CheckPath, Items: []ui.Component{
		ui.Textarea{
			ID: "letter", Name: "letter", Rows: 4, Autocomplete: "off", Spellcheck: new(false), ErrorMessage: mistakes.At("letter"),
			Label: ui.Label{Text: w.Say("paste.label")}, Hint: &ui.Hint{Text: w.Say("paste.hint")},
		},
		ui.Button{Text: w.Say("paste.button")},
	}}
	return p.shell.Write(c.Writer, c.Request, status, ui.Page{
		Title: w.Say("title"), Errors: mistakes, Cacheable: len(mistakes) == 0, LanguagePath: Path, Scripts: []string{"letter.js"},
		Content: []ui.Component{ui.Section{
			ID:   "letter-check",
			Data: ui.Attributes{"data-words": string(words), "data-keys": KeysPath, "data-status": StatusPath, "data-page": Path},
			Items: []ui.Component{
				ui.P(w.Say("scan")), ui.WarningText{Text: w.Say("person")},
				ui.H2(w.Say("paste.title")), ui.P(w.Say("paste.text")), form,
				ui.H2(w.Say("code.title")), ui.P(w.Say("code.text", "phone", p.Phone)),
			},
		}},
	})
}

// PostCheck checks for a browser that cannot. The letter is in the body, and is kept nowhere.
func (p *Pages) PostCheck(c *gin.Context) error {
	form, err := httpserver.ReadForm(c)
	if err != nil {
		return err
	}
	text, err := token(form.Get("letter"))
	if err != nil {
		w := p.shell.Words(c.Request)
		return p.ask(c, http.StatusBadRequest, ui.Errors{{Field: "letter", Text: w.Say("paste.error")}})
	}
	return p.show(c, p.Checker.Check(c.Request.Context(), text))
}

// GetCheck is asked for by whoever comes back to the result, which is not kept.
func (p *Pages) GetCheck(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, Path)
	return nil
}

func (p *Pages) show(c *gin.Context, r Result) error {
	w := p.shell.Words(c.Request)
	outcome := string(r.Outcome)
	content := []ui.Component{ui.P(p.body(w, r.Outcome))}
	if r.Outcome == Valid {
		content = append(content, facts(w, r.Letter), ui.InsetText{Text: w.Say("person")})
	}
	content = append(content,
		ui.P(w.Say("checked", "time", w.Time(r.Checked), "date", w.Date(r.Checked))),
		ui.PHTML(ui.Link(w.Say("again"), Path)))
	return p.shell.Write(c.Writer, c.Request, http.StatusOK, ui.Page{
		Title: w.Say("outcome." + outcome + ".heading"), LanguagePath: Path, Content: content,
	})
}

// body is what an outcome means. Where we could not tell, the line can.
func (p *Pages) body(w ui.Words, o Outcome) string {
	key := "outcome." + string(o) + ".body"
	if o == StatusUnknown || o == CouldNotCheck {
		return w.Say(key, "phone", p.Phone)
	}
	return w.Say(key)
}

func facts(w ui.Words, l letter.Letter) ui.Component {
	var list ui.SummaryList
	row := func(key, value string) {
		list.Rows = append(list.Rows, ui.SummaryRow{Key: ui.Cell{Text: key}, Value: ui.Cell{Text: value}})
	}
	for _, e := range l.Elements {
		row(w.Say("fact."+e.Name), say(w, e.Value))
	}
	row(w.Say("until"), w.Date(l.Expires))
	row(w.Say("code"), letter.GroupCode(l.Code))
	return list
}

func say(w ui.Words, v any) string {
	switch v := v.(type) {
	case bool:
		return w.Say("value.yes")
	case credential.Date:
		return w.Date(v.Time(time.UTC).Add(12 * time.Hour)) // noon is that day in London, too
	case string:
		if key := "value." + v; w.Has(key) {
			return w.Say(key)
		}
		return v
	}
	return ""
}

// script is what the page's script says, so that both say the same.
func (p *Pages) script(w ui.Words) map[string]any {
	outcomes, values, forms := map[string]any{}, map[string]string{}, map[string]any{}
	for _, o := range Outcomes() {
		key := "outcome." + string(o)
		outcomes[string(o)] = map[string]string{"heading": w.Say(key + ".heading"), "body": p.body(w, o)}
	}
	for _, v := range []string{"ACCOMMODATION", "WORK"} {
		values[v] = w.Say("value." + v)
	}
	for _, form := range letter.Forms() {
		var elements []any
		for _, e := range form.Elements {
			elements = append(elements, map[string]any{"label": w.Say("fact." + e.Name), "shape": e.Shape, "max": e.Max, "optional": e.Optional})
		}
		forms[string(form.Kind)] = elements
	}
	var months []string
	for m := time.January; m <= time.December; m++ {
		months = append(months, w.Month(m))
	}
	return map[string]any{
		"outcomes": outcomes, "values": values, "forms": forms, "months": months, "yes": w.Say("value.yes"), "person": w.Say("person"),
		"until": w.Say("until"), "code": w.Say("code"), "again": w.Say("again"), "checked": w.Say("checked", "time", "{time}", "date", "{date}"),
	}
}

type keyJSON struct {
	KeyID string `json:"kid"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

type issuerJSON struct {
	Issuer string    `json:"issuer"`
	Keys   []keyJSON `json:"keys"`
}

// GetKeys is every key of every issuer of letters.
func (p *Pages) GetKeys(c *gin.Context) error {
	all, err := p.Checker.Keys.Of(c.Request.Context())
	if err != nil {
		return unavailable(err)
	}
	out := []issuerJSON{}
	for _, issuer := range slices.Sorted(maps.Keys(all)) {
		of := issuerJSON{issuer, []keyJSON{}}
		for _, id := range slices.Sorted(maps.Keys(all[issuer])) {
			jwk, err := jose.NewPublicJWK(all[issuer][id], id)
			if err != nil {
				return err
			}
			of.Keys = append(of.Keys, keyJSON{id, jwk.X, jwk.Y})
		}
		out = append(out, of)
	}
	c.JSON(http.StatusOK, map[string]any{"issuers": out})
	return nil
}

type listJSON struct {
	URI  string `json:"uri"`
	Bits int    `json:"bits"`
	List string `json:"lst"`
}

// GetStatus is every status list, whole, and the time: a phone's own clock may be wrong.
func (p *Pages) GetStatus(c *gin.Context) error {
	out := []listJSON{}
	for _, l := range p.Lists.Lists(c.Request.Context()) {
		claim, err := l.List.EncodeToken()
		if err != nil {
			return err
		}
		out = append(out, listJSON{l.URI, claim.Bits, claim.List})
	}
	c.JSON(http.StatusOK, map[string]any{"now": p.Checker.Now().Unix(), "lists": out})
	return nil
}

// Error answers with a page.
func (p *Pages) Error(c *gin.Context, status int, _ error) {
	w := p.shell.Words(c.Request)
	page := ui.Page{Title: w.Say("error.title"), LanguagePath: Path, Content: []ui.Component{ui.P(w.Say("error.text")), ui.PHTML(ui.Link(w.Say("again"), Path))}}
	if err := p.shell.Write(c.Writer, c.Request, status, page); err != nil {
		c.Status(status)
	}
}
