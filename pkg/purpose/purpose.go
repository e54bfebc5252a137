// Package purpose holds who may ask what. A register, as data, fixes for each type of organisation the purposes it has,
// and for each purpose the one query that can be made of it. Nobody else can make a Query that asks for anything.
package purpose

import (
	"slices"

	"justice-wallet/pkg/document"
)

// Format is a credential format identifier of OpenID4VP 1.0 Appendix B.
type Format string

const (
	MDoc Format = "mso_mdoc"
	JWT  Format = "jwt_vc_json"
)

// Element is one element that is asked for. Namespace is empty in a JWT.
type Element struct {
	Namespace string
	Name      string
	Optional  bool     // not every document has it
	Values    []string // the only texts that answer the purpose; empty: any value
	Display   document.Text
}

// Ask is one document that is asked for, in one format. The holder may answer with any one of a group.
type Ask struct {
	ID       string // of the credential query: "prisonrelease-mdoc"
	Group    int    // asks for one document in several formats share it
	Required bool   // without an answer to its group the purpose is not served
	Document string // of the catalogue
	Format   Format
	Type     string // docType of an mdoc, most specific type of a JWT
	Elements []Element
}

// Query is what one organisation may ask for one purpose. The zero value asks for nothing.
type Query struct {
	purpose string
	asks    []Ask
}

// Purpose returns the id of the purpose it serves.
func (q Query) Purpose() string { return q.purpose }

// Asks returns what is asked for. What a caller does to the result changes nothing.
func (q Query) Asks() []Ask {
	out := slices.Clone(q.asks)
	for i := range out {
		out[i].Elements = slices.Clone(out[i].Elements)
		for j := range out[i].Elements {
			out[i].Elements[j].Values = slices.Clone(out[i].Elements[j].Values)
		}
	}
	return out
}

// Row is one purpose, as people read it.
type Row struct {
	ID            string
	Organisations []string
	Title         document.Text
	Never         document.Text // what is never asked, for the page that says so
	Basis         string        // legal basis, for whoever audits the register

	query Query
}

// Organisation is one type of organisation.
type Organisation struct {
	Type string
	Name document.Text
}

// Register is a purpose register. Safe for concurrent use: it never changes.
type Register struct {
	version       int64
	organisations []Organisation
	rows          []Row
}

// Version is higher in every newer register.
func (r *Register) Version() int64 { return r.version }

// Organisations returns the types of organisation, in the order of the register.
func (r *Register) Organisations() []Organisation { return slices.Clone(r.organisations) }

// HasOrganisation says whether there is such a type.
func (r *Register) HasOrganisation(organisation string) bool {
	return slices.ContainsFunc(r.organisations, func(o Organisation) bool { return o.Type == organisation })
}

// Of returns the purposes of a type of organisation, in the order of the register.
func (r *Register) Of(organisation string) []Row {
	var out []Row
	for _, row := range r.rows {
		if slices.Contains(row.Organisations, organisation) {
			row.Organisations = slices.Clone(row.Organisations)
			out = append(out, row)
		}
	}
	return out
}

// Query returns the only query that a type of organisation may make for a purpose; ok is false when it may make none.
func (r *Register) Query(organisation, purpose string) (q Query, ok bool) {
	for _, row := range r.rows {
		if row.ID == purpose && slices.Contains(row.Organisations, organisation) {
			return row.query, true
		}
	}
	return Query{}, false
}
