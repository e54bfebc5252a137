package holder

import (
	"html/template"

	"justice-wallet/pkg/ui"
)

// legend makes a question the heading of its page.
func legend(text string) *ui.Fieldset {
	return &ui.Fieldset{Legend: ui.Legend{Text: text, IsPageHeading: true, Classes: "govuk-fieldset__legend--l"}}
}

func hint(text string) *ui.Hint {
	if text == "" {
		return nil
	}
	return &ui.Hint{Text: text}
}

// english marks words that are English on a page that is not (WCAG 2.2, 3.1.2).
func english(text string) template.HTML {
	return template.HTML(`<span lang="en">` + template.HTMLEscapeString(text) + `</span>`) // escaped
}

// withoutScript is there for browsers that run no scripts.
func withoutScript(c ui.Component) ui.Component {
	return ui.Raw("<noscript>" + c.HTML() + "</noscript>")
}

// copyBox holds a link to be copied by hand.
func copyBox(label, link string) ui.Component {
	return ui.Textarea{
		ID: "link", Name: "link", Value: link, Rows: 6, Label: ui.Label{Text: label}, Spellcheck: new(false),
		Attributes: ui.Attributes{"readonly": "readonly"},
	}
}

// enum says a word of a document's list. A word of another department's document has no message: its own letters are
// the best there is.
func enum(w ui.Words, word string) string {
	if key := "value." + word; w.Has(key) {
		return w.Say(key)
	}
	return word
}
