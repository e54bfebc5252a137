package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"justice-wallet/verifier"
)

func fixed() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) }

func env(passphrase string) func(string) string {
	return func(name string) string {
		if name == "KEYS_PASSPHRASE" {
			return passphrase
		}
		return ""
	}
}

func TestACeremony(t *testing.T) {
	dir, public := filepath.Join(t.TempDir(), "keys"), t.TempDir()
	var out bytes.Buffer
	if err := run([]string{"init", "-dir", dir, "-name", "Test IACA", "-url", "https://issuer.test"}, env("secret"), fixed, strings.NewReader(""), &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "active"); n != 6 {
		t.Errorf("%d active keys:\n%s", n, out.String())
	}
	if err := run([]string{"init", "-dir", dir, "-name", "x", "-url", "https://issuer.test"}, env("secret"), fixed, strings.NewReader(""), &out); err == nil {
		t.Error("keys were made where there are some")
	}
	if err := run([]string{"export", "-dir", dir, "-url", "https://issuer.test", "-out", public}, env("secret"), fixed, strings.NewReader(""), &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"jwks.json", "did.json", "iacas.json", "letter-keys.json"} {
		content, err := os.ReadFile(filepath.Join(public, name))
		if err != nil || len(content) == 0 {
			t.Error(err)
		}
		if strings.Contains(string(content), `"d"`) || strings.Contains(string(content), "PRIVATE") {
			t.Errorf("%s holds a private key", name)
		}
	}
	out.Reset()
	trust := []string{"trust", "-dir", dir, "-url", "https://issuer.test", "-documents", "a.1,b.1", "-lists"}
	if err := run(append(trust, "https://other.test/t/a"), env("secret"), fixed, strings.NewReader(""), &out); err == nil {
		t.Error("a list of another issuer was taken")
	}
	if err := run(append(trust, "https://issuer.test/t/a\nhttps://issuer.test/t/b\n"), env("secret"), fixed, strings.NewReader(""), &out); err != nil {
		t.Fatal(err)
	}
	trusted := writeFile(t, out.Bytes())
	t.Setenv("VERIFIER_TRUST_FILE", trusted)
	if _, err := verifier.ReadConfig(os.Getenv); err != nil {
		t.Errorf("the verifier refuses the trust file: %v", err)
	}
	if !strings.Contains(out.String(), `"a.1"`) || !strings.Contains(out.String(), `"b.1"`) || !strings.Contains(out.String(), `"https://issuer.test/t/b"`) || strings.Contains(out.String(), "PRIVATE") {
		t.Errorf("trust file:\n%s", out.String())
	}
	if err := run([]string{"list", "-dir", dir}, env("wrong"), fixed, strings.NewReader(""), &out); err == nil || !strings.Contains(err.Error(), "wrong passphrase") {
		t.Errorf("a wrong passphrase: %v", err)
	}
}

// A directory that was made before there were letters is given their key, once, and its other keys stay as they are.
func TestAKeyOfLettersIsAdded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	var out bytes.Buffer
	ask := func(passphrase string, args ...string) error {
		out.Reset()
		return run(append(args, "-dir", dir), env(passphrase), fixed, strings.NewReader(""), &out)
	}
	if err := ask("secret", "init", "-name", "Test IACA", "-url", "https://issuer.test"); err != nil {
		t.Fatal(err)
	}
	if err := ask("secret", "add", "-purpose", "letter"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second key of letters: %v", err)
	}
	var kept []string
	if err := ask("secret", "list"); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if id, _, _ := strings.Cut(line, " "); strings.Contains(line, " letter ") {
			if err := os.Remove(filepath.Join(dir, id+".key.json")); err != nil {
				t.Fatal(err)
			}
		} else {
			kept = append(kept, line)
		}
	}
	for _, refused := range [][]string{{"wrong", "letter"}, {"secret", ""}, {"secret", "document"}, {"secret", "offer"}} {
		if err := ask(refused[0], "add", "-purpose", refused[1]); err == nil {
			t.Errorf("%v: added", refused)
		}
	}
	if err := ask("secret", "add", "-purpose", "letter"); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != len(kept)+1 || !strings.Contains(out.String(), " letter       active ") {
		t.Errorf("keys:\n%s", out.String())
	}
	for _, line := range kept {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is gone", line)
		}
	}
	if err := ask("secret", "trust", "-url", "https://issuer.test", "-documents", "a.1"); err != nil || !strings.Contains(out.String(), "letter-keys.json") {
		t.Errorf("%v: the trust file names no letters:\n%s", err, out.String())
	}
}

func writeFile(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "trust.json")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"list"}, {"melt", "-dir", "x"}, {"list", "-dir", "x", "extra"}, {"list", "-passphrase", "x"}, {"trust", "-dir", "x"}, {"export", "-dir", "x"}} {
		if err := run(args, env("secret"), fixed, strings.NewReader(""), &bytes.Buffer{}); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
	if err := run([]string{"list", "-dir", "x"}, env(""), fixed, strings.NewReader(""), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "KEYS_PASSPHRASE") {
		t.Errorf("no passphrase: %v", err)
	}
}
