package mutation_test

const (
	contract    = "./issuer/internal/statusapi"
	contractGo  = "issuer/internal/statusapi/contract.go"
	messageGo   = "issuer/internal/statusapi/message.go"
	decoysGo    = "issuer/internal/statusapi/decoys.go"
	theClient   = "./issuer/internal/statusclient"
	asksGo      = "issuer/internal/statusclient/statusclient.go"
	sendGo      = "issuer/internal/statusclient/send.go"
	many        = "./pkg/issuance"
	manyGo      = "pkg/issuance/endall.go"
	large       = "./pkg/casework"
	largeGo     = "pkg/casework/large.go"
	clientBooks = "./pkg/store/memstore"
)

// Each of these is a rule of the status list contract, of who asks by it, and of ending many documents, and the test that holds
// it.
var statusMutants = []testedMutant{
	{mutant{"a request is its client's", messageGo, []string{
		"	if err != nil {\n		return message{}, unverified(err)\n	}\n", "	if err != nil {\n		verified = &jose.Verified{Claims: payload}\n	}\n"}}, contract, "TestEveryErrorOfTheContract"},
	{mutant{"a kid is one of the client's", messageGo, []string{
		`return unauthorised("Invalid Key ID in Header")`, `return unauthorised("JWT has non-verified signature")`}}, contract, "TestEveryErrorOfTheContract"},
	{mutant{"a request has a type", messageGo, []string{`{"typ", "Type", "JWT"}, `, ""}}, contract, "TestEveryErrorOfTheContract|TestTheOrderOfChecks"},
	{mutant{"a request grows old", messageGo, []string{
		"clockSkew-statuslist.RequestWindow)", "clockSkew-2*statuslist.RequestWindow)"}}, contract, "TestEveryErrorOfTheContract"},
	{mutant{"a jti is a UUID in small letters", messageGo, []string{"err != nil || !lowerUUID.MatchString(id)", "err != nil"}}, contract, "TestEveryErrorOfTheContract"},
	{mutant{"a client has its speed", messageGo, []string{
		"if !client.speed.within(k.deps.Now()) {", "if client.speed.within(k.deps.Now()); false {"}}, contract, "TestAClientThatAsksTooOften"},
	{mutant{"a place is kept for a year at most", contractGo, []string{" || expires.After(now.AddDate(1, 0, 0))", ""}}, contract, "TestEveryErrorOfTheContract"},
	{mutant{"the same request gets the same place", contractGo, []string{
		`"client "+strconv.Quote(r.Client)+" "+r.ID`, `"client "+strconv.Quote(r.Client)+" "+k.deps.Now().String()`}}, contract, "TestARepeatAfterAFailure"},
	{mutant{"a request with other contents is refused", contractGo, []string{
		"errors.Is(err, statuslist.ErrChanged)", "errors.Is(err, errors.ErrUnsupported)"}}, contract, "TestTheSameRequest"},
	{mutant{"a place is its client's", contractGo, []string{"case holder.Client != m.client:", "case false:"}}, contract, "TestARevocationThroughTheContract"},
	{mutant{"index 0 is an index", contractGo, []string{"err != nil || index < 0 {", "err != nil || index <= 0 {"}}, contract, "TestIndexZeroEnds"},
	{mutant{"no audit, no revocation", contractGo, []string{
		`	if err := k.record(ctx, "status.revoke", m.client, slot); err != nil {
		return time.Time{}, err
	}
`, ""}}, contract, "TestWhatThePartsAway|TestTheAudit"},
	{mutant{"a place has one holder, who does not change", "pkg/store/memstore/clients.go", []string{"!s.given.has(slot, now)", "true"}}, clientBooks, "TestContract"},
	{mutant{"one caller answers a request", "pkg/store/memstore/clients.go", []string{"case ok && now.Before(held.busy):", "case false:"}}, clientBooks, "TestContract"},
	{mutant{"decoys are the same for whoever makes them", decoysGo, []string{
		`fmt.Sprintf("decoy %s %d", use, numbers[i])`, `fmt.Sprintf("decoy %s %d %s", use, numbers[i], s.holder)`}}, contract, "TestTheDaysDecoys"},
	{mutant{"decoys keep nothing back", "issuer/internal/statusapi/publish.go", []string{
		`		s.deps.Log.ErrorContext(ctx, "end decoys", "list", id, "error", err)
`, "		return err\n"}}, contract, "TestDecoysThatFail"},
	{mutant{"a closed list lives as long as its documents", "issuer/internal/statusapi/retire.go", []string{
		"if !s.deps.Now().After(held.Until) {", "if !s.deps.Now().After(held.Until) && false {"}}, contract, "TestAClosedListIsRetired"},
	{mutant{"an open list is not retired", "issuer/internal/statusapi/retire.go", []string{"if !s.closed[id] {\n		return", "if false {\n		return"}}, contract, "TestAnOpenListIsNotRetired"},

	{mutant{"a retry is the same request", sendGo, []string{
		"answer, err := c.post(ctx, path, want, token)", `if n > 0 {
			token, _ = jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: "JWT", KeyID: key.ID}, claims)
		}
		answer, err := c.post(ctx, path, want, token)`}}, theClient, "TestAnAttemptThatMayFareBetter"},
	{mutant{"an operation is one request", asksGo, []string{
		"uuid.NewSHA1(requestIDs, []byte(what+\"\\x00\"+operation)).String()", "uuid.NewString()"}}, theClient, "TestTheIDOfARequest"},
	{mutant{"attempts end", sendGo, []string{"attempts  = 6", "attempts  = 7"}}, theClient, "TestAttemptsEnd"},
	{mutant{"a refusal is not sent again", sendGo, []string{"if err == nil || !again(err) {", "if err == nil {"}}, theClient, "TestARefusalIsNotSentAgain"},
	{mutant{"a place is under the configured address", asksGo, []string{"err != nil || !ours || !listID", "err != nil || !ours && false || !listID"}}, theClient, "TestAnAnswerThatIsNoPlace"},
	{mutant{"an index is one of a list", asksGo, []string{"index >= statuslist.MaxEntries", "index >= 64*statuslist.MaxEntries"}}, theClient, "TestAnAnswerThatIsNoPlace"},
	{mutant{"a place outlives its document", asksGo, []string{"expires = expires.Add(time.Second)", "_ = expires"}}, theClient, "TestAPlaceIsAskedFor"},
	{mutant{"a refusal quotes nobody", sendGo, []string{"err == nil && words.MatchString(description)", "err == nil"}}, theClient, "TestARefusalQuotesNobody"},

	{mutant{"no audit, no ending of many", manyGo, []string{"	if err := s.recordAll(ctx, stand, r); err != nil {", "	if err := s.recordAll(ctx, stand, r); false {"}}, many, "TestManyEndAfterAFailure"},
	{mutant{"what has ended is left as it is", manyGo, []string{"!c.Revoked.IsZero() || !now.Before(c.Until)", "!now.Before(c.Until)"}}, many, "TestManyEnd"},
	{mutant{"what could not end is not marked", manyGo, []string{
		"				failed = append(failed, c.ID)", "				ends = append(ends, End{c.ID, s.Now(), string(r.Reason)})"}}, many, "TestAPlaceThatCannotEnd"},
	{mutant{"a large ending takes two", "pkg/casework/ending.go", []string{"e.Scope == ScopeBatch || e.Scope == ScopeKey || ", ""}}, large, "TestALargeEndingTakesTwo"},
	{mutant{"a second person agrees to the set", "pkg/casework/ending.go", []string{`lines = append(lines, "set "+e.Bulk.Set)`, `lines = append(lines, "set")`}}, large, "TestALargeEndingTakesTwo"},
	{mutant{"no page of a large ending is left out", largeGo, []string{"next = strconv.Itoa(n + 1)", "next = strconv.Itoa(min(n+2, e.Bulk.Pages-1))"}}, large, "TestAHundredThousand"},
	{mutant{"a key's ending looks again", largeGo, []string{"case e.Scope == ScopeKey && b.Last.Fresh > 0:", "case false:"}}, large, "TestAllThatAKeySigned"},
	{mutant{"a large ending is done when all of it is", largeGo, []string{"case b.Last.Failed > 0: // again", "case false:"}}, large, "TestALargeEndingIsNotDone"},
	{mutant{"a large ending is seen before it is done", largeGo, []string{"err != nil || !seen {", "err != nil || !seen && false {"}}, large, "TestAllThatAKeySigned"},
}
