package ui_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"justice-wallet/pkg/ui"
)

// files are what make assets would install, in small.
func files() fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range map[string]string{
		"govuk-frontend.min.css": `@font-face{font-family:GDS Transport;src:url(/assets/fonts/light.woff2)}.a{font-family:GDS Transport,arial,sans-serif;background:url(/assets/images/crest.svg)}` + strings.Repeat(".b{}", 100) + "\n/*# sourceMappingURL=govuk-frontend.min.css.map */",
		"govuk-frontend.min.js":  "export const initAll = () => {}//# sourceMappingURL=govuk-frontend.min.js.map",
		"moj-frontend.min.js":    "export class Alert {}",
		"images/crest.svg":       "<svg/>",
		"fonts/light.woff2":      "a typeface",
		"fonts/unused.woff2":     "another",
		"README.md":              "not for the world",
		"parts/logo.html":        "<svg/>",
	} {
		out[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

func assets(t *testing.T, from fstest.MapFS, font ui.FontChoice) *ui.Assets {
	t.Helper()
	a, err := ui.NewAssets(from, font)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func url(t *testing.T, a *ui.Assets, name string) string {
	t.Helper()
	u, ok := a.URL(name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	return u
}

func get(a http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	r := request(http.MethodGet, target)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestAnAssetIsKeptForEver(t *testing.T) {
	a := assets(t, files(), ui.Arial)
	w := get(a, url(t, a, "govuk-frontend.min.js"))
	for name, want := range map[string]string{
		"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": "text/javascript; charset=utf-8", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Resource-Policy": "same-origin", "Content-Encoding": "", "Content-Length": "31",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.Code != http.StatusOK || w.Body.String() != "export const initAll = () => {}" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestANameChangesWithItsContentAndWithWhatItRefersTo(t *testing.T) {
	before, changed := assets(t, files(), ui.Arial), files()
	changed["images/crest.svg"] = &fstest.MapFile{Data: []byte("<svg>another</svg>")}
	after := assets(t, changed, ui.Arial)
	for _, name := range []string{"images/crest.svg", "govuk-frontend.min.css"} {
		if url(t, before, name) == url(t, after, name) {
			t.Errorf("%s keeps its name", name)
		}
	}
	if url(t, before, "govuk-frontend.min.js") != url(t, after, "govuk-frontend.min.js") {
		t.Error("what did not change has another name")
	}
}

var referred = regexp.MustCompile(`/assets/[A-Za-z0-9._/-]+`)

// TestEveryReferenceIsServed follows what styles and scripts ask for.
func TestEveryReferenceIsServed(t *testing.T) {
	a := assets(t, files(), ui.Transport)
	found := 0
	for _, name := range []string{"govuk-frontend.min.css", "page.js", "console.js"} {
		for _, ref := range referred.FindAllString(get(a, url(t, a, name)).Body.String(), -1) {
			if found++; get(a, ref).Code != http.StatusOK {
				t.Errorf("%s asks for %s, which is not there", name, ref)
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d references", found)
	}
}

func TestAnAssetIsZippedOnce(t *testing.T) {
	a := assets(t, files(), ui.Arial)
	css := url(t, a, "govuk-frontend.min.css")
	plain := get(a, css)
	for _, accept := range []string{"gzip", "br;q=1, GZIP;q=0.5", "deflate, gzip"} {
		w := get(a, css, "Accept-Encoding", accept)
		if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") != "Accept-Encoding" || w.Body.Len() >= plain.Body.Len() {
			t.Fatalf("%q: %v, %d bytes of %d", accept, w.Header(), w.Body.Len(), plain.Body.Len())
		}
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(content, plain.Body.Bytes()) {
			t.Errorf("%q: unzipped it is another, or %v", accept, err)
		}
		if w.Header().Get("ETag") == plain.Header().Get("ETag") {
			t.Errorf("%q: two answers have one name", accept)
		}
	}
	if w := get(a, url(t, a, "images/crest.svg"), "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" || w.Header().Get("Vary") != "" {
		t.Errorf("what zipping makes longer is zipped: %v", w.Header())
	}
	for _, accept := range []string{"", "gzip;q=0", "br", "gzip;q=x", "x-gzip"} {
		if w := get(a, css, "Accept-Encoding", accept); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%q: is zipped", accept)
		}
	}
}

func TestAnAssetThatIsKnownIsNotSentAgain(t *testing.T) {
	a := assets(t, files(), ui.Arial)
	css := url(t, a, "govuk-frontend.min.css")
	tag := get(a, css, "Accept-Encoding", "gzip").Header().Get("ETag")
	if w := get(a, css, "Accept-Encoding", "gzip", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}

func TestNothingElseIsServed(t *testing.T) {
	a := assets(t, files(), ui.Arial)
	for _, target := range []string{
		"/assets/", "/assets/page.js", "/assets/README.md", "/assets/parts/logo.html", "/assets/../assets.go", "/etc/passwd",
		strings.ToUpper(url(t, a, "page.js")), url(t, a, "page.js") + "/",
	} {
		r := request(http.MethodGet, "/")
		r.URL.Path = target
		w := httptest.NewRecorder()
		if a.ServeHTTP(w, r); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	w := httptest.NewRecorder()
	if a.ServeHTTP(w, request(http.MethodPost, url(t, a, "page.js"))); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
	w = httptest.NewRecorder()
	if a.ServeHTTP(w, request(http.MethodHead, url(t, a, "page.js"))); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
}

func TestTheLicensedTypefaceIsServedOnlyWhenChosen(t *testing.T) {
	arial, transport := assets(t, files(), ui.Arial), assets(t, files(), ui.Transport)
	if _, ok := arial.URL("fonts/light.woff2"); ok {
		t.Error("the typeface is served to those who did not choose it")
	}
	if css := get(arial, url(t, arial, "govuk-frontend.min.css")).Body.String(); strings.Contains(css, "GDS") || strings.Contains(css, "fonts") || !strings.Contains(css, "arial,sans-serif") {
		t.Errorf("the styles still ask for it: %s", css)
	}
	if w := get(transport, url(t, transport, "fonts/light.woff2")); w.Header().Get("Content-Type") != "font/woff2" || w.Header().Get("Vary") != "" {
		t.Errorf("%v", w.Header())
	}
	if _, ok := transport.URL("fonts/unused.woff2"); ok {
		t.Error("a typeface that no style asks for is served")
	}
	if css := get(transport, url(t, transport, "govuk-frontend.min.css")).Body.String(); !strings.Contains(css, "GDS Transport,arial") {
		t.Errorf("the styles do not ask for it: %s", css)
	}
}

func TestMapsToTheSourceAreNotPromised(t *testing.T) {
	a := assets(t, files(), ui.Arial)
	for _, name := range []string{"govuk-frontend.min.css", "govuk-frontend.min.js"} {
		if strings.Contains(get(a, url(t, a, name)).Body.String(), "sourceMappingURL") {
			t.Errorf("%s promises a map", name)
		}
	}
}

func TestAssetsAreRefused(t *testing.T) {
	if _, err := ui.NewAssets(fstest.MapFS{}, ui.Arial); !errors.Is(err, ui.ErrNoAssets) {
		t.Errorf("nothing: %v", err)
	}
	for name, css := range map[string]string{"asks for what is not there": "a{b:url(/assets/images/none.svg)}", "refers to itself": "@import '/assets/govuk-frontend.min.css'"} {
		broken := files()
		broken["govuk-frontend.min.css"] = &fstest.MapFile{Data: []byte(css)}
		if _, err := ui.NewAssets(broken, ui.Arial); err == nil || errors.Is(err, ui.ErrNoAssets) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADrawingGoesIntoThePage(t *testing.T) {
	o := options(t)
	o.Assets = assets(t, files(), ui.Arial)
	has(t, write(t, shell(t, o), request(http.MethodGet, "/"), ui.Page{Title: "x"}).Body.String(), `class="govuk-header__homepage-link"><svg/></a>`)
}

func TestNamesHoldTheHashOfTheContent(t *testing.T) {
	a := assets(t, files(), ui.Arial)
	u := url(t, a, "images/crest.svg")
	if ok, err := path.Match("/assets/images/crest.????????????????.svg", u); err != nil || !ok {
		t.Errorf("%s", u)
	}
}
