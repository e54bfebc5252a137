package hostile_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"strings"
	"time"
)

// mdoc is an mdoc of the forge, in parts that a case may spoil. The digests are made over the items as they are written,
// and the signature over the protected header and the MSO: only what is spoilt is wrong.
type mdoc struct {
	docType, namespace string
	items              [][]byte            // encoded IssuerSignedItem maps
	tagged             func([]byte) []byte // an item as it stands in the document
	digests            func(map[int][]byte) []byte
	status             []byte // the value of status; nil: none
	validity           []byte
	deviceKey          []byte
	mso                func([]byte) []byte // the whole MSO, before it is signed
	payload            func(mso []byte) []byte
	protected          []byte
	unprotected        []byte
	auth               func(protected, unprotected, payload, signature []byte) []byte
	whole              func([]byte) []byte
	key                *ecdsa.PrivateKey
}

// mdoc is a good one, whose status is entry 1 of a list that the forge publishes.
func (f *forge) mdoc() *mdoc {
	now := time.Now().UTC().Truncate(time.Second)
	return &mdoc{
		docType: release, namespace: release,
		items:     [][]byte{item(0, "family_name", text("Forged")), item(1, "document_number", text("FORGED1"))},
		tagged:    embedded,
		digests:   digestMap,
		status:    statusMap(1, f.publish()),
		validity:  validity(now.Add(-time.Hour), now.Add(-time.Hour), now.AddDate(0, 0, 30)),
		deviceKey: coseKey(&f.holder.PublicKey),
		payload:   embedded,
		protected: mapping(number(1), number(-7)), unprotected: mapping(number(33), bytestring(f.ds.Raw)),
		key: f.dsKey,
	}
}

func item(id int, name string, value []byte) []byte {
	return itemWith(number(id), 16, name, value)
}

func itemWith(id []byte, salt int, name string, value []byte) []byte {
	random := make([]byte, salt)
	rand.Read(random) // never fails
	return mapping(text("digestID"), id, text("random"), bytestring(random), text("elementIdentifier"), text(name), text("elementValue"), value)
}

func digestMap(digests map[int][]byte) []byte {
	var pairs [][]byte
	for id := range len(digests) {
		pairs = append(pairs, number(id), bytestring(digests[id]))
	}
	return mapping(pairs...)
}

func statusMap(index int, uri string) []byte {
	return mapping(text("status_list"), mapping(text("idx"), number(index), text("uri"), text(uri)))
}

func moment(t time.Time) []byte { return tag(0, text(t.UTC().Format("2006-01-02T15:04:05Z"))) }

func validity(signed, from, until time.Time) []byte {
	return mapping(text("signed"), moment(signed), text("validFrom"), moment(from), text("validUntil"), moment(until))
}

// coseKey is an EC2 key of P-256 (RFC 9053 §7.1.1).
func coseKey(key *ecdsa.PublicKey) []byte {
	point, err := key.Bytes()
	if err != nil {
		panic(err)
	}
	return mapping(number(1), number(2), number(-1), number(1), number(-2), bytestring(point[1:33]), number(-3), bytestring(point[33:]))
}

// issuerSigned writes it down.
func (m *mdoc) issuerSigned() []byte {
	var tagged [][]byte
	digests := map[int][]byte{}
	for i, item := range m.items {
		t := m.tagged(item)
		digest := sha256.Sum256(t)
		tagged, digests[i] = append(tagged, t), digest[:]
	}
	mso := mapping(
		text("version"), text("1.0"), text("digestAlgorithm"), text("SHA-256"),
		text("valueDigests"), mapping(text(m.namespace), m.digests(digests)),
		text("deviceKeyInfo"), mapping(text("deviceKey"), m.deviceKey), text("docType"), text(m.docType), text("validityInfo"), m.validity)
	if m.status != nil {
		mso = join(head(5, 7), mso[1:], text("status"), m.status)
	}
	if m.mso != nil {
		mso = m.mso(mso)
	}
	payload := m.payload(mso)
	signature := signCOSE(m.key, m.protected, payload)
	auth := array(bytestring(m.protected), m.unprotected, bytestring(payload), bytestring(signature))
	if m.auth != nil {
		auth = m.auth(bytestring(m.protected), m.unprotected, bytestring(payload), bytestring(signature))
	}
	out := mapping(text("nameSpaces"), mapping(text(m.namespace), array(tagged...)), text("issuerAuth"), auth)
	if m.whole != nil {
		out = m.whole(out)
	}
	return out
}

// signCOSE is the signature of a COSE_Sign1 (RFC 9052 §4.4) with the hash of the key's curve.
func signCOSE(key *ecdsa.PrivateKey, protected, payload []byte) []byte {
	structure := array(text("Signature1"), bytestring(protected), bytestring(nil), bytestring(payload))
	digest, size := sha256.Sum256(structure), (key.Curve.Params().BitSize+7)/8
	hashed := digest[:]
	if size > 32 {
		long := sha512.Sum384(structure)
		hashed = long[:]
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, hashed)
	if err != nil {
		panic(err)
	}
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
}

// bare has the verifier look at a document that nobody presents.
func (b *bench) bare(raw []byte) string { return b.verify(map[string]any{"issuerSigned": b64(raw)}) }

// replaceOnce changes one place, which must be there once.
func replaceOnce(old, new []byte) func([]byte) []byte {
	return func(b []byte) []byte {
		if strings.Count(string(b), string(old)) != 1 {
			panic("what is to be changed is not there once")
		}
		return []byte(strings.Replace(string(b), string(old), string(new), 1))
	}
}

// spoilt is a case of an mdoc that is good but for one thing.
func spoilt(name string, spoil func(b *bench, m *mdoc), want, from string) hostile {
	return hostile{name, func(b *bench) func() string {
		m := b.forge.mdoc()
		spoil(b, m)
		raw := m.issuerSigned()
		return func() string { return b.bare(raw) }
	}, want, from}
}
