package main

import (
	"errors"
	"fmt"
	"io"

	"justice-wallet/issuer"
	"justice-wallet/pkg/config"
)

// printLists writes the URI of every status list, one a line: for the trust files of verifiers, and for whoever watches
// the lists. It needs the issuer's URL and secret, and nothing that runs.
func printLists(getenv func(string) string, out io.Writer) error {
	c := issuer.ReadConfig(config.NewReader(getenv)) // what else is missing is of no matter
	if c.SelfURL == "" || len(c.Secret) == 0 || c.StatusLists < 1 {
		return errors.New("ISSUER_URL, ISSUER_SECRET or STATUS_LISTS is missing or wrong")
	}
	for _, uri := range issuer.ListURIs(c) {
		if _, err := fmt.Fprintln(out, uri); err != nil {
			return err
		}
	}
	return nil
}
