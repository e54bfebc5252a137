//go:build tools

package faultpoint_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const issuer = "justice-wallet/issuer/cmd/issuer"

// build returns a program as the go tool makes it.
func build(t *testing.T, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program")
	command := exec.Command("go", append(append([]string{"build", "-o", out}, args...), issuer)...)
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// A program that can be told to die must not be what is run in earnest.
func TestOnlyAProgramBuiltForItCanBeMadeToFail(t *testing.T) {
	plain, faulty := build(t), build(t, "-tags", "faultinject")
	for _, trace := range []string{"justice-wallet/pkg/faultpoint.", "revoke.after_journal", "FAULT_CLOCK", "FAULT_SYNCED"} {
		if bytes.Contains(plain, []byte(trace)) {
			t.Errorf("the plain program holds %q", trace)
		}
		if !bytes.Contains(faulty, []byte(trace)) {
			t.Errorf("the program built to fail lacks %q: nothing was looked for", trace)
		}
	}
}
