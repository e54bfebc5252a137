package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"justice-wallet/conformance/check"
)

// Exit codes.
const (
	exitHeld    = 0
	exitBroken  = 1
	exitUnknown = 2 // nothing is broken, but something could not be checked
	exitUsage   = 3
)

const usage = `usage: check <what> [flags]

  check issuer      judges a GOV.UK Wallet issuer by its URL and one fresh offer
  check verifier    plays good and bad wallets against an OpenID4VP verifier
  check status      judges a status list
  check certificate judges IACA, document signer and reader certificates

"check <what> -h" lists the flags. Exit code 0: every rule held; 1: one is broken; 2: one could not be checked; 3: usage.
`

// command parses its own flags, and returns a report.
type command func(ctx context.Context, f *flag.FlagSet, c *common, args []string) (check.Report, error)

var commands = map[string]command{"certificate": certificate, "issuer": issuer, "status": status, "verifier": verifier}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(errs, usage)
		return exitUsage
	}
	f := flag.NewFlagSet("check "+args[0], flag.ContinueOnError)
	f.SetOutput(errs)
	c := newCommon(f, errs)
	report, err := commands[args[0]](ctx, f, c, args[1:])
	if err != nil {
		fmt.Fprintln(errs, "check:", err)
		return exitUsage
	}
	if err := report.Write(out, c.format); err != nil {
		fmt.Fprintln(errs, "check:", err)
		return exitUsage
	}
	return map[check.Verdict]int{check.Held: exitHeld, check.Broken: exitBroken, check.Unknown: exitUnknown}[report.Verdict()]
}

// common is what every command takes.
type common struct {
	format string
	limits check.Limits
	http   *http.Client
	errs   io.Writer
}

func newCommon(f *flag.FlagSet, errs io.Writer) *common {
	c := &common{limits: check.DefaultLimits(), http: &http.Client{}, errs: errs}
	f.StringVar(&c.format, "format", check.FormatText, "how the report is written: text, json, junit or html")
	f.DurationVar(&c.limits.Answer, "timeout", c.limits.Answer, "how long one answer may take")
	return c
}

func certificate(_ context.Context, f *flag.FlagSet, _ *common, args []string) (check.Report, error) {
	profile := f.String("profile", "", "iaca, signer or reader; what a certificate says of itself when empty")
	if err := f.Parse(args); err != nil {
		return check.Report{}, err
	}
	switch check.Profile(*profile) {
	case "", check.ProfileIACA, check.ProfileSigner, check.ProfileReader:
	default:
		return check.Report{}, fmt.Errorf("no profile %q", *profile)
	}
	if f.NArg() == 0 {
		return check.Report{}, fmt.Errorf("name files of certificates, PEM or DER")
	}
	var files []check.CertificateFile
	for _, path := range f.Args() {
		content, err := os.ReadFile(path)
		if err != nil {
			return check.Report{}, err
		}
		files = append(files, check.CertificateFile{Name: filepath.Base(path), Content: content})
	}
	return check.Certificates(files, check.Profile(*profile), time.Now()), nil
}

func status(ctx context.Context, f *flag.FlagSet, c *common, args []string) (check.Report, error) {
	uri := f.String("uri", "", "the list: a token status list (JWT, and CWT where there is one) or a bitstring")
	keys := f.String("keys", "", "the issuer's JWKS or DID document; at its place under /.well-known on the list's host when empty")
	index := f.Int("index", -1, "the entry of a document that is known to be valid")
	if err := f.Parse(args); err != nil {
		return check.Report{}, err
	}
	if !strings.HasPrefix(*uri, "http") {
		return check.Report{}, fmt.Errorf("-uri is required")
	}
	return check.Status(ctx, check.StatusOptions{HTTP: c.http, Limits: c.limits, Now: time.Now(), URI: *uri, Keys: *keys, Index: *index}), nil
}
