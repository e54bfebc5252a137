package providers_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
	"justice-wallet/keys/providers"
	"justice-wallet/pkg/config"
)

func read(vars map[string]string) (providers.Config, error) {
	r := config.NewReader(func(name string) string { return vars[name] })
	c := providers.Read(r)
	return c, r.Err()
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		vars map[string]string
		want providers.Config
	}{
		"files": {map[string]string{"KEYS_PASSPHRASE": "p"}, providers.Config{Kind: "file", Passphrase: "p", Bounds: guard.Defaults()}},
		"a token": {
			map[string]string{"KEYS_PROVIDER": "pkcs11", "PKCS11_MODULE": "/lib.so", "PKCS11_TOKEN": "t", "PKCS11_PIN": "1", "KEYS_PARALLEL": "2", "KEYS_DEADLINE": "1s"},
			providers.Config{Kind: "pkcs11", Module: "/lib.so", Token: "t", PIN: "1", Bounds: guard.Options{Parallel: 2, Queue: 64, Deadline: time.Second}},
		},
		"KMS":                       {map[string]string{"KEYS_PROVIDER": "kms"}, providers.Config{Kind: "kms", Region: "eu-west-2", Bounds: guard.Defaults()}},
		"KMS, with a key in a file": {map[string]string{"KEYS_PROVIDER": "kms", "KEYS_PASSPHRASE": "p", "KMS_ENDPOINT": "https://kms.test"}, providers.Config{Kind: "kms", Passphrase: "p", Region: "eu-west-2", Endpoint: "https://kms.test", Bounds: guard.Defaults()}},
	} {
		if got, err := read(c.vars); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, vars := range map[string]map[string]string{
		"KEYS_PROVIDER":   {"KEYS_PROVIDER": "cloud"},
		"KEYS_PASSPHRASE": {"KEYS_PROVIDER": "file"},
		"PKCS11_MODULE":   {"KEYS_PROVIDER": "pkcs11", "PKCS11_TOKEN": "t", "PKCS11_PIN": "1"},
		"PKCS11_TOKEN":    {"KEYS_PROVIDER": "pkcs11", "PKCS11_MODULE": "m", "PKCS11_PIN": "1"},
		"PKCS11_PIN":      {"KEYS_PROVIDER": "pkcs11", "PKCS11_MODULE": "m", "PKCS11_TOKEN": "t"},
		"KMS_ENDPOINT":    {"KEYS_PROVIDER": "kms", "KMS_ENDPOINT": "kms"},
		"KEYS_PARALLEL":   {"KEYS_PASSPHRASE": "p", "KEYS_PARALLEL": "0"},
		"KEYS_DEADLINE":   {"KEYS_PASSPHRASE": "p", "KEYS_DEADLINE": "60s"},
	} {
		if _, err := read(vars); err == nil || !strings.HasPrefix(err.Error(), name+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpen(t *testing.T) {
	p, err := providers.Open(t.Context(), providers.Config{Kind: "file"}, time.Now)
	if p != nil || err != nil {
		t.Errorf("files alone: %v, %v", p, err)
	}
	p, err = providers.Open(t.Context(), providers.Config{Kind: "kms", Region: "eu-west-2", Bounds: guard.Defaults()}, time.Now)
	if err != nil || p.Name() != "kms" || p.Close() != nil {
		t.Errorf("KMS: %v", err)
	}
	if _, err := providers.Open(t.Context(), providers.Config{Kind: "kms"}, time.Now); err == nil {
		t.Error("KMS without a region")
	}
}

// says is a key of a provider that answers as it is told.
type says struct {
	*ecdsa.PrivateKey
	err error
}

func (s says) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.PrivateKey.Sign(random, digest, opts)
}

func TestCheck(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := func(provider string, state keys.State, err error) keys.Key {
		return keys.Key{ID: provider + "-key", Provider: provider, State: state, Signer: says{private, err}}
	}
	unfit := fmt.Errorf("open: %w: no such key", guard.ErrUnfit)
	for name, c := range map[string]struct {
		key          keys.Key
		refused, log bool
	}{
		"signs":                  {key("kms", keys.StateActive, nil), false, false},
		"away":                   {key("kms", keys.StateActive, errors.New("away")), false, true},
		"not what it should be":  {key("kms", keys.StateActive, unfit), true, false},
		"and waits for its turn": {key("kms", keys.StateCreated, unfit), true, false},
		"and signs no more":      {key("kms", keys.StateInactive, unfit), false, false},
		"and is revoked":         {key("kms", keys.StateRevoked, unfit), false, false},
		"and is in a file":       {key("", keys.StateActive, unfit), false, false},
	} {
		var log bytes.Buffer
		err := providers.Check(t.Context(), []keys.Key{key("kms", keys.StateActive, nil), c.key}, slog.New(slog.NewTextHandler(&log, nil)))
		if (err != nil) != c.refused || (log.Len() > 0) != c.log {
			t.Errorf("%s: %v, %s", name, err, log.String())
		}
	}
}
