//go:build browser

package ui_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"justice-wallet/pkg/ui"
)

func opened(t *testing.T, font ui.FontChoice) *ui.Assets {
	t.Helper()
	a, err := ui.OpenAssetsIn(font)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTheFilesAreThoseThatWereLookedUp holds what is built into the program to the digests noted when the versions were
// chosen: if a registry ever gave out something else under the same numbers, this would fail.
func TestTheFilesAreThoseThatWereLookedUp(t *testing.T) {
	for name, want := range map[string]struct{ pkg, version, file, digest string }{
		"govuk styles":  {"govuk-frontend", "6.6.0", "govuk-frontend.min.css", "cda09c60"},
		"govuk scripts": {"govuk-frontend", "6.6.0", "govuk-frontend.min.js", "0391e416"},
		"moj styles":    {"@ministryofjustice/frontend", "11.1.0", "moj-frontend.min.css", "e97348da"},
		"moj scripts":   {"@ministryofjustice/frontend", "11.1.0", "moj-frontend.min.js", "ed6e8572"},
	} {
		t.Run(name, func(t *testing.T) {
			var p struct{ Version string }
			manifest := read(t, filepath.Join("node_modules", want.pkg, "package.json"))
			if err := json.Unmarshal(manifest, &p); err != nil || p.Version != want.version {
				t.Fatalf("version %q is installed, not %q: note its digest here (%v)", p.Version, want.version, err)
			}
			sum := sha256.Sum256(read(t, filepath.Join("dist", want.file)))
			if got := hex.EncodeToString(sum[:]); !strings.HasPrefix(got, want.digest) {
				t.Errorf("%s is %s, not %s", want.file, got, want.digest)
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("run make assets: %v", err)
	}
	return content
}

// fetched adds up what a browser fetches, zipped where we zip: what content refers to, and what that refers to.
func fetched(t *testing.T, a *ui.Assets, content string, seen map[string]bool) int {
	t.Helper()
	total := 0
	for _, ref := range referred.FindAllString(content, -1) {
		if seen[ref] {
			continue
		}
		seen[ref] = true
		w := get(a, ref, "Accept-Encoding", "gzip")
		if w.Code != http.StatusOK {
			t.Errorf("%s is not there", ref)
		}
		total += w.Body.Len()
		if strings.HasSuffix(ref, ".css") || strings.HasSuffix(ref, ".js") {
			total += fetched(t, a, get(a, ref).Body.String(), seen)
		}
	}
	return total
}

func zipped(t *testing.T, content []byte) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// TestAPageIsLight adds up a first visit and a later one: an old phone on a slow line must cope. Styles may ask for more
// than a browser fetches, so what is counted is the most there can be.
func TestAPageIsLight(t *testing.T) {
	for name, c := range map[string]struct {
		moj  bool
		font ui.FontChoice
		most int
	}{
		"everyone's, in Arial": {false, ui.Arial, 70_000},
		"staff's, in Arial":    {true, ui.Arial, 100_000},
	} {
		t.Run(name, func(t *testing.T) {
			a, o := opened(t, c.font), options(t)
			o.Assets, o.MoJ = a, c.moj
			s := shell(t, o)
			r := request(http.MethodGet, "/")
			page := write(t, s, r, everything(s.Words(r))).Body.Bytes()
			later := len(page) // as it is sent: a page with a token in it is not zipped
			first := later + fetched(t, a, string(page), map[string]bool{})
			t.Logf("first visit %d bytes, later visits %d bytes (zipped, %d)", first, later, zipped(t, page))
			if first > c.most || first > 100_000 {
				t.Errorf("a first visit takes %d bytes", first)
			}
			if later > 20_000 {
				t.Errorf("a later visit takes %d bytes", later)
			}
		})
	}
}

func TestEveryReferenceOfTheDesignSystemIsServed(t *testing.T) {
	for _, font := range []ui.FontChoice{ui.Arial, ui.Transport} {
		a := opened(t, font)
		for _, name := range []string{"govuk-frontend.min.css", "moj-frontend.min.css", "page.js", "console.js", "own.css", "print.css", "refresh.js"} {
			fetched(t, a, url(t, a, name), map[string]bool{})
			content := get(a, url(t, a, name)).Body.String()
			if asks := strings.Contains(content, "GDS Transport"); asks && font == ui.Arial {
				t.Errorf("%s asks for the licensed typeface", name)
			}
		}
	}
}

func TestTheHeadAndFootHaveTheirDrawings(t *testing.T) {
	o := options(t)
	o.Assets = opened(t, ui.Arial)
	page := write(t, shell(t, o), request(http.MethodGet, "/"), ui.Page{Title: "x"}).Body.String()
	has(t, page, "govuk-header__logotype", "govuk-footer__crown", "govuk-footer__licence-logo", `rel="icon"`)
}
