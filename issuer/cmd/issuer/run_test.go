package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
)

const issuerURL, passphrase = "http://issuer.test", "synthetic"

// environment is a whole one, with keys of its own, synthetic people and a store in memory. The keys' directory and the
// rest can be changed by a test.
func environment(t *testing.T) map[string]string {
	t.Helper()
	vars := keyless(t)
	vars["KEYS_DIR"], vars["KEYS_PASSPHRASE"] = private(t), passphrase
	files, err := sealedKeys()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		writeFile(t, filepath.Join(vars["KEYS_DIR"], name), content)
	}
	return vars
}

// sealedKeys are the files of an authority's keys, by name. Sealing them takes longer than most tests here, and is done once.
var sealedKeys = sync.OnceValues(func() (map[string]string, error) {
	path, err := os.MkdirTemp("", "keys-of-tests-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(path)
	dir, err := keys.OpenDir(path, []byte(passphrase))
	if err != nil {
		return nil, err
	}
	all, err := keys.Generate(keys.Authority{Name: "Synthetic IACA", URL: issuerURL, CRL: issuerURL + "/crl", Country: "GB"}, time.Now())
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, k := range all {
		if err := dir.Save(k); err != nil {
			return nil, err
		}
		name := k.ID + ".key.json"
		content, err := os.ReadFile(filepath.Join(path, name))
		if err != nil {
			return nil, err
		}
		files[name] = string(content)
	}
	return files, nil
})

// keyless is an environment that lacks nothing but keys.
func keyless(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"ISSUER_ADDR": "127.0.0.1:0", "ISSUER_URL": issuerURL, "ISSUER_SECRET": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"ONE_LOGIN_ISSUER": "http://onelogin.test", "ONE_LOGIN_CLIENT_ID": "TEST_CLIENT_ID", "REFRESH_JOURNEY_URL": issuerURL + "/refresh",
		"HMPPS_AUTH_ISSUER": "http://hmpps.test", "RECORDS_FILE": "../../../conformance/hmpps/people.json",
		"AUDIT_FILE": filepath.Join(t.TempDir(), "audit.log"), "REDIS_URL": "memory",
		"JOURNAL_FILE": filepath.Join(t.TempDir(), "journal"),
	}
}

// private returns an empty directory that nobody else may read.
func private(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ring")
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

func getenv(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	err := run(context.Background(), nil, getenv(map[string]string{"OFFER_LIFE": "1s", "STATUS_LIST_SIZE": "many", "ISSUER_SECRET": "c2hvcnQ=", "CONFORMANCE_DOCUMENTS": "perhaps",
		"HOLDER_PAGES": "true", "HOLDER_EXIT_URL": "weather", "ONE_LOGIN_IDENTITY_ISSUER": "identity", "PAGES_FONT": "comic", "CONSOLE_PAGES": "true",
		"STATUS_SERVICE_URL": "status.example", "STATUS_LISTS_CLOSED": "4", "STATUS_CLIENTS_FILE": "no-such-file"}), io.Discard)
	if err == nil {
		t.Fatal("an issuer with no configuration was started")
	}
	for _, name := range []string{
		"ISSUER_URL", "ISSUER_SECRET", "ONE_LOGIN_ISSUER", "ONE_LOGIN_CLIENT_ID", "REFRESH_JOURNEY_URL", "HMPPS_AUTH_ISSUER", "HMPPS_CLIENT_ID",
		"HMPPS_PRISONER_SEARCH_URL", "HMPPS_CLIENT_SECRET", "OFFER_LIFE", "STATUS_LIST_SIZE", "CONFORMANCE_DOCUMENTS", "KEYS_DIR", "KEYS_PASSPHRASE", "AUDIT_FILE", "REDIS_URL",
		"ONE_LOGIN_SIGN_IN_ISSUER", "ONE_LOGIN_IDENTITY_ISSUER", "ONE_LOGIN_IDENTITY_DID", "ONE_LOGIN_IDENTITY_DID_URL", "HOLDER_HELP_PHONE", "HOLDER_EXIT_URL", "PAGES_FONT",
		"CONSOLE_SIGN_IN_ISSUER", "CONSOLE_CLIENT_ID", "CONSOLE_CLIENT_SECRET", "STATUS_SERVICE_URL", "STATUS_SERVICE_CLIENT_ID", "STATUS_CLIENTS_FILE", "STATUS_LISTS_CLOSED",
	} {
		if !strings.Contains(err.Error(), name+": ") {
			t.Errorf("nothing is said of %s: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "c2hvcnQ=") {
		t.Error("a secret is quoted")
	}
}

func TestItDoesNotStartOn(t *testing.T) {
	for name, c := range map[string]struct{ variable, value, says string }{
		"a wrong passphrase":        {"KEYS_PASSPHRASE", "wrong", "wrong passphrase"},
		"a directory without keys":  {"KEYS_DIR", private(t), "no active key"},
		"an audit log that is none": {"AUDIT_FILE", os.DevNull, "not a regular file"},
		"an audit log nowhere":      {"AUDIT_FILE", "/nowhere/audit.log", "/nowhere"},
		"a Redis URL of no kind":    {"REDIS_URL", "http://user:hunter2@redis", "REDIS_URL"},
		"records that do not exist": {"RECORDS_FILE", "/nowhere/people.json", "nowhere"},
		"documents that are none":   {"DOCUMENTS_DIR", "/nowhere", "nowhere"},
		"an address of no machine":  {"ISSUER_ADDR", "203.0.113.1:0", "listen"},
	} {
		vars := environment(t)
		vars[c.variable] = c.value
		ctx, cancel := context.WithCancel(context.Background())
		served := &stopOn{word: `"listening"`, stop: cancel} // one that does start is stopped again, and returns no error
		err := run(ctx, nil, getenv(vars), served)
		cancel()
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// stopOn is a log that calls stop at the first line with a word in it.
type stopOn struct {
	word string
	stop func()
}

func (s *stopOn) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(s.word)) {
		s.stop()
	}
	return len(line), nil
}

// running starts the command, and returns where it listens, and what stops it and returns its error.
func running(t *testing.T, vars map[string]string) (addr string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	logs, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, nil, getenv(vars), out)
		ended <- err
		out.CloseWithError(io.EOF)
	}()
	lines := bufio.NewScanner(logs)
	var line struct{ Msg, Address string }
	for line.Msg != "listening" && lines.Scan() {
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }() // the pipe blocks whoever logs while nobody reads
	t.Cleanup(cancel)
	return line.Address, func() error { cancel(); return <-ended }
}

func TestItServesAndStops(t *testing.T) {
	vars := environment(t)
	addr, stop := running(t, vars)
	response, err := http.Get("http://" + addr + "/.well-known/openid-credential-issuer")
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil || response.StatusCode != 200 {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	if !strings.Contains(body.String(), `"credential_issuer":"http://issuer.test"`) || strings.Contains(body.String(), "mDL") {
		t.Errorf("metadata: %s", &body)
	}
	asked := map[string]string{"ISSUER_ADDR": addr}
	if err := run(context.Background(), []string{"-health"}, getenv(asked), io.Discard); err != nil {
		t.Errorf("health while it serves: %v", err)
	}
	if err := stop(); err != nil {
		t.Errorf("it stopped with %v", err)
	}
	if err := run(context.Background(), []string{"-health"}, getenv(asked), io.Discard); err == nil {
		t.Error("health after it stopped is good")
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What a crash broke off in the audit log was never acknowledged. That it was cut off stands in the log itself.
func TestAnAuditLogThatWasBrokenOffSaysSo(t *testing.T) {
	vars := environment(t)
	writeFile(t, vars["AUDIT_FILE"], `{"previous":"0000`)
	_, stop := running(t, vars)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(vars["AUDIT_FILE"])
	if err != nil || !strings.Contains(string(log), `"what":"audit.cut"`) || !strings.Contains(string(log), `"bytes":"17"`) {
		t.Errorf("%s (%v)", log, err)
	}
	if _, err := audit.Verify(bytes.NewReader(log)); err != nil {
		t.Error(err)
	}
}
