//go:build redis

package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"justice-wallet/issuer"
	"justice-wallet/pkg/config"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

func health200(addr string) bool {
	return run(context.Background(), []string{"-health"}, getenv(map[string]string{"ISSUER_ADDR": addr}), io.Discard) == nil
}

// onRedis is an environment with a real Redis and a journal.
func onRedis(t *testing.T, url string) map[string]string {
	t.Helper()
	vars := environment(t)
	vars["REDIS_URL"] = url
	return vars
}

// A Redis that would forget an acknowledged revocation is not one to be ready on, unless told.
func TestItIsReadyOnlyOnARedisThatKeeps(t *testing.T) {
	keeps, forgets := storetest.StartRedis(t), storetest.NewRedis(t, "--appendonly", "no").URL
	for name, c := range map[string]struct {
		url, mayForget, journal string
		ready                   bool
	}{
		"one that keeps":                      {keeps, "", "journal", true},
		"one that forgets":                    {forgets, "", "journal", false},
		"one that forgets, and told":          {forgets, "true", "journal", true},
		"one that forgets, without a journal": {forgets, "true", "", true},
	} {
		vars := onRedis(t, c.url)
		vars["REDIS_MAY_FORGET"] = c.mayForget
		if c.journal == "" {
			delete(vars, "JOURNAL_FILE")
		}
		vars["ISSUER_SECRET"] = strings.Replace(vars["ISSUER_SECRET"], "A", string(rune('A'+len(name)%26)), 1) // lists of its own
		addr, stop := running(t, vars)
		if health200(addr) != c.ready {
			t.Errorf("%s: ready is not %v", name, c.ready)
		}
		if err := stop(); err != nil {
			t.Errorf("%s: it stopped with %v", name, err)
		}
	}
}

func TestItDoesNotStartWithoutAJournal(t *testing.T) {
	url := storetest.StartRedis(t)
	for name, change := range map[string]func(map[string]string){
		"none":                func(v map[string]string) { delete(v, "JOURNAL_FILE") },
		"one that is no file": func(v map[string]string) { v["JOURNAL_FILE"] = t.TempDir() },
		"an audit log": func(v map[string]string) {
			v["JOURNAL_FILE"] = v["AUDIT_FILE"] + ".other"
			writeFile(t, v["JOURNAL_FILE"], "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n")
		},
	} {
		vars := onRedis(t, url)
		change(vars)
		ctx, cancel := context.WithCancel(t.Context())
		err := run(ctx, nil, getenv(vars), &stopOn{word: `"listening"`, stop: cancel})
		cancel()
		if err == nil || !strings.Contains(err.Error(), "JOURNAL_FILE") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A Redis that lost everything is brought up from the journal before the issuer says that it is ready, running or started
// again; a Redis that somebody else began anew is refused, until the operator says otherwise.
func TestARedisThatLostEverythingIsRestored(t *testing.T) {
	url := storetest.StartRedis(t)
	vars := onRedis(t, url)
	client, err := redisstore.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	lists := func() map[string]string {
		t.Helper()
		found, err := client.Keys(t.Context(), "justice-wallet:*:list").Result()
		if err != nil {
			t.Fatal(err)
		}
		epochs := map[string]string{}
		for _, key := range found {
			if epochs[key], err = client.HGet(t.Context(), key, "epoch").Result(); err != nil {
				t.Fatal(err)
			}
		}
		return epochs
	}
	addr, stop := running(t, vars)
	if !health200(addr) {
		t.Fatal("not ready")
	}
	publish(t, addr, vars)
	before := lists()
	if len(before) == 0 {
		t.Fatal("no lists")
	}
	empty := func() {
		if err := client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	empty()
	if !health200(addr) || !maps.Equal(lists(), before) {
		t.Errorf("while it runs: ready %v, %v became %v", health200(addr), before, lists())
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	empty()
	addr, stop = running(t, vars)
	if !health200(addr) || !maps.Equal(lists(), before) {
		t.Errorf("started again: %v became %v", before, lists())
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	empty()
	stranger := maps.Clone(vars)
	stranger["JOURNAL_FILE"] = filepath.Join(t.TempDir(), "new")
	addr, stop = running(t, stranger)
	publish(t, addr, stranger)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if addr, stop = running(t, vars); health200(addr) {
		t.Error("ready on a store that was begun anew")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	vars["JOURNAL_ACCEPT_STORE"] = "true"
	if addr, stop = running(t, vars); !health200(addr) {
		t.Error("not ready when told")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// publish waits until the issuer has made and published its lists, as it does by itself when it starts.
func publish(t *testing.T, addr string, vars map[string]string) {
	t.Helper()
	r := config.NewReader(getenv(vars))
	uris := issuer.ListURIs(issuer.ReadConfig(r))
	for t.Context().Err() == nil {
		response, err := http.Get("http://" + addr + strings.TrimPrefix(uris[len(uris)-1], vars["ISSUER_URL"]))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
}

// A service starts without its Redis, says so, and is ready once it is there, with no restart. It takes nothing meanwhile.
func TestItStartsBeforeItsRedis(t *testing.T) {
	server := storetest.NewRedis(t)
	vars := onRedis(t, server.URL)
	server.Kill()
	addr, stop := running(t, vars)
	if got := status(t, addr, "/livez"); got != http.StatusOK {
		t.Errorf("alive: %d", got)
	}
	if got := status(t, addr, "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("ready without a store: %d", got)
	}
	server.Restart(t)
	publish(t, addr, vars) // waits until it has found its store
	if !health200(addr) {
		t.Error("not ready with a store")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func status(t *testing.T, addr, path string) int {
	t.Helper()
	response, err := http.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}
