// Package vical reads and writes a Verified Issuer Certificate Authority List (ISO/IEC 18013-5:2021 Annex C.1.7): the
// roots that somebody whom we trust vouches for, and the documents that each may sign.
package vical

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

const (
	version         = "1.0"
	maxCertificates = 1024
	maxDocTypes     = 64
)

// List is a VICAL.
type List struct {
	Provider   string
	Date       time.Time // UTC, whole seconds
	IssueID    uint64    // zero: none
	NextUpdate time.Time // zero: none is promised
	Infos      []Info
}

// Info is one root, and the docTypes it may vouch for.
type Info struct {
	Certificate *x509.Certificate
	DocTypes    []string
}

// Signer signs lists with ES256: r||s over the SHA-256 of message, under the key of the leaf of Chain (DER, leaf first).
type Signer struct {
	Sign  func(message []byte) (raw []byte, err error)
	Chain [][]byte
}

var (
	// ErrSigner means that the list is signed by nobody whom an anchor vouches for.
	ErrSigner = errors.New("the VICAL's signer is not trusted")

	// ErrStale means that nextUpdate has passed: there must be a newer list.
	ErrStale = errors.New("the VICAL is out of date")
)

// Seal writes l as an untagged COSE_Sign1 with the signer's certificates in x5chain:
//
//	VICAL = {"version": "1.0", "vicalProvider": tstr, "date": tdate, ? "vicalIssueID": uint, ? "nextUpdate": tdate,
//	         "certificateInfos": [* {"certificate": bstr, "serialNumber": #6.2(bstr), "ski": bstr, "docType": [+ tstr]}]}
func Seal(l List, s Signer) ([]byte, error) {
	m := map[string]any{"version": version, "vicalProvider": l.Provider, "date": cbor.DateTime(l.Date)}
	if l.IssueID != 0 {
		m["vicalIssueID"] = l.IssueID
	}
	if !l.NextUpdate.IsZero() {
		m["nextUpdate"] = cbor.DateTime(l.NextUpdate)
	}
	infos := make([]any, len(l.Infos))
	for i, info := range l.Infos {
		c := info.Certificate
		if len(info.DocTypes) == 0 || len(c.SubjectKeyId) == 0 {
			return nil, fmt.Errorf("write VICAL: root %d has no docType or no subject key identifier", i)
		}
		infos[i] = map[string]any{
			"certificate": c.Raw, "serialNumber": cbor.BigUint(c.SerialNumber.Bytes()), "ski": c.SubjectKeyId, "docType": info.DocTypes,
			"issuer": c.RawIssuer, "subject": c.RawSubject, "notBefore": cbor.DateTime(c.NotBefore), "notAfter": cbor.DateTime(c.NotAfter),
		}
	}
	m["certificateInfos"] = infos
	payload, err := cbor.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("write VICAL: %w", err)
	}
	message, err := cose.ToBeSigned(payload)
	if err != nil {
		return nil, fmt.Errorf("write VICAL: %w", err)
	}
	signature, err := s.Sign(message)
	if err != nil {
		return nil, fmt.Errorf("write VICAL: %w", err)
	}
	return cose.Sign1{Chain: s.Chain, Payload: payload, Signature: signature}.Encode()
}

// Open reads a list that a signer has signed whose certificate is an anchor, or was issued by one, and is valid now. The
// certificates within are compared with what is said of them; they are believed by whoever takes them into a trust list.
func Open(raw []byte, anchors []*x509.Certificate, now time.Time) (*List, error) {
	signed, err := cose.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("read VICAL: %w", err)
	}
	if signed.Payload == nil {
		return nil, errors.New("read VICAL: the payload is detached")
	}
	leaf, err := signer(signed.Chain, anchors, now)
	if err != nil {
		return nil, fmt.Errorf("read VICAL: %w: %w", ErrSigner, err)
	}
	if err := signed.Verify(leaf.PublicKey, signed.Payload); err != nil {
		return nil, fmt.Errorf("read VICAL: %w: %w", ErrSigner, err)
	}
	l, err := parse(signed.Payload)
	if err != nil {
		return nil, fmt.Errorf("read VICAL: %w", err)
	}
	if !l.NextUpdate.IsZero() && !now.Before(l.NextUpdate) {
		return nil, fmt.Errorf("read VICAL: %w", ErrStale)
	}
	return l, nil
}

func signer(chain [][]byte, anchors []*x509.Certificate, now time.Time) (*x509.Certificate, error) {
	if len(chain) == 0 {
		return nil, errors.New("no certificate")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, err
	}
	o := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	for _, anchor := range anchors {
		o.Roots.AddCert(anchor)
	}
	for _, der := range chain[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		o.Intermediates.AddCert(c)
	}
	if _, err := leaf.Verify(o); err != nil {
		return nil, err
	}
	if leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return nil, errors.New("the certificate may not sign")
	}
	return leaf, nil
}

// parse reads past members that it does not know: the structure is open (Annex C.1.7.2).
func parse(payload []byte) (*List, error) {
	var m map[string]cbor.RawMessage
	if err := cbor.Decode(payload, &m); err != nil {
		return nil, err
	}
	var l List
	var v string
	var date cbor.DateTime
	if err := errors.Join(cbor.Decode(m["version"], &v), cbor.Decode(m["vicalProvider"], &l.Provider), cbor.Decode(m["date"], &date)); err != nil {
		return nil, err
	}
	if v != version {
		return nil, fmt.Errorf("version %q", v)
	}
	l.Date = time.Time(date)
	if m["vicalIssueID"] != nil {
		if err := cbor.Decode(m["vicalIssueID"], &l.IssueID); err != nil {
			return nil, err
		}
	}
	if m["nextUpdate"] != nil {
		var next cbor.DateTime
		if err := cbor.Decode(m["nextUpdate"], &next); err != nil {
			return nil, err
		}
		l.NextUpdate = time.Time(next)
	}
	var infos []cbor.RawMessage
	if err := cbor.Decode(m["certificateInfos"], &infos); err != nil || len(infos) > maxCertificates {
		return nil, errors.New("certificateInfos is not an array of up to 1024")
	}
	for i, raw := range infos {
		info, err := parseInfo(raw)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i, err)
		}
		l.Infos = append(l.Infos, info)
	}
	return &l, nil
}

// parseInfo refuses a certificate of which the list says what is not so.
func parseInfo(raw []byte) (Info, error) {
	var m map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &m); err != nil {
		return Info{}, err
	}
	var der, ski cbor.Bytes
	var serial cbor.BigUint
	var info Info
	if err := errors.Join(cbor.Decode(m["certificate"], &der), cbor.Decode(m["serialNumber"], &serial), cbor.Decode(m["ski"], &ski),
		cbor.Decode(m["docType"], &info.DocTypes)); err != nil {
		return Info{}, err
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return Info{}, err
	}
	if !bytes.Equal(c.SerialNumber.Bytes(), serial) || !bytes.Equal(c.SubjectKeyId, ski) {
		return Info{}, errors.New("serialNumber or ski is not the certificate's")
	}
	if len(info.DocTypes) == 0 || len(info.DocTypes) > maxDocTypes || slices.Contains(info.DocTypes, "") {
		return Info{}, errors.New("docType is empty, or too many")
	}
	info.Certificate = c
	return info, nil
}
