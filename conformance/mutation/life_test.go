package mutation_test

const (
	lives     = "./keys"
	deciders  = "./pkg/issuance"
	publishes = "./issuer/internal/statusapi"
	crls      = "./issuer/internal/certificates"
	trusts    = "./verifier/internal/trust"
)

// Each of these is a rule of the life of a key, and the test that holds it.
var lifeMutants = []testedMutant{
	{mutant{"a life goes one way", "keys/status.go", []string{"next.State.rank() < s.State.rank(), s.State == StateCreated", "s.State == StateCreated"}}, lives, "TestOnlyLegalTransitions"},
	{mutant{"a revoked key stays revoked", "keys/status.go", []string{"case s.State == StateRevoked:\n		return errors.New(\"a revoked key stays as it is\")\n", ""}}, lives, "TestOnlyLegalTransitions"},
	{mutant{"nothing that is restored brings a revoked key back", "keys/status.go", []string{
		"return s.State.rank() < other.State.rank()", "return true"}}, lives, "TestReplicasAgreeOnARevokedKey"},
	{mutant{"what one replica learns all know", "keys/live.go", []string{"both := shared.merge(own)", "both := own"}}, lives, "TestReplicasAgreeOnARevokedKey"},
	{mutant{"keys that cannot be read change nothing", "keys/live.go", []string{"		all = l.held()\n", ""}}, lives, "TestAFailedReloadKeepsTheRing"},
	{mutant{"two active keys change nothing", "keys/live.go", []string{"if err := checkAll(all); err != nil {", "if false {\n		var err error"}}, lives, "TestTwoActiveKeysAreRefused"},
	{mutant{"a clock that goes back brings no key back", "keys/live.go", []string{"case start.Before(l.started[p]):", "case false:"}}, lives, "TestAClockThatJumps"},
	{mutant{"a key is active from its instant", "keys/ring.go", []string{"return !decided.Activates.IsZero() && !at.Before(decided.Activates)\n	case StateRevoked", "return false\n	case StateRevoked"}}, lives, "TestAKeyIsActiveFromItsInstant"},
	{mutant{"a revoked key does not bring back the one before", "keys/ring.go", []string{
		"return !decided.Activates.IsZero() && !at.Before(decided.Activates) && !decided.Changed.Before(decided.Activates)", "return false"}}, lives, "TestARevokedKeyIsNotReplacedByTheOneBefore"},
	{mutant{"an expired certificate signs nothing", "keys/ring.go", []string{"case r.at.After(leaf.NotAfter):", "case false:"}}, lives, "TestAClockThatJumps"},
	{mutant{"a signer is under a root that stands", "keys/ring.go", []string{"		return errors.New(\"its certificate is under no root that stands\")\n", "		return nil\n"}}, lives, "TestASignerUnderAnotherRootIsRefused"},
	{mutant{"a retired key is published no more", "keys/ring.go", []string{"case k.State == StateRevoked, !retires.IsZero() && !r.at.Before(retires):", "case k.State == StateRevoked, !retires.IsZero() && false:"}}, lives, "TestAKeyIsActiveFromItsInstant"},
	{mutant{"one successor at a time", "keys/custodian.go", []string{"	if next, ok := successor(ring, p); ok {\n		return Key{}", "	if next, ok := successor(ring, p); ok && false {\n		return Key{}",
		"		if next, ok := successor(ring, p); ok {\n			return fmt", "		if next, ok := successor(ring, p); ok && false {\n			return fmt"}}, lives, "TestEveryPurposeRotates"},
	{mutant{"no record, no act", "keys/custodian.go", []string{
		"return c.Audit.Record(ctx, audit.Event{What: what,", "_ = c.Audit.Record(ctx, audit.Event{What: what,", "Details: details})\n	})", "Details: details})\n		return nil\n	})"}}, lives, "TestNoRecordNoAct"},
	{mutant{"a root takes what it certified with it", "keys/custodian.go", []string{"gone := append([]Key{k}, ring.under(k)...)", "gone := []Key{k}"}}, lives, "TestARevokedRootTakesItsSignersWithIt"},
	{mutant{"a certificate is linted before it is signed for", "keys/certify.go", []string{"	if findings := Lint(cert, parent, profile); len(findings) > 0 {", "	if findings := Lint(cert, parent, profile); false {",
		"	if len(findings) > 0 {\n		return fmt.Errorf(\"certificate would", "	if false {\n		return fmt.Errorf(\"certificate would"}}, lives, "TestOutsideItsProfileNothingIsSigned"},
	{mutant{"a list names who was revoked", "keys/crl.go", []string{"if k.State != StateRevoked {\n			continue", "if true {\n			continue"}}, lives, "TestARevocationListSaysWhoWasRevoked"},
	{mutant{"lists follow one another", "keys/crl.go", []string{"Number: big.NewInt(this.Unix())", "Number: big.NewInt(1)"}}, lives, "TestRevocationListsFollowOneAnother"},

	{mutant{"the key that signs still", "pkg/issuance/signing.go", []string{"if err != nil || now.ID != key.ID {", "if err != nil || now.ID == \"\" {"}}, deciders, "TestTheKeyThatSignsIsTheOneThatSignsStill"},
	{mutant{"what a revoked key signed does not come to exist", "pkg/issuance/signing.go", []string{"!ok || now.State == keys.StateRevoked", "!ok || now.ID == \"\""}}, deciders, "TestTheKeyThatSignsIsTheOneThatSignsStill"},
	{mutant{"a list of another key is signed anew", "issuer/internal/statusapi/publish.go", []string{" || !slices.Equal(held.KeyIDs, s.signers())", " || slices.Contains(s.signers(), \"\")"}}, publishes, "TestAPublicationOfAnotherKeyIsRenewed"},
	{mutant{"a revocation shows at once", "issuer/internal/certificates/certificates.go", []string{"if kept && before.of == of {", "if kept {"}}, crls, "TestTheListIsWhereTheCertificatesSay"},
	{mutant{"a list that has ended is not served", "issuer/internal/certificates/certificates.go", []string{"case kept && now.Before(before.list.NextUpdate):", "case kept:"}}, crls, "TestAListIsServedWhileTheKeyIsAway"},

	{mutant{"no lower list", "verifier/internal/trust/crl.go", []string{"|| s.list != nil && list.Number.Cmp(s.list.Number) < 0", ""}}, trusts, "TestARevocationListIsFetched"},
	{mutant{"no list of the future", "verifier/internal/trust/crl.go", []string{"case now.Before(list.ThisUpdate.Add(-time.Minute)):", "case false:"}}, trusts, "TestARevocationListIsFetched"},
	{mutant{"no list that is beyond us", "verifier/internal/trust/crl.go", []string{"	if beyond {", "	if beyond && false {"}}, trusts, "TestARevocationListIsFetched"},
	{mutant{"nothing after a list", "verifier/internal/trust/crl.go", []string{"if len(list.Raw) != len(der) {", "if false {"}}, trusts, "TestARevocationListIsFetched"},
	{mutant{"no list is not a good list", "verifier/internal/trust/crl.go", []string{"		return none\n", "		return nil\n"}}, trusts, "TestAListThatCannotBeFetchedIsNone"},
}
