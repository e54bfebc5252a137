package statusfetch_test

import (
	"context"
	"testing"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fetch"
	"justice-wallet/verifier/internal/statusfetch"
)

// answers gives whatever bytes for the list.
type answers []byte

func (a answers) GetChange(context.Context, string, string, string) (*fetch.Response, error) {
	return &fetch.Response{Status: 200, Body: a}, nil
}

// No token but the list's own has a status.
func FuzzStatusToken(f *testing.F) {
	l := newListIssuer(&testing.T{})
	good := l.token(map[int]byte{1: 1}, nil)
	f.Add([]byte(good))
	f.Add([]byte(l.token(nil, map[string]any{"ttl": "600"})))
	f.Fuzz(func(t *testing.T, token []byte) {
		r := statusfetch.New(statusfetch.Options{
			Issuers: []statusfetch.Issuer{{Prefix: l.prefix(), Keys: l}}, Client: answers(token), Now: func() time.Time { return l.now }, MaxAge: time.Minute,
		})
		if _, err := r.Status(context.Background(), credential.StatusRef{URI: l.uri(), Index: 1}); err == nil && string(token) != good {
			t.Errorf("a mutant has a status: %q", token)
		}
	})
}
