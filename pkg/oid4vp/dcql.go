package oid4vp

import (
	"errors"
	"fmt"
	"strings"

	"justice-wallet/pkg/jose"
)

// Limits of a query. Ours are far smaller.
const (
	maxCredentials = 16
	maxClaims      = 64
	maxIDLength    = 64
)

// Query is a DCQL query (§6).
type Query struct {
	Credentials []CredentialQuery `json:"credentials"`
	Sets        []CredentialSet   `json:"credential_sets,omitempty"`
}

// CredentialQuery asks for one credential (§6.1). Multiple is never asked for.
type CredentialQuery struct {
	ID        string     `json:"id"`
	Format    string     `json:"format"`
	Meta      Meta       `json:"meta"`
	Claims    []Claim    `json:"claims,omitempty"`
	ClaimSets [][]string `json:"claim_sets,omitempty"` // in order of preference
}

// Meta says which type of credential: DocType of an mdoc (Appendix B.2.3), Types of a JWT (Appendix B.1.1).
type Meta struct {
	DocType string     `json:"doctype_value,omitempty"`
	Types   [][]string `json:"type_values,omitempty"`
}

// Claim asks for one claim (§6.3). Path is [namespace, element] of an mdoc, and ["credentialSubject", name] of a JWT.
type Claim struct {
	ID             string   `json:"id,omitempty"`
	Path           []string `json:"path"`
	Values         []string `json:"values,omitempty"`
	IntentToRetain *bool    `json:"intent_to_retain,omitempty"` // mdoc only
}

// CredentialSet says which of the credentials answer one need (§6.2).
type CredentialSet struct {
	Options  [][]string `json:"options"`
	Required bool       `json:"required"`
}

// ParseQuery reads a query as strictly as a wallet may: known members only, none twice, and Check.
func ParseQuery(raw []byte) (Query, error) {
	c, err := jose.ParseClaims(raw)
	if err != nil {
		return Query{}, fmt.Errorf("parse DCQL query: %w", err)
	}
	var q Query
	if err := c.DecodeOnly(&q); err != nil {
		return Query{}, fmt.Errorf("parse DCQL query: %w", err)
	}
	if err := q.Check(); err != nil {
		return Query{}, fmt.Errorf("parse DCQL query: %w", err)
	}
	return q, nil
}

// Check says what §6 forbids about q.
func (q Query) Check() error {
	if len(q.Credentials) == 0 || len(q.Credentials) > maxCredentials {
		return fmt.Errorf("%d credentials", len(q.Credentials))
	}
	ids := map[string]bool{}
	for _, c := range q.Credentials {
		if !validID(c.ID) || ids[c.ID] {
			return errors.New("a credential's id is missing, of other letters, or stands twice")
		}
		ids[c.ID] = true
		if err := c.check(); err != nil {
			return fmt.Errorf("credential %q: %w", c.ID, err)
		}
	}
	if empty(q.Sets) {
		return errors.New("credential_sets is an empty array")
	}
	for _, s := range q.Sets {
		if err := checkOptions(s.Options, ids); err != nil {
			return fmt.Errorf("credential_sets: %w", err)
		}
	}
	return nil
}

func (c CredentialQuery) check() error {
	switch {
	case c.Format == FormatMDoc && c.Meta.DocType != "" && c.Meta.Types == nil:
	case c.Format == FormatJWT && len(c.Meta.Types) > 0 && c.Meta.DocType == "":
	default:
		return errors.New("format and meta do not belong together")
	}
	if len(c.Claims) > maxClaims || empty(c.Claims) || len(c.Claims) == 0 && c.ClaimSets != nil {
		return errors.New("too many claims, an empty array of them, or claim_sets without claims")
	}
	ids, paths := map[string]bool{}, map[string]bool{}
	for _, claim := range c.Claims {
		path := strings.Join(claim.Path, "\x00")
		if len(claim.Path) != 2 || claim.Path[0] == "" || claim.Path[1] == "" || paths[path] {
			return errors.New("a claim's path is not of two names, or stands twice")
		}
		if empty(claim.Values) {
			return errors.New("values is an empty array")
		}
		if claim.IntentToRetain != nil && c.Format != FormatMDoc {
			return errors.New("intent_to_retain outside an mdoc")
		}
		if claim.ID != "" && (!validID(claim.ID) || ids[claim.ID]) || claim.ID == "" && c.ClaimSets != nil {
			return errors.New("a claim's id is missing, of other letters, or stands twice")
		}
		paths[path], ids[claim.ID] = true, true
	}
	if c.ClaimSets == nil {
		return nil
	}
	return checkOptions(c.ClaimSets, ids)
}

// empty holds for an array that is there and holds nothing, which §6 forbids of each of these.
func empty[T any](list []T) bool { return list != nil && len(list) == 0 }

func checkOptions(options [][]string, ids map[string]bool) error {
	if len(options) == 0 || len(options) > maxClaims {
		return fmt.Errorf("%d options", len(options))
	}
	for _, option := range options {
		if len(option) == 0 {
			return errors.New("an empty option")
		}
		for _, id := range option {
			if !ids[id] {
				return fmt.Errorf("no %q is asked for", id)
			}
		}
	}
	return nil
}

// validID holds for [A-Za-z0-9_-]+ (§6.1).
func validID(id string) bool {
	return id != "" && len(id) <= maxIDLength && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
