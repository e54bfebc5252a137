package mdoc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	_ "crypto/sha256" // digests: ours, and those of other issuers
	_ "crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
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
	maxIndex    = 1<<31 - 1 // of a status list
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

// MSO is a MobileSecurityObject (ISO 18013-5 §9.1.2.4), version 1.0.
type MSO struct {
	DocType    string
	Hash       crypto.Hash                  // digestAlgorithm: SHA-256, SHA-384 or SHA-512. What we write is SHA-256.
	Digests    map[string]map[uint64][]byte // by namespace and digestID; Hash.Size() bytes each
	DeviceKey  crypto.PublicKey             // *ecdsa.PublicKey on P-256 or ed25519.PublicKey
	Authorised Authorisations
	Validity   credential.Validity
	Status     *credential.StatusRef // nil when the document has no status
}

// Authorisations is keyAuthorizations: the elements the device key may sign itself.
type Authorisations struct {
	Namespaces []string            // whole namespaces
	Elements   map[string][]string // single elements, by namespace
}

func (a Authorisations) allows(e ElementID) bool {
	return slices.Contains(a.Namespaces, e.Namespace) || slices.Contains(a.Elements[e.Namespace], e.Name)
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

// Open reads IssuerSigned = {? "nameSpaces": IssuerNameSpaces, "issuerAuth": COSE_Sign1} (ISO 18013-5 §8.3.2.1.2.2); a
// holder who shows no element leaves nameSpaces out. Nothing is verified.
func Open(raw []byte) (*IssuerSigned, error) {
	m, err := cbor.DecodeMap(raw, []string{"issuerAuth"}, []string{"nameSpaces"})
	if err != nil {
		return nil, fmt.Errorf("open IssuerSigned: %w", err)
	}
	s := &IssuerSigned{}
	if m["nameSpaces"] != nil {
		if s.Namespaces, err = openNamespaces(m["nameSpaces"]); err != nil {
			return nil, fmt.Errorf("open nameSpaces: %w", err)
		}
	}
	if s.auth, err = cose.Decode(m["issuerAuth"], cose.ES256, cose.ESP256, cose.ES384, cose.ES512, cose.EdDSA, cose.Ed25519); err != nil {
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
	switch chain[0].PublicKey.(type) {
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return chain, nil
	}
	return nil, fmt.Errorf("the document signer's key is of no kind that ISO 18013-5 allows")
}

// VerifySignature checks issuerAuth under the key of the leaf of the chain, over the bytes received.
func (s *IssuerSigned) VerifySignature() error {
	return s.auth.Verify(s.Chain[0].PublicKey, s.auth.Payload)
}

// VerifyDigests checks every item against the MSO (ISO 18013-5 §9.3.1 step 3). The MSO may hold more digests.
func (s *IssuerSigned) VerifyDigests() error {
	for namespace, items := range s.Namespaces {
		for _, item := range items {
			want, ok := s.MSO.Digests[namespace][item.DigestID]
			h := s.MSO.Hash.New()
			h.Write(item.encoded)
			if !ok || subtle.ConstantTimeCompare(want, h.Sum(nil)) != 1 {
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
	mso.Hash = digestAlgorithms()[algorithm]
	if version != "1.0" || mso.Hash == 0 || mso.DocType == "" {
		return MSO{}, fmt.Errorf("want version 1.0, a SHA-2 digest algorithm and a docType")
	}
	if mso.Digests, err = openDigests(m["valueDigests"], mso.Hash.Size()); err != nil {
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

// digestAlgorithms are those of ISO 18013-5 §9.1.2.5, Table 21.
func digestAlgorithms() map[string]crypto.Hash {
	return map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}
}

func openDigests(raw cbor.RawMessage, size int) (map[string]map[uint64][]byte, error) {
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
			if len(digest) != size || id > maxDigestID {
				return nil, fmt.Errorf("%q digest %d: %d bytes, want %d", namespace, id, len(digest), size)
			}
			out[namespace][id] = digest
		}
	}
	return out, nil
}

func openDeviceKeyInfo(raw cbor.RawMessage) (crypto.PublicKey, Authorisations, error) {
	m, err := cbor.DecodeMap(raw, []string{"deviceKey"}, []string{"keyAuthorizations", "keyInfo"})
	if err != nil {
		return nil, Authorisations{}, err
	}
	key, err := cose.DecodePublicKey(m["deviceKey"])
	if err != nil || m["keyAuthorizations"] == nil {
		return key, Authorisations{}, err
	}
	authorised, err := openAuthorisations(m["keyAuthorizations"])
	return key, authorised, err
}

// openAuthorisations refuses a namespace named both whole and in part (ISO 18013-5 §9.1.2.4).
func openAuthorisations(raw cbor.RawMessage) (Authorisations, error) {
	var a Authorisations
	m, err := cbor.DecodeMap(raw, nil, []string{"nameSpaces", "dataElements"})
	if err == nil && m["nameSpaces"] != nil {
		a.Namespaces, err = openTexts(m["nameSpaces"])
	}
	if err == nil && m["dataElements"] != nil {
		a.Elements, err = openLists(m["dataElements"])
	}
	if err != nil {
		return Authorisations{}, fmt.Errorf("keyAuthorizations: %w", err)
	}
	for _, namespace := range a.Namespaces {
		if _, both := a.Elements[namespace]; both {
			return Authorisations{}, fmt.Errorf("keyAuthorizations: %q stands in both lists", namespace)
		}
	}
	return a, nil
}

// openTexts reads each text by itself: the library would look through a tag around it.
func openTexts(raw cbor.RawMessage) ([]string, error) {
	var list []cbor.RawMessage
	if err := cbor.Decode(raw, &list); err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	for i, item := range list {
		if err := cbor.Decode(item, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func openLists(raw cbor.RawMessage) (map[string][]string, error) {
	var lists map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &lists); err != nil {
		return nil, err
	}
	out := make(map[string][]string, len(lists))
	for name, list := range lists {
		var err error
		if out[name], err = openTexts(list); err != nil {
			return nil, err
		}
	}
	return out, nil
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
	if index > maxIndex {
		return nil, fmt.Errorf("an index that no list has")
	}
	ref.Index = int(index)
	return &ref, nil
}
