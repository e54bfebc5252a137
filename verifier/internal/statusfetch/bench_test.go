package statusfetch_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/verifier/internal/statusfetch"
)

// million is a list of 1,000,000 entries, 1 % ended, as its issuer gives it.
func million(b *testing.B, key keys.Key, uri string) (*statuslist.List, string) {
	b.Helper()
	list, err := statuslist.New(2, 1_000_000)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < list.Len(); i += 97 {
		if err := list.Set(i, statuslist.Invalid); err != nil {
			b.Fatal(err)
		}
	}
	claim, err := list.EncodeToken()
	if err != nil {
		b.Fatal(err)
	}
	claims := map[string]any{"sub": uri, "iat": start.Unix(), "exp": start.Add(time.Hour).Unix(), "ttl": 600, "status_list": claim}
	token, err := jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: "statuslist+jwt", KeyID: "k"}, claims)
	if err != nil {
		b.Fatal(err)
	}
	return list, token
}

// again gives the list once, and says afterwards that it still stands.
type again struct {
	token string
	whole bool // give it every time
}

func (a again) GetChange(_ context.Context, _, _, tag string) (*fetch.Response, error) {
	if tag != "" && !a.whole {
		return &fetch.Response{Status: http.StatusNotModified}, nil
	}
	return &fetch.Response{Status: http.StatusOK, Body: []byte(a.token), Header: http.Header{"Etag": {`"1"`}}}, nil
}

// BenchmarkStatusLookUp is one entry of a list that is held, beside reading the bits; and one round that fetches the list,
// or finds that it still stands, and verifies it.
func BenchmarkStatusLookUp(b *testing.B) {
	const prefix = "https://status.example/t/"
	key, err := keys.NewKey(keys.PurposeStatusList, start)
	if err != nil {
		b.Fatal(err)
	}
	key.State = keys.StateActive
	list, token := million(b, key, prefix+"a")
	source := &listIssuer{key: key}
	reader := func(whole bool) *statusfetch.Reader {
		return statusfetch.New(statusfetch.Options{
			Issuers: []statusfetch.Issuer{{Prefix: prefix, Lists: []string{prefix + "a"}, Keys: source}},
			Client:  again{token, whole}, Now: func() time.Time { return start.Add(time.Minute) }, MaxAge: time.Minute, Scheduled: true,
		})
	}
	b.Run("held", func(b *testing.B) {
		r, ctx, n := reader(false), context.Background(), 0
		began := time.Now()
		for i := range 1_000_000 {
			if _, err := list.Get(i); err != nil {
				b.Fatal(err)
			}
		}
		bit := float64(time.Since(began)) / 1_000_000
		b.ReportAllocs()
		for b.Loop() {
			n++
			if _, err := r.Status(ctx, credential.StatusRef{URI: prefix + "a", Index: n * 7919 % 1_000_000}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/bit, "x-bit")
	})
	for _, whole := range []bool{true, false} {
		b.Run(fmt.Sprintf("round/changed=%t", whole), func(b *testing.B) {
			r := reader(whole)
			b.ReportAllocs()
			for b.Loop() {
				r.Refresh(context.Background())
			}
			if _, err := r.Status(context.Background(), credential.StatusRef{URI: prefix + "a", Index: 97}); err != nil {
				b.Fatal(err)
			}
		})
	}
}
