package letters

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	qrcode "github.com/skip2/go-qrcode"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

//go:embed messages.yaml
var messages []byte

// Messages are the words of a printed letter.
func Messages() (*ui.Messages, error) { return ui.ParseMessages(messages) }

// PageOptions are all required.
type PageOptions struct {
	Assets    *ui.Assets
	Sessions  *session.Manager
	Maker     Maker
	Documents issuance.LetterDocuments
	Phone     string // the line that confirms a letter by its code
	Page      string // URL of the page that checks letters
	Rand      io.Reader
}

// Pages print letters. A door mounts them where its people are: <prefix>/letters/:handle and <prefix>/letters/:handle/code.svg.
type Pages struct {
	PageOptions
	shell *ui.Shell
}

// NewPages returns pages.
func NewPages(o PageOptions) (*Pages, error) {
	if o.Sessions == nil || o.Maker == nil || o.Documents == nil || o.Phone == "" || o.Page == "" || o.Rand == nil {
		return nil, errors.New("printed letters need sessions, a maker, documents, a phone line, the page that checks them, and randomness")
	}
	m, err := Messages()
	if err != nil {
		return nil, err
	}
	shell, err := ui.NewShell(ui.ShellOptions{Assets: o.Assets, Messages: m, ServiceKey: "service", ServiceURL: "/"})
	if err != nil {
		return nil, err
	}
	return &Pages{o, shell}, nil
}

// Printing is one letter, as it is to be printed.
type Printing struct {
	ID       string      `json:"id"` // of the letter
	Large    bool        `json:"large"`
	Language ui.Language `json:"language"` // the reader's, which need not be the officer's
	Address  []string    `json:"address"`
	Back     string      `json:"back"` // where the door goes on
}

const (
	sessionKey = "letters"
	mostKept   = 10 // letters of one visit that can be printed again
)

type granted struct {
	Handle   string   `json:"handle"`
	Printing Printing `json:"printing"`
}

// Grant lets the visit that s is print a letter, and returns the last part of its address. The caller saves the session.
func (p *Pages) Grant(s *session.Session, what Printing) (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(p.Rand, b); err != nil {
		return "", fmt.Errorf("name letter: %w", err)
	}
	var kept []granted
	s.Load(sessionKey, &kept)
	kept = append(kept, granted{fmt.Sprintf("%x", b), what})
	if len(kept) > mostKept {
		kept = kept[len(kept)-mostKept:]
	}
	return fmt.Sprintf("%x", b), s.Keep(sessionKey, kept)
}

// find opens the letter that the address names in this visit.
func (p *Pages) find(c *gin.Context) (Printing, issuance.IssuedLetter, error) {
	s, err := p.Sessions.Open(c.Request.Context(), c.Request)
	if err != nil {
		return Printing{}, issuance.IssuedLetter{}, err
	}
	var kept []granted
	s.Load(sessionKey, &kept)
	for _, g := range kept {
		if g.Handle == c.Param("handle") {
			l, err := p.Maker.Open(c.Request.Context(), g.Printing.ID)
			return g.Printing, l, err
		}
	}
	return Printing{}, issuance.IssuedLetter{}, fault.New(fault.NotFound, issuance.CodeLetterGone, "")
}

// Get is the printed letter.
func (p *Pages) Get(c *gin.Context) error {
	how, l, err := p.find(c)
	if err != nil {
		return err
	}
	doc, form, err := p.form(l.Letter)
	if err != nil {
		return err
	}
	// The letter speaks the language of its reader, whatever the officer's is.
	r := c.Request.Clone(c.Request.Context())
	r.Header.Set("Cookie", "lang="+string(how.Language))
	r.URL.RawQuery = ""
	page := p.page(p.shell.Words(r), c.Request.URL.Path+"/code.svg", how, l.Letter, doc, form)
	return p.shell.Write(c.Writer, r, http.StatusOK, page)
}

func (p *Pages) form(l letter.Letter) (*document.Document, letter.Form, error) {
	form, ok := letter.FormOf(l.Kind)
	doc, served := p.Documents.ByType(form.Document)
	if !ok || !served {
		return nil, form, fault.New(fault.NotFound, issuance.CodeNoSuchLetter, "")
	}
	return doc, form, nil
}

// GetCode is the letter's QR code, as a drawing that prints sharply at any size.
func (p *Pages) GetCode(c *gin.Context) error {
	_, l, err := p.find(c)
	if err != nil {
		return err
	}
	svg, err := drawCode(l.Link)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Data(http.StatusOK, "image/svg+xml", svg)
	return nil
}

// drawCode draws a QR code at level M: a fold or a stain costs it nothing.
func drawCode(link string) ([]byte, error) {
	code, err := qrcode.New(link, qrcode.Medium)
	if err != nil {
		return nil, errors.New("draw code: the link is too long") // the cause would quote it
	}
	bits := code.Bitmap() // with a quiet zone of four modules
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, len(bits))
	for y, row := range bits {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1H%dz", from, y, x-from, from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String()), nil
}

// page is the letter on A4.
func (p *Pages) page(w ui.Words, code string, how Printing, l letter.Letter, doc *document.Document, form letter.Form) ui.Page {
	classes := "app-letter"
	if how.Large {
		classes += " app-letter--large"
	}
	var items []ui.Component
	if len(how.Address) > 0 {
		items = append(items, ui.Section{Classes: "app-letter-address", Items: lines(how.Address)})
	}
	items = append(items,
		ui.P(w.Date(l.Issued)),
		ui.H1(w.Say("title")),
		ui.P(w.Say("says."+string(l.Kind))),
		facts(w, l, doc, form),
		ui.PHTML(ui.Strong(w.Say("until", "date", w.Date(l.Expires)))),
		ui.H2(w.Say("check.title")),
		ui.Image{Src: code, Alt: w.Say("code.alt"), Classes: "app-letter-code"},
		ui.Numbers(w.Say("check.1"), w.Say("check.2", "address", p.Page), w.Say("check.3")),
		ui.P(w.Say("check.phone", "phone", p.Phone)),
		ui.PHTML(ui.Strong(w.Say("code", "code", letter.GroupCode(l.Code)))),
		ui.H2(w.Say("limits.title")),
		ui.Bullets(w.Say("limits.person"), w.Say("limits.only"), w.Say("limits.ended")),
		ui.H2(w.Say("yours.title")),
		ui.P(w.Say("yours.text")),
	)
	content := []ui.Component{ui.Section{Classes: classes, Items: items}}
	if how.Back != "" {
		content = append(content, ui.Section{Classes: "app-no-print", Items: []ui.Component{
			ui.P(w.Say("print.how")), ui.PHTML(ui.Link(w.Say("print.back"), how.Back)),
		}})
	}
	return ui.Page{Title: w.Say("title"), Wide: true, Print: true, Content: content}
}

func lines(all []string) []ui.Component {
	var out []ui.Component
	for _, line := range all {
		out = append(out, ui.P(line))
	}
	return out
}

// facts lists what the letter says, in the words of the document.
func facts(w ui.Words, l letter.Letter, doc *document.Document, form letter.Form) ui.Component {
	var list ui.SummaryList
	for _, want := range form.Elements {
		v := l.Value(want.Name)
		if v == nil {
			continue
		}
		name := want.Name
		if e, ok := doc.Element(want.Namespace, want.Name); ok {
			if name = e.Display.EN; w.Language() == ui.Cymraeg {
				name = e.Display.CY
			}
		}
		list.Rows = append(list.Rows, ui.SummaryRow{Key: ui.Cell{Text: name}, Value: ui.Cell{Text: say(w, v)}})
	}
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
