package proximity

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

const (
	maxRequest     = 64 << 10
	maxDocRequests = 8
)

// mdlReaderAuth is the extended key usage of a reader's certificate (Annex B.1.7).
var mdlReaderAuth = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}

// ErrReader means a request is not signed by a reader that chains to a root.
var ErrReader = errors.New("the reader is not authenticated")

// Items is what is asked of one document: the elements by namespace, each with whether the reader intends to retain it.
type Items struct {
	DocType    string
	Namespaces map[string]map[string]bool
}

// Reader signs requests: r||s over the SHA-256 of message, under the key of the leaf of Chain (DER, leaf first, without
// the trust anchor).
type Reader struct {
	Sign  func(message []byte) (raw []byte, err error)
	Chain [][]byte
}

// DocRequest is one document of a DeviceRequest.
type DocRequest struct {
	Items Items

	encoded cbor.Embedded // ItemsRequestBytes, as received
	auth    *cose.Sign1   // nil when the reader did not sign
}

// NewDeviceRequest writes a DeviceRequest (§8.3.2.1.2.1) whose every document is signed by reader for the session of
// transcript (§9.1.1.4):
//
//	DeviceRequest = {"version": "1.0", "docRequests": [+ {"itemsRequest": #6.24(bstr), "readerAuth": COSE_Sign1}]}
//	ReaderAuthentication = ["ReaderAuthentication", SessionTranscript, ItemsRequestBytes]
func NewDeviceRequest(items []Items, transcript []byte, reader Reader) ([]byte, error) {
	if len(items) == 0 || len(items) > maxDocRequests {
		return nil, fmt.Errorf("write DeviceRequest: %d documents", len(items))
	}
	requests := make([]map[string]any, len(items))
	for i, item := range items {
		encoded, err := cbor.Embed(map[string]any{"docType": item.DocType, "nameSpaces": item.Namespaces})
		if err != nil {
			return nil, fmt.Errorf("write DeviceRequest: %w", err)
		}
		auth, err := reader.authenticate(encoded, transcript)
		if err != nil {
			return nil, fmt.Errorf("write DeviceRequest: %w", err)
		}
		requests[i] = map[string]any{"itemsRequest": encoded, "readerAuth": cbor.RawMessage(auth)}
	}
	return cbor.Encode(map[string]any{"version": "1.0", "docRequests": requests})
}

func (r Reader) authenticate(items cbor.Embedded, transcript []byte) ([]byte, error) {
	payload, err := readerAuthentication(items, transcript)
	if err != nil {
		return nil, err
	}
	message, err := cose.ToBeSigned(payload)
	if err != nil {
		return nil, err
	}
	signature, err := r.Sign(message)
	if err != nil {
		return nil, err
	}
	return cose.Sign1{Chain: r.Chain, Signature: signature}.Encode()
}

// readerAuthentication is ReaderAuthenticationBytes.
func readerAuthentication(items cbor.Embedded, transcript []byte) ([]byte, error) {
	e, err := cbor.Embed([]any{"ReaderAuthentication", cbor.RawMessage(transcript), items})
	if err != nil {
		return nil, fmt.Errorf("encode ReaderAuthentication: %w", err)
	}
	return e.Encoded(), nil
}

// ParseDeviceRequest reads a DeviceRequest of up to 64 KiB and eight documents. Nothing is verified.
func ParseDeviceRequest(raw []byte) ([]DocRequest, error) {
	if len(raw) > maxRequest {
		return nil, errors.New("read DeviceRequest: too long")
	}
	m, err := cbor.DecodeMap(raw, []string{"version", "docRequests"}, nil)
	if err != nil {
		return nil, fmt.Errorf("read DeviceRequest: %w", err)
	}
	var version string
	if err := cbor.Decode(m["version"], &version); err != nil || version != "1.0" {
		return nil, errors.New("read DeviceRequest: want version 1.0")
	}
	var list []cbor.RawMessage
	if err := cbor.DecodeNullable(m["docRequests"], &list); err != nil || len(list) == 0 || len(list) > maxDocRequests {
		return nil, errors.New("read DeviceRequest: want one to eight docRequests")
	}
	requests := make([]DocRequest, len(list))
	for i, item := range list {
		if requests[i], err = parseDocRequest(item); err != nil {
			return nil, fmt.Errorf("read DeviceRequest: document %d: %w", i, err)
		}
	}
	return requests, nil
}

func parseDocRequest(raw []byte) (DocRequest, error) {
	m, err := cbor.DecodeMap(raw, []string{"itemsRequest"}, []string{"readerAuth"})
	if err != nil {
		return DocRequest{}, err
	}
	var d DocRequest
	if err := cbor.Decode(m["itemsRequest"], &d.encoded); err != nil {
		return DocRequest{}, err
	}
	if d.Items, err = parseItems(d.encoded); err != nil {
		return DocRequest{}, err
	}
	if m["readerAuth"] == nil {
		return d, nil
	}
	d.auth, err = cose.Decode(m["readerAuth"], cose.ES256, cose.ESP256)
	if err == nil && (d.auth.Payload != nil || len(d.auth.Chain) == 0) {
		err = errors.New("readerAuth has a payload of its own, or no certificate")
	}
	return d, err
}

func parseItems(raw []byte) (Items, error) {
	m, err := cbor.DecodeMap(raw, []string{"docType", "nameSpaces"}, []string{"requestInfo"})
	if err != nil {
		return Items{}, err
	}
	var items Items
	if err := errors.Join(cbor.Decode(m["docType"], &items.DocType), cbor.Decode(m["nameSpaces"], &items.Namespaces)); err != nil {
		return Items{}, err
	}
	if items.DocType == "" || len(items.Namespaces) == 0 {
		return Items{}, errors.New("no docType, or no namespace")
	}
	for _, elements := range items.Namespaces {
		if len(elements) == 0 {
			return Items{}, errors.New("a namespace without an element")
		}
	}
	return items, nil
}

// VerifyReader checks who asks (§9.1.1.4): the signature over this request in this session, by a reader's certificate
// (Annex B.1.7) that chains to one of roots now. It returns that certificate. Any failure is ErrReader.
func (d DocRequest) VerifyReader(transcript []byte, roots []*x509.Certificate, now time.Time) (*x509.Certificate, error) {
	if d.auth == nil {
		return nil, fmt.Errorf("%w: the request is not signed", ErrReader)
	}
	leaf, err := readerCertificate(d.auth.Chain, roots, now)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReader, err)
	}
	payload, err := readerAuthentication(d.encoded, transcript)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReader, err)
	}
	if err := d.auth.Verify(leaf.PublicKey, payload); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReader, err)
	}
	return leaf, nil
}

func readerCertificate(chain [][]byte, roots []*x509.Certificate, now time.Time) (*x509.Certificate, error) {
	o := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	for _, root := range roots {
		o.Roots.AddCert(root)
	}
	var leaf *x509.Certificate
	for i, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			leaf = c
		} else {
			o.Intermediates.AddCert(c)
		}
	}
	if _, err := leaf.Verify(o); err != nil {
		return nil, err
	}
	if leaf.IsCA || leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 || !slices.ContainsFunc(leaf.UnknownExtKeyUsage, mdlReaderAuth.Equal) {
		return nil, errors.New("not a reader's certificate")
	}
	return leaf, nil
}
