package ui

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Component is a component of the GOV.UK Design System, or a piece of typography. Its text is escaped; its HTML is not.
type Component interface{ HTML() template.HTML }

// speaker is a component that says words of its own: told the language, it returns itself saying them in it.
type speaker interface{ speak(Words) Component }

// Join puts components one after the other.
func Join(cs ...Component) template.HTML {
	var b strings.Builder
	for _, c := range cs {
		b.WriteString(string(c.HTML()))
		b.WriteByte('\n')
	}
	return template.HTML(b.String()) // each component is HTML already
}

// Join puts components one after the other, with their own words in the language of w.
func (w Words) Join(cs ...Component) template.HTML { return Join(w.speak(cs)...) }

func (w Words) speak(cs []Component) []Component {
	out := make([]Component, len(cs))
	for i, c := range cs {
		out[i] = c
		if s, ok := c.(speaker); ok {
			out[i] = s.speak(w)
		}
	}
	return out
}

// or is what was given, or else what is usual.
func or[T comparable](given, usual T) T {
	var zero T
	if given == zero {
		return usual
	}
	return given
}

// Attributes are attributes added to an element, by name.
type Attributes map[string]string

var attributeName = regexp.MustCompile(`^[a-z][a-z0-9.-]*$`)

// attributes writes a, in the order of the names. Names come from the program alone; handlers and styles are no names, for
// the policy of every page forbids them.
func attributes(a Attributes) template.HTMLAttr {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if !attributeName.MatchString(name) || strings.HasPrefix(name, "on") || name == "style" {
			panic(fmt.Sprintf("ui: %q is no attribute of a page", name))
		}
		fmt.Fprintf(&b, ` %s="%s"`, name, template.HTMLEscapeString(a[name]))
	}
	return template.HTMLAttr(b.String()) // names are checked and values escaped
}

// schemes lists what a link may lead to. The wallets' own are links to the app on this phone.
var schemes = []string{"", "http", "https", "mailto", "tel", "openid4vp", "mdoc-openid4vp", "openid-credential-offer"}

// link makes an address safe to be followed: one of any other kind leads nowhere.
func link(s string) template.URL {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		return "#"
	}
	return template.URL(s) // its scheme is on the list
}

// source makes the address of an image safe: ours, or a PNG within the page.
func source(s string) template.URL {
	if strings.HasPrefix(s, "data:image/png;base64,") || strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") {
		return template.URL(s) // checked
	}
	return "#"
}

// content is HTML when there is any, else text.
func content(text string, html template.HTML) template.HTML {
	if html != "" {
		return html
	}
	return template.HTML(template.HTMLEscapeString(text)) // escaped
}

// classes joins the names of classes.
func classes(names ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "" }), " ")
}

// given says whether an item says anything. One that does not is left out, but counted: so an item can be left out of a
// list without renaming those after it.
func given(item any) bool { return !reflect.ValueOf(item).IsZero() }

// when is s if the condition holds.
func when(condition bool, s string) string {
	if condition {
		return s
	}
	return ""
}

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"attributes": attributes, "link": link, "source": source, "content": content, "classes": classes, "when": when, "or": or[string], "given": given,
}).ParseFS(templateFiles, "templates/*.html"))

// render fills in the template of a component. It cannot fail on any value of the component's type: if it does, the
// template is wrong.
func render(name string, data any) template.HTML {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic("ui: " + err.Error())
	}
	return template.HTML(b.String()) // html/template escaped it
}
