package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"justice-wallet/keys"
	"justice-wallet/pkg/pemfile"
)

// export writes public material only: the key sets, the DID document, the roots, and for each root whose key is here its
// revocation list; with -documents also the roots as keys vical-export wants them.
func (c *command) export() error {
	if c.out == "" || c.url == "" {
		return errors.New("export: want -out (a directory) and -url (of the issuer)")
	}
	ring, err := c.ring()
	if err != nil {
		return err
	}
	files := map[string]any{
		"jwks.json":        keys.JWKS(ring, keys.PurposeOffer, keys.PurposeStatusList),
		"did.json":         keys.DIDDocument(ring, keys.DIDWeb(c.url)),
		"iacas.json":       keys.IACAs(ring),
		"letter-keys.json": keys.JWKS(ring, keys.PurposeLetter),
	}
	if c.documents != "" {
		files["vical.json"] = iacaList{c.anchors(ring)}
	}
	for name, v := range files {
		content, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.out, name), append(content, '\n'), 0o644); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	return c.exportLists(ring)
}

func (c *command) exportLists(ring *keys.Ring) error {
	for _, root := range ring.Published(keys.PurposeIACA) {
		list, err := keys.CRL(root, ring.All(), c.now())
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if err := os.WriteFile(filepath.Join(c.out, root.ID[:16]+".crl"), list.Raw, 0o644); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	return nil
}

// trustFile is what a verifier is told (verifier.Config.Trust).
type trustFile struct {
	Revoked     []string        `json:"revoked,omitempty"`
	IACAs       []trustedIACA   `json:"iacas"`
	Issuers     []trustedIssuer `json:"issuers"`
	StatusLists []trustedList   `json:"statusLists"`
	Letters     []trustedLetter `json:"letters,omitempty"`
}

type trustedIACA struct {
	PEM       string   `json:"pem"`
	Documents []string `json:"documents"`
	CRLURL    string   `json:"crlURL,omitempty"`
	Links     []string `json:"links,omitempty"`
}

type trustedIssuer struct {
	Issuer   string `json:"issuer"`
	DID      string `json:"did"`
	Document string `json:"document"`
}

type trustedList struct {
	Prefix string `json:"prefix"`
	JWKS   string `json:"jwks"`

	Lists []string `json:"lists,omitempty"`
}

type trustedLetter struct {
	Issuer string `json:"issuer"`
	JWKS   string `json:"jwks"`
}

// listURIs are what `issuer -lists` printed; none when it was not asked.
func (c *command) listURIs() ([]string, error) {
	lists := strings.Fields(c.lists)
	for _, uri := range lists {
		if !strings.HasPrefix(uri, c.url+"/t/") {
			return nil, fmt.Errorf("trust: %s is not a list of %s", uri, c.url)
		}
	}
	return lists, nil
}

// trust prints the file that has a verifier believe this authority, for the docTypes named and no other.
func (c *command) trust() error {
	if c.documents == "" || c.url == "" {
		return errors.New("trust: want -documents (docTypes, with commas between) and -url (of the issuer)")
	}
	ring, err := c.ring()
	if err != nil {
		return err
	}
	lists, err := c.listURIs()
	if err != nil {
		return err
	}
	file := trustFile{
		Issuers:     []trustedIssuer{{Issuer: c.url, DID: keys.DIDWeb(c.url), Document: c.url + "/.well-known/did.json"}},
		StatusLists: []trustedList{{Prefix: c.url + "/t/", JWKS: c.url + "/.well-known/jwks.json", Lists: lists}},
	}
	file.IACAs, file.Revoked = c.anchors(ring), revoked(ring)
	if len(ring.Published(keys.PurposeLetter)) > 0 {
		file.Letters = []trustedLetter{{Issuer: c.url, JWKS: c.url + "/.well-known/letter-keys.json"}}
	}
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(file)
}

// anchors are the roots that are needed, for the docTypes named: with -crl each with where its revocation list is, and each
// with the links by which it vouches for one that came after it.
func (c *command) anchors(ring *keys.Ring) []trustedIACA {
	roots := ring.Published(keys.PurposeIACA)
	out := []trustedIACA{}
	for _, root := range roots {
		cert := root.Chain[0]
		one := trustedIACA{PEM: pemfile.Certificate(cert), Documents: strings.Split(c.documents, ",")}
		if c.crl {
			one.CRLURL = cert.CRLDistributionPoints[0]
		}
		for _, other := range roots {
			for _, link := range other.Chain[1:] {
				if bytes.Equal(link.AuthorityKeyId, cert.SubjectKeyId) && link.CheckSignatureFrom(cert) == nil {
					one.Links = append(one.Links, pemfile.Certificate(link))
				}
			}
		}
		out = append(out, one)
	}
	return out
}

// revoked names every certificate of a revoked key, as a trust file does.
func revoked(ring *keys.Ring) []string {
	var out []string
	for _, k := range ring.All() {
		if k.State != keys.StateRevoked {
			continue
		}
		for _, cert := range k.Chain {
			out = append(out, fingerprint(cert))
		}
	}
	return out
}

func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}
