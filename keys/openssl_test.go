//go:build tools

package keys_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
)

// files writes every certificate of oneOfEach, and returns where.
func files(t *testing.T, all map[keys.Profile]issued) map[keys.Profile]string {
	t.Helper()
	out := map[keys.Profile]string{}
	for profile, i := range all {
		out[profile] = write(t, "CERTIFICATE", i.cert.Raw)
	}
	return out
}

func write(t *testing.T, kind string, der []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "one.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func openssl(args ...string) (string, error) {
	out, err := exec.Command("openssl", args...).CombinedOutput()
	return string(out), err
}

const attime = "1795518000" // two hours after the certificates were made

// A peer that shares no code with us builds every chain, strictly, and reads what we meant.
func TestOpenSSLAcceptsTheChains(t *testing.T) {
	all := oneOfEach(t)
	at := files(t, all)
	verify := func(root keys.Profile, leaf keys.Profile, more ...string) (string, error) {
		args := append([]string{"verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-attime", attime, "-CAfile", at[root]}, more...)
		return openssl(append(args, at[leaf])...)
	}
	for leaf, root := range map[keys.Profile]keys.Profile{
		keys.ProfileDocumentSigner: keys.ProfileIACA, keys.ProfileListSigner: keys.ProfileIACA, keys.ProfileLink: keys.ProfileIACA,
		keys.ProfileReader: keys.ProfileReaderRoot,
	} {
		if out, err := verify(root, leaf); err != nil {
			t.Errorf("%s: %v %s", leaf, err, out)
		}
	}
	if out, err := verify(keys.ProfileReaderRoot, keys.ProfileDocumentSigner); err == nil {
		t.Errorf("a document signer under the readers' root: %s", out)
	}
	for _, c := range []struct {
		profile keys.Profile
		want    string
	}{
		{keys.ProfileIACA, "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0"},
		{keys.ProfileIACA, "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign"},
		{keys.ProfileIACA, "URI:https://issuer.test\n"},
		{keys.ProfileIACA, "Subject: C = GB, CN = Test IACA\n"},
		{keys.ProfileLink, "CA:TRUE, pathlen:0"},
		{keys.ProfileDocumentSigner, "X509v3 Key Usage: critical\n                Digital Signature"},
		{keys.ProfileDocumentSigner, "X509v3 Extended Key Usage: critical\n                1.0.18013.5.1.2"},
		{keys.ProfileDocumentSigner, "URI:https://issuer.test/crl/"},
		{keys.ProfileListSigner, "X509v3 Key Usage: critical\n                Digital Signature"},
		{keys.ProfileReader, "1.0.18013.5.1.6"},
		{keys.ProfileReader, "DNS:check.test"},
	} {
		text, err := openssl("x509", "-in", at[c.profile], "-noout", "-text")
		if err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %v: openssl does not see %q in\n%s", c.profile, err, c.want, text)
		}
	}
}

// It refuses a signer that the list names, by the list as we make it, and takes one that it does not.
func TestOpenSSLReadsTheRevocationList(t *testing.T) {
	all := generate(t)
	root, signer := all[0], &all[1]
	other, err := keys.NewSigner(authority, root, now)
	if err != nil {
		t.Fatal(err)
	}
	signer.State = keys.StateRevoked
	signer.Status = keys.Status{State: keys.StateRevoked, Reason: keys.ReasonCompromised, Changed: now.Add(time.Hour)}
	list := write(t, "X509 CRL", crl(t, root, all, now.Add(2*time.Hour)).Raw)
	anchor := write(t, "CERTIFICATE", root.Chain[0].Raw)
	verify := func(k keys.Key) (string, error) {
		leaf := write(t, "CERTIFICATE", k.Chain[0].Raw)
		return openssl("verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-attime", attime, "-crl_check", "-CRLfile", list, "-CAfile", anchor, leaf)
	}
	if out, err := verify(*signer); err == nil || !strings.Contains(out, "certificate revoked") {
		t.Errorf("a revoked signer: %v %s", err, out)
	}
	if out, err := verify(other); err != nil {
		t.Errorf("another signer: %v %s", err, out)
	}
	text, err := openssl("crl", "-in", list, "-noout", "-text")
	if err != nil || !strings.Contains(text, "Key Compromise") || !strings.Contains(text, "X509v3 CRL Number") {
		t.Errorf("%v: %s", err, text)
	}
}

// nodeScript prints what Node's X509Certificate sees in a certificate, and whether its issuer's issued it.
const nodeScript = `
const { X509Certificate } = require('crypto'), { readFileSync } = require('fs');
const [leaf, issuer] = process.argv.slice(1).map(f => new X509Certificate(readFileSync(f)));
console.log(JSON.stringify({
	subject: leaf.subject, ca: leaf.ca, serial: leaf.serialNumber, sha256: leaf.fingerprint256, from: new Date(leaf.validFrom), to: new Date(leaf.validTo),
	usage: leaf.keyUsage || [], issued: leaf.checkIssued(issuer), verifies: leaf.verify(issuer.publicKey),
}));`

// seen is what a reader of certificates sees.
type seen struct {
	Subject  string    `json:"subject"`
	CA       bool      `json:"ca"`
	Serial   string    `json:"serial"`
	SHA256   string    `json:"sha256"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Usage    []string  `json:"usage"`
	Issued   bool      `json:"issued"`
	Verifies bool      `json:"verifies"`
}

func TestNodeSeesWhatGoSees(t *testing.T) {
	all := oneOfEach(t)
	at := files(t, all)
	for profile, i := range all {
		issuer := write(t, "CERTIFICATE", i.parent.Raw)
		out, err := exec.Command("node", "-e", nodeScript, at[profile], issuer).CombinedOutput()
		var got seen
		if err != nil || json.Unmarshal(out, &got) != nil {
			t.Fatalf("%s: %v %s", profile, err, out)
		}
		sum := sha256.Sum256(i.cert.Raw)
		want := seen{
			Subject: "C=GB\nCN=" + i.cert.Subject.CommonName, CA: i.cert.IsCA, Serial: strings.ToUpper(i.cert.SerialNumber.Text(16)),
			SHA256: hex.EncodeToString(sum[:]), From: i.cert.NotBefore, To: i.cert.NotAfter, Issued: true, Verifies: i.cert.CheckSignatureFrom(i.parent) == nil,
		}
		for _, u := range i.cert.UnknownExtKeyUsage {
			want.Usage = append(want.Usage, u.String())
		}
		got.SHA256 = strings.ToLower(strings.ReplaceAll(got.SHA256, ":", ""))
		if fmt.Sprint(got) != fmt.Sprint(want) || !got.Verifies {
			t.Errorf("%s: Node sees %+v, Go %+v", profile, got, want)
		}
	}
}
