package desk

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/ui"
)

// text returns the words of a file in a language.
func text(w ui.Words, t document.Text) string {
	if w.Language() == ui.Cymraeg {
		return t.CY
	}
	return t.EN
}

// element finds an element of a document; a JWT names none of its namespaces.
func element(doc *document.Document, e credential.Element) document.Element {
	for _, one := range doc.Elements {
		if one.Name == e.Name && (e.Namespace == "" || one.Namespace == e.Namespace) {
			return one
		}
	}
	return document.Element{}
}

// value says what an element states, in the words of the page's language where they are ours to choose.
func value(w ui.Words, of document.Element, v any) template.HTML {
	if fixed, ok := of.Const.(string); ok && fixed == v && w.Language() != ui.English {
		return template.HTML(`<span lang="en">` + template.HTMLEscapeString(fixed) + `</span>`) // escaped
	}
	return template.HTML(template.HTMLEscapeString(plain(w, of.Shape, v))) // escaped
}

func plain(w ui.Words, s document.Shape, v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return w.Say("value.yes")
		}
		return w.Say("value.no")
	case int64:
		return strconv.FormatInt(v, 10)
	case credential.Date:
		return w.Date(v.Time(ui.London()))
	case time.Time:
		return w.Date(v)
	case string:
		if key := "value." + v; s.Enum != nil && w.Has(key) {
			return w.Say(key)
		}
		return v
	case []any:
		var inner document.Shape
		if s.Items != nil {
			inner = *s.Items
		}
		words := make([]string, len(v))
		for i, item := range v {
			words[i] = plain(w, inner, item)
		}
		return strings.Join(words, ", ")
	}
	return w.Say("value.other")
}
