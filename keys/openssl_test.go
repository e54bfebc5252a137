//go:build tools

package keys_test

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"justice-wallet/keys"
)

// A peer that shares no code with us builds the chain, strictly, and sees the two key usages apart.
func TestOpenSSLAcceptsTheChain(t *testing.T) {
	r := ring(t, generate(t)...)
	root, rootText := certificateFile(t, r, keys.PurposeIACA)
	signer, signerText := certificateFile(t, r, keys.PurposeDocument)
	other, _ := certificateFile(t, ring(t, generate(t)...), keys.PurposeIACA)

	verify := []string{"verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-attime", "1795510800", "-CAfile"}
	if out, err := openssl(append(verify, root, signer)...); err != nil {
		t.Errorf("the chain: %v %s", err, out)
	}
	if out, err := openssl(append(verify, other, signer)...); err == nil {
		t.Errorf("a chain to another root of the same name: %s", out)
	}
	for _, c := range []struct{ name, text, want string }{
		{"root", rootText, "CA:TRUE, pathlen:0"},
		{"root", rootText, "Certificate Sign, CRL Sign"},
		{"root", rootText, "URI:https://issuer.test"},
		{"signer", signerText, "Digital Signature"},
		{"signer", signerText, "X509v3 Extended Key Usage: critical"},
		{"signer", signerText, "1.0.18013.5.1.2"},
		{"signer", signerText, "URI:https://issuer.test/crl"},
	} {
		if !strings.Contains(c.text, c.want) {
			t.Errorf("%s: openssl does not see %q in\n%s", c.name, c.want, c.text)
		}
	}
	if strings.Contains(signerText, "CA:TRUE") {
		t.Error("the signer is an authority")
	}
}

// certificateFile writes the certificate of a purpose, and returns where, and openssl's reading of it.
func certificateFile(t *testing.T, r *keys.Ring, p keys.Purpose) (name, text string) {
	t.Helper()
	k, err := r.Active(p)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(t.TempDir(), string(p)+".pem")
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Chain[0].Raw})
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err = openssl("x509", "-in", name, "-noout", "-text")
	if err != nil {
		t.Fatal(err, text)
	}
	return name, text
}

func openssl(args ...string) (string, error) {
	out, err := exec.Command("openssl", args...).CombinedOutput()
	return string(out), err
}
