package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/config"
)

var errUsage = errors.New("want init, add, list, export or trust, with -dir; or reader, list-key, sign-list, vical-import or vical-export (go doc ./keys/cmd/keys)")

// command is one call, its flags read.
type command struct {
	dir, name, url, out string
	documents           string // docTypes, with commas between
	lists               string // URIs of all status lists, with white space between
	purpose             string
	passphrase          []byte
	now                 time.Time
	stdout              io.Writer
}

func run(args []string, getenv func(string) string, now func() time.Time, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	switch args[0] {
	case "reader", "list-key", "sign-list", "vical-import", "vical-export":
		return runVerifier(args, now(), stdin, stdout)
	}
	r := config.NewReader(getenv)
	c := command{passphrase: []byte(r.Secret("KEYS_PASSPHRASE")), now: now(), stdout: stdout}
	if err := r.Err(); err != nil {
		return err
	}
	flags := flag.NewFlagSet("keys", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.dir, "dir", "", "")
	flags.StringVar(&c.name, "name", "", "")
	flags.StringVar(&c.url, "url", "", "")
	flags.StringVar(&c.out, "out", "", "")
	flags.StringVar(&c.documents, "documents", "", "")
	flags.StringVar(&c.lists, "lists", "", "")
	flags.StringVar(&c.purpose, "purpose", "", "")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 || c.dir == "" {
		return errUsage
	}
	switch args[0] {
	case "init":
		return c.init()
	case "add":
		return c.add()
	case "list":
		return c.list()
	case "export":
		return c.export()
	case "trust":
		return c.trust()
	}
	return errUsage
}

// init makes a directory of keys. It touches none that is there already.
func (c command) init() error {
	if c.name == "" || c.url == "" {
		return errors.New("init: want -name (of the authority) and -url (of the issuer)")
	}
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	dir, err := keys.OpenDir(c.dir, c.passphrase)
	if err != nil {
		return err
	}
	all, err := keys.Generate(keys.Authority{Name: c.name, URL: c.url, CRL: c.url + "/crl", Country: "GB"}, c.now)
	if err != nil {
		return err
	}
	for _, k := range all {
		if err := dir.Save(k); err != nil {
			return err
		}
	}
	return c.list()
}

// add makes a key for a purpose that has none yet, as a directory of an earlier version has none for letters. It is active at
// once: no letter is made before the issuer is started again with it.
func (c command) add() error {
	purpose := keys.Purpose(c.purpose)
	if purpose != keys.PurposeLetter {
		return errors.New("add: want -purpose letter")
	}
	dir, err := keys.OpenDir(c.dir, c.passphrase)
	if err != nil {
		return err
	}
	ring, err := dir.Ring(c.now)
	if err != nil {
		return err
	}
	if len(ring.Published(purpose)) > 0 {
		return fmt.Errorf("add: there is a %s key already", purpose)
	}
	key, err := keys.NewKey(purpose, c.now)
	if err != nil {
		return err
	}
	key.State = keys.StateActive
	if err := dir.Save(key); err != nil {
		return err
	}
	return c.list()
}

func (c command) ring() (*keys.Ring, error) {
	dir, err := keys.OpenDir(c.dir, c.passphrase)
	if err != nil {
		return nil, err
	}
	return dir.Ring(c.now)
}

func (c command) list() error {
	ring, err := c.ring()
	if err != nil {
		return err
	}
	for _, k := range ring.All() {
		ends := "-"
		if len(k.Chain) > 0 {
			ends = k.Chain[0].NotAfter.Format(time.DateOnly)
		}
		if _, err := fmt.Fprintf(c.stdout, "%s  %-11s  %-8s  ends %s\n", k.ID, k.Purpose, k.State, ends); err != nil {
			return err
		}
	}
	return nil
}

// export writes public material only.
func (c command) export() error {
	if c.out == "" || c.url == "" {
		return errors.New("export: want -out (a directory) and -url (of the issuer)")
	}
	ring, err := c.ring()
	if err != nil {
		return err
	}
	for name, v := range map[string]any{
		"jwks.json":        keys.JWKS(ring, keys.PurposeOffer, keys.PurposeStatusList),
		"did.json":         keys.DIDDocument(ring, keys.DIDWeb(c.url)),
		"iacas.json":       keys.IACAs(ring),
		"letter-keys.json": keys.JWKS(ring, keys.PurposeLetter),
	} {
		content, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.out, name), append(content, '\n'), 0o644); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	return nil
}

// trustFile is what a verifier is told (verifier.Config.Trust).
type trustFile struct {
	IACAs       []trustedIACA   `json:"iacas"`
	Issuers     []trustedIssuer `json:"issuers"`
	StatusLists []trustedList   `json:"statusLists"`
	Letters     []trustedLetter `json:"letters,omitempty"`
}

type trustedIACA struct {
	PEM       string   `json:"pem"`
	Documents []string `json:"documents"`
}

type trustedIssuer struct {
	Issuer   string `json:"issuer"`
	DID      string `json:"did"`
	Document string `json:"document"`
}

type trustedList struct {
	Prefix string `json:"prefix"`
	JWKS   string `json:"jwks"`

	Lists []string `json:"lists,omitempty"`
}

type trustedLetter struct {
	Issuer string `json:"issuer"`
	JWKS   string `json:"jwks"`
}

// listURIs are what `issuer -lists` printed; none when it was not asked.
func (c command) listURIs() ([]string, error) {
	lists := strings.Fields(c.lists)
	for _, uri := range lists {
		if !strings.HasPrefix(uri, c.url+"/t/") {
			return nil, fmt.Errorf("trust: %s is not a list of %s", uri, c.url)
		}
	}
	return lists, nil
}

// trust prints the file that has a verifier believe this authority, for the docTypes named and no other.
func (c command) trust() error {
	if c.documents == "" || c.url == "" {
		return errors.New("trust: want -documents (docTypes, with commas between) and -url (of the issuer)")
	}
	ring, err := c.ring()
	if err != nil {
		return err
	}
	lists, err := c.listURIs()
	if err != nil {
		return err
	}
	file := trustFile{
		Issuers:     []trustedIssuer{{Issuer: c.url, DID: keys.DIDWeb(c.url), Document: c.url + "/.well-known/did.json"}},
		StatusLists: []trustedList{{Prefix: c.url + "/t/", JWKS: c.url + "/.well-known/jwks.json", Lists: lists}},
	}
	for _, root := range keys.IACAs(ring).Data {
		file.IACAs = append(file.IACAs, trustedIACA{PEM: root.PEM, Documents: strings.Split(c.documents, ",")})
	}
	if len(ring.Published(keys.PurposeLetter)) > 0 {
		file.Letters = []trustedLetter{{Issuer: c.url, JWKS: c.url + "/.well-known/letter-keys.json"}}
	}
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(file)
}
