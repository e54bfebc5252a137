package mutation_test

const (
	engine  = "./pkg/verification"
	mdocs   = "./pkg/format/mdoc"
	coses   = "./pkg/cose"
	joses   = "./pkg/jose"
	asks    = "./pkg/oid4vp"
	purpose = "./pkg/purpose"
	lists   = "./verifier/internal/statusfetch"
	wholes  = "./conformance/suite"
	proofs  = "./pkg/oid4vci"
	sdjwts  = "./pkg/format/sdjwt"
	cwts    = "./pkg/statustoken"
)

// Each of these is a check of the verifier, and the test that holds it: without the check, that test must fail.
var verifierMutants = []testedMutant{
	// What a document says of its time.
	{mutant{"not before its first second", "pkg/verification/checks.go", []string{"case now.Before(v.From):", "case false:"}}, engine, "TestValidity"},
	{mutant{"not after its last second", "pkg/verification/checks.go", []string{"case !now.Before(v.Until):", "case false:"}}, engine, "TestValidity"},
	{mutant{"its times are in order", "pkg/verification/checks.go", []string{
		"case v.From.Before(v.Signed) || !v.Until.After(v.From):", "case false:"}}, engine, "TestValidity"},

	// What was asked for.
	{mutant{"of the type that was asked for", "pkg/verification/checks.go", []string{
		`if asked.DocumentType != "" && claims.documentType != asked.DocumentType {`, "if false {"}}, engine, "TestRequestMatch"},
	{mutant{"everything that was asked for", "pkg/verification/checks.go", []string{
		"if _, ok := given[want]; !ok {", "if _, ok := given[want]; ok && !ok {"}}, engine, "TestRequestMatch"},
	{mutant{"with the values that the purpose needs", "pkg/verification/checks.go", []string{
		"!ok || !slices.Contains(want.AnyOf, text)", "!ok && slices.Contains(want.AnyOf, text)"}}, engine, "TestRequestMatch"},
	{mutant{"nothing is shown that was not asked for", "pkg/verification/examine.go", []string{
		"return !asked.shows(e)", "return false"}}, engine, "TestOnlyWhatWasAskedIsShown"},

	// Status.
	{mutant{"ended by its issuer", "pkg/verification/checks.go", []string{
		"return failed(ReasonStatusInvalid)", "return passed(nil)"}}, engine, "TestStatus"},
	{mutant{"a status nobody knows is not valid", "pkg/verification/checks.go", []string{
		`return failed(ReasonStatusUnsupported).with("value", strconv.Itoa(r.Value))`, "return passed(nil)"}}, engine, "TestStatus"},
	{mutant{"a list of the future is no list", "pkg/verification/checks.go", []string{"case now.Before(r.ListIssued):", "case false:"}}, engine, "TestStatus"},
	{mutant{"a list that has ended is no list", "pkg/verification/checks.go", []string{"case !now.Before(r.ListExpires):", "case false:"}}, engine, "TestStatus"},
	{mutant{"no status is not a good one", "pkg/verification/checks.go", []string{
		"return unknown(ReasonStatusAbsent)", "return passed(nil)"}}, engine, "TestStatus"},
	{mutant{"a status that cannot be read is not a good one", "pkg/verification/checks.go", []string{
		"f := unknown(statusReason(err))", "f := passed(nil)"}}, engine, "TestStatus"},
	{mutant{"unknown is not valid", "pkg/verification/examine.go", []string{
		"return CouldNotCheck", "return Valid"}}, engine, "TestStatus"},
	{mutant{"no check after one that did not pass", "pkg/verification/examine.go", []string{
		"		if result.Verdict == Valid {\n			f = step.run()\n			result.Verdict = verdictOf(f.outcome)\n		}",
		"		f = step.run()\n		if v := verdictOf(f.outcome); v != Valid {\n			result.Verdict = v\n		}"}}, engine, "TestDeviceResponse"},

	// mdoc.
	{mutant{"the issuer's signature of an mdoc", "pkg/verification/mdoc.go", []string{
		"err := s.document.VerifySignature(); err != nil", "false"}}, engine, "TestMDocFormatAndSignature"},
	{mutant{"the digests of an mdoc", "pkg/verification/mdoc.go", []string{
		"err := s.document.VerifyDigests(); err != nil", "false"}}, engine, "TestMDocFormatAndSignature"},
	{mutant{"one docType in document and MSO", "pkg/verification/mdoc.go", []string{
		"s.presented.DocType != s.document.MSO.DocType", "false"}}, engine, "TestDeviceResponse"},
	{mutant{"one document in a response", "pkg/verification/mdoc.go", []string{"if len(documents) != 1 {", "if false {"}}, engine, "TestDeviceResponse"},
	{mutant{"the device's signature", "pkg/format/mdoc/device.go", []string{
		"err = p.signature.Verify(mso.DeviceKey, payload)", "err = nil"}}, engine, "TestDeviceResponse"},
	{mutant{"the device's MAC", "pkg/format/mdoc/device.go", []string{
		"	return p.mac.Verify(key, payload)", "	p.mac.Verify(key, payload)\n	return nil"}}, engine, "TestDeviceMAC"},
	{mutant{"a MAC without a key is not checked", "pkg/format/mdoc/device.go", []string{
		"return ErrDeviceMAC", "return nil"}}, engine, "TestDeviceMAC"},
	{mutant{"an agreement that fails is no MAC", "pkg/format/mdoc/device.go", []string{
		`return fmt.Errorf("%w: %w", ErrDeviceMAC, err)`, "return nil"}}, engine, "TestDeviceMAC"},
	{mutant{"the device key's authorisations", "pkg/format/mdoc/device.go", []string{
		"err = ErrDeviceElements", "_ = ErrDeviceElements"}}, engine, "TestDeviceMAC"},
	{mutant{"a transcript of three", "pkg/format/mdoc/device.go", []string{"len(parts) != 3", "len(parts) > 3"}}, mdocs, "TestDeviceSignature"},
	{mutant{"a mistake is named, never taken", "pkg/verification/mdoc.go", []string{
		`return f.with("mistake", mistake.Name)`, `return passed(nil).with("mistake", mistake.Name)`}}, engine, "TestMistakesAreNamedAndRefused"},
	{mutant{"a digest for every element", "pkg/format/mdoc/open.go", []string{"if !ok || subtle", "if ok && subtle"}}, mdocs, "TestOpenRefuses|TestEveryBit"},
	{mutant{"a salt of sixteen bytes", "pkg/format/mdoc/open.go", []string{"len(random) < minRandom || ", ""}}, mdocs, "TestOpenRefuses"},
	{mutant{"one element, one digestID", "pkg/format/mdoc/open.go", []string{
		"if ids[item.DigestID] || names[item.Name] {", "if false {"}}, mdocs, "TestOpenRefuses"},
	{mutant{"no namespace authorised twice over", "pkg/format/mdoc/open.go", []string{
		"if _, both := a.Elements[namespace]; both {", "if false {"}}, mdocs, "TestKeyAuthorizationsOfBothKinds"},

	// COSE.
	{mutant{"only the allowed algorithms", "pkg/cose/sign1.go", []string{
		"!ok || !slices.Contains(allowed, by.algorithm)", "!ok || slices.Contains(allowed, 0)"}}, coses, "TestEveryAlgorithm"},
	{mutant{"the algorithm's own curve", "pkg/cose/algorithm.go", []string{" || key.Curve != s.curve", ""}}, coses, "TestCurveIsTheAlgorithms"},
	{mutant{"no MAC under an empty key", "pkg/cose/mac0.go", []string{"len(key) == 0 || ", ""}}, coses, "TestMac0"},
	{mutant{"a detached payload", "pkg/cose/mac0.go", []string{"case err != nil || payload != nil:", "case err != nil && payload != nil:"}}, coses, "TestDecodeMac0Refuses"},

	// JWT.
	{mutant{"the issuer's signature of a JWT", "pkg/verification/jwt.go", []string{
		"err := s.credential.Verify(key); err != nil", "false"}}, engine, "TestJWT"},
	{mutant{"an issuer that is trusted", "pkg/verification/jwt.go", []string{
		"return nil, failed(ReasonIssuerUntrusted)", "return nil, passed(nil)"}}, engine, "TestJWT"},
	{mutant{"keys that cannot be had are no keys", "pkg/verification/jwt.go", []string{
		"return nil, unknown(ReasonIssuerKeysNotFound)", "return nil, passed(nil)"}}, engine, "TestJWT"},
	{mutant{"presented by its holder", "pkg/verification/jwt.go", []string{
		"!s.credential.Holder.Equal(p.Holder)", "false", "err := p.Verify(); err != nil", "err := error(nil); err != nil"}}, engine, "TestPresentation"},
	{mutant{"for this nonce", "pkg/verification/jwt.go", []string{"p.Nonce != s.nonce", "false"}}, engine, "TestPresentation"},
	{mutant{"for this audience", "pkg/verification/jwt.go", []string{"p.Audience != s.audience", "false"}}, engine, "TestPresentation"},

	// Encrypted responses.
	{mutant{"encrypted to this key", "pkg/jose/encrypt.go", []string{`case text("kid") != k.public.KeyID:`, "case false:"}}, joses, "TestDecryptRefuses"},
	{mutant{"no member that changes the rules", "pkg/jose/encrypt.go", []string{
		`return refuse(ReasonHeader, "a member that an encrypted response does not have")`, "continue"}}, joses, "TestDecryptRefuses"},
	{mutant{"an ephemeral key on P-256", "pkg/jose/encrypt.go", []string{"	return checkEphemeral(h)\n", "	return nil\n"}}, joses, "TestDecryptRefuses"},
	{mutant{"ECDH-ES with AES-GCM", "pkg/jose/encrypt.go", []string{`case text("alg") != ECDHES || (text("enc") != A128GCM && text("enc") != A256GCM):`, "case false:"}}, joses, "TestDecryptRefuses"},

	// Purposes.
	{mutant{"an organisation's own purposes", "pkg/purpose/purpose.go", []string{
		"if row.ID == purpose && slices.Contains(row.Organisations, organisation) {", "if row.ID == purpose {"}}, purpose, "TestNoQueryLeavesItsRow"},
	{mutant{"a register within the catalogue", "pkg/purpose/load.go", []string{
		"allowed := d.MayAsk(purpose)", "allowed := d.Elements"}}, purpose, "TestMistakesOfARegister"},
	{mutant{"no older register", "pkg/purpose/load.go", []string{"if r.version < base.version {", "if false {"}}, purpose, "TestSignedRegister"},
	{mutant{"a register that was signed", "pkg/purpose/load.go", []string{
		"claims, err := token.Verify(key)", "claims, err := token.UnverifiedClaims()"}}, purpose, "TestSignedRegister"},
	{mutant{"a query that nobody can widen", "pkg/purpose/purpose.go", []string{
		"out[i].Elements = slices.Clone(out[i].Elements)", "_ = i"}}, purpose, "TestAQueryCannotBeWidened"},

	// OpenID4VP.
	{mutant{"one kind of response", "pkg/oid4vp/response.go", []string{"	if kinds != 1 {", "	if kinds < 1 {"}}, asks, "TestParseFormRefuses"},
	{mutant{"no parameter twice", "pkg/oid4vp/response.go", []string{"if len(form[name]) > 1 {", "if false {"}}, asks, "TestParseFormRefuses"},
	{mutant{"one answer to a check", "verifier/internal/openid4vp/session.go", []string{
		"	if s.phase != waiting {\n		return false\n	}", ""}}, wholes, "TestOneAnswerOnly"},
	{mutant{"the state of this check", "verifier/internal/openid4vp/response.go", []string{
		"subtle.ConstantTimeCompare([]byte(response.State), []byte(n.state)) != 1", "subtle.ConstantTimeCompare(nil, nil) != 1"}}, wholes, "TestAnswersThatAreNotAccepted"},
	{mutant{"the response mode that was asked for", "verifier/internal/openid4vp/response.go", []string{
		`response.Error == "" && (response.JWE != "") != n.encrypted()`, `n.key == nil && response.JWE != ""`}}, wholes, "TestAnswersThatAreNotAccepted"},
	{mutant{"the browser that began the check", "verifier/internal/openid4vp/result.go", []string{
		"n == nil || !n.opens(secret)", "n == nil"}}, wholes, "TestNothingTellsWhichCheckExists"},
	{mutant{"the browser that the wallet sent back", "verifier/internal/openid4vp/result.go", []string{
		"len(state.Answer.Documents) > 0 && !accepted", "!accepted && false"}}, wholes, "TestSameDevice"},
	{mutant{"the browser that asked its API", "verifier/internal/openid4vp/dcapi.go", []string{
		"n == nil || !n.opens(secret)", "n == nil"}}, wholes, "TestDigitalCredentialsAPI"},
	{mutant{"only credentials that were asked for", "verifier/internal/openid4vp/answer.go", []string{
		"return a.ID == id }) {\n			return s.ended(verification.NotValid, verification.ReasonUnexpected)", "return a.ID == id }) {\n			continue"}}, wholes, "TestAnswersThatAreNotAccepted"},
	{mutant{"one presentation of each", "verifier/internal/openid4vp/answer.go", []string{
		"if len(presentations) != 1 {", "if len(presentations) < 1 {"}}, wholes, "TestAnswersThatAreNotAccepted"},
	{mutant{"everything that the purpose needs", "verifier/internal/openid4vp/answer.go", []string{
		"if a.Required && !given[a.Group] {", "if a.Required && given[a.Group] && !given[a.Group] {"}}, wholes, "TestAnswersThatAreNotAccepted"},
	{mutant{"each document against its own query", "verifier/internal/openid4vp/answer.go", []string{
		"s.options.Verifier.VerifyDeviceResponse(ctx, response, b.session, asked(a))", "s.options.Verifier.VerifyDeviceResponse(ctx, response, b.session, verification.Asked{})"}},
		wholes, "TestSurplusIsSeenByNobody"},
	{mutant{"a check ends", "verifier/internal/openid4vp/session.go", []string{
		"!now.Before(s.order[0].expires)", "now.IsZero()"}}, wholes, "TestAChecksLife"},
	{mutant{"noise ends a check in the end", "verifier/internal/openid4vp/session.go", []string{
		"s.attempts >= maxAttempts", "s.attempts < 0"}}, wholes, "TestNoiseEndsACheckInTheEnd"},
	{mutant{"an organisation that is known", "verifier/organisations.go", []string{
		"if found < 0 || len(key) < minKey {", "if found = max(found, 0); len(key) < minKey {"}}, wholes, "TestWhoMayAskWhat"},

	// Document signers and their roots.
	{mutant{"a root for this docType", "pkg/verification/signer.go", []string{"return failed(ReasonNoRoot)", "return passed(nil)"}}, engine, "TestTrustOfDocumentSigner"},
	{mutant{"the signer alone in the chain", "pkg/verification/signer.go", []string{"if len(chain) != 1 {", "if len(chain) < 1 {"}}, engine, "TestChainOfTwo"},
	{mutant{"a path to a root", "pkg/verification/signer.go", []string{
		"err := verifyPath(signer, root.Certificate, now)", "err := verifyPath(signer, root.Certificate, now)\n		err = nil"}}, engine, "TestTrustOfDocumentSigner"},
	{mutant{"a document signer's certificate", "pkg/verification/signer.go", []string{"case broken != \"\":", "case false && broken != \"\":"}}, engine, "TestTrustOfDocumentSigner"},
	{mutant{"signed while the signer was valid", "pkg/verification/signer.go", []string{
		"case signed.Before(signer.NotBefore) || signed.After(signer.NotAfter):", "case false:"}}, engine, "TestTrustOfDocumentSigner"},
	{mutant{"a root that stands", "pkg/verification/signer.go", []string{"if err == nil && !root.Revoked {", "if err == nil {"}}, engine, "TestRevokedSignersAndRoots"},
	{mutant{"a signer that stands", "pkg/verification/signer.go", []string{"if revoked(signer) {", "if revoked(signer) && signer == nil {"}}, engine, "TestRevokedSignersAndRoots"},
	{mutant{"a signer that its root did not withdraw", "pkg/verification/signer.go", []string{
		"entry.SerialNumber.Cmp(signer.SerialNumber) == 0", "entry.SerialNumber == nil"}}, engine, "TestRevokedSignersAndRoots"},
	{mutant{"a revocation list that is current", "pkg/verification/signer.go", []string{
		"if now.Before(crl.ThisUpdate) || !now.Before(crl.NextUpdate) {", "if now.IsZero() {"}}, engine, "TestRevokedSignersAndRoots"},
	{mutant{"a trust list that is current", "verifier/internal/trust/store.go", []string{
		"!s.options.Now().Before(*s.file.NextUpdate)", "s.options.Now().IsZero()"}}, "./verifier/internal/trust", "TestReload|TestASignedFileAtStart"},
	{mutant{"no older trust list", "verifier/internal/trust/store.go", []string{
		"if s.source.Key != nil && file.Version <= s.file.Version {", "if s.source.Key != nil && file.Version < 0 {"}}, "./verifier/internal/trust", "TestReload"},
	{mutant{"a trust list that was signed", "verifier/internal/trust/signed.go", []string{
		"claims, err := token.Verify(key)", "claims, err := token.UnverifiedClaims()"}}, "./verifier/internal/trust", "TestASignedFileAtStart"},
	{mutant{"a revocation list of the root's own", "verifier/internal/trust/crl.go", []string{
		"if err := list.CheckSignatureFrom(root); err != nil || string(list.RawIssuer) != string(root.RawSubject) {", "if err := list.CheckSignatureFrom(root); err != nil && root == nil {"}}, "./verifier/internal/trust", "TestASignedFileAtStart"},

	// In person, and over the browser in the mdoc's own protocol.
	{mutant{"only documents that were asked for", "verifier/internal/openid4vp/answer.go", []string{
		"return a.Type == name }) {\n			return s.ended(verification.NotValid, verification.ReasonUnexpected)", "return a.Type == name }) {\n			continue"}}, wholes, "TestInPersonRefusesWhatNobodyAskedFor"},
	{mutant{"the front end that began the session", "verifier/internal/openid4vp/inperson.go", []string{"n == nil || !n.opens(secret)", "n == nil"}}, wholes, "TestInPersonBadBeginnings"},
	{mutant{"one message of the device's", "pkg/proximity/session.go", []string{"nonce(1, s.received), message", "nonce(1, 1), message"}}, "./pkg/proximity", "TestMessagesComeOnceAndInOrder"},
	{mutant{"a session that has ended", "pkg/proximity/session.go", []string{"	if s.ended {\n		return nil, ErrEnded\n	}\n	message", "	message"}}, "./pkg/proximity", "TestTheReaderEndsTheSession"},
	{mutant{"counters that never begin again", "pkg/proximity/session.go", []string{"if s.ended || s.sent == math.MaxUint32 {", "if s.ended {"}}, "./pkg/proximity", "TestMessagesComeOnceAndInOrder"},
	{mutant{"a reader's signature", "pkg/proximity/request.go", []string{
		"if err := d.auth.Verify(leaf.PublicKey, payload); err != nil {", "if err := d.auth.Verify(leaf.PublicKey, payload); err != nil && leaf == nil {"}}, "./pkg/proximity", "TestReadersThatAreNot"},
	{mutant{"a reader's certificate", "pkg/proximity/request.go", []string{
		"!slices.ContainsFunc(leaf.UnknownExtKeyUsage, mdlReaderAuth.Equal)", "slices.ContainsFunc(leaf.UnknownExtKeyUsage, mdlReaderAuth.Equal) && leaf == nil"}}, "./pkg/proximity", "TestReadersThatAreNot"},
	{mutant{"a VICAL's signer", "pkg/vical/vical.go", []string{
		"if err := signed.Verify(leaf.PublicKey, signed.Payload); err != nil {", "if err := signed.Verify(leaf.PublicKey, signed.Payload); err != nil && leaf == nil {"}}, "./pkg/vical", "TestEveryBitOfAList"},
	{mutant{"a VICAL that is current", "pkg/vical/vical.go", []string{"!l.NextUpdate.IsZero() && !now.Before(l.NextUpdate)", "now.IsZero()"}}, "./pkg/vical", "TestSignersThatAreNotTrusted"},

	// Status lists.
	{mutant{"the list that was asked for", "verifier/internal/statusfetch/token.go", []string{"if subject != uri {", "if subject == \"\" {"}}, lists, "TestEachFailureOfAToken"},
	{mutant{"every list or none", "verifier/internal/statusfetch/reader.go", []string{
		"		find = r.listOfSet\n", "		find = r.list\n"}}, wholes, "TestNoPhoneHome"},
	{mutant{"an issuer's own lists", "verifier/internal/statusfetch/set.go", []string{
		"case !known:", "case !known && r == nil:"}}, lists, "TestAListThatIsNotNamedIsNotFetched"},
	{mutant{"a list that is live", "verifier/internal/statusfetch/set.go", []string{
		"verification.ReasonStatusUnavailable && list.live(now)", "verification.ReasonStatusUnavailable && list != nil",
		"case !list.live(now):", "case now.IsZero():"}}, lists, "TestASetThatGoesAway"},

	// Key proofs that bring their key.
	{mutant{"no key of a token's own, unless it is wanted", "pkg/jose/compact.go", []string{`ok && mayEmbed {`, `ok {`}}, proofs, "TestProofOfTheSpecification"},
	{mutant{"one key alone", "pkg/jose/compact.go", []string{`if embedded != nil && h.KeyID != "" {`, "if false {"}}, proofs, "TestKeyOfAProof"},
	{mutant{"a proof signed with its key", "pkg/oid4vci/proof.go", []string{
		"claims, err := token.Verify(holder)", "claims, err := token.UnverifiedClaims()"}}, proofs, "TestEveryBitOfTheProof"},
	{mutant{"a proof for this issuer, with this nonce", "pkg/oid4vci/proof.go", []string{
		"err != nil || got != value {", "err != nil && got != value {"}}, proofs, "TestClaimsOfAProof"},
	{mutant{"a proof of now", "pkg/oid4vci/proof.go", []string{
		"issued.After(want.Now.Add(want.Skew)) || want.Now.Sub(issued) > want.MaxAge", "false"}}, proofs, "TestClaimsOfAProof"},

	// SD-JWT, and status lists as CWT.
	{mutant{"the issuer's signature of an SD-JWT", "pkg/format/sdjwt/sdjwt.go", []string{
		"token, err := jose.Verify(ctx, p.issuer, expect, keys)", "token := &jose.Verified{}\n	t, err := jose.Parse(p.issuer, expect)\n	if err == nil {\n		token.Claims, err = t.UnverifiedClaims()\n	}"}}, sdjwts, "TestIssuer|TestEveryBit"},
	{mutant{"every disclosure is somebody's", "pkg/format/sdjwt/sdjwt.go", []string{"if o.used != len(p.disclosures) {", "if o.used > len(p.disclosures) {"}}, sdjwts, "TestDisclosures"},
	{mutant{"no digest twice", "pkg/format/sdjwt/sdjwt.go", []string{"if !ok || o.seen[text] {", "if !ok {"}}, sdjwts, "TestDisclosures"},
	{mutant{"nothing over a claim that is there", "pkg/format/sdjwt/sdjwt.go", []string{"if _, there := m[d.name]; there {", "if _, there := m[d.name]; there && d.name == \"\" {"}}, sdjwts, "TestDisclosures"},
	{mutant{"elements where elements are", "pkg/format/sdjwt/sdjwt.go", []string{"if d.element != element {", "if false {"}}, sdjwts, "TestDisclosures"},
	{mutant{"one hash", "pkg/format/sdjwt/sdjwt.go", []string{`ok && alg != "sha-256"`, `ok && alg == ""`}}, sdjwts, "TestDisclosures"},
	{mutant{"a depth that ends", "pkg/format/sdjwt/sdjwt.go", []string{"	if depth > maxDepth {\n		return refuse(", "	if depth < 0 {\n		return refuse("}}, sdjwts, "TestNestedTooDeeply"},
	{mutant{"a key binding that is there", "pkg/format/sdjwt/sdjwt.go", []string{`return refuse(ReasonBinding, "there is none")`, "return nil"}}, sdjwts, "TestVectors"},
	{mutant{"the holder's signature", "pkg/format/sdjwt/sdjwt.go", []string{"claims, err := token.Verify(key)", "_ = key\n	claims, err := token.UnverifiedClaims()"}}, sdjwts, "TestBinding"},
	{mutant{"for this verifier", "pkg/format/sdjwt/sdjwt.go", []string{"case audience != b.Audience:", "case audience == \"\":"}}, sdjwts, "TestBinding"},
	{mutant{"for this request", "pkg/format/sdjwt/sdjwt.go", []string{"subtle.ConstantTimeCompare([]byte(nonce), []byte(b.Nonce)) != 1", "subtle.ConstantTimeCompare([]byte(nonce), []byte(b.Nonce)) > 1"}}, sdjwts, "TestBinding"},
	{mutant{"for this presentation", "pkg/format/sdjwt/sdjwt.go", []string{"case digest != want:", "case digest == want+want:"}}, sdjwts, "TestBinding"},
	{mutant{"made now", "pkg/format/sdjwt/sdjwt.go", []string{
		"case issued.After(b.Now.Add(clockSkew)) || issued.Before(b.Now.Add(-b.MaxAge)):", "case issued.IsZero():"}}, sdjwts, "TestBinding"},
	{mutant{"a key binding that has not ended", "pkg/format/sdjwt/sdjwt.go", []string{"return !now.Before(at) }", "return now.IsZero() }"}}, sdjwts, "TestBinding"},
	{mutant{"a key binding that has begun", "pkg/format/sdjwt/sdjwt.go", []string{"return now.Add(clockSkew).Before(at) }", "return at.IsZero() }"}}, sdjwts, "TestBinding"},
	{mutant{"a key that the issuer signed", "pkg/format/sdjwt/sdjwt.go", []string{"disclosed && !v.Signed.Has(name)", "disclosed && name == \"\""}}, sdjwts, "TestBinding"},
	{mutant{"no _sd_alg within", "pkg/format/sdjwt/sdjwt.go", []string{`return refuse(ReasonDigests, "an _sd_alg within")`, "_ = ok"}}, sdjwts, "TestDisclosures"},
	{mutant{"a nonce to bind to", "pkg/format/sdjwt/credential.go", []string{` || b.Nonce == "" || b.Audience == ""`, ""}}, sdjwts, "TestCredential"},
	{mutant{"a status of one list", "pkg/format/sdjwt/credential.go", []string{" || len(status.Names()) != 1", ""}}, sdjwts, "TestCredentialRefuses"},
	{mutant{"the issuer's signature of an SD-JWT, in a verdict", "pkg/verification/sdjwt.go", []string{
		"		return failed(ReasonSignature)\n", "		return passed(nil)\n"}}, engine, "TestSDJWT"},
	{mutant{"only what the issuer signed a digest of", "pkg/verification/sdjwt.go", []string{
		"return failed(ReasonDigest)", "return passed(nil)"}}, engine, "TestSDJWT"},
	{mutant{"an SD-JWT in the hands of its holder", "pkg/verification/sdjwt.go", []string{
		"	return failed(ReasonHolderSignature)", "	return passed(nil)"}}, engine, "TestSDJWT"},
	{mutant{"an SD-JWT for this request", "pkg/verification/sdjwt.go", []string{
		"return failed(known.reason)", "return passed(nil)"}}, engine, "TestSDJWT"},
	{mutant{"the signature of a list as CWT", "pkg/statustoken/cwt.go", []string{"if !ecdsa.Verify(key, digest[:],", "if false && !ecdsa.Verify(key, digest[:],"}}, cwts, "TestSign|TestEveryBit"},
	{mutant{"the type of a list as CWT", "pkg/statustoken/cwt.go", []string{"typ != MediaType {", "typ == \"\" {"}}, cwts, "TestRefused"},
	{mutant{"the algorithm of a list as CWT", "pkg/statustoken/cwt.go", []string{"|| algorithm != algES256 {", "|| algorithm == 0 {"}}, cwts, "TestRefused"},
	{mutant{"the list that was asked for, as CWT", "verifier/internal/statusfetch/cwt.go", []string{"if list.Subject != uri {", "if list.Subject == \"\" {"}}, lists, "TestEachFailureOfACWT"},
	{mutant{"a list as CWT that ends", "verifier/internal/statusfetch/cwt.go", []string{"if list.Expires.IsZero() {", "if false {"}}, lists, "TestEachFailureOfACWT"},
	{mutant{"a key of the list's issuer, as CWT", "verifier/internal/statusfetch/cwt.go", []string{
		"		return statustoken.List{}, refuse(reason, err)", "		_ = reason"}}, lists, "TestEachFailureOfACWT"},
	{mutant{"a list of the future, as either", "verifier/internal/statusfetch/token.go", []string{"case now.Before(h.issued):", "case false:"}}, lists, "TestEachFailureOfACWT"},
	{mutant{"a list that has ended, as either", "verifier/internal/statusfetch/token.go", []string{"case !now.Before(h.expires):", "case false:"}}, lists, "TestEachFailureOfACWT"},
	{mutant{"a hold of a day at most", "verifier/internal/statusfetch/cwt.go", []string{"hold: min(list.TTL, maxHold)", "hold: list.TTL"}}, lists, "TestTTLOfACWT"},
	{mutant{"a CWT is called one", "verifier/internal/statusfetch/reader.go", []string{
		"if given.mediaType == statustoken.MediaType {", "if len(given.body) > 0 && given.body[0] == 0xd2 {"}}, lists, "TestACWTThatIsCalledAJWT|TestEachFailureOfACWT"},
	{mutant{"the tag of a list as CWT", "pkg/statustoken/cwt.go", []string{"|| raw[0] != tagSign1 {", "{"}}, cwts, "TestRefused"},
}
