package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"justice-wallet/keys"
	"justice-wallet/keys/providers"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/config"
	"justice-wallet/pkg/nocore"
)

var errUsage = errors.New("want init, root, signer, add, list, rotate, revoke, export or trust, with -dir; drill; or reader, reader-crl, list-key, sign-list, vical-import or vical-export (go doc ./keys/cmd/keys)")

// command is one call, its flags read.
type command struct {
	dir, name, url, out string
	documents           string // docTypes, with commas between
	lists               string // URIs of all status lists, with white space between
	purpose             string
	id, reason          string // of the key to revoke
	reference           string // of a key that others made in the provider
	by                  string // who acts
	in, keep            time.Duration
	due, alone, crl     bool

	passphrase []byte
	provider   providers.Provider // nil when private halves are in the files
	opened     *keys.Dir          // once it was
	cost       keys.Cost          // of sealing keys that are made
	now        func() time.Time
	stdout     io.Writer
}

// run makes the call, and seals keys at the price that is good for them.
func run(args []string, getenv func(string) string, now func() time.Time, stdin io.Reader, stdout io.Writer) error {
	return runAt(keys.DefaultCost(), args, getenv, now, stdin, stdout)
}

// runAt reads the call, and makes it. With -transcript it appends what was asked and answered to a file.
func runAt(cost keys.Cost, args []string, getenv func(string) string, now func() time.Time, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	if err := nocore.Forbid(); err != nil { // private keys are in memory
		return err
	}
	switch args[0] {
	case "reader", "reader-crl", "list-key", "sign-list", "vical-import", "vical-export":
		return runVerifier(args, now(), stdin, stdout)
	case "drill":
		return drill(stdout)
	}
	c := command{now: now, cost: cost}
	flags, transcript := c.flags(getenv)
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 || c.dir == "" {
		return errUsage
	}
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	act, ok := c.acts(set)[args[0]]
	if !ok {
		return errUsage
	}
	var said bytes.Buffer
	c.stdout = io.MultiWriter(stdout, &said)
	err := c.open(getenv)
	if err == nil {
		err = act()
	}
	if c.provider != nil {
		err = errors.Join(err, c.provider.Close())
	}
	if *transcript == "" {
		return err
	}
	return errors.Join(err, c.write(*transcript, args, said.String(), err))
}

func (c *command) flags(getenv func(string) string) (flags *flag.FlagSet, transcript *string) {
	flags = flag.NewFlagSet("keys", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for name, to := range map[string]*string{
		"dir": &c.dir, "name": &c.name, "url": &c.url, "out": &c.out, "documents": &c.documents, "lists": &c.lists, "purpose": &c.purpose,
		"id": &c.id, "reason": &c.reason, "reference": &c.reference,
	} {
		flags.StringVar(to, name, "", "")
	}
	flags.StringVar(&c.by, "by", getenv("USER"), "")
	flags.DurationVar(&c.in, "in", 0, "")
	flags.DurationVar(&c.keep, "keep", 0, "")
	flags.BoolVar(&c.due, "due", false, "")
	flags.BoolVar(&c.alone, "no-replacement", false, "")
	flags.BoolVar(&c.crl, "crl", false, "")
	return flags, flags.String("transcript", "", "")
}

func (c *command) acts(set map[string]bool) map[string]func() error {
	return map[string]func() error{
		"init": c.init, "list": c.list, "export": c.export, "trust": c.trust, "revoke": c.revoke,
		"add":    c.add,
		"rotate": func() error { return c.rotate(set) },
		"root":   func() error { return c.successor(keys.PurposeIACA, set) },
		"signer": func() error { return c.successor(keys.PurposeDocument, set) },
	}
}

// open reads where private halves are, and the secrets that open them.
func (c *command) open(getenv func(string) string) error {
	if c.by == "" {
		c.by = "unnamed" // in a container nobody has a name: -by gives one
	}
	r := config.NewReader(getenv)
	settings := providers.Read(r)
	if err := r.Err(); err != nil {
		return err
	}
	c.passphrase = []byte(settings.Passphrase)
	var err error
	c.provider, err = providers.Open(context.Background(), settings, c.now)
	return err
}

func (c *command) openDir() (*keys.Dir, error) {
	if c.opened != nil {
		return c.opened, nil
	}
	var others []keys.Provider
	if c.provider != nil {
		others = []keys.Provider{c.provider}
	}
	var err error
	if c.opened, err = keys.OpenDir(c.dir, c.passphrase, others...); err == nil {
		c.opened.SealAt(c.cost)
	}
	return c.opened, err
}

// ring reads the keys as they stand. What an expired certificate keeps from being used can be looked at all the same.
func (c *command) ring() (*keys.Ring, error) {
	dir, err := c.openDir()
	if err != nil {
		return nil, err
	}
	ring, err := dir.Ring(c.now())
	if ring == nil {
		return nil, err
	}
	return ring, nil
}

// custodian acts on the directory, and writes down what it does in a log there.
func (c *command) custodian(act func(keys.Custodian) error) error {
	dir, err := c.openDir()
	if err != nil {
		return err
	}
	log, err := audit.OpenFile(filepath.Join(c.dir, "audit.log"))
	if err != nil {
		return err
	}
	return errors.Join(act(keys.Custodian{Dir: dir, Make: c.make, Audit: log, Now: c.now, By: c.by}), log.Close())
}

// make makes a key where private halves are, or takes up the one that -reference names.
func (c *command) make(ctx context.Context, p keys.Purpose, now time.Time) (keys.Key, error) {
	switch {
	case c.provider == nil && c.reference != "":
		return keys.Key{}, errors.New("-reference names a key in a provider: want KEYS_PROVIDER")
	case c.provider == nil:
		return keys.NewKey(p, now)
	case c.reference != "":
		return keys.AdoptKey(ctx, c.provider, p, c.reference, now)
	}
	return keys.MakeKey(ctx, c.provider, p, now)
}

// write appends one call to a transcript: who asked what, when, and what was answered. No argument is a secret.
func (c *command) write(path string, args []string, said string, failed error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("transcript: %w", err)
	}
	result := "done"
	if failed != nil {
		result = "refused: " + failed.Error()
	}
	_, err = fmt.Fprintf(file, "# %s, %s\n$ keys %s\n%s# %s\n\n", c.now().UTC().Format(time.RFC3339), c.by, strings.Join(args, " "), said, result)
	return errors.Join(err, file.Sync(), file.Close())
}

func (c *command) say(format string, args ...any) error {
	_, err := fmt.Fprintf(c.stdout, format, args...)
	return err
}
