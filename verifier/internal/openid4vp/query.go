package openid4vp

import (
	"slices"

	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/verification"
)

// dcql writes a purpose's query. It can write nothing else: purpose.Query has no other maker than the register.
func dcql(q purpose.Query) oid4vp.Query {
	var out oid4vp.Query
	for _, a := range q.Asks() {
		out.Credentials = append(out.Credentials, credentialQuery(a))
		if len(out.Sets) <= a.Group {
			out.Sets = append(out.Sets, oid4vp.CredentialSet{Required: a.Required})
		}
		set := &out.Sets[a.Group]
		set.Options = append(set.Options, []string{a.ID})
	}
	return out
}

func credentialQuery(a purpose.Ask) oid4vp.CredentialQuery {
	c := oid4vp.CredentialQuery{ID: a.ID, Format: string(a.Format)}
	if a.Format == purpose.MDoc {
		c.Meta.DocType = a.Type
	} else {
		c.Meta.Types = [][]string{{"VerifiableCredential", a.Type}}
	}
	var all, optional []string
	for _, e := range a.Elements {
		claim := oid4vp.Claim{ID: e.Name, Path: []string{"credentialSubject", e.Name}, Values: e.Values}
		if a.Format == purpose.MDoc {
			retain := false
			claim.Path, claim.IntentToRetain = []string{e.Namespace, e.Name}, &retain
		}
		c.Claims = append(c.Claims, claim)
		all = append(all, claim.ID)
		if e.Optional {
			optional = append(optional, claim.ID)
		}
	}
	c.ClaimSets = claimSets(all, optional)
	return c
}

// claimSets lets a document answer that lacks what not every document has: first everything, then without each one of
// the optional claims, then without all of them. Nil when there are none: a wallet then must return every claim.
func claimSets(all, optional []string) [][]string {
	if len(optional) == 0 {
		return nil
	}
	without := func(left ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(left, id) })
	}
	sets := [][]string{all}
	for _, id := range optional {
		sets = append(sets, without(id))
	}
	if len(optional) > 1 {
		sets = append(sets, without(optional...))
	}
	return slices.DeleteFunc(sets, func(set []string) bool { return len(set) == 0 })
}

// asked is what the answer to a must hold.
func asked(a purpose.Ask) verification.Asked {
	out := verification.Asked{DocumentType: a.Type}
	for _, e := range a.Elements {
		name := verification.ElementName{Namespace: e.Namespace, Name: e.Name}
		if e.Optional {
			out.Optional = append(out.Optional, name)
		} else {
			out.Elements = append(out.Elements, name)
		}
		if len(e.Values) > 0 {
			out.Values = append(out.Values, verification.Value{Element: name, AnyOf: e.Values})
		}
	}
	return out
}
