package verifier

import (
	"crypto/ecdsa"
	"os"
	"time"

	"justice-wallet/pkg/config"
	"justice-wallet/pkg/pemfile"
	"justice-wallet/verifier/internal/trust"
)

// Config is what a verifier is told at start.
type Config struct {
	// Address to listen on. VERIFIER_ADDR, default ":8081".
	Addr string

	// Trust is the content of the trust file. VERIFIER_TRUST_FILE names the file; it is required.
	//
	//	{
	//	  "iacas":       [{"pem": "…one certificate…", "documents": ["uk.gov.justice.prisonrelease.1"]}],
	//	  "issuers":     [{"issuer": "https://…", "did": "did:web:…", "document": "https://…/.well-known/did.json"}],
	//	  "statusLists": [{"prefix": "https://…/t/", "jwks": "https://…/.well-known/jwks.json", "lists": ["https://…/t/…"]}],
	//	  "letters":     [{"issuer": "https://…", "jwks": "https://…/.well-known/letter-keys.json"}]
	//	}
	//
	// With VERIFIER_TRUST_KEY_FILE, the PEM file of a P-256 public key, the trust file is a compact JWS that this key has
	// signed (keys sign-trust), and has a version and a nextUpdate.
	Trust []byte

	// TrustFile is the file's name, which is looked at again every five seconds; empty: Trust does not change.
	TrustFile string

	// TrustKey must have signed the trust file; nil: it is plain JSON.
	TrustKey *ecdsa.PublicKey

	// StatusMaxAge is how often the status lists that the trust file names are fetched, by the clock and never for a check, and
	// how old any other may be before it is asked for again. Its issuer's ttl bounds each as well.
	// VERIFIER_STATUS_MAX_AGE, default 30s, from 1s to 12h, or 0s: ask for every list at each check.
	StatusMaxAge time.Duration

	// SharedLists is the prefix of the status lists whose issuer lets this verifier read the Redis that it keeps them in, at
	// SharedRedisURL: an ending is then seen when it is acknowledged, and not when the next list is. A document is valid only
	// by the signed list, as ever. VERIFIER_STATUS_REDIS_URL turns it on, and VERIFIER_STATUS_REDIS_PREFIX is one of the trust
	// file's.
	SharedLists, SharedRedisURL string

	// RedisURL is where receipts are kept; empty: in this process's memory, until it ends. REDIS_URL.
	RedisURL string

	// Presentations lets the verifier ask wallets itself; nil: it only answers POST /verify. VERIFIER_URL turns it on.
	Presentations *Presentations
	// Desk is the pages for organisations; nil when there are none. VERIFIER_SIGN_IN_ISSUER turns it on, and needs Presentations.
	Desk *Desk

	// Letters lets anyone check a letter on paper; nil: nobody can here.
	Letters *Letters
}

const (
	defaultStatusMaxAge = 30 * time.Second
	maxStatusMaxAge     = 12 * time.Hour
)

// ReadConfig reads the environment. The error names every mistake.
func ReadConfig(getenv func(string) string) (Config, error) {
	r := config.NewReader(getenv)
	c := Config{
		Addr:         r.String("VERIFIER_ADDR", ":8081"),
		StatusMaxAge: r.Duration("VERIFIER_STATUS_MAX_AGE", defaultStatusMaxAge, 0, maxStatusMaxAge),
	}
	if c.StatusMaxAge > 0 && c.StatusMaxAge < time.Second {
		r.Mistake("VERIFIER_STATUS_MAX_AGE", "is neither 0s nor at least 1s")
	}
	if path := r.Required("VERIFIER_TRUST_FILE"); path != "" {
		if r.String("VERIFIER_TRUST_KEY_FILE", "") != "" {
			readNamed(r, "VERIFIER_TRUST_KEY_FILE", func(content []byte) (err error) { c.TrustKey, err = pemfile.PublicKey(content); return err })
		}
		c.TrustFile, c.Trust = path, readTrust(r, path, c.TrustKey)
	}
	c.RedisURL = r.String("REDIS_URL", "")
	if c.SharedRedisURL = r.String("VERIFIER_STATUS_REDIS_URL", ""); c.SharedRedisURL != "" {
		c.SharedLists = r.Required("VERIFIER_STATUS_REDIS_PREFIX")
	}
	c.Presentations = readPresentations(r)
	c.Desk = readDesk(r, c.Presentations != nil)
	if phone := r.String("LETTER_PHONE", ""); phone != "" {
		c.Letters = &Letters{Phone: phone}
	}
	return c, r.Err()
}

func readTrust(r *config.Reader, path string, key *ecdsa.PublicKey) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		r.Mistake("VERIFIER_TRUST_FILE", "cannot be read")
		return nil
	}
	if _, err := trust.Read(content, key); err != nil {
		r.Mistake("VERIFIER_TRUST_FILE", "%v", err)
	}
	return content
}
