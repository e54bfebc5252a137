package mdoc

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"sort"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

var (
	// ErrDeviceMAC means the device authenticated with a MAC, which needs the reader's key agreement.
	ErrDeviceMAC = errors.New("device authentication by MAC cannot be checked without the reader's key")

	// ErrMAC means the device's MAC does not verify.
	ErrMAC = cose.ErrMAC

	// ErrDeviceElements means the device signed elements its issuer did not authorise its key for.
	ErrDeviceElements = errors.New("the device key is not authorised for an element it signed")
)

// The ways a device authenticates (ISO 18013-5 §9.1.3.1).
const (
	MethodSignature = "device_signature"
	MethodMAC       = "device_mac"
)

// maxDocuments bounds the documents of one response.
const maxDocuments = 8

// Presented is one document of a DeviceResponse. Nothing in it is to be believed before its checks have passed.
type Presented struct {
	DocType      string
	IssuerSigned *IssuerSigned

	deviceNamespaces cbor.Embedded // DeviceNameSpacesBytes: kept because the signature covers it; never shown
	own              []ElementID   // the names within
	signature        *cose.Sign1   // one of the two is nil
	mac              *cose.Mac0
}

// ElementID names one element.
type ElementID struct{ Namespace, Name string }

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
	if p.own, err = elementIDs(p.deviceNamespaces); err != nil {
		return fmt.Errorf("nameSpaces: %w", err)
	}
	auth, err := cbor.DecodeMap(m["deviceAuth"], nil, []string{"deviceSignature", "deviceMac"})
	if err != nil {
		return err
	}
	if len(auth) != 1 {
		return fmt.Errorf("deviceAuth holds %d proofs, want one", len(auth))
	}
	if auth["deviceMac"] != nil {
		p.mac, err = cose.DecodeMac0(auth["deviceMac"])
		return err
	}
	p.signature, err = cose.DecodeDetached(auth["deviceSignature"], cose.ES256, cose.ESP256, cose.EdDSA, cose.Ed25519)
	return err
}

// elementIDs reads DeviceNameSpaces = {* namespace => {+ element => any}} for its names.
func elementIDs(raw []byte) ([]ElementID, error) {
	var spaces map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &spaces); err != nil {
		return nil, err
	}
	var out []ElementID
	for namespace, raw := range spaces {
		var elements map[string]cbor.RawMessage
		if err := cbor.Decode(raw, &elements); err != nil {
			return nil, err
		}
		if len(elements) == 0 {
			return nil, fmt.Errorf("%q holds no element", namespace)
		}
		for name := range elements {
			out = append(out, ElementID{namespace, name})
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].Namespace < out[j].Namespace || out[i].Namespace == out[j].Namespace && out[i].Name < out[j].Name
	})
	return out, nil
}

// Method says how the device authenticated: MethodSignature or MethodMAC.
func (p *Presented) Method() string {
	if p.mac != nil {
		return MethodMAC
	}
	return MethodSignature
}

// DeviceElements names what the device signed itself. Nothing here reads their values: only an issuer's word counts.
func (p *Presented) DeviceElements() []ElementID { return slices.Clone(p.own) }

// VerifyDevice checks that the holder of the device key authenticated this document for this session (ISO 18013-5
// §9.1.3.4), and that the key was authorised for whatever the device signed itself (§9.1.2.4, keyAuthorizations):
//
//	DeviceAuthentication = ["DeviceAuthentication", SessionTranscript, DocType, DeviceNameSpacesBytes]
//
// transcript is the encoded SessionTranscript, an array of three. macKey derives EMacKey from the device key (§9.1.3.5);
// without it a MAC is ErrDeviceMAC. Other errors are ErrSignature, ErrMAC, ErrDeviceElements, or say that transcript is
// not one.
func (p *Presented) VerifyDevice(transcript []byte, macKey func(device crypto.PublicKey) ([]byte, error)) error {
	payload, err := p.authentication(transcript)
	if err != nil {
		return err
	}
	mso := p.IssuerSigned.MSO
	if p.mac == nil {
		err = p.signature.Verify(mso.DeviceKey, payload)
	} else {
		err = p.verifyMAC(payload, macKey)
	}
	if err == nil && slices.ContainsFunc(p.own, func(e ElementID) bool { return !mso.Authorised.allows(e) }) {
		err = ErrDeviceElements
	}
	return err
}

func (p *Presented) authentication(transcript []byte) ([]byte, error) {
	var parts []cbor.RawMessage
	if err := cbor.DecodeNullable(transcript, &parts); err != nil || len(parts) != 3 {
		return nil, fmt.Errorf("the session transcript is not an array of three")
	}
	authentication, err := cbor.Embed([]any{"DeviceAuthentication", cbor.RawMessage(transcript), p.DocType, p.deviceNamespaces})
	if err != nil {
		return nil, fmt.Errorf("encode DeviceAuthentication: %w", err)
	}
	return authentication.Encoded(), nil
}

func (p *Presented) verifyMAC(payload []byte, macKey func(crypto.PublicKey) ([]byte, error)) error {
	if macKey == nil {
		return ErrDeviceMAC
	}
	key, err := macKey(p.IssuerSigned.MSO.DeviceKey)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDeviceMAC, err)
	}
	return p.mac.Verify(key, payload)
}
