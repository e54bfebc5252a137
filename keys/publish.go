package keys

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"time"

	"justice-wallet/pkg/pemfile"
)

// The documents in this file are what GOV.UK's test harness accepts, member for member: it refuses any other (harness:
// jwksSchema, didWebDocumentSchema, iacasSchema).

// JWK is a public key. KeyID, Use and Algorithm are present or absent as each document demands.
type JWK struct {
	KeyType   string `json:"kty"`
	KeyID     string `json:"kid,omitempty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg"`
}

func jwk(k Key) JWK {
	point, err := k.Public().Bytes()
	if err != nil || len(point) != 65 {
		return JWK{} // a Ring holds P-256 keys only
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return JWK{KeyType: "EC", Curve: "P-256", X: b64(point[1:33]), Y: b64(point[33:]), Algorithm: "ES256"}
}

// Set is a JWK set.
type Set struct {
	Keys []JWK `json:"keys"`
}

// JWKS returns the published keys of the purposes, in that order.
func JWKS(r Keyring, purposes ...Purpose) Set {
	set := Set{Keys: []JWK{}}
	for _, p := range purposes {
		for _, k := range r.Published(p) {
			j := jwk(k)
			j.KeyID, j.Use = k.ID, "sig"
			set.Keys = append(set.Keys, j)
		}
	}
	return set
}

// DIDWeb returns the did:web of an issuer's URL: its host without the port. The did:web method would write a port as %3A;
// the wallet's kid allows no % (docs/divergences.md).
func DIDWeb(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	return "did:web:" + u.Hostname()
}

// DID is a did:web document.
type DID struct {
	Context            []string    `json:"@context"`
	ID                 string      `json:"id"`
	VerificationMethod []DIDMethod `json:"verificationMethod"`
	AssertionMethod    []string    `json:"assertionMethod"`
}

// DIDMethod is one key of a did:web document.
type DIDMethod struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Controller string `json:"controller"`
	Key        JWK    `json:"publicKeyJwk"`
}

// DIDDocument returns the document of did with every published credential key. Each stands in assertionMethod, retired
// ones too: the harness refuses a document in which one does not.
func DIDDocument(r Keyring, did string) DID {
	doc := DID{
		Context:            []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"},
		ID:                 did,
		VerificationMethod: []DIDMethod{},
		AssertionMethod:    []string{},
	}
	for _, k := range r.Published(PurposeCredential) {
		j := jwk(k)
		j.KeyID = k.ID
		id := did + "#" + k.ID
		doc.VerificationMethod = append(doc.VerificationMethod, DIDMethod{ID: id, Type: "JsonWebKey2020", Controller: did, Key: j})
		doc.AssertionMethod = append(doc.AssertionMethod, id)
	}
	return doc
}

// IACAList is the issuing authority's roots.
type IACAList struct {
	Data []IACA `json:"data"`
}

// IACA is one root certificate, with what the wallet compares it with.
type IACA struct {
	ID          string          `json:"id"`
	Active      bool            `json:"active"`
	PEM         string          `json:"certificatePem"`
	Certificate CertificateData `json:"certificateData"`
	Fingerprint string          `json:"certificateFingerprint"` // lower-case hexadecimal SHA-256 of the DER
	Key         JWK             `json:"publicKeyJwk"`
}

// CertificateData repeats a root's dates, with milliseconds, and its name.
type CertificateData struct {
	NotAfter   string `json:"notAfter"`
	NotBefore  string `json:"notBefore"`
	Country    string `json:"country"`
	CommonName string `json:"commonName"`
}

// IACAs returns every published root: first the one that the document signer in use is under, for GOV.UK's harness looks at
// no other (harness: isValidIacas), and then the rest, newest first.
func IACAs(r Keyring) IACAList {
	list := IACAList{Data: []IACA{}}
	for _, k := range rootsInUseFirst(r) {
		cert := k.Chain[0]
		sum := sha256.Sum256(cert.Raw)
		data := CertificateData{NotAfter: milliseconds(cert.NotAfter), NotBefore: milliseconds(cert.NotBefore), CommonName: cert.Subject.CommonName}
		if len(cert.Subject.Country) == 1 {
			data.Country = cert.Subject.Country[0]
		}
		list.Data = append(list.Data, IACA{
			ID: k.ID, Active: k.State == StateActive, Certificate: data, Fingerprint: hex.EncodeToString(sum[:]), Key: jwk(k),
			PEM: pemfile.Certificate(cert),
		})
	}
	return list
}

func rootsInUseFirst(r Keyring) []Key {
	roots := r.Published(PurposeIACA)
	signer, err := r.Active(PurposeDocument)
	if err != nil {
		return roots
	}
	idle := func(k Key) int {
		if signedBy(signer.Chain[0], k.Chain[0]) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(roots, func(a, b Key) int { return idle(a) - idle(b) })
	return roots
}

// milliseconds is JavaScript's toISOString, with which the harness compares.
func milliseconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
