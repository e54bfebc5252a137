package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"justice-wallet/conformance/check"
)

// Files of the authority, in its folder.
const (
	rootFile = "iaca.pem"
	keyFile  = "iaca-key.pem"
)

// headers is a flag that may be given several times: "Name: value".
type headers map[string]string

func (h headers) String() string { return fmt.Sprint(len(h), " given") }

func (h headers) Set(s string) error {
	name, value, ok := strings.Cut(s, ":")
	if !ok {
		return errors.New("want Name: value")
	}
	h[strings.TrimSpace(name)] = strings.TrimSpace(value)
	return nil
}

func verifier(ctx context.Context, f *flag.FlagSet, c *common, args []string) (report check.Report, err error) {
	header := headers{"Content-Type": "application/json"}
	o := check.VerifierOptions{HTTP: c.http, Now: time.Now, Rand: rand.Reader, Header: header}
	f.StringVar(&o.URL, "url", "", "the verifier")
	f.StringVar(&o.Begin, "begin", "", "POST here begins a check; -url and /presentations when empty")
	f.Var(header, "begin-header", "of that POST, as \"Name: value\"; several times")
	keyFrom := f.String("bearer-file", "", "file with a bearer token for that POST: a key does not belong on a command line")
	f.StringVar(&o.Body, "begin-body", "{}", "of that POST")
	f.StringVar(&o.Link, "link-member", "link", "member of its answer: the link for the wallet")
	f.StringVar(&o.ID, "id-member", "id", "member of its answer: the check's name")
	f.StringVar(&o.Result, "result", "", "GET here, with {id} in it, says how the check stands; without it the answer to the wallet decides")
	f.StringVar(&o.Verdict, "verdict-member", "verdict", "member of that answer")
	f.StringVar(&o.Valid, "valid", "valid", "its value when a presentation was accepted")
	roots := f.String("reader-roots", "", "file of the certificates that vouch for the verifier's requests, PEM")
	document := f.String("document", "", "file with a credential of the type it asks for, as an issuer gives it")
	authority := f.String("authority", "", "folder of the authority that the verifier trusts: "+rootFile+" and "+keyFile+", made when they are not there")
	listen := f.String("listen", "127.0.0.1:3002", "where the status lists of bad wallets' documents are served")
	lists := f.String("lists-url", "http://localhost:3002", "how the verifier reaches them: it trusts /t/ there, with keys at /.well-known/jwks.json")
	if err := f.Parse(args); err != nil {
		return report, err
	}
	if o.Limits = c.limits; !strings.HasPrefix(o.URL, "http") || *authority == "" {
		return report, errors.New("-url and -authority are required")
	}
	if o.Authority, err = openAuthority(*authority); err != nil {
		return report, err
	}
	if err := readVerifierFiles(&o, *roots, *document, *keyFrom); err != nil {
		return report, err
	}
	if o.Begin == "" {
		o.Begin = o.URL + "/presentations"
	}
	if o.Lists, err = check.NewLists(*lists, rand.Reader, time.Now); err != nil {
		return report, err
	}
	stop, err := serve(*listen, o.Lists)
	if err != nil {
		return report, err
	}
	report, err = check.Verifier(ctx, o)
	return report, errors.Join(err, stop())
}

func readVerifierFiles(o *check.VerifierOptions, roots, document, bearer string) error {
	content, err := os.ReadFile(roots)
	if err != nil {
		return fmt.Errorf("-reader-roots: %w", err)
	}
	if o.Roots = x509.NewCertPool(); !o.Roots.AppendCertsFromPEM(content) {
		return errors.New("-reader-roots: no certificate in PEM")
	}
	if content, err = os.ReadFile(document); err != nil {
		return fmt.Errorf("-document: %w", err)
	}
	o.Document = strings.TrimSpace(string(content))
	if bearer == "" {
		return nil
	}
	if content, err = os.ReadFile(bearer); err != nil {
		return fmt.Errorf("-bearer-file: %w", err)
	}
	o.Header["Authorization"] = "Bearer " + strings.TrimSpace(string(content))
	return nil
}

// openAuthority reads the authority of dir, or makes it there.
func openAuthority(dir string) (*check.Authority, error) {
	root, errRoot := os.ReadFile(filepath.Join(dir, rootFile))
	key, errKey := os.ReadFile(filepath.Join(dir, keyFile))
	if errRoot == nil && errKey == nil {
		return check.ReadAuthority(rand.Reader, root, key)
	}
	if !errors.Is(errRoot, os.ErrNotExist) || !errors.Is(errKey, os.ErrNotExist) {
		return nil, errors.Join(errRoot, errKey)
	}
	a, err := check.NewAuthority(rand.Reader, time.Now())
	if err != nil {
		return nil, err
	}
	if root, key, err = a.PEM(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return a, errors.Join(os.WriteFile(filepath.Join(dir, rootFile), root, 0o644), os.WriteFile(filepath.Join(dir, keyFile), key, 0o600))
}
