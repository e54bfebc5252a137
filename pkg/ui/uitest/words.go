package uitest

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"justice-wallet/pkg/ui"
)

// never lists what no page, log line, header or address may hold: identifiers of the systems of record, places, and words
// about a person that say more than the person chose to (domain.md B, "Never shown").
var never = []pattern{
	{regexp.MustCompile(`\b([A-Z]\d{4}[A-Z]{2}` + // a prison number
		`|[A-Z]\d{6}` + // a case reference number
		`|(\d{4}|\d{2})/\d{1,7}[A-Z]` + // a number of the Police National Computer
		`|\d{1,6}/\d{2}[A-Z]` + // a number of the Criminal Records Office
		`|HMP|HMYOI|YOI)\b`), nil},
	{regexp.MustCompile(`(?i)\b(offences?|offend(er|ers|ing)|re-?offend\w*|criminals?|convict\w*|sentenc\w*|recall\w*|victims?|inmates?|prisoners?)\b`),
		[]string{"offen", "criminal", "convict", "sentenc", "recall", "victim", "inmate", "prisoner"}},
	{regexp.MustCompile(`(?i)\b(mappa|ogrs|rsr|risk (level|score)|(high|medium|low) risk|exclusion zones?)\b`),
		[]string{"mappa", "ogrs", "rsr", "risk", "exclusion"}},
	{regexp.MustCompile(`(?i)\b(trosedd\w*|dedfryd\w*|dioddefw\w*)\b`), []string{"trosedd", "dedfryd", "dioddefw"}},
}

// pattern is an expression, and the roots, in small letters, of which each of its matches has one: a page that has none is
// not searched, for an expression takes its time under the race detector.
type pattern struct {
	*regexp.Regexp
	roots []string
}

func (p pattern) all(text, small string) []string {
	if p.roots != nil && !slices.ContainsFunc(p.roots, func(root string) bool { return strings.Contains(small, root) }) {
		return nil
	}
	return p.FindAllString(text, -1)
}

// unkind lists words that are not used to the person (domain.md B, "Trauma-informed wording").
var unkind = pattern{regexp.MustCompile(`(?i)\b(subject|failed|rejected|invalid|illegal)\b`), []string{"subject", "failed", "rejected", "invalid", "illegal"}}

// pictures are QR codes within a page: their letters say nothing.
var pictures = regexp.MustCompile(`data:image/png;base64,[A-Za-z0-9+/=]*`)

// Forbidden fails the test for everything in text that may never be shown. A phrase that must be said all the same, such as
// that a document never holds an offence, is given as allowed.
func Forbidden(t testing.TB, text string, allowed ...string) {
	t.Helper()
	for _, found := range NeverShown(text, allowed...) {
		t.Errorf("%q may never be shown", found)
	}
}

// NeverShown lists everything in text that may never be shown.
func NeverShown(text string, allowed ...string) []string {
	text = without(pictures.ReplaceAllString(text, ""), allowed)
	small := strings.ToLower(text)
	var out []string
	for _, p := range never {
		out = append(out, p.all(text, small)...)
	}
	return out
}

// Kind fails the test for words in text that are not used to the person a page is for.
func Kind(t testing.TB, text string, allowed ...string) {
	t.Helper()
	for _, found := range Unkind(text, allowed...) {
		t.Errorf("%q is no word to use to a person", found)
	}
}

// Unkind lists words in text that are not used to the person a page is for.
func Unkind(text string, allowed ...string) []string {
	text = without(text, allowed)
	return unkind.all(text, strings.ToLower(text))
}

func without(text string, allowed []string) string {
	for _, phrase := range allowed {
		text = strings.ReplaceAll(text, phrase, "")
	}
	return text
}

// english lists words that Welsh does not have.
var english = regexp.MustCompile(`(?i)\b(the|you|your|this|that|and|with|from|have|please)\b`)

// NoEnglish fails the test for English on a page that should be in Welsh.
func NoEnglish(t testing.TB, page []byte, m *ui.Messages, allowed ...string) {
	t.Helper()
	for _, found := range English(page, m, allowed...) {
		t.Errorf("the Welsh page says %q", found)
	}
}

// English lists what is English on a page: messages of m, and words that Welsh does not have. What is marked as being in
// another language, and what is allowed, does not count.
func English(page []byte, m *ui.Messages, allowed ...string) []string {
	said, err := spoken(page)
	if err != nil {
		return []string{"the page cannot be read: " + err.Error()}
	}
	said = without(said, allowed)
	var out []string
	for _, key := range m.Keys() {
		welsh := strings.Join(m.Texts(ui.Cymraeg, key), "\n")
		for _, form := range m.Texts(ui.English, key) {
			for _, phrase := range unfilled.Split(form, -1) {
				phrase = strings.Trim(strings.Join(strings.Fields(without(phrase, allowed)), " "), " .,:;")
				if strings.Contains(phrase, " ") && !strings.Contains(welsh, phrase) && strings.Contains(said, phrase) {
					out = append(out, phrase)
				}
			}
		}
	}
	return append(out, english.FindAllString(said, -1)...)
}

// spoken is everything on a page that is read by people in the language of the page.
func spoken(page []byte) (string, error) {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	speak(&b, root)
	return strings.Join(strings.Fields(b.String()), " "), nil
}

var spokenAttributes = []string{"alt", "aria-label", "title", "placeholder", "label"}

func speak(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	if n.Type == html.ElementNode {
		if lang, ok := lookup(n, "lang"); ok && n.Data != "html" && lang != string(ui.Cymraeg) || n.Data == "script" || n.Data == "style" {
			return
		}
		b.WriteByte(' ')
		for _, a := range n.Attr {
			if slices.Contains(spokenAttributes, a.Key) || strings.HasPrefix(a.Key, "data-i18n.") {
				b.WriteString(" " + a.Val + " ")
			}
		}
	}
	for c := range n.ChildNodes() {
		speak(b, c)
	}
}

// Translated fails the test for each message whose Welsh is its English, unless its key is one of same.
func Translated(t testing.TB, m *ui.Messages, same ...string) {
	t.Helper()
	for _, key := range Untranslated(m) {
		if !slices.Contains(same, key) {
			t.Errorf("%s is the same in both languages", key)
		}
	}
}

// Untranslated lists the messages whose Welsh is their English.
func Untranslated(m *ui.Messages) []string {
	return slices.DeleteFunc(m.Keys(), func(key string) bool {
		return !slices.Equal(m.Texts(ui.English, key), m.Texts(ui.Cymraeg, key))
	})
}
