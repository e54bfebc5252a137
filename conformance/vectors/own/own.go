// Package own makes test vectors of our own, good and bad, for others to test against: what each is, what our verifier or
// issuer says of it, and why. The same bytes come out every time: keys are made of their names, salts are counted, times are
// fixed, and signatures are those of RFC 6979. Every key here is known to everybody, and worth nothing.
//
// It shares no code with what reads the vectors.
package own

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// Now is the time at which each vector has its outcome.
var Now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// Case is one vector.
type Case struct {
	Name    string            `json:"name"`
	Input   map[string]string `json:"input"`   // what is given to the reader; bytes are unpadded base64url
	Outcome string            `json:"outcome"` // "valid", or a verdict and its reason; "accepted" or "refused" where there is no verdict
	Why     string            `json:"why"`     // of a bad one: what is wrong with it
}

// File is the vectors of one kind.
type File struct {
	Name  string         `json:"-"`
	About string         `json:"about"`
	Now   time.Time      `json:"now"`
	With  map[string]any `json:"with,omitempty"` // what the reader is told beside each input
	Cases []Case         `json:"cases"`
}

// Issuer is who signs everything here, where its lists are, and for whom presentations and tokens are.
const (
	Issuer   = "https://issuer.example"
	DID      = "did:web:issuer.example"
	List     = Issuer + "/t/1"
	Server   = "https://auth.example" // of access tokens
	Wallet   = "urn:fdc:gov:uk:wallet"
	Subject  = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheVectors000000000000000"
	OfferID  = "11111111-2222-4333-8444-555555555555"
	Document = "uk.gov.justice.prisonrelease.1"
	Nonce    = "nonce-of-the-vectors"
	Audience = "x509_san_dns:verifier.example"
)

// Files are all vectors, and what they are made with.
func Files() ([]File, error) {
	w, err := newWorkshop()
	if err != nil {
		return nil, err
	}
	makers := []func() (File, error){
		w.issuerSigned, w.deviceResponses, w.jwtCredentials, w.statusLists, w.statusCWTs, w.bitstrings, w.sdJWTs, w.accessTokens, w.proofs, w.letters,
	}
	out := []File{w.keyFile()}
	for _, make := range makers {
		f, err := make()
		if err != nil {
			return nil, err
		}
		f.Now = Now
		out = append(out, f)
	}
	return out, nil
}

// Encode writes a file as it is kept.
func (f File) Encode() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("write %s: %w", f.Name, err)
	}
	return out.Bytes(), nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
