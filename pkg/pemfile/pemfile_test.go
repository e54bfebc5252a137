package pemfile_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/pemfile"
)

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestKeys(t *testing.T) {
	key := fixture.Key(t)
	wide, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := func(key *ecdsa.PrivateKey) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return block("PRIVATE KEY", der)
	}
	public := func(key *ecdsa.PrivateKey) string {
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return block("PUBLIC KEY", der)
	}
	if got, err := pemfile.PrivateKey([]byte(private(key) + "\n")); err != nil || !got.Equal(key) {
		t.Errorf("private: %v", err)
	}
	if got, err := pemfile.PublicKey([]byte(public(key))); err != nil || !got.Equal(&key.PublicKey) {
		t.Errorf("public: %v", err)
	}
	for name, text := range map[string]string{
		"nothing": "", "another type": public(key), "two": private(key) + private(key), "something behind": private(key) + "x",
		"another curve": private(wide), "no key": block("PRIVATE KEY", []byte{0x30, 0}),
	} {
		if _, err := pemfile.PrivateKey([]byte(text)); err == nil {
			t.Errorf("private: %s was read", name)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "another type": private(key), "two": public(key) + public(key), "another curve": public(wide),
		"no key": block("PUBLIC KEY", []byte{0x30, 0}),
	} {
		if _, err := pemfile.PublicKey([]byte(text)); err == nil {
			t.Errorf("public: %s was read", name)
		}
	}
}

func TestCertificates(t *testing.T) {
	key := fixture.Key(t)
	c := fixture.Certify(t, fixture.Authority("Synthetic root"), nil, &key.PublicKey, key)
	one := pemfile.Certificate(c)
	if got, err := pemfile.Certificates([]byte(one+one), 2); err != nil || len(got) != 2 || !got[0].Equal(c) {
		t.Errorf("two: %d, %v", len(got), err)
	}
	for name, text := range map[string]string{
		"nothing": "", "too many": strings.Repeat(one, 3), "another block": one + block("PRIVATE KEY", []byte{1}),
		"something behind": one + "x", "no certificate": block("CERTIFICATE", []byte{0x30, 0}),
	} {
		if _, err := pemfile.Certificates([]byte(text), 2); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}
