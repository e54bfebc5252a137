// Command verifier serves package verifier. It is configured by the environment: see verifier.Config.
//
//	verifier          serve until SIGTERM or SIGINT
//	verifier -health  ask the verifier on this machine whether it lives; exit 0 if so
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
