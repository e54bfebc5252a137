package ui

import (
	"html/template"
)

// Raw is HTML that is safe as it stands.
type Raw template.HTML

// HTML returns r.
func (r Raw) HTML() template.HTML { return template.HTML(r) }

// Heading is a heading of a page.
type Heading struct {
	Level   int // 1 to 4; 2 when nothing is said
	Text    string
	Size    string // "xl", "l", "m" or "s": by the level when nothing is said
	ID      string
	Caption string // set small above the words
}

// HTML renders the heading.
func (h Heading) HTML() template.HTML {
	h.Level = or(h.Level, 2)
	h.Size = or(h.Size, map[int]string{1: "l", 2: "m"}[h.Level])
	h.Size = or(h.Size, "s")
	return render("heading", h)
}

// H1 is the heading of the page.
func H1(text string) Component { return Heading{Level: 1, Text: text} }

// H2 is the heading of a part.
func H2(text string) Component { return Heading{Level: 2, Text: text} }

// H3 is the heading of a part of a part.
func H3(text string) Component { return Heading{Level: 3, Text: text} }

type paragraph struct {
	Html  template.HTML
	Class string
}

func (p paragraph) HTML() template.HTML { return render("paragraph", p) }

// P is a paragraph.
func P(text string) Component { return paragraph{content(text, ""), "govuk-body"} }

// PHTML is a paragraph with links or emphasis in it.
func PHTML(html template.HTML) Component { return paragraph{html, "govuk-body"} }

// Lead is the first paragraph of a page.
func Lead(text string) Component { return paragraph{content(text, ""), "govuk-body-l"} }

type list struct {
	Items   []template.HTML
	Ordered bool
}

func (l list) HTML() template.HTML { return render("list", l) }

func listOf(ordered bool, items []string) Component {
	l := list{Ordered: ordered}
	for _, item := range items {
		l.Items = append(l.Items, content(item, ""))
	}
	return l
}

// Bullets is a list without an order.
func Bullets(items ...string) Component { return listOf(false, items) }

// BulletsHTML is a list without an order, of items with links or emphasis in them.
func BulletsHTML(items ...template.HTML) Component { return list{Items: items} }

// Numbers is a list in order.
func Numbers(items ...string) Component { return listOf(true, items) }

// NumbersHTML is a list in order, of items with links or emphasis in them.
func NumbersHTML(items ...template.HTML) Component { return list{Items: items, Ordered: true} }

// Link is a link, to be put into a paragraph.
func Link(text, href string) template.HTML {
	return render("link", struct{ Text, Href string }{text, href})
}

// Strong is text that matters more.
func Strong(text string) template.HTML { return "<strong>" + content(text, "") + "</strong>" }

// Image is a picture, of ours or within the page. Its text says what it shows; it has none only when the words beside it do.
type Image struct {
	Src, Alt, Classes string
	Width, Height     int
}

// HTML renders the picture.
func (i Image) HTML() template.HTML { return render("image", i) }

// Form sends what was typed to Action. It carries the token that tells our own forms from those of other sites.
type Form struct {
	Action, CSRF, ID string
	Items            []Component
	Upload           bool // it sends a file
}

// HTML renders the form.
func (f Form) HTML() template.HTML { return render("form", f) }

// Content is what is in the form.
func (f Form) Content() template.HTML { return Join(f.Items...) }

func (f Form) speak(w Words) Component {
	f.Items = w.speak(f.Items)
	return f
}

// CSRFField is the name of the field that carries a form's token.
const CSRFField = "_csrf"

// CSRFName is CSRFField, for the template.
func (Form) CSRFName() string { return CSRFField }

// Hidden is a value that a form sends without showing it.
type Hidden struct{ Name, Value string }

// HTML renders the value.
func (h Hidden) HTML() template.HTML { return render("hidden", h) }

// Section is a part of a page, to be linked to or replaced. Live parts are read out when they change.
type Section struct {
	ID, Classes string
	Live        bool
	Data        Attributes // what a script of ours reads
	Items       []Component
}

// HTML renders the part.
func (s Section) HTML() template.HTML { return render("section", s) }

// Content is what is in the part.
func (s Section) Content() template.HTML { return Join(s.Items...) }

func (s Section) speak(w Words) Component {
	s.Items = w.speak(s.Items)
	return s
}

// ButtonGroup is a row of buttons and links.
type ButtonGroup struct{ Items []Component }

// HTML renders the row.
func (b ButtonGroup) HTML() template.HTML { return render("button-group", b) }

// Content is what is in the row.
func (b ButtonGroup) Content() template.HTML { return Join(b.Items...) }

func (b ButtonGroup) speak(w Words) Component {
	b.Items = w.speak(b.Items)
	return b
}
