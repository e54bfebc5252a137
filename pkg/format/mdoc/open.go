package mdoc

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"sort"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/credential"
)

// Limits of ISO 18013-5 §9.1.2.4 and ours.
const (
	minRandom   = 16 // bytes of an IssuerSignedItem's random
	maxRandom   = 64 // far more than anyone needs
	maxDigestID = 1<<31 - 1
	digestSize  = sha256.Size
)

var (
	// ErrDigest means an item's digest is not the one the issuer signed.
	ErrDigest = errors.New("digest does not match")

	// ErrSignature means the issuer's or the device's signature does not verify.
	ErrSignature = cose.ErrSignature
)

// Item is one IssuerSignedItem (ISO 18013-5 §8.3.2.1.2.2):
//
//	IssuerSignedItem = {"digestID": uint, "random": bstr, "elementIdentifier": tstr, "elementValue": any}
type Item struct {
	DigestID uint64
	Random   []byte
	Name     string
	Value    any // as credential.Element allows

	encoded []byte // IssuerSignedItemBytes: #6.24(bstr .cbor IssuerSignedItem), which the digest covers
}

// MSO is a MobileSecurityObject (ISO 18013-5 §9.1.2.4), version 1.0 with SHA-256 digests and a P-256 device key.
type MSO struct {
	DocType    string
	Digests    map[string]map[uint64][]byte // by namespace and digestID; 32 bytes each
	DeviceKey  *ecdsa.PublicKey
	Authorised []string // keyAuthorizations.nameSpaces: what the device key may sign itself
	Validity   credential.Validity
	Status     *credential.StatusRef // nil when the document has no status
}

// IssuerSigned is an opened mdoc. What it says is not to be believed before VerifySignature and VerifyDigests, and the
// chain not before it has been followed to a trusted root.
type IssuerSigned struct {
	Namespaces map[string][]Item
	Chain      []*x509.Certificate // x5chain, leaf first
	MSO        MSO

	auth *cose.Sign1
}

// OpenBase64 opens the credential as OID4VCI carries it: unpadded base64url of IssuerSigned.
func OpenBase64(s string) (*IssuerSigned, error) {
	if len(s) > cbor.MaxBytes/3*4 {
		return nil, fmt.Errorf("open mdoc: %d characters are too many", len(s))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("open mdoc: not unpadded base64url")
	}
	return Open(raw)
}

// Open reads IssuerSigned = {"nameSpaces": IssuerNameSpaces, "issuerAuth": COSE_Sign1} (ISO 18013-5 §8.3.2.1.2.2).
// Nothing is verified.
func Open(raw []byte) (*IssuerSigned, error) {
	m, err := cbor.DecodeMap(raw, []string{"nameSpaces", "issuerAuth"}, nil)
	if err != nil {
		return nil, fmt.Errorf("open IssuerSigned: %w", err)
	}
	s := &IssuerSigned{}
	if s.Namespaces, err = openNamespaces(m["nameSpaces"]); err != nil {
		return nil, fmt.Errorf("open nameSpaces: %w", err)
	}
	if s.auth, err = cose.Decode(m["issuerAuth"]); err != nil {
		return nil, fmt.Errorf("open issuerAuth: %w", err)
	}
	if s.Chain, err = openChain(s.auth.Chain); err != nil {
		return nil, fmt.Errorf("open x5chain: %w", err)
	}
	if s.MSO, err = openMSO(s.auth.Payload); err != nil {
		return nil, fmt.Errorf("open MobileSecurityObject: %w", err)
	}
	return s, nil
}

func openNamespaces(raw cbor.RawMessage) (map[string][]Item, error) {
	var spaces map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &spaces); err != nil {
		return nil, err
	}
	if len(spaces) == 0 {
		return nil, fmt.Errorf("no namespace")
	}
	out := make(map[string][]Item, len(spaces))
	for name, list := range spaces {
		var encoded []cbor.RawMessage
		if err := cbor.Decode(list, &encoded); err != nil {
			return nil, err
		}
		items, err := openItems(encoded)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		out[name] = items
	}
	return out, nil
}

// openItems refuses an empty namespace, and two items with one digestID or one element.
func openItems(encoded []cbor.RawMessage) ([]Item, error) {
	if len(encoded) == 0 {
		return nil, fmt.Errorf("no element")
	}
	items := make([]Item, len(encoded))
	ids, names := map[uint64]bool{}, map[string]bool{}
	for i, raw := range encoded {
		item, err := openItem(raw)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		if ids[item.DigestID] || names[item.Name] {
			return nil, fmt.Errorf("item %d: its digestID or element stands twice", i)
		}
		ids[item.DigestID], names[item.Name] = true, true
		items[i] = item
	}
	return items, nil
}

func openItem(raw cbor.RawMessage) (Item, error) {
	var inner cbor.Embedded
	if err := cbor.Decode(raw, &inner); err != nil {
		return Item{}, err
	}
	m, err := cbor.DecodeMap(inner, []string{"digestID", "random", "elementIdentifier", "elementValue"}, nil)
	if err != nil {
		return Item{}, err
	}
	item := Item{encoded: raw}
	var random cbor.Bytes
	if err := errors.Join(
		cbor.Decode(m["digestID"], &item.DigestID),
		cbor.Decode(m["random"], &random),
		cbor.Decode(m["elementIdentifier"], &item.Name),
	); err != nil {
		return Item{}, err
	}
	if item.DigestID > maxDigestID {
		return Item{}, fmt.Errorf("digestID %d is over 2^31-1", item.DigestID)
	}
	if len(random) < minRandom || len(random) > maxRandom {
		return Item{}, fmt.Errorf("random of %d bytes", len(random))
	}
	item.Random = random
	if item.Value, err = decodeValue(m["elementValue"]); err != nil {
		return Item{}, fmt.Errorf("elementValue: %w", err)
	}
	return item, nil
}

func openChain(ders [][]byte) ([]*x509.Certificate, error) {
	if len(ders) == 0 {
		return nil, fmt.Errorf("missing")
	}
	chain := make([]*x509.Certificate, len(ders))
	for i, der := range ders {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i, err)
		}
		chain[i] = cert
	}
	if key, ok := chain[0].PublicKey.(*ecdsa.PublicKey); !ok || key.Curve.Params().BitSize != 256 {
		return nil, fmt.Errorf("the document signer's key is not on P-256")
	}
	return chain, nil
}

// VerifySignature checks issuerAuth under the key of the leaf of the chain, over the bytes received.
func (s *IssuerSigned) VerifySignature() error {
	return s.auth.Verify(s.Chain[0].PublicKey.(*ecdsa.PublicKey), s.auth.Payload)
}

// VerifyDigests checks every item against the MSO (ISO 18013-5 §9.3.1 step 3). The MSO may hold more digests.
func (s *IssuerSigned) VerifyDigests() error {
	for namespace, items := range s.Namespaces {
		for _, item := range items {
			want, ok := s.MSO.Digests[namespace][item.DigestID]
			got := sha256.Sum256(item.encoded)
			if !ok || subtle.ConstantTimeCompare(want, got[:]) != 1 {
				return fmt.Errorf("%w: %s %s", ErrDigest, namespace, item.Name)
			}
		}
	}
	return nil
}

// Elements returns what the document states, by namespace and then name.
func (s *IssuerSigned) Elements() []credential.Element {
	var out []credential.Element
	for namespace, items := range s.Namespaces {
		for _, item := range items {
			out = append(out, credential.Element{Namespace: namespace, Name: item.Name, Value: item.Value})
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Namespace != out[j].Namespace {
			return out[i].Namespace < out[j].Namespace
		}
		return out[i].Name < out[j].Name
	})
	return out
}

func openMSO(payload []byte) (MSO, error) {
	var inner cbor.Embedded
	if err := cbor.Decode(payload, &inner); err != nil {
		return MSO{}, err
	}
	m, err := cbor.DecodeMap(inner,
		[]string{"version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo"}, []string{"status"})
	if err != nil {
		return MSO{}, err
	}
	var mso MSO
	var version, algorithm string
	if err := errors.Join(
		cbor.Decode(m["version"], &version),
		cbor.Decode(m["digestAlgorithm"], &algorithm),
		cbor.Decode(m["docType"], &mso.DocType),
	); err != nil {
		return MSO{}, err
	}
	if version != "1.0" || algorithm != "SHA-256" || mso.DocType == "" {
		return MSO{}, fmt.Errorf("want version 1.0, SHA-256 and a docType")
	}
	if mso.Digests, err = openDigests(m["valueDigests"]); err != nil {
		return MSO{}, fmt.Errorf("valueDigests: %w", err)
	}
	if mso.DeviceKey, mso.Authorised, err = openDeviceKeyInfo(m["deviceKeyInfo"]); err != nil {
		return MSO{}, fmt.Errorf("deviceKeyInfo: %w", err)
	}
	if mso.Validity, err = openValidity(m["validityInfo"]); err != nil {
		return MSO{}, fmt.Errorf("validityInfo: %w", err)
	}
	if mso.Status, err = openStatus(m["status"]); err != nil {
		return MSO{}, fmt.Errorf("status: %w", err)
	}
	return mso, nil
}

func openDigests(raw cbor.RawMessage) (map[string]map[uint64][]byte, error) {
	var spaces map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &spaces); err != nil {
		return nil, err
	}
	out := make(map[string]map[uint64][]byte, len(spaces))
	for namespace, raw := range spaces {
		var digests map[uint64]cbor.Bytes
		if err := cbor.Decode(raw, &digests); err != nil {
			return nil, err
		}
		out[namespace] = make(map[uint64][]byte, len(digests))
		for id, digest := range digests {
			if len(digest) != digestSize || id > maxDigestID {
				return nil, fmt.Errorf("%q digest %d: %d bytes, want %d", namespace, id, len(digest), digestSize)
			}
			out[namespace][id] = digest
		}
	}
	return out, nil
}

func openDeviceKeyInfo(raw cbor.RawMessage) (*ecdsa.PublicKey, []string, error) {
	m, err := cbor.DecodeMap(raw, []string{"deviceKey"}, []string{"keyAuthorizations", "keyInfo"})
	if err != nil {
		return nil, nil, err
	}
	key, err := cose.DecodeKey(m["deviceKey"])
	if err != nil || m["keyAuthorizations"] == nil {
		return key, nil, err
	}
	auth, err := cbor.DecodeMap(m["keyAuthorizations"], nil, []string{"nameSpaces", "dataElements"})
	if err != nil || auth["nameSpaces"] == nil {
		return key, nil, err
	}
	var names []string
	err = cbor.Decode(auth["nameSpaces"], &names)
	return key, names, err
}

func openValidity(raw cbor.RawMessage) (credential.Validity, error) {
	m, err := cbor.DecodeMap(raw, []string{"signed", "validFrom", "validUntil"}, []string{"expectedUpdate"})
	if err != nil {
		return credential.Validity{}, err
	}
	var signed, from, until, update cbor.DateTime
	err = errors.Join(cbor.Decode(m["signed"], &signed), cbor.Decode(m["validFrom"], &from), cbor.Decode(m["validUntil"], &until))
	if m["expectedUpdate"] != nil {
		err = errors.Join(err, cbor.Decode(m["expectedUpdate"], &update))
	}
	return credential.Validity{Signed: time.Time(signed), From: time.Time(from), Until: time.Time(until), ExpectedUpdate: time.Time(update)}, err
}

// openStatus reads {"status_list": {"idx": uint, "uri": tstr}}: the reference of the token status list draft, as GOV.UK
// and the second edition's draft place it in the MSO. Kept behind this one function because the edition is a draft.
func openStatus(raw cbor.RawMessage) (*credential.StatusRef, error) {
	if raw == nil {
		return nil, nil
	}
	m, err := cbor.DecodeMap(raw, []string{"status_list"}, nil)
	if err != nil {
		return nil, err
	}
	list, err := cbor.DecodeMap(m["status_list"], []string{"idx", "uri"}, nil)
	if err != nil {
		return nil, err
	}
	var ref credential.StatusRef
	var index uint32
	if err := errors.Join(cbor.Decode(list["idx"], &index), cbor.Decode(list["uri"], &ref.URI)); err != nil {
		return nil, err
	}
	ref.Index = int(index)
	return &ref, nil
}
