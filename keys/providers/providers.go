// Package providers reads which provider of keys there is besides the files, and opens it.
package providers

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
	"justice-wallet/keys/kms"
	"justice-wallet/keys/pkcs11"
	"justice-wallet/pkg/config"
)

// File is the kind of a service whose keys are all in files.
const File = "file"

// Config says where private keys are. Each field names its environment variable.
type Config struct {
	Kind       string // KEYS_PROVIDER: where keys are besides the files: "pkcs11" or "kms"; "file" when nowhere ("file")
	Passphrase string // KEYS_PASSPHRASE or KEYS_PASSPHRASE_FILE: of the files; not needed when no private key is in one

	Module string // PKCS11_MODULE: path of the token's library
	Token  string // PKCS11_TOKEN: the token's label
	PIN    string // PKCS11_PIN or PKCS11_PIN_FILE: of its user

	Region   string // KMS_REGION: of AWS ("eu-west-2")
	Endpoint string // KMS_ENDPOINT: another than the region's own; who we are there is found as AWS's own programs do

	Bounds guard.Options // KEYS_PARALLEL (8) and KEYS_DEADLINE (2s): signatures asked for at once, and how long one may take
}

// Read reads every field through r; what is wrong is in r.Err.
func Read(r *config.Reader) Config {
	c := Config{Kind: r.String("KEYS_PROVIDER", File), Bounds: guard.Defaults()}
	if c.Kind == File || r.String("KEYS_PASSPHRASE", "") != "" || r.String("KEYS_PASSPHRASE_FILE", "") != "" {
		c.Passphrase = r.Secret("KEYS_PASSPHRASE")
	}
	c.Bounds.Parallel = r.Int("KEYS_PARALLEL", c.Bounds.Parallel, 1, 64)
	c.Bounds.Deadline = r.Duration("KEYS_DEADLINE", c.Bounds.Deadline, 100*time.Millisecond, 10*time.Second)
	switch c.Kind {
	case File:
	case pkcs11.Name:
		c.Module, c.Token, c.PIN = r.Required("PKCS11_MODULE"), r.Required("PKCS11_TOKEN"), r.Secret("PKCS11_PIN")
	case kms.Name:
		c.Region = r.String("KMS_REGION", "eu-west-2")
		if r.String("KMS_ENDPOINT", "") != "" {
			c.Endpoint = r.URL("KMS_ENDPOINT", "")
		}
	default:
		r.Mistake("KEYS_PROVIDER", "is none of file, pkcs11 and kms")
	}
	return c
}

// Provider is a provider of keys that is closed at the end.
type Provider interface {
	keys.Provider
	io.Closer
}

// Open opens the provider that c names; there is none besides the files when it is nil. It waits for nobody.
func Open(ctx context.Context, c Config, now func() time.Time) (Provider, error) {
	switch c.Kind {
	case pkcs11.Name:
		return pkcs11.New(pkcs11.Options{Module: c.Module, Token: c.Token, PIN: c.PIN, Bounds: c.Bounds, Now: now})
	case kms.Name:
		return kms.New(ctx, kms.Options{Region: c.Region, Endpoint: c.Endpoint, Bounds: c.Bounds})
	}
	return nil, nil
}

// Check has every key that a provider holds for now or later sign once, all together, and the signature thrown away. A provider that is away
// is told to the log: it may come back. A key that is not what it should be, or a PIN that is refused, is an error: nothing
// but an operator mends it.
func Check(ctx context.Context, all []keys.Key, log *slog.Logger) error {
	probe := sha256.Sum256([]byte("justice-wallet: whether this key signs"))
	var checks sync.WaitGroup
	unfit := make([]error, len(all))
	for i, k := range all {
		if k.Provider == "" || (k.State != keys.StateActive && k.State != keys.StateCreated) {
			continue
		}
		checks.Go(func() {
			_, err := k.Signer.Sign(rand.Reader, probe[:], crypto.SHA256)
			switch {
			case errors.Is(err, guard.ErrUnfit):
				unfit[i] = fmt.Errorf("key %s of %s: %w", k.ID, k.Provider, err)
			case err != nil:
				log.ErrorContext(ctx, "a key's provider does not answer", "key", k.ID, "provider", k.Provider, "error", err)
			}
		})
	}
	checks.Wait()
	return errors.Join(unfit...)
}
