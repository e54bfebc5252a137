// Package verifier is the assembled verifier: it says whether a document may be relied on, over HTTP.
package verifier

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/statusfetch"
	"justice-wallet/verifier/internal/trust"
)

// Deps is what a verifier does not make itself.
type Deps struct {
	Log       *slog.Logger
	Now       func() time.Time
	Transport http.RoundTripper // to issuers; nil means one of our own
}

// Verifier is an http.Handler.
type Verifier struct {
	server *httpserver.Server
	checks *verification.Verifier
}

// maxBody is ample for the largest document, a photograph of 1 MiB in base64 included.
const maxBody = 2 << 20

// New assembles a verifier. It fetches nothing: an issuer that is away at start is asked when it is needed.
func New(c Config, d Deps) (*Verifier, error) {
	file, err := trust.ParseFile(c.Trust)
	if err != nil {
		return nil, err
	}
	small := fetch.New(fetch.Options{Transport: d.Transport})
	lists := statusfetch.New(statusfetch.Options{
		Issuers: listIssuers(file, small, d.Now),
		Client:  fetch.New(fetch.Options{Transport: d.Transport, MaxBytes: statusfetch.MaxBytes}),
		Now:     d.Now,
		MaxAge:  c.StatusMaxAge,
	})
	v := &Verifier{
		server: httpserver.New(httpserver.Options{Log: d.Log, Now: d.Now, MaxBody: maxBody, Ready: ready}),
		checks: &verification.Verifier{Trust: trust.NewStore(file, small, d.Now), Status: lists, Now: d.Now},
	}
	v.routes()
	return v, nil
}

// ready holds from the start: the verifier keeps nothing, and an issuer that is away is an answer, not a fault of ours.
func ready(context.Context) error { return nil }

func listIssuers(file *trust.File, client *fetch.Client, now func() time.Time) []statusfetch.Issuer {
	issuers := make([]statusfetch.Issuer, len(file.StatusLists))
	for i, list := range file.StatusLists {
		issuers[i] = statusfetch.Issuer{Prefix: list.Prefix, Keys: fetch.NewKeySet(client, list.JWKS, fetch.KeySetOptions{Now: now})}
	}
	return issuers
}

// ServeHTTP answers one request.
func (v *Verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.server.ServeHTTP(w, r) }

// Serve answers connections of ln until ctx ends, then finishes what is under way.
func (v *Verifier) Serve(ctx context.Context, ln net.Listener) error { return v.server.Serve(ctx, ln) }
