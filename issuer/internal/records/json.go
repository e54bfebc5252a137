package records

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
)

// JSONOptions says where a source that speaks our own JSON is.
type JSONOptions struct {
	Name        string // for errors
	URL         string // POST {"record": person, "item": item}, answered by {"facts": {…}} or {"facts": null}
	Credentials Credentials
	Now         func() time.Time
	Transport   http.RoundTripper // nil means the standard library's
	Timeout     time.Duration     // 0 means 5 s
}

// NewJSON returns a source that asks one URL for facts by their own names: how another department, which owns its
// documents, plugs in its records without any Go. A member "item" is sent only when the record has one. The facts are
// written as parseFacts reads them.
func NewJSON(o JSONOptions) (Source, error) {
	if err := checkURL(o.URL); err != nil {
		return nil, err
	}
	if err := checkURL(o.Credentials.TokenURL); err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	c := newCaller(o.Transport)
	s := system{o.Name, o.URL, c, newTokens(o.Credentials, c, o.Now)}
	return sourceFunc(func(ctx context.Context, r issuance.Record) (credential.Facts, error) {
		ctx, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		return askFacts(ctx, s, r)
	}), nil
}

func askFacts(ctx context.Context, s system, r issuance.Record) (credential.Facts, error) {
	question := struct {
		Record string `json:"record"`
		Item   string `json:"item,omitempty"`
	}{r.Person, r.Item}
	var answer struct {
		Facts json.RawMessage `json:"facts"`
	}
	if err := s.post(ctx, "", question, &answer); err != nil {
		return nil, err
	}
	if string(answer.Facts) == "null" {
		return nil, issuance.ErrNotFound
	}
	facts, err := parseFacts(answer.Facts)
	if err != nil {
		return nil, unavailable(s.name, err)
	}
	return facts, nil
}
