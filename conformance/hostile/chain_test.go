package hostile_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"time"
)

// chained is an mdoc whose document signer's certificates are those that make returns; its key is the first one's.
func chained(name string, make func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate, want, from string) hostile {
	return spoilt(name, func(b *bench, m *mdoc) {
		key := newKey(b.t)
		m.key = key
		m.unprotected = mapping(number(33), chainOf(make(b, key)...))
	}, want, from)
}

func chainOf(certificates ...*x509.Certificate) []byte {
	if len(certificates) == 1 {
		return bytestring(certificates[0].Raw)
	}
	var all [][]byte
	for _, c := range certificates {
		all = append(all, bytestring(c.Raw))
	}
	return array(all...)
}

// ofRoot is a document signer's certificate by the forge's root, but for what edit does.
func ofRoot(edit func(*x509.Certificate)) func(*bench, *ecdsa.PrivateKey) []*x509.Certificate {
	return func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
		template := signer("Edited document signer")
		edit(template)
		return []*x509.Certificate{b.forge.certify(b.t, template, b.forge.root, &key.PublicKey, b.forge.rootKey)}
	}
}

// ofImpostor is a document signer's certificate by a root that is trusted in nothing but what edit gives it.
func ofImpostor(edit func(b *bench, root *x509.Certificate)) func(*bench, *ecdsa.PrivateKey) []*x509.Certificate {
	return func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
		rootKey := newKey(b.t)
		template := authority("Impostor's IACA root")
		edit(b, template)
		root := b.forge.certify(b.t, template, nil, &rootKey.PublicKey, rootKey)
		return []*x509.Certificate{b.forge.certify(b.t, signer("Impostor's document signer"), root, &key.PublicKey, rootKey)}
	}
}

func chains() []hostile {
	const untrusted, profile, current = "not_valid chain_untrusted", "not_valid signer_profile", "not_valid signer_not_current"
	const annexB = "ISO 18013-5 Annex B.1.4"
	usage := func(ids ...asn1.ObjectIdentifier) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.UnknownExtKeyUsage = ids }
	}
	return []hostile{
		chained("a signer that signed itself", func(_ *bench, key *ecdsa.PrivateKey) []*x509.Certificate { return []*x509.Certificate{selfSigned(key)} }, untrusted, "ISO 18013-5 §9.3.1 step 1; keycloak#52217"),
		chained("a signer that signed itself under the root's name", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			template := signer("")
			template.RawSubject = b.forge.root.RawSubject
			return []*x509.Certificate{b.forge.certify(b.t, template, nil, &key.PublicKey, key)}
		}, untrusted, "keycloak#52217: self-issued is not self-signed; names vouch for nobody"),
		chained("a root of the same name and another key", ofImpostor(func(b *bench, root *x509.Certificate) { root.Subject = b.forge.root.Subject }), untrusted, "auth0-lab/mdl#37: a name that matches"),
		chained("a root of the same name and the same key identifier", ofImpostor(func(b *bench, root *x509.Certificate) {
			root.Subject, root.SubjectKeyId = b.forge.root.Subject, b.forge.root.SubjectKeyId
		}), untrusted, "RFC 5280 §4.2.1.1: a key identifier is a hint"),
		chained("a root of the same serial number", ofImpostor(func(b *bench, root *x509.Certificate) { root.SerialNumber = b.forge.root.SerialNumber }), untrusted, "RFC 5280 §4.1.2.2: unique for one issuer"),
		chained("a root that nobody trusts", ofImpostor(func(*bench, *x509.Certificate) {}), untrusted, "ISO 18013-5 §9.3.1 step 1"),
		chained("a name that differs in its white space", ofImpostor(func(_ *bench, root *x509.Certificate) { root.Subject.CommonName = "Forged  IACA root" }), untrusted, "RFC 5280 §7.1: compared as bytes here"),
		chained("the untrusted root sent along", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			rootKey := newKey(b.t)
			root := b.forge.certify(b.t, authority("Impostor's IACA root"), nil, &rootKey.PublicKey, rootKey)
			return []*x509.Certificate{b.forge.certify(b.t, signer("Impostor's"), root, &key.PublicKey, rootKey), root}
		}, untrusted, "eudi-lib-ios-wallet-kit#359: trust in what the message brings"),
		chained("the trusted root sent along", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			return []*x509.Certificate{b.forge.certify(b.t, signer("Signer"), b.forge.root, &key.PublicKey, b.forge.rootKey), b.forge.root}
		}, untrusted, "ISO 18013-5 §9.1.2.4: the root is not sent"),
		chained("the trusted signer's certificate behind another's", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			return []*x509.Certificate{selfSigned(key), b.forge.ds}
		}, untrusted, "RFC 9360 §2: the first is the signer; others looked at the last"),
		chained("an intermediate authority", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			middleKey := newKey(b.t)
			middle := b.forge.certify(b.t, authority("Middle"), b.forge.root, &middleKey.PublicKey, b.forge.rootKey)
			return []*x509.Certificate{b.forge.certify(b.t, signer("Below the middle"), middle, &key.PublicKey, middleKey), middle}
		}, untrusted, "ISO 18013-5 Annex B.1.2: path length 0"),
		chained("a document signer that signs another", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			return []*x509.Certificate{b.forge.certify(b.t, signer("By the signer"), b.forge.ds, &key.PublicKey, b.forge.dsKey)}
		}, untrusted, "auth0-lab/mdl#37; CVE-2020-0601's kin: a leaf for an authority"),
		chained("a document signer that signs another, sent along", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			return []*x509.Certificate{b.forge.certify(b.t, signer("By the signer"), b.forge.ds, &key.PublicKey, b.forge.dsKey), b.forge.ds}
		}, untrusted, "a leaf for an authority"),
		chained("the same certificate twice", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			c := b.forge.certify(b.t, signer("Twice"), b.forge.root, &key.PublicKey, b.forge.rootKey)
			return []*x509.Certificate{c, c}
		}, untrusted, "ISO 18013-5 §9.1.2.4: the signer alone"),
		chained("fifty certificates", func(b *bench, key *ecdsa.PrivateKey) []*x509.Certificate {
			out := []*x509.Certificate{b.forge.certify(b.t, signer("First"), b.forge.root, &key.PublicKey, b.forge.rootKey)}
			for range 49 {
				out = append(out, b.forge.ds)
			}
			return out
		}, "not_valid", "CVE-2023-24532's kin: paths cost time"),

		chained("a signer that has expired", ofRoot(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), current, "ISO 18013-5 §9.3.3"),
		chained("a signer that is not valid yet", ofRoot(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), current, "ISO 18013-5 §9.3.3"),
		chained("signed before its signer was valid", ofRoot(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(-time.Minute) }), "not_valid signer_period", "auth0-lab/mdl#17; sigstore-go GO-2026-6162"),
		chained("a signer for something else", ofRoot(usage(asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6})), profile, annexB+": 1.0.18013.5.1.2; a reader's certificate signs no documents"),
		chained("a signer for no purpose", ofRoot(usage()), profile, annexB),
		chained("a signer for any purpose", ofRoot(func(c *x509.Certificate) {
			c.UnknownExtKeyUsage, c.ExtKeyUsage = nil, []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}), profile, annexB),
		chained("a TLS server's certificate", ofRoot(func(c *x509.Certificate) {
			c.UnknownExtKeyUsage, c.ExtKeyUsage = nil, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}), profile, annexB),
		chained("a signer that is an authority", ofRoot(func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign
		}), "not_valid", annexB+": no authority"),
		chained("a signer that may not sign", ofRoot(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), profile, annexB+": digitalSignature"),
		chained("a critical extension that nobody knows", ofRoot(func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}), untrusted, "RFC 5280 §4.2"),
		chained("the root itself as the signer", func(b *bench, _ *ecdsa.PrivateKey) []*x509.Certificate { return []*x509.Certificate{b.forge.root} }, "not_valid", annexB+": a root signs certificates"),

		spoilt("no certificate", func(_ *bench, m *mdoc) { m.unprotected = mapping() }, "not_valid malformed", "RFC 9360 §2"),
		spoilt("an empty list of certificates", func(_ *bench, m *mdoc) { m.unprotected = mapping(number(33), array()) }, "not_valid malformed", "RFC 9360 §2: one at least"),
		spoilt("a list of one certificate", func(b *bench, m *mdoc) { m.unprotected = mapping(number(33), array(bytestring(b.forge.ds.Raw))) }, "not_valid malformed", "RFC 9360 §2: one is written bare"),
		spoilt("a certificate that is none", func(_ *bench, m *mdoc) { m.unprotected = mapping(number(33), bytestring([]byte("certificate"))) }, "not_valid malformed", "fulcio CVE-2025-66506: parsing what anyone sends"),
		spoilt("a certificate with bytes after it", func(b *bench, m *mdoc) {
			m.unprotected = mapping(number(33), bytestring(append(bytes.Clone(b.forge.ds.Raw), 0)))
		}, "not_valid malformed", "encoding/asn1 GO-2026-5972"),
		spoilt("a certificate in PEM", func(b *bench, m *mdoc) { m.unprotected = mapping(number(33), bytestring([]byte(pemOf(b.forge.ds)))) }, "not_valid malformed", "RFC 9360 §2: DER"),
		spoilt("x5u instead of x5chain", func(b *bench, m *mdoc) { m.unprotected = mapping(number(35), tag(32, text(b.forge.url+lure))) }, "not_valid malformed", "RFC 9360 §2: a URL of the message's own"),
		spoilt("x5bag instead of x5chain", func(b *bench, m *mdoc) { m.unprotected = mapping(number(32), bytestring(b.forge.ds.Raw)) }, "not_valid malformed", "RFC 9360 §2: a bag has no order, and no trust"),
		spoilt("x5chain in the protected header", func(b *bench, m *mdoc) {
			m.protected = mapping(number(1), number(-7), number(33), bytestring(b.forge.ds.Raw))
			m.unprotected = mapping()
		}, "not_valid malformed", "ISO 18013-5 §9.1.2.4: unprotected; one place for it"),
		spoilt("a docType that its root does not vouch for", func(_ *bench, m *mdoc) { m.docType = "org.iso.18013.5.1.mDL" }, "not_valid chain_untrusted", "credo-ts#2831: every authority for its own documents"),
		spoilt("a docType that nobody vouches for", func(_ *bench, m *mdoc) { m.docType = "uk.gov.justice.nothing.1" }, "not_valid no_trusted_root", "ISO 18013-5 §9.3.1"),
		spoilt("a signer with an RSA key", func(b *bench, m *mdoc) {
			m.unprotected = mapping(number(33), bytestring(b.forge.certify(b.t, signer("RSA"), b.forge.root, &rsaKey(b).PublicKey, b.forge.rootKey).Raw))
		}, "not_valid malformed", "ISO 18013-5 Table B.3: EC alone"),
		spoilt("a signer on another curve than its algorithm's", func(b *bench, m *mdoc) {
			key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
			if err != nil {
				b.t.Fatal(err)
			}
			m.key = key
			m.unprotected = mapping(number(33), bytestring(b.forge.certify(b.t, signer("P-384"), b.forge.root, &key.PublicKey, b.forge.rootKey).Raw))
		}, "not_valid", "RFC 9053 §2.1: ES256 with P-256 here"),
	}
}

func rsaKey(b *bench) *rsa.PrivateKey {
	b.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.t.Fatal(err)
	}
	return key
}

// twins are two things under one name.
func twins() []hostile {
	twoMethods := func(b *bench, first, second *ecdsa.PublicKey) map[string]any {
		return didDocument(didMethod("twin", first), didMethod("twin", second))
	}
	return append([]hostile{
		hostileDID("two keys of one id, the good one first", func(b *bench) any { return twoMethods(b, &b.forge.issuer.PublicKey, &stranger().PublicKey) }, "twin", "DID Core §5.2: ids are unique; jwx v2.1.7 tries the first alone"),
		hostileDID("two keys of one id, the good one last", func(b *bench) any { return twoMethods(b, &stranger().PublicKey, &b.forge.issuer.PublicKey) }, "twin", "DID Core §5.2: ids are unique"),
		hostileKeys("two keys of one kid", func(b *bench) any {
			return map[string]any{"keys": []any{publicJWK(listKID, &stranger().PublicKey), publicJWK(listKID, &b.forge.lists.PublicKey)}}
		}, "RFC 7517 §4.5: jwx v2.1.7 tries the first alone"),
	}, twinPresentations()...)
}

// twinPresentation is an answer of a good document, among those that documents makes of it.
func twinPresentation(name string, documents func(b *bench, one []byte) []byte, want, from string) hostile {
	return hostile{name, func(b *bench) func() string {
		m := b.forge.mdoc()
		transcript := array([]byte{0xf6}, []byte{0xf6}, array(text("OpenID4VPHandover"), bytestring(make([]byte, 32))))
		one := deviceSigned(b.forge.holder, m.docType, m.issuerSigned(), transcript)
		raw := mapping(text("version"), text("1.0"), text("documents"), documents(b, one), text("status"), number(0))
		return func() string {
			return b.verify(map[string]any{"deviceResponse": b64(raw), "sessionTranscript": b64(transcript)})
		}
	}, want, from}
}

// twinPresentations are answers with two documents where one was asked for.
func twinPresentations() []hostile {
	return []hostile{
		twinPresentation("one document twice in a response", func(_ *bench, one []byte) []byte { return array(one, one) }, "not_valid document_count", "OpenID4VP 1.0 §8.1: one credential, one presentation"),
		twinPresentation("no document in a response", func(*bench, []byte) []byte { return array() }, "not_valid", "ISO 18013-5 §8.3.2.1.2.2"),
		twinPresentation("two documents, one of them another's", func(b *bench, one []byte) []byte {
			m := b.forge.mdoc()
			m.items[0] = item(0, "family_name", text("Another"))
			return array(one, deviceSigned(stranger(), m.docType, m.issuerSigned(), array([]byte{0xf6}, []byte{0xf6}, array())))
		}, "not_valid document_count", "a verdict on one is shown beside the other"),
		twinPresentation("twenty documents", func(_ *bench, one []byte) []byte { return join(head(4, 20), bytes.Repeat(one, 20)) }, "not_valid", "work for every one"),
	}
}

// deviceSigned is a Document that its holder signed for a session (ISO 18013-5 §9.1.3).
func deviceSigned(holder *ecdsa.PrivateKey, docType string, issuerSigned, transcript []byte) []byte {
	spaces := embedded(mapping())
	payload := embedded(array(text("DeviceAuthentication"), transcript, text(docType), spaces))
	protected := mapping(number(1), number(-7))
	auth := array(bytestring(protected), mapping(), []byte{0xf6}, bytestring(signCOSE(holder, protected, payload)))
	return mapping(text("docType"), text(docType), text("issuerSigned"), issuerSigned,
		text("deviceSigned"), mapping(text("nameSpaces"), spaces, text("deviceAuth"), mapping(text("deviceSignature"), auth)))
}
