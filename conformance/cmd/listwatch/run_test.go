package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// page is a server that has no list to show, but a page.
func page(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<p>Sorry") }))
	t.Cleanup(server.Close)
	return server.URL
}

func TestExitCodes(t *testing.T) {
	address, state := page(t), filepath.Join(t.TempDir(), "seen.json")
	empty := filepath.Join(t.TempDir(), "lists")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"an alarm":          {[]string{"-keys", address, "-state", state, address + "/t/a"}, exitAlarm},
		"no keys":           {[]string{"-state", state, address + "/t/a"}, exitMisuse},
		"no state":          {[]string{"-keys", address, address + "/t/a"}, exitMisuse},
		"no list":           {[]string{"-keys", address, "-state", state}, exitMisuse},
		"lists twice":       {[]string{"-keys", address, "-state", state, "-lists", empty, address + "/t/a"}, exitMisuse},
		"a file of none":    {[]string{"-keys", address, "-state", state, "-lists", empty}, exitMisuse},
		"a missing file":    {[]string{"-keys", address, "-state", state, "-lists", empty + "x"}, exitMisuse},
		"too often":         {[]string{"-keys", address, "-state", state, "-every", "1ms", address + "/t/a"}, exitMisuse},
		"never renewed":     {[]string{"-keys", address, "-state", state, "-renewal", "1.5", address + "/t/a"}, exitMisuse},
		"metrics of once":   {[]string{"-keys", address, "-state", state, "-metrics", "127.0.0.1:0", address + "/t/a"}, exitMisuse},
		"an unknown option": {[]string{"-x"}, exitMisuse},
	} {
		var out, errs bytes.Buffer
		if got := run(t.Context(), c.args, &out, &errs); got != c.want {
			t.Errorf("%s: exit %d, want %d: %s%s", name, got, c.want, &out, &errs)
		}
		if alarmed := strings.Contains(out.String(), `"alarm":"content_type"`); alarmed != (c.want == exitAlarm) {
			t.Errorf("%s: printed %s", name, &out)
		}
	}
}

// lines hands on what is written, whole.
type lines chan string

func (l lines) Write(b []byte) (int, error) { l <- string(b); return len(b), nil }

func TestWatching(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	metrics := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	address, out, done := page(t), make(lines), make(chan int, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		done <- run(ctx, []string{
			"-keys", address, "-state", filepath.Join(t.TempDir(), "seen.json"), "-every", "1h", "-metrics", metrics, address + "/t/a",
		}, out, io.Discard)
	}()
	if line := <-out; !strings.Contains(line, `"alarm":"content_type"`) {
		t.Errorf("printed %s", line)
	}
	if line := <-out; !strings.Contains(line, `"alarms":1`) {
		t.Errorf("printed %s", line)
	}
	response, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it is read whole
	text, err := io.ReadAll(response.Body)
	if want := fmt.Sprintf("listwatch_alarms_total{list=%q,alarm=\"content_type\"} 1", address+"/t/a"); err != nil || !strings.Contains(string(text), want) {
		t.Errorf("metrics %s, %v", text, err)
	}
	stop()
	if code := <-done; code != exitGood {
		t.Errorf("exit %d", code)
	}
}
