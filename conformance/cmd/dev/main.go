// Command dev leaves everything running on fixed loopback ports, with the pages for people, which make assets dresses:
// issuer 8080, verifier 8081, stand-in One Login 8082, wallet 8083, stand-in HMPPS 8084, sign-in of organisations 8085.
// With -govuk-harness the issuer is as GOV.UK's test harness expects it (docs/govuk-harness.md), and there are no pages.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // days are counted in London, wherever this runs

	"justice-wallet/conformance/rig"
)

func main() {
	harness := flag.Bool("govuk-harness", false, "trust the authorisation server of GOV.UK's harness at http://localhost:3001")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *harness, os.Getenv("REDIS_URL"), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

// publishEvery is the tick of the issuer in earnest.
const publishEvery = 5 * time.Second

func run(ctx context.Context, harness bool, redisURL string, out, log io.Writer) error {
	options := rig.Options{
		RedisURL: redisURL, Log: log, IssuerURL: "http://localhost:8080",
		IssuerAddr: "127.0.0.1:8080", VerifierAddr: "127.0.0.1:8081", OneLoginAddr: "127.0.0.1:8082", HMPPSAddr: "127.0.0.1:8084",
		Pages: !harness, WalletAddr: "127.0.0.1:8083", OrganisationsAddr: "127.0.0.1:8085",
	}
	if harness {
		options.ExternalServer = "http://localhost:3001"
	}
	r, err := rig.Start(ctx, options)
	if err != nil {
		return err
	}
	if options.Pages {
		if _, err := fmt.Fprintf(out, "wallet    %s (stand-in; choose whose it is)\nsign-in   %s (stand-in, of organisations)\n", r.WalletURL, r.OrganisationsURL); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(out, "issuer    %s\nverifier  %s\nOne Login %s (stand-in)\nHMPPS     %s (stand-in; people at /stand-in/people)\nstop with Ctrl-C\n",
		r.IssuerURL, r.VerifierURL, r.OneLoginURL, r.HMPPSURL); err != nil {
		return err
	}
	ticker := time.NewTicker(publishEvery)
	defer ticker.Stop()
	r.Issuer.Run(ctx, ticker.C)
	return r.Close()
}
