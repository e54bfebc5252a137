package check

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
)

// Formats a report can be written in.
const (
	FormatText  = "text"
	FormatJSON  = "json"
	FormatJUnit = "junit"
	FormatHTML  = "html"
)

// Write writes the report in a format.
func (r Report) Write(w io.Writer, format string) error {
	switch format {
	case FormatText:
		return r.writeText(w)
	case FormatJSON:
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Report
			Verdict Verdict         `json:"verdict"`
			Counts  map[Verdict]int `json:"counts"`
		}{r, r.Verdict(), r.counts()})
	case FormatJUnit:
		return r.writeJUnit(w)
	case FormatHTML:
		return page.Execute(w, r)
	}
	return fmt.Errorf("no report format %q: want text, json, junit or html", format)
}

func (r Report) counts() map[Verdict]int {
	out := map[Verdict]int{}
	for _, v := range []Verdict{Held, Broken, Unknown, Apart} {
		out[v] = r.Count(v)
	}
	return out
}

// Summary is the report in one line.
func (r Report) Summary() string {
	return fmt.Sprintf("%d held, %d broken, %d could not be checked, %d do not apply", r.Count(Held), r.Count(Broken), r.Count(Unknown), r.Count(Apart))
}

// writeText shows what held in a line, and the rest with its evidence.
func (r Report) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n\n", r.Subject, r.Began.UTC().Format(time.RFC3339))
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%-15s  %-28s  %s\n", f.Verdict, f.ID, f.named())
		if f.Verdict == Held || f.Verdict == Apart {
			continue
		}
		fmt.Fprintf(&b, "%17ssource    %s\n%17swhy       %s\n", "", f.Source, "", f.Detail)
		for _, e := range f.Exchanges {
			fmt.Fprintf(&b, "%17ssent      %s\n%17sreceived  %s\n", "", e.Sent, "", e.Received)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", r.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

func (f Finding) named() string {
	if f.Subject == "" {
		return f.Title
	}
	return f.Subject + ": " + f.Title
}

// The JUnit shapes that continuous integration reads: what is broken failed, what could not be checked is an error, and
// what does not apply was skipped.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		When     string      `xml:"timestamp,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Failure *junitWhy  `xml:"failure,omitempty"`
		Error   *junitWhy  `xml:"error,omitempty"`
		Skipped *junitSkip `xml:"skipped,omitempty"`
		Output  string     `xml:"system-out,omitempty"`
	}
	junitWhy struct {
		Message string `xml:"message,attr"`
	}
	junitSkip struct{}
)

func (r Report) writeJUnit(w io.Writer) error {
	suite := junitSuite{Name: r.Subject, Tests: len(r.Findings), Failures: r.Count(Broken), Errors: r.Count(Unknown),
		Skipped: r.Count(Apart), When: r.Began.UTC().Format("2006-01-02T15:04:05")}
	for _, f := range r.Findings {
		suite.Cases = append(suite.Cases, f.junit())
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	return e.Encode(suite)
}

func (f Finding) junit() junitCase {
	c := junitCase{Class: f.ID, Name: f.named()}
	switch f.Verdict {
	case Broken:
		c.Failure = &junitWhy{f.Detail}
	case Unknown:
		c.Error = &junitWhy{f.Detail}
	case Apart:
		c.Skipped = &junitSkip{}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "source: %s\n", f.Source)
	for _, e := range f.Exchanges {
		fmt.Fprintf(&out, "sent: %s\nreceived: %s\n", e.Sent, e.Received)
	}
	c.Output = out.String()
	return c
}

// page needs no script and nothing from elsewhere.
var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"at": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Verdict}}: {{.Subject}}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem;border-bottom:1px solid #b1b4b6}.broken{color:#942514;font-weight:bold}
code{overflow-wrap:anywhere}</style></head><body>
<h1>{{.Subject}}</h1><p>{{at .Began}}. {{.Summary}}.</p>
<table><caption>Every rule</caption><thead><tr><th scope="col">Verdict</th><th scope="col">Rule</th><th scope="col">Source</th><th scope="col">Evidence</th></tr></thead><tbody>
{{range .Findings}}<tr><td class="{{.Verdict}}">{{.Verdict}}</td><td><code>{{.ID}}</code><br>{{with .Subject}}{{.}}: {{end}}{{.Title}}</td><td>{{.Source}}</td>
<td>{{with .Detail}}<p>{{.}}</p>{{end}}{{if .Exchanges}}<details><summary>What was sent, and what came back</summary>
{{range .Exchanges}}<p>{{.Sent}}<br>{{.Received}}</p>{{end}}</details>{{end}}</td></tr>
{{end}}</tbody></table></body></html>
`))
