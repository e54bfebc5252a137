package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
)

var ctx = context.Background()

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestGet(t *testing.T) {
	var seen *http.Request
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		w.Header().Set("Content-Type", "Application/StatusList+JWT; charset=utf-8")
		w.Header().Set("ETag", `"1"`)
		_, _ = io.WriteString(w, "token")
	})
	r, err := fetch.New(fetch.Options{}).Get(ctx, address+"/t/1?a=b", "application/statuslist+jwt")
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != 200 || r.ContentType != "application/statuslist+jwt" || string(r.Body) != "token" || r.Header.Get("ETag") != `"1"` {
		t.Errorf("got %+v", r)
	}
	if seen.URL.String() != "/t/1?a=b" || seen.Header.Get("Accept") != "application/statuslist+jwt" || seen.Header.Get("Accept-Encoding") != "identity" {
		t.Errorf("asked %s with %v", seen.URL, seen.Header)
	}
}

func TestGetKeepsNoCookie(t *testing.T) {
	var cookies int
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cookies += len(r.Cookies())
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	})
	client := fetch.New(fetch.Options{})
	for range 2 {
		if _, err := client.Get(ctx, address, "*/*"); err != nil {
			t.Fatal(err)
		}
	}
	if cookies != 0 {
		t.Error("sent a cookie back")
	}
}

func TestGetUnavailable(t *testing.T) {
	const secret = "synthetic-body"
	gzipped := func() []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(make([]byte, 1<<20))
		_ = w.Close()
		return b.Bytes()
	}()
	followed := false
	target := serve(t, func(http.ResponseWriter, *http.Request) { followed = true })
	cases := map[string]http.HandlerFunc{
		"not found":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, 404) },
		"server error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, 500) },
		"no content":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"redirect":     func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) },
		"too long":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 101)) },
		"too long, in pieces": func(w http.ResponseWriter, _ *http.Request) {
			for range 101 {
				_, _ = w.Write([]byte("x"))
				_ = http.NewResponseController(w).Flush()
			}
		},
		"compressed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(gzipped[:50])
		},
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "50")
			_, _ = io.WriteString(w, secret)
		},
		"huge header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 32<<10)) },
	}
	client := fetch.New(fetch.Options{MaxBytes: 100})
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := client.Get(ctx, serve(t, handler)+"/path-of-it", "*/*")
			if fault.KindOf(err) != fault.Unavailable {
				t.Fatalf("got %v, want a fault of kind unavailable", err)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "path-of-it") {
				t.Errorf("error holds the body or the path: %v", err)
			}
		})
	}
	if followed {
		t.Error("a redirect was followed")
	}
}

// A 304 is an answer only to one who said what they hold.
func TestGetChange(t *testing.T) {
	var asked []string
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.Join(r.Header.Values("If-None-Match"), "|"))
		w.WriteHeader(http.StatusNotModified)
	})
	client := fetch.New(fetch.Options{})
	for _, tag := range []string{`"1"`, `W/"1"`} {
		if r, err := client.GetChange(ctx, address, "*/*", tag); err != nil || r.Status != http.StatusNotModified || len(r.Body) != 0 {
			t.Errorf("%s: got %+v, %v", tag, r, err)
		}
	}
	for _, tag := range []string{"", "1", `"a"b"`, "\"a\nb\"", `"` + strings.Repeat("x", 257) + `"`} {
		if _, err := client.GetChange(ctx, address, "*/*", tag); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: got %v, want a fault of kind unavailable", tag, err)
		}
	}
	if want := []string{`"1"`, `W/"1"`, "", "", "", "", ""}; !slices.Equal(asked, want) {
		t.Errorf("asked with %q, want %q", asked, want)
	}
}

func TestGetAtTheLimit(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) })
	r, err := fetch.New(fetch.Options{MaxBytes: 100}).Get(ctx, address, "*/*")
	if err != nil || len(r.Body) != 100 {
		t.Fatalf("refused a body at the limit: %v", err)
	}
}

func TestGetTimesOut(t *testing.T) {
	release := make(chan struct{})
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "x")
		_ = http.NewResponseController(w).Flush()
		select { // the headers came; the body never ends
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	outer, cancel := context.WithTimeout(ctx, 10*time.Second) // so that a client without a limit fails, not hangs
	defer cancel()
	_, err := fetch.New(fetch.Options{Timeout: 20 * time.Millisecond}).Get(outer, address, "*/*")
	if outer.Err() != nil {
		t.Fatal("the client's own limit did not hold")
	}
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want a fault of kind unavailable", err)
	}
}

func TestGetWithNobodyThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := fetch.New(fetch.Options{}).Get(ctx, server.URL+"/path-of-it", "*/*")
	if fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "path-of-it") {
		t.Errorf("got %v", err)
	}
}

func TestGetRefusesAddresses(t *testing.T) {
	addresses := []string{"", "/relative", "ftp://host/", "file:///etc/hosts", "https://", "http://user:word@host/", "https://host/#x", "https://host\n/"}
	for _, address := range addresses {
		_, err := fetch.New(fetch.Options{}).Get(ctx, address, "*/*")
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: got %v, want a fault of kind invalid", address, err)
		}
	}
}
