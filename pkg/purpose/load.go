package purpose

import (
	"bytes"
	"crypto/ecdsa"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/jose"
)

//go:embed register.yaml
var shipped []byte

// TypeRegister is typ of a signed register.
const TypeRegister = "purpose-register+jwt"

const maxRegister = 256 << 10

// Shipped returns the register this program was built with, over the documents of c.
func Shipped(c *document.Catalogue) (*Register, error) { return parse(shipped, c) }

// Open returns a register that key has signed: a compact JWS of typ purpose-register+jwt, ES256, whose payload is the
// register as JSON. One that is older than the shipped register is refused.
func Open(compact string, key *ecdsa.PublicKey, c *document.Catalogue) (*Register, error) {
	token, err := jose.Parse(compact, jose.Expect{Type: TypeRegister, Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: maxRegister})
	if err != nil {
		return nil, fmt.Errorf("open purpose register: %w", err)
	}
	claims, err := token.Verify(key)
	if err != nil {
		return nil, fmt.Errorf("open purpose register: %w", err)
	}
	r, err := parse(claims.Raw(), c)
	if err != nil {
		return nil, err
	}
	base, err := Shipped(c)
	if err != nil {
		return nil, err
	}
	if r.version < base.version {
		return nil, fmt.Errorf("open purpose register: version %d is older than %d", r.version, base.version)
	}
	return r, nil
}

type file struct {
	Version       int64              `yaml:"version"`
	Organisations []fileOrganisation `yaml:"organisations"`
	Purposes      []filePurpose      `yaml:"purposes"`
}

type fileOrganisation struct {
	Type string        `yaml:"type"`
	Name document.Text `yaml:"name"`
}

func complete(t document.Text) bool { return t.EN != "" && t.CY != "" }

type filePurpose struct {
	ID            string        `yaml:"id"`
	Organisations []string      `yaml:"organisations"`
	Title         document.Text `yaml:"title"`
	Never         document.Text `yaml:"never"`
	Basis         string        `yaml:"basis"`
	Ask           []fileAsk     `yaml:"ask"`
}

type fileAsk struct {
	Document string              `yaml:"document"`
	Formats  []Format            `yaml:"formats"`
	Required bool                `yaml:"required"`
	Elements []string            `yaml:"elements"` // namespace/name
	Values   map[string][]string `yaml:"values"`
}

// parse reads YAML, of which JSON is a part: known members only, none twice. The error names every mistake.
func parse(content []byte, c *document.Catalogue) (*Register, error) {
	if len(content) > maxRegister {
		return nil, errors.New("read purpose register: too large")
	}
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("read purpose register: %w", err)
	}
	if err := d.Decode(&f); !errors.Is(err, io.EOF) {
		return nil, errors.New("read purpose register: more than one document")
	}
	b := builder{catalogue: c, register: &Register{version: f.Version}}
	b.build(f)
	if err := errors.Join(b.mistakes...); err != nil {
		return nil, fmt.Errorf("read purpose register:\n%w", err)
	}
	return b.register, nil
}

type builder struct {
	catalogue *document.Catalogue
	register  *Register
	mistakes  []error
}

func (b *builder) want(ok bool, format string, args ...any) bool {
	if !ok {
		b.mistakes = append(b.mistakes, fmt.Errorf(format, args...))
	}
	return ok
}

func (b *builder) build(f file) {
	b.want(f.Version > 0, "version is not a whole number over 0")
	b.want(len(f.Purposes) > 0, "it has no purpose")
	for _, o := range f.Organisations {
		b.want(o.Type != "" && complete(o.Name), "organisation %q: type or name is missing", o.Type)
		b.want(!b.register.HasOrganisation(o.Type), "organisation %q stands twice", o.Type)
		b.register.organisations = append(b.register.organisations, Organisation(o))
	}
	for _, p := range f.Purposes {
		b.purpose(p)
	}
}

func (b *builder) purpose(p filePurpose) {
	b.want(p.ID != "" && complete(p.Title) && complete(p.Never) && p.Basis != "", "purpose %q: id, title, never or basis is missing", p.ID)
	b.want(!slices.ContainsFunc(b.register.rows, func(r Row) bool { return r.ID == p.ID }), "purpose %q stands twice", p.ID)
	b.want(len(p.Organisations) > 0, "purpose %q: nobody has it", p.ID)
	for _, o := range p.Organisations {
		b.want(b.register.HasOrganisation(o), "purpose %q: there is no organisation %q", p.ID, o)
	}
	row := Row{
		ID: p.ID, Organisations: slices.Clone(p.Organisations), Title: p.Title, Never: p.Never, Basis: p.Basis,
		query: Query{purpose: p.ID},
	}
	required := false
	for group, a := range p.Ask {
		required = required || a.Required
		row.query.asks = append(row.query.asks, b.asks(p.ID, group, a)...)
	}
	b.want(required, "purpose %q: no document is required", p.ID)
	b.register.rows = append(b.register.rows, row)
}

// asks returns one Ask for each format.
func (b *builder) asks(purpose string, group int, a fileAsk) []Ask {
	where := fmt.Sprintf("purpose %q, document %q", purpose, a.Document)
	d, ok := b.catalogue.ByType(a.Document)
	if !b.want(ok, "%s: there is no such document", where) {
		return nil
	}
	elements := b.elements(where, purpose, d, a)
	b.want(len(a.Formats) > 0 && len(elements) > 0, "%s: formats or elements is empty", where)
	var out []Ask
	for _, f := range a.Formats {
		ask := Ask{Group: group, Required: a.Required, Document: d.Type, Format: f, Elements: elements}
		switch {
		case f == MDoc && d.MDoc != nil:
			ask.ID, ask.Type = queryID(d.Type, "mdoc"), d.MDoc.DocType
		case f == JWT && d.JWT != nil:
			ask.ID, ask.Type, ask.Elements = queryID(d.Type, "jwt"), d.JWT.Type, withoutNamespaces(elements)
		default:
			b.want(false, "%s: it has no form %q", where, f)
			continue
		}
		b.want(!slices.ContainsFunc(out, func(o Ask) bool { return o.ID == ask.ID }), "%s: format %q stands twice", where, f)
		out = append(out, ask)
	}
	return out
}

// elements keeps the register inside the catalogue: an element must name the purpose among its own.
func (b *builder) elements(where, purpose string, d *document.Document, a fileAsk) []Element {
	allowed := d.MayAsk(purpose)
	var out []Element
	for _, path := range a.Elements {
		namespace, name, _ := strings.Cut(path, "/")
		i := slices.IndexFunc(allowed, func(e document.Element) bool { return e.Namespace == namespace && e.Name == name })
		if !b.want(i >= 0, "%s: the document does not let the purpose ask for %q", where, path) {
			continue
		}
		b.want(!slices.ContainsFunc(out, func(e Element) bool { return e.Namespace == namespace && e.Name == name }), "%s: %q stands twice", where, path)
		e := allowed[i]
		out = append(out, Element{Namespace: namespace, Name: name, Optional: e.Optional, Display: e.Display, Values: a.Values[path]})
		for _, v := range a.Values[path] {
			b.want(slices.Contains(e.Shape.Enum, v), "%s: %q has no value %q", where, path, v)
		}
	}
	for path := range a.Values {
		b.want(slices.Contains(a.Elements, path), "%s: values for %q, which is not asked for", where, path)
	}
	return out
}

func withoutNamespaces(elements []Element) []Element {
	out := slices.Clone(elements)
	for i := range out {
		out[i].Namespace = ""
	}
	return out
}

// queryID makes an id of the letters that DCQL allows ([A-Za-z0-9_-], OpenID4VP 1.0 §6.1).
func queryID(documentType, form string) string {
	parts := strings.Split(documentType, ".")
	name := documentType
	if len(parts) > 1 {
		name = parts[len(parts)-2]
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name) + "-" + form
}
