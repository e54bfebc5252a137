// Package records asks the systems of record about one person, and turns what they say into the facts a document rests
// on.
//
// Nothing is cached: every call asks again, so that a person recalled a minute ago is recalled now. What is not known is
// absent, never false. A system that does not answer, or answers nonsense, is a fault of kind Unavailable with code
// records_unavailable. No error holds a name, a birth date or a prison number.
package records

import (
	"context"
	"fmt"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// Source says what one system of record knows of one record, or issuance.ErrNotFound. Safe for concurrent use.
type Source interface {
	Facts(ctx context.Context, r issuance.Record) (credential.Facts, error)
}

// Records is the issuance.Records port over named sources.
type Records struct{ sources map[string]Source }

// New returns the port. The map must not change afterwards.
func New(sources map[string]Source) *Records { return &Records{sources} }

// Facts implements issuance.Records. A source that nobody configured is an error without a kind: the mistake is ours.
func (r *Records) Facts(ctx context.Context, source string, record issuance.Record) (credential.Facts, error) {
	s, ok := r.sources[source]
	if !ok {
		return nil, fmt.Errorf("find source of facts: none is named %q", source)
	}
	return s.Facts(ctx, record)
}

// Items says which things of source's kind there are about a person, for a Record to name. Where the person alone says
// enough, it is one item without a name.
func (r *Records) Items(ctx context.Context, source, person string) ([]string, error) {
	s, ok := r.sources[source]
	if !ok {
		return nil, fmt.Errorf("find source of facts: none is named %q", source)
	}
	if l, ok := s.(lister); ok {
		return l.items(ctx, person)
	}
	return []string{""}, nil
}

// lister is a source of which a person can have several things.
type lister interface {
	items(ctx context.Context, person string) ([]string, error)
}

// listed is a source that lists.
type listed struct {
	Source
	list func(ctx context.Context, person string) ([]string, error)
}

func (l listed) items(ctx context.Context, person string) ([]string, error) {
	return l.list(ctx, person)
}

// sourceFunc is a Source made of one function.
type sourceFunc func(context.Context, issuance.Record) (credential.Facts, error)

func (f sourceFunc) Facts(ctx context.Context, r issuance.Record) (credential.Facts, error) {
	return f(ctx, r)
}

// unavailable says that system, a name of ours, did not give an answer we can use. The cause holds nothing it said.
func unavailable(system string, cause error) error {
	return fault.Wrap(fault.Unavailable, "records_unavailable", "a system of record did not answer",
		fmt.Errorf("ask %s: %w", system, cause))
}
