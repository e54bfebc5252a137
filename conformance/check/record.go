package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// Limits bound what a server may cost.
type Limits struct {
	Body    int64         // bytes of one answer
	Answer  time.Duration // for one answer, its last byte included
	Silence int           // answers that may fail to come before the server is given up
}

// DefaultLimits suit a server across the Internet.
func DefaultLimits() Limits { return Limits{Body: 4 << 20, Answer: 10 * time.Second, Silence: 3} }

// Answer is what came back: an HTTP answer, or why there is none.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Missing string // why there is no whole answer; empty when there is
}

// Step is one question and its answer.
type Step struct {
	Sent   string // in words, without secrets
	Method string
	URL    string
	Answer Answer
}

// Record is every question that was asked, by the name of its step.
type Record struct {
	Began time.Time
	Steps map[string]*Step
	order []string
}

func newRecord(now time.Time) *Record { return &Record{Began: now, Steps: map[string]*Step{}} }

// step returns a step's answer; an error when it was not asked or not answered.
func (r *Record) step(name string) (Answer, error) {
	s, ok := r.Steps[name]
	if !ok {
		return Answer{}, unknown(name + " was not asked: something before it failed")
	}
	if s.Answer.Missing != "" {
		return Answer{}, errors.New("no answer: " + s.Answer.Missing)
	}
	return s.Answer, nil
}

func (r *Record) exchanges(steps []string) []Exchange {
	var out []Exchange
	for _, name := range steps {
		if s, ok := r.Steps[name]; ok {
			out = append(out, Exchange{name, s.Method + " " + bare(s.URL) + ": " + s.Sent, s.Answer.words()})
		}
	}
	return out
}

// bare is a URL without its query, which may hold a code or an offer.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	return printable(u.Scheme+"://"+u.Host+u.Path, 200)
}

// words shows an answer by its status, the headers that rules are about, and its error word. What else it holds may be
// a credential.
func (a Answer) words() string {
	if a.Missing != "" {
		return "no answer: " + a.Missing
	}
	out := fmt.Sprintf("%d, %d bytes", a.Status, len(a.Body))
	for _, name := range []string{"Content-Type", "Cache-Control", "ETag", "Vary", "WWW-Authenticate", "Location"} {
		if v := a.Header.Get(name); v != "" {
			out += "; " + name + ": " + printable(v, 120)
		}
	}
	if a.Status < 400 || len(a.Body) > maxError {
		return out
	}
	if o, err := wallet.DecodeJSON(a.Body); err == nil {
		out += "; error: " + printable(text(o, "error"), 60)
	}
	return out
}

const maxError = 4 << 10 // bytes of an answer that is looked at for its error word

// printable keeps a report in one piece whatever a server sends.
func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), most)]
}

// json reads an answer of one JSON object with status want.
func (a Answer) json(want int) (map[string]any, error) {
	if a.Status != want {
		return nil, fmt.Errorf("status %d, want %d", a.Status, want)
	}
	if !a.isType("application/json") {
		return nil, fmt.Errorf("content type is %q, not application/json", printable(a.Header.Get("Content-Type"), 60))
	}
	return wallet.DecodeJSON(a.Body)
}

func (a Answer) isType(want string) bool {
	got, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return err == nil && got == want
}

var maxAgeDirective = regexp.MustCompile(`(?:^|[,\s])max-age=(\d{1,9})(?:$|[,\s])`)

// visitor asks questions, and keeps them in a Record.
type visitor struct {
	http   *http.Client
	limits Limits
	record *Record
	silent map[string]int // by origin: answers that did not come
}

func newVisitor(client *http.Client, limits Limits, now time.Time) *visitor {
	own := *client
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &visitor{&own, limits, newRecord(now), map[string]int{}}
}

// question is one request. Sent says in words what is peculiar about it.
type question struct {
	step, sent, method, url string
	header                  map[string]string
	body                    string
}

// ask sends q and records what came back.
func (v *visitor) ask(ctx context.Context, q question) Answer {
	if q.method == "" {
		q.method = http.MethodGet
	}
	a := v.answer(ctx, q)
	v.keep(q, a)
	return a
}

func (v *visitor) keep(q question, a Answer) {
	v.record.Steps[q.step] = &Step{q.sent, q.method, q.url, a}
	v.record.order = append(v.record.order, q.step)
}

func (v *visitor) answer(ctx context.Context, q question) Answer {
	if v.gone(q.url) {
		return Answer{Missing: "not an http or https URL, or the server was given up"}
	}
	a := v.attend(ctx, q)
	if a.Missing != "" {
		v.silent[origin(q.url)]++
	}
	return a
}

// gone says that nothing is asked at an address: it is none, or too many answers did not come from there.
func (v *visitor) gone(address string) bool {
	at := origin(address)
	return !strings.HasPrefix(at, "http://") && !strings.HasPrefix(at, "https://") || v.silent[at] >= v.limits.Silence
}

// attend sends q and waits for its answer, within the limits. It changes nothing, so that several can run at once.
func (v *visitor) attend(ctx context.Context, q question) Answer {
	ctx, cancel := context.WithTimeout(ctx, v.limits.Answer)
	defer cancel()
	a, err := v.send(ctx, q)
	if err != nil {
		return Answer{Missing: reason(err)}
	}
	return a
}

var errTooLarge = errors.New("more than the bound")

func (v *visitor) send(ctx context.Context, q question) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, q.method, q.url, strings.NewReader(q.body))
	if err != nil {
		return Answer{}, err
	}
	for name, value := range q.header {
		request.Header.Set(name, value)
	}
	response, err := v.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close() // read as far as we want below; a close error tells nothing more
	body, err := io.ReadAll(io.LimitReader(response.Body, v.limits.Body+1))
	if err != nil {
		return Answer{}, err
	}
	if int64(len(body)) > v.limits.Body {
		return Answer{}, errTooLarge
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: bytes.Clone(body)}, nil
}

// reason says why no answer came, without what the error quotes of the address.
func reason(err error) string {
	switch {
	case errors.Is(err, errTooLarge):
		return "the body is larger than the bound"
	case errors.Is(err, context.DeadlineExceeded):
		return "it did not end in time"
	case errors.Is(err, context.Canceled):
		return "the run was stopped"
	}
	return "the connection or the HTTP failed"
}
