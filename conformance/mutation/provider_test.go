package mutation_test

const (
	guards = "./keys/guard"
	tokens = "./keys/pkcs11"
	kmses  = "./keys/kms"
	opens  = "./keys/providers"
	signs  = "./keys"
	starts = "./issuer/cmd/issuer"
)

// Each of these is a rule of the providers of keys, and the test that holds it.
var providerMutants = []testedMutant{
	{mutant{"what does not verify never leaves a provider", "keys/guard/guard.go", []string{
		"if !ecdsa.VerifyASN1(s.remote.Public(), digest, signature) {", "if false {"}}, guards, "TestAWrongSignature"},
	{mutant{"what led to a wrong signature is forgotten", "keys/guard/guard.go", []string{"		s.remote.Distrust()\n", ""}}, guards, "TestAWrongSignature"},
	{mutant{"a call that hangs keeps its place", "keys/guard/lane.go", []string{"		defer func() { <-l.places }()\n", "		<-l.places\n"}}, guards, "TestAStallIsBounded"},
	{mutant{"nobody waits past the deadline", "keys/guard/lane.go", []string{
		"	case <-ctx.Done():\n		return nil, ErrLate\n	}\n}", "	}\n}"}}, guards, "TestAStallIsBounded|TestACallIsToldOfItsDeadline"},
	{mutant{"the queue ends somewhere", "keys/guard/lane.go", []string{"places+queue)", "1<<20)"}}, guards, "TestAStallIsBounded"},
	{mutant{"lists have a place of their own", "keys/guard/guard.go", []string{
		"return &Signer{s.guard, s.guard.lists, s.remote}", "return &Signer{s.guard, s.guard.work, s.remote}"}}, guards, "TestAStalledQueueDoesNotHoldListsBack"},
	{mutant{"digests of SHA-256 alone", "keys/guard/guard.go", []string{
		"opts.HashFunc() != crypto.SHA256 || ", ""}}, guards, "TestAGuardedKeySigns"},
	{mutant{"a provider in trouble is a reason to ask again", "keys/sign.go", []string{
		`fault.Wrap(fault.Unavailable, "key_unavailable"`, `fault.Wrap(fault.Internal, "key_unavailable"`}}, signs, "TestAWrongSignature"},
	{mutant{"lists are signed in their place", "issuer/internal/statusapi/sign.go", []string{
		"statustoken.Sign(key.ForLists().Sign,", "statustoken.Sign(key.Sign,"}}, "./issuer/internal/statusapi", "TestListsDoNotWaitBehindDocuments"},

	{mutant{"a token's key is made for its purpose", "keys/pkcs11/key.go", []string{
		"l.context.FindKeyPairs(k.id, label(k.purpose))", "l.context.FindKeyPairs(k.id, nil)"}}, tokens, "TestAKeySignsForNoOtherPurpose"},
	{mutant{"a token's key is the one of the file", "keys/pkcs11/key.go", []string{"if !k.public.Equal(signer.Public()) {", "if false {"}}, tokens, "TestAnotherKeysReference"},
	{mutant{"a key that would leave its token is refused", "keys/pkcs11/key.go", []string{
		"if err := l.checkKept(all[0]); err != nil {", "if err := error(nil); err != nil {"}}, tokens, "TestAKeyStaysInItsToken"},
	{mutant{"a session that failed is given up", "keys/pkcs11/key.go", []string{
		"	if err != nil {\n		k.token.giveUp(l)\n		return nil, fmt.Errorf(\"sign in token", "	if err != nil {\n		return nil, fmt.Errorf(\"sign in token"}}, tokens, "TestSessionsThatEnded"},
	{mutant{"a PIN that was refused is not tried again", "keys/pkcs11/login.go", []string{
		"errors.Is(t.failed, ErrRefused) || ", ""}}, tokens, "TestAWrongPIN"},
	{mutant{"logins are paced", "keys/pkcs11/login.go", []string{"now.Sub(t.tried) < retryAfter", "false"}}, tokens, "TestLoginsArePaced"},

	{mutant{"KMS's key is described by its purpose", "keys/kms/key.go", []string{
		"case aws.ToString(m.Description) != description(k.purpose):", "case false:"}}, kmses, "TestAKeyThatIsNotWhatItShouldBe"},
	{mutant{"KMS's key is on P-256 and for signing", "keys/kms/key.go", []string{
		"case m.KeySpec != types.KeySpecEccNistP256 || m.KeyUsage != types.KeyUsageTypeSignVerify:", "case false:"}}, kmses, "TestAKeyThatIsNotWhatItShouldBe"},
	{mutant{"KMS's key is enabled", "keys/kms/key.go", []string{"case m.KeyState != types.KeyStateEnabled:", "case false:"}}, kmses, "TestAKeyThatIsNotWhatItShouldBe"},
	{mutant{"KMS's key was made there", "keys/kms/key.go", []string{
		"case m.Origin != types.OriginTypeAwsKms && m.Origin != types.OriginTypeAwsCloudhsm:", "case false:"}}, kmses, "TestAKeyWhoseMaterial"},
	{mutant{"KMS's key is the one of the file", "keys/kms/key.go", []string{"if !k.public.Equal(public) {", "if false && !k.public.Equal(public) {"}}, kmses, "TestAKeyIsAdopted|TestAKeyThatIsNotWhatItShouldBe"},
	{mutant{"KMS answers for the key that was asked", "keys/kms/key.go", []string{
		"aws.ToString(signed.KeyId) != arn || signed.SigningAlgorithm", "signed.SigningAlgorithm"}}, kmses, "TestAnotherKeysSignature"},
	{mutant{"KMS answers in the algorithm that was asked", "keys/kms/key.go", []string{
		" || signed.SigningAlgorithm != types.SigningAlgorithmSpecEcdsaSha256 {", " {"}}, kmses, "TestAnotherKeysSignature"},
	{mutant{"KMS is reached over TLS", "keys/kms/kms.go", []string{
		`u.Scheme != "https" && (ip == nil || !ip.IsLoopback())`, `u.Scheme == "" && ip == nil`}}, kmses, "TestNewRefuses"},

	{mutant{"no start on a key that is not what it should be", "keys/providers/providers.go", []string{
		"case errors.Is(err, guard.ErrUnfit):", "case false:"}}, opens, "TestCheck"},
	{mutant{"a start without a provider that is away", "keys/providers/providers.go", []string{
		"case errors.Is(err, guard.ErrUnfit):", "case err != nil:", "			case err != nil:\n				log.", "			case err == errors.ErrUnsupported:\n				log."}}, starts, "TestItServesWhileItsTokenIsOut"},
}
