package mutation_test

const (
	issues   = "./pkg/issuance"
	shapes   = "./pkg/document"
	slots    = "./issuer/internal/statusapi"
	services = "./issuer/internal/serviceapi"
	custody  = "./keys"
	stores   = "./pkg/store/memstore"
	sittings = "./pkg/session"
	cases    = "./pkg/casework"
	doors    = "./pkg/httpserver"
	names    = "./pkg/did"
	papers   = "./pkg/letter"
	jwts     = "./pkg/format/vcjwt"
	fetches  = "./pkg/fetch"
)

// Each of these is a rule of the issuer, its status lists or its keys, and the test that holds it.
var issuerMutants = []testedMutant{
	// Who may have a document.
	{mutant{"only who is entitled is given a document", "pkg/issuance/issuance.go", []string{"return facts, doc.Decide(facts)", "_ = doc.Decide(facts)\n	return facts, nil"}}, wholes, "TestTheNotEntitled"},
	{mutant{"a record that is not there entitles nobody", "pkg/issuance/issuance.go", []string{`return nil, fault.Wrap(fault.Forbidden, codeRecordUnknown, "there is no such record", err)`, "return credential.Facts{}, nil"}}, wholes, "TestTheNotEntitled"},
	{mutant{"a fact that is missing refuses", "pkg/document/decide.go", []string{"!ok || !slices.Contains(r.In, v)", "ok && !slices.Contains(r.In, v)"}}, shapes, "TestDecideFailsClosed"},
	{mutant{"no document past its reason's end", "pkg/document/decide.go", []string{"end.Before(until) {", "end.IsZero() {"}}, shapes, "TestPeriod"},
	{mutant{"no document past its signer's end", "pkg/document/decide.go", []string{"!latest.IsZero() && latest.Before(until)", "!latest.IsZero() && latest.Before(signed)"}}, shapes, "TestPeriod"},
	{mutant{"no document of no time", "pkg/document/decide.go", []string{"if !until.After(signed) {", "if until.IsZero() {"}}, shapes, "TestPeriod"},
	{mutant{"no document without what it must say", "pkg/document/decide.go", []string{"	if !e.Optional && !seen[[2]string{e.Namespace, e.Name}] {", "	if false {"}}, shapes, "TestFillAndCheck"},
	{mutant{"nothing in a document twice", "pkg/document/decide.go", []string{"if !ok || seen[key] {", "if !ok {"}}, shapes, "TestFillAndCheck"},

	// Access tokens and proofs, at GOV.UK Wallet's door.
	{mutant{"a token of this server, for this issuer", "issuer/internal/govuk/authorise.go", []string{"err != nil || got != want {", "err != nil && got != want {"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"a token that has not ended", "issuer/internal/govuk/authorise.go", []string{`err = claims.Time("exp"); err != nil || !p.Now().Before(g.Expires)`, `err = claims.Time("exp"); err != nil`}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"a token and a proof that have begun", "issuer/internal/govuk/authorise.go", []string{`err != nil || now.Before(from) {`, "err != nil || from.IsZero() {"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"a token for one document", "issuer/internal/govuk/authorise.go", []string{"err != nil || len(list) != 1", "err != nil || len(list) < 1"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"a proof of this wallet, for this issuer", "issuer/internal/govuk/proof.go", []string{"err != nil || got != want {", "err != nil && got != want {"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"one proof, and of one kind", "issuer/internal/govuk/proof.go", []string{`request.Proof == nil || request.Proofs != nil || request.Proof.Type != "jwt"`, "request.Proof == nil"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"a proof with the token's nonce", "pkg/issuance/issuance.go", []string{"subtle.ConstantTimeCompare([]byte(r.ProofNonce), []byte(r.Grant.Nonce)) != 1", "subtle.ConstantTimeCompare([]byte(r.ProofNonce), []byte(r.Grant.Nonce)) > 1"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"a proof made after its offer, and not to come", "pkg/issuance/issuance.go", []string{"case r.ProofIssued.Before(earliest) || r.ProofIssued.After(now.Add(clockSkew)):", "case earliest.After(now.Add(clockSkew)):"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"an offer of this document", "pkg/issuance/issuance.go", []string{"o.Offer == nil || o.Offer.Configuration != g.Configuration", "o.Offer == nil"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"a refresh of what is held", "pkg/issuance/issuance.go", []string{"if o.Holding == nil {", "if false {"}}, wholes, "TestRefusalsBurnNothing"},
	{mutant{"one spelling of a holder's key", "pkg/did/key.go", []string{"if len(did) != keyLength || !ok {", "if !ok {"}}, names, "TestParseKeyRefuses"},

	// What is spent is spent, in the model of every store.
	{mutant{"an offer is collected once", "pkg/store/memstore/issuance.go", []string{"case !g.Refresh() && (!ok || offer.Redeemed):", "case !g.Refresh() && !ok:"}}, stores, "TestContract"},
	{mutant{"a token is spent once", "pkg/store/memstore/issuance.go", []string{"case s.spent.has(tokenOf(g), now):", "case false:"}}, stores, "TestContract"},
	{mutant{"a nonce is spent once", "pkg/store/memstore/issuance.go", []string{"case s.spent.has(nonceOf(g), now):", "case false:"}}, stores, "TestContract"},
	{mutant{"a notification of one's own document", "pkg/store/memstore/issuance.go", []string{"if c.Subject != subject {", "if c.Subject == subject+subject {"}}, stores, "TestContract"},

	// Nothing is signed that does not say what was decided.
	{mutant{"signed: of the type that was decided", "pkg/issuance/lint.go", []string{"case got.DocumentType != want.DocumentType:", "case false:"}}, issues, "TestWhatIsSignedSaysWhatWasDecided"},
	{mutant{"signed: for the time that was decided", "pkg/issuance/lint.go", []string{"case got.Validity != want.Validity:", "case false:"}}, issues, "TestWhatIsSignedSaysWhatWasDecided"},
	{mutant{"signed: with the place that was given", "pkg/issuance/lint.go", []string{"case got.Status.URI != want.Status.URI || got.Status.Index != want.Status.Index:", "case false:"}}, issues, "TestWhatIsSignedSaysWhatWasDecided"},
	{mutant{"signed: for the holder who proved the key", "pkg/issuance/lint.go", []string{"case got.Holder == nil || !got.Holder.Equal(want.Holder):", "case false:"}}, issues, "TestWhatIsSignedSaysWhatWasDecided"},
	{mutant{"signed: the values that were decided", "pkg/issuance/lint.go", []string{"case !reflect.DeepEqual(sorted(got.Elements), sorted(want.Elements)):", "case reflect.DeepEqual(got, nil):"}}, issues, "TestWhatIsSignedSaysWhatWasDecided"},
	{mutant{"no null in a JWT credential", "pkg/format/vcjwt/payload.go", []string{"return v == nil || !slices.Contains", "_ = v\n		return !slices.Contains"}}, jwts, "TestOpenRefuses"},

	// Letters.
	{mutant{"a letter for four weeks at most", "pkg/letter/letter.go", []string{" || l.Expires.Sub(l.Issued) > Life", ""}}, papers, "TestWhatIsNotALetterIsNotSigned"},

	// Status lists: what is published.
	{mutant{"an emptied store publishes nothing", "issuer/internal/statusapi/publish.go", []string{"case now.Epoch != epoch:", "case false:"}}, slots, "TestARestoredStoreDoesNotBringBackAnOlderList|TestAFailureKeepsTheOldListByteForByte|TestTheRevokedNeverGrowFewer"},
	{mutant{"no list goes back", "issuer/internal/statusapi/publish.go", []string{"case now.Sequence < seen.Sequence:", "case false:"}}, slots, "TestARestoredStoreDoesNotBringBackAnOlderList|TestTheRevokedNeverGrowFewer"},
	{mutant{"nothing is signed while the clock went back", "issuer/internal/statusapi/publish.go", []string{"case s.issue().Before(seen.Issued):", "case false:"}}, slots, "TestNothingIsSignedWhenTheClockWentBack"},
	{mutant{"one process publishes", "issuer/internal/statusapi/publish.go", []string{"if errors.Is(err, statuslist.ErrHeld) {", "if false {"}}, slots, "TestOneOfTwoProcessesPublishes"},
	{mutant{"a process that stops gives its lists to the next", "issuer/internal/statusapi/publish.go", []string{"Lease(ctx, id, s.holder, 0)", "Lease(ctx, id, s.holder, s.config.Lease)"}}, slots, "TestAPublisherThatStopsIsFollowedAtOnce"},
	{mutant{"what was signed is read back", "issuer/internal/statusapi/sign.go", []string{"if !got.Same(want) {", "if got.Len() < 0 {"}}, slots, "TestOwnOutputIsCompared"},
	{mutant{"an expired list is not served", "issuer/internal/statusapi/serve.go", []string{"if !s.deps.Now().Before(p.Expires) {", "if p.Expires.IsZero() {"}}, slots, "TestAnExpiredListIsNeverServed"},
	{mutant{"a list that is not ours is not found", "issuer/internal/statusapi/serve.go", []string{"if !s.known[id] || s.isRetired(id) {", "if s.isRetired(id) {"}}, slots, "TestUnknownListsAreNotFound"},
	{mutant{"a place that is not ours does not end", "issuer/internal/statusapi/slots.go", []string{"if !ok || !s.known[id] {", "if !ok {"}}, slots, "TestRevokeRefusesWhatIsNotOurs"},
	{mutant{"a full list gives no place", "pkg/store/memstore/status.go", []string{"return 0, statuslist.ErrFull", "return n, nil"}}, stores, "TestContract"},

	// The service API, casework and visits.
	{mutant{"a role of one's own", "issuer/internal/serviceapi/serviceapi.go", []string{"if !who.Can(role) {", "if who.Can(role) && !who.Can(role) {"}}, wholes, "TestTheServiceAPIAsksWho"},
	{mutant{"somebody ends only what they may know of", "issuer/internal/serviceapi/serviceapi.go", []string{"	if err := a.within(c, who, r); err != nil {", "	if err := error(nil); err != nil {"}}, services, "TestNobodyEndsADocumentOfAnotherTeam"},
	{mutant{"more than a few take two people", "issuer/internal/serviceapi/serviceapi.go", []string{"if len(stand) > casework.AloneLimit {", "if len(stand) < 0 {"}}, services, "TestAServiceIsNoneOfTwoPeople"},
	{mutant{"a batch takes two people", "pkg/casework/ending.go", []string{"return e.Scope == ScopeBatch || e.Scope == ScopeKey || len(e.Targets) > AloneLimit", "return e.Scope == ScopeKey"}}, cases, "TestTwoPeople|TestABatchNeedsTwoPeople"},
	{mutant{"what was shown is what ends", "pkg/casework/ending.go", []string{"if e.Digest() != digest {", "if digest == \"\" {"}}, cases, "TestAChangedEffectIsNotPlanned"},
	{mutant{"an ending can be stopped in time alone", "pkg/casework/ending.go", []string{"e.State == StatePlanned && now.Before(e.Runs)", "e.State == StatePlanned"}}, cases, "TestStopIsInTimeOrTooLate"},
	{mutant{"an agreement lapses", "pkg/casework/ending.go", []string{"return e.State == StateAwaiting && !now.Before(e.Created.Add(ApprovalTime))", "return false"}}, cases, "TestAgreementLapses"},
	{mutant{"a form of this visit", "pkg/session/session.go", []string{"foreign(r) || subtle.ConstantTimeCompare([]byte(form.Get(csrfField)), []byte(s.CSRF())) != 1", "foreign(r) || subtle.ConstantTimeCompare([]byte(form.Get(csrfField)), []byte(s.CSRF())) > 1"}}, sittings, "TestForms"},
	{mutant{"a form of this site", "pkg/session/session.go", []string{"foreign(r) || subtle", "subtle"}}, sittings, "TestForms"},
	{mutant{"another name for who signed in", "pkg/session/session.go", []string{`s.name, s.held.Secret, s.held.Began = "", secret, s.manager.Now()`, "s.held.Secret, s.held.Began = secret, s.manager.Now()"}}, sittings, "TestRotate"},
	{mutant{"a seal for one visit", "pkg/session/session.go", []string{`return []byte(m.Name + " " + digest(name))`, "return []byte(m.Name)"}}, sittings, "TestOneSessionIsNotPutForAnother"},

	// The door of every service.
	{mutant{"a body of a bounded size", "pkg/httpserver/server.go", []string{"c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)", "_ = limit"}}, doors, "TestReadJSON"},
	{mutant{"one bearer token", "pkg/httpserver/read.go", []string{"len(values) != 1 || ", ""}}, doors, "TestBearer"},
	{mutant{"a body of the type that is read", "pkg/httpserver/read.go", []string{"err != nil || media != want || !onlyUTF8(params)", "err != nil && (media != want || !onlyUTF8(params))"}}, doors, "TestReadJSON"},
	{mutant{"a panic says nothing", "pkg/httpserver/server.go", []string{`s.options.Log.Error("panic", `, `s.options.Log.Error("panic", slog.Any("cause", p), `}}, doors, "TestPanicSaysNothing"},
	{mutant{"no redirect is followed", "pkg/fetch/client.go", []string{"return http.ErrUseLastResponse }", "return nil }"}}, fetches, "TestGetUnavailable"},
	{mutant{"no compressed body is opened", "pkg/fetch/client.go", []string{`e != "" && e != "identity"`, `e == "nothing"`}}, fetches, "TestGetUnavailable"},
	{mutant{"no body beyond its bound", "pkg/fetch/client.go", []string{"if int64(len(body)) > c.maxBytes {", "if len(body) < 0 {"}}, fetches, "TestGetUnavailable|TestGetAtTheLimit"},

	// Keys.
	{mutant{"only an active key signs", "keys/sign.go", []string{"if k.State != StateActive {", "if k.State == \"\" {"}}, custody, "TestOnlyAnActiveKeySigns"},
	{mutant{"a wrong signature never leaves", "pkg/es256/es256.go", []string{"!ecdsa.Verify(public, digest[:], sig.R, sig.S)", "sig.R == nil"}}, "./pkg/es256", "TestSignRefuses"},
	{mutant{"one active key for a purpose", "keys/ring.go", []string{"case decided.State == StateActive && active[k.Purpose]:", "case false:"}}, custody, "TestRingRefuses|TestTwoActiveKeysAreRefused"},
	{mutant{"a key's id is its hash", "keys/ring.go", []string{"err != nil || id != k.ID", "err != nil && id != k.ID"}}, custody, "TestRingRefuses"},
	{mutant{"a certificate of the key's own", "keys/ring.go", []string{"len(k.Chain) > 0 && !pub.Equal(k.Chain[0].PublicKey)", "false"}}, custody, "TestRingRefuses"},
	{mutant{"a key file that nobody else reads", "keys/file.go", []string{"info.Mode().Perm()&0o077 != 0 || ", ""}}, custody, "TestFilesRefused"},
	{mutant{"a sealed key within bounds", "keys/file.go", []string{"s.Memory < leastMemory || ", ""}}, custody, "TestFilesRefused"},
}
