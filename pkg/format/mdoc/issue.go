// Package mdoc writes and opens ISO/IEC 18013-5 documents: IssuerSigned, the MobileSecurityObject, and the DeviceResponse
// in which a wallet presents them.
//
// What it writes: deterministic CBOR, digest order random per credential, a 32-byte salt for every element, issuerAuth an
// untagged COSE_Sign1 with the document signer's certificate as x5chain. What it opens has one form (see pkg/cbor).
package mdoc

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"sort"

	"justice-wallet/keys"
	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
)

// saltSize is the length of an IssuerSignedItem's random: twice what ISO 18013-5 §9.1.2.5 asks for.
const saltSize = 32

// Format is ISO mdoc as the issuer writes it.
type Format struct {
	Rand io.Reader // salts and digest order
}

// Name returns "mso_mdoc" (OID4VCI 1.0, Appendix A.2).
func (Format) Name() string { return "mso_mdoc" }

// Purpose returns the document signer's.
func (Format) Purpose() keys.Purpose { return keys.PurposeDocument }

// Describe says how d looks as an mdoc.
func (Format) Describe(d *document.Document) (credential.Description, bool) {
	if d.MDoc == nil {
		return credential.Description{}, false
	}
	desc := credential.Description{
		Configuration:  d.MDoc.Configuration,
		Format:         "mso_mdoc",
		DocType:        d.MDoc.DocType,
		BindingMethods: []string{"cose_key"},
	}
	for _, e := range d.Elements {
		desc.Claims = append(desc.Claims, credential.Claim{
			Path: []string{e.Namespace, e.Name}, Mandatory: !e.Optional, ValueType: string(e.Shape.Kind), NameEN: e.Display.EN, NameCY: e.Display.CY,
		})
	}
	return desc, true
}

// draft is an IssuerSigned that lacks its signature.
type draft struct {
	doc   *document.Document
	key   keys.Key
	items map[string][]cbor.Embedded
	mso   []byte // MobileSecurityObjectBytes: the payload
}

// Draft writes s as an mdoc for key, a document signer with its certificate.
func (f Format) Draft(d *document.Document, s credential.Statement, key keys.Key) (issuance.Draft, error) {
	if d.MDoc == nil || len(key.Chain) == 0 {
		return nil, fmt.Errorf("draft mdoc: %s has no mdoc form, or the key no certificate", d.Type)
	}
	items, digests, err := f.items(s.Elements)
	if err != nil {
		return nil, fmt.Errorf("draft mdoc: %w", err)
	}
	mso, err := encodeMSO(d.MDoc.DocType, s, digests)
	if err != nil {
		return nil, fmt.Errorf("draft mdoc: %w", err)
	}
	return &draft{doc: d, key: key, items: items, mso: mso}, nil
}

// items writes the elements, each namespace in a random digest order, and the digests over them.
func (f Format) items(elements []credential.Element) (map[string][]cbor.Embedded, map[string]map[uint64][]byte, error) {
	spaces := map[string][]credential.Element{}
	for _, e := range elements {
		spaces[e.Namespace] = append(spaces[e.Namespace], e)
	}
	items, digests := map[string][]cbor.Embedded{}, map[string]map[uint64][]byte{}
	for namespace, list := range spaces {
		if err := f.shuffle(list); err != nil {
			return nil, nil, err
		}
		digests[namespace] = make(map[uint64][]byte, len(list))
		for id, e := range list {
			item, err := f.item(uint64(id), e)
			if err != nil {
				return nil, nil, fmt.Errorf("%s %s: %w", e.Namespace, e.Name, err)
			}
			digest := sha256.Sum256(item.Encoded())
			items[namespace] = append(items[namespace], item)
			digests[namespace][uint64(id)] = digest[:]
		}
	}
	return items, digests, nil
}

func (f Format) item(id uint64, e credential.Element) (cbor.Embedded, error) {
	value, err := toCBOR(e.Value)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(f.Rand, salt); err != nil {
		return nil, fmt.Errorf("read salt: %w", err)
	}
	return cbor.Embed(map[string]any{"digestID": id, "random": salt, "elementIdentifier": e.Name, "elementValue": value})
}

// shuffle puts the elements in a uniformly random order (Fisher-Yates), so that a digestID tells nothing of its element.
func (f Format) shuffle(list []credential.Element) error {
	for i := len(list) - 1; i > 0; i-- {
		j, err := rand.Int(f.Rand, big.NewInt(int64(i+1)))
		if err != nil {
			return fmt.Errorf("shuffle: %w", err)
		}
		list[i], list[j.Int64()] = list[j.Int64()], list[i]
	}
	return nil
}

// encodeMSO writes MobileSecurityObjectBytes = #6.24(bstr .cbor MobileSecurityObject), ISO 18013-5 §9.1.2.4.
func encodeMSO(docType string, s credential.Statement, digests map[string]map[uint64][]byte) ([]byte, error) {
	deviceKey, err := cose.EncodeKey(s.Holder)
	if err != nil {
		return nil, err
	}
	namespaces := make([]string, 0, len(digests))
	for namespace := range digests {
		namespaces = append(namespaces, namespace)
	}
	sort.Strings(namespaces)
	mso, err := cbor.Embed(map[string]any{
		"version":         "1.0",
		"digestAlgorithm": "SHA-256",
		"valueDigests":    digests,
		"deviceKeyInfo": map[string]any{
			"deviceKey":         cbor.RawMessage(deviceKey),
			"keyAuthorizations": map[string]any{"nameSpaces": namespaces},
		},
		"docType":      docType,
		"validityInfo": validityInfo(s.Validity),
		"status":       map[string]any{"status_list": map[string]any{"idx": s.Status.Index, "uri": s.Status.URI}},
	})
	if err != nil {
		return nil, err
	}
	return mso.Encoded(), nil
}

func validityInfo(v credential.Validity) map[string]any {
	info := map[string]any{
		"signed":     cbor.DateTime(v.Signed),
		"validFrom":  cbor.DateTime(v.From),
		"validUntil": cbor.DateTime(v.Until),
	}
	if !v.ExpectedUpdate.IsZero() {
		info["expectedUpdate"] = cbor.DateTime(v.ExpectedUpdate)
	}
	return info
}

// Reopen opens the document around a blank signature, and checks every digest.
func (d *draft) Reopen() (credential.Statement, error) {
	raw, err := d.encode(make([]byte, cose.SignatureSize))
	if err != nil {
		return credential.Statement{}, err
	}
	opened, err := Open(raw)
	if err != nil {
		return credential.Statement{}, err
	}
	if err := opened.VerifyDigests(); err != nil {
		return credential.Statement{}, err
	}
	holder, _ := opened.MSO.DeviceKey.(*ecdsa.PublicKey)
	s := credential.Statement{
		DocumentType: opened.MSO.DocType,
		Elements:     opened.Elements(),
		Validity:     opened.MSO.Validity,
		Holder:       holder,
	}
	if s.DocumentType == d.doc.MDoc.DocType {
		s.DocumentType = d.doc.Type
	}
	if opened.MSO.Status != nil {
		s.Status = *opened.MSO.Status
	}
	return s, nil
}

// ToBeSigned returns the Sig_structure over the MSO.
func (d *draft) ToBeSigned() ([]byte, error) { return cose.ToBeSigned(d.mso) }

// Seal returns unpadded base64url of IssuerSigned.
func (d *draft) Seal(signature []byte) (string, error) {
	sign1 := cose.Sign1{Payload: d.mso, Signature: signature}
	if err := sign1.Verify(d.key.Public(), d.mso); err != nil {
		return "", fmt.Errorf("seal mdoc: %w", err)
	}
	raw, err := d.encode(signature)
	if err != nil {
		return "", fmt.Errorf("seal mdoc: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func (d *draft) encode(signature []byte) ([]byte, error) {
	sign1 := cose.Sign1{Chain: [][]byte{d.key.Chain[0].Raw}, Payload: d.mso, Signature: signature}
	auth, err := sign1.Encode()
	if err != nil {
		return nil, err
	}
	return cbor.Encode(map[string]any{"nameSpaces": d.items, "issuerAuth": cbor.RawMessage(auth)})
}
