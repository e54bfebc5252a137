// Command keys makes and shows the keys of an issuing authority.
//
//	keys init   -dir DIR -name NAME -url URL   make a root, a document signer and the other keys, all active
//	keys add    -dir DIR -purpose letter       make the key of letters in a directory that has none
//	keys list   -dir DIR                       list the keys
//	keys export -dir DIR -url URL -out DIR     write what is public: jwks.json, did.json, iacas.json
//	keys trust  -dir DIR -url URL -documents LIST [-lists LIST]   print the trust file of a verifier that
//	                                           believes this authority; the last is what issuer -lists printed
//
// And for a verifier, whose keys need no passphrase but a place of their own:
//
//	keys reader    -name NAME -url URL -out DIR   make a reader root, and a key and certificate to sign requests with
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
