package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"justice-wallet/pkg/nocore"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/verifier"
)

const healthTimeout = 3 * time.Second

// run is the command without the process around it. It returns the exit code: 2 for a mistake of the caller's.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if err := nocore.Forbid(); err != nil { // the key of its requests is in memory
		return report(stderr, 1, err)
	}
	flags := flag.NewFlagSet("verifier", flag.ContinueOnError)
	flags.SetOutput(stderr)
	health := flags.Bool("health", false, "ask the verifier on this machine whether it lives")
	if err := flags.Parse(args); err != nil || flags.NArg() != 0 {
		return 2
	}
	c, err := verifier.ReadConfig(getenv)
	if err != nil {
		return report(stderr, 2, err)
	}
	if *health {
		err = checkHealth(ctx, c.Addr)
	} else {
		err = serve(ctx, c, slog.New(slog.NewJSONHandler(stdout, nil)))
	}
	if err != nil {
		return report(stderr, 1, err)
	}
	return 0
}

func report(stderr io.Writer, code int, err error) int {
	_, _ = fmt.Fprintln(stderr, "verifier:", err) // nowhere is left to say that this failed
	return code
}

func serve(ctx context.Context, c verifier.Config, log *slog.Logger) error {
	d := verifier.Deps{Log: log, Now: time.Now}
	if c.RedisURL != "" {
		book, err := openBook(c.RedisURL)
		if err != nil {
			return err
		}
		d.Receipts, d.Sessions = book, book
	}
	if c.SharedRedisURL != "" {
		lists, err := openShared(c.SharedRedisURL)
		if err != nil {
			return err
		}
		d.Shared = lists
	}
	v, err := verifier.New(c, d)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	log.Info("listening", slog.String("addr", ln.Addr().String()))
	if c.StatusMaxAge == 0 {
		return v.Serve(ctx, ln)
	}
	return serveAndFetch(ctx, v, c.StatusMaxAge, ln)
}

// serveAndFetch serves, and fetches status lists by the clock.
func serveAndFetch(ctx context.Context, v *verifier.Verifier, every time.Duration, ln net.Listener) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	ctx, stop := context.WithCancel(ctx)
	fetched := make(chan struct{})
	go func() {
		v.Run(ctx, ticker.C)
		close(fetched)
	}()
	err := v.Serve(ctx, ln)
	stop()
	<-fetched
	return err
}

// openBook opens the receipts. Their keys hide nothing, for a receipt's id is random: the index key is of no use, and zero.
func openBook(url string) (*redisstore.Store, error) {
	client, err := redisstore.Dial(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	return redisstore.New(client, redisstore.Config{Prefix: "justice-wallet-verifier", IndexKey: make([]byte, 32), Now: time.Now})
}

// openShared opens the store in which an issuer keeps status lists, under its own names. Nothing is written there.
func openShared(url string) (*redisstore.Store, error) {
	client, err := redisstore.Dial(url)
	if err != nil {
		return nil, fmt.Errorf("VERIFIER_STATUS_REDIS_URL: %w", err)
	}
	return redisstore.New(client, redisstore.Config{IndexKey: make([]byte, 32), Now: time.Now})
}

func checkHealth(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/livez", nil)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only the status matters
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for health: status %d", response.StatusCode)
	}
	return nil
}
