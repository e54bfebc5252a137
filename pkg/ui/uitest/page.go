package uitest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"justice-wallet/pkg/ui"
)

// CheckPage fails the test for everything that is wrong with a page that should be in the language l.
func CheckPage(t testing.TB, page []byte, l ui.Language) {
	t.Helper()
	for _, fault := range Faults(page, l) {
		t.Error(fault)
	}
}

// Faults lists what is wrong with a page that should be in the language l. It sees what can be seen without a browser;
// the numbers are success criteria of WCAG 2.2.
func Faults(page []byte, l ui.Language) []string {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return []string{"the page cannot be read: " + err.Error()}
	}
	d := document{root: root, ids: map[string]*html.Node{}}
	d.collectIDs()
	d.language(l)
	d.title(l)
	d.headings()
	d.landmarks()
	d.fields()
	d.names()
	d.references()
	d.summary()
	d.policy()
	d.leftovers()
	return d.faults
}

type document struct {
	root   *html.Node
	ids    map[string]*html.Node
	faults []string
}

func (d *document) fault(format string, args ...any) {
	d.faults = append(d.faults, fmt.Sprintf(format, args...))
}

// all lists the elements with one of the names; all of them without a name.
func all(root *html.Node, names ...string) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, n.Data)) {
			out = append(out, n)
		}
	}
	return out
}

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func attr(n *html.Node, name string) string {
	value, _ := lookup(n, name)
	return value
}

func hasClass(n *html.Node, class string) bool {
	return slices.Contains(strings.Fields(attr(n, "class")), class)
}

// text is what is read of n: its words, and what stands for its pictures.
func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.Type == html.ElementNode:
			b.WriteString(" " + attr(c, "alt") + " " + attr(c, "aria-label") + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func within(n *html.Node, name string) *html.Node {
	for a := range n.Ancestors() {
		if a.Type == html.ElementNode && a.Data == name {
			return a
		}
	}
	return nil
}

func describe(n *html.Node) string {
	var b strings.Builder
	if err := html.Render(&b, &html.Node{Type: html.ElementNode, Data: n.Data, Attr: n.Attr}); err != nil {
		return "<" + n.Data + ">"
	}
	return strings.TrimSuffix(b.String(), "</"+n.Data+">")
}

func (d *document) collectIDs() {
	for _, n := range all(d.root) {
		id, ok := lookup(n, "id")
		if !ok {
			continue
		}
		if d.ids[id] != nil {
			d.fault("the id %q is there twice", id)
		}
		if id == "" || strings.ContainsAny(id, " \t\n") {
			d.fault("%q is no id", id)
		}
		d.ids[id] = n
	}
}

// language: 3.1.1.
func (d *document) language(l ui.Language) {
	root := all(d.root, "html")[0]
	if got := attr(root, "lang"); got != string(l) {
		d.fault("the page is marked as %q, not %q", got, l)
	}
	if d.root.FirstChild == nil || d.root.FirstChild.Type != html.DoctypeNode {
		d.fault("the page has no doctype")
	}
}

// title: 2.4.2. A page on which something is to be put right says so first.
func (d *document) title(l ui.Language) {
	titles := all(all(d.root, "head")[0], "title")
	if len(titles) != 1 || text(titles[0]) == "" {
		d.fault("the page has no title")
		return
	}
	prefix := map[ui.Language]string{ui.English: "Error: ", ui.Cymraeg: "Gwall: "}[l]
	if wrong, said := len(d.summaries()) > 0, strings.HasPrefix(text(titles[0]), prefix); wrong != said {
		d.fault("the title %q and the error summary do not agree", text(titles[0]))
	}
}

// headings: 1.3.1, 2.4.6. The error summary's comes before the page's own.
func (d *document) headings() {
	if n := len(all(d.root, "h1")); n != 1 {
		d.fault("there are %d headings of level 1", n)
	}
	before := 1
	for _, h := range all(d.root, "h1", "h2", "h3", "h4", "h5", "h6") {
		level := int(h.Data[1] - '0')
		if level > before+1 {
			d.fault("a heading of level %d follows one of level %d: %q", level, before, text(h))
		}
		if text(h) == "" {
			d.fault("a heading is empty")
		}
		before = level
	}
}

// landmarks: 2.4.1.
func (d *document) landmarks() {
	if n := len(all(d.root, "main")); n != 1 {
		d.fault("there are %d main parts", n)
	}
	for _, n := range all(d.root, "a") {
		if hasClass(n, "govuk-skip-link") && d.ids[strings.TrimPrefix(attr(n, "href"), "#")] != nil {
			return
		}
	}
	d.fault("there is no link to skip to the content")
}

// fields: 1.3.1, 3.3.2, 4.1.2.
func (d *document) fields() {
	labelled := map[string]bool{}
	for _, label := range all(d.root, "label") {
		if labelled[attr(label, "for")] = text(label) != ""; text(label) == "" {
			d.fault("the label of %q is empty", attr(label, "for"))
		}
		if d.ids[attr(label, "for")] == nil {
			d.fault("a label is for %q, which is not there", attr(label, "for"))
		}
	}
	for _, n := range all(d.root, "input", "select", "textarea") {
		kind := attr(n, "type")
		if n.Data == "input" && slices.Contains([]string{"hidden", "submit", "button"}, kind) {
			continue
		}
		_, aria := lookup(n, "aria-label")
		_, by := lookup(n, "aria-labelledby")
		if !labelled[attr(n, "id")] && !aria && !by {
			d.fault("a field has no label: %s", describe(n))
		}
		if kind == "radio" || kind == "checkbox" && len(d.sameName(n)) > 1 {
			d.grouped(n)
		}
	}
	for _, n := range all(d.root, "fieldset") {
		if legends := all(n, "legend"); len(legends) == 0 || text(legends[0]) == "" {
			d.fault("a group of fields has no legend: %s", describe(n))
		}
	}
}

func (d *document) sameName(n *html.Node) []*html.Node {
	return slices.DeleteFunc(all(d.root, n.Data), func(o *html.Node) bool { return attr(o, "name") != attr(n, "name") })
}

func (d *document) grouped(n *html.Node) {
	if within(n, "fieldset") == nil {
		d.fault("a choice is in no group with a legend: %s", describe(n))
	}
}

// names: 1.1.1, 2.4.4, 4.1.2.
func (d *document) names() {
	for _, n := range all(d.root, "a", "button") {
		if text(n) == "" && attr(n, "aria-label") == "" {
			d.fault("a link or button has no name: %s", describe(n))
		}
		if href, ok := lookup(n, "href"); n.Data == "a" && (!ok || href == "" || href == "#") {
			d.fault("a link leads nowhere: %s %q", describe(n), text(n))
		}
	}
	for _, n := range all(d.root, "img") {
		if _, ok := lookup(n, "alt"); !ok {
			d.fault("a picture has no alt: %s", describe(n))
		}
	}
	for _, n := range all(d.root, "nav", "section") {
		if attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" {
			d.fault("a landmark has no name: %s", describe(n))
		}
	}
	for _, n := range all(d.root, "th") {
		if attr(n, "scope") == "" {
			d.fault("a heading of a table has no scope: %q", text(n))
		}
	}
}

// references: 1.3.1.
func (d *document) references() {
	for _, n := range all(d.root) {
		for _, name := range []string{"aria-describedby", "aria-labelledby", "aria-controls", "data-aria-controls"} {
			for _, id := range strings.Fields(attr(n, name)) {
				if d.ids[id] == nil {
					d.fault("%s names %q, which is not there", name, id)
				}
			}
		}
		if index := attr(n, "tabindex"); index != "" && index != "0" && index != "-1" {
			d.fault("tabindex %s breaks the order of the page", index)
		}
	}
}

func (d *document) summaries() []*html.Node {
	return slices.DeleteFunc(all(d.root, "div"), func(n *html.Node) bool { return !hasClass(n, "govuk-error-summary") })
}

// summary: 3.3.1. Each line leads to the field, which says the same.
func (d *document) summary() {
	for _, s := range d.summaries() {
		for _, a := range all(s, "a") {
			id, local := strings.CutPrefix(attr(a, "href"), "#")
			switch target := d.ids[id]; {
			case !local || target == nil:
				d.fault("the error %q leads to %q, which is not there", text(a), attr(a, "href"))
			case !slices.Contains([]string{"input", "select", "textarea", "button", "a"}, target.Data):
				d.fault("the error %q leads to a %s, which takes no answer", text(a), target.Data)
			}
		}
		for n := range s.Ancestors() {
			if n.Data == "main" {
				d.first(n, s)
			}
		}
	}
}

func (d *document) first(main, summary *html.Node) {
	for n := range main.Descendants() {
		if n == summary {
			return
		}
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			d.fault("the error summary is not first: %q is", strings.TrimSpace(n.Data))
			return
		}
	}
}

// policy: what the Content-Security-Policy of every page refuses.
func (d *document) policy() {
	for _, n := range all(d.root) {
		for _, a := range n.Attr {
			switch value := strings.ToLower(strings.TrimSpace(a.Val)); {
			case a.Key == "style", strings.HasPrefix(a.Key, "on"):
				d.fault("%s is written into the page: %s", a.Key, describe(n))
			case slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key) && strings.HasPrefix(value, "javascript:"):
				d.fault("an address is a script: %s", describe(n))
			}
		}
		switch src, _ := lookup(n, "src"); {
		case n.Data == "style", n.Data == "script" && src == "":
			d.fault("a %s is written into the page", n.Data)
		case n.Data == "form" && attr(n, "method") == "":
			d.fault("a form does not say how it is sent: %s", describe(n))
		}
	}
}

var unfilled = regexp.MustCompile(`\{[a-z_]+\}`)

// leftovers: what a template or a message leaves when it was not filled in.
func (d *document) leftovers() {
	for n := range d.root.Descendants() {
		values := []string{n.Data}
		for _, a := range n.Attr {
			values = append(values, a.Val)
		}
		for _, v := range values {
			if strings.Contains(v, "ZgotmplZ") || n.Type != html.ElementNode && unfilled.MatchString(v) {
				d.fault("something was not filled in: %q", v)
			}
		}
	}
}
