package check

import "slices"

// Rules lists every rule there is, by what it judges.
func Rules() map[string][]Rule {
	return map[string][]Rule{
		"issuers":                slices.Concat(list(slices.Concat(offerRules, metadataRules, jwksRules, didRules, iacasRules, refusalRules(), answerRules, notificationRules(), pairRules)), list(mdocRules), list(jwtRules)),
		"verifiers":              list(slices.Concat(requestRules, playRules())),
		"status list tokens":     list(slices.Concat(tokenListRules, cwtRules)),
		"bitstring status lists": list(bitstringRules),
		"status lists as served": list(servingRules),
		"certificates":           append([]Rule{readable}, list(slices.Concat(commonRules, iacaRules, leafRules, signerRules, readerRules))...),
	}
}
