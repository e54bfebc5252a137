package httpserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
)

func server(t *testing.T, log *bytes.Buffer, ready error) *httpserver.Server {
	t.Helper()
	return httpserver.New(httpserver.Options{
		Log: slog.New(slog.NewJSONHandler(log, nil)), Now: func() time.Time { return time.Unix(0, 0) },
		MaxBody: 256, Ready: func(context.Context) error { return ready },
	})
}

func do(h http.Handler, method, path, contentType, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestErrorsBecomeAnswers(t *testing.T) {
	cause := errors.New("private cause")
	cases := []struct {
		name   string
		err    error
		status int
		body   string
		header string
	}{
		{"invalid", fault.Wrap(fault.Invalid, "invalid_proof", "words", cause), 400, `{"error":"invalid_proof"}`, ""},
		{"no token", fault.New(fault.Unauthorized, "", ""), 401, "", "Bearer"},
		{"bad token", fault.Wrap(fault.Unauthorized, "invalid_token", "", cause), 401, "", `Bearer error="invalid_token"`},
		{"forbidden", fault.New(fault.Forbidden, "no", ""), 403, `{"error":"no"}`, ""},
		{"not found", fault.New(fault.NotFound, "none", ""), 404, `{"error":"none"}`, ""},
		{"conflict", fault.New(fault.Conflict, "busy", ""), 409, `{"error":"busy"}`, ""},
		{"unavailable", fault.Wrap(fault.Unavailable, "away", "", cause), 503, `{"error":"away"}`, ""},
		{"unknown", cause, 500, `{"error":"server_error"}`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			s := server(t, &log, nil)
			s.Handle("GET", "/x", func(*gin.Context) error { return c.err })
			w := do(s, "GET", "/x", "", "")
			if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("WWW-Authenticate") != c.header {
				t.Errorf("%d %q %q", w.Code, w.Body, w.Header().Get("WWW-Authenticate"))
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Request-Id") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", w.Header())
			}
			if (w.Header().Get("Retry-After") != "") != (c.status == 503) {
				t.Error("Retry-After")
			}
			if logged := strings.Contains(log.String(), "private cause"); logged != (c.status >= 500) {
				t.Errorf("cause logged: %v", logged)
			}
		})
	}
}

func TestDescriptionsOnlyWhereAsked(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	h := func(*gin.Context) error { return fault.New(fault.Invalid, "code", "words") }
	s.Group("/api", httpserver.GroupOptions{Descriptions: true}).Handle("GET", "/x", h)
	if got := do(s, "GET", "/api/x", "", "").Body.String(); got != `{"error":"code","error_description":"words"}` {
		t.Error(got)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	s.Handle("POST", "/x", func(c *gin.Context) error { c.Status(204); return nil })
	for path, want := range map[string]int{"/y": 404, "/x/": 404, "//x": 404, "/X": 404} {
		if got := do(s, "POST", path, "", "").Code; got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got := do(s, "GET", "/x", "", "").Code; got != 405 {
		t.Errorf("GET: %d", got)
	}
	if got := do(s, "POST", "/x", "", "").Code; got != 204 {
		t.Errorf("POST: %d", got)
	}
}

func TestHead(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	h := func(c *gin.Context) error { c.Header("Content-Type", "text/plain"); c.Status(200); return nil }
	s.Handle("GET", "/x", h)
	s.Handle("POST", "/z", h)
	s.Group("/g", httpserver.GroupOptions{}).Handle("GET", "/y", h)
	for path, want := range map[string]int{"/x": 200, "/g/y": 200, "/livez": 200, "/z": 405} {
		if w := do(s, "HEAD", path, "", ""); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestPanicSaysNothing(t *testing.T) {
	var log bytes.Buffer
	s := server(t, &log, nil)
	s.Handle("GET", "/x", func(*gin.Context) error { panic("a name") })
	w := do(s, "GET", "/x", "", "")
	if w.Code != 500 || w.Body.String() != `{"error":"server_error"}` || strings.Contains(log.String(), "a name") {
		t.Errorf("%d %s %s", w.Code, w.Body, log.String())
	}
}

func TestReady(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	if got := do(s, "GET", "/readyz", "", "").Code; got != 200 {
		t.Error(got)
	}
	s.Drain()
	if got := do(s, "GET", "/readyz", "", "").Code; got != 503 {
		t.Error(got)
	}
	if got := do(s, "GET", "/livez", "", "").Code; got != 200 {
		t.Error(got)
	}
	if got := do(server(t, &bytes.Buffer{}, errors.New("store away")), "GET", "/readyz", "", "").Code; got != 503 {
		t.Error(got)
	}
}

func TestBearer(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	s.Handle("GET", "/x", func(c *gin.Context) error {
		token, err := httpserver.Bearer(c)
		if err == nil {
			c.String(200, token)
		}
		return err
	})
	cases := map[string]struct {
		headers []string
		status  int
		want    string
	}{
		"good":         {[]string{"Authorization", "Bearer abc"}, 200, ""},
		"lower case":   {[]string{"Authorization", "bearer abc"}, 200, ""},
		"none":         {nil, 401, "Bearer"},
		"empty":        {[]string{"Authorization", "Bearer "}, 401, `Bearer error="invalid_token"`},
		"another kind": {[]string{"Authorization", "Basic abc"}, 401, `Bearer error="invalid_token"`},
		"two tokens":   {[]string{"Authorization", "Bearer a b"}, 401, `Bearer error="invalid_token"`},
		"two headers":  {[]string{"Authorization", "Bearer a", "Authorization", "Bearer b"}, 401, `Bearer error="invalid_token"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := do(s, "GET", "/x", "", "", c.headers...)
			if w.Code != c.status || w.Header().Get("WWW-Authenticate") != c.want {
				t.Errorf("%d %q", w.Code, w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func TestReadJSON(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	s.Handle("POST", "/x", func(c *gin.Context) error {
		var v struct {
			A string `json:"a"`
		}
		if err := httpserver.ReadJSON(c, &v); err != nil {
			return err
		}
		c.String(200, v.A)
		return nil
	})
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	cases := map[string]struct {
		media, body string
		status      int
	}{
		"good":               {"application/json", `{"a":"b"}`, 200},
		"charset":            {"application/json; charset=UTF-8", `{"a":"b"}`, 200},
		"unknown member":     {"application/json", `{"a":"b","c":[{"d":1}]}`, 200},
		"no media type":      {"", `{"a":"b"}`, 400},
		"another media type": {"text/plain", `{"a":"b"}`, 400},
		"another charset":    {"application/json; charset=latin1", `{"a":"b"}`, 400},
		"empty":              {"application/json", ``, 400},
		"array":              {"application/json", `[]`, 400},
		"cut short":          {"application/json", `{"a":"b"`, 400},
		"member twice":       {"application/json", `{"a":"b","a":"c"}`, 400},
		"inner member twice": {"application/json", `{"a":"b","c":{"d":1,"d":2}}`, 400},
		"trailing":           {"application/json", `{"a":"b"}{}`, 400},
		"wrong type":         {"application/json", `{"a":1}`, 400},
		"not UTF-8":          {"application/json", "{\"a\":\"\xff\"}", 400},
		"name in capitals":   {"application/json", `{"A":"b"}`, 400},
		"deep":               {"application/json", `{"c":` + deep + `}`, 400},
		"too large":          {"application/json", `{"a":"` + strings.Repeat("x", 300) + `"}`, 413},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if w := do(s, "POST", "/x", c.media, c.body); w.Code != c.status {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestTheLogNamesTheRouteAndNotTheURL(t *testing.T) {
	var log bytes.Buffer
	s := server(t, &log, nil)
	s.Handle("GET", "/t/:id", func(c *gin.Context) error { c.Status(200); return nil })
	do(s, "GET", "/t/secret-id?name=smith", "", "")
	if strings.Contains(log.String(), "secret-id") || strings.Contains(log.String(), "smith") || !strings.Contains(log.String(), "/t/:id") {
		t.Error(log.String())
	}
}

func TestTheLogDoesNotSayWhatIsPrivate(t *testing.T) {
	var log bytes.Buffer
	s := server(t, &log, nil)
	s.Handle("GET", "/t", func(c *gin.Context) error {
		return fmt.Errorf("offer: %w", &fault.Error{Kind: fault.Forbidden, Code: "of_the_person", Private: true})
	})
	if w := do(s, "GET", "/t", "", ""); !strings.Contains(w.Body.String(), "of_the_person") {
		t.Errorf("the caller is told %s", w.Body)
	}
	if strings.Contains(log.String(), "of_the_person") || !strings.Contains(log.String(), `"forbidden"`) {
		t.Error(log.String())
	}
}

// page answers with the status and the code, as a door's own page would with words.
func page(c *gin.Context, status int, err error) {
	c.Data(status, "text/html", []byte("page "+fault.CodeOf(err)))
}

func TestErrorsBecomePages(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	pages := s.Group("/desk", httpserver.GroupOptions{Page: page})
	answers := map[string]error{
		"/away": fault.New(fault.Unavailable, "away", ""), "/forbidden": fault.New(fault.Forbidden, "no", ""), "/unauthorized": fault.New(fault.Unauthorized, "sign_in", ""),
	}
	for path, err := range answers {
		pages.Handle("GET", path, func(*gin.Context) error { return err })
	}
	pages.Handle("GET", "/panic", func(*gin.Context) error { panic("a name") })
	for path, want := range map[string]string{
		"/desk/away": "503 page away", "/desk/forbidden": "403 page no", "/desk/unauthorized": "401 page sign_in", "/desk/panic": "500 page ",
	} {
		w := do(s, "GET", path, "", "")
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != want || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %q", path, got)
		}
		if (w.Header().Get("Retry-After") != "") != (w.Code == 503) {
			t.Errorf("%s: Retry-After", path)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	named := func(name string) httpserver.Page {
		return func(c *gin.Context, status int, err error) { c.String(status, "%s page %s", name, fault.CodeOf(err)) }
	}
	answer := func(*gin.Context) error { return nil }
	s.Group("", httpserver.GroupOptions{Page: named("person's")}).Handle("GET", "/documents", answer)
	s.Group("/console", httpserver.GroupOptions{Page: named("console's")}).Handle("GET", "/search", answer)
	s.Group("/api", httpserver.GroupOptions{}).Handle("POST", "/offers", answer)
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	for _, c := range []struct{ method, path, accept, want string }{
		{"GET", "/nowhere", browser, "404 person's page not_found"},
		{"GET", "/console/nowhere", browser, "404 console's page not_found"},
		{"GET", "/console", browser, "404 console's page not_found"},
		{"GET", "/consoles", browser, "404 person's page not_found"},
		{"POST", "/documents", browser, "405 person's page method_not_allowed"},
		{"POST", "/console/search", browser, "405 console's page method_not_allowed"},
		{"GET", "/api/nowhere", "application/json", `404 {"error":"not_found"}`},
		{"GET", "/api/offers", "application/json", `405 {"error":"method_not_allowed"}`},
		{"GET", "/nowhere", "*/*", `404 {"error":"not_found"}`},
		{"GET", "/nowhere", "", `404 {"error":"not_found"}`},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", c.accept)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != c.want || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s (%s): %q, want %q", c.method, c.path, c.accept, got, c.want)
		}
		if w.Code == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", c.method, c.path)
		}
	}
}

func TestMount(t *testing.T) {
	s := server(t, &bytes.Buffer{}, nil)
	s.Mount("/assets/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "immutable")
		_, _ = w.Write([]byte(r.URL.Path))
	}))
	w := do(s, "GET", "/assets/a.css", "", "")
	if w.Code != 200 || w.Body.String() != "/assets/a.css" || w.Header().Get("Cache-Control") != "immutable" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	if w := do(s, "POST", "/assets/a.css", "", ""); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}
