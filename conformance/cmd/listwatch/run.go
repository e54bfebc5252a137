package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"justice-wallet/conformance/listwatch"
)

// Exit codes.
const (
	exitGood   = 0
	exitAlarm  = 1 // at least one list is not as it should be
	exitMisuse = 2 // of the command, its files or its address
)

type settings struct {
	keys, state, file, metrics string
	every                      time.Duration
	renewal                    float64
	uris                       []string
}

// run checks the lists once, or with -every until ctx ends, and prints a line of JSON for each alarm and each round.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := readArguments(args, stderr)
	if err == nil {
		var alarms int
		if alarms, err = watch(ctx, s, stdout); err == nil && alarms > 0 && s.every == 0 {
			return exitAlarm
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "listwatch:", err) // nowhere is left to say that this failed
		return exitMisuse
	}
	return exitGood
}

func readArguments(args []string, stderr io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("listwatch", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.keys, "keys", "", "the JWK set that must have signed the lists: an address or a file")
	f.StringVar(&s.state, "state", "", "file that keeps what was seen, to be compared with")
	f.StringVar(&s.file, "lists", "", "file with the addresses of lists, one a line, read anew each round; or give them as arguments")
	f.DurationVar(&s.every, "every", 0, "check again after this long, and go on; 0: once")
	f.Float64Var(&s.renewal, "renewal", 0.75, "the part of its life after which a list should have been renewed")
	f.StringVar(&s.metrics, "metrics", "", "address that serves /metrics, with -every")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	s.uris = f.Args()
	switch {
	case s.keys == "" || s.state == "":
		return s, errors.New("-keys and -state are needed")
	case (s.file == "") == (len(s.uris) == 0):
		return s, errors.New("want addresses of lists, or -lists")
	case s.every < 0 || s.every > 0 && s.every < time.Second:
		return s, errors.New("-every is under a second")
	case s.renewal <= 0 || s.renewal > 1:
		return s, errors.New("-renewal is not between 0 and 1")
	case s.metrics != "" && s.every == 0:
		return s, errors.New("-metrics needs -every")
	}
	return s, nil
}

// addresses returns the lists to look at now.
func (s settings) addresses() ([]string, error) {
	if s.file == "" {
		return s.uris, nil
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	uris := strings.Fields(string(text))
	if len(uris) == 0 {
		return nil, errors.New("there is none") // to watch nothing would look like peace
	}
	return uris, nil
}

func watch(ctx context.Context, s settings, stdout io.Writer) (alarms int, err error) {
	w, err := listwatch.New(listwatch.Options{Keys: s.keys, State: s.state, Renewal: s.renewal, Now: time.Now})
	if err != nil {
		return 0, err
	}
	lines := json.NewEncoder(stdout)
	if s.every == 0 {
		uris, err := s.addresses()
		if err != nil {
			return 0, fmt.Errorf("read the names of lists: %w", err)
		}
		r, err := w.Round(ctx, uris)
		return len(r.Alarms), errors.Join(print(lines, r), err)
	}
	metrics := &listwatch.Metrics{}
	if s.metrics != "" {
		stop, err := serve(s.metrics, metrics)
		if err != nil {
			return 0, err
		}
		defer stop()
	}
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	return 0, w.Run(ctx, ticker.C, s.addresses, func(r listwatch.Report) {
		metrics.Add(r)
		_ = print(lines, r) // the metrics still tell
	})
}

// print writes the alarms and then the round.
func print(lines *json.Encoder, r listwatch.Report) error {
	for _, a := range r.Alarms {
		if err := lines.Encode(a); err != nil {
			return err
		}
	}
	return lines.Encode(map[string]any{"round": r.At, "lists": len(r.Lists), "alarms": len(r.Alarms)})
}

func serve(address string, metrics http.Handler) (stop func(), err error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go server.Serve(ln)                       //nolint:errcheck // it ends when it is closed
	return func() { _ = server.Close() }, nil // nothing is lost
}
