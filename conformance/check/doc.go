// Package check judges what it did not make: any GOV.UK Wallet issuer, any OpenID4VP verifier, any status list, and the
// certificates of ISO 18013-5 Annex B.
//
// Every check has two halves. A gathering half asks, and keeps each question with its answer in a Record; a judging half
// reads the Record and sends nothing. A rule is one function of the second half with an id, a sentence and the clause it
// comes from. A rule that cannot be judged, because something before it failed, is neither held nor broken: so one fault
// breaks one rule.
//
// It shares no code with what it judges: its decoders are those of conformance/wallet. It expects to meet hostile servers:
// every answer is bounded in size and in time, no redirect is followed, a server that does not answer is given up, and no
// report holds a token, a credential or anything that a credential says.
package check
