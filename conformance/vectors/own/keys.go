package own

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"time"
)

// workshop is everything that vectors are made with.
type workshop struct {
	keys         map[string]*ecdsa.PrivateKey
	root, signer *x509.Certificate
	strangerRoot *x509.Certificate // trusted by nobody
	salts        int
}

// names of the keys: what each signs.
var keyNames = []string{"root", "signer", "credential", "list", "letter", "server", "holder", "stranger"}

func newWorkshop() (*workshop, error) {
	w := &workshop{keys: map[string]*ecdsa.PrivateKey{}}
	for _, name := range keyNames {
		secret := sha256.Sum256([]byte("justice-wallet test vectors, key " + name))
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:])
		if err != nil {
			return nil, fmt.Errorf("make key %s: %w", name, err)
		}
		w.keys[name] = key
	}
	var err error
	if w.root, err = w.certify(authority("Synthetic test IACA"), nil, "root", "root"); err != nil {
		return nil, err
	}
	if w.signer, err = w.certify(documentSigner(Now.AddDate(0, -1, 0), Now.AddDate(1, 0, 0)), w.root, "signer", "root"); err != nil {
		return nil, err
	}
	w.strangerRoot, err = w.certify(authority("Synthetic test IACA"), nil, "stranger", "stranger")
	return w, err
}

// sign is ES256 with the nonce of RFC 6979: r and s, 32 bytes each.
func sign(key *ecdsa.PrivateKey, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, err
	}
	return append(sig.R.FillBytes(make([]byte, 32)), sig.S.FillBytes(make([]byte, 32))...), nil
}

// steady signs without randomness, whoever asks.
type steady struct{ *ecdsa.PrivateKey }

func (s steady) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return s.PrivateKey.Sign(nil, digest, o)
}

// authority is the template of a root (ISO 18013-5 Annex B.1.2).
func authority(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"GB"}, CommonName: name}, NotBefore: Now.AddDate(-1, 0, 0), NotAfter: Now.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// documentSigner is the template of a document signer (ISO 18013-5 Annex B.1.4).
func documentSigner(from, until time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic test document signer"}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 2}},
	}
}

func (w *workshop) certify(template, parent *x509.Certificate, of, by string) (*x509.Certificate, error) {
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(nil, template, parent, &w.keys[of].PublicKey, steady{w.keys[by]})
	if err != nil {
		return nil, fmt.Errorf("certify %s: %w", of, err)
	}
	return x509.ParseCertificate(der)
}

// salt is another 16 bytes at every call.
func (w *workshop) salt() []byte {
	w.salts++
	sum := sha256.Sum256(fmt.Appendf(nil, "justice-wallet test vectors, salt %d", w.salts))
	return sum[:16]
}

// jwk is the public half of a key.
func (w *workshop) jwk(name string) map[string]any {
	point, err := w.keys[name].PublicKey.Bytes()
	if err != nil {
		panic(err) // a key of P-256 has bytes
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": name, "alg": "ES256", "x": b64(point[1:33]), "y": b64(point[33:])}
}

// KeyFile is the name of the file of keys.
const KeyFile = "keys.json"

func (w *workshop) keyFile() File {
	jwks := map[string]any{}
	for _, name := range keyNames {
		jwk := w.jwk(name)
		secret, err := w.keys[name].Bytes()
		if err != nil {
			panic(err)
		}
		jwk["d"] = b64(secret)
		jwks[name] = jwk
	}
	return File{
		Name: KeyFile, Now: Now, Cases: []Case{},
		About: "TEST KEYS: everybody has the private halves. Whatever they sign is worth nothing. All other files here are made with them.",
		With: map[string]any{
			"keys": jwks, "iaca": pemOf(w.root), "documentSigner": pemOf(w.signer), "issuer": Issuer, "did": DID, "list": List, "authorisationServer": Server,
			"didDocument": map[string]any{
				"@context": []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"}, "id": DID,
				"verificationMethod": []any{map[string]any{"id": DID + "#credential", "type": "JsonWebKey2020", "controller": DID, "publicKeyJwk": w.jwk("credential")}},
				"assertionMethod":    []string{DID + "#credential"},
			},
			"jwks": map[string]any{"keys": []any{w.jwk("list")}}, "letterKeys": map[string]any{"keys": []any{w.letterJWK()}}, "serverKeys": map[string]any{"keys": []any{w.jwk("server")}},
		},
	}
}

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}
