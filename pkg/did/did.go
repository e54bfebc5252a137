// Package did reads and writes the two kinds of decentralised identifier GOV.UK Wallet uses: did:key for the key of a
// wallet, did:web for the keys of an issuer. All keys are P-256.
//
// An identifier has exactly one accepted spelling. No identifier is ever fetched here.
package did

import "strings"

// ValidWeb says whether s is a did:web identifier in the form GOV.UK Wallet accepts: a lower-case host name without a
// port, and no path (credential header: kid matches ^did:web:[a-z0-9.#\-_:]+$, so a %3A for a port cannot be written).
func ValidWeb(s string) bool {
	host, ok := strings.CutPrefix(s, "did:web:")
	if !ok || host == "" || len(host) > 253 {
		return false
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-'
	})
}
