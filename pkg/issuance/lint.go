package issuance

import (
	"fmt"
	"reflect"
	"sort"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
)

// linted is a draft whose bytes were re-opened and found to state exactly what was decided. Only lint makes one, and only
// a linted draft can be signed.
type linted struct{ draft Draft }

// lint compares the very bytes to be signed with the statement they were made from, and with the document's own list.
func lint(doc *document.Document, want credential.Statement, draft Draft) (linted, error) {
	got, err := draft.Reopen()
	if err != nil {
		return linted{}, fmt.Errorf("lint: re-open: %w", err)
	}
	if err := doc.Check(got.Elements); err != nil {
		return linted{}, fmt.Errorf("lint: %w", err)
	}
	switch {
	case got.DocumentType != want.DocumentType:
		err = fmt.Errorf("document type")
	case got.Validity != want.Validity:
		err = fmt.Errorf("validity")
	case got.Status.URI != want.Status.URI || got.Status.Index != want.Status.Index:
		err = fmt.Errorf("status")
	case got.Holder == nil || !got.Holder.Equal(want.Holder):
		err = fmt.Errorf("holder key")
	case !reflect.DeepEqual(sorted(got.Elements), sorted(want.Elements)):
		err = fmt.Errorf("elements")
	}
	if err != nil {
		return linted{}, fmt.Errorf("lint: %w differs from the statement", err)
	}
	return linted{draft}, nil
}

func sorted(elements []credential.Element) []credential.Element {
	out := append([]credential.Element{}, elements...)
	sort.Slice(out, func(i, j int) bool {
		if out[i].Namespace != out[j].Namespace {
			return out[i].Namespace < out[j].Namespace
		}
		return out[i].Name < out[j].Name
	})
	return out
}

func (l linted) sign(key keys.Key) (string, error) {
	message, err := l.draft.ToBeSigned()
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	signature, err := key.Sign(message)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return l.draft.Seal(signature)
}

// write drafts, lints and signs a statement.
func (s *Service) write(doc *document.Document, format Format, statement credential.Statement, key keys.Key) (string, error) {
	draft, err := format.Draft(doc, statement, key)
	if err != nil {
		return "", err
	}
	l, err := lint(doc, statement, draft)
	if err != nil {
		return "", err
	}
	if err := s.signs(key); err != nil {
		return "", err
	}
	return l.sign(key)
}
