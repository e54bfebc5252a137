package listwatch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/listwatch"
)

func TestAGoodListRaisesNoAlarm(t *testing.T) {
	p := newPublisher(t)
	p.ended = []int{0, 5, entries - 1}
	path := memoryFile(t)
	r := p.round(p.watch(path))
	if kinds(r) != "" || len(r.Lists) != 1 {
		t.Fatalf("%v, %v", r.Alarms, r.Lists)
	}
	want := listwatch.Seen{URI: p.uri(), Issued: time.Unix(start.Unix(), 0), Entries: entries, Ended: 3}
	if r.Lists[0] != want {
		t.Errorf("saw %+v, want %+v", r.Lists[0], want)
	}
	p.ended, p.issued = append(p.ended, 7), start.Add(30*time.Second)
	if r := p.round(p.watch(path)); kinds(r) != "" || r.Lists[0].Ended != 4 {
		t.Errorf("one more ended: %v, %v", r.Alarms, r.Lists)
	}
}

func TestValue(t *testing.T) {
	p := newPublisher(t)
	p.ended = []int{0, 5, entries - 1}
	w := p.watch(memoryFile(t))
	if _, ok := w.Value(p.uri(), 0); ok {
		t.Error("a value of a list that was not seen")
	}
	p.round(w)
	for index, want := range map[int]byte{0: 1, 1: 0, 4: 0, 5: 1, entries - 1: 1} {
		if v, ok := w.Value(p.uri(), index); !ok || v != want {
			t.Errorf("entry %d is %d, %v", index, v, ok)
		}
	}
	for _, index := range []int{-1, entries} {
		if _, ok := w.Value(p.uri(), index); ok {
			t.Errorf("there is an entry %d", index)
		}
	}
}

func TestEachFaultHasItsAlarm(t *testing.T) {
	cases := []struct {
		name string
		set  func(p *publisher)
		want listwatch.Kind
	}{
		{"not there", func(p *publisher) { p.answer = http.NotFound }, listwatch.KindUnavailable},
		{"gone", func(p *publisher) { p.server.Close() }, listwatch.KindUnavailable},
		{"a redirect", func(p *publisher) {
			p.answer = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, p.server.URL+"/keys", http.StatusFound)
			}
		}, listwatch.KindUnavailable},
		{"cut short", func(p *publisher) {
			p.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				_, _ = io.WriteString(w, "eyJ")
			}
		}, listwatch.KindUnavailable},
		{"endless", func(p *publisher) { p.answer = endless }, listwatch.KindTooLarge},
		{"a page", func(p *publisher) {
			p.answer = func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "<!doctype html><title>Sorry</title>")
			}
		}, listwatch.KindContentType},
		{"compressed unasked", func(p *publisher) { p.set = http.Header{"Content-Encoding": {"br"}} }, listwatch.KindEncoding},
		{"compressed twice", func(p *publisher) { p.answer = p.gzipped(2) }, listwatch.KindEncoding},
		{"said to be compressed", func(p *publisher) { p.answer = p.gzipped(0) }, listwatch.KindEncoding},
		{"no ETag", func(p *publisher) { p.set = http.Header{"Etag": {}} }, listwatch.KindCaching},
		{"a weak ETag", func(p *publisher) { p.set = http.Header{"Etag": {`W/"1"`}} }, listwatch.KindCaching},
		{"no Last-Modified", func(p *publisher) { p.answer = p.without("Last-Modified") }, listwatch.KindCaching},
		{"no max-age", func(p *publisher) { p.set = http.Header{"Cache-Control": {"public"}} }, listwatch.KindCaching},
		{"kept over ttl", func(p *publisher) { p.set = http.Header{"Cache-Control": {"public, max-age=601"}} }, listwatch.KindCaching},
		{"kept beyond exp", func(p *publisher) { p.claims = map[string]any{"exp": start.Add(5 * time.Minute).Unix()} }, listwatch.KindCaching},
		{"gone when asked again", func(p *publisher) {
			p.answer = func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.Header.Get("If-None-Match"), "never-was") {
					p.serveList(w, r)
					return
				}
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}, listwatch.KindUnavailable},
		{"never 304", func(p *publisher) { p.never = true }, listwatch.KindConditional},
		{"always 304", func(p *publisher) {
			p.answer = func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("If-None-Match") != "" {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				p.serveList(w, r)
			}
		}, listwatch.KindConditional},
		{"two parts", func(p *publisher) { p.edit = func(s string) string { return s[:strings.LastIndex(s, ".")] } }, listwatch.KindMalformed},
		{"padding", func(p *publisher) { p.edit = func(s string) string { return s + "==" } }, listwatch.KindMalformed},
		{"another spelling", func(p *publisher) { p.edit = respell }, listwatch.KindMalformed},
		{"a line break", func(p *publisher) { p.edit = func(s string) string { return s + "\n" } }, listwatch.KindMalformed},
		{"a member twice", func(p *publisher) {
			p.edit = func(s string) string {
				return text([]byte(`{"alg":"ES256","alg":"ES256"}`)) + s[strings.Index(s, "."):]
			}
		}, listwatch.KindMalformed},
		{"no ttl", func(p *publisher) { p.claims = map[string]any{"ttl": nil} }, listwatch.KindMalformed},
		{"no exp", func(p *publisher) { p.claims = map[string]any{"exp": nil} }, listwatch.KindMalformed},
		{"no iat", func(p *publisher) { p.claims = map[string]any{"iat": nil} }, listwatch.KindMalformed},
		{"another crit", func(p *publisher) { p.header = map[string]any{"crit": []string{"x"}} }, listwatch.KindMalformed},
		{"three bits", func(p *publisher) { p.claims = lst(3, text(deflate(p.t, make([]byte, 8)))) }, listwatch.KindMalformed},
		{"not deflated", func(p *publisher) { p.claims = lst(2, text(make([]byte, 8))) }, listwatch.KindMalformed},
		{"something after the list", func(p *publisher) { p.claims = lst(2, text(append(deflate(p.t, make([]byte, 8)), 0))) }, listwatch.KindMalformed},
		{"no entry", func(p *publisher) { p.claims = lst(2, text(deflate(p.t, nil))) }, listwatch.KindMalformed},
		{"a bomb", func(p *publisher) { p.claims = lst(2, text(deflate(p.t, make([]byte, 8<<20)))) }, listwatch.KindTooLarge},
		{"another typ", func(p *publisher) { p.header = map[string]any{"typ": "JWT"} }, listwatch.KindType},
		{"no algorithm", func(p *publisher) { p.header = map[string]any{"alg": "none"} }, listwatch.KindAlgorithm},
		{"keys away", func(p *publisher) { p.keys = map[string]any{"keys": []any{}} }, listwatch.KindKeys},
		{"an unknown kid", func(p *publisher) { p.header = map[string]any{"kid": "other"} }, listwatch.KindKey},
		{"no kid", func(p *publisher) { p.header = map[string]any{"kid": nil} }, listwatch.KindKey},
		{"a wrong key", func(p *publisher) {
			p.keys, p.key = map[string]any{"keys": []any{jwk(p.key, "k")}}, newKey(p.t)
		}, listwatch.KindSignature},
		{"another list", func(p *publisher) { p.claims = map[string]any{"sub": p.server.URL + "/t/other"} }, listwatch.KindSubject},
		{"of the future", func(p *publisher) { p.issued = p.now.Add(11 * time.Second) }, listwatch.KindFuture},
		{"expired", func(p *publisher) { p.now = start.Add(time.Hour) }, listwatch.KindExpired},
		{"not renewed", func(p *publisher) { p.now = start.Add(46 * time.Minute) }, listwatch.KindStale},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPublisher(t)
			c.set(p)
			r := p.round(p.watch(memoryFile(t)))
			if !strings.Contains(" "+kinds(r)+" ", " "+string(c.want)+" ") {
				t.Errorf("alarms %q, want %s", kinds(r), c.want)
			}
			for _, a := range r.Alarms {
				if a.List != p.uri() || a.At != p.now || a.Detail == "" {
					t.Errorf("alarm %+v", a)
				}
			}
		})
	}
}

func lst(bits int, list string) map[string]any {
	return map[string]any{"status_list": map[string]any{"bits": bits, "lst": list}}
}

// respell sets a bit that base64url has to spare in the last of 86 characters.
func respell(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(token) - 1
	return token[:last] + string(alphabet[strings.IndexByte(alphabet, token[last])|1])
}

func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/statuslist+jwt")
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

// gzipped answers those who take gzip with the token compressed n times, and says that it is once.
func (p *publisher) gzipped(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			p.serveList(w, r)
			return
		}
		body := []byte(p.token())
		for range n {
			body = squeeze(p.t, body)
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	}
}

func (p *publisher) without(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { p.serveList(dropper{w, name}, r) }
}

// dropper leaves a header out of an answer.
type dropper struct {
	http.ResponseWriter
	name string
}

func (d dropper) WriteHeader(status int) {
	d.Header().Del(d.name)
	d.ResponseWriter.WriteHeader(status)
}

func TestCompressionOnceIsWelcome(t *testing.T) {
	p := newPublisher(t)
	p.answer = p.gzipped(1)
	if r := p.round(p.watch(memoryFile(t))); kinds(r) != "" {
		t.Errorf("alarms %v", r.Alarms)
	}
}

// A list that verifies in itself is compared with the one before, whatever process saw that.
func TestAListThatGoesBack(t *testing.T) {
	later := start.Add(30 * time.Second)
	for name, c := range map[string]struct {
		set  func(p *publisher)
		want listwatch.Kind
	}{
		"rolled back":             {func(p *publisher) { p.issued = start.Add(-time.Second) }, listwatch.KindRolledBack},
		"one undone":              {func(p *publisher) { p.issued, p.ended = later, []int{3} }, listwatch.KindUndone},
		"one undone, others more": {func(p *publisher) { p.issued, p.ended = later, []int{3, 9, 10, 11} }, listwatch.KindUndone},
		"nothing ended any more":  {func(p *publisher) { p.issued, p.ended = later, nil }, listwatch.KindUndone},
		"a longer list":           {func(p *publisher) { p.issued, p.size = later, entries*2 }, listwatch.KindSize},
		"a shorter list":          {func(p *publisher) { p.issued, p.size = later, entries/2 }, listwatch.KindSize},
		"other bits":              {func(p *publisher) { p.issued, p.claims = later, lst(1, text(deflate(p.t, make([]byte, entries/4)))) }, listwatch.KindSize},
	} {
		t.Run(name, func(t *testing.T) {
			p, path := newPublisher(t), memoryFile(t)
			p.ended = []int{3, 200}
			if r := p.round(p.watch(path)); kinds(r) != "" {
				t.Fatal(r.Alarms)
			}
			c.set(p)
			for range 2 { // what is wrong is not got used to
				if r := p.round(p.watch(path)); kinds(r) != string(c.want) {
					t.Errorf("alarms %q, want %s", kinds(r), c.want)
				}
			}
		})
	}
}

// One list dated ahead must not make every honest one after it an old one.
func TestTheFutureIsNotRemembered(t *testing.T) {
	p, path := newPublisher(t), memoryFile(t)
	p.issued = p.now.Add(time.Hour)
	if r := p.round(p.watch(path)); kinds(r) != string(listwatch.KindFuture) {
		t.Fatal(r.Alarms)
	}
	p.issued = start
	if r := p.round(p.watch(path)); kinds(r) != "" {
		t.Errorf("alarms %v", r.Alarms)
	}
}

// Nor is a list that turned up at another's address.
func TestAnotherListIsNotRemembered(t *testing.T) {
	p, path := newPublisher(t), memoryFile(t)
	p.claims, p.ended = map[string]any{"sub": p.server.URL + "/t/other"}, []int{1, 2, 3}
	if r := p.round(p.watch(path)); kinds(r) != string(listwatch.KindSubject) {
		t.Fatal(r.Alarms)
	}
	p.claims, p.ended = nil, nil
	if r := p.round(p.watch(path)); kinds(r) != "" {
		t.Errorf("alarms %v", r.Alarms)
	}
}

func TestOneListKeepsNoOtherFromBeingSeen(t *testing.T) {
	p := newPublisher(t)
	r, err := p.watch(memoryFile(t)).Round(t.Context(), []string{"ftp://list.example/t/a", p.server.URL + "/t/abc?time=1", p.uri()})
	if err != nil || kinds(r) != "address address" || len(r.Lists) != 1 {
		t.Errorf("%v, %v, %v", r.Alarms, r.Lists, err)
	}
}

func TestSpoiltMemoryIsNotAFirstStart(t *testing.T) {
	path := memoryFile(t)
	if err := os.WriteFile(path, []byte(`{"a":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listwatch.New(listwatch.Options{State: path}); err == nil {
		t.Error("it was taken for one")
	}
}

func TestMemoryThatCannotBeKept(t *testing.T) {
	p := newPublisher(t)
	w := p.watch(filepath.Join(t.TempDir(), "missing", "seen.json"))
	if _, err := w.Round(t.Context(), []string{p.uri()}); err == nil {
		t.Error("no error")
	}
}

func TestKeysOfAFile(t *testing.T) {
	p := newPublisher(t)
	path := filepath.Join(t.TempDir(), "keys.json")
	k := jwk(p.key, "k")
	set := fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":%q,"y":%q}]}`, k["x"], k["y"])
	if err := os.WriteFile(path, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	for keys, want := range map[string]string{path: "", path + "x": "keys"} {
		w, err := listwatch.New(listwatch.Options{Keys: keys, State: memoryFile(t), Now: func() time.Time { return p.now }})
		if err != nil {
			t.Fatal(err)
		}
		if r := p.round(w); kinds(r) != want {
			t.Errorf("%v: want %q", r.Alarms, want)
		}
	}
}

func TestMetrics(t *testing.T) {
	p := newPublisher(t)
	p.ended = []int{1}
	w, m := p.watch(memoryFile(t)), &listwatch.Metrics{}
	m.Add(p.round(w))
	p.issued, p.ended = start.Add(time.Second), nil
	m.Add(p.round(w))
	out := &recorder{header: http.Header{}}
	m.ServeHTTP(out, nil)
	for _, want := range []string{
		"listwatch_rounds_total 2", "listwatch_alarms 1", fmt.Sprintf("listwatch_last_round_timestamp_seconds %d", p.now.Unix()),
		fmt.Sprintf("listwatch_alarms_total{list=%q,alarm=\"undone\"} 1", p.uri()), fmt.Sprintf("listwatch_list_age_seconds{list=%q} 59", p.uri()),
		fmt.Sprintf("listwatch_list_entries{list=%q} 1024", p.uri()), fmt.Sprintf("listwatch_list_ended{list=%q} 0", p.uri()),
	} {
		if !strings.Contains(out.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

type recorder struct {
	strings.Builder
	header http.Header
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(int)     {}

func TestRunGoesOnUntilItIsTold(t *testing.T) {
	p := newPublisher(t)
	ticks, reports, done := make(chan time.Time), make(chan listwatch.Report), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		done <- p.watch(memoryFile(t)).Run(ctx, ticks, func() ([]string, error) { return []string{p.uri()}, nil },
			func(r listwatch.Report) { reports <- r })
	}()
	for range 3 {
		if r := <-reports; kinds(r) != "" {
			t.Error(r.Alarms)
		}
		ticks <- start
	}
	<-reports
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
