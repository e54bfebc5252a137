// Command offer asks a running `dev` for one fresh credential offer, and prints its link.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"justice-wallet/conformance/rig"
)

func main() {
	format := flag.String("format", "mdoc", "mdoc (the conformance driving licence) or jwt (the conformance veteran card)")
	subject := flag.String("subject", "", "wallet subject identifier the offer is for")
	issuer := flag.String("issuer", "http://localhost:8080", "the issuer")
	hmpps := flag.String("hmpps", "http://127.0.0.1:8084", "the stand-in HMPPS, which signs our token")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	link, err := offer(ctx, *issuer, *hmpps, *format, *subject)
	if err != nil {
		fmt.Fprintln(os.Stderr, "offer:", err)
		os.Exit(1)
	}
	fmt.Println(link)
}

func offer(ctx context.Context, issuer, hmpps, format, subject string) (string, error) {
	requests := map[string]rig.OfferRequest{
		"mdoc": {DocumentType: "org.iso.18013.5.1.mDL", Format: "mdoc", Record: "synthetic-driver", WalletSubject: subject},
		"jwt":  {DocumentType: "uk.gov.conformance.veterancard", Format: "jwt", Record: "synthetic-veteran", WalletSubject: subject},
	}
	request, ok := requests[format]
	if !ok || subject == "" {
		return "", errors.New("want -format mdoc or jwt, and -subject")
	}
	running := &rig.Rig{IssuerURL: issuer, HMPPSURL: hmpps, HTTP: &http.Client{Timeout: 10 * time.Second}}
	return running.Offer(ctx, request)
}
