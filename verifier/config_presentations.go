package verifier

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"

	"justice-wallet/pkg/config"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/oid4vp"
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
	readNamed(r, "VERIFIER_REQUEST_KEY_FILE", func(content []byte) (err error) { p.Key, err = parseKey(content); return err })
	readNamed(r, "VERIFIER_REQUEST_CHAIN_FILE", func(content []byte) (err error) { p.Chain, err = parseChain(content); return err })
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
	files, err := document.Shipped()
	if err != nil {
		r.Mistake("VERIFIER_PURPOSES_FILE", "%v", err)
		return nil
	}
	catalogue, err := document.Load(files)
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
	readNamed(r, "VERIFIER_PURPOSES_KEY_FILE", func(content []byte) (err error) { key, err = parsePublicKey(content); return err })
	if key == nil {
		return nil, errors.New("cannot be checked without its key")
	}
	var register *purpose.Register
	readNamed(r, "VERIFIER_PURPOSES_FILE", func(content []byte) (err error) {
		register, err = purpose.Open(string(trimNewline(content)), key, c)
		return err
	})
	return register, nil
}

func trimNewline(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		return b[:n-1]
	}
	return b
}

func onlyBlock(content []byte, kind string) ([]byte, error) {
	block, rest := pem.Decode(content)
	if block == nil || block.Type != kind || len(trimNewline(rest)) != 0 {
		return nil, fmt.Errorf("is not one PEM block of type %s", kind)
	}
	return block.Bytes, nil
}

func parseKey(content []byte) (crypto.Signer, error) {
	der, err := onlyBlock(content, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	private, ok := key.(*ecdsa.PrivateKey)
	if err != nil || !ok || private.Curve.Params().BitSize != 256 {
		return nil, errors.New("is not a PKCS #8 key on P-256")
	}
	return private, nil
}

func parsePublicKey(content []byte) (*ecdsa.PublicKey, error) {
	der, err := onlyBlock(content, "PUBLIC KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	public, ok := key.(*ecdsa.PublicKey)
	if err != nil || !ok || public.Curve.Params().BitSize != 256 {
		return nil, errors.New("is not a public key on P-256")
	}
	return public, nil
}

// maxChain is a leaf and two authorities between it and the anchor.
const maxChain = 3

func parseChain(content []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for len(trimNewline(content)) > 0 && len(chain) <= maxChain {
		block, rest := pem.Decode(content)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, errors.New("holds something other than certificates")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(chain), err)
		}
		chain, content = append(chain, cert), rest
	}
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, fmt.Errorf("want one to %d certificates", maxChain)
	}
	return chain, nil
}

// requestSigner signs as JWS and COSE want: r||s over the SHA-256 of the message.
func requestSigner(key crypto.Signer) func([]byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) {
		digest := sha256.Sum256(message)
		der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return nil, fmt.Errorf("sign a request: %w", err)
		}
		var v struct{ R, S *big.Int }
		if rest, err := asn1.Unmarshal(der, &v); err != nil || len(rest) != 0 {
			return nil, errors.New("sign a request: not an ECDSA signature")
		}
		return append(v.R.FillBytes(make([]byte, 32)), v.S.FillBytes(make([]byte, 32))...), nil
	}
}
