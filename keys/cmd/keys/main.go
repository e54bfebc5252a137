// Command keys makes and shows the keys of an issuing authority.
//
//	keys init   -dir DIR -name NAME -url URL   make a root, a document signer and the other keys, all active
//	keys root   -dir DIR [-in D] [-keep D]     make the root that takes the active one's place, with a link from it
//	keys signer -dir DIR [-in D] [-keep D]     make the document signer that takes the active one's place
//	keys rotate -dir DIR -purpose P [-in D] [-keep D]   the same for any purpose; or
//	keys rotate -dir DIR -due                  for each that has signed for its period
//	keys add    -dir DIR -purpose P            make the first key of a purpose that has none
//	keys revoke -dir DIR -id ID -reason compromised|superseded|ceased [-no-replacement]
//	                                           take a key back, at once and for good
//	keys list   -dir DIR                       list the keys
//	keys export -dir DIR -url URL -out DIR [-documents LIST]   write what is public: key sets, DID document, roots,
//	                                           revocation lists, and the roots as vical-export wants them
//	keys trust  -dir DIR -url URL -documents LIST [-lists LIST] [-crl]   print the trust file of a verifier that
//	                                           believes this authority; -lists is what issuer -lists printed
//	keys drill                                 rehearse all this on keys that are thrown away
//
// All of them but drill take -by NAME (who acts; USER) and -transcript FILE, to which what was asked and answered is appended. A
// duration is as 24h. With KEYS_PROVIDER new private keys are made there, or -reference names one that is there (docs/providers.md).
//
// And for a verifier, whose keys need no passphrase but a place of their own:
//
//	keys reader    -name NAME -url URL -out DIR   make a reader root, and a key and certificate to sign requests with
//	keys reader-crl -out DIR                      print the root's revocation list, of the certificates in DIR/revoked
//	keys list-key  -out DIR                       make the key that signs trust files and purpose registers
//	keys sign-list -key FILE -type trust|purposes -version N [-days N]   sign the JSON on standard input
//	keys vical-import -anchor FILE -documents LIST                       print the roots of a VICAL as iacas of a trust file
//	keys vical-export -key FILE -chain FILE -name NAME -version N [-days N]   sign a trust file's iacas as a VICAL
//
// The passphrase comes from KEYS_PASSPHRASE or the file KEYS_PASSPHRASE_FILE names, and never from an argument.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Getenv, time.Now, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "keys:", err)
		os.Exit(1)
	}
}
