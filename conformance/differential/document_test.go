package differential_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"testing"
	"time"
)

const docType = "uk.gov.justice.synthetic.1"

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// maker makes mdocs whose digests and signatures are right for what they say, whatever they say. All in them is synthetic.
type maker struct {
	t              *testing.T
	signer, device *ecdsa.PrivateKey
	certificate    []byte // the signer's own
}

func newMaker(t *testing.T) *maker {
	t.Helper()
	m := &maker{t: t, signer: newKey(t), device: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic signer"},
		NotBefore: noon.AddDate(0, 0, -1), NotAfter: noon.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	var err error
	if m.certificate, err = x509.CreateCertificate(rand.Reader, template, template, &m.signer.PublicKey, m.signer); err != nil {
		t.Fatal(err)
	}
	return m
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// stages are where a document is spoilt: what the digests are over, what is signed, what is around it, or the bytes.
const (
	stageItem = iota
	stageMSO
	stageOutside
	stageBytes
	stageNone
	stages
)

// issuerSigned writes an IssuerSigned (ISO 18013-5 §8.3.2.1.2.2), as a tree that may yet be spoilt from outside.
func (m *maker) issuerSigned(in inputs, stage int) *item {
	spaces, digests := members(), members()
	hash, hashName := crypto.SHA256, "SHA-256"
	if in.one(20) {
		hash, hashName = crypto.SHA384, "SHA-384"
	}
	for _, name := range []string{docType, "uk.gov.justice.synthetic.1.GB"}[:1+in.IntN(2)] {
		list, sums := array(), members()
		for id := range 1 + in.IntN(3) {
			it := in.signedItem(uint64(id))
			if stage == stageItem && in.one(2) {
				in.spoil(it)
			}
			list.parts = append(list.parts, it)
			h := hash.New()
			h.Write(it.write())
			sums.parts = append(sums.parts, number(uint64(id)), byteString(h.Sum(nil)))
		}
		spaces.parts = append(spaces.parts, text(name), list)
		digests.parts = append(digests.parts, text(name), sums)
	}
	mso := embedded(m.mso(in, hashName, digests))
	if stage == stageMSO {
		in.spoil(mso)
	}
	out := members(text("nameSpaces"), spaces, text("issuerAuth"), m.sign1(m.signer, mso.write(), true, in.chain(m.certificate)))
	if in.one(20) {
		out.parts = out.parts[2:]
	}
	return out
}

func (in inputs) chain(certificate []byte) *item {
	chain := byteString(certificate)
	if in.one(20) {
		chain = array(chain, pick(in, byteString(certificate), byteString([]byte{0x30, 0}), byteString([]byte{0x30, 0})))
	}
	return members(number(33), chain)
}

func (in inputs) signedItem(id uint64) *item {
	random := make([]byte, 32)
	if in.one(12) {
		random = make([]byte, pick(in, 15, 16, 64, 65))
	}
	for i := range random {
		random[i] = byte(in.IntN(256))
	}
	name := []string{"family_name", "birth_date", "portrait"}[id]
	if in.one(30) {
		name = pick(in, "", "family_name")
	}
	value := pick(in, text("Synthia"), text("Éowyn Ŵ"), number(7), negative(6), simple(21), byteString([]byte{1, 2}), textTag(1004, "1990-02-03"), textTag(0, "2026-11-25T12:00:00Z"),
		array(text("a"), members(text("b"), number(1))), members(text("from"), textTag(1004, "2026-01-01"), text("all"), array()))
	if in.one(60) {
		value = pick(in, tag(1, number(7)), textTag(0, "2026-11-25T12:00:00+01:00"), textTag(1004, "2026-02-30"), tag(55799, text("Synthia")))
	}
	return embedded(members(text("random"), byteString(random), text("digestID"), number(id), text("elementValue"), value,
		text("elementIdentifier"), text(name)))
}

func (m *maker) mso(in inputs, hash string, digests *item) *item {
	allowed := members(text("nameSpaces"), array())
	for i := 0; i < len(digests.parts); i += 2 {
		allowed.parts[1].parts = append(allowed.parts[1].parts, text(string(digests.parts[i].text)))
	}
	if in.one(20) {
		allowed.parts[1].parts = append(allowed.parts[1].parts, text(pick(in, docType, "uk.gov.justice.synthetic.2")))
	}
	info := members(text("deviceKey"), m.deviceKey(), text("keyAuthorizations"), allowed)
	if in.one(20) {
		info.parts = info.parts[:2]
	}
	validity := members(text("signed"), textTag(0, "2026-11-25T12:00:00Z"), text("validFrom"), textTag(0, "2026-11-25T12:00:00Z"),
		text("validUntil"), textTag(0, "2027-11-25T12:00:00Z"))
	if in.one(2) {
		validity.parts = append(validity.parts, text("expectedUpdate"), textTag(0, "2026-12-25T12:00:00Z"))
	}
	out := members(text("docType"), text(docType), text("version"), text("1.0"), text("validityInfo"), validity, text("valueDigests"), digests,
		text("deviceKeyInfo"), info, text("digestAlgorithm"), text(hash))
	if in.one(40) {
		out.parts = append(out.parts, text("unknown"), number(0))
	}
	if !in.one(20) {
		list := "https://issuer.example/t/a"
		reference := members(text("idx"), number(pick[uint64](in, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 1<<31)), text("uri"), text(pick(in, list, list, list, list, list, list, list, list, list, "/t/a")))
		out.parts = append(out.parts, text("status"), members(text("status_list"), reference))
	}
	return out
}

func (m *maker) deviceKey() *item {
	point, err := m.device.PublicKey.Bytes()
	if err != nil {
		m.t.Fatal(err)
	}
	return members(number(1), number(2), negative(0), number(1), negative(1), byteString(point[1:33]), negative(2), byteString(point[33:]))
}

// sign1 writes an untagged COSE_Sign1 by ES256, with its payload in it or without.
func (m *maker) sign1(key *ecdsa.PrivateKey, payload []byte, attached bool, unprotected *item) *item {
	m.t.Helper()
	carried := simple(22)
	if attached {
		carried = byteString(payload)
	}
	return array(byteString(plain), unprotected, carried, byteString(signSign1(m.t, key, plain, payload)))
}

// deviceResponse writes a DeviceResponse of one document (ISO 18013-5 §8.3.2.1.2.2), signed by the device for transcript.
func (m *maker) deviceResponse(in inputs, transcript []byte) []byte {
	stage := in.IntN(stages)
	own := embedded(members())
	if in.one(4) {
		own = embedded(members(text(pick(in, docType, docType, docType, "uk.gov.justice.synthetic.9")), members(text("own"), pick(in, number(1), number(1), number(1), tag(18, number(1))))))
	}
	if stage == stageOutside && in.one(4) {
		in.spoil(own)
	}
	authentication := tag(24, byteString(slices.Concat([]byte{0x84}, text("DeviceAuthentication").write(), transcript, text(docType).write(), own.write())))
	proof := m.sign1(m.device, authentication.write(), false, members())
	document := members(text("docType"), text(docType), text("issuerSigned"), m.issuerSigned(in, stage),
		text("deviceSigned"), members(text("nameSpaces"), own, text("deviceAuth"), members(text("deviceSignature"), proof)))
	version := "1.0"
	if in.one(40) {
		version = "1.1"
	}
	response := members(text("version"), text(version), text("documents"), array(document), text("status"), number(0))
	if stage == stageOutside {
		in.spoil(response)
	}
	if out := response.write(); stage != stageBytes {
		return out
	}
	return in.bend(response.write())
}

// transcript is a SessionTranscript of OpenID4VP: what is hashed in it matters to nobody here.
func transcript() []byte {
	digest := sha256.Sum256([]byte("synthetic"))
	return array(simple(22), simple(22), array(text("OpenID4VPHandover"), byteString(digest[:]))).write()
}
