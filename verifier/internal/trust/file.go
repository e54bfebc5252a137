// Package trust holds whom a verifier believes: one file names the issuing authorities, the issuers of JWT credentials
// and the issuers of status lists. Nobody is believed because of what a document says about itself.
package trust

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/pemfile"
)

const maxFile = 1 << 20

// File is the trust file. A signed one has a version and a time by which there is a newer.
type File struct {
	Version     int64        `json:"version,omitempty"`    // higher in every newer file
	NextUpdate  *time.Time   `json:"nextUpdate,omitempty"` // RFC 3339; after it nobody is believed
	Revoked     []string     `json:"revoked,omitempty"`    // SHA-256 of roots and document signers, lower-case hexadecimal
	IACAs       []IACA       `json:"iacas"`
	Issuers     []Issuer     `json:"issuers"`
	StatusLists []StatusList `json:"statusLists"`
	Letters     []Letters    `json:"letters,omitempty"`
}

// Letters is an issuer of letters on paper. Its keys sign letters and nothing else, and so have a JWK set of their own.
type Letters struct {
	Issuer string `json:"issuer"` // as its letters name it
	JWKS   string `json:"jwks"`   // URL of the keys that sign them
}

// IACA is an issuing authority of mdocs (ISO 18013-5 Annex B.1.2).
type IACA struct {
	PEM       string   `json:"pem"`              // one certificate
	Documents []string `json:"documents"`        // the docTypes it may vouch for, each in full
	CRL       string   `json:"crl,omitempty"`    // its revocation list, PEM; or
	CRLURL    string   `json:"crlURL,omitempty"` // where its revocation list is, DER: fetched from here, and from nowhere that a certificate names
	// Links are link certificates, PEM: a new root's name and key, which this root vouches for (ISO 18013-5 Annex B.1.2).
	// Documents of the new root are believed as this one's are, for as long as both stand.
	Links []string `json:"links,omitempty"`

	certificate *x509.Certificate
	crl         *x509.RevocationList
	links       []*x509.Certificate
}

// Issuer is an issuer of JWT credentials.
type Issuer struct {
	Issuer   string `json:"issuer"`   // iss of its credentials
	DID      string `json:"did"`      // did:web
	Document string `json:"document"` // URL of its DID document: the DID is never resolved
}

// StatusList is an issuer of status lists.
type StatusList struct {
	Prefix string `json:"prefix"` // URL, ends in "/"
	JWKS   string `json:"jwks"`   // URL of the keys that sign the lists

	// Lists are the URIs of all the lists. With them every list is fetched, and no other, whichever document is checked, so
	// that the issuer cannot tell. Without them the one list is fetched.
	Lists []string `json:"lists,omitempty"`
}

// ParseFile reads a trust file: known members only, none twice. The error names every mistake.
func ParseFile(b []byte) (*File, error) {
	if len(b) > maxFile {
		return nil, errors.New("read trust file: longer than 1 MiB")
	}
	// encoding/json alone lets the last of two equal members win, and takes names in any case.
	object, err := jose.ParseClaims(b)
	if err != nil {
		return nil, fmt.Errorf("read trust file: %w", err)
	}
	var f File
	if err := object.DecodeOnly(&f); err != nil {
		return nil, fmt.Errorf("read trust file: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("read trust file:\n%w", err)
	}
	return &f, nil
}

func (f *File) check() error {
	var mistakes []error
	note := func(where string, i int, errs ...error) {
		for _, err := range errs {
			if err != nil {
				mistakes = append(mistakes, fmt.Errorf("%s[%d]: %w", where, i, err))
			}
		}
	}
	if len(f.IACAs) == 0 && len(f.Issuers) == 0 {
		mistakes = append(mistakes, errors.New("it names nobody"))
	}
	for i, digest := range f.Revoked {
		if b, err := hex.DecodeString(digest); err != nil || len(b) != sha256.Size || strings.ToLower(digest) != digest {
			note("revoked", i, errors.New("not a SHA-256 in lower-case hexadecimal"))
		}
	}
	for i := range f.IACAs {
		note("iacas", i, f.IACAs[i].check()...)
	}
	for i, issuer := range f.Issuers {
		note("issuers", i, issuer.check(f.Issuers[:i])...)
	}
	for i, list := range f.StatusLists {
		note("statusLists", i, list.check(f.StatusLists[:i])...)
	}
	for i, l := range f.Letters {
		note("letters", i, l.check(f.Letters[:i])...)
	}
	return errors.Join(mistakes...)
}

func (a *IACA) check() []error {
	var err error
	a.certificate, err = parseRoot(a.PEM)
	errs := []error{err}
	if a.CRL != "" && err == nil {
		a.crl, err = parseCRL(a.CRL, a.certificate)
		errs = append(errs, err)
	}
	if a.CRLURL != "" {
		errs = append(errs, checkURL("crlURL", a.CRLURL))
	}
	if a.CRL != "" && a.CRLURL != "" {
		errs = append(errs, errors.New("crl and crlURL: want one of them"))
	}
	for _, text := range a.Links {
		link, err := parseRoot(text)
		if err == nil && a.certificate != nil && link.CheckSignatureFrom(a.certificate) != nil {
			err = errors.New("a link is not signed by the root")
		}
		errs, a.links = append(errs, err), append(a.links, link)
	}
	if len(a.Documents) == 0 {
		errs = append(errs, errors.New("documents is empty"))
	}
	for _, docType := range a.Documents {
		if docType == "" || strings.Contains(docType, "*") {
			errs = append(errs, fmt.Errorf("documents: %q is not a docType in full", docType))
		}
	}
	return errs
}

// parseCRL reads a revocation list that root has signed.
func parseCRL(text string, root *x509.Certificate) (*x509.RevocationList, error) {
	der, err := pemfile.One([]byte(text), "X509 CRL")
	if err != nil {
		return nil, fmt.Errorf("crl %w", err)
	}
	return readCRL(der, root)
}

func parseRoot(text string) (*x509.Certificate, error) {
	one, err := pemfile.Certificates([]byte(text), 1)
	if err != nil {
		return nil, fmt.Errorf("pem: %w", err)
	}
	c := one[0]
	if _, ok := c.PublicKey.(*ecdsa.PublicKey); !ok || !c.BasicConstraintsValid || !c.IsCA || c.KeyUsage&x509.KeyUsageCertSign == 0 {
		return nil, errors.New("pem is not an issuing authority's root: an ECDSA key that may sign certificates")
	}
	return c, nil
}

func (i Issuer) check(earlier []Issuer) []error {
	errs := []error{checkURL("issuer", i.Issuer), checkURL("document", i.Document)}
	if !did.ValidWeb(i.DID) {
		errs = append(errs, errors.New("did is not a did:web of a host name"))
	}
	for _, other := range earlier {
		if other.Issuer == i.Issuer {
			errs = append(errs, errors.New("issuer stands twice"))
		}
	}
	return errs
}

func (l StatusList) check(earlier []StatusList) []error {
	errs := []error{checkURL("prefix", l.Prefix), checkURL("jwks", l.JWKS)}
	errs = append(errs, l.checkLists()...)
	if !strings.HasSuffix(l.Prefix, "/") {
		errs = append(errs, errors.New("prefix does not end in a slash"))
	}
	for _, other := range earlier {
		if other.Prefix == l.Prefix {
			errs = append(errs, errors.New("prefix stands twice"))
		}
	}
	return errs
}

// Equal says whether l and other are the same in everything.
func (l StatusList) Equal(other StatusList) bool {
	return l.Prefix == other.Prefix && l.JWKS == other.JWKS && slices.Equal(l.Lists, other.Lists)
}

// maxLists is how many lists one issuer may have: each is fetched, and held, whole.
const maxLists = 256

func (l StatusList) checkLists() []error {
	var errs []error
	if len(l.Lists) > maxLists {
		errs = append(errs, fmt.Errorf("lists are more than %d", maxLists))
	}
	for i, uri := range l.Lists {
		if !strings.HasPrefix(uri, l.Prefix) || !segment.MatchString(uri[len(l.Prefix):]) {
			errs = append(errs, fmt.Errorf("lists[%d] is not the prefix and one plain path segment", i))
		}
		if slices.Contains(l.Lists[:i], uri) {
			errs = append(errs, fmt.Errorf("lists[%d] stands twice", i))
		}
	}
	return errs
}

// segment is the last part of a list's URI: nothing that could lead to another path, a query or another host.
var segment = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func (l Letters) check(earlier []Letters) []error {
	errs := []error{checkURL("issuer", l.Issuer), checkURL("jwks", l.JWKS)}
	for _, other := range earlier {
		if other.Issuer == l.Issuer {
			errs = append(errs, errors.New("issuer stands twice"))
		}
	}
	return errs
}

func checkURL(name, address string) error {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.String() != address {
		return fmt.Errorf("%s is not an absolute http or https URL in its plain form", name)
	}
	if u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.JoinPath().Path != u.Path {
		return fmt.Errorf("%s has a query, a fragment or dots in its path", name)
	}
	return nil
}
