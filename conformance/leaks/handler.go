package leaks

import (
	"bytes"
	"html"
	"net/http"
	"regexp"
	"strings"
)

// Handler keeps what next answers: its headers, its pages, and where they lead. It returns next itself when nothing is kept.
func (k *Keeper) Handler(service string, next http.Handler) http.Handler {
	if k == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w}
		next.ServeHTTP(a, r)
		for name, values := range w.Header() {
			k.Add(Header, service, name+": "+strings.Join(values, ", "))
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			return
		}
		kind, page := Page, a.body.String()
		if strings.HasPrefix(r.URL.Path, "/console") {
			kind = StaffPage
		}
		k.Add(kind, service, page)
		for _, found := range leadsTo.FindAllStringSubmatch(page, -1) {
			k.Add(URL, service, html.UnescapeString(found[1]))
		}
	})
}

var leadsTo = regexp.MustCompile(`(?:href|action|src|content)="([^"]*/[^"]*)"`)

// answer keeps a copy of what is written.
type answer struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (a *answer) Write(p []byte) (int, error) {
	a.body.Write(p)
	return a.ResponseWriter.Write(p)
}

// Flush sends on what there is: events that a server sends are waited for.
func (a *answer) Flush() {
	if f, ok := a.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
