//go:build pkcs11 && tools

package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"justice-wallet/keys"
	"justice-wallet/keys/keystest"
	"justice-wallet/keys/providers"
	"justice-wallet/pkg/config"
)

// The ceremonies are the same wherever private halves are made.
func TestCeremoniesInAToken(t *testing.T) {
	token, err := keystest.NewSoftHSM(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ceremonies(t, map[string]string{
		"KEYS_PROVIDER": "pkcs11", "PKCS11_MODULE": token.Module, "PKCS11_TOKEN": token.Label, "PKCS11_PIN": token.PIN, "SOFTHSM2_CONF": os.Getenv("SOFTHSM2_CONF"),
	})
}

func TestCeremoniesInKMS(t *testing.T) {
	moto, err := keystest.StartMoto()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := moto.Close(); err != nil {
			t.Error(err)
		}
	})
	ceremonies(t, map[string]string{
		"KEYS_PROVIDER": "kms", "KMS_ENDPOINT": moto.URL, "AWS_ACCESS_KEY_ID": "synthetic", "AWS_SECRET_ACCESS_KEY": "synthetic",
	})
}

// ceremonies runs the transcripts of testdata/provider in an environment.
func ceremonies(t *testing.T, vars map[string]string) {
	t.Helper()
	made := madeByOthers(t, vars)
	t.Run("life", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: "testdata/provider",
			Setup: func(e *testscript.Env) error {
				for name, value := range vars {
					e.Setenv(name, value)
				}
				e.Setenv("MADE_BY_OTHERS", made)
				e.Setenv("KEYS_DEADLINE", "10s") // no test waits for it, however busy the machine
				e.Setenv("NOW", "2026-11-24T09:00:00Z")
				e.Setenv("USER", "synthetic-custodian")
				return nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"key": setKey},
		})
	})
}

// madeByOthers makes a key for offers in the provider, and returns the provider's own name for it.
func madeByOthers(t *testing.T, vars map[string]string) string {
	t.Helper()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, vars[name])
	}
	r := config.NewReader(func(name string) string { return vars[name] })
	provider, err := providers.Open(t.Context(), providers.Read(r), time.Now)
	if err := errors.Join(err, r.Err()); err != nil {
		t.Fatal(err)
	}
	_, text, err := provider.Make(t.Context(), keys.PurposeOffer)
	if err := errors.Join(err, provider.Close()); err != nil {
		t.Fatal(err)
	}
	reference, err := keys.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return reference.Name
}
