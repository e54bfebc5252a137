package hostile_test

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unfuzzed are functions that read bytes of which no attacker has any: files of the operator's own or of ours, and what only
// opens a file for others to read. Each with why.
var unfuzzed = map[string]string{
	"pkg/audit.OpenFile": "opens a file", "pkg/journal.OpenFile": "opens a file", "keys.OpenDir": "opens a directory", "verifier.ReadConfig": "the environment",
	"pkg/ui.ParseMessages": "built in", "pkg/ui.ParseLanguage": "two words", "pkg/purpose.Open": "a register that we signed: jose.FuzzParse", "verifier/internal/trust.Read": "its two halves are: jose.FuzzParse, FuzzParseFile",
	"issuer/internal/records/conditions.Read": "built in", "pkg/jose.ParsePublicJWK": "a member of what FuzzParseSet reads", "pkg/proximity.ParseQR": "FuzzParseEngagement reads what is in it",
	"pkg/format/mdoc.OpenBase64": "FuzzOpen reads what is in it", "pkg/format/mdoc.OpenID4VPTranscript": "writes", "pkg/format/mdoc.OpenID4VPDCAPITranscript": "writes", "pkg/format/sdjwt.Parse": "FuzzVerify, through a helper", "pkg/cbor.Decode": "FuzzDecode, which allows null as well", "pkg/cbor.DecodeMap": "mdoc.FuzzOpen",
}

// TestEveryParserIsFuzzed: a function that reads bytes from outside has a fuzz target in its package that calls it.
func TestEveryParserIsFuzzed(t *testing.T) {
	const root = "../.."
	found := 0
	for _, tree := range []string{"pkg", "keys", "issuer", "verifier"} {
		err := filepath.WalkDir(filepath.Join(root, tree), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if strings.Contains(path, "node_modules") || strings.Contains(path, "storetest") {
				return fs.SkipDir
			}
			room, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			parsers, fuzzed := readRoom(t, path)
			for _, name := range parsers {
				found++
				why, excused := unfuzzed[room+"."+name]
				switch calls := slices.Contains(fuzzed, name); {
				case calls && excused && why != "":
					t.Errorf("%s.%s is fuzzed, and excused all the same", room, name)
				case !calls && !excused:
					t.Errorf("%s.%s reads bytes, and no fuzz target of its package calls it", room, name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 30 {
		t.Errorf("only %d parsers were found", found)
	}
}

// readRoom returns the exported functions of a package that read bytes or text, and the functions that its fuzz targets call.
func readRoom(t *testing.T, dir string) (parsers, fuzzed []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := goparser.ParseFile(token.NewFileSet(), path, nil, goparser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil {
				continue
			}
			switch test := strings.HasSuffix(path, "_test.go"); {
			case test && strings.HasPrefix(f.Name.Name, "Fuzz"):
				ast.Inspect(f, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok {
						fuzzed = append(fuzzed, s.Sel.Name)
					}
					return true
				})
			case !test && reads(f):
				parsers = append(parsers, f.Name.Name)
			}
		}
	}
	return parsers, fuzzed
}

// reads holds for Parse…, Decode…, Open…, Read… and Peek of bytes or text.
func reads(f *ast.FuncDecl) bool {
	name := f.Name.Name
	verb := slices.ContainsFunc([]string{"Parse", "Decode", "Open", "Read", "Peek"}, func(v string) bool { return strings.HasPrefix(name, v) })
	if !verb || f.Type.Params.NumFields() == 0 {
		return false
	}
	switch kind := f.Type.Params.List[0].Type.(type) {
	case *ast.Ident:
		return kind.Name == "string"
	case *ast.ArrayType:
		of, ok := kind.Elt.(*ast.Ident)
		return ok && of.Name == "byte"
	}
	return false
}
