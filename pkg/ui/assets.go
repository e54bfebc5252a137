package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// dist holds what make assets takes from npm, and in a fresh clone nothing.
//
//go:embed all:dist
var dist embed.FS

//go:embed own
var own embed.FS

// ErrNoAssets says that the program was built before make assets.
var ErrNoAssets = errors.New("the styles and scripts of the pages are missing: run make assets and build again")

// FontChoice is the typeface of the pages.
type FontChoice string

// GDS Transport is licensed for services on service.gov.uk and for no other.
const (
	Arial     FontChoice = "arial"
	Transport FontChoice = "transport"
)

// AssetsPath is where the assets are served.
const AssetsPath = "/assets/"

// Names of the assets that a page asks for.
const (
	govukCSS, govukJS = "govuk-frontend.min.css", "govuk-frontend.min.js"
	mojCSS, mojJS     = "moj-frontend.min.css", "moj-frontend.min.js"
	ownCSS, printCSS  = "own.css", "print.css"
	pageJS, consoleJS = "page.js", "console.js"
)

// Assets are the styles, scripts and pictures of the pages, each under a name that changes with its content, so that it
// can be kept for ever. Safe for concurrent use.
type Assets struct {
	served map[string]asset
	urls   map[string]string // of each asset, by its plain name
	parts  map[string]template.HTML
}

type asset struct {
	content, zipped []byte // zipped is nil where it would not help
	mime, tag       string
}

// OpenAssets opens the assets of this program, with Arial.
func OpenAssets() (*Assets, error) { return OpenAssetsIn(Arial) }

// OpenAssetsIn opens the assets of this program. The files of Transport are served only when it is chosen.
func OpenAssetsIn(font FontChoice) (*Assets, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return NewAssets(sub, font)
}

// NewAssets makes assets of the files that make assets would install.
func NewAssets(dist fs.FS, font FontChoice) (*Assets, error) {
	if _, err := fs.Stat(dist, govukCSS); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoAssets
	}
	p := packer{assets: &Assets{served: map[string]asset{}, urls: map[string]string{}, parts: map[string]template.HTML{}}, font: font}
	ours, err := fs.Sub(own, "own")
	if err != nil {
		return nil, err
	}
	p.sources = []fs.FS{ours, dist}
	for _, source := range p.sources {
		if err := p.pack(source); err != nil {
			return nil, fmt.Errorf("open assets: %w", err)
		}
	}
	return p.assets, nil
}

// packer names, rewrites and compresses.
type packer struct {
	assets  *Assets
	font    FontChoice
	sources []fs.FS
}

var mimes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
	".ico": "image/x-icon", ".woff": "font/woff", ".woff2": "font/woff2",
}

func (p packer) pack(source fs.FS) error {
	return fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasPrefix(name, "parts/"):
			return p.part(source, name)
		case mimes[path.Ext(name)] == "" || strings.HasPrefix(name, "fonts/"): // a font comes with the style that asks for it
			return nil
		}
		_, err = p.url(name, nil)
		return err
	})
}

// part keeps a drawing that goes into the page itself, on one line: it is sent with every page.
func (p packer) part(source fs.FS, name string) error {
	content, err := fs.ReadFile(source, name)
	p.assets.parts[strings.TrimSuffix(path.Base(name), path.Ext(name))] = template.HTML(strings.Join(strings.Fields(string(content)), " ")) // from the package that govuk-frontend's lock file names
	return err
}

var (
	reference  = regexp.MustCompile(`/assets/[A-Za-z0-9._/-]+`)
	fontFace   = regexp.MustCompile(`@font-face\{[^}]*\}`)
	sourceMaps = regexp.MustCompile(`(?m)(//|/\*)# sourceMappingURL=.*$`)
)

// url returns the address of an asset, after packing it and all that it refers to. within lists those that refer to it.
func (p packer) url(name string, within []string) (string, error) {
	if url, ok := p.assets.urls[name]; ok {
		return url, nil
	}
	for _, outer := range within {
		if outer == name {
			return "", fmt.Errorf("%s refers to itself", name)
		}
	}
	content, err := p.read(name)
	if err != nil {
		return "", err
	}
	if ext := path.Ext(name); ext == ".css" || ext == ".js" {
		if content, err = p.rewrite(name, content, append(within, name)); err != nil {
			return "", err
		}
	}
	return p.add(name, content)
}

func (p packer) read(name string) ([]byte, error) {
	var err error
	for _, source := range p.sources {
		var content []byte
		if content, err = fs.ReadFile(source, name); err == nil {
			return content, nil
		}
	}
	return nil, err
}

// rewrite takes the licensed typeface out unless it is chosen, and has everything refer to the names we serve.
func (p packer) rewrite(name string, content []byte, within []string) ([]byte, error) {
	content = sourceMaps.ReplaceAll(content, nil)
	if p.font != Transport {
		content = fontFace.ReplaceAll(content, nil)
		content = bytes.ReplaceAll(content, []byte("GDS Transport,"), nil)
	}
	var failed error
	content = reference.ReplaceAllFunc(content, func(found []byte) []byte {
		url, err := p.url(strings.TrimPrefix(string(found), AssetsPath), within)
		failed = errors.Join(failed, err)
		return []byte(url)
	})
	if failed != nil {
		return nil, fmt.Errorf("%s: %w", name, failed)
	}
	return content, nil
}

func (p packer) add(name string, content []byte) (string, error) {
	sum := sha256.Sum256(content)
	tag := hex.EncodeToString(sum[:8])
	ext := path.Ext(name)
	url := AssetsPath + strings.TrimSuffix(name, ext) + "." + tag + ext
	a := asset{content: content, mime: mimes[ext], tag: `"` + tag + `"`}
	if strings.HasPrefix(a.mime, "text/") || ext == ".svg" {
		zipped, err := compressed(content)
		if err != nil {
			return "", err
		}
		if len(zipped) < len(content) {
			a.zipped = zipped
		}
	}
	p.assets.served[url], p.assets.urls[name] = a, url
	return url, nil
}

func compressed(content []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// URL is the address of an asset; of one that is not there, none.
func (a *Assets) URL(name string) (string, bool) {
	url, ok := a.urls[name]
	return url, ok
}

// ServeHTTP answers with an asset. What is not there is not there; nothing else is looked for.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := a.served[r.URL.Path]
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", found.mime)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", found.tag)
	body := found.content
	if found.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", strings.TrimSuffix(found.tag, `"`)+`-gzip"`)
			body = found.zipped
		}
	}
	if r.Header.Get("If-None-Match") == h.Get("ETag") {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		w.Write(body) //nolint:errcheck // the client has gone
	}
}

// takesGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as gzip is concerned.
func takesGzip(header string) bool {
	for _, one := range strings.Split(header, ",") {
		coding, weight, _ := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, weighed := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !weighed || err == nil && value > 0
	}
	return false
}
