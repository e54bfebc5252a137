package verifier

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"os"
	"strings"

	"justice-wallet/pkg/config"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/pemfile"
	"justice-wallet/pkg/purpose"
)

// Presentations is what a verifier needs to ask wallets itself. Without it, it only answers POST /verify.
type Presentations struct {
	// URL is the verifier's origin, as wallets and browsers reach it. VERIFIER_URL; it turns presentations on.
	URL string

	// Organisations says who may ask: {"organisations": [{"id", "name", "type", "keySha256"}]}.
	// VERIFIER_ORGANISATIONS_FILE names the file.
	Organisations []byte

	// Key signs requests: P-256. VERIFIER_REQUEST_KEY_FILE names a PKCS #8 PEM file that nobody else can read.
	Key crypto.Signer

	// Chain is Key's certificate, and those between it and the trust anchor, leaf first.
	// VERIFIER_REQUEST_CHAIN_FILE names a PEM file.
	Chain []*x509.Certificate

	// Prefix of the client identifier: "x509_hash:" or "x509_san_dns:". VERIFIER_CLIENT_ID_PREFIX, default x509_hash:.
	Prefix string

	// Link is what the wallet's link begins with. VERIFIER_WALLET_LINK, default openid4vp://authorize.
	Link string

	// Register of purposes; the one this program was built with, or a signed one: VERIFIER_PURPOSES_FILE, with the public
	// key that must have signed it in VERIFIER_PURPOSES_KEY_FILE (PEM).
	Register *purpose.Register
}

const defaultLink = "openid4vp://authorize"

// readPresentations returns nil when VERIFIER_URL is not set.
func readPresentations(r *config.Reader) *Presentations {
	if r.String("VERIFIER_URL", "") == "" {
		return nil
	}
	p := &Presentations{
		URL:    r.URL("VERIFIER_URL", ""),
		Prefix: r.String("VERIFIER_CLIENT_ID_PREFIX", oid4vp.PrefixX509Hash),
		Link:   r.String("VERIFIER_WALLET_LINK", defaultLink),
	}
	p.Organisations = readNamed(r, "VERIFIER_ORGANISATIONS_FILE", func(content []byte) error {
		_, err := parseOrganisations(content)
		return err
	})
	readNamed(r, "VERIFIER_REQUEST_KEY_FILE", func(content []byte) (err error) { p.Key, err = pemfile.PrivateKey(content); return err })
	readNamed(r, "VERIFIER_REQUEST_CHAIN_FILE", func(content []byte) (err error) { p.Chain, err = pemfile.Certificates(content, maxChain); return err })
	p.Register = readRegister(r)
	return p
}

// readNamed reads the file that a variable names, and has it read.
func readNamed(r *config.Reader, name string, parse func([]byte) error) []byte {
	path := r.Required(name)
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.Mistake(name, "cannot be read")
		return nil
	}
	if err := parse(content); err != nil {
		r.Mistake(name, "%v", err)
	}
	return content
}

func readRegister(r *config.Reader) *purpose.Register {
	catalogue, err := document.Shipped()
	if err != nil {
		r.Mistake("VERIFIER_PURPOSES_FILE", "%v", err)
		return nil
	}
	var register *purpose.Register
	if r.String("VERIFIER_PURPOSES_FILE", "") == "" {
		register, err = purpose.Shipped(catalogue)
	} else {
		register, err = readSignedRegister(r, catalogue)
	}
	if err != nil {
		r.Mistake("VERIFIER_PURPOSES_FILE", "%v", err)
	}
	return register
}

func readSignedRegister(r *config.Reader, c *document.Catalogue) (*purpose.Register, error) {
	var key *ecdsa.PublicKey
	readNamed(r, "VERIFIER_PURPOSES_KEY_FILE", func(content []byte) (err error) { key, err = pemfile.PublicKey(content); return err })
	if key == nil {
		return nil, errors.New("cannot be checked without its key")
	}
	var register *purpose.Register
	readNamed(r, "VERIFIER_PURPOSES_FILE", func(content []byte) (err error) {
		register, err = purpose.Open(strings.TrimSuffix(string(content), "\n"), key, c)
		return err
	})
	return register, nil
}

// maxChain is a leaf and two authorities between it and the anchor.
const maxChain = 3
