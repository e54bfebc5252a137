package hostile_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"time"
)

// forgedVICAL is a list of roots that is good until somebody spoils it (ISO 18013-5 Annex C.1.7.2).
type forgedVICAL struct {
	key                      *ecdsa.PrivateKey
	anchor                   *x509.Certificate // who signs, and is trusted
	unprotected              []byte
	version                  string
	next                     time.Time
	certificate, serial, ski []byte
	docTypes                 []byte
	times                    int
	after                    []byte
}

func newVICAL() forgedVICAL {
	signerKey, rootKey := stranger(), stranger()
	template := authority("A root in a list")
	template.SubjectKeyId = []byte("the key of a root")
	der, err := x509.CreateCertificate(rand.Reader, template, template, &rootKey.PublicKey, rootKey)
	if err != nil {
		panic(err)
	}
	anchor := selfSigned(signerKey)
	return forgedVICAL{
		key: signerKey, anchor: anchor, unprotected: mapping(number(33), bytestring(anchor.Raw)), version: "1.0", next: time.Now().Add(24 * time.Hour), times: 1,
		certificate: der, serial: template.SerialNumber.Bytes(), ski: template.SubjectKeyId, docTypes: array(text(release)),
	}
}

func (v forgedVICAL) raw() []byte {
	info := mapping(text("certificate"), bytestring(v.certificate), text("serialNumber"), tag(2, bytestring(v.serial)), text("ski"), bytestring(v.ski), text("docType"), v.docTypes)
	payload := mapping(text("version"), text(v.version), text("vicalProvider"), text("Forged"), text("date"), moment(time.Now()), text("nextUpdate"), moment(v.next),
		text("certificateInfos"), join(head(4, uint64(v.times)), bytes.Repeat(info, v.times)))
	protected := mapping(number(1), number(-7))
	return append(array(bytestring(protected), v.unprotected, bytestring(payload), bytestring(signCOSE(v.key, protected, payload))), v.after...)
}
