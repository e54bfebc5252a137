package leaks

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"justice-wallet/pkg/ui/uitest"
)

// Canaries are what is known of synthetic people, and where it may not stand.
type Canaries struct {
	Unsaid  []string // offences, prisons, conditions about others: nowhere
	Numbers []string // of people, and reasons why documents ended: on pages for staff alone
	Names   []string // names and accounts: on pages alone, for a page may name whose it is
	Said    []string // phrases that are said all the same
}

// token is a signed token, whose letters say something once they are decoded.
var token = regexp.MustCompile(`eyJ[\w-]+\.eyJ[\w-]+`)

// offered is the link of an offer, whose letters could spell anything until they are decoded.
var offered = regexp.MustCompile(`credential_offer=[^"<&]*`)

// reserved ends the names of machines that are nobody's (RFC 2606), and is the name of one of ours.
const reserved = ".example"

// In lists what e says that it may not, signed tokens decoded.
func (c Canaries) In(e Entry) []string {
	texts := []string{e.Text}
	var out []string
	for _, jwt := range token.FindAllString(e.Text, -1) {
		for _, part := range strings.Split(jwt, ".") {
			said, err := base64.RawURLEncoding.DecodeString(part)
			if err != nil {
				out = append(out, "a token that cannot be read")
			}
			texts = append(texts, string(said))
		}
	}
	for _, text := range texts {
		out = append(out, c.in(e.Kind, text)...)
	}
	return out
}

func (c Canaries) in(kind, text string) []string {
	words := c.Unsaid
	if kind != StaffPage {
		words = slices.Concat(words, c.Numbers)
	}
	if kind != StaffPage && kind != Page {
		words = slices.Concat(words, c.Names)
	}
	out := Holds(strings.ReplaceAll(text, reserved, ""), words)
	if kind != StaffPage {
		out = append(out, uitest.NeverShown(offered.ReplaceAllString(text, ""), c.Said...)...)
	}
	return out
}

// Holds lists the words that text holds, whatever their case.
func Holds(text string, words []string) []string {
	text = strings.ToLower(text)
	var out []string
	for _, w := range words {
		if contains(text, strings.ToLower(w)) {
			out = append(out, w)
		}
	}
	return out
}

// short is a word that random letters spell once in a while: it is looked for on its own alone.
const short = 6

func contains(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if end := at + len(word); len(word) > short || (at == 0 || !letter(text[at-1])) && (end == len(text) || !letter(text[end])) {
			return true
		}
		at++
	}
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' }
