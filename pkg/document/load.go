package document

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed catalogue/*.yaml
var shipped embed.FS

// maxFile bounds one file of a catalogue.
const maxFile = 256 << 10

// Catalogue is every document that may be issued. It does not change once loaded.
type Catalogue struct {
	documents []*Document // by type
	byType    map[string]*Document
	byConfig  map[string]*Document
	london    *time.Location
}

// Files returns the files of the documents this module ships.
func Files() (fs.FS, error) { return fs.Sub(shipped, "catalogue") }

// Shipped returns those documents alone.
func Shipped() (*Catalogue, error) {
	files, err := Files()
	if err != nil {
		return nil, err
	}
	return Load(files)
}

// Load reads every *.yaml at the root of each file system, and checks them together. Every mistake in every file is in
// the error, each as "file.yaml:LINE: what is wrong".
func Load(systems ...fs.FS) (*Catalogue, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("load catalogue: %w", err)
	}
	c := &Catalogue{byType: map[string]*Document{}, byConfig: map[string]*Document{}, london: london}
	var mistakes []error
	for _, system := range systems {
		names, err := fs.Glob(system, "*.yaml")
		if err != nil {
			return nil, fmt.Errorf("load catalogue: %w", err)
		}
		for _, name := range names {
			mistakes = append(mistakes, c.load(system, name))
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	sort.Slice(c.documents, func(i, j int) bool { return c.documents[i].Type < c.documents[j].Type })
	return c, nil
}

// ByType returns a document by its type.
func (c *Catalogue) ByType(name string) (*Document, bool) { d, ok := c.byType[name]; return d, ok }

// ByConfiguration returns the document that has a credential configuration id.
func (c *Catalogue) ByConfiguration(id string) (*Document, bool) {
	d, ok := c.byConfig[id]
	return d, ok
}

// All returns every document by type, the conformance documents only when asked for.
func (c *Catalogue) All(conformance bool) []*Document {
	var out []*Document
	for _, d := range c.documents {
		if conformance || !d.Conformance {
			out = append(out, d)
		}
	}
	return out
}

// Served returns a catalogue of the documents All returns.
func (c *Catalogue) Served(conformance bool) *Catalogue {
	out := &Catalogue{byType: map[string]*Document{}, byConfig: map[string]*Document{}, london: c.london}
	for _, d := range c.All(conformance) {
		out.documents = append(out.documents, d)
		out.byType[d.Type] = d
		for _, id := range d.configurations() {
			out.byConfig[id] = d
		}
	}
	return out
}

func (c *Catalogue) load(system fs.FS, name string) error {
	content, err := read(system, name)
	if err != nil {
		return fmt.Errorf("%s:1: %w", name, err)
	}
	f, lines, err := parse(content)
	if err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	d, mistakes := f.document(lines)
	d.file, d.london = path.Base(name), c.london
	mistakes = append(mistakes, c.add(d, lines)...)
	var all []error
	for _, m := range mistakes {
		all = append(all, fmt.Errorf("%s:%d: %s", name, m.line, m.what))
	}
	return errors.Join(all...)
}

func read(system fs.FS, name string) ([]byte, error) {
	file, err := system.Open(name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if len(content) > maxFile {
		return nil, fmt.Errorf("is larger than %d bytes", maxFile)
	}
	return content, nil
}

// parse reads one YAML document, refusing unknown and repeated keys, anchors and aliases, and anything after it. The
// second result is the same file with its line numbers.
func parse(content []byte) (*file, *yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(content, &root); err != nil {
		return nil, nil, fmt.Errorf("1: %w", err)
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil, nil, errors.New("1: is not one YAML mapping")
	}
	if line := aliased(&root); line != 0 {
		return nil, nil, fmt.Errorf("%d: anchors and aliases have no place here", line)
	}
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, nil, fmt.Errorf("1: %w", err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("1: holds more than one YAML document")
	}
	return &f, root.Content[0], nil
}

func aliased(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return n.Line
	}
	for _, child := range n.Content {
		if line := aliased(child); line != 0 {
			return line
		}
	}
	return 0
}

// lineOf returns the line of the value under keys, or of the nearest thing above it.
func lineOf(n *yaml.Node, keys ...any) int {
	for _, key := range keys {
		next := child(n, key)
		if next == nil {
			break
		}
		n = next
	}
	return n.Line
}

func child(n *yaml.Node, key any) *yaml.Node {
	switch key := key.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && key < len(n.Content) {
			return n.Content[key]
		}
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return nil
}
