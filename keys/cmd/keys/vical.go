package main

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/pemfile"
	"justice-wallet/pkg/vical"
)

// iacaList is the iacas of a trust file (verifier.Config.Trust).
type iacaList struct {
	IACAs []trustedIACA `json:"iacas"`
}

// importVICAL prints the roots of a list that the anchor vouches for, as iacas of a trust file: for the docTypes named, and
// for no other that the list would also let them sign.
func (c verifierCommand) importVICAL() error {
	if c.anchor == "" || c.documents == "" {
		return errors.New("vical-import: want -anchor (of the list's signer, PEM) and -documents (docTypes, with commas between)")
	}
	anchors, err := readCertificates(c.anchor)
	if err != nil {
		return fmt.Errorf("vical-import: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(c.stdin, maxList+1))
	if err != nil || len(raw) > maxList {
		return errors.New("vical-import: standard input cannot be read, or is too long")
	}
	list, err := vical.Open(raw, anchors, c.now)
	if err != nil {
		return fmt.Errorf("vical-import: %w", err)
	}
	wanted := strings.Split(c.documents, ",")
	out := iacaList{IACAs: []trustedIACA{}}
	for _, info := range list.Infos {
		documents := slices.DeleteFunc(slices.Clone(info.DocTypes), func(d string) bool { return !slices.Contains(wanted, d) })
		if len(documents) > 0 {
			out.IACAs = append(out.IACAs, trustedIACA{PEM: pemfile.Certificate(info.Certificate), Documents: documents})
		}
	}
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// exportVICAL signs the iacas of the trust file on standard input as a list of our own.
func (c verifierCommand) exportVICAL() error {
	if c.key == "" || c.chain == "" || c.name == "" || c.version <= 0 {
		return errors.New("vical-export: want -key, -chain (PEM), -name (of the provider), -version over 0, and perhaps -days (1)")
	}
	key, err := readPrivateKey(c.key)
	if err != nil {
		return fmt.Errorf("vical-export: %w", err)
	}
	chain, err := readCertificates(c.chain)
	if err != nil {
		return fmt.Errorf("vical-export: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(c.stdin, maxList+1))
	if err != nil || len(content) > maxList {
		return errors.New("vical-export: standard input cannot be read, or is too long")
	}
	object, err := jose.ParseClaims(content)
	if err != nil {
		return errors.New("vical-export: standard input is not one JSON object")
	}
	var file iacaList
	if err := object.Decode(&file); err != nil {
		return fmt.Errorf("vical-export: %w", err)
	}
	day := c.now.UTC().Truncate(time.Second)
	list := vical.List{Provider: c.name, Date: day, IssueID: uint64(c.version), NextUpdate: day.AddDate(0, 0, c.days)}
	for i, a := range file.IACAs {
		roots, err := pemfile.Certificates([]byte(a.PEM), 1)
		if err != nil {
			return fmt.Errorf("vical-export: iacas[%d]: not one certificate", i)
		}
		list.Infos = append(list.Infos, vical.Info{Certificate: roots[0], DocTypes: a.Documents})
	}
	signer := vical.Signer{Sign: es256.Signer(key)}
	for _, certificate := range chain {
		signer.Chain = append(signer.Chain, certificate.Raw)
	}
	raw, err := vical.Seal(list, signer)
	if err != nil {
		return err
	}
	_, err = c.stdout.Write(raw)
	return err
}

// maxChain is a leaf and two authorities between it and the anchor.
const maxChain = 3

func readCertificates(path string) ([]*x509.Certificate, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return pemfile.Certificates(content, maxChain)
}
