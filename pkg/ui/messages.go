package ui

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed common.yaml
var common []byte

// Messages is everything a service says, in both languages. Safe for concurrent use.
type Messages struct {
	texts map[string]map[Language]text
	draft map[Language]bool
}

// text is one message in one language: one form, or the forms that a number calls for.
type text struct {
	one   string
	forms map[Category]string
}

func (t *text) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		return n.Decode(&t.forms)
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return fmt.Errorf("line %d: a message is text, or a map of its plural forms", n.Line)
	}
	return n.Decode(&t.one)
}

func (t text) all() []string {
	if t.forms == nil {
		return []string{t.one}
	}
	return slices.Collect(maps.Values(t.forms))
}

type messageFile struct {
	Draft    map[Language]bool            `yaml:"draft"`
	Messages map[string]map[Language]text `yaml:"messages"`
}

// ParseMessages reads message files, and joins to them the messages common to every service. A key without one of the
// languages, with placeholders that differ between its forms, or present twice, is refused.
func ParseMessages(files ...[]byte) (*Messages, error) {
	m := &Messages{texts: map[string]map[Language]text{}, draft: map[Language]bool{}}
	var mistakes []error
	for _, content := range append([][]byte{common}, files...) {
		f, err := readMessages(content)
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		for l, draft := range f.Draft {
			m.draft[l] = m.draft[l] || draft
		}
		for _, key := range slices.Sorted(maps.Keys(f.Messages)) {
			if _, taken := m.texts[key]; taken {
				mistakes = append(mistakes, fmt.Errorf("%s: is there twice", key))
			}
			if err := checkMessage(f.Messages[key]); err != nil {
				mistakes = append(mistakes, fmt.Errorf("%s: %w", key, err))
			}
			m.texts[key] = f.Messages[key]
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, fmt.Errorf("read messages:\n%w", err)
	}
	return m, nil
}

func readMessages(content []byte) (messageFile, error) {
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	var f messageFile
	if err := d.Decode(&f); err != nil {
		return f, err
	}
	if err := d.Decode(&f); !errors.Is(err, io.EOF) {
		return f, errors.New("more than one document")
	}
	return f, nil
}

// checkMessage says what is wrong with one message.
func checkMessage(languages map[Language]text) error {
	for l := range languages {
		if _, ok := ParseLanguage(string(l)); !ok {
			return fmt.Errorf("there is no language %q", l)
		}
	}
	en, cy := languages[English], languages[Cymraeg]
	if (en.forms == nil) != (cy.forms == nil) {
		return errors.New("has plural forms in one language only")
	}
	var want []string
	for i, l := range []Language{English, Cymraeg} {
		if err := checkForms(l, languages[l]); err != nil {
			return err
		}
		for j, s := range languages[l].all() {
			got := placeholders(s)
			if en.forms != nil { // a form may say "one" rather than the digit
				got = slices.DeleteFunc(got, func(name string) bool { return name == "{n}" })
			}
			if i == 0 && j == 0 {
				want = got
			}
			if !slices.Equal(got, want) {
				return fmt.Errorf("placeholders differ: %q and %q", want, got)
			}
		}
	}
	return nil
}

func checkForms(l Language, t text) error {
	for _, s := range t.all() {
		if strings.TrimSpace(s) == "" {
			return fmt.Errorf("has no words in %q", l)
		}
	}
	if t.forms == nil {
		return nil
	}
	if t.forms[Other] == "" {
		return fmt.Errorf("has no form %q in %q", Other, l)
	}
	for c := range t.forms {
		if !slices.Contains(categories[l], c) {
			return fmt.Errorf("%q knows no form %q", l, c)
		}
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// placeholders lists the names to be filled in, once each.
func placeholders(s string) []string {
	names := placeholder.FindAllString(s, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

// In returns the messages in one language.
func (m *Messages) In(l Language) Words { return Words{m, l} }

// Draft says whether some of the messages in l have not been seen by a translator.
func (m *Messages) Draft(l Language) bool { return m.draft[l] }

// Keys lists the keys of all messages.
func (m *Messages) Keys() []string { return slices.Sorted(maps.Keys(m.texts)) }

// Texts lists every form of one message in one language, as the file has it.
func (m *Messages) Texts(l Language, key string) []string {
	return slices.Sorted(slices.Values(m.texts[key][l].all()))
}

// Words is what a service says, in one language. The zero value says nothing.
type Words struct {
	messages *Messages
	language Language
}

// Language is the language of w.
func (w Words) Language() Language { return w.language }

// Say returns the message key, with names and values, one after the other, filled in. A key that does not exist, and a
// placeholder without a value or the other way round, is a mistake in the program, and panics.
func (w Words) Say(key string, pairs ...string) string {
	return fill(key, w.find(key).one, pairs)
}

// Has says whether there is a message key.
func (w Words) Has(key string) bool {
	_, ok := w.messages.texts[key]
	return ok
}

// Count returns the message key in the form that n calls for, with n itself filled in as {n}.
func (w Words) Count(key string, n int, pairs ...string) string {
	t := w.find(key)
	s, ok := t.forms[w.language.Category(n)]
	if !ok {
		s = t.forms[Other]
	}
	return fill(key, strings.ReplaceAll(s, "{n}", strconv.Itoa(n)), pairs)
}

// HTML returns the message key as HTML: its words escaped, and each value, given after its name, put in as it is.
func (w Words) HTML(key string, pairs ...any) template.HTML {
	plain := make([]string, len(pairs))
	for i, p := range pairs {
		switch p := p.(type) {
		case template.HTML:
			plain[i] = string(p)
		case string:
			plain[i] = template.HTMLEscapeString(p)
		default:
			panic(fmt.Sprintf("ui: message %q is given a %T", key, p))
		}
	}
	return template.HTML(fill(key, template.HTMLEscapeString(w.find(key).one), plain)) // each part is escaped above or is HTML already
}

func (w Words) find(key string) text {
	t, ok := w.messages.texts[key]
	if !ok {
		panic(fmt.Sprintf("ui: there is no message %q", key))
	}
	return t[w.language]
}

func fill(key, s string, pairs []string) string {
	if len(pairs)%2 != 0 {
		panic(fmt.Sprintf("ui: message %q: a name without a value", key))
	}
	if s == "" {
		panic(fmt.Sprintf("ui: message %q: Count is for messages with plural forms, Say for those without", key))
	}
	var given []string
	old := make([]string, 0, len(pairs))
	for i := 0; i < len(pairs); i += 2 {
		given = append(given, "{"+pairs[i]+"}")
		old = append(old, "{"+pairs[i]+"}", pairs[i+1])
	}
	slices.Sort(given)
	if want := placeholders(s); !slices.Equal(given, want) {
		panic(fmt.Sprintf("ui: message %q asks for %q and is given %q", key, want, given))
	}
	return strings.NewReplacer(old...).Replace(s)
}
