// Package words says in words what a verdict means, from one table of reasons: to whoever stands at a desk, to a trained
// checker and to an engineer, in English and in Welsh.
package words

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"justice-wallet/pkg/verification"
)

//go:embed words.yaml
var shipped []byte

// Lang is a language.
type Lang string

const (
	English Lang = "en"
	Welsh   Lang = "cy"
)

// Class is what a reason comes to at a desk.
type Class string

// classValid is the class of a valid document.
const classValid Class = "valid"

// Words is one verdict in one language.
type Words struct {
	Lang         Lang   `json:"lang"`
	Draft        bool   `json:"draft,omitempty"` // no translator has seen it
	Class        Class  `json:"class"`
	Heading      string `json:"heading"` // for the desk
	Body         string `json:"body"`
	Professional string `json:"professional,omitempty"` // absent of a valid document
	Engineer     string `json:"engineer,omitempty"`
}

// Table is the table of reasons. Safe for concurrent use.
type Table struct{ file file }

type file struct {
	Draft   map[Lang]bool                  `yaml:"draft"`
	Classes map[Class]class                `yaml:"classes"`
	Reasons map[verification.Reason]reason `yaml:"reasons"`
}

type class struct {
	Heading text `yaml:"heading"`
	Body    text `yaml:"body"`
}

type reason struct {
	Class        Class `yaml:"class"`
	Professional text  `yaml:"professional"`
	Engineer     text  `yaml:"engineer"`
}

type text map[Lang]string

func (t text) complete() bool { return len(t) == 2 && t[English] != "" && t[Welsh] != "" }

// Load reads the table that this program was built with.
func Load() (*Table, error) { return parse(shipped) }

func parse(content []byte) (*Table, error) {
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	if err := d.Decode(&f); !errors.Is(err, io.EOF) {
		return nil, errors.New("read words: more than one document")
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("read words:\n%w", err)
	}
	return &Table{f}, nil
}

func (f file) check() error {
	var mistakes []error
	for name, c := range f.Classes {
		if !c.Heading.complete() || !c.Body.complete() {
			mistakes = append(mistakes, fmt.Errorf("class %s: heading or body is not in both languages", name))
		}
	}
	if _, ok := f.Classes[classValid]; !ok {
		mistakes = append(mistakes, errors.New("there is no class valid"))
	}
	for name, r := range f.Reasons {
		if _, ok := f.Classes[r.Class]; !ok {
			mistakes = append(mistakes, fmt.Errorf("reason %s: there is no class %q", name, r.Class))
		}
		if !r.Professional.complete() || !r.Engineer.complete() {
			mistakes = append(mistakes, fmt.Errorf("reason %s: professional or engineer is not in both languages", name))
		}
	}
	return errors.Join(mistakes...)
}

// Languages says which languages there are.
func Languages() []Lang { return []Lang{English, Welsh} }

// For returns the words of a verdict and its decisive reason, which is empty when the verdict is valid. A language or a
// reason without words is an error: nobody is told something else instead.
func (t *Table) For(v verification.Verdict, r verification.Reason, lang Lang) (Words, error) {
	out := Words{Lang: lang, Draft: t.file.Draft[lang], Class: classValid}
	if lang != English && lang != Welsh {
		return Words{}, fmt.Errorf("there are no words in %q", lang)
	}
	if v != verification.Valid {
		row, ok := t.file.Reasons[r]
		if !ok || row.Class == classValid {
			return Words{}, fmt.Errorf("there are no words for %q when the verdict is %s", r, v)
		}
		out.Class, out.Professional, out.Engineer = row.Class, row.Professional[lang], row.Engineer[lang]
	}
	c := t.file.Classes[out.Class]
	out.Heading, out.Body = c.Heading[lang], c.Body[lang]
	return out, nil
}
