package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/pemfile"
)

// readerUsage is the extended key usage of reader authentication (ISO 18013-5 Annex B.1.7).
var readerUsage = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}

const (
	readerYears = 3
	readerDays  = 397 // Annex B.1.7 allows 1187; a year and a month is what a certificate of the web lives
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
	case "list-key":
		return c.listKey()
	case "vical-import":
		return c.importVICAL()
	case "vical-export":
		return c.exportVICAL()
	}
	return c.signList()
}

// reader makes a root for readers, and the key and certificate of one verifier.
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
	template := &x509.Certificate{
		Subject: pkix.Name{Country: []string{"GB"}, CommonName: c.name + " reader root"}, NotBefore: c.now, NotAfter: c.now.AddDate(readerYears, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	root, err := certify(template, template, &rootKey.PublicKey, rootKey)
	if err != nil {
		return err
	}
	leaf, err := certify(&x509.Certificate{
		Subject: pkix.Name{Country: []string{"GB"}, CommonName: c.name}, NotBefore: c.now, NotAfter: c.now.AddDate(0, 0, readerDays),
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{readerUsage}, DNSNames: []string{host.Hostname()},
	}, root, &key.PublicKey, rootKey)
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.out, 0o700); err != nil {
		return fmt.Errorf("reader: %w", err)
	}
	return errors.Join(
		writeKey(c.out, "reader-root-key.pem", rootKey), writeKey(c.out, "reader-key.pem", key),
		writePEM(c.out, "reader-root.pem", "CERTIFICATE", root.Raw, 0o644), writePEM(c.out, "reader-chain.pem", "CERTIFICATE", leaf.Raw, 0o644),
	)
}

func newPrivateKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// certify gives a certificate a random serial number of 126 bits.
func certify(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial.Add(serial, big.NewInt(1))
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
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
