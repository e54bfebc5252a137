package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"justice-wallet/conformance/check"
)

// links is a flag that may be given several times.
type links []string

func (l *links) String() string { return fmt.Sprint(len(*l), " given") }

func (l *links) Set(s string) error {
	*l = append(*l, s)
	return nil
}

func issuer(ctx context.Context, f *flag.FlagSet, c *common, args []string) (report check.Report, err error) {
	o := check.IssuerOptions{HTTP: c.http, Now: time.Now, Rand: rand.Reader}
	var offers links
	f.StringVar(&o.URL, "url", "", "the issuer, without a trailing slash")
	f.Var(&offers, "offer", "a fresh offer link; give it several times to go on after a bad request that the issuer grants")
	f.StringVar(&o.Subject, "subject", "", "the wallet subject identifier that the offer was made for")
	f.StringVar(&o.ClientID, "client-id", "TEST_CLIENT_ID", "the issuer's client id at the token service")
	listen := f.String("listen", "127.0.0.1:3001", "where the stand-in token service listens")
	server := f.String("auth-server", "http://localhost:3001", "the token service's identifier, which the issuer trusts; its keys are at /.well-known/jwks.json there")
	if err := f.Parse(args); err != nil {
		return report, err
	}
	o.Offers, o.Limits = offers, c.limits
	if !strings.HasPrefix(o.URL, "http") || strings.HasSuffix(o.URL, "/") || len(offers) == 0 || o.Subject == "" {
		return report, errors.New("-url without a trailing slash, -offer and -subject are required")
	}
	if o.Server, err = check.NewServer(*server, rand.Reader); err != nil {
		return report, err
	}
	stop, err := serve(*listen, o.Server)
	if err != nil {
		return report, err
	}
	report, err = check.Issuer(ctx, o)
	return report, errors.Join(err, stop())
}

// serve answers address with h until stop is called.
func serve(address string, h http.Handler) (stop func() error, err error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	return func() error {
		err := server.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}, nil
}
