// Package ui is what people see: the components of the GOV.UK Design System as Go templates, the frame of a page, and the
// words of both languages. A page works without JavaScript and holds no script or style of its own; every message exists in
// English and in Welsh; whatever a component says without being told, it says in the language of the page.
package ui

import (
	"net/http"
)

// Language is a language people can read our pages in.
type Language string

// The two languages of the service.
const (
	English Language = "en"
	Cymraeg Language = "cy"
)

// languageName is the name of the parameter and of the cookie that carry the choice of a language.
const languageName = "lang"

// ParseLanguage reads the code of a language.
func ParseLanguage(s string) (Language, bool) {
	switch l := Language(s); l {
	case English, Cymraeg:
		return l, true
	}
	return "", false
}

// chosen is the language that the address asks for.
func chosen(r *http.Request) (Language, bool) { return ParseLanguage(r.URL.Query().Get(languageName)) }

// LanguageOf is the language of the answer to r: the one its address asks for, else the one chosen before, else English.
func LanguageOf(r *http.Request) Language {
	if l, ok := chosen(r); ok {
		return l
	}
	if c, err := r.Cookie(languageName); err == nil {
		if l, ok := ParseLanguage(c.Value); ok {
			return l
		}
	}
	return English
}
