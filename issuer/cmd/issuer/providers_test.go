//go:build pkcs11 && tools

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/keys/keystest"
	"justice-wallet/keys/providers"
	"justice-wallet/pkg/config"
)

// inToken changes an environment to one whose keys are in a token.
func inToken(t *testing.T, vars map[string]string) *keystest.SoftHSM {
	t.Helper()
	token, err := keystest.NewSoftHSM(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	vars["KEYS_PROVIDER"], vars["PKCS11_MODULE"], vars["PKCS11_TOKEN"], vars["PKCS11_PIN"] = "pkcs11", token.Module, token.Label, token.PIN
	makeKeys(t, vars)
	return token
}

// inKMS changes an environment to one whose keys are in KMS.
func inKMS(t *testing.T, vars map[string]string) {
	t.Helper()
	moto, err := keystest.StartMoto()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := moto.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("AWS_ACCESS_KEY_ID", "synthetic")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "synthetic")
	vars["KEYS_PROVIDER"], vars["KMS_ENDPOINT"] = "kms", moto.URL
	makeKeys(t, vars)
}

// makeKeys makes the keys of an environment in its provider. No private half is in a file, and so no passphrase is needed.
func makeKeys(t *testing.T, vars map[string]string) {
	t.Helper()
	vars["KEYS_DIR"], vars["KEYS_DEADLINE"] = private(t), "10s" // no test waits for it, however busy the machine
	r := config.NewReader(getenv(vars))
	c := providers.Read(r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	provider, err := providers.Open(t.Context(), c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := keys.OpenDir(vars["KEYS_DIR"], nil, provider)
	if err != nil {
		t.Fatal(err)
	}
	all, err := keys.GenerateIn(t.Context(), provider, keys.Authority{Name: "Synthetic IACA", URL: issuerURL, CRL: issuerURL + "/crl", Country: "GB"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		if err := dir.Save(k); err != nil {
			t.Fatal(err)
		}
	}
	if err := provider.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestItServesWithKeysInAProvider(t *testing.T) {
	for name, in := range map[string]func(*testing.T, map[string]string){
		"pkcs11": func(t *testing.T, vars map[string]string) { inToken(t, vars) }, "kms": inKMS,
	} {
		t.Run(name, func(t *testing.T) {
			vars := keyless(t)
			in(t, vars)
			serves(t, vars)
		})
	}
}

// A pod that is moved while the token is out still serves what others need of it.
func TestItServesWhileItsTokenIsOut(t *testing.T) {
	vars := keyless(t)
	token := inToken(t, vars)
	if err := token.Remove(); err != nil {
		t.Fatal(err)
	}
	serves(t, vars)
}

// serves starts the command, has it serve its metadata, and stops it.
func serves(t *testing.T, vars map[string]string) {
	t.Helper()
	addr, stop := running(t, vars)
	response, err := http.Get("http://" + addr + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != 200 {
		t.Errorf("%d %v", response.StatusCode, err)
	}
	if err := stop(); err != nil {
		t.Errorf("it stopped with %v", err)
	}
}

// What only an operator can mend is a refusal before anything is signed, and names no secret.
func TestItDoesNotStartOnAProviderThat(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, vars map[string]string)
		says  string
	}{
		"refuses its PIN":              {func(_ *testing.T, v map[string]string) { v["PKCS11_PIN"] = "hunter22" }, "refuses the PIN"},
		"has lost its keys":            {func(t *testing.T, v map[string]string) { anotherToken(t, v) }, "holds 0 keys"},
		"is not the one of the files":  {func(_ *testing.T, v map[string]string) { v["KEYS_PROVIDER"] = "kms" }, `provider "pkcs11" is not configured`},
		"is not there, but files were": {func(_ *testing.T, v map[string]string) { v["KEYS_PROVIDER"], v["KEYS_PASSPHRASE"] = "file", "p" }, `provider "pkcs11" is not configured`},
	} {
		t.Run(name, func(t *testing.T) {
			vars := keyless(t)
			inToken(t, vars)
			c.spoil(t, vars)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := run(ctx, nil, getenv(vars), &stopOn{word: `"listening"`, stop: cancel})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if said := fmt.Sprint(err); strings.Contains(said, "hunter22") || strings.Contains(said, "synthetic 1234") {
				t.Errorf("a PIN is told: %s", said)
			}
		})
	}
}

// anotherToken puts an empty token of the same label and PIN in place of the one with keys.
func anotherToken(t *testing.T, vars map[string]string) {
	t.Helper()
	token, err := keystest.NewSoftHSM(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	vars["PKCS11_TOKEN"], vars["PKCS11_PIN"] = token.Label, token.PIN
}
