package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/pemfile"
)

// listTypes are what sign-list may sign, and typ of each.
func listTypes() map[string]string {
	return map[string]string{"trust": "trust-list+jwt", "purposes": "purpose-register+jwt"}
}

// verifierCommand is one of the calls that a verifier's operator makes. They need no directory of issuer's keys.
type verifierCommand struct {
	name, url, out, key, kind string
	anchor, chain, documents  string
	version                   int64
	days                      int
	now                       time.Time
	stdin                     io.Reader
	stdout                    io.Writer
}

func runVerifier(args []string, now time.Time, stdin io.Reader, stdout io.Writer) error {
	c := verifierCommand{now: now, stdin: stdin, stdout: stdout}
	flags := flag.NewFlagSet("keys", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.name, "name", "", "")
	flags.StringVar(&c.url, "url", "", "")
	flags.StringVar(&c.out, "out", "", "")
	flags.StringVar(&c.key, "key", "", "")
	flags.StringVar(&c.kind, "type", "", "")
	flags.StringVar(&c.anchor, "anchor", "", "")
	flags.StringVar(&c.chain, "chain", "", "")
	flags.StringVar(&c.documents, "documents", "", "")
	flags.Int64Var(&c.version, "version", 0, "")
	flags.IntVar(&c.days, "days", 1, "")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return errUsage
	}
	switch args[0] {
	case "reader":
		return c.reader()
	case "reader-crl":
		return c.readerCRL()
	case "list-key":
		return c.listKey()
	case "vical-import":
		return c.importVICAL()
	case "vical-export":
		return c.exportVICAL()
	}
	return c.signList()
}

// reader makes a root for readers, and the key and certificate of one verifier (ISO 18013-5 Annex B.1.6 and B.1.7).
func (c verifierCommand) reader() error {
	host, err := url.Parse(c.url)
	if err != nil || host.Hostname() == "" || c.name == "" || c.out == "" {
		return errors.New("reader: want -name (of the organisation), -url (of the verifier) and -out (a new directory)")
	}
	rootKey, err := newPrivateKey()
	if err != nil {
		return err
	}
	key, err := newPrivateKey()
	if err != nil {
		return err
	}
	root, err := keys.AdoptSigner(keys.PurposeReaderRoot, rootKey, c.now)
	if err == nil {
		root, err = keys.CertifyRoot(keys.Authority{Name: c.name, URL: c.url, CRL: c.url + "/reader-crl", Country: "GB"}, root, c.now)
	}
	if err != nil {
		return err
	}
	leaf, err := keys.AdoptSigner(keys.PurposeReader, key, c.now)
	if err == nil {
		leaf, err = keys.Certify(root, leaf, host.Hostname(), c.now)
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.out, 0o700); err != nil {
		return fmt.Errorf("reader: %w", err)
	}
	return errors.Join(
		writeKey(c.out, "reader-root-key.pem", rootKey), writeKey(c.out, "reader-key.pem", key),
		writePEM(c.out, "reader-root.pem", "CERTIFICATE", root.Chain[0].Raw, 0o644), writePEM(c.out, "reader-chain.pem", "CERTIFICATE", leaf.Chain[0].Raw, 0o644),
	)
}

// readerCRL prints the revocation list of a readers' root, DER: of the certificates in OUT/revoked, each revoked when its file was
// put there.
func (c verifierCommand) readerCRL() error {
	if c.out == "" {
		return errors.New("reader-crl: want -out (the directory that keys reader made)")
	}
	key, err := readPrivateKey(filepath.Join(c.out, "reader-root-key.pem"))
	if err != nil {
		return fmt.Errorf("reader-crl: %w", err)
	}
	chain, err := readCertificates(filepath.Join(c.out, "reader-root.pem"))
	if err != nil {
		return fmt.Errorf("reader-crl: %w", err)
	}
	gone, err := c.revokedReaders()
	if err != nil {
		return fmt.Errorf("reader-crl: %w", err)
	}
	list, err := keys.CRL(keys.Key{Purpose: keys.PurposeReaderRoot, Signer: key, Chain: chain}, gone, c.now)
	if err != nil {
		return err
	}
	_, err = c.stdout.Write(list.Raw)
	return err
}

func (c verifierCommand) revokedReaders() ([]keys.Key, error) {
	files, err := filepath.Glob(filepath.Join(c.out, "revoked", "*.pem"))
	if err != nil {
		return nil, err
	}
	var out []keys.Key
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		chain, err := readCertificates(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		status := keys.Status{State: keys.StateRevoked, Reason: keys.ReasonCompromised, Changed: info.ModTime()}
		out = append(out, keys.Key{Purpose: keys.PurposeReader, State: keys.StateRevoked, Status: status, Chain: chain})
	}
	return out, nil
}

func newPrivateKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// listKey makes the key that signs trust files and purpose registers. Its private half belongs off line.
func (c verifierCommand) listKey() error {
	if c.out == "" {
		return errors.New("list-key: want -out (a new directory)")
	}
	key, err := newPrivateKey()
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.out, 0o700); err != nil {
		return fmt.Errorf("list-key: %w", err)
	}
	return errors.Join(writeKey(c.out, "list-key.pem", key), writePEM(c.out, "list-public.pem", "PUBLIC KEY", public, 0o644))
}

func writeKey(dir, name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(dir, name, "PRIVATE KEY", der, 0o600)
}

func writePEM(dir, name, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

const maxList = 1 << 20

// signList signs the JSON on standard input. A trust file gets its version and the time by which there is a newer one.
func (c verifierCommand) signList() error {
	typ := listTypes()[c.kind]
	if typ == "" || c.key == "" || c.version <= 0 || c.days < 1 {
		return errors.New("sign-list: want -key (list-key.pem), -type trust or purposes, -version over 0, and perhaps -days (1)")
	}
	key, err := readPrivateKey(c.key)
	if err != nil {
		return fmt.Errorf("sign-list: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(c.stdin, maxList+1))
	if err != nil || len(content) > maxList {
		return errors.New("sign-list: standard input cannot be read, or is too long")
	}
	var list map[string]json.RawMessage
	if _, err := jose.ParseClaims(content); err != nil || json.Unmarshal(content, &list) != nil {
		return errors.New("sign-list: standard input is not one JSON object")
	}
	if list["version"], err = json.Marshal(c.version); err != nil {
		return err
	}
	if c.kind == "trust" {
		if list["nextUpdate"], err = json.Marshal(c.now.UTC().AddDate(0, 0, c.days).Truncate(time.Second)); err != nil {
			return err
		}
	}
	compact, err := jose.Sign(es256.Signer(key), jose.Header{Algorithm: jose.ES256, Type: typ}, list)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.stdout, compact)
	return err
}

func readPrivateKey(path string) (*ecdsa.PrivateKey, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return pemfile.PrivateKey(content)
}
