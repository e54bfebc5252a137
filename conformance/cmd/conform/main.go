// Command conform runs every judge, and writes docs/conformance.md and docs/interop.md from what they counted. `make
// conformance` calls it at the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	var o options
	flag.DurationVar(&o.fuzz, "fuzz", 3*time.Second, "how long each fuzz target runs")
	flag.BoolVar(&o.mutation, "mutation", false, "take the rules out of the code, too")
	flag.StringVar(&o.docs, "docs", "docs", "folder that conformance.md and interop.md are written to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	failed, err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conform:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}
