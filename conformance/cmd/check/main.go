// Command check judges GOV.UK Wallet issuers, OpenID4VP verifiers, status lists and certificates that others made. It is
// one binary, needs neither a store nor this project's services, and keeps nothing. docs/check.md says how it is used.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
