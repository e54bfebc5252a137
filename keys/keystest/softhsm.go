// Package keystest makes providers of keys for tests and demonstrations: a token of SoftHSM2, an emulated AWS KMS, and a
// provider that breaks as it is told.
package keystest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"justice-wallet/keys/pkcs11"
)

// SoftHSM is a token in a directory.
type SoftHSM struct {
	Module, Label, PIN string

	tokens string
}

// modules are where systems put SoftHSM2's library.
var modules = []string{
	"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
	"/opt/homebrew/lib/softhsm/libsofthsm2.so",
}

// NewSoftHSM makes a token in dir, an empty directory, and points this process to it (SOFTHSM2_CONF): a process has one
// such token at a time.
func NewSoftHSM(dir string) (*SoftHSM, error) {
	s := &SoftHSM{Label: "justice-wallet", PIN: "synthetic 1234", tokens: filepath.Join(dir, "tokens")}
	for _, m := range modules {
		if _, err := os.Stat(m); err == nil {
			s.Module = m
		}
	}
	if s.Module == "" {
		return nil, errors.New("SoftHSM2 is not installed: run make tools")
	}
	if err := os.Mkdir(s.tokens, 0o700); err != nil {
		return nil, fmt.Errorf("make token: %w", err)
	}
	config := filepath.Join(dir, "softhsm2.conf")
	content := "directories.tokendir = " + s.tokens + "\nobjectstore.backend = file\nlog.level = ERROR\n"
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		return nil, fmt.Errorf("make token: %w", err)
	}
	if err := os.Setenv("SOFTHSM2_CONF", config); err != nil {
		return nil, fmt.Errorf("make token: %w", err)
	}
	out, err := exec.Command("softhsm2-util", "--init-token", "--free", "--label", s.Label, "--pin", s.PIN, "--so-pin", "synthetic 5678").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("make token: %w: %s", err, out)
	}
	return s, nil
}

// Options are how the provider finds the token.
func (s *SoftHSM) Options() pkcs11.Options {
	return pkcs11.Options{Module: s.Module, Token: s.Label, PIN: s.PIN}
}

// Remove takes the token out of its slot; PutBack puts it back.
func (s *SoftHSM) Remove() error  { return os.Rename(s.tokens, s.tokens+".removed") }
func (s *SoftHSM) PutBack() error { return os.Rename(s.tokens+".removed", s.tokens) }
