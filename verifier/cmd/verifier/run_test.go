package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func environment(t *testing.T, addr string) func(string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trust.json")
	trust := `{"issuers":[{"issuer":"https://issuer.example","did":"did:web:issuer.example","document":"https://issuer.example/did.json"}]}`
	if err := os.WriteFile(path, []byte(trust), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"VERIFIER_ADDR": addr, "VERIFIER_TRUST_FILE": path}
	return func(name string) string { return vars[name] }
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	var stderr bytes.Buffer
	if code := run(context.Background(), nil, func(string) string { return "" }, io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), "VERIFIER_TRUST_FILE") {
		t.Errorf("%d %s", code, &stderr)
	}
	redis := func(name string) string {
		if name == "REDIS_URL" {
			return "http://not-redis"
		}
		return environment(t, "127.0.0.1:0")(name)
	}
	if code := run(context.Background(), nil, redis, io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), "REDIS_URL") {
		t.Errorf("%d %s", code, &stderr)
	}
	stderr.Reset()
	for name, vars := range map[string]map[string]string{
		"no prefix":        {"VERIFIER_STATUS_REDIS_URL": "redis://127.0.0.1"},
		"another's prefix": {"VERIFIER_STATUS_REDIS_URL": "redis://127.0.0.1", "VERIFIER_STATUS_REDIS_PREFIX": "https://issuer.example/t/"},
	} {
		shared := func(name string) string {
			if v, ok := vars[name]; ok {
				return v
			}
			return environment(t, "127.0.0.1:0")(name)
		}
		if code := run(context.Background(), nil, shared, io.Discard, &stderr); code == 0 || !strings.Contains(stderr.String(), "VERIFIER_STATUS_REDIS_PREFIX") {
			t.Errorf("%s: %d %s", name, code, &stderr)
		}
	}
	for _, args := range [][]string{{"-x"}, {"more"}} {
		if code := run(context.Background(), args, environment(t, ""), io.Discard, io.Discard); code != 2 {
			t.Errorf("%v: %d", args, code)
		}
	}
}

func TestServeAnswersAndStops(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	logs, out := io.Pipe()
	code := make(chan int, 1)
	go func() { code <- run(ctx, nil, environment(t, "127.0.0.1:0"), out, io.Discard) }()
	var line struct{ Addr string }
	if err := json.NewDecoder(logs).Decode(&line); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }() // the pipe blocks whoever logs while nobody reads
	if got := run(ctx, []string{"-health"}, environment(t, line.Addr), io.Discard, io.Discard); got != 0 {
		t.Errorf("health of a verifier that serves: %d", got)
	}
	stop()
	if got := <-code; got != 0 {
		t.Errorf("stopped with %d", got)
	}
	if got := run(context.Background(), []string{"-health"}, environment(t, line.Addr), io.Discard, io.Discard); got != 1 {
		t.Errorf("health of a verifier that has stopped: %d", got)
	}
}

func TestHealthOfOneThatIsIll(t *testing.T) {
	ill := httptest.NewServer(http.NotFoundHandler())
	defer ill.Close()
	if got := run(context.Background(), []string{"-health"}, environment(t, strings.TrimPrefix(ill.URL, "http://")), io.Discard, io.Discard); got != 1 {
		t.Errorf("%d", got)
	}
}
