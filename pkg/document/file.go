package document

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// file is a catalogue file as it is written: docs/documents.md describes it key by key.
type file struct {
	Document    string `yaml:"document"`
	Conformance bool   `yaml:"conformance"`
	Source      string `yaml:"source"`
	Card        struct {
		Name        Text   `yaml:"name"`
		Description Text   `yaml:"description"`
		Background  string `yaml:"background"`
		Text        string `yaml:"text"`
	} `yaml:"card"`
	MDoc *struct {
		Configuration string `yaml:"configuration"`
		DocType       string `yaml:"doctype"`
	} `yaml:"mdoc"`
	JWT *struct {
		Configuration string `yaml:"configuration"`
		Type          string `yaml:"type"`
	} `yaml:"jwt"`
	Validity struct {
		For         time.Duration `yaml:"for"`
		RefreshLead time.Duration `yaml:"refresh_lead"`
		NeverAfter  []string      `yaml:"never_after"`
		StatusTTL   time.Duration `yaml:"status_ttl"`
	} `yaml:"validity"`
	Refuse   []refusal `yaml:"refuse"`
	Elements []element `yaml:"elements"`
}

type refusal struct {
	Code   string `yaml:"code"`
	Unless string `yaml:"unless"`
	In     []any  `yaml:"in"`
}

type shape struct {
	Type    Kind     `yaml:"type"`
	Max     int      `yaml:"max"`
	Enum    []string `yaml:"enum"`
	Items   *shape   `yaml:"items"`
	Members []member `yaml:"members"`
}

type member struct {
	Name     string `yaml:"name"`
	Optional bool   `yaml:"optional"`
	shape    `yaml:",inline"`
}

type element struct {
	Name        string      `yaml:"name"`
	Namespace   string      `yaml:"namespace"`
	Optional    bool        `yaml:"optional"`
	Sensitivity Sensitivity `yaml:"sensitivity"`
	Display     Text        `yaml:"display"`
	Purposes    []string    `yaml:"purposes"`
	Fact        string      `yaml:"fact"`
	Value       any         `yaml:"value"`
	Make        Made        `yaml:"make"`
	shape       `yaml:",inline"`
}

// mistake is one thing wrong with a file.
type mistake struct {
	line int
	what string
}

// checker collects mistakes against the lines of one file.
type checker struct {
	lines    *yaml.Node
	mistakes []mistake
}

func (c *checker) want(ok bool, at []any, format string, args ...any) {
	if !ok {
		c.mistakes = append(c.mistakes, mistake{lineOf(c.lines, at...), fmt.Sprintf(format, args...)})
	}
}

var (
	typeGrammar    = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[A-Za-z0-9-]+)+$`)
	nameGrammar    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
	configGrammar  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.-]{2,99}$`)
	colourGrammar  = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	codeGrammar    = regexp.MustCompile(`^[a-z][a-z_]{1,63}$`)
	jwtTypeGrammar = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{2,63}$`)
)

// Purposes that may ask for an element (the register of purposes says who may have one).
var purposes = []string{"council-housing", "landlord", "employer", "bank", "dwp", "holder"}

// betraying are words a card's name must not have: it shows on a lock screen, or on a shared phone.
var betraying = []string{"prison", "offender", "criminal", "licence", "probation", "release", "custody"}

// longest is the most GOV.UK's status list service keeps a slot for.
const longest = 365 * 24 * time.Hour

// document turns a file into a Document, with everything that is wrong with it.
func (f *file) document(lines *yaml.Node) (*Document, []mistake) {
	c := &checker{lines: lines}
	d := &Document{
		Type: f.Document, Conformance: f.Conformance, Source: f.Source,
		Card:     Card{Name: f.Card.Name, Description: f.Card.Description, Background: f.Card.Background, TextColour: f.Card.Text},
		Validity: Rule{For: f.Validity.For, RefreshLead: f.Validity.RefreshLead, NeverAfter: f.Validity.NeverAfter, StatusTTL: f.Validity.StatusTTL},
	}
	c.want(typeGrammar.MatchString(f.Document), []any{"document"}, "document: want a reverse domain name")
	c.want(codeless(f.Source), []any{"source"}, "source: missing")
	c.card(f)
	c.forms(f, d)
	c.validity(f)
	for i, r := range f.Refuse {
		at := []any{"refuse", i}
		c.want(codeGrammar.MatchString(r.Code), at, "refuse: code %q is not lower-case words joined by _", r.Code)
		c.want(nameGrammar.MatchString(r.Unless) && len(r.In) > 0, at, "refuse: want unless (a fact) and in (its allowed values)")
		for _, v := range r.In {
			c.want(plain(v), at, "refuse: in holds something other than text, a truth value or a whole number")
		}
		d.Refuse = append(d.Refuse, Refusal{Code: r.Code, Unless: r.Unless, In: normalise(r.In)})
	}
	c.want(len(f.Elements) > 0, []any{"elements"}, "elements: there are none")
	seen := map[string]bool{}
	for i, e := range f.Elements {
		d.Elements = append(d.Elements, c.element(f, e, i, seen))
	}
	return d, c.mistakes
}

func codeless(s string) bool { return s != "" && len(s) <= 64 }

func plain(v any) bool {
	switch v.(type) {
	case string, bool, int:
		return true
	}
	return false
}

// normalise turns YAML's int into the int64 that facts hold.
func normalise(values []any) []any {
	out := slices.Clone(values)
	for i, v := range out {
		if n, ok := v.(int); ok {
			out[i] = int64(n)
		}
	}
	return out
}

func (c *checker) card(f *file) {
	c.text(f.Card.Name, "card", "name")
	c.text(f.Card.Description, "card", "description")
	c.want(colourGrammar.MatchString(f.Card.Background), []any{"card", "background"}, "card: background is not #rrggbb in lower case")
	c.want(colourGrammar.MatchString(f.Card.Text), []any{"card", "text"}, "card: text is not #rrggbb in lower case")
	if f.Conformance {
		return // these repeat the cards of others
	}
	for _, word := range betraying {
		c.want(!strings.Contains(strings.ToLower(f.Card.Name.EN), word), []any{"card", "name"}, "card: the name betrays the holder: %q", word)
	}
}

func (c *checker) text(t Text, at ...any) {
	c.want(t.EN != "" && t.CY != "", at, "%v: want words in both en and cy", at[len(at)-1])
}

func (c *checker) forms(f *file, d *Document) {
	c.want(f.MDoc != nil || f.JWT != nil, nil, "want an mdoc form, a jwt form, or both")
	if f.MDoc != nil {
		d.MDoc = &MDocForm{Configuration: f.MDoc.Configuration, DocType: f.MDoc.DocType}
		c.want(configGrammar.MatchString(f.MDoc.Configuration), []any{"mdoc"}, "mdoc: configuration is missing or malformed")
		c.want(typeGrammar.MatchString(f.MDoc.DocType), []any{"mdoc"}, "mdoc: doctype is missing or malformed")
	}
	if f.JWT != nil {
		d.JWT = &JWTForm{Configuration: f.JWT.Configuration, Type: f.JWT.Type}
		c.want(configGrammar.MatchString(f.JWT.Configuration), []any{"jwt"}, "jwt: configuration is missing or malformed")
		c.want(jwtTypeGrammar.MatchString(f.JWT.Type), []any{"jwt"}, "jwt: type is missing or malformed")
	}
}

func (c *checker) validity(f *file) {
	v, at := f.Validity, []any{"validity"}
	c.want(v.For > 0 && v.For <= longest, at, "validity: for must be over 0 and at most a year")
	c.want(v.RefreshLead > 0 && v.RefreshLead < v.For, at, "validity: refresh_lead must be over 0 and under for")
	c.want(v.StatusTTL >= time.Minute && v.StatusTTL <= 24*time.Hour, at, "validity: status_ttl must be from 1m to 24h")
	for _, fact := range v.NeverAfter {
		c.want(nameGrammar.MatchString(fact), at, "validity: never_after %q is not a fact's name", fact)
	}
}

func (c *checker) element(f *file, e element, i int, seen map[string]bool) Element {
	at := []any{"elements", i}
	c.want(nameGrammar.MatchString(e.Name), at, "element %q: the name is malformed", e.Name)
	c.want((f.MDoc != nil) == (e.Namespace != ""), at, "element %q: a namespace belongs to an mdoc form, and only there", e.Name)
	key := e.Name
	if f.JWT == nil {
		key = e.Namespace + "/" + e.Name
	}
	c.want(!seen[key], at, "element %q stands twice", e.Name)
	seen[key] = true
	c.want(f.JWT == nil || e.Name != "id", at, "element %q is the subject's own name in a JWT", e.Name)
	c.want(slices.Contains([]Sensitivity{Low, Medium, High, VeryHigh}, e.Sensitivity), at, "element %q: sensitivity is missing or unknown", e.Name)
	c.want(e.Purposes != nil, at, "element %q: purposes is missing; [] means nobody", e.Name)
	for _, p := range e.Purposes {
		c.want(slices.Contains(purposes, p), at, "element %q: there is no purpose %q", e.Name, p)
	}
	c.text(e.Display, append(at, "display")...)
	out := Element{
		Namespace: e.Namespace, Name: e.Name, Optional: e.Optional, Sensitivity: e.Sensitivity, Display: e.Display, Purposes: e.Purposes,
		Fact: e.Fact, Const: e.Value, Make: e.Make, Shape: c.shape(e.shape, e.Name, at), line: lineOf(c.lines, at...),
	}
	c.source(out, at)
	return out
}

// source checks that an element's value comes from one place, and that a fixed value has the element's shape.
func (c *checker) source(e Element, at []any) {
	n := 0
	for _, given := range []bool{e.Fact != "", e.Const != nil, e.Make != ""} {
		if given {
			n++
		}
	}
	c.want(n == 1, at, "element %q: want exactly one of fact, value and make", e.Name)
	if e.Const != nil {
		c.want(e.Shape.fits(e.Const) == nil, at, "element %q: the value has another shape", e.Name)
	}
	switch e.Make {
	case "":
	case MadeNumber:
		c.want(e.Shape.Kind == KindText, at, "element %q: a document number is text", e.Name)
	case MadeIssueDate, MadeExpiryDate:
		c.want(e.Shape.Kind == KindDate, at, "element %q: a made date is a full-date", e.Name)
	default:
		c.want(false, at, "element %q: there is nothing to make called %q", e.Name, e.Make)
	}
}

// Default sizes of values, where a file names none.
const (
	defaultText = 150 // characters: ISO 18013-5 §7.2.1 allows names this long
	defaultList = 100
	defaultJPEG = 1 << 20 // GOV.UK: credential page, photos
)

func (c *checker) shape(s shape, name string, at []any) Shape {
	out := Shape{Kind: s.Type, MaxLength: s.Max, Enum: s.Enum}
	c.want(s.Max >= 0, at, "element %q: max is below zero", name)
	c.want(s.Enum == nil || s.Type == KindText, at, "element %q: enum is for text", name)
	c.want((s.Items != nil) == (s.Type == KindList), at, "element %q: items belongs to a list, and a list needs it", name)
	c.want((len(s.Members) > 0) == (s.Type == KindObject), at, "element %q: members belongs to an object, and an object needs it", name)
	fallback := 0
	switch s.Type {
	case KindText:
		fallback = defaultText
	case KindJPEG:
		fallback = defaultJPEG
	case KindList:
		fallback = defaultList
	case KindBool, KindInteger, KindDate, KindDateTime, KindObject:
	default:
		c.want(false, at, "element %q: there is no type %q", name, s.Type)
	}
	if out.MaxLength == 0 {
		out.MaxLength = fallback
	}
	if s.Items != nil {
		items := c.shape(*s.Items, name, at)
		out.Items = &items
	}
	seen := map[string]bool{}
	for _, m := range s.Members {
		c.want(nameGrammar.MatchString(m.Name) && !seen[m.Name], at, "element %q: member %q is malformed or stands twice", name, m.Name)
		seen[m.Name] = true
		out.Members = append(out.Members, Member{Name: m.Name, Optional: m.Optional, Shape: c.shape(m.shape, name, at)})
	}
	return out
}

func (d *Document) configurations() []string {
	var out []string
	if d.MDoc != nil {
		out = append(out, d.MDoc.Configuration)
	}
	if d.JWT != nil {
		out = append(out, d.JWT.Configuration)
	}
	return out
}

// add puts d into the catalogue, unless its type or one of its configurations is there already.
func (c *Catalogue) add(d *Document, lines *yaml.Node) []mistake {
	var out []mistake
	if _, ok := c.byType[d.Type]; ok {
		out = append(out, mistake{lineOf(lines, "document"), fmt.Sprintf("document %q stands twice in the catalogue", d.Type)})
	}
	c.byType[d.Type] = d
	for _, id := range d.configurations() {
		if _, ok := c.byConfig[id]; ok {
			out = append(out, mistake{1, fmt.Sprintf("configuration %q stands twice in the catalogue", id)})
		}
		c.byConfig[id] = d
	}
	c.documents = append(c.documents, d)
	return out
}
