package mdoc

import (
	"errors"
	"fmt"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

// ErrDeviceMAC means the device authenticated with a MAC, which needs the reader's key agreement.
var ErrDeviceMAC = errors.New("device authentication by MAC cannot be checked without the reader's key")

// maxDocuments bounds the documents of one response.
const maxDocuments = 8

// Presented is one document of a DeviceResponse. Nothing in it is to be believed before its checks have passed.
type Presented struct {
	DocType      string
	IssuerSigned *IssuerSigned

	deviceNamespaces cbor.Embedded // DeviceNameSpacesBytes: kept because the signature covers it; never shown
	signature        *cose.Sign1   // nil when the device used a MAC
}

// OpenDeviceResponse reads a DeviceResponse (ISO 18013-5 §8.3.2.1.2.2) of version 1.0 with status 0 and at least one
// document. Nothing is verified.
func OpenDeviceResponse(raw []byte) ([]*Presented, error) {
	m, err := cbor.DecodeMap(raw, []string{"version", "status"}, []string{"documents", "documentErrors"})
	if err != nil {
		return nil, fmt.Errorf("open DeviceResponse: %w", err)
	}
	var version string
	var status uint64
	var documents []cbor.RawMessage
	if err := errors.Join(cbor.Decode(m["version"], &version), cbor.Decode(m["status"], &status)); err != nil {
		return nil, fmt.Errorf("open DeviceResponse: %w", err)
	}
	if version != "1.0" || status != 0 || m["documents"] == nil {
		return nil, fmt.Errorf("open DeviceResponse: want version 1.0, status 0 and documents")
	}
	if err := cbor.DecodeNullable(m["documents"], &documents); err != nil {
		return nil, fmt.Errorf("open DeviceResponse: %w", err)
	}
	if len(documents) == 0 || len(documents) > maxDocuments {
		return nil, fmt.Errorf("open DeviceResponse: %d documents", len(documents))
	}
	presented := make([]*Presented, len(documents))
	for i, document := range documents {
		if presented[i], err = openDocument(document); err != nil {
			return nil, fmt.Errorf("open document %d: %w", i, err)
		}
	}
	return presented, nil
}

func openDocument(raw cbor.RawMessage) (*Presented, error) {
	m, err := cbor.DecodeMap(raw, []string{"docType", "issuerSigned", "deviceSigned"}, []string{"errors"})
	if err != nil {
		return nil, err
	}
	p := &Presented{}
	if err := cbor.Decode(m["docType"], &p.DocType); err != nil {
		return nil, fmt.Errorf("docType: %w", err)
	}
	if p.IssuerSigned, err = Open(m["issuerSigned"]); err != nil {
		return nil, err
	}
	if err := p.openDeviceSigned(m["deviceSigned"]); err != nil {
		return nil, fmt.Errorf("deviceSigned: %w", err)
	}
	return p, nil
}

// openDeviceSigned reads {"nameSpaces": #6.24(bstr), "deviceAuth": {"deviceSignature": COSE_Sign1 // "deviceMac": COSE_Mac0}}.
func (p *Presented) openDeviceSigned(raw cbor.RawMessage) error {
	m, err := cbor.DecodeMap(raw, []string{"nameSpaces", "deviceAuth"}, nil)
	if err != nil {
		return err
	}
	if err := cbor.Decode(m["nameSpaces"], &p.deviceNamespaces); err != nil {
		return err
	}
	var own map[string]cbor.RawMessage
	if err := cbor.Decode(p.deviceNamespaces, &own); err != nil {
		return fmt.Errorf("nameSpaces: %w", err)
	}
	auth, err := cbor.DecodeMap(m["deviceAuth"], nil, []string{"deviceSignature", "deviceMac"})
	if err != nil {
		return err
	}
	if len(auth) != 1 {
		return fmt.Errorf("deviceAuth holds %d proofs, want one", len(auth))
	}
	if auth["deviceSignature"] == nil {
		return nil
	}
	p.signature, err = cose.Decode(auth["deviceSignature"])
	if err == nil && (p.signature.Payload != nil || p.signature.Chain != nil) {
		err = fmt.Errorf("the device signature's payload is not detached, or it brings certificates")
	}
	return err
}

// VerifyDevice checks that the holder of the device key signed this document for this session (ISO 18013-5 §9.1.3.6):
//
//	DeviceAuthentication = ["DeviceAuthentication", SessionTranscript, DocType, DeviceNameSpacesBytes]
//
// transcript is the encoded SessionTranscript, an array of three.
func (p *Presented) VerifyDevice(transcript []byte) error {
	if p.signature == nil {
		return ErrDeviceMAC
	}
	var parts []cbor.RawMessage
	if err := cbor.DecodeNullable(transcript, &parts); err != nil || len(parts) != 3 {
		return fmt.Errorf("the session transcript is not an array of three")
	}
	authentication, err := cbor.Embed([]any{"DeviceAuthentication", cbor.RawMessage(transcript), p.DocType, p.deviceNamespaces})
	if err != nil {
		return fmt.Errorf("encode DeviceAuthentication: %w", err)
	}
	return p.signature.Verify(p.IssuerSigned.MSO.DeviceKey, authentication.Encoded())
}
