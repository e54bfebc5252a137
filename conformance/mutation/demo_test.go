package mutation_test

// Each of these is a rule of the main job. Without it, the demonstration must fail, and at the step named.
var demoMutants = []struct {
	mutant
	step string
}{
	{mutant{"the verifier checks the device's signature", "pkg/verification/mdoc.go", []string{
		"s.presented.VerifyDevice(s.session.Transcript, s.session.MACKey)", "error(nil)",
	}}, "show the release confirmation (mdoc) from another phone"},
	{mutant{"the verifier checks that the holder presents", "pkg/verification/jwt.go", []string{
		"!s.credential.Holder.Equal(p.Holder)", "false",
		"err := p.Verify(); err != nil", "err := error(nil); err != nil", // it checks the same again
	}}, "show the licence summary (JWT) from another phone"},
	{mutant{"elements are shown only of a valid document", "pkg/verification/examine.go", []string{
		"	if result.Verdict == Valid {\n		result.Elements", "	if s.claims().elements != nil {\n		result.Elements",
	}}, "show the release confirmation (mdoc) from another phone"},
	{mutant{"a document ended by its issuer is not valid", "pkg/verification/checks.go", []string{
		"return failed(ReasonStatusInvalid)", "return passed(nil)",
	}}, "present licence summary (JWT) again"},
	{mutant{"a changed list is published", "issuer/internal/statusapi/publish.go", []string{
		"now.Sequence != held.Sequence || ", "",
	}}, "a caseworker revokes on recall"},
	{mutant{"a revocation reaches the list", "issuer/internal/statusapi/sign.go", []string{
		"if err := l.Set(i, statuslist.Invalid); err != nil {", "if i < 0 {",
	}}, "a caseworker revokes on recall"},
	{mutant{"the facts are read again at every issue", "pkg/issuance/issuance.go", []string{
		"func (s *Service) entitled(", "var kept = map[string]credential.Facts{}\n\nfunc (s *Service) entitled(",
		"return facts, doc.Decide(facts)", "if kept[doc.Type] == nil {\nkept[doc.Type] = facts\n}\nreturn kept[doc.Type], doc.Decide(kept[doc.Type])",
	}}, "refresh after a recall, before anyone revokes"},
	{mutant{"what was ended by recall is not refreshed", "pkg/issuance/end.go", []string{
		"return reasons()[Reason(reason)]", "return true",
	}}, "refresh of release confirmation (mdoc) is refused"},
	{mutant{"an offer is for one subject", "pkg/store/memstore/issuance.go", []string{
		`owned{subject: o.Subject, what: "offer"`, `owned{what: "offer"`,
		`owned{g.Subject, "offer"`, `owned{"", "offer"`,
	}}, "collect another person's offer"},
	{mutant{"an offer is spent by its collection", "pkg/store/memstore/issuance.go", []string{
		"offer.Redeemed = true", "offer.Redeemed = false",
	}}, "collect one offer twice"},
	{mutant{"every document has a status slot of its own", "pkg/issuance/issuance.go", []string{
		"s.Status.Allocate(ctx, id.String(), ", `s.Status.Allocate(ctx, "always this one", `,
	}}, "refresh while entitled"},
	{mutant{"a document is bound to the key of the proof", "pkg/issuance/issuance.go", []string{
		"statement.Holder = r.Holder", "statement.Holder = key.Public()",
	}}, "issue release confirmation (mdoc)"},
	{mutant{"every element has a salt", "pkg/format/mdoc/issue.go", []string{
		"io.ReadFull(f.Rand, salt)", "io.ReadFull(f.Rand, nil)",
	}}, "issue release confirmation (mdoc)"},
}
